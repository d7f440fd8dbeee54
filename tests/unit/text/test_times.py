"""Moments in JSON results (the API's number, and ISO 8601), and times in words."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.text.times import day, moment, moment_json, span, time_of_day


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


def test_spans_and_moments() -> None:
    assert [span(s) for s in (0.2, 1, 45, 100, 180, 181, 3600, 7201, 200_000)] == [
        "1 second", "1 second", "45 seconds", "100 seconds", "3 minutes", "4 minutes", "1 hour", "3 hours",
        "3 days",
    ]  # fmt: skip
    assert moment(1e300) == f"{1e300:.0f}"
    assert moment(0).endswith(time_of_day(0, 0))
    assert time_of_day(0, 10 * 24 * 3600.0) == moment(0)
    assert time_of_day(0, 1_800_000_000.0).startswith(f"{day(0)} "), "the year, if it is another one"
