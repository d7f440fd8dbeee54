"""Turn rebuilt flags on that are on at the source: parents first, each only as this program left it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from dataclasses import replace

from tui.net.errors import Failure
from tui.rebuild.flag_changes import Fate, changed
from tui.rebuild.proposal import Proposal, Row
from tui.rebuild.read_back import Outcome
from tui.rebuild.reading import BothSides
from tui.rebuild.record import Stage, State
from tui.rebuild.recorded import MIXED, recorded
from tui.rebuild.session import Session, concerns_one
from tui.text.phrases import short

_TURN_ON = ({"kind": "turnFlagOn"},)


def to_turn_on(session: Session, proposal: Proposal, sides: BothSides, equal: Iterable[str]) -> tuple[Row, ...]:
    """Return the rows of flags that may be turned on, parents first.

    Both sides are read again for it. `equal` are the keys of flags that were applied and read back equal. Never one
    that is killed, disabled, or without a definition.
    """
    keys = frozenset(equal)
    return tuple(row for row in proposal.rows if row.key in keys and _may_be_on(session, row, sides))


def _may_be_on(session: Session, row: Row, sides: BothSides) -> bool:
    entry, source = session.record.flags.get(row.key), sides.source.get(row.key)
    on_at_source = row.targeting is not None and row.targeting.on and source is not None and bool(source.variations)
    proved = row.rebuilt.targeting is not None and row.proof.first_difference is None
    ready = row.recorded is State.APPLIED and entry is not None and not entry.after.state.on
    return on_at_source and proved and ready


async def turned_on(session: Session, rows: Iterable[Row], proposal: Proposal) -> AsyncGenerator[Outcome, None]:
    """Turn on each of `rows`, and yield its outcome. Raises Failure as `Application.run`."""
    on_at_source = {row.key for row in proposal.rows if row.targeting is not None and row.targeting.on}
    for row in rows:
        try:
            yield await _turned_on(session, row, on_at_source)
        except Failure as failure:
            if not concerns_one(failure):
                raise
            yield Outcome(row.key, State.FAILED, f"It isn't turned on: {failure}")


async def _turned_on(session: Session, row: Row, on_at_source: set[str]) -> Outcome:
    entry = session.record.flags[row.key]
    for parent in (each.flag for each in entry.meant.prerequisites):
        other = session.record.flags.get(parent)
        # A parent that is off at the source fails its prerequisite on both sides.
        if parent in on_at_source and not (other is not None and other.after.state.on):
            return Outcome(row.key, State.FAILED, f"It isn't turned on: the flag {short(parent)} is off.")
    known = recorded(entry, await session.requests.flag(row.key))
    if known is None or known[0] is not State.APPLIED:
        return Outcome(row.key, State.DIFFERS, known[1] if known else "")
    fate, _ = await changed(session, row.key, replace(entry, stage=Stage.TURNING_ON), _TURN_ON)
    return Outcome(row.key, State.EQUAL) if fate is Fate.DONE else Outcome(row.key, State.DIFFERS, MIXED)
