"""Edit a configuration. You review the changes before they are sent, and nothing else is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from tui.answers import remarks
from tui.configurations import edit as manage_edit
from tui.configurations import listing
from tui.configurations.edit import Change, Changed, Edit
from tui.configurations.listing import Account, Deed
from tui.launchdarkly.models import Configuration
from tui.net.errors import Kind
from tui.net.events import Note, Pausing
from tui.screens.dialogs import Dialog, Question
from tui.screens.sheet import Sheet
from tui.widgets.buttons import Plain
from tui.widgets.facts import Fact
from tui.widgets.field_row import FieldRow
from tui.widgets.sentences import Sentences
from tui.widgets.symbols import Symbols
from tui.wizard import remedies
from tui.wizard.session import Session

if TYPE_CHECKING:
    from pydantic import SecretStr

    from tui.answers.fields import Variable
    from tui.plan.words import LeveledText


class EditScreen(Sheet[Changed]):
    """Returns the outcome of the change, None if nothing was sent. `keys_alone` asks for the keys only."""

    KEYS = (
        ("Enter", "next"),
        ("Ctrl+U", "clear"),
        ("Esc", "close"),
        ("F2", "actions"),
        ("Ctrl+Q", "quit"),
    )

    def __init__(
        self,
        walk_of: Session,
        account: Account,
        one: Configuration,
        listed: tuple[Configuration, ...],
        *,
        keys_alone: bool,
        filled: Mapping[str, SecretStr] | None = None,
    ) -> None:
        """`filled` has new keys by their field, as if they were pasted."""
        super().__init__()
        self._account, self._one, self._listed, self._keys_alone = account, one, listed, keys_alone
        for key in walk_of.bag.keys():  # noqa: SIM118 - a bag is no mapping
            walk_of.bag.get(key)  # the redactor keeps it: the fields of this form have the same names
        self.session = Session(forms=walk_of.forms, context=account.context)
        self.session.draft = manage_edit.draft_of(walk_of.forms.get(one.integration_key), one)
        manage_edit.token_beside(self.session.bag, account)
        for key, secret in (filled or {}).items():
            self.session.put(key, secret.get_secret_value())
        self._sending = False

    def title_text(self) -> str:
        return f"{'Replace a key of' if self._keys_alone else 'Edit'} {self._one.name or self._one.id}"

    def purpose(self) -> str:
        return "Only the fields you change are sent. You review the changes first."

    def place(self) -> str:
        where = "LaunchDarkly" if self.app.practicing else f"LaunchDarkly {self._account.instance.name}"
        return f"{where} {self._one.project_key}"

    def compose_body(self) -> ComposeResult:
        fields = manage_edit.all_fields(self.session.draft, keys_alone=self._keys_alone)
        for each in fields:
            yield FieldRow(self.session, each, self.symbols)
        if not self._keys_alone:
            fixed = "You can't change the project or the integration. Create another import instead."
            yield Fact("Fixed", fixed, classes="one-fact")
        if self._one.config is None and not self._keys_alone:
            text = "LaunchDarkly doesn't show this import's settings. Fields you leave blank stay as they are."
            yield Static(Content(text), classes="field-line settled", markup=False)

    def compose_buttons(self) -> ComposeResult:
        yield Plain("Close", id="back")
        yield Plain("Review changes", id="difference", classes="primary")

    def on_mount(self) -> None:
        self._show_those_that_appear()
        next(iter(self.query(FieldRow))).control.focus()
        self.say("note", listing.caution(self._one, Deed.EDIT))

    def _fields(self) -> tuple[Variable, ...]:
        return manage_edit.fields(self.session.draft, keys_alone=self._keys_alone)

    def _show_those_that_appear(self) -> None:
        shown = {each.key for each in self._fields()}
        for row in self.query(FieldRow):
            if row.display != (row.key in shown):
                row.display = row.key in shown

    @on(FieldRow.Edited)
    def _edited(self, event: FieldRow.Edited) -> None:
        event.stop()
        self._show_those_that_appear()
        count = len(manage_edit.changes(self.session.draft, self._one))
        self.say("note", f"{count} field{'' if count == 1 else 's'} changed. Nothing is sent yet.")

    @on(FieldRow.Take)
    def _take(self, event: FieldRow.Take) -> None:
        event.stop()
        self.session.take(event.offer)
        for row in self.query(FieldRow):
            row.refresh_from_draft()

    # --- closing

    def action_close(self) -> None:
        """Ask before changes are discarded."""
        self._close()

    @work(exclusive=True, group="close", exit_on_error=True)
    async def _close(self) -> None:
        if self._sending:
            self.say("note", "Sending. Wait for the response.")
            return
        if manage_edit.changes(self.session.draft, self._one):
            question = Question("Discard your changes?", "They haven't been sent.", yes="Discard", no="Keep editing")
            if not await self.app.push_screen_wait(question):
                return
        self.dismiss(None)

    # --- sending

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "back":
            event.stop()
            self.action_close()
        elif event.button.id == "difference":
            event.stop()
            self._compare()

    def _compare(self) -> None:
        draft = self.session.draft
        if self._sending:
            self.say("note", "Sending. Wait for the response.")
        elif not manage_edit.changes(draft, self._one):
            self.say("note", "Nothing has changed.")
        elif wrong := manage_edit.problems(draft, self._one):
            self.say("problem", f"{remarks.label(draft, wrong[0].field)}: {remedies.text(wrong[0])}")
            row = next((r for r in self.query(FieldRow) if r.key == wrong[0].field), None)
            if row is not None:
                row.control.focus()
        else:
            self._ask_and_send()

    @work(exclusive=True, group="send", exit_on_error=True)
    async def _ask_and_send(self) -> None:
        changes = manage_edit.changes(self.session.draft, self._one)
        said: list[LeveledText] = [
            ("warning", text) for text in manage_edit.cautions(self.session.draft, self._one, self._listed)
        ]
        title = f'Save these changes to "{self._one.name or self._one.id}"?'
        if not await self.app.push_screen_wait(DifferenceQuestion(title, changes, said, self.symbols)):
            return
        self._sending = True
        self.say("note", "Sending ...")
        try:
            outcome = await self._sent()
        finally:
            self._sending = False
        if outcome.failure is None:
            self.dismiss(outcome)
            return
        if outcome.failure.kind is Kind.CONFLICT and outcome.configuration is not None:
            self.session.draft = manage_edit.rebased(self.session.draft, self._one, outcome.configuration)
            self._one = outcome.configuration
            for row in self.query(FieldRow):
                row.refresh_from_draft()
        self.say("unknown" if outcome.failure.sent else "problem", remedies.sentence(outcome.failure))

    async def _sent(self) -> Changed:
        edit = Edit(self._account, self._one, self.session.draft, self.session.bag)
        async with edit.send() as events:
            async for event in events:
                if isinstance(event, Note):
                    self.say(event.level, f"{event.text}: {event.detail}")
                elif isinstance(event, Pausing):
                    self.say("warning", event.words)
        return events.result


class DifferenceQuestion(Dialog[bool]):
    """Shows the value of each changed field before and after. Returns True to send them."""

    def __init__(self, title: str, changes: Iterable[Change], said: Iterable[LeveledText], symbols: Symbols) -> None:
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
                yield Plain("Back", id="no")
                yield Plain("Save changes", id="yes", classes="primary")

    def on_mount(self) -> None:
        self.query_one("#no").focus()

    @on(Button.Pressed)
    def _answered(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(event.button.id == "yes")
