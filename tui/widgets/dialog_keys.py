"""The muted line of keys at the foot of a dialog."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from tui.widgets.key_line import KeyHints, key_line


class DialogKeys(Widget):
    """As many of the keys as fit."""

    def __init__(self, hints: KeyHints) -> None:
        super().__init__(classes="dialog-hint")
        self._hints = hints

    def show(self, hints: KeyHints) -> None:
        """Show other keys."""
        self._hints = hints
        self.refresh()

    def render(self) -> Content:
        """Draw them."""
        return key_line(self._hints, self.size.width)
