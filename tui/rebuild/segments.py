"""Helper segments: created, filled step by step, and removed again, each request looked up before the next one.

A segment is ours only if it has the tag of this record, and untouched only if its version and content are those that
the record noted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from tui.launchdarkly.rebuild_requests import MOST_OPERATIONS, needs_approval
from tui.launchdarkly.targeting import PresentSegment
from tui.net.errors import Failure
from tui.net.lost_answer import looked_up, may_have_happened
from tui.rebuild.flag_changes import Fate, not_done
from tui.rebuild.instructions import Json, segment_rule_json
from tui.rebuild.model import HelperSegment
from tui.rebuild.record import SegmentEntry, SegmentStage
from tui.rebuild.session import Session, concerns_one
from tui.rebuild.standing import is_as_meant
from tui.text.phrases import listed, short


@dataclass(frozen=True, slots=True)
class Filling:
    """One patch on the way to a segment, and what the segment is after it. Only a JSON Patch can set weights."""

    steps: tuple[Json, ...]
    result: HelperSegment
    semantic: bool = True


def shell(segment: HelperSegment) -> HelperSegment:
    """Return a segment as it is created: without keys and rules."""
    return replace(segment, included=(), excluded=(), rules=())


def fillings(segment: HelperSegment) -> tuple[Filling, ...]:
    """Return the patches that fill a new segment, in their order."""
    made, now = list[Filling](), shell(segment)
    for start in range(0, len(segment.included), MOST_OPERATIONS):
        part = segment.included[start : start + MOST_OPERATIONS]
        now = replace(now, included=(*now.included, *part))
        made.append(Filling((_add("addIncludedTargets", segment.kind, part),), now))
    for start in range(0, len(segment.excluded), MOST_OPERATIONS):
        part = segment.excluded[start : start + MOST_OPERATIONS]
        now = replace(now, excluded=(*now.excluded, *part))
        made.append(Filling((_add("addExcludedTargets", segment.kind, part),), now))
    if segment.rules:
        weighted = any(rule.weight is not None for rule in segment.rules)
        rules = [segment_rule_json(rule, segment.kind) for rule in segment.rules]
        steps: Sequence[Json] = [
            {"op": "add", "path": "/rules/-", "value": rule} if weighted else {"kind": "addRule", **rule}
            for rule in rules
        ]
        made.append(Filling(tuple(steps), segment, not weighted))
    return tuple(made)


def _add(instruction: str, kind: str, keys: Sequence[str]) -> Json:
    return {"kind": instruction, "contextKind": kind, "values": [*keys]}


def as_left(entry: SegmentEntry, present: PresentSegment | None) -> bool:
    """Whether a segment is as the record left it."""
    return present is not None and present.version == entry.version and is_as_meant(_after(entry, 0), present)


def _after(entry: SegmentEntry, more: int) -> HelperSegment:
    """Return a segment as it is if `more` patches than noted have filled it."""
    done, steps = entry.done + more, fillings(entry.segment)
    return shell(entry.segment) if not done else steps[min(done, len(steps)) - 1].result


# --- finding out


def _fate_of(entry: SegmentEntry, present: PresentSegment | None, tag: str) -> Fate:
    if entry.stage is SegmentStage.CREATING:
        if present is None:
            return Fate.NOT_DONE
        return Fate.DONE if tag in present.tags and is_as_meant(_after(entry, 0), present) else Fate.MIXED
    if present is None:
        return Fate.DONE if entry.stage is SegmentStage.REMOVING else Fate.MIXED
    if as_left(entry, present):
        return Fate.NOT_DONE
    moved_once = present.version == entry.version + 1
    filled = entry.stage is SegmentStage.FILLING and moved_once and is_as_meant(_after(entry, 1), present)
    return Fate.DONE if filled else Fate.MIXED


async def found_out(session: Session, key: str, *, accepted: bool = False) -> Fate:
    """Find the outcome of the latest request about a segment, and note it. Raises Failure if it can't be read.

    If it was `accepted` and isn't to be seen all the same, the record stays as it is, for a later look.
    """
    entry, tag = session.record.segments[key], session.record.tag

    async def look() -> tuple[Fate, PresentSegment | None] | None:
        present = await session.requests.segment(key)
        fate = _fate_of(entry, present, tag)
        return None if fate is Fate.NOT_DONE else (fate, present)

    found = await looked_up(look, entry.sent_at, session.context, session.sink)
    if found is None and accepted:
        return Fate.MIXED
    fate, present = found or (Fate.NOT_DONE, None)
    session.note_segment(key, _settled(entry, fate, present, tag))
    return fate


def _settled(entry: SegmentEntry, fate: Fate, present: PresentSegment | None, tag: str) -> SegmentEntry | None:
    stage = SegmentStage
    if fate is Fate.NOT_DONE:
        if entry.stage is stage.CREATING:
            return None
        return entry if entry.stage is stage.FILLING else replace(entry, stage=stage.THERE)
    if fate is Fate.MIXED:  # no version is 0, so it never counts as untouched again
        ours = present is not None and tag in present.tags
        return replace(entry, stage=stage.THERE, version=0) if ours else None
    if entry.stage is stage.REMOVING or present is None:
        return replace(entry, stage=stage.REMOVED, version=0)
    done = entry.done + (entry.stage is stage.FILLING)
    full = done == len(fillings(entry.segment))
    return replace(entry, stage=stage.THERE if full else stage.FILLING, version=present.version or 0, done=done)


async def _sent(session: Session, key: str, entry: SegmentEntry, send: Callable[[], Awaitable[None]]) -> Fate:
    """Note a request about a segment, send it, and find its outcome. Raises Failure if it didn't happen,
    and then the record is as before; and if it can't be found out."""
    earlier = session.record.segments.get(key)
    session.note_segment(key, replace(entry, sent_at=session.context.now()))
    lost: Failure | None = None
    try:
        await send()
    except Failure as failure:
        if not may_have_happened(failure):
            session.note_segment(key, earlier)
            raise
        lost = failure
    fate = await found_out(session, key, accepted=lost is None)
    if fate is Fate.NOT_DONE and lost is not None:
        raise not_done(lost)
    return fate


