"""Save a plan or a report in one of its formats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from tui.plain.asking import Back, Option
from tui.plain.walk import Walk
from tui.wizard.saving import FileKind, not_saved, saved


def save(walk: Walk, kinds: Sequence[FileKind], wanted: str, write: Callable[[str], Path], *, note: str = "") -> None:
    """Save in the format `wanted`, or ask for one."""
    if wanted not in {kind.key for kind in kinds}:
        walk.say("note", note)
        options = [Option(kind.key, f"{kind.label}. {kind.about}") for kind in kinds]
        wanted = ""
        with suppress(Back):
            wanted = walk.ask.choose("Save as. Number", options).text
        if not wanted:
            return
    try:
        walk.say("ok", saved(write(wanted)))
    except OSError as error:
        walk.say("problem", not_saved(error))
