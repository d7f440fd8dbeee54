"""Practice: choose an error that the demo servers simulate."""

from __future__ import annotations

from contextlib import suppress

from tui.plain.asking import Back, Option
from tui.plain.walk import Walk
from tui.wizard.practice import grouped

_NONE = "none"


def choose_fault(walk: Walk) -> None:
    """Ask for an error, or for none."""
    practice = walk.session.practice
    if practice is None:
        return
    options = [Option(_NONE, "No error: everything works")]
    for group, faults in grouped(practice.faults).items():
        options += [Option(fault.name, f"{fault.title}. {group}: {fault.explains}") for fault in faults]
    with suppress(Back):
        name = walk.ask.choose(
            "Simulate an error. Number or name, or list TEXT", options, practice.fault() or _NONE, shown=False
        ).text
        practice.set_fault(name if name != _NONE else None)
        title = next((fault.title for fault in practice.faults if fault.name == name), "")
        walk.say("warning" if title else "ok", f"Simulating: {title}." if title else "No error is simulated.")
