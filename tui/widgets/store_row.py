"""Below the keys of a step: where they are stored. In this session only, or in the system's keyring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tui.answers import draft as drafts
from tui.widgets.choices import ChoiceOption, Choices
from tui.widgets.symbols import Symbols, sentence
from tui.wizard import keys

if TYPE_CHECKING:
    from tui.wizard.session import Session


class StoreRow(Vertical):
    """Shows where the keys of a step are stored, and lets the user choose. One row for all of them."""

    @dataclass
    class PlaceChosen(Message):
        """The user chose a place for all keys of the step."""

        place: str

    def __init__(self, session: Session, step: str, symbols: Symbols) -> None:
        super().__init__(classes="field-row store-row")
        self.session = session
        self.step = step
        self._symbols = symbols

    def compose(self) -> ComposeResult:
        options = (ChoiceOption(drafts.SESSION, "This session"), ChoiceOption(drafts.KEYRING, "Keyring"))
        self._choices = Choices(
            options,
            (keys.place(self.session, self.step),),
            self._symbols,
            row=True,
            id="store",
            told=lambda chosen: self.post_message(self.PlaceChosen(chosen[0])),
        )
        self._only = Static(Content(""), classes="store-only", markup=False)
        self._note = Static(Content(""), classes="field-line settled", markup=False)
        with Horizontal(classes="field-entry"):
            yield Static(Content(self._symbols.focus), classes="field-marker")
            yield Static(Content(keys.store_label(self.session, self.step)), classes="field-label", markup=False)
            yield self._choices
            yield self._only
        yield self._note

    def on_mount(self) -> None:
        self.show()

    def show(self) -> None:
        """Follow the draft and what is known about the keyring."""
        probe, offered = self.session.probe, keys.offers_keyring(self.session)
        if self._choices.has_focus and not offered:
            self.screen.focus_next()  # a hidden widget with the focus would swallow every key
        self._choices.display = offered
        self._choices.show((keys.place(self.session, self.step),))
        if offered and probe is not None:
            self._choices.relabel(drafts.KEYRING, probe.label)
        note = keys.store_note(self.session, self.step)
        self._only.display = not offered
        self._only.update(sentence(self._symbols, "note", note if not offered else ""))
        self._note.display = offered and bool(note)
        self._note.update(sentence(self._symbols, "note", note))

    def on_descendant_focus(self) -> None:
        self.add_class("current")

    def on_descendant_blur(self) -> None:
        self.remove_class("current")
