"""Step 3: the key that reads the flags, the key that creates them, and the address that a key is checked at."""

from __future__ import annotations

from tui.plain import fields, storing
from tui.plain.walk import Walk


def ask(walk: Walk) -> None:
    """Ask for all keys of the step, and where they are stored."""
    walk.head("keys")
    storing.prepare(walk, "keys")
    fields.ask_all(walk, "keys")
