"""What an undo will do, does, and has done: the flags by reason, and the sentences about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tui.apply.undo import Decision, UndoAction
from tui.plan.words import flags
from tui.text.clean import clean

PURPOSE = "Undo only touches flags that this import created and no one changed."
TAKING_BACK = "Taking back the rebuilt targeting."
NOTHING_CHANGED = "Nothing has been changed yet."
_DO = {UndoAction.ARCHIVE: "archive", UndoAction.DELETE: "delete", UndoAction.KEEP: "keep"}
_DONE = {UndoAction.ARCHIVE: "archived", UndoAction.DELETE: "deleted", UndoAction.KEEP: "kept"}
_UNCERTAIN = "not certain: "


@dataclass(frozen=True, slots=True)
class Group:
    """Decisions that share a reason. `level` is how much the group matters."""

    level: str
    heading: str
    decisions: tuple[Decision, ...]


def groups(decisions: Iterable[Decision], *, done: bool = False) -> Iterator[Group]:
    """Yield the decisions by reason: flags that aren't certain first, then those that are kept, then all others.

    `done` are decisions that were carried out.
    """
    by_reason: dict[tuple[int, str], list[Decision]] = {}
    for each in decisions:
        by_reason.setdefault((_rank(each, done=done), reason(each)), []).append(each)
    for rank, why in sorted(by_reason, key=lambda pair: pair[0]):
        held = tuple(by_reason[rank, why])
        yield Group(_LEVELS[rank], f"{_verb(rank, held, done=done)} {len(held):,}: {why}", held)


_LEVELS = ("unknown", "warning", "note", "note")


def _rank(decision: Decision, *, done: bool) -> int:
    if decision.not_certain and not (done and decision.action is not UndoAction.KEEP):
        return 0
    if decision.action is UndoAction.KEEP:
        return 1 if decision.refused else 2
    return 3


def _verb(rank: int, held: tuple[Decision, ...], *, done: bool) -> str:
    if rank == 0:
        return "Kept, not certain" if done else "Not certain"
    return (_DONE if done else _DO)[held[0].action].capitalize()


def reason(decision: Decision) -> str:
    """Return why, without the words that the heading of its group has."""
    return decision.reason.replace(_UNCERTAIN, "")


def summary(decisions: Iterable[Decision], *, done: bool = False, open_: int = 0) -> str:
    """Return the counts: "46 flags to archive, 2 to keep". `open_` counts flags that a stopped undo didn't reach."""
    counted = dict.fromkeys(UndoAction, 0)
    for each in decisions:
        counted[each.action] += 1
    words = _DONE if done else {action: f"to {word}" for action, word in _DO.items()}
    parts = [f"{counted[action]:,} {words[action]}" for action in UndoAction if counted[action]]
    if open_:
        parts.append(f"{open_:,} not reached")
    if not parts:
        return "This import created no flags."
    number, _, rest = ", ".join(parts).partition(" ")
    return f"{number} {'flag' if number == '1' else 'flags'} {rest}"


def rebuilt(count: int) -> str:
    """Return why flags are kept whose targeting was rebuilt, and what to do first."""
    was = "has rebuilt targeting and is" if count == 1 else "have rebuilt targeting and are"
    return f"{flags(count)} {was} kept. Take that back first."


def take_back_question(project: str, count: int) -> tuple[str, str]:
    """Return title and text of the question before rebuilds are taken back in all environments."""
    text = "What someone else has changed since stays as it is. After that, the flags can be archived."
    return f"Take back the targeting of {flags(count)} in {project}?", text


def taken_back(stays: Sequence[str]) -> tuple[str, str]:
    """Return level and text of how taking back ended."""
    if not stays:
        return "ok", "The rebuilt targeting is taken back."
    return "warning", f"{clean(stays[0])}{f' {len(stays) - 1:,} more stay.' if len(stays) > 1 else ''}"


def progress(done: int, count: int, *, delete: bool) -> str:
    """Return how far it has come: "Archived 14 of 46 flags"."""
    return f"{'Deleted' if delete else 'Archived'} {done:,} of {flags(count)}"


def question(project: str, count: int, *, delete: bool) -> tuple[str, str]:
    """Return title and text of the question before it begins."""
    after = "You can't restore a deleted flag." if delete else "You can restore an archived flag in LaunchDarkly."
    text = f"Each flag is checked again first. Flags that changed in the meantime are kept. {after}"
    return f"{'Delete' if delete else 'Archive'} {flags(count)} in {project}?", text


def stopped(*, delete: bool) -> str:
    """Return what to know after a stop."""
    return f"Stopped. {stays(delete=delete)} Open this page again to continue."


def stays(*, delete: bool) -> str:
    """Return what a stop, or a failure, doesn't change."""
    return "Deleted flags stay deleted." if delete else "Archived flags stay archived."
