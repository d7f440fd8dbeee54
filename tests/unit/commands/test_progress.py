"""Progress on a terminal: one line that is rewritten. Without a terminal, a line for each change."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import select
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO

import pytest

from tests.unit.headless_tools import Recipe
from tests.unit.run_tools import context_of
from tui.apply.start_watch import Ended, Resting, Stuck
from tui.apply.watch import Moved
from tui.commands import apply
from tui.commands.case import RecipeOptions
from tui.commands.output import Output, terminal_width
from tui.commands.progress import ImportProgress, Progress, stuck
from tui.commands.style import PLAIN, Style, style_of
from tui.commands.surroundings import Surroundings
from tui.net.errors import Kind
from tui.net.events import Answered, Counted, Pausing
from tui.secrets.keyring import Keyring
from tui.text.cells import cells

NOW = 1_763_906_531.0
TERMINAL = {"TERM": "xterm-256color"}


@contextmanager
def terminal(columns: int) -> Iterator[tuple[TextIO, int]]:
    """A terminal with that many columns to write to, and the end that shows it."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    try:
        with os.fdopen(theirs, "w", encoding="utf-8") as stream:
            yield stream, ours
    finally:
        os.close(ours)


def output_on(stream: TextIO, environ: Mapping[str, str] = TERMINAL, *, as_json: bool = False) -> Output:
    """Results into memory, messages to `stream`."""
    return Output(as_json, io.StringIO(), stream, err_style=style_of(stream, environ))


