"""What earlier starts left: answers, imports, and files that can't be used. Light: the first screen needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tui.answers import saved_drafts
from tui.answers.saved_drafts import Saved
from tui.apply import heads
from tui.apply.heads import Head
from tui.text.clean import clean


@dataclass(frozen=True, slots=True)
class Earlier:
    """`saved` are answers, None for none; `runs` are imports, unfinished ones first; `damaged` are sentences about
    files that can't be used."""

    saved: Saved | None = None
    runs: tuple[Head, ...] = ()
    damaged: tuple[str, ...] = ()


def look(folder: Path | None) -> Earlier:
    """Look into the folder of drafts and journals; None for no folder. Never raises."""
    from tui.text.private_files import state_trouble

    trouble = state_trouble()
    if folder is None:
        return Earlier(damaged=(trouble,) if trouble else ())
    found, damaged = runs(folder)
    path = folder / saved_drafts.FILE
    saved = saved_drafts.load(path)
    if saved is None and path.exists():
        damaged = (*damaged, f"Can't read your saved answers in {path.name}. The file is damaged.")
    return Earlier(saved, found, (*damaged, *([trouble] if trouble else ())))


def runs(folder: Path | None) -> tuple[tuple[Head, ...], tuple[str, ...]]:
    """Return the imports of earlier starts, and a sentence about journals that can't be read."""
    if folder is None:
        return (), ()
    found, damaged = heads.survey(folder / heads.FOLDER)
    more = f" and {len(damaged) - 1} more" if len(damaged) > 1 else ""
    told = (f"Can't read the journal {clean(damaged[0].name)}{more}. The file is damaged.",) if damaged else ()
    return found, told


def unfinished(found: Sequence[Head]) -> list[Head]:
    """Return the imports that can be resumed."""
    return [head for head in found if head.under_way]
