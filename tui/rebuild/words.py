"""A flag's targeting as lines that a person reads side by side: the source's, and LaunchDarkly's.

Both have one form: "If country is one of DE, AT: on", "Everyone else: 25% on, 75% off by key". All of it is cleaned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tui.rebuild import patterns
from tui.rebuild.clauses import is_about_presence
from tui.rebuild.model import WHOLE, Clause, FlagTargeting, HelperSegment, SegmentRule, Serve
from tui.targeting import words
from tui.targeting.model import KEY, Operator, Rule, Targeting, Test, Value
from tui.text import phrases

# --- the source


def source_lines(targeting: Targeting) -> tuple[str, ...]:
    """Return what must hold first, individual targets, rules, everyone else, and what is not understood."""
    return tuple(_of_source(targeting))


def _of_source(targeting: Targeting) -> Iterator[str]:
    yield from (f"Requires: {words.parent(parent, targeting.origin)}" for parent in targeting.parents)
    for target in targeting.targets:
        if target.keys:
            yield f"Individual targets {phrases.values(target.keys)}: {words.name(target.variation)}"
        if target.segments:
            yield f"Individual targets in segment {phrases.values(target.segments)}: {words.name(target.variation)}"
    if targeting.allocation < 100:
        rest = phrases.value(targeting.off)
        yield f"{phrases.percent(targeting.allocation)} of traffic enters the rules, the rest gets {rest}"
    yield from (f"{_who(rule, targeting)}: {_served(rule, targeting)}" for rule in targeting.rules)
    who = "Everyone else" if targeting.rules or targeting.targets else "Everyone"
    yield f"{who}: {words.served(targeting.default, targeting.origin)}"
    for rule in targeting.variant_overrides:
        yield f"{_who(rule, targeting)}: variant {words.shares(rule.serve)}"
    if targeting.variants:
        yield f"Variants if on: {words.served(targeting.variants, targeting.origin)}"
    for place, rule in targeting.disabled:
        yield f"Disabled, strategy {place}: {_who(rule, targeting)}: {_served(rule, targeting)}"
    if targeting.off is not None:
        yield f"While off: {words.name(targeting.off)}"
    for segment in targeting.segments.values():
        yield f"Segment {words.segment(segment.key, targeting)}: {words.content(segment, targeting)}"
    yield from targeting.unknown


def _who(rule: Rule, targeting: Targeting) -> str:
    who = words.conditions(rule, targeting)
    return who.capitalize() if who in ("everyone", "no one") else f"If {who}"


def _served(rule: Rule, targeting: Targeting) -> str:
    """What a rule serves. A strategy says nothing of those whom its share leaves out: another may have them."""
    if not targeting.any_rule:
        return words.served(rule.serve, targeting.origin)
    variants = f", variants {phrases.shares(rule.variants)}" if rule.variants else ""
    return f"{words.rollout(rule.serve, targeting.origin)}{variants}"


# --- LaunchDarkly


def lines(
    targeting: FlagTargeting,
    segments: Iterable[HelperSegment],
    variations: Sequence[str],
    parents: Mapping[str, Sequence[str]] = {},
) -> tuple[str, ...]:
    """Return the same for LaunchDarkly, and each helper segment with its content.

    `variations` are the names by index, and `parents` those of the flags that are prerequisites, as far as known.
    """
    return tuple(_of_launchdarkly(targeting, {segment.key: segment for segment in segments}, variations, parents))


def _of_launchdarkly(
    targeting: FlagTargeting,
    segments: Mapping[str, HelperSegment],
    variations: Sequence[str],
    parents: Mapping[str, Sequence[str]],
) -> Iterator[str]:
    for parent in targeting.prerequisites:
        variation = _variation(parent.variation, parents.get(parent.flag, ()))
        yield f"Requires: flag {phrases.value(parent.flag)} serves {variation}"
    for index, keys in targeting.targets:
        yield f"Individual targets {phrases.values(keys)}: {_variation(index, variations)}"
    for rule in targeting.rules:
        who = f"If {_all(rule.clauses, segments)}" if rule.clauses else "Everyone"
        yield f"{who}: {_serve(rule.serve, variations)}"
    who = "Everyone else" if targeting.rules or targeting.targets else "Everyone"
    yield f"{who}: {_serve(targeting.default, variations)}"
    yield f"While off: {_variation(targeting.off, variations)}"
    yield from (f"Segment {_title(segment)}: {_content(segment, segments)}" for segment in segments.values())


def _serve(serve: Serve, variations: Sequence[str]) -> str:
    if isinstance(serve, int):
        return _variation(serve, variations)
    parts = [(index, weight) for index, weight in enumerate(serve.weights) if weight > 0]
    served = [f"{_percent(weight)} {_variation(index, variations)}" for index, weight in parts]
    return f"{phrases.together(served)} by {_attribute(serve.by) or 'key'}"


def _variation(index: int, variations: Sequence[str]) -> str:
    return phrases.value(variations[index]) if 0 <= index < len(variations) else f"variation {index + 1}"


def _percent(weight: int) -> str:
    return phrases.percent(weight * 100 / WHOLE)


def _all(clauses: Sequence[Clause], segments: Mapping[str, HelperSegment]) -> str:
    return " and ".join(_clause(clause, segments) for clause in clauses)


def _clause(clause: Clause, segments: Mapping[str, HelperSegment]) -> str:
    """A clause as a condition; of values that read alike (5 and "5") one is shown."""
    if clause.op == "segmentMatch":
        names = [_title(segments[str(key)]) if key in segments else phrases.value(key) for key in clause.values]
        return f"{'not ' if clause.negate else ''}in segment {' or '.join(names)}"
    attribute = KEY if clause.attribute == "key" else _plain(clause.attribute)
    operator, values = _OPERATORS.get(clause.op), _unlike(clause.values)
    if operator is None:
        negated = "not " if clause.negate else ""
        return f"{phrases.value(attribute)} {negated}{phrases.short(clause.op)} {phrases.values(values)}"
    if clause.op == "matches" and values == (patterns.VERSION,):
        return f"{phrases.value(attribute)} is {'not ' if clause.negate else ''}a whole version"
    if is_about_presence(clause):
        return words.test(Test(attribute, Operator.IS_PRESENT), "split")
    return words.test(Test(attribute, operator, values, clause.negate), "split")


def _unlike(values: Sequence[Value]) -> tuple[Value, ...]:
    return tuple({phrases.value(value): value for value in reversed(values)}.values())[::-1]


def _attribute(reference: str) -> str:
    return phrases.value(_plain(reference)) if reference else ""


def _plain(reference: str) -> str:
    """An attribute's name, from a reference to it."""
    return reference[1:].replace("~1", "/").replace("~0", "~") if reference.startswith("/") else reference


