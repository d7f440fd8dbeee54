"""Sentences below each other, each with its symbol, and its further rows under its first word."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from tui.widgets.symbols import Symbols, mark

Said = tuple[str, str]
"""A level and a sentence, which is shown as it is: no markup is read from it."""
_INDENT = 2


class Sentences(Widget):
    """Nothing is shown where nothing is said."""

    def __init__(self, symbols: Symbols, said: Sequence[Said] = (), *, id: str = "", classes: str = "") -> None:
        super().__init__(id=id or None, classes=f"sentences {classes}")
        self._symbols = symbols
        self._said = tuple(said)
        self.display = bool(said)

    def show(self, said: Sequence[Said]) -> None:
        """Say something else, if it is something else."""
        if tuple(said) != self._said:
            self._said = tuple(said)
            self.display = bool(said)
            self.refresh(layout=True)

    @property
    def text(self) -> str:
        """All that is said, one sentence a line."""
        return "\n".join(text for _, text in self._said)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Known without drawing: the rows depend on the width alone."""
        return sum(len(rows) for _, rows in self._rows(width))

    def _rows(self, width: int) -> list[tuple[str, list[Content]]]:
        return [(level, Content(text).wrap(max(1, width - _INDENT))) for level, text in self._said]

    def render(self) -> Content:
        rows: list[Content] = []
        for level, wrapped in self._rows(self.size.width):
            first = mark(self._symbols, level) if level != "note" else Content(f"{self._symbols.note} ")
            rows += [(Content(" " * _INDENT) if i else first) + row for i, row in enumerate(wrapped)]
        return Content("\n").join(rows)
