"""The pictures of the README, and those of other palettes and sizes, are what the wizard looks like now."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from tests.pilot.walking import STEPS
from tests.tools import pictures as tool
from tests.tools.pictures import FOLDER, GROUPS, VARIANTS, drawn, main

COMMAND = "python -m tests.tools.pictures"


@pytest.fixture(autouse=True)
def utc() -> None:
    time.tzset()  # TZ is UTC in every test's world; the pictures show times


@pytest.mark.parametrize("group", GROUPS)
async def test_the_pictures_match(group: str) -> None:
    differ = await drawn(True, [group])
    assert not differ, f"No longer as drawn: {', '.join(differ)}. Look at them, then: {COMMAND}"


@pytest.fixture
def one_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tool draws one small picture only, beside the test."""
    path = tmp_path / "pictures" / "one.svg"

    async def pictures(folder: Path) -> AsyncIterator[tuple[Path, str]]:
        yield path, "<svg>as it is now</svg>\n"

    monkeypatch.setattr(tool, "GROUPS", dict.fromkeys(list(GROUPS)[:1], pictures))
    monkeypatch.setattr(tool, "drawn", partial(drawn, groups=list(GROUPS)[:1]))
    for name in ("TEXTUAL_ANIMATIONS", "HOME", "TZ"):
        monkeypatch.setenv(name, "")  # the tool sets them, which ends with the test
    return path


def test_check_tells_what_differs_and_draws_nothing(
    one_picture: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["pictures", "--check"])
    assert main() == 1
    assert "one" in capsys.readouterr().out
    assert not one_picture.exists()

    monkeypatch.setattr(sys, "argv", ["pictures"])
    assert main() == 0
    assert one_picture.read_text("utf-8") == "<svg>as it is now</svg>\n"
    one_picture.write_text("<svg>as it was</svg>\n", "utf-8")

    monkeypatch.setattr(sys, "argv", ["pictures", "--check"])
    assert main() == 1
    assert "as it was" in one_picture.read_text("utf-8")
    monkeypatch.setattr(sys, "argv", ["pictures"])
    assert main() == 0
    monkeypatch.setattr(sys, "argv", ["pictures", "--check"])
    assert main() == 0


def test_no_picture_holds_a_key_or_what_changes_from_run_to_run() -> None:
    paths = [*FOLDER.glob("*.svg"), *VARIANTS.glob("*.svg")]
    assert len(paths) > 2 * len(STEPS)
    for path in paths:
        svg = path.read_text("utf-8")
        assert set(re.findall(r"127\.0\.0\.1:(\d+)", svg)) <= set(tool.FIXED_PORTS.values()), path
        assert len(set(re.findall(r"terminal-[a-z0-9]+-", svg))) == 1, path
        assert "@font-face" not in svg, path
        assert not re.search(r"api-[0-9a-f]{8}-", svg), path
