"""Step 3: the key that reads the flags, the key that creates them, and the address that a key is checked at."""

from __future__ import annotations

from tui.answers import draft as drafts
from tui.plain import fields, import_key, storing
from tui.plain.walk import Walk
from tui.wizard.import_key import ROLE


def ask(walk: Walk) -> None:
    """Ask for all keys of the step, and where they are stored."""
    secret = {field.key: import_key.ask for field in drafts.fields(walk.session.draft, "keys") if field.role == ROLE}
    walk.head("keys")
    storing.prepare(walk, "keys")
    fields.ask_all(walk, "keys", secret)
