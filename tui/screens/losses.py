"""The kinds of targeting that an import leaves behind, to be confirmed one by one or all at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from tui.plan.words import KINDS, flags, kind_label
from tui.screens.dialogs import Dialog
from tui.widgets.buttons import Plain
from tui.widgets.choices import ChoiceOption, TickList
from tui.widgets.dialog_keys import DialogKeys
from tui.widgets.symbols import Symbols
from tui.wizard.plan_words import LOSSES_TEXT, LOSSES_TITLE

_KEYS = (("Space", "confirm"), ("a", "confirm all"), ("Enter", "list its flags"), ("Esc", "close"))
_NARROW = 70


class LossesScreen(Dialog[str]):
    """Tells `confirm` each change at once. Gives the kind whose flags to list, None when closed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("a", "all", "Confirm all", show=False)]

    def __init__(
        self,
        losses: dict[str, int],
        confirmed: frozenset[str],
        symbols: Symbols,
        confirm: Callable[[frozenset[str]], None],
    ) -> None:
        super().__init__()
        self._losses, self._confirmed, self._symbols, self._confirm = losses, confirmed, symbols, confirm

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Static(Content(LOSSES_TITLE), classes="dialog-title", markup=False)
            yield Static(Content(LOSSES_TEXT), classes="dialog-text", markup=False)
            with VerticalScroll(classes="dialog-scroll", can_focus=False):
                yield TickList(
                    self._options(),
                    tuple(self._confirmed),
                    self._symbols,
                    told=lambda kinds: self._confirm(frozenset(kinds)),
                    many=True,
                    id="loss-kinds",
                )
            with Horizontal(classes="dialog-buttons"):
                yield Plain("Confirm all", id="confirm-all", classes="primary")
                yield Plain("Close", id="close")
            yield DialogKeys(_KEYS)

    def _options(self) -> tuple[ChoiceOption, ...]:
        label = max(len(kind_label(kind)) for kind in self._losses)
        count = max(len(flags(number)) for number in self._losses.values())
        wide = self.app.size.width >= _NARROW
        return tuple(
            ChoiceOption(
                kind,
                f"{kind_label(kind):{label}}  {flags(number):>{count}}  {KINDS.get(kind, '') if wide else ''}".rstrip(),
            )
            for kind, number in self._losses.items()
        )

    @property
    def kinds(self) -> TickList:
        return self.query_one("#loss-kinds", TickList)

    def on_mount(self) -> None:
        unconfirmed = next((kind for kind in self._losses if kind not in self._confirmed), "")
        self.kinds.go_to(unconfirmed)
        self.kinds.focus()

    @on(Button.Pressed, "#confirm-all")
    def action_all(self) -> None:
        """Confirm every kind that is shown."""
        self.kinds.pick(tuple(self._losses))
        self.query_one("#close").focus()

    @on(Button.Pressed, "#close")
    def _close(self) -> None:
        self.dismiss(None)

    @on(TickList.OptionOpened)
    def _list_flags(self, event: TickList.OptionOpened) -> None:
        event.stop()
        self.dismiss(event.key)
