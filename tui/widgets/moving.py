"""Moving by Up and Down: out of a widget at its ends, and never by scrolling alone."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import ScrollableContainer, VerticalScroll
from textual.widget import Widget


class ScrollingBody(VerticalScroll, inherit_bindings=False):
    """A step's body. Only PgUp and PgDn scroll it; Textual would also scroll it by the keys that move the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pageup", "page_up", show=False),
        Binding("pagedown", "page_down", show=False),
    ]


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
