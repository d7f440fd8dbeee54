"""What one import was meant to do and how far it has come, written down before and after each step.

A terminal may be closed, a connection dropped, the program killed at any moment: the next start goes on from here,
with your token alone. It holds no secret, only where one is to be found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from tui.answers.request import CreateRequest, Slot
from tui.launchdarkly.models import Configuration, Flag, ImportFault, ImportStatus
from tui.launchdarkly.whole_flags import WholeFlag
from tui.plan.plan import Plan, PlannedFlag
from tui.sources.flags import Lost, Targets, Variation


class Stage(StrEnum):
    """How far an import has come. Those ending in -ing say that a request was sent whose answer is not noted."""

    PLANNED = "planned"
    CREATING = "creating"
    CREATED = "created"
    STARTING = "starting"
    STARTED = "started"
    ENDED = "ended"
    VERIFIED = "verified"


@dataclass(frozen=True, slots=True)
class Expected:
    """One flag that is planned to arrive, and what it must look like. `tags` is None where they could not be read.

    `lost` is what has to be made again by hand; the source need not be asked again for a report. `warnings` are those
    of the plan; `cut_over_warning` is the one of them about turning the flag on, or "". `targets` are the source's
    individual targets, which the import may bring along.
    """

    key: str
    name: str
    description: str
    tags: tuple[str, ...] | None
    variations: tuple[Variation, ...]
    on: int | None
    off: int | None
    on_at_source: bool
    lost: tuple[Lost, ...]
    warnings: tuple[str, ...] = ()
    cut_over_warning: str = ""
    targets: Targets = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One flag of the source that does not arrive."""

    key: str
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A configuration's status at one moment; times in ms since the epoch. A later run moves one of the times.

    `errors` are prints of the errors that stood there: they are those of an earlier run.
    """

    status: str
    last_import: int | None
    last_error: int | None
    errors: frozenset[str] = frozenset()


NEVER_RUN = Mark("", None, None)
"""A configuration at its birth: whatever its status tells later is of a run since."""
GONE = Mark("not known: its configuration was deleted", None, None)
"""Instead of an end: nobody can see how the import ended."""


@dataclass(frozen=True, slots=True)
class Trace:
    """The versions of a flag when it was verified, by which a later change of it is known.

    `environments` maps an environment to its version and its last change (ms since the epoch).
    """

    created: int | None
    version: int | None
    environments: Mapping[str, tuple[int | None, int | None]]


@dataclass(frozen=True, slots=True)
class Start:
    """One request that may start an import, and the time in which that import can have made flags.

    Times are milliseconds since the epoch by LaunchDarkly's own clock. `opened` is the second of its last answer
    before the request, None where it sent no date or where somebody else had started the import: then this start
    owns no flag. `closed` is the first `lastImport` or `lastError` after that, `seen` the end of the second in
    which it was last seen running. `before` holds all keys of the project right before the request.
    """

    before: frozenset[str]
    opened: int | None
    closed: int | None = None
    seen: int | None = None

    @property
    def window(self) -> tuple[int, int] | None:
        """First and last moment at which this import can have created a flag; None where that is not known."""
        end = self.closed if self.closed is not None else self.seen
        return None if self.opened is None or end is None else (self.opened, end)


@dataclass(frozen=True, slots=True)
class Importer:
    """Who LaunchDarkly's import acts as: the import key's token and member ids, "" where not known."""

    token: str = ""
    member: str = ""


@dataclass(frozen=True, slots=True)
class Habits:
    """How LaunchDarkly's import writes every flag of a run, as learned from at least three of them.

    `version` is a flag's version at birth, None if it isn't known. `details` names what isn't as planned in most flags.
    """

    version: int | None = None
    details: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells one import from another: with it a journal is found again."""

    host: str
    project: str
    integration: str
    name: str


