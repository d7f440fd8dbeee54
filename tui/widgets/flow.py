"""Short pieces of text side by side, as many to a row as fit; only one longer than a row is broken."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

GAP = 2
"""Cells between two pieces."""


def packed(lengths: Sequence[int], width: int, gap: int = GAP) -> list[list[int]]:
    """The places of the pieces by row, for pieces of these lengths in cells."""
    rows: list[list[int]] = []
    used = 0
    for i, length in enumerate(lengths):
        if not rows or used + gap + length > width:
            rows.append([])
            used = -gap
        rows[-1].append(i)
        used += gap + length
    return rows


class Flow(Widget):
    """A paragraph of pieces. Nothing is shown of an empty one."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, classes="flow")
        self._pieces: tuple[Content, ...] = ()
        self.display = False

    def show(self, pieces: Sequence[Content]) -> None:
        """Show other pieces, if they are others."""
        new = tuple(pieces)
        if new != self._pieces:
            same_shape = [p.cell_length for p in new] == [p.cell_length for p in self._pieces]
            self._pieces = new
            self.display = bool(new)
            self.refresh(layout=not same_shape)

    @property
    def text(self) -> str:
        """All that is shown, in one line."""
        return (" " * GAP).join(piece.plain for piece in self._pieces)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Known without drawing, unless a piece is longer than a row and has to be broken."""
        if all(piece.cell_length <= width for piece in self._pieces):
            return len(self._rows(width))
        return self._drawn(width).get_height({}, width)

    def _rows(self, width: int) -> list[list[int]]:
        return packed([piece.cell_length for piece in self._pieces], width)

    def _drawn(self, width: int) -> Content:
        rows = (Content(" " * GAP).join(self._pieces[i] for i in row) for row in self._rows(width))
        return Content("\n").join(rows)

    def render(self) -> Content:
        return self._drawn(self.size.width)
