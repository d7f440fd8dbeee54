"""One change of a flag: noted, sent, and looked up until its outcome is known. Nothing is sent twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from tui.launchdarkly.targeting import ApprovalRequest, TargetedFlag
from tui.net.errors import Failure, Kind, Remedy, Safe, joined
from tui.net.lost_answer import looked_up, may_have_happened
from tui.rebuild.instructions import Json
from tui.rebuild.record import FlagEntry, Stage, landed
from tui.rebuild.session import Session
from tui.rebuild.standing import Standing, standing_of, unlike_parts


class Fate(StrEnum):
    """The outcome of a change. Mixed: someone else wrote meanwhile, so no one can tell whose is whose."""

    DONE = "done"
    NOT_DONE = "not done"
    MIXED = "mixed"


_AFTERWARDS = {
    Stage.APPLYING: Stage.APPLIED,
    Stage.REQUESTING: Stage.APPLIED,
    Stage.WAITING: Stage.APPLIED,
    Stage.TURNING_ON: Stage.APPLIED,
    Stage.TAKING_BACK: Stage.TAKEN_BACK,
}


def fate_of(entry: FlagEntry, flag: TargetedFlag | None) -> Fate:
    """Return the outcome of the change that `entry` is about, by the flag as it is now."""
    now = standing_of(flag)
    if now is None or flag is None:
        return Fate.MIXED
    if now.as_it_was(entry.after):
        return Fate.NOT_DONE
    moved_once = (entry.after.state.version or 0) + 1 == now.state.version
    return Fate.DONE if moved_once and _is_as_wanted(entry, flag, now) else Fate.MIXED


def _is_as_wanted(entry: FlagEntry, flag: TargetedFlag, now: Standing) -> bool:
    if entry.stage is Stage.TURNING_ON:
        return now.state.on and now.content == entry.after.content
    if entry.stage is Stage.TAKING_BACK:
        return (now.state.on, now.content) == (entry.before.state.on, entry.before.content)
    return now.state.on == entry.before.state.on and not unlike_parts(entry.meant, flag)


async def changed(
    session: Session, key: str, entry: FlagEntry, instructions: Sequence[Json]
) -> tuple[Fate, TargetedFlag | None]:
    """Send one change of a flag; `entry` says by its stage which one. Note the stage before and the result after.

    Return its outcome, and the flag as it is now.

    Raises Failure if it didn't happen, and then the record is as before; and if it can't be found out, and then the
    record's stage says so.
    """
    earlier = session.record.flags.get(key)
    entry = replace(entry, sent_at=session.context.now())
    session.note_flag(key, entry)
    lost: Failure | None = None
    try:
        await session.requests.patch_flag(key, instructions, session.record.comment)
    except Failure as failure:
        if not may_have_happened(failure):
            session.note_flag(key, earlier)
            raise
        lost = failure
    fate, flag = await found_out(session, key, accepted=lost is None)
    if fate is Fate.NOT_DONE and lost is not None:
        raise not_done(lost)
    return fate, flag


def not_done(lost: Failure) -> Failure:
    """The failure of a change whose answer was lost, and that did not happen."""
    why = joined(lost.why, "It was looked up: nothing was changed.")
    return lost.replaced(why=why, remedy=Remedy.RUN_AGAIN, about="", safe=Safe.REQUEST_DID_NOTHING, sent=False)


async def found_out(session: Session, key: str, *, accepted: bool = False) -> tuple[Fate, TargetedFlag | None]:
    """Find the outcome of a change that was sent, note it, and return it with the flag as it is now.

    A change that is not there when the grace period is over did not happen. If it was `accepted` all the same, the
    record stays as it is, for a later look. Raises Failure if the flag can't be read; then it stays too.
    """
    entry = session.record.flags[key]

    async def look() -> tuple[Fate, TargetedFlag | None] | None:
        flag = await session.requests.flag(key)
        fate = fate_of(entry, flag)
        return None if fate is Fate.NOT_DONE else (fate, flag)

    found = await looked_up(look, entry.sent_at, session.context, session.sink)
    if found is None and accepted:
        return Fate.MIXED, None
    fate, flag = found or (Fate.NOT_DONE, None)
    settle(session, key, fate, flag)
    return fate, flag


def settle(session: Session, key: str, fate: Fate, flag: TargetedFlag | None) -> None:
    """Note the outcome of a change."""
    entry, now = session.record.flags[key], standing_of(flag)
    if fate is Fate.DONE and now is not None:
        session.note_flag(key, landed(entry, _AFTERWARDS[entry.stage], now))
    elif fate is Fate.MIXED:
        session.note_flag(key, replace(entry, stage=Stage.MIXED, approval=""))
    elif entry.stage in (Stage.TURNING_ON, Stage.TAKING_BACK):
        session.note_flag(key, replace(entry, stage=Stage.APPLIED))
    else:  # never applied, or taken back earlier
        session.note_flag(key, replace(entry, stage=Stage.TAKEN_BACK, approval="") if entry.writes else None)


# --- approvals


async def requested(session: Session, key: str, entry: FlagEntry, instructions: Sequence[Json]) -> bool:
    """Ask for an approval of a change, unless one waits already. Return False if that one isn't ours.

    Raises Failure as `changed`.
    """
    present = await session.requests.open_approvals(key)
    if present:
        ours = _ours(session, present)
        if ours is not None:
            session.note_flag(key, replace(entry, stage=Stage.WAITING, approval=ours.id))
        return ours is not None
    earlier = session.record.flags.get(key)
    session.note_flag(key, replace(entry, stage=Stage.REQUESTING, sent_at=session.context.now()))
    comment = session.record.comment
    lost: Failure | None = None
    try:
        await session.requests.request_approval(key, comment, instructions, comment)
    except Failure as failure:
        if not may_have_happened(failure):
            session.note_flag(key, earlier)
            raise
        lost = failure
    await approval_found_out(session, key)
    if lost is not None and key not in session.record.flags:
        raise not_done(lost)
    return key in session.record.flags


async def approval_found_out(session: Session, key: str) -> None:
    """Find out whether a request for approval waits, was applied, or isn't there, and note that. Raises Failure."""
    entry = session.record.flags[key]
    sent_at = entry.sent_at if entry.stage is Stage.REQUESTING else 0.0

    async def look() -> ApprovalRequest | None:
        return _ours(session, await session.requests.open_approvals(key))

    waits = await looked_up(look, sent_at, session.context, session.sink)
    if waits is not None:
        if (entry.stage, entry.approval) != (Stage.WAITING, waits.id):
            session.note_flag(key, replace(entry, stage=Stage.WAITING, approval=waits.id))
        return
    flag = await session.requests.flag(key)
    settle(session, key, fate_of(entry, flag), flag)


def _ours(session: Session, requests: Sequence[ApprovalRequest]) -> ApprovalRequest | None:
    return next((each for each in requests if session.record.run in each.description), None)


async def withdrawn(session: Session, key: str) -> None:
    """Take back a request that waits for approval. Raises Failure; one that was applied meanwhile is noted as that."""
    entry = session.record.flags[key]
    try:
        await session.requests.withdraw_approval(key, entry.approval)
    except Failure as failure:
        if failure.kind in (Kind.UNAUTHORIZED, Kind.RATE_LIMITED):
            raise
        await approval_found_out(session, key)
        if key in session.record.flags and session.record.flags[key].stage is Stage.WAITING:
            raise
    else:
        await approval_found_out(session, key)
