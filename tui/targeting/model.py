"""Who gets what: the targeting of one flag in one environment of its source, in one form for both sources.

Sentences, losses, LaunchDarkly's instructions and proofs are all made from these objects, so they can't disagree.
Text in them is the source's own, letter by letter: clean it before it is shown. Only `unknown` and `unreadable` hold
cleaned sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

Value = bool | int | float | str
"""A value of an attribute or of a test."""

Variation = bool | str
"""A variation's value: a treatment's name, a variant's name, or Unleash's on and off as a boolean."""

Origin = Literal["split", "unleash"]

KEY = ""
"""The attribute that is the key of the context: Split's key, Unleash's userId."""

RANDOM = "random"
"""The attribute of a bucket that is drawn again in each evaluation (Unleash's stickiness "random")."""


class Operator(Enum):
    """How a test compares. A list of values means any of them, unless it says otherwise."""

    IN = "in"
    STARTS_WITH = "starts with"
    ENDS_WITH = "ends with"
    CONTAINS = "contains"
    MATCHES = "matches"
    IS_TRUE_OR_FALSE = "boolean"
    HAS_ANY = "has any"
    HAS_ALL = "has all"
    SET_EQUALS = "set equals"
    PART_OF = "part of"
    NUMBER_IS = "number is"
    NUMBER_ABOVE = "number above"
    NUMBER_BELOW = "number below"
    NUMBER_AT_LEAST = "number at least"
    NUMBER_AT_MOST = "number at most"
    NUMBER_BETWEEN = "number between"  # two values, both included
    DATE_ON = "date on"  # the UTC day of epoch milliseconds
    DATE_AFTER = "date after"  # epoch milliseconds, as are all dates here
    DATE_BEFORE = "date before"
    DATE_FROM = "date from"  # to the minute, included
    DATE_UNTIL = "date until"  # to the minute, included
    DATE_BETWEEN = "date between"  # two values; to the minute, both included
    VERSION_IS = "version is"
    VERSION_ABOVE = "version above"
    VERSION_BELOW = "version below"
    VERSION_AT_LEAST = "version at least"
    VERSION_AT_MOST = "version at most"
    VERSION_BETWEEN = "version between"  # two values, both included
    IN_NETWORK = "in network"  # addresses and CIDR ranges
    IS_PRESENT = "is present"  # no values: the attribute has one


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison of an attribute. `missing` is the answer, negation included, if the context lacks the attribute.

    `negated` turns around what the comparison says of a value. With `depends_on_sdk` the vendor's SDKs disagree about
    `missing`.
    """

    __test__ = False  # no test case, for pytest

    attribute: str
    operator: Operator
    values: tuple[Value, ...] = ()
    negated: bool = False
    missing: bool = False
    ignore_case: bool = False
    depends_on_sdk: bool = False


@dataclass(frozen=True, slots=True)
class Everyone:
    """True for all contexts; negated, for none."""

    negated: bool = False


@dataclass(frozen=True, slots=True)
class InSegment:
    """Whether the context is in a segment, by its key in `Targeting.segments`."""

    segment: str
    negated: bool = False
    large: bool = False
    rule_based: bool = False


@dataclass(frozen=True, slots=True)
class Serves:
    """Whether another flag serves one of these variations to the context (Split's IN_SPLIT)."""

    flag: str
    variations: tuple[Variation, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """A part that is not understood. `what` names it for `Targeting.unknown`; `words` is its sentence, cleaned.

    If the type itself is not known, `part` says of what, and `what` is "matcher IS_FULL_MOON", "operator MOON_IS" or
    "strategy byPlan". Words: "sky MOON_IS full", "custom strategy byPlan with plans gold". A part about a segment
    or about another flag is lost as such; "" is some other part.
    """

    what: str
    words: str = ""
    part: Literal["", "matcher", "operator", "strategy", "segment", "flag"] = ""


Condition = Test | Everyone | InSegment | Serves | Unknown


@dataclass(frozen=True, slots=True)
class Bucket:
    """What decides a context's share: the value of an attribute and the name of a group.

    `fallbacks` are the attributes asked if it is missing (Unleash's "default": userId, else sessionId). With `random`
    the share is drawn again for each evaluation that finds none of them. A share that is always drawn again has the
    attribute `RANDOM` and `random`. Contexts with equal values of two rules of one group get the same bucket.
    """

    attribute: str = KEY
    group: str = ""
    fallbacks: tuple[str, ...] = ()
    random: bool = False


@dataclass(frozen=True, slots=True)
class Shares:
    """What a rule serves: variations with percents that add up to 100, in the source's order.

    `written` is a percentage as the source writes it, cleaned, if the engines don't read it that way ("abc", "12.5"
    or a gradual rollout without a group, in Unleash); `parts` are what they serve. "" otherwise.
    """

    parts: tuple[tuple[Variation, float], ...]
    bucket: Bucket = Bucket()
    written: str = ""

    @property
    def only(self) -> Variation | None:
        """The variation that has all of it, None if several share it."""
        served = [variation for variation, percent in self.parts if percent > 0]
        return served[0] if len(served) == 1 else None


@dataclass(frozen=True, slots=True)
class Rule:
    """All conditions must be true. `name` is the strategy's, for sentences; "" for Split.

    The first `own` conditions are the strategy itself (the ids of userWithId, the addresses of remoteAddress, a
    strategy that is not known, a bucket's attribute that must be present), the others its constraints and segments.
    `variants` are those of the strategy, in percents, and `payloads` the names of those with a payload. A `combiner`
    other than AND, cleaned, is unknown too.
    """

    conditions: tuple[Condition, ...]
    serve: Shares
    name: str = ""
    own: int = 0
    variants: tuple[tuple[str, float], ...] = ()
    payloads: tuple[str, ...] = ()
    combiner: str = "AND"


@dataclass(frozen=True, slots=True)
class Target:
    """Keys and segments that get a variation ahead of all rules."""

    variation: Variation
    keys: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parent:
    """A flag that must serve one of `variations` first; without variations it must be on, or off if not `on`."""

    flag: str
    variations: tuple[Variation, ...] = ()
    on: bool = True


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment's content: a context is in it if its key is included, or if it isn't excluded and a rule matches.

    Each rule is a list of conditions that must all be true. `unreadable` says why the content isn't known, "" if it is.
    """

    key: str
    name: str = ""
    included: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    excluded_segments: tuple[str, ...] = ()
    rules: tuple[tuple[Condition, ...], ...] = ()
    unreadable: str = ""


@dataclass(frozen=True, slots=True)
class Targeting:
    """One flag's targeting. If it is off at the source, the rest says what it would serve if it were on.

    Split: the first matching rule decides, then `default`. Unleash (`any_rule`): the flag is on if any rule's share
    has the context; `default` is what it serves otherwise (no rules at all: on). `allocation` is the percentage of
    contexts that reach rules and default, the others get `off`. `off` is None if the source names none.
    `unknown` has a sentence for each part that was not understood: such a flag is never rebuilt.
    """

    origin: Origin
    flag: str
    kind: str
    """Split's traffic type; "user" for Unleash."""
    variations: tuple[Variation, ...]
    on: bool
    off: Variation | None
    default: Shares
    rules: tuple[Rule, ...] = ()
    any_rule: bool = False
    targets: tuple[Target, ...] = ()
    parents: tuple[Parent, ...] = ()
    allocation: float = 100.0
    variants: Shares | None = None
    """Unleash: how a flag that is on divides its variants, None if it has none; one variant has all of it."""
    variant_overrides: tuple[Rule, ...] = ()
    """Unleash: contexts that get a variant of their own, ahead of `variants`."""
    strategy_variants: bool = False
    disabled: tuple[tuple[int, Rule], ...] = ()
    """Unleash: strategies that are switched off, with their place (from 1) among all. They never decide anything."""
    configured: tuple[str, ...] = ()
    """Split: variations with a dynamic configuration, which no rebuild keeps."""
    segments: Mapping[str, Segment] = field(default_factory=dict)
    """By the key that conditions and targets name. Split's are read apart; until then it is empty."""
    unknown: tuple[str, ...] = ()

    @property
    def written_rules(self) -> tuple[Rule, ...]:
        """All rules with those that are switched off, each at its place."""
        if not self.disabled:
            return self.rules
        rules = list(self.rules)
        for place, rule in self.disabled:
            rules.insert(place - 1, rule)
        return tuple(rules)


@dataclass(frozen=True, slots=True)
class Context:
    """Someone a flag is evaluated for. Without a key Unleash has no userId; a LaunchDarkly context always has a key."""

    key: str | None
    attributes: Mapping[str, Value | tuple[Value, ...]] = field(default_factory=dict)