class Ticks:
    """A timer that a test moves on."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def shown(end: int) -> str:
    """What was written up to now: a terminal on a busy machine hands it over in pieces."""
    data = os.read(end, 65536)
    while select.select([end], [], [], 0.1)[0]:
        data += os.read(end, 65536)
    return data.decode()


# --- reading


def test_progress_is_one_line_and_changes_once_a_second() -> None:
    ticks = Ticks()
    with terminal(80) as (stream, end):
        progress = Progress(output_on(stream), timer=ticks, now=lambda: NOW)
        progress.happened(Counted("Split flags", 50, 200))
        assert shown(end) == "\rSplit flags 50 of 200"
        ticks.at = 0.9
        progress.happened(Counted("LaunchDarkly keys", 20, None))
        ticks.at = 1.0
        progress.happened(Counted("Split flags", 100, 200))
        assert shown(end) == "\rSplit flags 100 of 200   LaunchDarkly keys 20"
        progress.happened(Answered(200, "OK", (), 0.1))
        progress.happened(Pausing(60.0, NOW + 60, 1, 3, "your organisation", "Split"))
        assert shown(end).rstrip() == "\rSplit asked for a pause (limit of your organisation). Continuing at 14:03:11."
        progress.close()
        cleared = shown(end)
        assert cleared.strip() == ""
        assert cleared.startswith("\r")
        assert cleared.endswith("\r")
        assert len(cleared) < 82, "the cleared line does not break"


def test_progress_fits_into_a_narrow_terminal() -> None:
    with terminal(20) as (stream, end):
        Progress(output_on(stream)).happened(Counted("a list with a long name\x1b[2J", 1, 2))
        line = shown(end)
        assert len(line) == 20
        assert "\x1b" not in line
        assert terminal_width(stream) == 20


@pytest.mark.parametrize(("environ", "quiet"), [({"TERM": "dumb"}, False), (TERMINAL, True)], ids=["dumb", "quiet"])
def test_nothing_is_rewritten_on_a_dumb_terminal_or_with_quiet(environ: dict[str, str], quiet: bool) -> None:
    with terminal(80) as (stream, end):
        progress = Progress(output_on(stream, environ), quiet=quiet)
        progress.happened(Counted("Split flags", 50, 200))
        progress.close()
        stream.write("end")
        stream.flush()
        assert shown(end) == "end"


def test_without_a_terminal_nothing_is_written() -> None:
    stream = io.StringIO()
    progress = Progress(output_on(stream))
    progress.happened(Counted("Split flags", 50, 200))
    progress.happened(Pausing(60.0, 1.0, 1, 3, ""))
    progress.close()
    assert (stream.getvalue(), terminal_width(stream)) == ("", None)


# --- an import


MOVES = (
    Moved("importing", 12, 46, ("a",), at=NOW),
    Moved("importing", 12, 46, at=NOW),
    Moved("importing", 40, 46, errors=("a server failed",), at=NOW),
)


def watched(output: Output, *, quiet: bool = False) -> str:
    """What an import prints as results."""
    line = Progress(output, quiet=quiet, now=lambda: NOW)
    progress = ImportProgress(output, line, quiet)
    for move in MOVES:
        progress.moved(move, None)
    progress.resting(Resting(NOW, "LaunchDarkly is unreachable."))
    progress.ended(Ended("partial", frozenset("ab"), ("a server failed",)), None, 46)
    line.close()
    assert isinstance(output.out, io.StringIO)
    return output.out.getvalue()


def test_terminal_shows_one_line_with_a_bar() -> None:
    with terminal(80) as (stream, end):
        results = watched(output_on(stream))
        moves = shown(end).split("\r")
        assert "importing: 12 of 46 flags imported" in moves[1]
        assert moves[1].count("█") == 6
        assert "\x1b[32m" in moves[1]
        assert "importing: 40 of 46 flags imported" in moves[-4] + moves[-5] + moves[-6]
        assert "LaunchDarkly is unreachable. The import isn't affected. Checking again." in " ".join(moves)
    assert results.splitlines() == ["! a server failed", "Import partly complete: 2 of 46 flags imported."]


def test_line_of_apply_stays_between_two_looks(recipe: Recipe) -> None:
    recipe.time.box = recipe.box
    with terminal(80) as (stream, end):
        around = Surroundings(
            context_of(recipe.time), {**recipe.environ, **TERMINAL}, Keyring(child=["/nonexistent"]), io.StringIO(),
            stream, io.StringIO(), recipe.path.parent,
        )  # fmt: skip
        assert apply.run(RecipeOptions(recipe.path, yes=True), around) == 0
        stream.write("END")
        stream.flush()
        text = shown(end)
        while "END" not in text:
            text += shown(end)
    frames = re.findall(r"(\d+) of 46 flags imported *\r( +\r)?", text)
    assert frames[-1][0] == "46"
    assert not all(cleared for _, cleared in frames), "a look replaces the line, and doesn't clear it"


def test_other_output_has_a_line_for_each_change_and_none_with_quiet() -> None:
    results = watched(output_on(io.StringIO()))
    assert results.splitlines() == [
        "importing: 12 of 46 flags imported",
        "! a server failed",
        "importing: 40 of 46 flags imported",
        "Import partly complete: 2 of 46 flags imported.",
    ]
    _, error, _, end = results.splitlines()
    assert watched(output_on(io.StringIO()), quiet=True).splitlines() == [error, end]


@pytest.mark.parametrize("quiet", [False, True])
def test_json_has_an_event_for_each_change_and_none_with_quiet(quiet: bool) -> None:
    events = [json.loads(line) for line in watched(output_on(io.StringIO(), as_json=True), quiet=quiet).splitlines()]
    progress = [] if quiet else [12, 40]
    assert [event["arrived"] for event in events if event["event"] == "progress"] == progress
    assert events[-1] == {
        "event": "finished", "status": "partial", "arrived": 2, "expected": 46, "errors": ["a server failed"],
    }  # fmt: skip


def test_json_on_a_terminal_is_not_mixed_with_a_live_line() -> None:
    with terminal(80) as (stream, _):
        output = Output(True, stream, stream, style=style_of(stream, TERMINAL), err_style=style_of(stream, TERMINAL))
        assert not Progress(output).live
        assert Progress(output_on(stream, as_json=True)).live, "the results go elsewhere"


def test_stuck_names_counts_and_status_as_far_as_they_are_known() -> None:
    failure = stuck(Stuck(300.0, 3, 46, "importing"), "12ab")
    assert (failure.kind, failure.about) == (Kind.STUCK, "12ab")
    assert failure.what == "No progress for 5 minutes. 3 of 46 flags imported. Status: importing."
    assert stuck(Stuck(300.0, 0, 0), planned=False).what == "No progress for 5 minutes. Status: none."


# --- colors and symbols


@pytest.mark.parametrize(
    ("environ", "style"),
    [
        (TERMINAL, Style(True, True, True)),
        ({**TERMINAL, "NO_COLOR": "1"}, Style(False, True, True)),
        ({**TERMINAL, "NO_COLOR": ""}, Style(True, True, True)),
        ({"TERM": "dumb"}, PLAIN),
    ],
)
def test_style_follows_the_terminal(environ: dict[str, str], style: Style) -> None:
    with terminal(80) as (stream, _):
        assert style_of(stream, environ) == style
    assert style_of(io.StringIO(), environ) == PLAIN


def test_marked_lines_fit_with_color_and_without() -> None:
    text = "some words that don't fit into one line"
    plain = list(Style(symbols=True).marked("ok", text, 20, indent=2))
    assert plain[0].startswith("  ✓ some")
    assert all(cells(line) <= 20 for line in plain)
    colored = list(Style(color=True, symbols=True).marked("ok", text, 20, indent=2))
    assert [line.replace("\x1b[32m", "").replace("\x1b[0m", "") for line in colored] == plain
    assert list(PLAIN.titled("ok", "Done.")) == ["Done."]
    assert list(Style(live=True).titled("problem", "Failed.")) == ["x Failed."]
