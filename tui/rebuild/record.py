"""What rebuilds in one environment have written, saved before and after each request.

A terminal may be closed, a connection dropped, the program killed at any moment: the next run finds out what happened
to the request that was out, and goes on from there. It is also what taking back is made from, and what tells our own
changes from a colleague's. A record has no key.

The functions return a later state of a record. Times are seconds since the epoch by this machine's clock.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tui.launchdarkly.own_changes import OwnChange
from tui.rebuild.model import FlagTargeting, Grade, HelperSegment
from tui.rebuild.standing import Standing
from tui.text.redacted_fields import SentenceText


class State(StrEnum):
    """The outcome of a flag, as documented in JSON."""

    PLANNED = "planned"
    APPLIED = "applied"
    EQUAL = "equal"
    DIFFERS = "differs"
    SKIPPED = "skipped"
    PENDING_APPROVAL = "pending-approval"
    FAILED = "failed"
    TAKEN_BACK = "taken-back"


class Stage(StrEnum):
    """How far the changes of a flag have come. Those ending in -ing mean that a request was sent whose result isn't
    noted."""

    APPLYING = "applying"
    APPLIED = "applied"
    REQUESTING = "requesting"
    WAITING = "waits for approval"
    TURNING_ON = "turning on"
    TAKING_BACK = "taking back"
    TAKEN_BACK = "taken back"
    MIXED = "mixed"
    """Someone else wrote at the same time: what is there may be theirs."""


UNSETTLED = (Stage.APPLYING, Stage.REQUESTING, Stage.TURNING_ON, Stage.TAKING_BACK)


@dataclass(frozen=True, slots=True)
class FlagEntry:
    """The changes of one flag. `before` is how it stood before the first of them, `after` as the latest one left it.

    `meant` is its targeting by LaunchDarkly's indexes. `names` are the approximations that were accepted, `segments`
    the keys of its helper segments. `writes` counts the changes, and `moments` are their times by LaunchDarkly's clock
    in ms. `approval` is the id of the request for approval that waits.
    """

    stage: Stage
    before: Standing
    after: Standing
    meant: FlagTargeting
    names: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    sent_at: float = 0.0
    writes: int = 0
    moments: tuple[int, ...] = ()
    approval: str = ""
    adopted: bool = False
    grade: Grade = "faithful"

    @property
    def stands(self) -> bool:
        """Something of ours is in the flag, or may be: its helper segments are needed."""
        return self.stage is not Stage.TAKEN_BACK


class SegmentStage(StrEnum):
    """How far a helper segment has come; -ing as in `Stage`."""

    CREATING = "creating"
    FILLING = "filling"
    THERE = "there"
    REMOVING = "removing"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """A helper segment that this record created. `done` counts the patches that filled it so far, and `version` is the
    one after the latest of them."""

    segment: HelperSegment
    stage: SegmentStage
    version: int = 0
    done: int = 0
    sent_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Result:
    """How the latest run left a flag. `reason` is a sentence, "" if there is nothing to say."""

    state: State
    grade: Grade
    approximations: tuple[str, ...] = ()
    reason: SentenceText = ""


@dataclass(frozen=True, slots=True)
class Record:
    """All rebuilds of one import in one environment of LaunchDarkly.

    The import is named as its journal is. `run` marks what this record creates: no other program or person uses it.
    `account` is the id of LaunchDarkly's account.
    """

    host: str
    project: str
    integration: str
    name: str
    environment: str
    run: str
    account: str = ""
    flags: Mapping[str, FlagEntry] = field(default_factory=dict)
    segments: Mapping[str, SegmentEntry] = field(default_factory=dict)
    results: Mapping[str, Result] = field(default_factory=dict)
    at: float = 0.0
    """When the latest run ended."""

    @property
    def unsettled(self) -> bool:
        """A request was sent whose result isn't noted, or a change waits for approval."""
        flags = any(entry.stage in (*UNSETTLED, Stage.WAITING) for entry in self.flags.values())
        busy = (SegmentStage.CREATING, SegmentStage.FILLING, SegmentStage.REMOVING)
        return flags or any(entry.stage in busy for entry in self.segments.values())

    @property
    def tag(self) -> str:
        """The tag of the segments that it creates."""
        return f"ld-flag-import-{self.run}"

    @property
    def comment(self) -> str:
        """What LaunchDarkly's history shows beside each change."""
        return f"Targeting rebuilt from {self.integration.capitalize()} by ld-flag-import, run {self.run}."

    def uses(self, segment: str) -> bool:
        """Whether a flag needs a helper segment, or may need it."""
        return any(segment in entry.segments and entry.stands for entry in self.flags.values())


def with_flag(record: Record, key: str, entry: FlagEntry | None) -> Record:
    """Replace a flag's entry; None forgets it: nothing of ours is in the flag."""
    flags = {name: old for name, old in record.flags.items() if name != key}
    return replace(record, flags=flags if entry is None else {**flags, key: entry})


def with_segment(record: Record, key: str, entry: SegmentEntry | None) -> Record:
    """Replace a segment's entry; None forgets it: it wasn't created."""
    segments = {name: old for name, old in record.segments.items() if name != key}
    return replace(record, segments=segments if entry is None else {**segments, key: entry})


def landed(entry: FlagEntry, stage: Stage, now: Standing) -> FlagEntry:
    """A change of ours was seen in the flag: as it stands now is how this record left it."""
    at = () if now.state.last_modified is None else (now.state.last_modified,)
    return replace(entry, stage=stage, after=now, writes=entry.writes + 1, moments=(*entry.moments, *at), approval="")


def with_results(record: Record, results: Mapping[str, Result], now: float) -> Record:
    """Note how a run left its flags; those of earlier runs stay."""
    return replace(record, results={**record.results, **results}, at=now)


def own_changes(records: Collection[Record]) -> dict[str, dict[str, OwnChange]]:
    """Return what the records did, by flag and environment."""
    found: dict[str, dict[str, OwnChange]] = {}
    for record in records:
        for key, entry in record.flags.items():
            if entry.writes:
                own = OwnChange(entry.before.state, entry.after.state, entry.writes, entry.moments)
                found.setdefault(key, {})[record.environment] = own
    return found


def adopted(records: Collection[Record]) -> frozenset[str]:
    """Return the flags that a person named although the import didn't create them."""
    return frozenset(key for record in records for key, entry in record.flags.items() if entry.adopted)
