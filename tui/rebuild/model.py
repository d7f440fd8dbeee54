"""What will be set in LaunchDarkly: clauses, rules, segments and rollouts, before variations have ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tui.targeting.model import Context, Value

Grade = Literal["faithful", "approximate", "by-hand"]
"""As documented in JSON. Faithful: every context gets what it gets today."""

WHOLE = 100_000
"""All of a rollout, in LaunchDarkly's thousandths of a percent."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause, true if any value matches. `attribute` is written as a reference ("/~1name" for a name with a slash).

    Op `segmentMatch` has keys of segments as values. A clause on a missing attribute is false, negated or not; a
    segmentMatch is never about an attribute.
    """

    attribute: str
    op: str
    values: tuple[Value, ...]
    negate: bool = False


@dataclass(frozen=True, slots=True)
class Rollout:
    """Weights by variation index, for every variation, that add up to `WHOLE`. `by` is a reference, "" for the key.

    `order` has the indexes in the order in which LaunchDarkly stores the weights, if that is another one: it decides
    which contexts get a share, and no share depends on it.
    """

    weights: tuple[int, ...]
    by: str = ""
    order: tuple[int, ...] = field(default=(), compare=False)


Serve = int | Rollout
"""A variation's index, or a rollout."""


@dataclass(frozen=True, slots=True)
class FlagRule:
    """A rule of a flag: all clauses must be true. `about` says which rule of the source it rebuilds."""

    clauses: tuple[Clause, ...]
    serve: Serve
    about: str = ""


@dataclass(frozen=True, slots=True)
class SegmentRule:
    """A rule of a segment; with `weight` (of `WHOLE`) only that share of the matching contexts is in it."""

    clauses: tuple[Clause, ...]
    weight: int | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class HelperSegment:
    """A segment that the rebuild creates. Its key contains a hash of its content, so equal content is shared.

    `kind` is the kind of the contexts that are in it.
    """

    key: str
    name: str
    description: str = ""
    included: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    rules: tuple[SegmentRule, ...] = ()
    kind: str = "user"


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """Another flag and the index of the variation that it must serve."""

    flag: str
    variation: int


@dataclass(frozen=True, slots=True)
class FlagTargeting:
    """A flag's settings in one environment of LaunchDarkly. It stays off. `targets` are keys by variation index."""

    kind: str
    off: int
    default: Serve
    targets: tuple[tuple[int, tuple[str, ...]], ...] = ()
    rules: tuple[FlagRule, ...] = ()
    prerequisites: tuple[Prerequisite, ...] = ()


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """One flag, compiled. `targeting` is None if the flag is by hand, and `reasons` says why, in sentences.

    `approximations` are names (tui.targeting.approximations). `changed_users_percent` is the share of contexts whose
    variation changes because buckets change, None without percentages.
    """

    flag: str
    grade: Grade
    approximations: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    changed_users_percent: float | None = None
    targeting: FlagTargeting | None = None
    segments: tuple[HelperSegment, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A context with what each side serves it, as percents by variation index and in `words`."""

    context: Context
    source: Mapping[int, float]
    launchdarkly: Mapping[int, float]
    words: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """How many contexts answer as before, how many differ as an approximation explains, and how many by nothing known.

    `examples` has one context for each approximation that makes a difference; `different` the first unexplained one.
    """

    contexts: int = 0
    equal: int = 0
    explained: int = 0
    different: int = 0
    examples: Mapping[str, Example] = field(default_factory=dict)
    first_difference: Example | None = None
