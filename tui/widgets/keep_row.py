"""Below a key: where it is kept. For this session, or in the keyring if there is one that may be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tui.answers import draft as drafts
from tui.answers.fields import Variable
from tui.widgets.choices import ChoiceOption, Choices
from tui.widgets.ids import widget_id
from tui.widgets.symbols import Symbols

if TYPE_CHECKING:
    from tui.wizard.session import Session

_PRACTICE = "for this session only: practice stores nothing"
_HELD = "holds this key, but is locked: choose it to unlock"


class KeepRow(Horizontal):
    """Tells where a key will be kept, and lets the person choose."""

    @dataclass
    class PlaceChosen(Message):
        """The person chose where a key is kept."""

        key: str
        where: str

    def __init__(self, session: Session, variable: Variable, symbols: Symbols) -> None:
        super().__init__(classes="field-entry keep-row")
        self.session = session
        self.key = variable.key
        self._symbols = symbols

    def compose(self) -> ComposeResult:
        yield Static(Content("    keep"), classes="field-label wide-label", markup=False)
        options = (ChoiceOption(drafts.SESSION, "this session"), ChoiceOption(drafts.KEYRING, "keyring"))
        self._choices = Choices(
            options,
            (drafts.answer(self.session.draft, self.key).keep,),
            self._symbols,
            row=True,
            id=widget_id("keep", self.key),
            told=lambda keys: self.post_message(self.PlaceChosen(self.key, keys[0])),
        )
        yield self._choices
        self._note = Static("", classes="keep-note", markup=False)
        yield self._note

    def on_mount(self) -> None:
        self.show()

    def show(self) -> None:
        """Follow the draft and what is known of the keyring."""
        probe = self.session.probe
        offered = self.session.keyring is not None and (probe is None or self.session.may_store)
        if self._choices.has_focus and not offered:
            self.screen.focus_next()  # what is hidden keeps no focus, and then no key would act
        self._choices.display = offered
        self._choices.show((drafts.answer(self.session.draft, self.key).keep,))
        note = _PRACTICE if self.session.keyring is None else ""
        if probe is not None and not self.session.may_store:
            note = f"this session only. {probe.message.partition('. ')[0].rstrip('.')}."
        elif probe is not None:
            self._choices.relabel(drafts.KEYRING, probe.label)
            empty = self.key not in self.session.bag
            note = _HELD if empty and self.session.held_but_locked(self.key) else ""
        self._note.update(Content(note))
        self._note.display = bool(note)
