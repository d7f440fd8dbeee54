"""A moment in JSON results: the number that the API gives, and the same moment in ISO 8601."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.net.times import moment_json


@given(st.integers(-62_000_000_000_000, 250_000_000_000_000))
def test_both_are_the_same_moment(milliseconds: int) -> None:
    both = moment_json("seen", milliseconds)
    assert both["seen"] == milliseconds
    at = datetime.fromisoformat(str(both["seen_at"]))
    assert at.tzinfo is not None
    assert at - datetime.fromisoformat("1970-01-01T00:00:00+00:00") == milliseconds * (datetime.resolution * 1000)


@pytest.mark.parametrize(
    ("milliseconds", "number"),
    [(None, None), (float("nan"), None), (float("inf"), None), (10**30, 10**30), (1e300, round(1e300))],
)
def test_what_no_calendar_holds_has_no_date(milliseconds: float | None, number: int | None) -> None:
    assert moment_json("seen", milliseconds) == {"seen": number, "seen_at": None}
