"""The pictures of the README, and those of other palettes and sizes, are what the wizard looks like now."""

from __future__ import annotations

import time

import pytest

from tests.tools.screenshots import drawn

COMMAND = "python -m tests.tools.screenshots"


@pytest.fixture(autouse=True)
def utc() -> None:
    time.tzset()  # TZ is UTC in every test's world; the pictures show times


async def test_the_pictures_match() -> None:
    differ = await drawn(check=True)
    assert not differ, f"No longer as drawn: {', '.join(differ)}. Look at them, then: {COMMAND}"
