"""What the import leaves behind of a flag's targeting: kinds, and a sentence for each part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from tui.targeting import words
from tui.targeting.model import (
    Bucket,
    Condition,
    InSegment,
    Operator,
    Origin,
    Rule,
    Serves,
    Targeting,
    Test,
    Unknown,
    Variation,
)
from tui.text import phrases
from tui.text.redacted_fields import SentenceText

CONSTRAINTS = "constraints"
INDIVIDUAL_TARGETS = "individual-targets"
PERCENTAGE_ROLLOUT = "percentage-rollout"
PREREQUISITES = "prerequisites"
SEGMENTS = "segments"
STRATEGY_VARIANTS = "strategy-variants"
TARGETING_RULES = "targeting-rules"
TRAFFIC_ALLOCATION = "traffic-allocation"

LOSSES: tuple[str, ...] = (
    CONSTRAINTS, INDIVIDUAL_TARGETS, PERCENTAGE_ROLLOUT, PREREQUISITES, SEGMENTS, STRATEGY_VARIANTS, TARGETING_RULES,
    TRAFFIC_ALLOCATION,
)  # fmt: skip
"""Every kind of thing that a flag has at its source and that isn't imported, alphabetically."""


@dataclass(frozen=True, slots=True)
class Lost:
    """One thing that isn't imported: its kind, one of `LOSSES`, and a readable sentence.

    `text` is cleaned, and continues the kind: "country is one of DE, AT, CH: on".
    """

    kind: str
    text: SentenceText


Loss = tuple[str, Callable[[], str]]
"""A kind of loss and what makes its sentence: of 10,000 flags few are ever looked at."""


def losses(targeting: Targeting) -> Iterator[Loss]:
    """Yield each part of the targeting that isn't imported, in the source's own order."""
    return (_of_split if targeting.origin == "split" else _of_unleash)(targeting)


def explained(targeting: Targeting) -> tuple[Lost, ...]:
    """Return all losses with their sentences."""
    return tuple(Lost(kind, say()) for kind, say in losses(targeting))


# --- Split


def _of_split(targeting: Targeting) -> Iterator[Loss]:
    """Prerequisites, individual targets, traffic allocation, rules, and the default rule."""
    for parent in targeting.parents:
        yield PREREQUISITES, partial(words.parent, parent, targeting.origin)
    for target in targeting.targets:
        if target.keys:
            yield INDIVIDUAL_TARGETS, partial(_individual, target.keys, target.variation)
        if target.segments:
            yield SEGMENTS, partial(_individual, target.segments, target.variation, "in segment ")
    if targeting.allocation < 100:
        yield TRAFFIC_ALLOCATION, partial(_allocation, targeting)
    for place, rule in enumerate(targeting.rules, 1):
        yield from _in_rule(place, rule, targeting)
    if sum(percent > 0 for _, percent in targeting.default.parts) > 1:
        yield PERCENTAGE_ROLLOUT, lambda: f"default rule: {words.shares(targeting.default)}"


def _individual(who: Sequence[str], variation: Variation, before: str = "") -> str:
    return f"{before}{phrases.values(who)}: {words.name(variation)} (individual)"


def _allocation(targeting: Targeting) -> str:
    rest = phrases.value(targeting.off)
    return f"{phrases.percent(targeting.allocation)} of traffic enters the rules, the rest gets {rest}"


def _in_rule(place: int, rule: Rule, targeting: Targeting) -> Iterator[Loss]:
    """A rule only about segments or other flags is lost as that; of a mixed one each such part is lost too."""
    kinds = {_kind(part) for part in rule.conditions}
    if len(kinds) == 1 and TARGETING_RULES not in kinds:
        yield kinds.pop(), partial(_served, rule, targeting)
        return
    yield TARGETING_RULES, partial(_served, rule, targeting)
    for kind in sorted(kinds - {TARGETING_RULES}):
        parts = [part for part in rule.conditions if _kind(part) == kind]
        yield kind, partial(_all, parts, targeting, f", in rule {place}")


def _kind(part: Condition) -> str:
    if isinstance(part, InSegment) or (isinstance(part, Unknown) and part.part == "segment"):
        return SEGMENTS
    if isinstance(part, Serves) or (isinstance(part, Unknown) and part.part == "flag"):
        return PREREQUISITES
    return TARGETING_RULES


