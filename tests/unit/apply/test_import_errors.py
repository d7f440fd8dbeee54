"""Errors that LaunchDarkly reports: their cause, the flag they name, and which of them the plan foresaw."""

from __future__ import annotations

import pytest

from tests.unit.report_tools import expected, journal
from tui.apply.import_errors import by_flag, explain, foreseen
from tui.apply.journal import LeftOut


@pytest.mark.parametrize(
    ("error", "cause", "key_refused"),
    [
        ("ldApiKey: Invalid access token (401)", "import key", True),
        ("23 Nov 14:06:04: sourceApiKey: Forbidden (403)", "SDK key", True),
        ("workspaceApiKey (401)", "Admin API key", True),
        ("Forbidden (403)", "doesn't say which", True),
        ('"a~b" is not allowed as a flag key (400)', "characters", False),
        ("tag is not valid (400)", "tags", False),
        ("Something nobody has seen (418)", "", False),
        ("sourceApiKey is 4 minutes old", "", False),
    ],
)
def test_cause_is_named_where_it_is_known(error: str, cause: str, key_refused: bool) -> None:
    explained = explain(error)
    assert cause in explained.cause
    assert bool(cause) == bool(explained.cause)
    assert explained.key_refused is key_refused


def test_error_belongs_to_the_flag_that_it_names_and_to_no_other() -> None:
    named = by_flag(['"promo.x" is bad', "promo-2 failed.", "promo-2 again"])
    errors = {key: named(key) for key in ("promo.x", "promo-2", "promo", "2")}
    assert errors == {"promo.x": '"promo.x" is bad', "promo-2": "promo-2 failed.", "promo": "", "2": ""}


@pytest.mark.parametrize("key", ["promo~summer", "_legacy", "two words", "größe"])
def test_error_that_quotes_an_invalid_key_belongs_to_it(key: str) -> None:
    assert by_flag([f'24 Nov 14:02:11: "{key}" is not allowed as a flag key (400)'])(key)


def test_errors_about_flags_that_were_left_out_are_expected() -> None:
    errors = (
        '23 Nov 14:06:04: "promo~summer" is not allowed as a flag key (400)',
        "23 Nov 14:06:05: old-search exists (409)",
        "23 Nov 14:06:06: old-search and flag-1 are one (409)",
        "23 Nov 14:06:07: sourceApiKey: Forbidden (403)",
        "23 Nov 14:06:08: flag-2 was refused (400)",
        "23 Nov 14:06:09: taken exists (409)",
    )
    verdicts = {"promo~summer": "invalid-key", "old-search": "skip-exists", "sourceApiKey": "skip-exists"}
    left_out = [LeftOut(key, verdict, "") for key, verdict in verdicts.items()]
    flags = map(expected, ("flag-1", "flag-2", "taken"))
    made = journal(*flags, left_out=left_out, errors=errors, before=frozenset({"taken"}))
    assert [each.expected for each in foreseen(made).explained(made.errors)] == [True, True, False, False, False, True]