# --- creating and filling


async def ensured(session: Session, segment: HelperSegment) -> str:
    """Create and fill a helper segment, or find it as this record left it. Return a sentence that says why not.

    Raises Failure for what would meet every segment.
    """
    key = segment.key
    if key in session.ready:
        return ""
    try:
        problem = await _created(session, segment) or await _filled(session, key)
    except Failure as failure:
        if needs_approval(failure):
            return "Changes of segments need an approval in this environment of LaunchDarkly."
        if not concerns_one(failure):
            raise
        return f"Its helper segment {short(key)}: {failure}"
    if not problem:
        session.ready.add(key)
    return problem


async def _created(session: Session, segment: HelperSegment) -> str:
    key, entry = segment.key, session.record.segments.get(segment.key)
    present = await session.requests.segment(key)
    if entry is not None and entry.stage is not SegmentStage.REMOVED:
        return "" if as_left(entry, present) and entry.segment == segment else _CHANGED.format(short(key))
    if present is not None:
        return f"A segment with the key {short(key)} already exists, and this rebuild didn't create it."
    tags, create = [session.record.tag], session.requests.create_segment
    entry = SegmentEntry(segment, SegmentStage.CREATING)
    fate = await _sent(session, key, entry, partial(create, key, segment.name, segment.description, tags))
    return "" if fate is Fate.DONE else _CHANGED.format(short(key))


_CHANGED = "Someone has changed its helper segment {}."


async def _filled(session: Session, key: str) -> str:
    while (entry := session.record.segments[key]).done < len(steps := fillings(entry.segment)):
        step, requests, comment = steps[entry.done], session.requests, session.record.comment
        patch = requests.instruct_segment if step.semantic else requests.patch_segment
        entry = replace(entry, stage=SegmentStage.FILLING)
        if await _sent(session, key, entry, partial(patch, key, step.steps, comment)) is not Fate.DONE:
            return _CHANGED.format(short(key))
    return ""


# --- removing


async def removed_unused(session: Session) -> dict[str, str]:
    """Remove the helper segments that this record created and no flag of it uses. Call it when no flag is to come.

    Return those that stay although nothing of ours uses them, with the reason in a sentence. Raises Failure for what
    would meet every segment.
    """
    kept: dict[str, str] = {}
    for key, entry in session.record.segments.items():
        if entry.stage is SegmentStage.REMOVED or session.record.uses(key):
            continue
        try:
            reason = await _removed(session, key)
        except Failure as failure:
            if not concerns_one(failure) and not needs_approval(failure):
                raise
            reason = str(failure)
        if reason:
            kept[key] = reason
    return kept


async def _removed(session: Session, key: str) -> str:
    """Remove one segment, or return why it stays."""
    entry, present = session.record.segments[key], await session.requests.segment(key)
    if present is None:
        session.note_segment(key, replace(entry, stage=SegmentStage.REMOVED, version=0))
        return ""
    if not as_left(entry, present) or session.record.tag not in present.tags:
        return "Someone has changed it."
    if present.flags is None:
        return "LaunchDarkly doesn't show which flags use it."
    if present.flags:
        return f"It is used by {listed(present.flags)}."
    session.ready.discard(key)
    entry = replace(entry, stage=SegmentStage.REMOVING)
    fate = await _sent(session, key, entry, partial(session.requests.delete_segment, key))
    return "" if fate is Fate.DONE else "Someone has changed it."
