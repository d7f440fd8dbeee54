"""Sends a terminal only the cells that change. Textual draws whole lines, and a whole screen after any change of the
layout: 4 kB for a press of Tab, 30 kB for a step, over lines that may carry 16 kB a second."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.control import Control
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

Cell = tuple[str, Style | None]
"""A character with what combines with it, and its style. The second cell of a wide character has no text."""

_UNKNOWN: Cell = ("\0", None)
_SHORTEST_GAP = 8
"""Unchanged cells that are sent too, since moving over them takes as many bytes."""


class Canvas:
    """What the terminal shows, as far as this program has written it."""

    def __init__(self) -> None:
        self._lines: list[list[Cell]] = []
        self._width = 0

    def forget(self) -> None:
        """Send everything again: another program may have written, or the terminal changed its size."""
        self._lines = []

    def changes(self, update: CompositorUpdate) -> CompositorUpdate:
        """Return an update that writes only what differs from the latest one. An unknown kind is written as it is."""
        if isinstance(update, LayoutUpdate | ChopsUpdate):
            return _Changes(self, update)
        self.forget()
        return update

    def written(self, update: LayoutUpdate | ChopsUpdate, console: Console) -> str:
        """Return the sequences that turn what is shown into `update`, and take that as shown."""
        if isinstance(update, LayoutUpdate):
            region = update.region
            if (region.width, region.height) != (self._width, len(self._lines)):
                self._width = region.width
                self._lines = [[_UNKNOWN] * region.width for _ in range(region.height)]
            pieces: Iterable[tuple[int, int, list[Cell]]] = (
                (y, region.x, _cells(segment for strip in line for segment in strip))
                for y, line in enumerate(update.strips, region.y)
            )
        else:
            pieces = _pieces(update)
        return "".join(self._line(y, x, cells, console) for y, x, cells in pieces if y < len(self._lines))

    def _line(self, y: int, start: int, cells: list[Cell], console: Console) -> str:
        shown = self._lines[y]
        cells = cells[: max(0, self._width - start)]
        changed = [at for at, cell in enumerate(cells) if shown[start + at] != cell]
        shown[start : start + len(cells)] = cells
        return "".join(
            f"{Control.move_to(start + begin, y).segment.text}{Strip(_segments(cells[begin:end])).render(console)}"
            for begin, end in _runs(changed, cells)
        )


class _Changes(CompositorUpdate):
    """Decides what to write when it is written: an update may be made and never shown."""

    def __init__(self, canvas: Canvas, update: LayoutUpdate | ChopsUpdate) -> None:
        self._canvas, self._update = canvas, update

    def render_segments(self, console: Console) -> str:
        return self._canvas.written(self._update, console)


def _cells(segments: Iterable[Segment]) -> list[Cell]:
    cells: list[Cell] = []
    for text, style, control in segments:
        if control:
            continue
        if style is not None:
            style = style.clear_meta_and_links()  # Textual notes there where a text begins: no terminal shows it
        if text.isascii():
            cells += [(character, style) for character in text]
            continue
        for character in text:
            if width := cell_len(character):
                cells += [(character, style), *[("", style)] * (width - 1)]
            elif at := next((at for at in range(len(cells), 0, -1) if cells[at - 1][0]), 0):
                cells[at - 1] = (cells[at - 1][0] + character, cells[at - 1][1])  # it combines with the one before
    return cells


def _pieces(update: ChopsUpdate) -> Iterator[tuple[int, int, list[Cell]]]:
    """Yield line, column and cells of each part that a partial update draws, cut to its spans."""
    for y, first, last in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is not None and x < last and end > first:
                begin = max(first - x, 0)
                yield y, x + begin, _cells(strip)[begin : last - x]


def _runs(changed: Sequence[int], cells: Sequence[Cell]) -> Iterator[tuple[int, int]]:
    """Yield the beginnings and ends of what to write: whole characters, and short gaps filled."""
    begin = end = -1
    for at in changed:
        if begin >= 0 and at - end > _SHORTEST_GAP:
            yield _whole(begin, end, cells)
            begin = -1
        if begin < 0:
            begin = at
        end = at + 1
    if begin >= 0:
        yield _whole(begin, end, cells)


def _whole(begin: int, end: int, cells: Sequence[Cell]) -> tuple[int, int]:
    while begin > 0 and not cells[begin][0]:
        begin -= 1
    while end < len(cells) and not cells[end][0]:
        end += 1
    return begin, end


def _segments(cells: Sequence[Cell]) -> list[Segment]:
    segments: list[Segment] = []
    begin = 0
    for at in range(1, len(cells) + 1):
        if at == len(cells) or cells[at][1] != cells[begin][1]:
            segments.append(Segment("".join(text for text, _ in cells[begin:at]), cells[begin][1]))
            begin = at
    return segments
