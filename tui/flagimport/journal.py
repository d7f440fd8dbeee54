"""What one import was meant to do and how far it has come, written down before and after each step.

A terminal may be closed, a connection dropped, the program killed at any moment: the next start goes on from here,
with your token alone. It holds no secret, only where one is to be found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tui.flagimport.plan import Plan
from tui.flagimport.request import CreateRequest, Slot
from tui.launchdarkly.models import Configuration
from tui.launchdarkly.whole_flags import WholeFlag
from tui.sources.flags import Lost, Variation


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

    `lost` is what has to be made again by hand; the source need not be asked again for a report.
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


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One flag of the source that does not arrive."""

    key: str
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A configuration's status at one moment; times in ms since the epoch. A later run moves one of the times."""

    status: str
    last_import: int | None
    last_error: int | None


@dataclass(frozen=True, slots=True)
class Trace:
    """The versions of a flag when it was verified, by which a later change of it is known.

    `environments` maps an environment to its version and its last change (ms since the epoch).
    """

    created: int | None
    version: int | None
    environments: Mapping[str, tuple[int | None, int | None]]


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

    `before` are the keys that stood in the project before the start, archived ones too; `ids_before` the
    configurations of the account before the creation. Times in seconds since the epoch, 0 where not yet.
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
    stage: Stage = Stage.PLANNED
    ids_before: frozenset[str] = frozenset()
    sent_at: float = 0.0
    """When the request that creates was sent."""
    configuration: str = ""
    reused: bool = False
    mark: Mark | None = None
    """The status before the start."""
    started_at: float = 0.0
    ended_at: float = 0.0
    ended: str = ""
    """The status in which the import ended."""
    errors: tuple[str, ...] = ()
    traces: Mapping[str, Trace] = field(default_factory=dict, repr=False)
    """The flags that this import made, as they were when they were verified."""
    undone: Mapping[str, str] = field(default_factory=dict)
    """What was done with each of them since: archive or delete."""

    @property
    def keys(self) -> frozenset[str]:
        """The keys that are planned to arrive."""
        return frozenset(each.key for each in self.expected)

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
) -> Journal:
    """The journal of an import that is about to be made. `explained` has the losses of each arriving flag by key."""
    return Journal(
        identity=identity_of(request),
        tags=request.tags,
        config={key: value for key, value in request.config.items() if not isinstance(value, Slot)},
        references=references,
        planned_at=plan.read_at,
        expected=tuple(
            Expected(
                key=each.flag.key,
                name=each.flag.name,
                description=each.flag.description,
                tags=each.flag.tags,
                variations=each.flag.variations,
                on=each.flag.on,
                off=each.flag.off,
                on_at_source=each.flag.on_at_source,
                lost=explained.get(each.flag.key, ()),
            )
            for each in plan.arriving
        ),
        left_out=tuple(LeftOut(p.flag.key, p.verdict.value, p.reason) for p in plan.flags if not p.arrives),
        notes=plan.notes,
        before=frozenset(plan.existing),
        who=who,
    )


def identity_of(request: CreateRequest) -> Identity:
    """What tells the import that a request stands for from others."""
    return Identity(request.instance.url, request.project, request.integration, request.name)


def mark_of(configuration: Configuration) -> Mark:
    """A configuration's status as it is now."""
    status = configuration.status
    return Mark(status.status, status.last_import, status.last_error)


def creating(journal: Journal, ids_before: Iterable[str], now: float) -> Journal:
    """The request that creates is about to be sent."""
    return replace(journal, stage=Stage.CREATING, ids_before=frozenset(ids_before), sent_at=now)


def planned_again(journal: Journal) -> Journal:
    """The request that creates was refused: there is no configuration."""
    return replace(journal, stage=Stage.PLANNED, ids_before=frozenset(), sent_at=0.0)


def created(journal: Journal, configuration: Configuration, *, reused: bool) -> Journal:
    """The configuration exists. A new one has its status from its birth: creating may have started it."""
    return replace(journal, stage=Stage.CREATED, configuration=configuration.id, reused=reused)


def starting(journal: Journal, mark: Mark) -> Journal:
    """The request that starts is about to be sent; `mark` is the status right before."""
    return replace(journal, stage=Stage.STARTING, mark=mark)


def started(journal: Journal, mark: Mark, now: float) -> Journal:
    """The import runs."""
    return replace(journal, stage=Stage.STARTED, mark=mark, started_at=now, ended="", ended_at=0.0, errors=())


def created_again(journal: Journal) -> Journal:
    """The start was refused: the configuration exists, and nothing runs."""
    return replace(journal, stage=Stage.CREATED, mark=None)


def ended(journal: Journal, status: str, errors: Iterable[str], now: float) -> Journal:
    """The import has come to its end."""
    return replace(journal, stage=Stage.ENDED, ended=status, errors=tuple(errors), ended_at=now)


def verified(journal: Journal, arrived: Iterable[WholeFlag]) -> Journal:
    """What has arrived was compared; their versions are kept, so that later changes can be told."""
    traces = {flag.key: trace_of(flag) for flag in arrived}
    return replace(journal, stage=Stage.VERIFIED, traces={**journal.traces, **traces})


def undone(journal: Journal, actions: Mapping[str, str]) -> Journal:
    """Flags were archived or deleted again, by key."""
    return replace(journal, undone={**journal.undone, **actions})


def trace_of(flag: WholeFlag) -> Trace:
    """The versions of a flag as it is now."""
    states = flag.environments or {}
    return Trace(flag.created, flag.version, {key: (s.version, s.last_modified) for key, s in states.items()})
