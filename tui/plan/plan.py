"""What the import will do with each flag, told from both sides before anything is sent.

LaunchDarkly's import checks nothing beforehand: it skips keys that exist, archived ones too, and cannot make keys
that it does not take. Rules: LaunchDarkly's documentation of flag import; the order in which verdicts are tried is
that of `decide`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from tui.net.errors import Failure
from tui.net.times import day
from tui.plan.conventions import bad_key, breaks, not_taken
from tui.plan.request import PlanRequest
from tui.sources.flags import SourceFlag

if TYPE_CHECKING:  # pydantic is loaded after the first paint
    from tui.launchdarkly.models import Flag, NamingConvention

FRESH_SECONDS = 15 * 60.0
"""A plan older than this is out of date: somebody may have changed flags on either side."""


class Verdict(StrEnum):
    """What becomes of one flag."""

    IMPORT = "import"
    SKIP_EXISTS = "skip-exists"
    SKIP_ARCHIVED = "skip-archived"
    INVALID_KEY = "invalid-key"
    DUPLICATE = "duplicate"
    BREAKS_CONVENTION = "breaks-convention"


SKIPPED = (Verdict.SKIP_EXISTS, Verdict.SKIP_ARCHIVED)
CANNOT = (Verdict.INVALID_KEY, Verdict.DUPLICATE, Verdict.BREAKS_CONVENTION)
WORDS: Mapping[Verdict, str] = {
    Verdict.IMPORT: "arrives",
    Verdict.SKIP_EXISTS: "exists",
    Verdict.SKIP_ARCHIVED: "archived",
    Verdict.INVALID_KEY: "bad key",
    Verdict.DUPLICATE: "duplicate",
    Verdict.BREAKS_CONVENTION: "convention",
}
"""What a person calls each verdict."""


@dataclass(frozen=True, slots=True)
class PlannedFlag:
    """One flag of the source and what becomes of it. `reason` is "" for one that arrives."""

    flag: SourceFlag
    verdict: Verdict
    reason: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def arrives(self) -> bool:
        return self.verdict is Verdict.IMPORT

    @property
    def goes_off(self) -> bool:
        """It is on at the source and will be off in LaunchDarkly."""
        return self.arrives and self.flag.on_at_source

    @property
    def cut_over_warning(self) -> str:
        """What turning it on in LaunchDarkly takes away, "" where it takes nothing away or the flag isn't imported."""
        return self.flag.cut_over_warning if self.arrives else ""


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of flags; `invalid` are those that cannot arrive, `lossy` and `on_at_source` are of those that do."""

    source: int
    arrive: int
    skip: int
    invalid: int
    lossy: int
    on_at_source: int


@dataclass(frozen=True)
class Plan:
    """Every flag of the source with its verdict.

    `keys` counts the flags of the LaunchDarkly project, archived ones included. `existing` is what stood there,
    by key. `incomplete` says in a sentence why the plan is not whole, "" for one that was read in full on both
    sides; `failure` is what stopped the reading, None where a person did. `read_at` in seconds since the epoch.
    """

    request: PlanRequest
    flags: tuple[PlannedFlag, ...]
    existing: Mapping[str, Flag]
    notes: tuple[str, ...]
    read_at: float
    incomplete: str = ""
    failure: Failure | None = None
    announced: int | None = None
    """How many flags the source said it has, None where it did not."""

    @property
    def keys(self) -> int:
        return len(self.existing)

    @property
    def whole(self) -> bool:
        return not self.incomplete

    @cached_property
    def counts(self) -> Counts:
        arriving = self.arriving
        by_verdict = self.by_verdict
        return Counts(
            source=len(self.flags),
            arrive=len(arriving),
            skip=sum(by_verdict[each] for each in SKIPPED),
            invalid=sum(by_verdict[each] for each in CANNOT),
            lossy=sum(bool(each.flag.losses) for each in arriving),
            on_at_source=sum(each.flag.on_at_source for each in arriving),
        )

    @cached_property
    def by_verdict(self) -> Counter[Verdict]:
        """How many flags have each verdict."""
        return Counter(each.verdict for each in self.flags)

    @cached_property
    def arriving(self) -> tuple[PlannedFlag, ...]:
        return tuple(each for each in self.flags if each.arrives)

    @cached_property
    def cut_over(self) -> tuple[PlannedFlag, ...]:
        """The flags that go off by the import, those with a warning about turning them on first."""
        on = (each for each in self.arriving if each.goes_off)
        return tuple(sorted(on, key=lambda each: not each.cut_over_warning))

    @cached_property
    def losses(self) -> dict[str, int]:
        """How many of the arriving flags lose each kind of thing, the most frequent first."""
        counted = Counter(kind for each in self.arriving for kind in each.flag.losses)
        return dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))

    def is_old(self, now: float) -> bool:
        """Whether so much time has gone by `now` (seconds since the epoch) that somebody may have changed flags."""
        return now - self.read_at > FRESH_SECONDS

    @property
    def shortfall(self) -> str:
        """What the plan lacks, in a sentence; "" for a whole one that brings something."""
        if not self.whole:
            return f"The plan is NOT COMPLETE. {self.incomplete}"
        if not self.counts.source:
            return f"0 flags match. {_NOTHING.get(self.request.integration, _NOTHING_ANYWHERE)}"
        if not self.counts.arrive:
            return "Nothing would arrive: each flag exists in the project already, or cannot be made there."
        return ""


UNLEASH_TELLS_NOT = "Unleash answers the same for a project or tag that does not exist."
_NOTHING_ANYWHERE = "Look at the source whether there are flags, and at your answers."
_NOTHING = {
    "unleash": UNLEASH_TELLS_NOT,
    "split": "Most likely no flag has this tag, or the workspace is another one.",
}


def decide(
    flags: Sequence[SourceFlag], existing: Mapping[str, Flag], convention: NamingConvention | None
) -> tuple[PlannedFlag, ...]:
    """The verdict on each flag, in the order given.

    A key that LaunchDarkly cannot take is tried first, then one that came before in the list, one that exists,
    and one that breaks the project's convention.
    """
    seen: set[str] = set()
    decided = []
    for flag in flags:
        verdict, reason = _verdict(flag.key, seen, existing, convention)
        seen.add(flag.key)
        decided.append(PlannedFlag(flag, verdict, reason, _warnings(flag, verdict)))
    return _with_case_twins(decided, existing)


def _warnings(flag: SourceFlag, verdict: Verdict) -> tuple[str, ...]:
    """What there is to mind of a flag: for one that is imported also what comes of it in LaunchDarkly."""
    if verdict is not Verdict.IMPORT:
        return flag.warnings
    return (*filter(None, (flag.cut_over_warning,)), *flag.warnings, *not_taken(flag))


def _verdict(
    key: str, seen: set[str], existing: Mapping[str, Flag], convention: NamingConvention | None
) -> tuple[Verdict, str]:
    if reason := bad_key(key):
        return Verdict.INVALID_KEY, reason
    if key in seen:
        return Verdict.DUPLICATE, "the source lists this name twice; the first one counts"
    there = existing.get(key)
    if there is not None and there.archived:
        return Verdict.SKIP_ARCHIVED, "archived there; its key is still taken"
    if there is not None:
        return Verdict.SKIP_EXISTS, f"made there {day(there.created / 1000)}" if there.created else "is there already"
    if reason := breaks(key, convention):
        return Verdict.BREAKS_CONVENTION, reason
    return Verdict.IMPORT, ""


def _with_case_twins(decided: list[PlannedFlag], existing: Mapping[str, Flag]) -> tuple[PlannedFlag, ...]:
    """Keys that differ by case alone are two flags to LaunchDarkly, and one mistake to most people."""
    spellings: dict[str, dict[str, None]] = {}
    for key in (*existing, *(each.flag.key for each in decided)):
        spellings.setdefault(key.casefold(), {})[key] = None
    return tuple(_with_twin(each, spellings[each.flag.key.casefold()]) for each in decided)


def _with_twin(planned: PlannedFlag, spellings: Iterable[str]) -> PlannedFlag:
    others = [key for key in spellings if key != planned.flag.key]
    if not others or not planned.arrives:
        return planned
    text = f"Differs by case alone from {', '.join(others[:3])}."
    return replace(planned, warnings=(*planned.warnings, text))
