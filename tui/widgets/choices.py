"""Ticks and radio choices, one row each, drawn with the symbols of the screens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from tui.widgets.moving import show_row, step_out
from tui.widgets.symbols import Symbols


@dataclass(frozen=True, slots=True)
class ChoiceOption:
    """One of several: its key for the program, its words for the person."""

    key: str
    label: str


class Choices(Widget, can_focus=True):
    """One or many of a few. Arrow keys move, Space and Enter choose."""

    BINDINGS = [  # noqa: RUF012
        Binding("left", "move(-1)", show=False),
        Binding("right", "move(1)", show=False),
        Binding("up", "step(-1)", show=False),
        Binding("down", "step(1)", show=False),
        Binding("space", "choose", show=False),
        Binding("enter", "choose", show=False),
    ]

    def __init__(
        self,
        options: Sequence[ChoiceOption],
        chosen: Sequence[str],
        symbols: Symbols,
        *,
        told: Callable[[tuple[str, ...]], object],
        many: bool = False,
        row: bool = False,
        id: str | None = None,
        classes: str = "",
    ) -> None:
        super().__init__(id=id, classes=f"choices {classes}")
        self._options = tuple(options)
        self.chosen = tuple(chosen)
        self._symbols = symbols
        self._told = told
        self._many = many
        self._row = row
        self._at = next((i for i, o in enumerate(self._options) if o.key in self.chosen), 0)

    def render(self) -> Content:
        gap = "  " if self._row else "\n"
        return Content(gap).join(self._cell(i) for i in range(len(self._options)))

    def _cell(self, i: int) -> Content:
        option, s = self._options[i], self._symbols
        on = option.key in self.chosen
        box = (s.ticked if on else s.unticked) if self._many else (s.chosen if on else s.unchosen)
        text = Content(f"{box} {option.label}")
        return text.stylize("reverse") if self.has_focus and i == self._at else text

    def _spans(self) -> list[tuple[int, int]]:
        """First and last column of each option when they are in one row."""
        spans, x = [], 0
        for i in range(len(self._options)):
            width = self._cell(i).cell_length
            spans.append((x, x + width))
            x += width + 2
        return spans

    def _line(self) -> int:
        """The row of the option at the cursor."""
        return 0 if self._row else self._at

    def show_cursor(self) -> None:
        """Bring the option at the cursor into view, where not all of them fit."""
        show_row(self, self._line())

    def on_focus(self) -> None:
        self.refresh()
        self.call_after_refresh(self.show_cursor)

    def on_blur(self) -> None:
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        if self._row:
            hit = next((i for i, (a, b) in enumerate(self._spans()) if a <= event.x < b), None)
        else:
            hit = event.y if event.y < len(self._options) else None
        if hit is not None:
            self._at = hit
            self.action_choose()

    def action_move(self, by: int) -> None:
        """Move; nothing is chosen by moving, since a choice may send a key somewhere, or store it."""
        self._at = (self._at + by) % len(self._options)
        self.refresh()
        self.show_cursor()

    def action_step(self, by: int) -> None:
        """Up and Down: between the options of a column, out of it at its ends."""
        if self._row or not 0 <= self._at + by < len(self._options):
            step_out(self, by)
            return
        self.action_move(by)

    def action_choose(self) -> None:
        """Tick, or choose."""
        key = self._options[self._at].key
        if self._many:
            on = {*self.chosen} ^ {key}
            self.pick(tuple(o.key for o in self._options if o.key in on))
        else:
            self.pick((key,))

    def pick(self, keys: tuple[str, ...]) -> None:
        """Choose by key, and tell."""
        if keys != self.chosen:
            self.show(keys)
            self._told(keys)

    def relabel(self, key: str, label: str) -> None:
        """Call one of them by another name."""
        renamed = tuple(ChoiceOption(o.key, label if o.key == key else o.label) for o in self._options)
        if renamed != self._options:
            self._options = renamed
            self.refresh(layout=True)

    def show(self, keys: tuple[str, ...]) -> None:
        """Show another choice without telling."""
        self.chosen = keys
        if not self._many:
            self._at = next((i for i, o in enumerate(self._options) if o.key in keys), self._at)
        self.refresh()


class Toggle(Choices):
    """Yes or no."""

    def __init__(self, on: bool, symbols: Symbols, *, id: str, told: Callable[[bool], object]) -> None:
        super().__init__(
            (ChoiceOption("yes", "yes"),),
            ("yes",) if on else (),
            symbols,
            many=True,
            row=True,
            id=id,
            told=lambda keys: told(bool(keys)),
        )


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
    class OptionOpened(Message):
        """Enter was pressed on a tick."""

        ticks: TickList
        key: str

        @property
        def control(self) -> TickList:
            return self.ticks

    def action_open(self) -> None:
        """Say that Enter was pressed."""
        self.post_message(self.OptionOpened(self, self.at))

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

    def offer(self, options: Sequence[ChoiceOption], ticked: Sequence[str]) -> None:
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
