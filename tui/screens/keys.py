"""Step 3: all secret fields, and the address that a key is checked at."""

from __future__ import annotations

from typing import ClassVar

from tui.answers import draft as drafts
from tui.screens.field_step import FieldStep
from tui.widgets.key_line import KeyHints


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
