"""The outcomes of requests that were out when an earlier run ended."""

from __future__ import annotations

from tui.rebuild import flag_changes, segments
from tui.rebuild.record import UNSETTLED, SegmentStage, Stage
from tui.rebuild.session import Session

_OPEN = (SegmentStage.CREATING, SegmentStage.FILLING, SegmentStage.REMOVING)


async def settled(session: Session) -> None:
    """Look up each request whose result isn't noted, and each change that waits for approval, and note what is there.

    Nothing is sent but reads. Raises Failure if something can't be read: the record then still says so.
    """
    for key, segment in [*session.record.segments.items()]:
        if segment.stage in _OPEN:
            await segments.found_out(session, key)
    for key, entry in [*session.record.flags.items()]:
        if entry.stage in (Stage.REQUESTING, Stage.WAITING):
            await flag_changes.approval_found_out(session, key)
        elif entry.stage in UNSETTLED:
            await flag_changes.found_out(session, key)
