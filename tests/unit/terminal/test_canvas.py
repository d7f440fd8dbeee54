"""Only changed cells are sent, and a terminal then shows what whole screens would show."""

from __future__ import annotations

from io import StringIO

import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.app import App
from textual.geometry import Region
from textual.strip import Strip

from tui.app import WizardApp
from tui.terminal.canvas import Canvas

WIDTH, HEIGHT = 12, 3
CONSOLE = Console(file=StringIO(), color_system="standard", force_terminal=True)
STYLES = st.sampled_from([Style.null(), Style(bold=True), Style(reverse=True), Style(color="red")])
CHARACTERS = ["a", "b", "c", " ", "é", "e\u0301"]


def lines_of(characters: list[str]) -> st.SearchStrategy[list[list[tuple[str, Style]]]]:
    text = st.lists(st.sampled_from(characters), max_size=5).map("".join)
    return st.lists(st.lists(st.tuples(text, STYLES), max_size=4), min_size=HEIGHT, max_size=HEIGHT)


LINES = lines_of([*CHARACTERS, "漢", "字"])
NARROW = lines_of(CHARACTERS)
SPANS = st.lists(st.tuples(st.integers(0, WIDTH), st.integers(0, WIDTH)), min_size=HEIGHT, max_size=HEIGHT)


def strip(parts: list[tuple[str, Style]]) -> Strip:
    return Strip([Segment(text, style) for text, style in parts]).adjust_cell_length(WIDTH)


def whole(lines: list[list[tuple[str, Style]]]) -> LayoutUpdate:
    return LayoutUpdate([[strip(parts)] for parts in lines], Region(0, 0, WIDTH, HEIGHT))


class Screen:
    def __init__(self) -> None:
        self.screen = pyte.Screen(WIDTH + 1, HEIGHT)  # its emulation wraps before it combines
        self.stream = pyte.Stream(self.screen)

    def write(self, update: CompositorUpdate) -> int:
        sequences = update.render_segments(CONSOLE)
        self.stream.feed(sequences.replace("\n", ""))
        return len(sequences)

    def cells(self) -> list[list[object]]:
        return [[self.screen.buffer[y][x] for x in range(WIDTH)] for y in range(HEIGHT)]


@given(st.lists(LINES, min_size=1, max_size=4))
def test_changes_end_in_the_same_screen(frames: list[list[list[tuple[str, Style]]]]) -> None:
    canvas, ours, theirs = Canvas(), Screen(), Screen()
    for lines in frames:
        ours.write(canvas.changes(whole(lines)))
        theirs.write(whole(lines))
        assert ours.cells() == theirs.cells()
    assert ours.write(canvas.changes(whole(frames[-1]))) == 0
    canvas.forget()
    assert ours.write(canvas.changes(whole(frames[-1]))) > 0


@given(NARROW, NARROW, SPANS)
def test_a_part_of_the_screen_is_drawn_within_its_spans(
    before: list[list[tuple[str, Style]]], after: list[list[tuple[str, Style]]], spans: list[tuple[int, int]]
) -> None:
    ends = [sorted(span) for span in spans]
    update = ChopsUpdate(
        [{0: strip(parts)} for parts in after],
        [(y, first, last) for y, (first, last) in enumerate(ends)],
        [[WIDTH]] * HEIGHT,
    )
    canvas, ours, theirs = Canvas(), Screen(), Screen()
    ours.write(canvas.changes(whole(before)))
    theirs.write(whole(after))
    old, new = ours.cells(), theirs.cells()
    ours.write(canvas.changes(update))
    for y, (first, last) in enumerate(ends):
        assert ours.cells()[y] == [*old[y][:first], *new[y][first:last], *old[y][last:]]


def test_the_app_overrides_a_method_that_textual_has() -> None:
    assert "_display" in vars(App)
    assert "_display" in vars(WizardApp)
