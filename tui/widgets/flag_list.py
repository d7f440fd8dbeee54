"""The rows of a plan, however many: only those on the screen are ever drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.plan.plan import WORDS, PlannedFlag
from tui.plan.words import loses
from tui.text.clean import clean
from tui.widgets.moving import step_out
from tui.widgets.symbols import Symbols
from tui.widgets.themes import UNFILLED
from tui.wizard.flag_facts import LEVELS, NOT_YET, why

Piece = tuple[str, str]
"""A text and the role it is drawn in, as `symbols` knows it."""

_VERDICT = max(len(NOT_YET), *map(len, WORDS.values()))
_MARGIN = 2
_WIDE = 72
_LEAST_KEY = 12
_LEAST_WHY = 16
_FULL_WHY = 26


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths in cells; `why` is 0 where there is no room for it."""

    key: int
    source: int
    why: int

    @classmethod
    def fitting(cls, width: int, longest: int) -> Columns:
        """For a row of `width`, and keys of at most `longest` characters."""
        source = len("Source") if width >= _WIDE else len("Now")
        rest = max(0, width - _MARGIN * 4 - _VERDICT - source - _MARGIN)
        if rest < _LEAST_KEY + _MARGIN + _LEAST_WHY:
            return cls(rest, source, 0)
        most = max(rest // 2, rest - _FULL_WHY) - _MARGIN
        key = min(max(longest, _LEAST_KEY), most)
        return cls(key, source, rest - key - _MARGIN)


def heading(columns: Columns) -> str:
    """The names of the columns, above them."""
    source = "Source" if columns.source > len("Now") else "Now"
    gap = " " * _MARGIN
    why = f"{gap}{'Loses, or why':.{columns.why}}" if columns.why else ""
    return f"{gap}{'Flag':{columns.key}}{gap}{source}{gap}{'Result':{_VERDICT + _MARGIN}}{why}"


def pieces(planned: PlannedFlag, columns: Columns, symbols: Symbols, *, reading: bool, loss: str = "") -> list[Piece]:
    """Return the texts of a row after the mark of the cursor. `loss` is the kind that the list is filtered by."""
    level = LEVELS[planned.verdict]
    word = WORDS[planned.verdict]
    if reading and planned.arrives:
        level, word = "note", NOT_YET
    gap = " " * _MARGIN
    on = planned.flag.on_at_source
    row = [
        (fitted(clean(planned.flag.key), columns.key, symbols) + gap, "text"),
        (f"{'on' if on else 'off':{columns.source}}{gap}", "warning" if on else "note"),
        (f"{getattr(symbols, level)} {word:{_VERDICT}}", level),
    ]
    if columns.why:
        text = why(planned, loss)
        if cell_len(text) > columns.why and planned.arrives and not planned.cut_over_warning:
            text = loses(planned.flag.losses, loss) or text
        row += [(gap, "note"), (fitted(text, columns.why, symbols), "note")]
    return row


def fitted(text: str, width: int, symbols: Symbols) -> str:
    """`text` in exactly `width` cells; a longer one is cut, and shows that it is."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, max(0, width - 1)) + (symbols.cut if width else "")


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
        "flag-list--text",
        "flag-list--ok",
        "flag-list--note",
        "flag-list--warning",
        "flag-list--problem",
        "flag-list--cursor",
    }

    @dataclass
    class Opened(Message):
        """Enter or a click on the row at the cursor."""

        at: int

    @dataclass
    class CursorMoved(Message):
        """The cursor has moved, or the rows have changed."""

        at: int

    def __init__(self, symbols: Symbols, *, id: str) -> None:
        super().__init__(id=id)
        self.rows: tuple[PlannedFlag, ...] = ()
        self.at = 0
        self._symbols = symbols
        self._longest = 0
        self._reading = False
        self.loss = ""
        """The kind of loss that the rows are filtered by, named first in each."""
        self.empty = "No flags"
        """Shown without any row."""

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
        self.post_message(self.CursorMoved(self.at))

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
            return self._marked(Strip([Segment(f"  {self.empty}", self.rich_style)]))
        if at >= len(self.rows):
            return Strip.blank(width, self.rich_style)
        current = at == self.at
        row = pieces(self.rows[at], self.columns, self._symbols, reading=self._reading, loss=self.loss)
        mark = f"{self._symbols.focus} " if current else "  "
        if current and self.has_focus and self._unfilled:  # in one color: reverse would make a patchwork of several
            return self._marked(Strip([Segment(mark + "".join(text for text, _ in row), self.rich_style)]))
        drawn = [Segment(mark, self.rich_style), *(Segment(text, self._style(role)) for text, role in row)]
        strip = Strip(drawn).adjust_cell_length(width, self.rich_style)
        return self._marked(strip) if current else strip

    @property
    def _unfilled(self) -> bool:
        return self.app.theme in UNFILLED

    def _marked(self, strip: Strip) -> Strip:
        """Mark the row at the cursor from end to end while a key would act on it."""
        whole = strip.adjust_cell_length(self.size.width, self.rich_style)
        if not self.has_focus:
            return whole
        if self._unfilled:
            return whole.apply_style(_REVERSE)
        ground = Style(bgcolor=self.get_component_rich_style("flag-list--cursor").bgcolor)
        return Strip([Segment(text, (style or Style()) + ground) for text, style, _ in whole], whole.cell_length)

    def _style(self, role: str) -> Style:
        return self.get_component_rich_style(f"flag-list--{role}")

    def on_focus(self) -> None:
        self.refresh_line(self.at)

    def on_blur(self) -> None:
        self.refresh_line(self.at)

    def on_resize(self) -> None:
        self.virtual_size = Size(self.size.width, len(self.rows))
        self._bring_into_view()
        self.post_message(self.CursorMoved(self.at))  # its columns, too, stand elsewhere

    # --- moving

    def move(self, to: int) -> None:
        """Put the cursor on a row, as near as there is one; two rows are drawn again, or what scrolling brings."""
        to = max(0, min(to, len(self.rows) - 1))
        before, self.at = self.at, to
        if before != to:
            self.refresh_line(before)
            self.refresh_line(to)
            self.post_message(self.CursorMoved(to))
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
