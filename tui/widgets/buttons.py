"""Buttons one row high, never greyed out: pressed too early they say what is missing."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Size
from textual.widgets import Button


class Plain(Button, inherit_css=False):
    """`[ Label ]`. Its colours come from the style sheet; focus is reverse, so that it shows without colour."""

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """The label alone: Button adds two cells for the ends it would draw."""
        return Content(str(self.label)).cell_length

    def __init__(self, label: str, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(Content(f"[ {label} ]"), id=id, classes=classes)

    def rename(self, label: str) -> None:
        """Give it another label, if it is another one."""
        text = Content(f"[ {label} ]")
        if self.label != text:
            self.label = text
            self.refresh(layout=True)
