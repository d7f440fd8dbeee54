"""The flags of a rebuild in rows, with the filters and the search above them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.text.clean import clean
from tui.widgets.flag_list import fitted
from tui.widgets.inputs import LiveInput
from tui.widgets.row_list import RowList
from tui.widgets.symbols import STYLES, Symbols
from tui.wizard.rebuild_words import ATTENTION, FILTERS, Line

_WORD = 13
_MARGIN = 2
_LEAST_TEXT = 12
_AROUND = 2
"""Cells of a row that the list itself takes."""


class RebuildList(Vertical):
    """Says which flag is opened, and which one the cursor is on."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "clear_search", show=False)]

    @dataclass
    class Opened(Message):
        """Enter or a click on a flag."""

        key: str

    @dataclass
    class CursorMoved(Message):
        """The cursor is on another flag."""

        line: Line | None

    def __init__(self, symbols: Symbols, *, id: str) -> None:
        super().__init__(id=id)
        self._symbols = symbols
        self._lines: tuple[Line, ...] = ()
        self._shown: dict[str, Line] = {}
        self.only = "all"
        self._query = ""
        self._drawn = 0
        """The cells for a row, as the rows were drawn."""
        self._chips = Static("", id="rebuild-chips", markup=False)
        self._search = LiveInput("", placeholder="key", id="rebuild-search-text", told=self._typed)
        self.list = RowList(id="rebuild-rows", compact=True)

    def compose(self) -> ComposeResult:
        yield self._chips
        with Horizontal(id="rebuild-search"):
            yield Static(Content("  search "), id="rebuild-search-label", markup=False)
            yield self._search
        yield self.list

    def on_mount(self) -> None:
        self.query_one("#rebuild-search").display = False

    def on_resize(self) -> None:
        """Fit the rows to another width. Another height changes none: a long message above the buttons takes rows."""
        if self._drawn != self._width:
            self.call_after_refresh(self._draw)

    @property
    def current(self) -> Line | None:
        """The flag at the cursor."""
        at = self.list.highlighted
        if at is None or at >= self.list.option_count:
            return None
        return self._shown.get((self.list.get_option_at_index(at).id or "").removeprefix("flag-"))

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the flags that are listed."""
        return tuple(self._shown)

    @property
    def searching(self) -> bool:
        """The search line is open."""
        return self.query_one("#rebuild-search").display

    def show(self, lines: Sequence[Line], *, only: str = "") -> None:
        """Show other flags; with `only` also choose a filter. The cursor stays on its flag if it is among them."""
        if only:
            self.only, self._query = only, ""
        self._lines = tuple(lines)
        if not any(map(FILTERS[self.only].keep, self._lines)):
            self.only = "all"
        self._draw()

    def update_line(self, line: Line) -> None:
        """Show another state of one flag."""
        if line.key in self._shown:
            self._shown[line.key] = line
            self.list.replace_option_prompt(f"flag-{line.key}", self._row(line, self._key_width()))

    def go_to(self, key: str) -> None:
        """Put the cursor on a flag."""
        if key in self._shown:
            self.list.highlighted = self.list.get_option_index(f"flag-{key}")

    def go_home(self) -> None:
        """Put the cursor on the first flag to check, else on the first one."""
        attention = FILTERS[ATTENTION].keep
        first = next((key for key, line in self._shown.items() if attention(line)), next(iter(self._shown), ""))
        self.go_to(first)

    def _draw(self) -> None:
        if not self.is_attached:
            return
        held, wanted = self.current, self._query.casefold()
        keep = FILTERS[self.only].keep
        self._drawn = self._width
        self._shown = {line.key: line for line in self._lines if keep(line) and wanted in clean(line.key).casefold()}
        width = self._key_width()
        self.list.set_options(Option(self._row(line, width), id=f"flag-{key}") for key, line in self._shown.items())
        if self._shown:
            self.list.highlighted = 0
        if held is not None:
            self.go_to(held.key)
        self._show_chips()

    def _key_width(self) -> int:
        longest = max((cell_len(clean(line.key)) + self._box(line) for line in self._lines), default=0)
        return min(longest, max(_LEAST_TEXT, self._width - _WORD - _LEAST_TEXT - _MARGIN * 3))

    @property
    def _width(self) -> int:
        return max(40, self.size.width - _AROUND)

    def _box(self, line: Line) -> int:
        return 0 if line.adopted is None else len(self._symbols.ticked) + 1

    def _row(self, line: Line, key_width: int) -> Content:
        s, style = self._symbols, STYLES[line.level]
        box = "" if line.adopted is None else f"{s.ticked if line.adopted else s.unticked} "
        key = fitted(f"{box}{clean(line.key)}", key_width, s)
        room = max(0, self._width - _MARGIN - key_width - _MARGIN - _WORD - 1)
        head = Content.styled(f"{getattr(s, line.level)} ", style) + Content(f"{key}  ")
        text = line.text if cell_len(line.text) <= room else fitted(line.text, room, s)
        return head + Content.styled(f"{line.word:{_WORD}} ", style) + Content(text)

    def is_cut(self, line: Line) -> bool:
        """Whether the row has no room for the whole text."""
        return cell_len(line.text) > self._width - _MARGIN - self._key_width() - _MARGIN - _WORD - 1

    def _show_chips(self) -> None:
        chips = []
        for key, kind in FILTERS.items():
            number = sum(map(kind.keep, self._lines))
            if number:
                chips.append(
                    Content.styled(f"{kind.label} {number:,}", "bold $primary" if key == self.only else "$muted")
                )
        if self._query:
            chips.insert(0, Content.styled(f'"{self._query}" {len(self._shown):,}', "bold $primary"))
        while len(chips) > 1 and sum(chip.cell_length + 2 for chip in chips) > self._width:
            plain = [i for i, chip in enumerate(chips) if "bold" not in str(chip.spans)]
            del chips[plain[-1] if plain else -1]
        self._chips.update(Content("  ").join(chips), layout=False)
        self._chips.display = not self.searching

    # --- keys

    def filter(self) -> None:
        """Choose the next filter that lets a flag through."""
        names = [key for key, kind in FILTERS.items() if any(map(kind.keep, self._lines))] or ["all"]
        at = names.index(self.only) if self.only in names else -1
        self.only = names[(at + 1) % len(names)]
        self._draw()

    def search(self) -> None:
        """Open the search, and focus it before the next key is looked at."""
        self.query_one("#rebuild-search").display = True
        self._show_chips()
        self.screen.set_focus(self._search)

    def keep_search(self) -> None:
        """Close the search; what it found stays."""
        self.query_one("#rebuild-search").display = False
        self._show_chips()
        self.list.focus()

    def action_clear_search(self) -> None:
        """Esc shows all flags again, as far as the filter goes."""
        if not self.searching and not self._query:
            raise SkipAction
        self._search.seed("")
        self._query = ""
        self._draw()
        self.keep_search()

    def _typed(self, value: str) -> None:
        self._search.seed(value.replace("\n", " "))
        self._query = clean(value).strip()
        self._draw()

    @on(OptionList.OptionSelected, "#rebuild-rows")
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Opened((event.option.id or "").removeprefix("flag-")))

    @on(OptionList.OptionHighlighted, "#rebuild-rows")
    def _moved(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self.post_message(self.CursorMoved(self.current))
