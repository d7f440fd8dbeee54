"""Asks for the token to resume an import of an earlier session: no other key is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Button, Static

from tui.answers.builtin import TOKEN
from tui.screens.sheet import Sheet
from tui.widgets.buttons import Plain
from tui.widgets.field_row import FieldRow
from tui.wizard import keys

if TYPE_CHECKING:
    from tui.wizard.session import Session


class TokenScreen(Sheet[bool]):
    """Gives True once LaunchDarkly accepts the token."""

    KEYS = (
        ("Enter", "continue"),
        ("Ctrl+U", "clear"),
        ("Esc", "close"),
        ("F1", "help"),
        ("Ctrl+Q", "quit"),
    )

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f4", "fill_in", priority=True, show=False)]

    def __init__(self, session: Session, title: str) -> None:
        super().__init__()
        self._session, self._title = session, title

    def title_text(self) -> str:
        return self._title

    def place(self) -> str:
        run = self._session.run
        return f"LaunchDarkly {run.instance.name}" if run is not None and not self.app.practicing else ""

    def compose_body(self) -> ComposeResult:
        yield Static(Content(keys.NO_OTHER_KEY), classes="lead", markup=False)
        yield FieldRow(self._session, TOKEN, self.symbols)

    def compose_buttons(self) -> ComposeResult:
        yield Plain("Cancel", id="close")
        yield Plain("Continue", id="go-on", classes="primary")
        if self.app.practicing:
            yield Plain("Fill in", id="fill-in")

    def on_mount(self) -> None:
        self.query_one(FieldRow).control.focus()

    def action_take(self) -> None:
        """Enter in the field continues."""
        self.after_the_field(self._go_on)

    @on(FieldRow.Left)
    def _left(self, event: FieldRow.Left) -> None:
        event.stop()

    @on(Button.Pressed, "#close")
    def _close(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(False)

    @on(Button.Pressed, "#fill-in")
    def action_fill_in(self) -> None:
        """In practice, take the token from the demo account, and continue."""
        if not self.app.practicing:
            return
        self._session.fill_practice_token()
        for row in self.query(FieldRow):
            row.refresh_from_draft()
        self._go_on()

    @on(Button.Pressed, "#go-on")
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self._go_on()

    def _go_on(self) -> None:
        if wrong := keys.token_problem(self._session):
            self.say("problem", wrong)
            self.query_one(FieldRow).control.focus()
            return
        self._check()

    @work(exclusive=True, group="check", exit_on_error=True)
    async def _check(self) -> None:
        """Ask LaunchDarkly whose token it is. If it is rejected, this page stays open."""
        self.say("note", "Checking the token ...")
        wrong = await keys.check_token(self._session)
        if not self.is_attached:
            return
        if wrong:
            for row in self.query(FieldRow):
                row.refresh_from_draft()
            self.say("problem", wrong)
            return
        self.dismiss(True)
