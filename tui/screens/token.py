"""Asks for a single key: your token to resume an import, or the source's to read its flags once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Button, Static

from tui.answers import draft as drafts
from tui.answers.builtin import TOKEN
from tui.screens.sheet import Sheet
from tui.widgets.buttons import Plain
from tui.widgets.field_row import FieldRow
from tui.wizard import keys

if TYPE_CHECKING:
    from tui.wizard.session import Session


class TokenScreen(Sheet[bool]):
    """Gives True once the server accepts the key: LaunchDarkly your token, or the source its own."""

    KEYS = (
        ("Enter", "continue"),
        ("Ctrl+U", "clear"),
        ("Esc", "close"),
        ("F1", "help"),
        ("Ctrl+Q", "quit"),
    )

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f4", "fill_in", priority=True, show=False)]

    def __init__(self, session: Session, title: str, key: str = TOKEN.key, text: str = keys.NO_OTHER_KEY) -> None:
        super().__init__()
        self._session, self._title, self._key, self._text = session, title, key, text

    def title_text(self) -> str:
        return self._title

    def place(self) -> str:
        run = self._session.run
        return f"LaunchDarkly {run.instance.name}" if run is not None and not self.app.practicing else ""

    def compose_body(self) -> ComposeResult:
        yield Static(Content(self._text), classes="lead", markup=False)
        yield FieldRow(self._session, drafts.variable(self._session.draft, self._key), self.symbols)

    def compose_buttons(self) -> ComposeResult:
        yield Plain("Cancel", id="close")
        yield Plain("Continue", id="go-on", classes="primary")
        if self.app.practicing:
            yield Plain("Fill in", id="fill-in")

    def on_mount(self) -> None:
        self.query_one(FieldRow).control.focus()

    def action_take(self) -> None:
        """Enter in the field continues."""
        self.in_field()
        self._go_on()

    @on(FieldRow.Left)
    def _left(self, event: FieldRow.Left) -> None:
        event.stop()

    @on(Button.Pressed, "#close")
    def _close(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(False)

    @on(Button.Pressed, "#fill-in")
    def action_fill_in(self) -> None:
        """In practice, take the key from the demo account, and continue."""
        if not self.app.practicing:
            return
        if self._key == TOKEN.key:
            self._session.fill_practice_token()
        else:
            self._session.fill_practice("keys")
        for row in self.query(FieldRow):
            row.refresh_from_draft()
        self._go_on()

    @on(Button.Pressed, "#go-on")
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self._go_on()

    def _go_on(self) -> None:
        if wrong := keys.key_problem(self._session, self._key):
            self.say("problem", wrong)
            self.query_one(FieldRow).control.focus()
            return
        self._check()

    @work(exclusive=True, group="check", exit_on_error=True)
    async def _check(self) -> None:
        """Ask the server about it. If it is rejected, this page stays open."""
        self.say("note", "Checking the token ..." if self._key == TOKEN.key else "Checking the key ...")
        wrong = await keys.check_key(self._session, self._key)
        if not self.is_attached:
            return
        if wrong:
            for row in self.query(FieldRow):
                row.refresh_from_draft()
            self.say("problem", wrong)
            return
        self.dismiss(True)
