"""A list of a server's values: filtered by what is typed, read page by page as the cursor gets near its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.net.errors import Failure

if TYPE_CHECKING:
    from tui.flagimport.picks import Fetch, Pick

_TYPING_PAUSE = 0.25
_NEAR_THE_END = 5


class PickList(OptionList):
    """Posts `Picked` with the value, and `Counted` when it knows how many there are."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
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
    class Counted(Message):
        """What is in the list now: a sentence such as "2 of 214"."""

        text: str
        level: str = "note"

    def __init__(self, fetch: Fetch, *, id: str) -> None:
        super().__init__(id=id, compact=True)
        self._fetch = fetch
        self._query = ""
        self._picks: list[Pick] = []
        self._total: int | None = None
        self._reading = False
        self._timer: Timer | None = None

    def on_mount(self) -> None:
        self.read(self._query)

    def on_focus(self) -> None:
        """Enter takes what is highlighted, so something always is."""
        if self.highlighted is None and self._picks:
            self.highlighted = 0

    def filter_by(self, query: str) -> None:
        """Ask for what matches, once the typing pauses."""
        if query == self._query:
            return
        self._query = query
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_TYPING_PAUSE, lambda: self.read(query))

    @work(exclusive=True, group="read", exit_on_error=True)
    async def read(self, query: str) -> None:
        """The first page of a filter."""
        self._reading = True
        try:
            picks = await self._fetch(query, 0)
        except Failure as failure:
            self.clear_options()
            self.can_focus = False
            self.post_message(self.Counted(f"The list could not be read: {failure.what} Type the value.", "unknown"))
            return
        finally:
            self._reading = False
        self._picks = []
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
            self.post_message(self.Counted(f"The rest could not be read: {failure.what}", "unknown"))
            return
        finally:
            self._reading = False
        if query == self._query and offset == len(self._picks):
            self._add(picks.items, picks.total)

    def _add(self, items: tuple[Pick, ...], total: int | None) -> None:
        known = {pick.value for pick in self._picks}
        fresh = [pick for pick in items if pick.value not in known]
        self._picks += fresh
        self._total = total if items else len(self._picks)
        self.can_focus = bool(self._picks)  # nothing to move in
        self.add_options(Option(_row(pick, self.size.width)) for pick in fresh)
        shown = f"{len(self._picks)} of {total} shown" if total is not None else f"{len(self._picks)} shown"
        self.post_message(
            self.Counted(shown if self._picks else "none matches; check the spelling or clear the filter")
        )

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
    value = f"{pick.value:<26}" if len(pick.value) < 26 else f"{pick.value} "
    return Content(f"{value}{pick.label:<30} {pick.detail}".rstrip())
