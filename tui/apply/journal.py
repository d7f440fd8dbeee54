"""What one import is meant to do and how far it has come, saved before and after each request.

A terminal may be closed, a connection dropped, the program killed at any moment: the next start continues from here
with your token alone. A journal has no secret, only the place of each.

The functions return a later state of a journal. Times in seconds are this machine's, times in milliseconds (both since
the epoch) are LaunchDarkly's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field, PlainSerializer

from tui.answers.request import CreateRequest
from tui.launchdarkly.models import Configuration, Flag, ImportFault, ImportStatus, WholeFlag
from tui.plan.plan import Prospect
from tui.sources.flags import Targets, Variation
from tui.targeting.losses import Lost
from tui.text.redacted_fields import DataText, DataValue, ForeignText, SentenceText

Seconds = Annotated[float, Field(ge=0, lt=32_503_680_000)]
"""Since the epoch, before the year 3000: what a calendar holds. 0 for never."""
Number = Annotated[int, Field(gt=-(10**18), lt=10**18)]
Keys = Annotated[frozenset[str], PlainSerializer(sorted)]


class Stage(StrEnum):
    """How far an import has come. Those ending in -ing mean that a request was sent whose answer isn't noted."""

    PLANNED = "planned"
    CREATING = "creating"
    CREATED = "created"
    STARTING = "starting"
    STARTED = "started"
    ENDED = "ended"
    VERIFIED = "verified"


@dataclass(frozen=True, slots=True)
class Expected:
    """One flag that will be imported, as it must look afterwards. `tags` is None if the source's key can't read them.

    `lost` is what has to be rebuilt by hand, so that a report need not ask the source again. `warnings` are those of
    the plan; `cut_over_warning` is the one of them about turning the flag on, or "". `targets` are the source's
    individual targets, which the import may copy.
    """

    key: str
    name: DataText
    description: ForeignText
    tags: tuple[DataText, ...] | None
    variations: tuple[Variation, ...]
    on: Number | None
    off: Number | None
    on_at_source: bool
    lost: tuple[Lost, ...]
    warnings: tuple[SentenceText, ...] = ()
    cut_over_warning: SentenceText = ""
    targets: Targets = ()
    prospect: Prospect | None = None
    """Whether its targeting can be rebuilt, None if that wasn't worked out."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One flag of the source that isn't imported."""

    key: str
    verdict: str
    reason: SentenceText


@dataclass(frozen=True, slots=True)
class Mark:
    """A configuration's status at one moment; times in milliseconds. A later run moves one of the times.

    `errors` are fingerprints of the errors that were listed then: they belong to an earlier run.
    """

    status: ForeignText
    last_import: Number | None
    last_error: Number | None
    errors: Keys = frozenset()

    @property
    def end_times(self) -> Mapping[str, int]:
        """The times that belong to its status, by field name. A partial end may have either."""
        names = {"complete": ("last_import",), "failed": ("last_error",)}.get(
            self.status, ("last_import", "last_error")
        )
        return {name: at for name in names if (at := getattr(self, name)) is not None}


NEVER_RUN = Mark("", None, None)
"""A new configuration: whatever its status says later is about a run since."""
GONE = Mark("not known: its configuration was deleted", None, None)
"""Used instead of an end if the import's end can't be seen."""


@dataclass(frozen=True, slots=True)
class Trace:
    """The versions of a flag when it was verified, which show a later change.

    `environments` maps an environment to its version and its last change (ms).
    """

    created: Number | None
    version: Number | None
    environments: Mapping[str, tuple[Number | None, Number | None]]


@dataclass(frozen=True, slots=True)
class Start:
    """One request that may start an import, and the time in which that import can have created flags.

    Times are milliseconds by LaunchDarkly's own clock. `opened` is the second of its last answer before the request,
    None if it sent no date or if someone else had started the import: then this start owns no flag. `closed` is the
    first `lastImport` or `lastError` after that, `seen` the end of the second in which it was last seen running.
    `before` has all keys of the project right before the request.
    """

    before: Keys
    opened: Number | None
    closed: Number | None = None
    seen: Number | None = None

    @property
    def window(self) -> tuple[int, int] | None:
        """First and last moment at which this import can have created a flag; None if that isn't known."""
        end = self.closed if self.closed is not None else self.seen
        return None if self.opened is None or end is None else (self.opened, end)

    @property
    def undecided(self) -> bool:
        """It was never seen running."""
        return self.closed is None and self.seen is None


