"""A list of flags; above it the columns, the place in the list, and the filters while one is chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from tui.plan.plan import Plan
from tui.plan.words import kind_label
from tui.text.clean import clean
from tui.widgets.flag_list import FlagList
from tui.widgets.inputs import LiveInput
from tui.widgets.symbols import Symbols
from tui.wizard.flag_view import ALL, AS_LISTED, ON, SortableFlags, View, next_sort


class FlagBrowser(Vertical):
    """Shows the flags of a plan, or those that were read so far. Its list posts what is opened."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "clear_search", show=False)]

    def __init__(self, symbols: Symbols, *, id: str) -> None:
        super().__init__(id=id)
        self.view = View()
        self._symbols = symbols
        self._flags = SortableFlags(())
        self._reading = False
        # Held, not looked for: while the step is left, rows may still report that they moved.
        self.list = FlagList(symbols, id="flag-rows")
        self._shown = Static("", id="flags-shown", markup=False)
        self._found = Static("", id="flags-found", markup=False)
        self._heading = Static("", id="flags-heading", markup=False)
        self._search = LiveInput("", placeholder="key, name or description", id="search", told=self._typed)

    def compose(self) -> ComposeResult:
        yield self._shown
        with Horizontal(id="flags-search"):
            yield Static(Content("  search "), id="flags-search-label", markup=False)
            yield self._search
            yield self._found
        yield self._heading
        yield self.list

    def on_mount(self) -> None:
        self.query_one("#flags-search").display = False

    def show(self, plan: Plan, *, reading: bool) -> None:
        """Show the flags of another plan; filter, order and search stay."""
        self._flags, self._reading = SortableFlags(plan.flags), reading
        self._draw(home=False)

    def look(self, view: View) -> None:
        """Choose other flags, or another order."""
        if view != self.view:
            self.view = view
            self._draw(home=True)

    def _draw(self, *, home: bool) -> None:
        # What is read grows at its end: no row moves under a person's eyes.
        view = replace(self.view, sort=AS_LISTED) if self._reading else self.view
        self.list.loss = view.loses
        self.list.show(self._flags.seen(view), self._flags.longest, reading=self._reading, home=home)
        self._show_chips()

    # --- above the list

    @on(FlagList.CursorMoved)
    def _moved(self) -> None:
        self._write()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show_chips)
        self.call_after_refresh(self._write)

    def _show_chips(self) -> None:
        """They change with the view, not with each move of the cursor."""
        if self.is_attached:
            chips = self.chips(self.size.width)
            self._shown.display = bool(chips.plain) and not self.searching
            self._shown.update(chips, layout=False)

    def _write(self) -> None:
        if not self.is_attached:
            return
        width = self.size.width
        total, shown = len(self._flags.all), len(self.list.rows)
        self._found.update(Content(f"{shown:,} of {total:,}"), layout=False)
        of = f"{self.list.at + 1:,} of {shown:,}" if shown else "0"
        left = self.list.heading[: max(0, width - len(of) - 1)]
        self._heading.update(Content(f"{left:{max(0, width - len(of))}}{of}"), layout=False)

    def chips(self, width: int) -> Content:
        """Return the filters with the chosen one in bold, the search and the order; "" if nothing is chosen."""
        if self.view == View() or self._reading:
            return Content("")
        chips = [
            Content.styled(f"{label} {count:,}", "bold $primary" if key == self.view.only else "$muted")
            for key, label, count in self._flags.chips
        ]
        if self.view.loses:
            label = f"lose {kind_label(self.view.loses)} {len(self.list.rows):,}"
            chips = [Content.styled(label, "bold $primary"), *(Content.styled(c.plain, "$muted") for c in chips)]
        if self.view.query:
            chips.insert(0, Content.styled(f'"{self.view.query}" {len(self.list.rows):,}', "bold $primary"))
        if self.view.sort != View().sort:
            chips.insert(0, Content.styled(f"by {self.view.sort}", "bold $primary"))
        while len(chips) > 1 and sum(chip.cell_length + 2 for chip in chips) > width:
            plain = [i for i, chip in enumerate(chips) if "bold" not in str(chip.spans)]
            del chips[plain[-1] if plain else -1]
        return Content("  ").join(chips)

    # --- keys

    def filter(self) -> None:
        """The next filter."""
        self.look(self._flags.next_filter(self.view))

    def sort(self) -> None:
        """The next order."""
        self.look(next_sort(self.view))

    def losses(self, kind: str) -> None:
        """Show the flags with this kind of loss."""
        self.look(replace(self.view, only=ALL, loses=kind))

    def on_now(self) -> None:
        """Show the flags that are on at the source and off after the import; again: all."""
        self.look(replace(self.view, only=ALL if self.view.only == ON else ON, loses=""))

    # --- search

    @property
    def searching(self) -> bool:
        """The search line is open."""
        return self.query_one("#flags-search").display

    def search(self) -> None:
        """Open the search line, and focus it before the next key is looked at."""
        self._open(True)
        self.screen.set_focus(self._search)

    def keep_search(self) -> None:
        """Close the search line; what it found stays."""
        self._open(False)
        self.list.focus()

    def action_clear_search(self) -> None:
        """Esc: all flags again, as far as the filter goes."""
        if not self.searching and not self.view.query:
            raise SkipAction
        self._search.seed("")
        self.look(replace(self.view, query=""))
        self.keep_search()

    def _open(self, on: bool) -> None:
        self.query_one("#flags-search").display = on
        self._show_chips()

    def _typed(self, value: str) -> None:
        self._search.seed(value.replace("\n", " "))
        self.look(replace(self.view, query=clean(value).strip()))
