"""Labels and their texts, whose further lines start under the first."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

_LABEL_CELLS, _INDENT = 15, 2
_BOLD = Style(bold=True)


class Fact(Horizontal):
    """One row of a small table, without markup."""

    def __init__(self, label: str | Content, text: str | Content, *, classes: str = "") -> None:
        super().__init__(classes=f"fact {classes}")
        self._label = label if isinstance(label, Content) else Content(label)
        self._text = text if isinstance(text, Content) else Content(text)

    def compose(self) -> ComposeResult:
        yield Static(self._label, classes="fact-label", markup=False)
        yield Static(self._text, classes="fact-text", markup=False)


class Facts(Widget):
    """Facts that never change, in one widget, so that the first screen is painted sooner."""

    def __init__(self, facts: Sequence[tuple[str, str]], *, classes: str = "") -> None:
        super().__init__(classes=f"facts {classes}")
        self._facts = facts

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def render_line(self, y: int) -> Strip:
        lines = self._lines(self.size.width)
        style = self.rich_style
        if y >= len(lines):
            return Strip.blank(self.size.width, style)
        label, text = lines[y]
        pad = " " * (_LABEL_CELLS - _INDENT - len(label))
        parts = (" " * _INDENT, style), (label, style + _BOLD), (pad, style), (text, style)
        return Strip([Segment(*part) for part in parts]).adjust_cell_length(self.size.width, style)

    def _lines(self, width: int) -> list[tuple[str, str]]:
        """Return each line: its label, blank in further lines, and a part of the text."""
        return [
            ("" if i else label, line.plain)
            for label, text in self._facts
            for i, line in enumerate(Content(text).wrap(max(1, width - _LABEL_CELLS)))
        ]
