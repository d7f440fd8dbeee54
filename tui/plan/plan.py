"""What the import will do with each flag, decided from both sides before anything is sent.

LaunchDarkly's import checks nothing beforehand: it skips keys that exist, archived ones too, and can't create keys that
LaunchDarkly doesn't accept (LaunchDarkly's documentation of flag import).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from tui.net.errors import Failure
from tui.plan.conventions import bad_key, breaks, not_taken
from tui.plan.request import PlanRequest
from tui.sources.flags import SourceFlag
from tui.text.redacted_fields import SentenceText
from tui.text.times import day

if TYPE_CHECKING:  # pydantic is loaded after the first paint
    from tui.launchdarkly.models import Flag, NamingConvention

FRESH_SECONDS = 15 * 60.0
"""An older plan is out of date: someone may have changed flags on either side."""


class Verdict(StrEnum):
    """What the import does with one flag."""

    IMPORT = "import"
    SKIP_EXISTS = "skip-exists"
    SKIP_ARCHIVED = "skip-archived"
    INVALID_KEY = "invalid-key"
    DUPLICATE = "duplicate"
    BREAKS_CONVENTION = "breaks-convention"


SKIPPED = (Verdict.SKIP_EXISTS, Verdict.SKIP_ARCHIVED)
CANNOT = (Verdict.INVALID_KEY, Verdict.DUPLICATE, Verdict.BREAKS_CONVENTION)
WORDS: Mapping[Verdict, str] = {
    Verdict.IMPORT: "import",
    Verdict.SKIP_EXISTS: "exists",
    Verdict.SKIP_ARCHIVED: "archived",
    Verdict.INVALID_KEY: "invalid key",
    Verdict.DUPLICATE: "duplicate",
    Verdict.BREAKS_CONVENTION: "naming rule",
}
"""The word for each verdict on screens and in files."""


@dataclass(frozen=True, slots=True)
class PlannedFlag:
    """One flag of the source and its verdict. `reason` is "" for one that is imported."""

    flag: SourceFlag
    verdict: Verdict
    reason: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def arrives(self) -> bool:
        return self.verdict is Verdict.IMPORT

    @property
    def goes_off(self) -> bool:
        """Whether it is on at the source and will be off in LaunchDarkly."""
        return self.arrives and self.flag.on_at_source

    @property
    def cut_over_warning(self) -> str:
        """What turning it on in LaunchDarkly takes away, "" where it takes nothing away or the flag isn't imported."""
        return self.flag.cut_over_warning if self.arrives else ""


ProspectGrade = Literal["faithful", "approximate", "by-hand", "not-checked"]