@dataclass(frozen=True)
class Journal:
    """One import. `config` holds the settings that are no secrets, `references` says where each secret is.

    `before` are the keys that stood in the project before the start, archived ones too, as they were read at
    `snapshot_at`; `ids_before` the configurations of the account before the creation. Times in seconds since the
    epoch, 0 where not yet.
    """

    identity: Identity
    tags: tuple[str, ...]
    config: Mapping[str, object]
    references: Mapping[str, str]
    planned_at: float
    expected: tuple[Expected, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    before: frozenset[str] = field(repr=False)
    who: str = ""
    incomplete: str = ""
    """Why the plan was not whole, in a sentence; "" for a whole one. What it lacks is not expected."""
    stage: Stage = Stage.PLANNED
    ids_before: frozenset[str] = frozenset()
    sent_at: float = 0.0
    """When the request that creates was sent."""
    configuration: str = ""
    reused: bool = False
    mark: Mark | None = None
    """The latest status that is of no run to come: at birth or reuse, right before a start, at an end."""
    snapshot_at: float = 0.0
    start_sent_at: float = 0.0
    """When the request that starts was sent."""
    started_at: float = 0.0
    verified_at: float = 0.0
    ended_at: float = 0.0
    ended: str = ""
    """The status in which the import ended."""
    errors: tuple[str, ...] = ()
    traces: Mapping[str, Trace] = field(default_factory=dict, repr=False)
    """The flags that this import made, as they were when they were verified first."""
    undone: Mapping[str, str] = field(default_factory=dict)
    """What was done with each of them since: archive or delete."""
    account: str = ""
    """The id of the LaunchDarkly account; "" in a journal of version 1.1.0, or where LaunchDarkly did not say."""
    importer: Importer = Importer()
    habits: Habits = Habits()
    """Learned before the first flag is taken back: those that are left may be too few to tell."""
    starts: tuple[Start, ...] = field(default=(), repr=False)
    """Every request that may have started this import, the latest last. A flag is ours if one of them owns it."""
    snapshot: frozenset[str] | None = field(default=None, repr=False, compare=False)
    """All keys of the project at `snapshot_at`; not saved, so a later process reads them again."""
    born_here: bool = field(default=False, repr=False, compare=False)
    """This process created the configuration, so an import that runs already was started by the creation."""

    @property
    def keys(self) -> frozenset[str]:
        """The keys that are planned to arrive."""
        return frozenset(each.key for each in self.expected)

    @property
    def awaited(self) -> frozenset[str]:
        """Those of them that can arrive: a key that somebody else took meanwhile cannot."""
        return self.keys - self.before

    @property
    def unsettled(self) -> bool:
        """A create or a start was sent, and what came of it is not verified: it must be gone on with."""
        return self.stage in (Stage.CREATING, Stage.STARTING, Stage.STARTED, Stage.ENDED)

    @property
    def latest(self) -> float:
        """When something happened in LaunchDarkly last, seconds since the epoch, as far as it was seen."""
        return max(self.start_sent_at, self.started_at, self.ended_at, self.verified_at)

    @property
    def end(self) -> float:
        """When the import ended by LaunchDarkly's own time, or when that was seen if LaunchDarkly gives none. Seconds
        since the epoch, 0 if no end is known."""
        if self.stage is Stage.STARTING or not self.ended:
            return 0.0
        at = _end_of(self.mark) if self.mark is not None and self.mark.status == self.ended else None
        opened = self.starts[-1].opened if self.starts else None
        return self.ended_at if at is None or (opened is not None and at < opened) else at / 1000

    @property
    def flag_tag(self) -> str:
        """The tag that every arriving flag gets, "" for none."""
        return str(self.config.get("ldTag") or "")

    @property
    def maintainer(self) -> str:
        """The id of the member who gets the flags, "" where LaunchDarkly decides."""
        return str(self.config.get("ldMaintainer") or "")


def begin(
    request: CreateRequest,
    references: Mapping[str, str],
    plan: Plan,
    explained: Mapping[str, tuple[Lost, ...]],
    who: str,
    account: str = "",
) -> Journal:
    """The journal of an import that is about to be made. `explained` has the losses of each arriving flag by key."""
    return Journal(
        identity=identity_of(request),
        tags=request.tags,
        config=_settings(request),
        references=references,
        planned_at=plan.read_at,
        expected=tuple(expected_of(each, explained) for each in plan.arriving),
        left_out=tuple(LeftOut(p.flag.key, p.verdict.value, p.reason) for p in plan.flags if not p.arrives),
        notes=plan.notes,
        before=frozenset(plan.existing),
        who=who,
        incomplete=plan.incomplete,
        snapshot_at=_snapshot_at(plan),
        account=account,
        snapshot=_snapshot(plan),
    )


def unplanned(request: CreateRequest, references: Mapping[str, str], who: str, account: str = "") -> Journal:
    """The journal of a configuration that is only created: nobody has planned yet what it is to bring."""
    config = _settings(request)
    return Journal(
        identity_of(request), request.tags, config, references, 0.0, (), (), (), frozenset(), who, account=account
    )


def of_existing(host: str, configuration: Configuration, who: str) -> Journal:
    """A journal for starting and watching a configuration that nobody planned here: it expects nothing.

    It need not be kept: nothing can be verified or undone by it.
    """
    identity = Identity(host, configuration.project_key, configuration.integration_key, configuration.name)
    bare = Journal(identity, configuration.tags, {}, {}, 0.0, (), (), (), frozenset(), who)
    return created(bare, configuration, reused=True)


def again(journal: Journal, plan: Plan, explained: Mapping[str, tuple[Lost, ...]]) -> Journal:
    """The journal of a second start: what was expected stays expected, what is new in the plan comes to it.

    Of a flag that is still to arrive the plan tells how it will look. Flags that somebody else has made meanwhile
    stood there before. The configuration is started next.
    """
    arriving = {each.flag.key: expected_of(each, explained) for each in plan.arriving}
    kept = tuple(arriving.pop(each.key, each) for each in journal.expected)
    there = journal
    if not plan.incomplete:
        there = standing(journal, {key: flag.created for key, flag in plan.existing.items()}, plan.read_at)
    return replace(
        there,
        stage=Stage.CREATED,
        planned_at=plan.read_at,
        expected=(*kept, *arriving.values()),
        left_out=tuple(LeftOut(p.flag.key, p.verdict.value, p.reason) for p in plan.flags if not p.arrives),
        notes=plan.notes,
        incomplete=plan.incomplete,
        snapshot_at=_snapshot_at(plan),
        snapshot=_snapshot(plan),
    )


def _snapshot(plan: Plan) -> frozenset[str] | None:
    return None if plan.incomplete else frozenset(plan.existing)


def _snapshot_at(plan: Plan) -> float:
    """When the plan has read all that stands in the project; 0 where it has not, so that the start reads it anew."""
    return 0.0 if plan.incomplete else plan.read_at


def renewed(
    noted: Journal | None, fresh: Journal, plan: Plan | None, explained: Mapping[str, tuple[Lost, ...]]
) -> Journal:
    """`fresh` where `noted` stands already. What an earlier run has made stays its own, whatever became of it since,
    and whether there is a plan this time."""
    if noted is None or not (noted.configuration or noted.traces):
        return fresh
    later = again(noted, plan, explained) if plan is not None else created_again(noted)
    if not noted.configuration:
        later = planned_again(later)
    return replace(
        later,
        config=fresh.config,
        references=fresh.references,
        tags=fresh.tags,
        who=fresh.who or noted.who,
        account=fresh.account or noted.account,
    )


def standing(journal: Journal, there: Mapping[str, int | None], now: float) -> Journal:
    """A new snapshot right before a start: `there` maps the keys of the project to when their flags were made (ms).

    What this import has made stays its own: flags that were verified and not made anew since, or that came in a
    run that nobody has verified yet. Anything else stood there before.
    """
    traces = {key: each for key, each in journal.traces.items() if key in there and there[key] == each.created}
    unverified = journal.awaited - journal.traces.keys() if journal.started_at > journal.verified_at else frozenset()
    return replace(
        journal,
        before=frozenset(there) - traces.keys() - unverified,
        traces=traces,
        undone={key: what for key, what in journal.undone.items() if key in there},
        snapshot_at=now,
        snapshot=frozenset(there),
    )


def joined(journal: Journal, keys: Iterable[str]) -> Journal:
    """Flags that were there right before a request, read after the snapshot: they are not this import's."""
    fresh = frozenset(keys) - (journal.snapshot or frozenset())
    return replace(journal, before=journal.before | fresh, snapshot=(journal.snapshot or frozenset()) | fresh)


def _settings(request: CreateRequest) -> dict[str, object]:
    return {key: value for key, value in request.config.items() if not isinstance(value, Slot)}


def expected_of(each: PlannedFlag, explained: Mapping[str, tuple[Lost, ...]] = MappingProxyType({})) -> Expected:
    """What a flag of a plan must look like when it has arrived. `explained` has its losses by key."""
    flag = each.flag
    return Expected(
        key=flag.key,
        name=flag.name,
        description=flag.description,
        tags=flag.tags,
        variations=flag.variations,
        on=flag.on,
        off=flag.off,
        on_at_source=flag.on_at_source,
        lost=explained.get(flag.key, ()),
        warnings=each.warnings,
        cut_over_warning=each.cut_over_warning,
        targets=flag.targets,
    )


def identity_of(request: CreateRequest) -> Identity:
    """What tells the import that a request stands for from others."""
    return Identity(request.instance.url, request.project, request.integration, request.name)


def mark_of(status: ImportStatus) -> Mark:
    """A status as it is now."""
    return Mark(status.status, status.last_import, status.last_error, frozenset(map(print_of, status.errors)))


def _end_of(mark: Mark) -> int | None:
    """The time that belongs to an end, ms since the epoch; an import that brought a part may have either."""
    times = {"complete": (mark.last_import,), "failed": (mark.last_error,)}.get(
        mark.status, (mark.last_import, mark.last_error)
    )
    return max((at for at in times if at is not None), default=None)


def print_of(fault: ImportFault) -> str:
    """What tells one error from another, and nothing of what it says: it may quote a key."""
    message = fault.original.get_secret_value() or fault.message
    whole = f"{fault.timestamp} {fault.status_code} {message}"
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def creating(journal: Journal, ids_before: Iterable[str], now: float, opened: int | None = None) -> Journal:
    """The request that creates is about to be sent. It may itself start the import, so it opens a start; `opened` is
    LaunchDarkly's date right before."""
    started = _with_start(journal, opened)
    return replace(started, stage=Stage.CREATING, ids_before=frozenset(ids_before), sent_at=now)


def planned_again(journal: Journal) -> Journal:
    """There is no configuration: the request that creates was refused, or somebody deleted it. A configuration that
    is created next takes a snapshot of its own."""
    return replace(
        _without_undecided(journal),
        stage=Stage.PLANNED,
        ids_before=frozenset(),
        sent_at=0.0,
        configuration="",
        mark=None,
        snapshot_at=0.0,
        snapshot=None,
    )


def created(journal: Journal, configuration: Configuration, *, reused: bool) -> Journal:
    """The configuration exists. A new one is told from its birth: creating may have started it."""
    mark = mark_of(configuration.status) if reused else NEVER_RUN
    return replace(
        journal,
        stage=Stage.CREATED,
        configuration=configuration.id,
        reused=reused,
        mark=mark,
        born_here=not reused,
    )


def starting(journal: Journal, mark: Mark, now: float, opened: int | None = None) -> Journal:
    """The request that starts is about to be sent; `mark` is the status right before, `opened` LaunchDarkly's date."""
    return replace(_with_start(journal, opened), stage=Stage.STARTING, mark=mark, start_sent_at=now)


def found_running(journal: Journal) -> Journal:
    """Somebody else has started the import: it is watched, and what it creates is not ours."""
    return _with_start(_without_undecided(journal), None)


def _with_start(journal: Journal, opened: int | None) -> Journal:
    """A new start beside those of before, whose windows end where they were last seen."""
    frozen = tuple(replace(each, closed=each.seen) if each.closed is None else each for each in journal.starts)
    return replace(journal, starts=(*frozen, Start(journal.snapshot or journal.before, opened)))


def _without_undecided(journal: Journal, *, but_latest: bool = False) -> Journal:
    """Drop the starts that were never seen running."""
    last = journal.starts[-1] if journal.starts and but_latest else None
    return replace(
        journal,
        starts=tuple(
            each for each in journal.starts if each is last or each.closed is not None or each.seen is not None
        ),
    )


def seen_running(journal: Journal, date: int | None) -> Journal:
    """LaunchDarkly said in an answer of the second `date` (ms) that the import runs."""
    latest = journal.starts[-1] if journal.starts else None
    if latest is None or date is None or latest.closed is not None or latest.opened is None or date < latest.opened:
        return journal
    return replace(journal, starts=(*journal.starts[:-1], replace(latest, seen=date + 999)))


def closed(journal: Journal, status: Mark | ImportStatus) -> Journal:
    """The window of the latest start ends at the first end that LaunchDarkly dates after it."""
    latest = journal.starts[-1] if journal.starts else None
    if latest is None or latest.opened is None or latest.closed is not None:
        return journal
    opened = latest.opened
    ends = [at for at in (status.last_import, status.last_error) if at is not None and at >= opened]
    return replace(journal, starts=(*journal.starts[:-1], replace(latest, closed=min(ends)))) if ends else journal


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
    """The import has come to its end; `mark` is the status that says so."""
    journal = closed(journal, mark)
    return replace(journal, stage=Stage.ENDED, mark=mark, ended=mark.status, errors=tuple(errors), ended_at=now)


def verified(journal: Journal, arrived: Iterable[WholeFlag], now: float) -> Journal:
    """What has arrived was compared; the versions at the first comparison are kept, so that later changes can be told.

    A flag that was missing at the comparison after the end and is there later is not known to be of this import.
    """
    if journal.stage not in (Stage.STARTED, Stage.ENDED):
        return journal
    found = {flag.key: trace_of(flag) for flag in arrived if flag.key in journal.awaited}
    stage = Stage.VERIFIED if journal.stage is Stage.ENDED else journal.stage
    at = now if journal.stage is Stage.ENDED else journal.verified_at
    traces = {**found, **{key: _first(each, found.get(key)) for key, each in journal.traces.items()}}
    return replace(journal, stage=stage, traces=traces, verified_at=at)


def first_seen(journal: Journal, flags: Iterable[Flag]) -> Journal:
    """Flags were seen for the first time, in a list that says nothing of their environments."""
    fresh = {each.key: Trace(each.created, each.version, {}) for each in flags if each.key not in journal.traces}
    return replace(journal, traces={**journal.traces, **fresh}) if fresh else journal


def _first(trace: Trace, whole: Trace | None) -> Trace:
    """The first sight of a flag; its environments are those of the first look that could see them."""
    return trace if trace.environments or whole is None else replace(trace, environments=whole.environments)


def undone(journal: Journal, actions: Mapping[str, str]) -> Journal:
    """Flags were archived or deleted again, by key."""
    return replace(journal, undone={**journal.undone, **actions})


def trace_of(flag: WholeFlag) -> Trace:
    """The versions of a flag as it is now."""
    states = flag.environments or {}
    return Trace(flag.created, flag.version, {key: (s.version, s.last_modified) for key, s in states.items()})
