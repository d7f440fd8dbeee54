"""Practice: choose an error that the demo servers simulate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.screens.dialogs import Dialog
from tui.screens.in_fields import SlashSearches
from tui.text.cells import padded
from tui.widgets.buttons import Plain
from tui.widgets.dialog_keys import DialogKeys
from tui.widgets.inputs import LiveInput
from tui.widgets.row_list import RowList
from tui.widgets.symbols import Symbols
from tui.wizard.practice import FIRST_CASES, PracticeFault, grouped

_NONE = "none"
_TITLE_CELLS = 44
_NARROW = 70
_KEYS = (("Enter", "choose"), ("/", "search"), ("Esc", "close"))


class FaultScreen(SlashSearches, Dialog[str]):
    """Returns the name of an error, "" for none of them, None when closed. `current` is simulated now."""

    def __init__(self, faults: Sequence[PracticeFault], current: str | None, symbols: Symbols) -> None:
        super().__init__()
        self._faults, self._current, self._symbols = faults, current, symbols

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Static(Content("Simulate an error"), classes="dialog-title", markup=False)
            with Horizontal(id="faults-search"):
                yield Static("Search ", markup=False)
                yield LiveInput("", placeholder="a word, a step, a status", id="faults-filter", told=self._filter)
            yield RowList(*self._options(""), id="faults", compact=True)
            yield Static("", id="explains", classes="dialog-note", markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Plain("Close", id="close")
            yield DialogKeys(_KEYS)

    def _options(self, text: str) -> Iterator[Option]:
        if not text:
            yield Option(self._row("No error: everything works", "", on=not self._current), id=_NONE)
        for group, faults in grouped(self._faults, text).items():
            yield Option(Content.styled(group, "bold $muted"), disabled=True)
            for fault in faults:
                step = fault.step if group == FIRST_CASES and self.app.size.width >= _NARROW else ""
                yield Option(self._row(fault.title, step, on=fault.name == self._current), id=fault.name)

    def _row(self, title: str, step: str, *, on: bool) -> Content:
        mark = self._symbols.current if on else " "
        return Content(f"{mark} {padded(title, _TITLE_CELLS)} {step}".rstrip())

    @property
    def _rows(self) -> RowList:
        return self.query_one("#faults", RowList)

    def on_mount(self) -> None:
        names = [option.id for option in self._rows.options]
        self._rows.highlighted = names.index(self._current or _NONE)
        self._rows.focus()

    def _filter(self, text: str) -> None:
        self._rows.clear_options()
        self._rows.add_options(list(self._options(text.strip())))
        self._rows.action_first()
        if not self._rows.option_count:
            self._explain("No error matches.")

    def action_search(self) -> None:
        """Focus the search field."""
        self.set_focus(self.query_one("#faults-filter"))

    def action_close(self) -> None:
        """Clear a search first."""
        search = self.query_one("#faults-filter", LiveInput)
        if search.has_focus or search.value:
            search.value = ""
            self._rows.focus()
        else:
            self.dismiss(None)

    @on(Input.Submitted)
    def _searched(self, event: Input.Submitted) -> None:
        event.stop()
        if self._rows.option_count:
            self._rows.focus()

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        self._explain(next((each.explains for each in self._faults if each.name == event.option_id), ""))

    def _explain(self, text: str) -> None:
        self.query_one("#explains", Static).update(Content(text))

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss("" if event.option_id == _NONE else event.option_id)

    @on(Button.Pressed, "#close")
    def _close(self) -> None:
        self.dismiss(None)
