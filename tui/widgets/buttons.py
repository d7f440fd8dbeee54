"""Buttons one row high, never grayed out: pressed too early they show what is missing."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Size
from textual.widgets import Button

from tui.widgets.themes import UNFILLED


class Plain(Button, inherit_css=False):
    """A filled label; `[ Label ]` where the theme has no fills. Focus is reverse, so that it shows without color."""

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """The drawn label alone: Button adds two cells for the ends it would draw."""
        return Content(str(self.label)).cell_length + 4

    def __init__(self, label: str, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(Content(label), id=id, classes=classes)

    def render(self) -> Content:
        start, end = ("[ ", " ]") if self.app.theme in UNFILLED else ("  ", "  ")
        return Content(start) + Content(str(self.label)) + Content(end)

    def rename(self, label: str) -> None:
        """Give it another label, if it is another one."""
        if str(self.label) != label:
            self.label = Content(label)
            self.refresh(layout=True)
