"""The rows of a plan, however many: only those on the screen are ever drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.plan.plan import PlannedFlag
from tui.widgets.flag_rows import Columns, heading, pieces
from tui.widgets.moving import step_out
from tui.widgets.symbols import Symbols


class FlagList(ScrollView, can_focus=True):
    """Line by line; a row has no widget. The row at the cursor is marked, and reverse while the list has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "step(-1)", show=False),
        Binding("down,j", "step(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "to(0)", show=False),
        Binding("end", "to(-1)", show=False),
        Binding("enter", "open", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "flag-list--ok",
        "flag-list--note",
        "flag-list--warning",
        "flag-list--problem",
    }

    @dataclass
    class Opened(Message):
        """Enter or a click on the row at the cursor."""

        at: int

    @dataclass
    class Moved(Message):
        """The cursor stands elsewhere, or the rows are others."""

        at: int

    def __init__(self, symbols: Symbols, *, id: str) -> None:
        super().__init__(id=id)
        self.rows: tuple[PlannedFlag, ...] = ()
        self.at = 0
        self._symbols = symbols
        self._longest = 0
        self._reading = False

    @property
    def current(self) -> PlannedFlag | None:
        """The flag at the cursor."""
        return self.rows[self.at] if self.rows else None

    @property
    def columns(self) -> Columns:
        """The widths at the list's present size."""
        return Columns.fitting(self.size.width, self._longest)

    @property
    def heading(self) -> str:
        """What stands above the columns."""
        return heading(self.columns)

    def show(self, rows: Sequence[PlannedFlag], longest: int, *, reading: bool = False, home: bool = False) -> None:
        """Show other rows. The cursor stays on its flag where that is among them; with `home` it goes to the first.

        `longest` is the length of the longest key of the whole plan, so that columns do not move with a filter.
        """
        held = None if home or not self.at else self.current
        self.rows, self._longest, self._reading = tuple(rows), longest, reading
        self.at = self._place(held) if held else 0
        self.virtual_size = Size(self.size.width, len(self.rows))
        self._bring_into_view()
        self.refresh()
        self.post_message(self.Moved(self.at))

    def _place(self, of: PlannedFlag) -> int:
        """The row of a flag, 0 where it is not listed; its verdict may be another one by now."""
        return next((i for i, row in enumerate(self.rows) if row.flag is of.flag), 0)

    def go_to(self, of: PlannedFlag) -> None:
        """Put the cursor on a flag."""
        self.move(self._place(of))

    # --- drawing

    def render_line(self, y: int) -> Strip:
        at, width = self.scroll_offset.y + y, self.size.width
        if not self.rows and not y:
            return self._marked(Strip([Segment("    nothing to list", self.rich_style)]))
        if at >= len(self.rows):
            return Strip.blank(width, self.rich_style)
        current = at == self.at
        row = pieces(self.rows[at], self.columns, self._symbols, reading=self._reading)
        mark = f"{self._symbols.focus} " if current else "  "
        if current and self.has_focus:  # in one colour: the symbols and the words say the same
            return self._marked(Strip([Segment(mark + "".join(text for text, _ in row), self.rich_style)]))
        drawn = [Segment(mark, self.rich_style), *(Segment(text, self._style(role)) for text, role in row)]
        return Strip(drawn).adjust_cell_length(width, self.rich_style)

    def _marked(self, strip: Strip) -> Strip:
        """The row at the cursor, reverse from end to end while a key would act on it."""
        whole = strip.adjust_cell_length(self.size.width, self.rich_style)
        return whole.apply_style(_REVERSE) if self.has_focus else whole

    def _style(self, role: str) -> Style:
        return self.get_component_rich_style(f"flag-list--{role}")

    def on_focus(self) -> None:
        self.refresh_line(self.at)

    def on_blur(self) -> None:
        self.refresh_line(self.at)

    def on_resize(self) -> None:
        self.virtual_size = Size(self.size.width, len(self.rows))
        self._bring_into_view()
        self.post_message(self.Moved(self.at))  # its columns, too, stand elsewhere

    # --- moving

    def move(self, to: int) -> None:
        """Put the cursor on a row, as near as there is one; two rows are drawn again, or what scrolling brings."""
        to = max(0, min(to, len(self.rows) - 1))
        before, self.at = self.at, to
        if before != to:
            self.refresh_line(before)
            self.refresh_line(to)
            self.post_message(self.Moved(to))
        self._bring_into_view()
        self.scroll_visible(animate=False)

    def _bring_into_view(self) -> None:
        top, height = self.scroll_offset.y, self.size.height
        if self.at < top:
            self.scroll_to(y=self.at, animate=False)
        elif height and self.at >= top + height:
            self.scroll_to(y=self.at - height + 1, animate=False)

    def action_step(self, by: int) -> None:
        """Move by one row; Up from the first and Down from the last lead out of the list."""
        if 0 <= self.at + by < len(self.rows):
            self.move(self.at + by)
        else:
            step_out(self, by)

    def action_page(self, by: int) -> None:
        """As many rows as are on the screen, but for one to hold on to."""
        self.move(self.at + by * max(1, self.size.height - 1))

    def action_to(self, place: int) -> None:
        """The first row, or the last."""
        self.move(place if place >= 0 else len(self.rows) - 1)

    def action_open(self) -> None:
        """Look at one flag."""
        if self.rows:
            self.post_message(self.Opened(self.at))

    def on_click(self, event: events.Click) -> None:
        """A click chooses a row, a click on the chosen one opens it."""
        at = self.scroll_offset.y + event.y
        if at >= len(self.rows):
            return
        if at == self.at:
            self.action_open()
        else:
            self.move(at)


_REVERSE = Style(reverse=True)
