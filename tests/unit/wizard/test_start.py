"""The words of the first step: rows that can be resumed, and the message after answers were restored."""

from __future__ import annotations

import pytest

from tests.unit.plan_tools import READ_AT
from tests.unit.walk_tools import session
from tui.answers.changes import go
from tui.answers.saved_drafts import Saved
from tui.text.cells import cells
from tui.wizard import start

ROOM = 58
"""Cells beside the title of a row at 80 columns."""
YEAR = 366 * 86_400


def saved(route: str, step: str = "launchdarkly") -> Saved:
    return Saved("unleash", step, (), (), route, READ_AT)


@pytest.mark.parametrize(
    "route",
    [
        "Unleash default/production -> LaunchDarkly EU web-shop",
        f"Unleash {'p' * 40}/{'e' * 40} -> LaunchDarkly EU web-shop",
        f"Unleash default/production -> LaunchDarkly {'h' * 60}.example.com web-shop",
    ],
)
def test_row_of_saved_answers_has_the_step_first_and_fits_80_columns(route: str) -> None:
    forms = start.saved_answers(saved(route), "Unleash", "→", READ_AT, practice=False)
    shown = start.fitting(forms, ROOM)
    assert cells(shown) <= ROOM
    assert shown.startswith("stopped at LaunchDarkly, 23 Nov ")
    assert "Unleash" in shown
    assert shown.endswith("web-shop")


def test_row_of_saved_answers_keeps_its_step_in_a_narrow_window() -> None:
    forms = start.saved_answers(
        saved("Unleash default/production -> LaunchDarkly EU web-shop"), "Unleash", ">", 0, practice=False
    )
    assert start.fitting(forms, 10).startswith("stopped at LaunchDarkly, ")


def test_practice_shows_no_address() -> None:
    route = "Unleash default/production -> LaunchDarkly 127.0.0.1:4711 web-shop"
    forms = start.saved_answers(saved(route), "Unleash", "->", READ_AT, practice=True)
    assert not any("127.0.0.1" in form for form in forms)


def test_another_year_is_shown() -> None:
    forms = start.saved_answers(saved("Unleash"), "Unleash", "->", READ_AT + YEAR, practice=False)
    assert ", 23 Nov 2025 " in forms[0]


@pytest.mark.parametrize(
    ("step", "missing", "practice", "expected"),
    [
        ("launchdarkly", ("token", "sourceApiKey"), False, "Saved answers don't include keys. Paste your token."),
        ("keys", ("sourceApiKey", "ldApiKey"), False, "Saved answers don't include keys. Paste them again."),
        ("launchdarkly", ("token",), True, "Saved answers don't include keys. Press F4 to fill in the demo keys."),
        ("fields", (), False, ""),
    ],
)
def test_restored_answers_say_what_to_paste(step: str, missing: tuple[str, ...], practice: bool, expected: str) -> None:
    made = session()
    made.choose("unleash")
    text = start.restored(go(made.draft, step), missing, READ_AT, READ_AT, practice=practice)
    assert text == f"Answers from 23 Nov restored. {expected}".strip()