def _served(rule: Rule, targeting: Targeting) -> str:
    return f"{words.conditions(rule, targeting)}: {words.shares(rule.serve)}"


def _all(parts: Sequence[Condition], targeting: Targeting, after: str) -> str:
    return f"{' and '.join(words.condition(part, targeting) for part in parts)}{after}"


# --- Unleash


def _of_unleash(targeting: Targeting) -> Iterator[Loss]:
    """Strategy by strategy, with its place if there are several, then the features that must be on before."""
    strategies = targeting.written_rules
    for place, rule in enumerate(strategies, 1):
        where = f" (strategy {place})" if len(strategies) > 1 else ""
        yield from _in_strategy(rule, targeting, where)
    for parent in targeting.parents:
        yield PREREQUISITES, partial(words.parent, parent, targeting.origin)


def _in_strategy(rule: Rule, targeting: Targeting, where: str) -> Iterator[Loss]:
    yield from _own(rule, targeting, where)
    shared = rule.conditions[rule.own :]
    segments = [part for part in shared if _kind(part) == SEGMENTS]
    if constraints := [part for part in shared if _kind(part) != SEGMENTS]:
        yield CONSTRAINTS, partial(_constraints, constraints, targeting, where)
    if strange := [part for part in constraints if isinstance(part, Unknown) and part.part == "operator"]:
        yield TARGETING_RULES, partial(_all, strange, targeting, f": on{where}")
    if segments:
        yield SEGMENTS, partial(_all, segments, targeting, f": on{where}")
    if rule.variants:
        yield STRATEGY_VARIANTS, partial(_variants, rule, where)


def _own(rule: Rule, targeting: Targeting, where: str) -> Iterator[Loss]:
    """What the strategy itself decides by: ids, addresses, host names, or a percentage."""
    for part in rule.conditions[: rule.own]:
        if isinstance(part, Unknown):
            yield TARGETING_RULES, partial(_all, [part], targeting, f": on{where}")
        elif isinstance(part, Test) and rule.name == "userWithId":
            if part.values:
                yield INDIVIDUAL_TARGETS, partial(_individuals, part, where)
        elif isinstance(part, Test) and part.operator is not Operator.IS_PRESENT:
            yield TARGETING_RULES, partial(_listed, rule.name, part, where)
    if rule.serve.written or rule.serve.only is not True:
        yield from _percentage(rule, targeting, where)


def _percentage(rule: Rule, targeting: Targeting, where: str) -> Iterator[Loss]:
    written = rule.serve.written
    share = _number(written) if written else sum(percent for on, percent in rule.serve.parts if on is not False)
    if share is None:
        yield PERCENTAGE_ROLLOUT, lambda: f"rollout {written} (not a percentage){where}"
    elif share < 100:
        yield PERCENTAGE_ROLLOUT, partial(_rollout, share, rule.serve.bucket, targeting.origin, where)


def _rollout(share: float, by: Bucket, origin: Origin, where: str) -> str:
    return f"{phrases.percent(share)} {words.bucket(by, origin)}: on{where}"


def _number(written: str) -> float | None:
    """A percentage that a person wrote; None if it is none."""
    try:
        share = float(written)
    except ValueError:
        return None
    return share if 0 <= share <= 100 else None  # false for NaN too


def _individuals(part: Test, where: str) -> str:
    return f"{phrases.values(part.values)}: on (individual){where}"


def _listed(strategy: str, part: Test, where: str) -> str:
    subject = {"remoteAddress": "remote address", "applicationHostname": "host name"}.get(strategy, part.attribute)
    return f"{subject} is one of {phrases.values(part.values)}: on{where}"


def _constraints(parts: Sequence[Condition], targeting: Targeting, where: str) -> str:
    """Without a remark on operators that aren't known: they have a line of their own."""
    said = (part.words if isinstance(part, Unknown) else words.condition(part, targeting) for part in parts)
    return f"{' and '.join(said)}: on{where}"


def _variants(rule: Rule, where: str) -> str:
    payloads = f", with payloads of {phrases.values(rule.payloads)}" if rule.payloads else ""
    return f"variants {phrases.shares(rule.variants)}{payloads}{where}"