@dataclass(frozen=True, slots=True)
class Prospect:
    """Whether a flag's targeting can be rebuilt in LaunchDarkly, as far as its definition shows.

    `approximations` are names of tui.targeting.approximations; `reasons` are sentences that say why it is by hand, or
    what has to be read first.
    """

    grade: ProspectGrade
    approximations: tuple[str, ...] = ()
    reasons: tuple[SentenceText, ...] = ()


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

    `existing` are the flags of the LaunchDarkly project by key, archived ones included. `incomplete` is a sentence
    that says why the plan is not whole, "" for one that was read in full on both sides; `failure` is what stopped the
    reading, None where a person did. `read_at` is in seconds since the epoch. `announced` is how many flags the source
    says it has, None where it says nothing.
    """

    request: PlanRequest
    flags: tuple[PlannedFlag, ...]
    existing: Mapping[str, Flag]
    notes: tuple[str, ...]
    read_at: float
    incomplete: str = ""
    failure: Failure | None = None
    announced: int | None = None
    prospects: Mapping[str, Prospect] | None = field(default=None, repr=False, compare=False)
    """By the key of each imported flag. None until they are worked out, which may take seconds."""

    @property
    def keys(self) -> int:
        return len(self.existing)

    @property
    def whole(self) -> bool:
        return not self.incomplete

    @cached_property
    def counts(self) -> Counts:
        return Counts(
            source=len(self.flags),
            arrive=len(self.arriving),
            skip=sum(self.by_verdict[verdict] for verdict in SKIPPED),
            invalid=sum(self.by_verdict[verdict] for verdict in CANNOT),
            lossy=sum(bool(planned.flag.losses) for planned in self.arriving),
            on_at_source=sum(planned.flag.on_at_source for planned in self.arriving),
        )

    @cached_property
    def by_verdict(self) -> Counter[Verdict]:
        """How many flags have each verdict."""
        return Counter(planned.verdict for planned in self.flags)

    @cached_property
    def arriving(self) -> tuple[PlannedFlag, ...]:
        return tuple(planned for planned in self.flags if planned.arrives)

    @cached_property
    def cut_over(self) -> tuple[PlannedFlag, ...]:
        """The flags that go off by the import, those with a warning about turning them on first."""
        on = (planned for planned in self.arriving if planned.goes_off)
        return tuple(sorted(on, key=lambda planned: not planned.cut_over_warning))

    @cached_property
    def losses(self) -> dict[str, int]:
        """How many of the arriving flags lose each kind of thing, the most frequent first."""
        counted = Counter(kind for planned in self.arriving for kind in planned.flag.losses)
        return dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))

    @cached_property
    def grades(self) -> Counter[ProspectGrade]:
        """How many of the arriving flags have each grade; empty until that is worked out."""
        return Counter(prospect.grade for prospect in (self.prospects or {}).values())

    def is_old(self, now: float) -> bool:
        """Whether it is out of date at `now`, in seconds since the epoch."""
        return now - self.read_at > FRESH_SECONDS

    @property
    def shortfall(self) -> str:
        """What the plan lacks, as a sentence; "" for a whole one that imports something."""
        if not self.whole:
            return f"The plan is INCOMPLETE. {self.incomplete}"
        if not self.counts.source:
            return f"0 flags match. {_NOTHING.get(self.request.integration, _NOTHING_ANYWHERE)}"
        if not self.counts.arrive:
            return "No flag would be imported: each one already exists in the project or can't be created there."
        return ""


UNLEASH_TELLS_NOT = "Unleash gives the same response for a project or tag that doesn't exist."
_NOTHING_ANYWHERE = "Check that the source has flags, and check your answers."
_NOTHING = {
    "unleash": UNLEASH_TELLS_NOT,
    "split": "Most likely no flag has this tag, or it's the wrong workspace.",
}


def decide(
    flags: Sequence[SourceFlag], existing: Mapping[str, Flag], convention: NamingConvention | None
) -> tuple[PlannedFlag, ...]:
    """Return the verdict on each flag, in the same order.

    The first of these counts: a key that LaunchDarkly can't take, one that came before in the list, one that exists,
    and one that breaks the project's convention.
    """
    spellings: dict[str, dict[str, None]] = {}
    for key in (*existing, *(flag.key for flag in flags)):
        spellings.setdefault(key.casefold(), {})[key] = None
    seen: set[str] = set()
    decided = []
    for flag in flags:
        verdict, reason, warnings = Verdict.IMPORT, "", flag.warnings
        known = existing.get(flag.key)
        if fault := bad_key(flag.key):
            verdict, reason = Verdict.INVALID_KEY, fault
        elif flag.key in seen:
            verdict, reason = Verdict.DUPLICATE, "the source lists this name twice; only the first is imported"
        elif known and known.archived:
            verdict, reason = Verdict.SKIP_ARCHIVED, "archived in the project; its key is still taken"
        elif known:
            made = f"created {day(known.created / 1000)}" if known.created else "already in the project"
            verdict, reason = Verdict.SKIP_EXISTS, made
        elif fault := breaks(flag.key, convention):
            verdict, reason = Verdict.BREAKS_CONVENTION, fault
        else:
            warnings = (*filter(None, (flag.cut_over_warning,)), *warnings, *not_taken(flag))
            # Keys that differ by case alone are two flags to LaunchDarkly, and one mistake to most people.
            if others := [key for key in spellings[flag.key.casefold()] if key != flag.key]:
                warnings = (*warnings, f"Differs only in case from {', '.join(others[:3])}.")
        seen.add(flag.key)
        decided.append(PlannedFlag(flag, verdict, reason, warnings))
    return tuple(decided)
