"""Step 3: all secret fields, and the address that a key is checked at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on, work
from textual.app import SystemCommand

from tui.answers import draft as drafts
from tui.screens.field_step import FieldStep
from tui.screens.import_key import CreateKeyScreen
from tui.widgets.field_row import FieldRow
from tui.widgets.key_line import KeyHints
from tui.wizard import import_key, import_key_words


class KeysScreen(FieldStep):
    """One key to read the flags, one to create them, and where both are stored."""

    STEP: ClassVar[str] = "keys"
    KEYS: ClassVar[KeyHints] = (
        ("Enter", "check"),
        ("Ctrl+U", "clear"),
        ("Ctrl+O", "next"),
        ("Esc", "to Back"),
        ("F1", "help"),
        ("F2", "actions"),
    )

    async def opened(self) -> None:
        await super().opened()
        for variable in drafts.fields(self.session.draft, self.STEP):
            self.begin_check(variable.key)

    # --- an import key made for the user

    def commands(self) -> Iterable[SystemCommand]:
        yield from super().commands()
        for row in self.query(FieldRow):
            if row.variable.role == import_key.ROLE:
                what = "A service token that can only create flags in your project"
                yield SystemCommand("Create an import key", what, row.request_key)

    @on(FieldRow.CreateRequested)
    @work(exclusive=True, group="create-key", exit_on_error=True)
    async def _create_key(self, event: FieldRow.CreateRequested) -> None:
        """Ask, create a key, and put it into the field."""
        session = self.session
        if why := import_key.missing(session):
            self.say("problem", why)
            return
        if import_key.here(session) and import_key.in_field(session, event.key):
            self.say("note", import_key.IN_THE_FIELD)
            return
        keys = import_key.keys_of_draft(session)
        screen = CreateKeyScreen(keys, import_key.proposal(session), self.symbols, import_key.earlier(session))
        outcome = await self.app.push_screen_wait(screen)
        if outcome is not None:
            import_key.use(session, event.key, outcome)
            self.announcement = import_key_words.CREATED
        self.refresh_rows()
        if outcome is not None:
            self.begin_check(event.key)
            self.query_one("#next").focus()
            self.focus_unanswered()
