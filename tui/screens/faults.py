"""The trainer's menu in practice: which fault the made-up servers shall show next."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui.screens.dialogs import Dialog
from tui.widgets.symbols import Symbols
from tui.wizard.practice import Fault


class FaultScreen(Dialog[str]):
    """Gives the name of a fault, "" for none of them, None when closed."""

    def __init__(self, faults: Sequence[Fault], symbols: Symbols) -> None:
        super().__init__()
        self._faults = faults
        self._symbols = symbols

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Static(Content("Rehearse a fault"), classes="dialog-title", markup=False)
            yield OptionList(
                Option(Content("No fault: everything works"), id="none"),
                *(Option(Content(fault.title), id=fault.name) for fault in self._faults),
                id="faults",
                compact=True,
            )
            yield Static("", id="explains", classes="dialog-note", markup=False)

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        text = next((f.explains for f in self._faults if f.name == event.option_id), "")
        self.query_one("#explains", Static).update(Content(text))

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss("" if event.option_id == "none" else event.option_id)
