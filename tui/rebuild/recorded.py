"""How a flag that an earlier run has rebuilt stands now. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from tui.launchdarkly.targeting import TargetedFlag
from tui.rebuild.record import FlagEntry, Stage, State
from tui.rebuild.standing import changes, standing_of
from tui.text.phrases import listed

MIXED = "Someone else changed it while it was rebuilt. Check it in LaunchDarkly."
WAITS = "Its change waits for approval in LaunchDarkly."
_UNKNOWN = "An earlier run sent a change of it, and its outcome isn't known yet."


def recorded(entry: FlagEntry, flag: TargetedFlag | None) -> tuple[State, str] | None:
    """Return its state, and a sentence that says why it isn't as it was left; None if it can be rebuilt again."""
    if entry.stage is Stage.TAKEN_BACK:
        return None
    if entry.stage is Stage.APPLIED:
        reason = changed_since(entry, flag)
        return (State.DIFFERS, reason) if reason else (State.APPLIED, "")
    if entry.stage is Stage.WAITING:
        return State.PENDING_APPROVAL, WAITS
    return State.DIFFERS, _mixed(entry, flag) if entry.stage is Stage.MIXED else _UNKNOWN


def _mixed(entry: FlagEntry, flag: TargetedFlag | None) -> str:
    """Say what is different now from before the rebuild: whose it is can't be told."""
    now = standing_of(flag)
    parts = [] if now is None else [part for part in _named(changes(entry.before, now)) if part != "version"]
    return f"{MIXED} Since before the rebuild, {listed(parts)} changed." if parts else MIXED


def _named(parts: Iterable[str]) -> list[str]:
    return ["on or off" if part in ("on", "off") else part for part in parts]


def changed_since(entry: FlagEntry, flag: TargetedFlag | None) -> str:
    """Return a sentence that says what someone has changed in a flag since this record wrote it, "" for nothing."""
    now = standing_of(flag)
    if now is None:
        return "LaunchDarkly doesn't show it any more, or it is archived."
    if now.as_it_was(entry.after):
        return ""
    parts = _named(changes(entry.after, now))
    if parts == ["version"]:
        return "Someone has changed it since, and changed it back."
    return f"Someone has changed it since: {listed(parts)}."