@dataclass(frozen=True, slots=True)
class Importer:
    """Who LaunchDarkly's import acts as: the import key's token and member ids, "" if not known."""

    token: str = ""
    member: str = ""


@dataclass(frozen=True, slots=True)
class Habits:
    """How LaunchDarkly's import writes every flag of a run, as learned from at least three of them.

    `version` is a flag's version at birth, None if it isn't known. `details` names what isn't as planned in most flags.
    """

    version: Number | None = None
    details: Keys = frozenset()


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells one import from another: a journal is found by it."""

    host: str
    project: str
    integration: str
    name: str


@dataclass(frozen=True)
class Journal:
    """One import. `config` has the settings that are no secrets, `references` the place of each secret.

    `before` are the keys that were in the project before the start, archived ones too, as they were read at
    `snapshot_at`; `ids_before` are the configurations of the account before the creation.
    """

    identity: Identity
    tags: tuple[str, ...]
    config: Mapping[str, DataValue]
    references: Mapping[str, str]
    planned_at: Seconds = 0.0
    """0 if the configuration's import has no plan."""
    expected: tuple[Expected, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[SentenceText, ...] = ()
    before: Keys = field(default=frozenset(), repr=False)
    who: DataText = ""
    incomplete: SentenceText = ""
    """Why the plan was incomplete, in a sentence; "" for a complete one. What it lacks isn't expected."""
    stage: Stage = Stage.PLANNED
    ids_before: Keys = frozenset()
    sent_at: Seconds = 0.0
    """When the create request was sent."""
    configuration: str = ""
    reused: bool = False
    mark: Mark | None = None
    """The latest status that is of no run to come: at birth or reuse, right before a start, at an end."""
    snapshot_at: Seconds = 0.0
    start_sent_at: Seconds = 0.0
    """When the start request was sent."""
    started_at: Seconds = 0.0
    verified_at: Seconds = 0.0
    ended_at: Seconds = 0.0
    ended: ForeignText = ""
    """The status in which the import ended."""
    errors: tuple[ForeignText, ...] = ()
    traces: Mapping[str, Trace] = field(default_factory=dict, repr=False)
    """The flags that this import created, as they were when they were first verified."""
    undone: Mapping[str, str] = field(default_factory=dict)
    """What was done with each of them since: archive or delete."""
    account: str = ""
    """The id of the LaunchDarkly account; "" in a journal of version 1.1.0, or if LaunchDarkly didn't say."""
    importer: Importer = Importer()
    habits: Habits = Habits()
    """Learned before the first flag is taken back: the remaining ones may be too few to tell."""
    starts: tuple[Start, ...] = field(default=(), repr=False)
    """Every request that may have started this import, the latest last. A flag is ours if one of them owns it."""
    snapshot: frozenset[str] | None = field(default=None, repr=False, compare=False)
    """All keys of the project at `snapshot_at`; not saved, so a later process reads them again."""
    born_here: bool = field(default=False, repr=False, compare=False)
    """This process created the configuration, so the creation started an import that already runs. Not saved."""

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys that are planned."""
        return frozenset(flag.key for flag in self.expected)

    @cached_property
    def awaited(self) -> frozenset[str]:
        """Those of them that can be imported: a key that someone else has taken meanwhile can't."""
        return self.keys - self.before

    @property
    def unsettled(self) -> bool:
        """A create or start request was sent and its result isn't verified: the import must be resumed."""
        return self.stage in (Stage.CREATING, Stage.STARTING, Stage.STARTED, Stage.ENDED)

    @property
    def opened(self) -> int | None:
        """LaunchDarkly's date right before the latest start (ms), None if it isn't known."""
        return self.starts[-1].opened if self.starts else None

    @property
    def latest(self) -> float:
        """When something last happened in LaunchDarkly, in seconds, as far as it was seen."""
        return max(self.start_sent_at, self.started_at, self.ended_at, self.verified_at)

    @property
    def end(self) -> float:
        """When the import ended by LaunchDarkly's own time, or when that was seen if LaunchDarkly gives none. Seconds,
        0 if no end is known."""
        if self.stage is Stage.STARTING or not self.ended:
            return 0.0
        times = self.mark.end_times.values() if self.mark is not None and self.mark.status == self.ended else ()
        if not times or (self.opened is not None and max(times) < self.opened):
            return self.ended_at
        return max(times) / 1000

    @property
    def flag_tag(self) -> str:
        """The tag that every imported flag gets, "" for none."""
        return str(self.config.get("ldTag") or "")

    @property
    def maintainer(self) -> str:
        """The id of the member who maintains the flags, "" if LaunchDarkly decides."""
        return str(self.config.get("ldMaintainer") or "")


# --- what was in the project before a start


def standing(journal: Journal, created_at: Mapping[str, int | None], now: float) -> Journal:
    """Take a new snapshot right before a start: `created_at` maps the keys of the project to when their flags were
    created (ms).

    What this import has created stays its own: flags that were verified and not created again since, or that appeared
    in a run that is not verified yet. Anything else was there before.
    """
    traces = {
        key: trace for key, trace in journal.traces.items() if key in created_at and created_at[key] == trace.created
    }
    unverified = journal.awaited - journal.traces.keys() if journal.started_at > journal.verified_at else frozenset()
    return replace(
        journal,
        before=frozenset(created_at) - traces.keys() - unverified,
        traces=traces,
        undone={key: action for key, action in journal.undone.items() if key in created_at},
        snapshot_at=now,
        snapshot=frozenset(created_at),
    )


def joined(journal: Journal, keys: Iterable[str]) -> Journal:
    """Add flags that were read after the snapshot, right before a request: they aren't this import's."""
    snapshot = journal.snapshot or frozenset()
    fresh = frozenset(keys) - snapshot
    return replace(journal, before=journal.before | fresh, snapshot=snapshot | fresh)


def identity_of(request: CreateRequest) -> Identity:
    """Return what tells the import of a request from others."""
    return Identity(request.instance.url, request.project, request.integration, request.name)


def mark_of(status: ImportStatus) -> Mark:
    """Return a status as it is now."""
    return Mark(status.status, status.last_import, status.last_error, frozenset(map(print_of, status.errors)))


def print_of(fault: ImportFault) -> str:
    """Return a fingerprint of an error, which shows nothing of its text: that may quote a key."""
    message = fault.original.get_secret_value() or fault.message
    whole = f"{fault.timestamp} {fault.status_code} {message}"
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:16]


