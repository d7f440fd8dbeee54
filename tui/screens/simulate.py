"""The list of errors that the demo can simulate, by step, with a search above it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.screens.dialogs import Dialog
from tui.widgets.dialog_keys import DialogKeys
from tui.widgets.inputs import LiveInput
from tui.wizard.practice import PracticeFault, grouped

_NONE = "none"
_KEYS = (("Enter", "simulate"), ("/", "search"), ("Esc", "close"))


class FaultScreen(Dialog[str]):
    """Gives the name of a fault, "" for none of them, None when closed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("slash", "search", show=False)]

    def __init__(self, faults: Sequence[PracticeFault]) -> None:
        super().__init__()
        self._faults = faults

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Static(Content("Simulate an error"), classes="dialog-title", markup=False)
            yield LiveInput("", placeholder="Search", id="fault-search", told=self._list)
            yield OptionList(id="faults", compact=True)
            yield Static("", id="explains", classes="dialog-note", markup=False)
            yield DialogKeys(_KEYS)

    def on_mount(self) -> None:
        self._list("")
        self.query_one(OptionList).focus()

    def _list(self, words: str) -> None:
        """List the faults whose title or explanation contains all the words."""
        faults = self.query_one(OptionList)
        faults.clear_options()
        faults.add_options(self._options(words.lower().split()))
        faults.highlighted = next((i for i, option in enumerate(faults.options) if not option.disabled), None)

    def _options(self, words: Sequence[str]) -> Iterator[Option]:
        if not words:
            yield Option(Content("No error: everything works"), id=_NONE)
        matches = [
            fault for fault in self._faults if all(w in f"{fault.title} {fault.explains}".lower() for w in words)
        ]
        for title, faults in grouped(matches):
            yield Option(Content.styled(title, "bold $primary"), disabled=True)
            for fault in faults:
                yield Option(Content(f"  {fault.title}"), id=fault.name)

    def action_search(self) -> None:
        """From the list to the search."""
        self.query_one("#fault-search").focus()

    @on(Input.Submitted)
    def _entered(self) -> None:
        """From the search to the list of matches."""
        if self.query_one(OptionList).option_count:
            self.query_one(OptionList).focus()

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        text = next((f.explains for f in self._faults if f.name == event.option_id), "")
        self.query_one("#explains", Static).update(Content(text))

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss("" if event.option_id == _NONE else event.option_id)
