"""A list over a step to pick one value from, with a filter above it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Static

from tui.screens.dialogs import Dialog
from tui.screens.in_fields import SlashSearches
from tui.widgets.buttons import Plain
from tui.widgets.dialog_keys import DialogKeys
from tui.widgets.inputs import LiveInput
from tui.widgets.key_line import KeyHints
from tui.widgets.pick_list import PickList

if TYPE_CHECKING:
    from tui.wizard.picks import FetchPicks

_IN_FILTER = (("Down", "to the list"), ("Enter", "choose"), ("Esc", "close"))
_IN_LIST = (("Enter", "choose"), ("/", "filter"), ("r", "reload"), ("Esc", "close"))
_UNREADABLE = (("r", "retry"), ("Esc", "close and type the value"))


class PickerScreen(SlashSearches, Dialog[tuple[str, str]]):
    """Gives (value, label), None when closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "to_list", show=False),
        Binding("r", "retry", show=False),
    ]
    list = getters.query_one("#picks", PickList)

    def __init__(self, title: str, fetch: FetchPicks, again: Callable[[], None] = lambda: None) -> None:
        """`again` is called before the list is read again."""
        super().__init__()
        self._title, self._fetch, self._again = title, fetch, again
        self._unreadable = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Static(Content(self._title), classes="dialog-title", markup=False)
            yield LiveInput("", placeholder="Type to filter", id="filter", told=self._typed)
            yield PickList(self._fetch, id="picks", again=self._again)
            yield Static("Reading the list ...", id="counted", classes="dialog-note", markup=False)
            with Horizontal(id="retry-row", classes="dialog-buttons"):
                yield Plain("Retry (r)", id="retry", classes="primary")
            yield DialogKeys(_IN_FILTER)

    def on_mount(self) -> None:
        self.query_one("#retry-row").display = False
        self.query_one("#filter").focus()

    def _typed(self, value: str) -> None:
        self.list.filter_by(value.strip())

    def on_descendant_focus(self) -> None:
        """The keys at the foot follow the focus."""
        hints: KeyHints = _IN_LIST if self.list.has_focus else _IN_FILTER
        self.query_one(DialogKeys).show(_UNREADABLE if self._unreadable else hints)

    def action_to_list(self) -> None:
        """From the filter into the list."""
        if self.list.option_count:
            self.list.focus()

    @on(Input.Submitted)
    def _entered(self) -> None:
        """Enter in the filter chooses the only match, or goes into the list."""
        if self.list.option_count == 1:
            self.list.highlighted = 0
            self.list.action_select()
        else:
            self.action_to_list()

    def action_search(self) -> None:
        """Go back to the filter."""
        self.set_focus(self.query_one("#filter"))

    @on(Button.Pressed, "#retry")
    def action_retry(self) -> None:
        """Read a list again that could not be read."""
        if self._unreadable:
            self.query_one("#counted", Static).update("Reading the list ...")
            self._show_retry(False)
            self.list.action_read_again()

    @on(PickList.CountChanged)
    def _counted(self, event: PickList.CountChanged) -> None:
        self.query_one("#counted", Static).update(Content(event.text))
        self._show_retry(event.level == "unknown" and not self.list.option_count)

    def _show_retry(self, unreadable: bool) -> None:
        """Offer to retry if there is no list; the focus goes there unless the user types a filter."""
        if unreadable == self._unreadable:
            return
        self._unreadable = unreadable
        self.query_one("#retry-row").display = unreadable
        field = self.query_one("#filter", LiveInput)
        (self.query_one("#retry") if unreadable and not field.value else field).focus()
        self.on_descendant_focus()

    @on(PickList.Picked)
    def _picked(self, event: PickList.Picked) -> None:
        self.dismiss((event.value, event.label))
