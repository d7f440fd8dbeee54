"""A list over a step to pick one value from, with a filter above it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from tui.screens.dialogs import Dialog
from tui.widgets.inputs import LiveInput
from tui.widgets.pick_list import PickList

if TYPE_CHECKING:
    from tui.wizard.picks import FetchPicks


_HINT = "Down into the list, Enter takes, r there reads again, Esc closes"


class PickerScreen(Dialog[tuple[str, str]]):
    """Gives (value, label), None when closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "to_list", show=False),
        Binding("slash", "to_filter", show=False),
    ]
    list = getters.query_one("#picks", PickList)

    def __init__(self, title: str, fetch: FetchPicks, again: Callable[[], None] = lambda: None) -> None:
        """`again` is called before the list is read anew."""
        super().__init__()
        self._title, self._fetch, self._again = title, fetch, again

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Static(Content(f"{self._title}: type to filter"), classes="dialog-title", markup=False)
            yield LiveInput("", placeholder="name or part of it", id="filter", told=self._typed)
            yield PickList(self._fetch, id="picks", again=self._again)
            yield Static("", id="counted", classes="dialog-note", markup=False)
            yield Static(Content(_HINT), classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        self.query_one("#filter").focus()

    def _typed(self, value: str) -> None:
        self.list.filter_by(value.strip())

    def action_to_list(self) -> None:
        """From the filter into the list."""
        if self.list.option_count:
            self.list.focus()

    @on(Input.Submitted)
    def _entered(self) -> None:
        """Enter in the filter takes the only one that matches, or goes into the list."""
        if self.list.option_count == 1:
            self.list.highlighted = 0
            self.list.action_select()
        else:
            self.action_to_list()

    def action_to_filter(self) -> None:
        """Back to the filter."""
        self.query_one("#filter").focus()

    @on(PickList.CountChanged)
    def _counted(self, event: PickList.CountChanged) -> None:
        self.query_one("#counted", Static).update(Content(event.text))

    @on(PickList.Picked)
    def _picked(self, event: PickList.Picked) -> None:
        self.dismiss((event.value, event.label))
