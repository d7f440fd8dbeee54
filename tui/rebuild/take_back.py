"""Take back exactly what rebuilds have added, only where it still stands as it was left."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tui.launchdarkly.models import data_of
from tui.launchdarkly.targeting import TargetedFlag
from tui.net.errors import Failure
from tui.rebuild.flag_changes import Fate, changed, withdrawn
from tui.rebuild.instructions import Json
from tui.rebuild.read_back import Outcome
from tui.rebuild.record import FlagEntry, Result, Stage, State, with_results
from tui.rebuild.recorded import MIXED, WAITS, changed_since, recorded
from tui.rebuild.session import Session, concerns_one
from tui.rebuild.standing import standing_of
from tui.text.phrases import short


@dataclass(frozen=True, slots=True)
class Removal:
    """What would be done with one rebuilt flag. `reason` says in a sentence why nothing; "" if it is taken back.

    `instructions` are what would be sent, () for a request for approval that is withdrawn.
    """

    key: str
    state: State
    reason: str = ""
    instructions: tuple[Json, ...] = ()

    @property
    def possible(self) -> bool:
        return not self.reason


async def listed(session: Session, keys: Collection[str] = ()) -> tuple[Removal, ...]:
    """Return what would be done with each rebuilt flag, or with these, children first. Changes nothing. Raises
    Failure."""
    removals: dict[str, Removal] = {}
    for key in _children_first(session.record.flags):
        entry = session.record.flags[key]
        if entry.stage is Stage.TAKEN_BACK or (keys and key not in keys):
            continue
        removals[key] = _removal(session, key, entry, await session.requests.flag(key), removals)
    return tuple(removals.values())


def _children_first(entries: Mapping[str, FlagEntry]) -> list[str]:
    order: dict[str, None] = {}
    waiting = [*entries]
    while waiting:
        parents = {each.flag for key in waiting for each in entries[key].meant.prerequisites}
        free = [key for key in waiting if key not in parents] or waiting
        order |= dict.fromkeys(free)
        waiting = [key for key in waiting if key not in order]
    return [*order]


def _removal(
    session: Session, key: str, entry: FlagEntry, flag: TargetedFlag | None, removals: Mapping[str, Removal]
) -> Removal:
    known = recorded(entry, flag)
    if known is None:
        return Removal(key, State.TAKEN_BACK, "It is taken back already.")
    state, reason = known
    if state not in (State.APPLIED, State.PENDING_APPROVAL):
        return Removal(key, state, reason)
    for child, other in session.record.flags.items():
        stays = other.stands and not (child in removals and removals[child].possible)
        if stays and any(each.flag == key for each in other.meant.prerequisites):
            return Removal(key, state, f"The flag {short(child)}, which depends on it, stays.")
    if state is State.PENDING_APPROVAL:
        return Removal(key, state)
    return Removal(key, state, instructions=tuple(instructions(entry, flag)))


async def carried_out(session: Session, removals: Sequence[Removal]) -> AsyncGenerator[Outcome, None]:
    """Take each flag back that can be, and yield its outcome. Helper segments are removed afterwards
    (`segments.removed_unused`).

    Raises Failure for what would meet every flag, or if the outcome of a change can't be found out.
    """
    for removal in removals:
        outcome = Outcome(removal.key, removal.state, removal.reason)
        if removal.possible:
            try:
                outcome = await _taken_back(session, removal.key)
            except Failure as failure:
                if not concerns_one(failure):
                    raise
                outcome = Outcome(removal.key, State.FAILED, f"It isn't taken back: {failure}")
        _note(session, outcome)
        yield outcome


def _note(session: Session, outcome: Outcome) -> None:
    earlier = session.record.results.get(outcome.key)
    grade, names = (earlier.grade, earlier.approximations) if earlier else ("faithful", ())
    result = Result(outcome.state, grade, names, outcome.reason)
    session.note(with_results(session.record, {outcome.key: result}, session.context.now()))


async def _taken_back(session: Session, key: str) -> Outcome:
    """Read a flag once more and take it back. Raises Failure."""
    entry = session.record.flags[key]
    for child, other in session.record.flags.items():
        if other.stands and any(each.flag == key for each in other.meant.prerequisites):
            return Outcome(key, State.APPLIED, f"The flag {short(child)}, which depends on it, stays.")
    if entry.stage is Stage.WAITING:
        await withdrawn(session, key)
        gone = key not in session.record.flags or not session.record.flags[key].stands
        return Outcome(key, State.TAKEN_BACK) if gone else Outcome(key, State.PENDING_APPROVAL, WAITS)
    flag = await session.requests.flag(key)
    if reason := changed_since(entry, flag):
        return Outcome(key, State.DIFFERS, reason)
    patch = [*instructions(entry, flag)]
    if not patch:
        session.note_flag(key, replace(entry, stage=Stage.TAKEN_BACK) if entry.writes else None)
        return Outcome(key, State.TAKEN_BACK)
    fate, _ = await changed(session, key, replace(entry, stage=Stage.TAKING_BACK), patch)
    return Outcome(key, State.TAKEN_BACK) if fate is Fate.DONE else Outcome(key, State.DIFFERS, MIXED)


def instructions(entry: FlagEntry, flag: TargetedFlag | None) -> Iterator[Json]:
    """Yield the instructions that turn a flag from how it was left into how it was before."""
    now = standing_of(flag)
    if flag is None or now is None:
        return
    before, after = json.loads(entry.before.content), json.loads(entry.after.content)
    if entry.before.state.on != entry.after.state.on:
        yield {"kind": "turnFlagOn" if entry.before.state.on else "turnFlagOff"}
    kept = {data_of(rule.get("_id")) for rule in before["rules"]}
    yield from (
        {"kind": "removeRule", "ruleId": id_}
        for id_ in (data_of(rule.get("_id")) for rule in after["rules"])
        if id_ not in kept
    )
    yield from _targets(before["targets"], after["targets"], flag.variation_ids)
    required = {data_of(each.get("key")) for each in before["prerequisites"]}
    yield from (
        {"kind": "removePrerequisite", "key": key}
        for key in (data_of(each.get("key")) for each in after["prerequisites"])
        if key not in required
    )
    if before["fallthrough"] != after["fallthrough"]:
        serve = {"variationId": flag.variation_ids[before["fallthrough"]["variation"]]}
        yield {"kind": "updateFallthroughVariationOrRollout", **serve}
    if before["off"] != after["off"]:
        yield {"kind": "updateOffVariation", "variationId": flag.variation_ids[before["off"]]}


def _targets(before: list[dict[str, Any]], after: list[dict[str, Any]], ids: Sequence[str]) -> Iterator[Json]:
    """Remove the keys that were added; keys that were replaced come back."""
    old, new = _keys(before), _keys(after)
    for kind, changes in (("removeTargets", (new, old)), ("addTargets", (old, new))):
        for (context, variation), keys in changes[0].items():
            values = [key for key in keys if key not in changes[1].get((context, variation), ())]
            if values:
                yield {"kind": kind, "contextKind": context, "variationId": ids[variation], "values": values}


def _keys(targets: list[dict[str, Any]]) -> dict[tuple[str, int], list[str]]:
    found: dict[tuple[str, int], list[str]] = {}
    for target in targets:
        where = data_of(target.get("contextKind")) or "user", int(target["variation"])
        found.setdefault(where, []).extend(map(data_of, target["values"]))
    return found
