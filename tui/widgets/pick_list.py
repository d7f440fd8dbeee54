"""A list of a server's values: filtered by what is typed, read page by page as the cursor gets near its end."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.net.errors import Failure, Kind, joined
from tui.text.cells import padded
from tui.widgets.row_list import RowList
from tui.wizard import remedies

if TYPE_CHECKING:
    from tui.wizard.picks import FetchPicks, Pick

_TYPING_PAUSE = 0.25
_NEAR_THE_END = 5
_ID = re.compile(r"[0-9a-f-]{20,}")


class PickList(RowList):
    """Posts `Picked` with the value, and `Counted` when it knows how many there are."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
        Binding("r", "read_again", show=False),
    ]

    @dataclass
    class Picked(Message):
        """A value was chosen."""

        value: str
        label: str

    @dataclass
    class Only(Message):
        """There is one value in all."""

        value: str

    @dataclass
    class CountChanged(Message):
        """What is in the list now, such as "2 of 214"; its level is "unknown" if it could not be read."""

        text: str
        level: str = "note"

    def __init__(self, fetch: FetchPicks, *, id: str, again: Callable[[], None] = lambda: None) -> None:
        """`again` is called before the list is read again: it forgets what was kept of it."""
        super().__init__(id=id, compact=True)
        self._fetch, self._again = fetch, again
        self._note = ""
        self._query = ""
        self._picks: list[Pick] = []
        self._total: int | None = None
        self._reading = self._reading_first = False
        self._timer: Timer | None = None

    def on_mount(self) -> None:
        self.read(self._query)

    def action_read_again(self) -> None:
        """Read the list again: it may have changed."""
        self._again()
        self.read(self._query)

    def filter_by(self, query: str) -> None:
        """Ask for what matches, once the typing pauses."""
        if query == self._query:
            return
        self._query = query
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_TYPING_PAUSE, self._read_filtered)

    def _read_filtered(self) -> None:
        """A reading that is running goes on, since it may be a long one, and sees to the new filter then."""
        if not self._reading_first:
            self.read(self._query)

    @work(exclusive=True, group="read", exit_on_error=True)
    async def read(self, query: str) -> None:
        """The first page of a filter."""
        self._reading = self._reading_first = True
        try:
            picks = await self._fetch(query, 0)
            while query != self._query:
                query = self._query
                picks = await self._fetch(query, 0)
        except Failure as failure:
            self.clear_options()
            self._can_be_moved_in(False)
            instead = remedies.advice(failure.advice) if failure.kind is Kind.SOURCE else "Type the value instead."
            self.post_message(self.CountChanged(f"Can't read the list. {joined(failure.what, instead)}", "unknown"))
            return
        finally:
            self._reading = self._reading_first = False
        self._picks, self._note = [], picks.note
        self.clear_options()
        self._add(picks.items, picks.total)
        if not query and picks.total == 1 and len(self._picks) == 1:
            self.post_message(self.Only(self._picks[0].value))

    @work(exclusive=True, group="more", exit_on_error=True)
    async def _more(self) -> None:
        query, offset = self._query, len(self._picks)
        try:
            picks = await self._fetch(query, offset)
        except Failure as failure:
            self.post_message(self.CountChanged(f"Can't read the rest of the list. {failure.what}", "unknown"))
            return
        finally:
            self._reading = False
        if query == self._query and offset == len(self._picks):
            self._add(picks.items, picks.total)

    def _add(self, items: tuple[Pick, ...], total: int | None) -> None:
        known = {pick.value for pick in self._picks}
        fresh = [pick for pick in items if pick.value not in known]
        self._picks += fresh
        self._total = total if fresh else len(self._picks)
        self._can_be_moved_in(bool(self._picks))
        self.add_options(Option(_row(pick, self.size.width)) for pick in fresh)
        if self.has_focus:
            self.on_focus()
        counted = f"{len(self._picks)} of {total:,}" if total is not None else f"{len(self._picks)} shown"
        if not self._picks:
            counted = "No match. Check the spelling, or clear the filter."
        self.post_message(self.CountChanged(f"{counted.rstrip('.')}. {self._note}" if self._note else counted))

    def _can_be_moved_in(self, able: bool) -> None:
        """A list without rows has no focus: no key would do anything."""
        if self.has_focus and not able:
            self.screen.focus_previous()
        self.can_focus = able

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        more = self._total is None or len(self._picks) < self._total
        if more and not self._reading and event.option_index >= len(self._picks) - _NEAR_THE_END:
            self._reading = True
            self._more()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        pick = self._picks[event.option_index]
        self.post_message(self.Picked(pick.value, pick.label))


def _row(pick: Pick, width: int) -> Content:
    if _ID.fullmatch(pick.value):  # no one knows an ID by heart
        detail = f"{padded(pick.detail, 8)} " if pick.detail else ""
        value = pick.value if pick.label != pick.value else ""
        return Content(f"{padded(pick.label, 34)} {detail}{value}".rstrip())
    value = padded(pick.value, 26) if len(pick.value) < 26 else f"{pick.value} "
    label = f"{padded(pick.label, 30)} " if pick.label != pick.value else ""
    return Content(f"{value}{label}{pick.detail}".rstrip())
