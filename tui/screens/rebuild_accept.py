"""The differences that flags would have after a rebuild, to be accepted one by one or all at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from tui.plan.words import flags
from tui.screens.dialogs import Dialog
from tui.text.cells import wrapped
from tui.widgets.buttons import Plain
from tui.widgets.dialog_keys import DialogKeys
from tui.widgets.row_list import RowList
from tui.widgets.symbols import Symbols
from tui.wizard import rebuild_words
from tui.wizard.rebuild_words import Difference

_KEYS = (("Space", "accept"), ("a", "accept all"), ("Enter", "list its flags"), ("Esc", "close"))
_WIDTH, _AROUND = 78, 8
"""The widest dialog, and the cells around a row in it."""
_IN = "    "


class _Differences(RowList):
    """A click ticks, as in other lists of ticks. Enter opens."""

    @dataclass
    class Ticked(Message):
        """A click on a difference."""

        at: int

    async def _on_click(self, event: events.Click) -> None:
        # Overrides a private method of Textual, whose version is pinned: there a click is the same as Enter.
        clicked = event.style.meta.get("option")
        if isinstance(clicked, int):
            self.highlighted = clicked
            self.post_message(self.Ticked(clicked))


class AcceptScreen(Dialog[str]):
    """Tells `accept` each change at once. Gives the name whose flags to list, None when closed. None is preset."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "all", "Accept all", show=False),
        Binding("space", "tick", "Accept", show=False),
    ]

    def __init__(
        self,
        differences: Sequence[Difference],
        accepted: frozenset[str],
        symbols: Symbols,
        accept: Callable[[frozenset[str]], None],
    ) -> None:
        super().__init__()
        self._differences, self._accepted, self._symbols, self._accept = differences, accepted, symbols, accept

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Static(Content(rebuild_words.ACCEPT_TITLE), classes="dialog-title", markup=False)
            yield Static(Content(rebuild_words.ACCEPT_TEXT), classes="dialog-text", markup=False)
            yield _Differences(*map(self._option, self._differences), id="differences", compact=True)
            with Horizontal(classes="dialog-buttons"):
                yield Plain("Accept all", id="accept-all", classes="primary")
                yield Plain("Close", id="close")
            yield DialogKeys(_KEYS)

    @property
    def list(self) -> _Differences:
        return self.query_one("#differences", _Differences)

    def on_mount(self) -> None:
        self.list.focus()

    def _option(self, each: Difference) -> Option:
        return Option(self._text(each), id=f"difference-{each.name}")

    def _text(self, each: Difference) -> Content:
        s = self._symbols
        box = s.ticked if each.name in self._accepted else s.unticked
        head = Content.styled(f"{box} {each.name}", "bold") + Content(f"  {flags(each.number)}")
        width = min(self.app.size.width, _WIDTH) - _AROUND
        rows = [row for text in (each.text, each.example) if text for row in wrapped(text, width, first=_IN, rest=_IN)]
        return head + Content("".join(f"\n{row}" for row in rows))

    def _show(self) -> None:
        for each in self._differences:
            self.list.replace_option_prompt(f"difference-{each.name}", self._text(each))
        self._accept(self._accepted)

    def action_tick(self) -> None:
        """Accept the difference at the cursor, or no longer."""
        if self.list.has_focus and self.list.highlighted is not None:
            self._toggle(self.list.highlighted)

    @on(_Differences.Ticked)
    def _clicked(self, event: _Differences.Ticked) -> None:
        event.stop()
        self._toggle(event.at)

    def _toggle(self, at: int) -> None:
        self._accepted = self._accepted ^ {self._differences[at].name}
        self._show()

    @on(Button.Pressed, "#accept-all")
    def action_all(self) -> None:
        """Accept every difference that is shown."""
        self._accepted = self._accepted | {each.name for each in self._differences}
        self._show()
        self.query_one("#close").focus()

    @on(Button.Pressed, "#close")
    def _close(self) -> None:
        self.dismiss(None)

    @on(OptionList.OptionSelected, "#differences")
    def _list_flags(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._differences[event.option_index].name)
