"""A rebuilt flag as LaunchDarkly shows it: compared with what was meant, and evaluated against its source again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tui.launchdarkly.targeting import TargetedFlag
from tui.rebuild.model import FlagTargeting, Proof
from tui.rebuild.precondition import places
from tui.rebuild.proof import proved
from tui.rebuild.proposal import Row, proved_parents
from tui.rebuild.record import FlagEntry, State
from tui.rebuild.session import Session
from tui.rebuild.standing import is_as_meant, present_targeting, reindexed, unlike_parts
from tui.targeting.model import Targeting
from tui.text.phrases import listed, short


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a flag; `reason` is a sentence, "" if there is nothing to say.

    `needs_approval`: LaunchDarkly changes it only after an approval, which can be requested.
    """

    key: str
    state: State
    reason: str = ""
    needs_approval: bool = False


async def read_back(
    session: Session, row: Row, flag: TargetedFlag, rows: Mapping[str, Row], flags: Mapping[str, TargetedFlag]
) -> Outcome:
    """Return whether an applied flag is as meant and answers as its source. Raises Failure if a segment can't be read.

    `rows` and `flags` are those of the flags that it depends on, and may be more. Applied means: not checked.
    """
    entry = session.record.flags[row.key]
    if unlike := unlike_parts(entry.meant, flag):
        return Outcome(row.key, State.DIFFERS, f"Read back from LaunchDarkly, it differs in its {listed(unlike)}.")
    for segment in row.rebuilt.segments:
        if segment.key not in session.ready:
            present = await session.requests.segment(segment.key)
            if present is None or not is_as_meant(segment, present):
                text = f"Someone has changed or deleted its helper segment {short(segment.key)}."
                return Outcome(row.key, State.DIFFERS, text)
            session.ready.add(segment.key)
    targeting = _by_source_indexes(row, flag, entry, rows, flags)
    if row.targeting is None or targeting is None:
        return Outcome(row.key, State.APPLIED, "".join(row.rebuilt.reasons[:1]))
    proof = await asyncio.to_thread(_proved, row, row.targeting, targeting, rows)
    if proof.first_difference is not None:
        text = f"Read back from LaunchDarkly, it answers differently. {proof.first_difference.words}"
        return Outcome(row.key, State.DIFFERS, text)
    return Outcome(row.key, State.EQUAL)


def _by_source_indexes(
    row: Row, flag: TargetedFlag, entry: FlagEntry, rows: Mapping[str, Row], flags: Mapping[str, TargetedFlag]
) -> FlagTargeting | None:
    present = present_targeting(flag, entry.meant.kind)
    if present is None or row.rebuilt.targeting is None:
        return None
    known: dict[str, tuple[int, ...]] = {}
    for key in {row.key, *(each.flag for each in present.prerequisites)}:
        targeting = rows[key].targeting if key in rows else None
        place = places(targeting, flags[key]) if targeting is not None and key in flags else None
        if place is None:
            return None
        known[key] = tuple(place.index(index) for index in range(len(place)))
    return reindexed(present, known[row.key], known)


def _proved(row: Row, source: Targeting, targeting: FlagTargeting, rows: Mapping[str, Row]) -> Proof:
    return proved(source, replace(row.rebuilt, targeting=targeting), *proved_parents(targeting, rows))
