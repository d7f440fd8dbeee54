"""Step 9 in plain mode: rebuilding needs the wizard's screens, or the command."""

from __future__ import annotations

from tui.answers import steps
from tui.plain.asking import Back
from tui.plain.walk import Walk

_INSTEAD = "Plain mode can't rebuild targeting. Use the command with a recipe: ld-flag-import rebuild RECIPE --dry-run"


def ask(walk: Walk) -> None:
    """Say what to use instead, and go back to Run."""
    step = steps.step("rebuild")
    walk.head(step.key, step.heading, step.purpose)
    walk.say("note", _INSTEAD)
    raise Back