# --- the create request


def creating(journal: Journal, ids_before: Iterable[str], now: float, opened: int | None = None) -> Journal:
    """The create request is about to be sent. It may itself start the import, so it opens a start; `opened` is
    LaunchDarkly's date right before."""
    started = _with_start(journal, opened)
    return replace(started, stage=Stage.CREATING, ids_before=frozenset(ids_before), sent_at=now)


def planned_again(journal: Journal) -> Journal:
    """There is no configuration: the create request was refused, or someone deleted it. A configuration that is
    created next takes a snapshot of its own."""
    return replace(
        _without_undecided(journal), stage=Stage.PLANNED, ids_before=frozenset(), sent_at=0.0, configuration="",
        mark=None, snapshot_at=0.0, snapshot=None,
    )  # fmt: skip


def created(journal: Journal, configuration: Configuration, *, reused: bool) -> Journal:
    """The configuration exists. Any run of a new one is later than its birth, as creating may have started it."""
    mark = mark_of(configuration.status) if reused else NEVER_RUN
    identified = replace(journal, configuration=configuration.id, reused=reused, born_here=not reused)
    return replace(identified, stage=Stage.CREATED, mark=mark)


# --- starts, and the time in which each can have created flags


def starting(journal: Journal, mark: Mark, now: float, opened: int | None = None) -> Journal:
    """The start request is about to be sent; `mark` is the status right before, `opened` LaunchDarkly's date."""
    return replace(_with_start(journal, opened), stage=Stage.STARTING, mark=mark, start_sent_at=now)


def found_running(journal: Journal) -> Journal:
    """Someone else has started the import: it is watched, and what it creates isn't ours."""
    return _with_start(_without_undecided(journal), None)


