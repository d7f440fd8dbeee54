"""What the README promises is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
README = (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text("utf-8"))
    assert [link for link in links if not link.startswith("https://") and not (ROOT / link).is_file()] == []


def test_every_picture_is_shown() -> None:
    drawn = {f"screenshots/{path.name}" for path in (ROOT / "screenshots").glob("*.svg")}
    assert drawn == set(re.findall(r"\((screenshots/[^)]+)\)", README))


def test_both_lines_can_be_pasted() -> None:
    begin = "python3 -m venv .venv && .venv/bin/pip install -q "
    lines = [line for line in README.splitlines() if line.startswith(begin)]
    assert [line.removeprefix(begin).split()[0] for line in lines] == [".", "-e"]
    assert lines[0].endswith(" && .venv/bin/ld-flag-import --demo")
    assert " && .venv/bin/pytest " in lines[1]


def test_its_commands_and_options_exist() -> None:
    words = set(re.findall(r"`(?:ld-flag-import )?(--[a-z]+|keys|manifest|sandbox)\b", README))
    shown = "".join(_help(*command) for command in ([], ["keys", "forget"], ["manifest"], ["sandbox"]))
    assert words >= {"--demo", "--host", "--log", "--manifest", "keys"}
    assert {word for word in words if word not in shown} == set()


def _help(*command: str) -> str:
    program = [sys.executable, "-m", "tui", *command, "--help"]
    return subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True).stdout
