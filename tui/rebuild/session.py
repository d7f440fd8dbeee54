"""What each step of a rebuild shares: its record, and the requests about its environment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tui.context import Context
from tui.launchdarkly.rebuild_requests import EnvironmentRequests
from tui.net.errors import Failure, Kind, Safe
from tui.net.events import Sink
from tui.rebuild import record as records
from tui.rebuild.record import FlagEntry, Record, SegmentEntry

Keep = Callable[[Record], None]
"""Writes a record to its file. Raises Failure or OSError."""

_OF_ONE_FLAG = (Kind.BAD_REQUEST, Kind.CONFLICT, Kind.NOT_FOUND)


@dataclass
class Session:
    """One run over the record of one environment. `keep` writes each new state before the next step."""

    record: Record
    requests: EnvironmentRequests
    context: Context
    keep: Keep
    ready: set[str] = field(default_factory=set)
    """Helper segments that this run has created, or found as they were left."""

    @property
    def sink(self) -> Sink:
        return self.requests.sink

    def note(self, record: Record) -> None:
        """Write a new state of the record. Raises what `keep` raises; the state then stays as it was."""
        self.keep(record)
        self.record = record

    def note_flag(self, key: str, entry: FlagEntry | None) -> None:
        self.note(records.with_flag(self.record, key, entry))

    def note_segment(self, key: str, entry: SegmentEntry | None) -> None:
        self.note(records.with_segment(self.record, key, entry))


def concerns_one(failure: Failure) -> bool:
    """Whether a failure is about one flag or segment, and it is known that nothing happened: others may go well."""
    return failure.kind in _OF_ONE_FLAG or failure.safe is Safe.REQUEST_DID_NOTHING
