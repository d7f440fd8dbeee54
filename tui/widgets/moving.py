"""Moving by Up and Down: through the rows of a list, out of it at its ends, and never by scrolling alone."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import ScrollableContainer, VerticalScroll
from textual.widget import Widget
from textual.widgets import OptionList


class Page(VerticalScroll, inherit_bindings=False):
    """A step's body. Only PgUp and PgDn scroll it; Textual would also scroll it by the keys that move the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pageup", "page_up", show=False),
        Binding("pagedown", "page_down", show=False),
    ]


class RowList(OptionList):
    """A list that Up leaves at its first row and Down at its last."""

    def on_focus(self) -> None:
        """Highlight a row: Enter takes the highlighted one, so there always is one."""
        if self.highlighted is None and self.option_count:
            self.action_first()
        show_row(self, (self.highlighted or 0) - self.scroll_offset.y)

    def action_cursor_up(self) -> None:
        """Move to the row above, or to the control above the list."""
        self._step(-1)

    def action_cursor_down(self) -> None:
        """Move to the row below, or to the control below the list."""
        self._step(1)

    def _step(self, by: int) -> None:
        at = self.highlighted
        if self.option_count and (at is None or 0 <= at + by < self.option_count):
            (super().action_cursor_down if by > 0 else super().action_cursor_up)()
        else:
            step_out(self, by)


def step_out(widget: Widget, by: int) -> None:
    """Move the focus from a widget to the control after it (`by` above 0) or before it."""
    (widget.screen.focus_next if by > 0 else widget.screen.focus_previous)()


def show_row(widget: Widget, row: int) -> None:
    """Scroll the containers around a widget until its row (0 is its uppermost on screen) can be seen."""
    for around in widget.ancestors:
        if isinstance(around, ScrollableContainer) and around.allow_vertical_scroll:
            y, window = widget.content_region.y + row, around.content_region
            if not window.y <= y < window.bottom:
                edge = window.y if y < window.y else window.bottom - 1
                around.scroll_relative(y=y - edge, animate=False)
            return