def _title(segment: HelperSegment) -> str:
    return phrases.value(segment.name or segment.key)


def _content(segment: HelperSegment, segments: Mapping[str, HelperSegment]) -> str:
    """Who is in a segment: "key is one of a, b or country is one of DE, but not key c"."""
    parts = [_part(rule, segments) for rule in segment.rules]
    if segment.included:
        parts.insert(0, f"key is one of {phrases.values(segment.included)}")
    excluded = f", but not key {phrases.values(segment.excluded)}" if segment.excluded else ""
    return f"{' or '.join(parts) or 'no one'}{excluded}"


def _part(rule: SegmentRule, segments: Mapping[str, HelperSegment]) -> str:
    who = _all(rule.clauses, segments) or "everyone"
    if rule.weight is None:
        return who
    return f"{who} ({_percent(rule.weight)} by {_attribute(rule.by) or 'key'})"


_OPERATORS: Mapping[str, Operator] = {
    "in": Operator.IN,
    "startsWith": Operator.STARTS_WITH,
    "endsWith": Operator.ENDS_WITH,
    "contains": Operator.CONTAINS,
    "matches": Operator.MATCHES,
    "lessThan": Operator.NUMBER_BELOW,
    "lessThanOrEqual": Operator.NUMBER_AT_MOST,
    "greaterThan": Operator.NUMBER_ABOVE,
    "greaterThanOrEqual": Operator.NUMBER_AT_LEAST,
    "before": Operator.DATE_BEFORE,
    "after": Operator.DATE_AFTER,
    "semVerEqual": Operator.VERSION_IS,
    "semVerLessThan": Operator.VERSION_BELOW,
    "semVerGreaterThan": Operator.VERSION_ABOVE,
}