def seen_running(journal: Journal, date: int | None) -> Journal:
    """LaunchDarkly said that the import runs, in an answer of the second `date` (ms)."""
    opened = _open_since(journal)
    return journal if opened is None or date is None or date < opened else _with_latest(journal, seen=date + 999)


def closed(journal: Journal, status: Mark | ImportStatus) -> Journal:
    """The window of the latest start ends at the first end that LaunchDarkly dates after it."""
    opened = _open_since(journal)
    if opened is None:
        return journal
    ends = [at for at in (status.last_import, status.last_error) if at is not None and at >= opened]
    return _with_latest(journal, closed=min(ends)) if ends else journal


def started(journal: Journal, mark: Mark, now: float) -> Journal:
    """The import runs, by the latest start."""
    decided = _without_undecided(journal, but_latest=True)
    return replace(decided, stage=Stage.STARTED, mark=mark, started_at=now, ended="", ended_at=0.0, errors=())


def created_again(journal: Journal) -> Journal:
    """The start was refused: the configuration exists, and nothing of ours runs."""
    if journal.stage is Stage.STARTING and journal.starts:
        journal = replace(journal, starts=journal.starts[:-1])
    else:
        journal = _without_undecided(journal)
    return replace(journal, stage=Stage.CREATED)


def ended(journal: Journal, mark: Mark, errors: Iterable[str], now: float) -> Journal:
    """The import has ended; `mark` is the status that says so."""
    journal = closed(journal, mark)
    return replace(journal, stage=Stage.ENDED, mark=mark, ended=mark.status, errors=tuple(errors), ended_at=now)


def _with_start(journal: Journal, opened: int | None) -> Journal:
    """Add a start. The windows of earlier ones end where they were last seen."""
    earlier = tuple(replace(start, closed=start.seen) if start.closed is None else start for start in journal.starts)
    return replace(journal, starts=(*earlier, Start(journal.snapshot or journal.before, opened)))


def _with_latest(journal: Journal, **changes: Any) -> Journal:
    *earlier, latest = journal.starts
    return replace(journal, starts=(*earlier, replace(latest, **changes)))


def _without_undecided(journal: Journal, *, but_latest: bool = False) -> Journal:
    """Drop the starts that were never seen running."""
    latest = journal.starts[-1] if journal.starts and but_latest else None
    return replace(journal, starts=tuple(start for start in journal.starts if start is latest or not start.undecided))


def _open_since(journal: Journal) -> int | None:
    """When the window of the latest start began; None if that isn't known, or if the window is closed."""
    return None if journal.starts and journal.starts[-1].closed is not None else journal.opened


# --- the imported flags


def verified(journal: Journal, arrived: Iterable[WholeFlag], now: float) -> Journal:
    """The imported flags were compared. Their versions at the first comparison are kept, to show later changes.

    A flag that was missing at the comparison after the end and exists later isn't known to be of this import.
    """
    if journal.stage not in (Stage.STARTED, Stage.ENDED):
        return journal
    traces = {flag.key: trace_of(flag) for flag in arrived if flag.key in journal.awaited}
    for key, first in journal.traces.items():  # environments are those of the first look that could read them
        whole = traces.get(key)
        traces[key] = first if first.environments or whole is None else replace(first, environments=whole.environments)
    if journal.stage is Stage.STARTED:
        return replace(journal, traces=traces)
    return replace(journal, stage=Stage.VERIFIED, traces=traces, verified_at=now)


def first_seen(journal: Journal, flags: Iterable[Flag]) -> Journal:
    """Flags were seen for the first time, in a list that says nothing of their environments."""
    fresh = {flag.key: Trace(flag.created, flag.version, {}) for flag in flags if flag.key not in journal.traces}
    return replace(journal, traces={**journal.traces, **fresh}) if fresh else journal


def undone(journal: Journal, actions: Mapping[str, str]) -> Journal:
    """Flags were archived or deleted again, by key."""
    return replace(journal, undone={**journal.undone, **actions})


def trace_of(flag: WholeFlag) -> Trace:
    """Return the versions of a flag as it is now."""
    states = flag.environments or {}
    return Trace(flag.created, flag.version, {key: (s.version, s.last_modified) for key, s in states.items()})
