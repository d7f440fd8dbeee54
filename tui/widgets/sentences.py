"""Sentences below each other, each with its symbol, and its further rows under its first word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from tui.widgets.symbols import Symbols, mark

if TYPE_CHECKING:
    from tui.plan.words import LeveledText

_INDENT = 2


class Sentences(Widget):
    """Shown as they are (no markup is read from them); hidden without any."""

    def __init__(self, symbols: Symbols, said: Sequence[LeveledText] = (), *, id: str = "", classes: str = "") -> None:
        super().__init__(id=id or None, classes=f"sentences {classes}")
        self._symbols = symbols
        self._said = tuple(said)
        self.display = bool(said)

    def show(self, said: Sequence[LeveledText]) -> None:
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
