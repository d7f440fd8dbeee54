"""What commands print: plans and progress fit into the terminal, and nothing shows a known key."""

from __future__ import annotations

import io
import os
import pty
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plan_tools import flag, plan, there
from tui.commands.output import Output, Progress, terminal_width
from tui.commands.plan import plan_lines
from tui.net.errors import Failure, Kind
from tui.net.events import Answered, Counted, Pausing
from tui.plan.plan import Plan
from tui.sources.flags import Lost, SourceFlag
from tui.text.cells import cells
from tui.text.redact import MASK, Redactor

ROUTE = ("Unleash default/production", "LaunchDarkly EU web-shop")


def explained(of: SourceFlag) -> tuple[Lost, ...]:
    return tuple(Lost(kind, f"{of.name} and a sentence that goes on and on over the line") for kind in of.losses)


def lines(made: Plan, width: int | None = None) -> list[str]:
    return list(plan_lines(made, ROUTE, {each.flag.key: explained(each.flag) for each in made.arriving}, width))


def test_the_sum_comes_first_and_each_flag_with_what_it_loses() -> None:
    made = plan(
        flag("checkout-v2", "segments", "targeting-rules", on=True, warnings=("A warning.",)),
        flag("dark-mode"),
        flag("taken", "segments", on=True),
        flag("a b"),
        existing=there("taken"),
        notes=("A note.",),
    )
    sentence = "checkout-v2 and a sentence that goes on and on over the line"
    assert lines(made) == [
        "Unleash default/production -> LaunchDarkly EU web-shop",
        "4 flags at the source, 1 key in web-shop. Read in full, 23 Nov 14:02:11.",
        "",
        "+ 2 arrive",
        ". 1 exists",
        "x 1 cannot: 1 bad key",
        "! 1 of the 2 loses something",
        "! 1 of the 2 is ON and will be OFF",
        "",
        "What will not come, to be made again by hand in LaunchDarkly",
        "  segments             1  named groups of people that a rule goes by",
        "  targeting-rules      1  who gets what by a rule: people of a country get on",
        "",
        "ON at the source now, OFF in LaunchDarkly until you switch them on (1)",
        "  checkout-v2",
        "      - serves on when on",
        "      - rebuild first segments, targeting-rules",
        "",
        "Arrives (2): it is made in LaunchDarkly, switched off in every environment",
        "  + checkout-v2  ON   segments, targeting-rules",
        "      ! A warning.",
        f"      - segments: {sentence}",
        f"      - targeting-rules: {sentence}",
        "  + dark-mode    off",
        "",
        "Exists (1): a flag with its key is there; it is left as it is",
        "  . taken  ON   made there 2 Mar 2025",
        "",
        "Bad key (1): LaunchDarkly's keys may not have all the characters of its name",
        '  x a b  off  " " is not allowed',
        "",
        "Notes",
        "  A note.",
    ]


def test_nothing_at_the_source_is_said() -> None:
    assert lines(plan())[-2:] == [
        "Notes",
        "  0 flags match. Unleash answers the same for a project or tag that does not exist.",
    ]


@given(
    st.lists(st.text(st.sampled_from("ab 日\u0301-~\x1b"), min_size=1, max_size=120), min_size=1, max_size=4),
    st.integers(40, 100),
)
def test_no_line_is_wider_than_the_terminal(words: list[str], width: int) -> None:
    flags = [flag(f"{text}{place}", "segments", on=True, warnings=(text,)) for place, text in enumerate(words)]
    shown = lines(plan(*flags, notes=(words[0],)), width)
    assert max(map(cells, shown)) <= width
    assert all(line.isprintable() for line in shown)


# --- how far it is


@contextmanager
def terminal(columns: int) -> Iterator[tuple[TextIO, int]]:
    """A terminal of so many columns to write to, and the end that shows it."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    try:
        with os.fdopen(theirs, "w", encoding="utf-8") as stream:
            yield stream, ours
    finally:
        os.close(ours)


class Ticks:
    """A timer that a test moves on."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def shown(end: int) -> str:
    return os.read(end, 65536).decode()


def test_progress_is_one_line_and_changes_once_a_second() -> None:
    ticks = Ticks()
    with terminal(80) as (stream, end):
        progress = Progress(stream, timer=ticks, now=lambda: 1_763_906_531.0)
        progress.happened(Counted("Split flags", 50, 200))
        assert shown(end) == "\rSplit flags 50 of 200"
        ticks.at = 0.9
        progress.happened(Counted("LaunchDarkly keys", 20, None))
        ticks.at = 1.0
        progress.happened(Counted("Split flags", 100, 200))
        assert shown(end) == "\rSplit flags 100 of 200   LaunchDarkly keys 20"
        progress.happened(Answered(200, "OK", (), 0.1))
        progress.happened(Pausing(60.0, 1_763_906_591.0, 1, 3, "your organisation", "Split"))
        assert shown(end).rstrip() == "\rSplit asks for a pause: going on at 14:03:11 (limit of your organisation)"
        progress.close()
        cleared = shown(end)
        assert cleared.strip() == ""
        assert cleared.startswith("\r")
        assert cleared.endswith("\r")
        assert len(cleared) < 82, "the cleared line does not break"


def test_progress_fits_into_a_narrow_terminal() -> None:
    with terminal(20) as (stream, end):
        Progress(stream).happened(Counted("a list with a long name\x1b[2J", 1, 2))
        line = shown(end)
        assert len(line) == 20
        assert "\x1b" not in line
        assert terminal_width(stream) == 20


def test_without_a_terminal_nothing_is_written() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    progress.happened(Counted("Split flags", 50, 200))
    progress.happened(Pausing(60.0, 1.0, 1, 3, ""))
    progress.close()
    assert (stream.getvalue(), terminal_width(stream)) == ("", None)


# --- the two streams


@pytest.mark.parametrize("as_json", [False, True])
def test_what_goes_out_has_no_known_key_in_it(as_json: bool) -> None:
    redactor, out, err = Redactor(), io.StringIO(), io.StringIO()
    redactor.add("canary-7d1f0c-of-a-key")
    output = Output(as_json, out, err, redactor)
    output.line("a canary-7d1f0c-of-a-key")
    output.say("b canary-7d1f0c-of-a-key")
    output.document({"c": ["canary-7d1f0c-of-a-key"]})
    failure = Failure(Kind.CONFLICT, "d canary-7d1f0c-of-a-key.", "why", status_code=409, field="ldTag")
    assert output.fail(failure) == 4
    assert "canary" not in out.getvalue() + err.getvalue()
    assert f"a {MASK}" in out.getvalue()
    assert (err.getvalue().endswith(f"d {MASK}. why\n")) == (not as_json)
