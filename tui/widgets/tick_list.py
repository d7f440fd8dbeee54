"""Ticks that stand in columns, as many as fit the width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message

from tui.widgets.choices import Choice, Choices
from tui.widgets.moving import step_out

_GAP = 3


def columns(lengths: tuple[int, ...], width: int) -> list[int]:
    """The widths in cells of as many columns as fit, filled row by row; one where not even two fit."""
    for count in range(len(lengths), 1, -1):
        widths = [max(lengths[i::count]) for i in range(count)]
        if sum(widths) + _GAP * (count - 1) <= width:
            return widths
    return [max(lengths, default=0)]


class TickList(Choices):
    """Left and Right go from one to the next, Up and Down to the row above and below.

    Space ticks. Enter opens what the tick is about, so that one held down too long ticks nothing.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open", show=False)]

    @dataclass
    class Opened(Message):
        """Enter was pressed on a tick."""

        ticks: TickList
        key: str

        @property
        def control(self) -> TickList:
            return self.ticks

    def action_open(self) -> None:
        """Say that Enter was pressed."""
        self.post_message(self.Opened(self, self.at))

    def _widths(self, width: int) -> list[int]:
        return columns(tuple(self._cell(i).cell_length for i in range(len(self._options))), width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Known without drawing: the rows depend on the width alone."""
        return -(-len(self._options) // len(self._widths(width)))

    def render(self) -> Content:
        widths = self._widths(self.size.width)
        rows = []
        for first in range(0, len(self._options), len(widths)):
            cells = [self._cell(i) for i in range(first, min(first + len(widths), len(self._options)))]
            room = zip(cells, widths, strict=False)
            rows.append(Content(" " * _GAP).join(cell + Content(" " * (w - cell.cell_length)) for cell, w in room))
        return Content("\n").join(rows)

    def offer(self, options: Sequence[Choice], ticked: Sequence[str]) -> None:
        """Show others; the cursor stays on the same one where it is still there."""
        at, self._options, self.chosen = self.at, tuple(options), tuple(ticked)
        self._at = next((i for i, option in enumerate(self._options) if option.key == at), 0)
        self.refresh(layout=True)

    def _line(self) -> int:
        return self._at // len(self._widths(self.size.width))

    @property
    def at(self) -> str:
        """The key of the one at the cursor, "" without any."""
        return self._options[self._at].key if self._options else ""

    def go_to(self, key: str) -> None:
        """Put the cursor on one of them."""
        self._at = next((i for i, option in enumerate(self._options) if option.key == key), self._at)
        self.refresh()

    def action_step(self, by: int) -> None:
        """To the row above or below; from the first and the last to the control before and after."""
        to = self._at + by * len(self._widths(self.size.width))
        if 0 <= to < len(self._options):
            self._at = to
            self.refresh()
            self.show_cursor()
        else:
            step_out(self, by)

    def on_click(self, event: events.Click) -> None:
        x, widths = 0, self._widths(self.size.width)
        for column, width in enumerate(widths):
            hit = event.y * len(widths) + column
            if x <= event.x < x + width and hit < len(self._options):
                self._at = hit
                self.action_choose()
            x += width + _GAP
