"""A label and its text, whose second line stands under the first."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static


class Fact(Horizontal):
    """One row of a small table. `text` is shown as it is: no markup is read from it."""

    def __init__(self, label: str | Content, text: str | Content, *, classes: str = "") -> None:
        super().__init__(classes=f"fact {classes}")
        self._label = label if isinstance(label, Content) else Content(label)
        self._text = text if isinstance(text, Content) else Content(text)

    def compose(self) -> ComposeResult:
        yield Static(self._label, classes="fact-label", markup=False)
        yield Static(self._text, classes="fact-text", markup=False)
