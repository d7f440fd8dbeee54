"""What is asked before a configuration is changed or deleted. The answer that changes nothing has the focus."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static

from tui.configurations import listing
from tui.configurations.edit import Change
from tui.launchdarkly.models import Configuration
from tui.screens.dialogs import Dialog
from tui.widgets.buttons import Plain
from tui.widgets.facts import Fact
from tui.widgets.inputs import LiveInput
from tui.widgets.sentences import Said, Sentences
from tui.widgets.symbols import Symbols


class DifferenceQuestion(Dialog[bool]):
    """Before and after of each field; True to send."""

    def __init__(self, title: str, changes: Iterable[Change], said: Iterable[Said], symbols: Symbols) -> None:
        super().__init__()
        self._title, self._changes, self._said, self._symbols = title, tuple(changes), tuple(said), symbols

    def compose(self) -> ComposeResult:
        arrow = f" {self._symbols.arrow} "
        with Vertical(classes="dialog wide"):
            yield Static(Content(self._title), classes="dialog-title", markup=False)
            with VerticalScroll(classes="dialog-scroll"):
                for each in self._changes:
                    text = arrow.join((each.before or "blank", each.after or "blank"))
                    yield Fact(each.label, text, classes="diff")
            yield Sentences(self._symbols, self._said, classes="dialog-note")
            with Horizontal(classes="dialog-buttons"):
                yield Plain("Back to the form", id="no")
                yield Plain("Send", id="yes")

    def on_mount(self) -> None:
        self.query_one("#no").focus()

    @on(Button.Pressed)
    def _answered(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(event.button.id == "yes")


class DeleteQuestion(Dialog[bool]):
    """True once the name was typed and the button was pressed."""

    def __init__(self, one: Configuration, caution: str) -> None:
        super().__init__()
        self._one, self._caution = one, caution

    def compose(self) -> ComposeResult:
        one = self._one
        text = (
            f"It imports from {one.integration_key} into {one.project_key}. The flags it has imported stay; the"
            f" configuration and the keys in it do not. {self._caution}"
        )
        with Vertical(classes="dialog"):
            yield Static(Content(f'Delete "{one.name or one.id}"?'), classes="dialog-title", markup=False)
            yield Static(Content(text.strip()), classes="dialog-text", markup=False)
            label = f"To delete it, type: {listing.to_type(one)}"
            yield Static(Content(label), id="to-type", classes="dialog-note", markup=False)
            yield LiveInput("", id="typed-name", told=lambda text: None)
            yield Static("", id="delete-said", classes="dialog-hint", markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Plain("Keep it", id="no")
                yield Plain("Delete", id="yes")

    def on_mount(self) -> None:
        self.query_one("#typed-name").focus()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        """Enter in the field deletes nothing: it goes to the button."""
        event.stop()
        self.query_one("#yes").focus()

    @on(Button.Pressed)
    def _answered(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id != "yes":
            self.dismiss(False)
        elif listing.confirms(self._one, self.query_one("#typed-name", LiveInput).value):
            self.dismiss(True)
        else:
            self.query_one("#delete-said", Static).update(Content("That is not what is asked for; it stays."))
            self.query_one("#typed-name").focus()
