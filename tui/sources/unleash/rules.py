"""What the import leaves behind of an Unleash feature, in words.

Strategies and operators: docs.getunleash.io, "activation strategies", the schemas of server 7, and Unleash's client
specification for the operators that are newer. The feature is as the client API gives it, with the `segments` that it
names beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from tui.sources.flags import SourceFlag
from tui.sources.lenient import Object, elements, members, number, objects, text
from tui.targeting.losses import (
    CONSTRAINTS,
    INDIVIDUAL_TARGETS,
    PERCENTAGE_ROLLOUT,
    PREREQUISITES,
    SEGMENTS,
    STRATEGY_VARIANTS,
    TARGETING_RULES,
    Loss,
    Lost,
)
from tui.text import phrases
from tui.text.phrases import short


def explain(flag: SourceFlag) -> tuple[Lost, ...]:
    """Return the losses strategy by strategy, then the features that must be on before."""
    return tuple(Lost(kind, say()) for kind, say in losses(flag.definition))


def losses(feature: Object) -> Iterator[Loss]:
    """Yield each thing in `feature` that isn't imported; a sentence names its strategy if there are several."""
    strategies = objects(feature.get("strategies"))
    names = {segment_id(item.get("id")): item.get("name") for item in objects(feature.get("segments"))}
    for place, strategy in enumerate(strategies, 1):
        where = f" (strategy {place})" if len(strategies) > 1 else ""
        for kind, say in _in_strategy(strategy, names):
            yield kind, partial(_located, say, where)
    for parent in objects(feature.get("dependencies")):
        yield PREREQUISITES, partial(_parent, parent)


def unknown(feature: Object) -> tuple[str, ...]:
    """Return what is not known here, as words of a sentence: own strategies, and operators of constraints."""
    names: dict[str, None] = {}
    for strategy in objects(feature.get("strategies")):
        name = text(strategy.get("name"))
        if name not in _STRATEGIES:
            names[f"strategy {short(name) or 'without a name'}"] = None
        for constraint in objects(strategy.get("constraints")):
            if _operator(constraint) not in _OPERATORS:
                names[f"operator {short(_operator(constraint)) or 'without a name'}"] = None
    return tuple(names)


def left_behind(feature: Object) -> Iterator[str]:
    """Yield sentences about content of the feature that is no targeting, and about what no SDK can read."""
    for place, strategy in enumerate(objects(feature.get("strategies")), 1):
        if strategy.get("disabled") is True:
            yield f"Strategy {place} is disabled in Unleash. It is listed here like the others."
        name = _PERCENTAGES.get(text(strategy.get("name")))
        share = members(strategy.get("parameters")).get(name) if name else ""
        if name and not _is_percentage(share):
            shown = phrases.value(share)
            yield f"SDKs may not serve strategy {place} to anyone. Its rollout is {shown}, not a whole percentage."
    variants = objects(feature.get("variants"))
    if with_payload := _with_payload(variants):
        yield f"Variant payloads aren't imported: {phrases.values(with_payload)}."
    if len(variants) > 1:
        yield f"Variant weights aren't imported: {phrases.shares(_weights(variants))}."
    for variant in variants:
        if overrides := objects(variant.get("overrides")):
            conditions = " and ".join(map(_override, overrides))
            yield f"The override of variant {phrases.value(variant.get('name'))} isn't imported: {conditions}."
    if feature.get("impressionData") is True:
        yield "Impression data is on in Unleash. The import doesn't copy that setting."


def _override(override: Object) -> str:
    values = phrases.values(elements(override.get("values")))
    return f"{phrases.value(override.get('contextName'))} is one of {values}"


def _is_percentage(share: object) -> bool:
    """Whether every SDK reads this as a percentage: Unleash's own engine takes whole numbers only."""
    value = number(share)
    return value is not None and 0 <= value <= 100 and str(share).strip().isdecimal()


def overtaken(feature: Object) -> str:
    """Return what must be rebuilt before one value may be served to everyone; "" for nothing.

    A boolean flag that is on serves true to everyone, so no one loses it. Of several variants only one is served.
    """
    if feature.get("enabled") is not True:
        return ""
    if sum(share > 0 for _, share in _weights(objects(feature.get("variants")))) > 1:
        return "variant shares"
    in_strategy = any(objects(strategy.get("variants")) for strategy in objects(feature.get("strategies")))
    return "strategy variants" if in_strategy else ""


def _located(say: Callable[[], str], where: str) -> str:
    return f"{say()}{where}"


def _in_strategy(strategy: Object, names: Mapping[str, object]) -> Iterator[Loss]:
    parameters = members(strategy.get("parameters"))
    own = partial(_own_strategy, text(strategy.get("name")))
    yield from _STRATEGIES.get(text(strategy.get("name")), own)(parameters)
    if constraints := objects(strategy.get("constraints")):
        yield CONSTRAINTS, lambda: f"{' and '.join(map(_constraint, constraints))}: on"
        if strange := [item for item in constraints if _operator(item) not in _OPERATORS]:
            yield TARGETING_RULES, lambda: f"{' and '.join(map(_strange, strange))}: on"
    if segments := elements(strategy.get("segments")):
        yield (
            SEGMENTS,
            lambda: f"in segment {' and in segment '.join(_segment(segment, names) for segment in segments)}: on",
        )
    if variants := objects(strategy.get("variants")):
        yield STRATEGY_VARIANTS, partial(_variants, variants)


def segment_id(value: object) -> str:
    """A segment's id; a number in one place may be a string in another."""
    return str(value) if isinstance(value, int | str) else ""


def _segment(segment: object, names: Mapping[str, object]) -> str:
    return phrases.value(names.get(segment_id(segment)) or segment)


def _variants(variants: Sequence[Object]) -> str:
    shares = f"variants {phrases.shares(_weights(variants))}"
    with_payload = _with_payload(variants)
    return f"{shares}, with payloads of {phrases.values(with_payload)}" if with_payload else shares


def _with_payload(variants: Sequence[Object]) -> list[object]:
    return [variant.get("name") for variant in variants if variant.get("payload")]


def _weights(variants: Sequence[Object]) -> list[tuple[str, float]]:
    """Names with percents; Unleash writes thousandths."""
    return [(text(variant.get("name")), (number(variant.get("weight")) or 0.0) / 10) for variant in variants]


def _parent(parent: Object) -> str:
    flag = phrases.value(parent.get("feature"))
    if parent.get("enabled") is False:
        return f"flag {flag} is off"
    variants = elements(parent.get("variants"))
    return f"flag {flag} is on{f' and serves {phrases.any_of(variants)}' if variants else ''}"


# --- strategies


_Strategy = Callable[[Object], Iterator[Loss]]


def _everyone(parameters: Object) -> Iterator[Loss]:
    return iter(())


def _rollout(name: str, by: str = "") -> _Strategy:
    """A share of everyone, from the parameter `name`; `by` is "by userId" if no parameter names the stickiness."""

    def strategy(parameters: Object) -> Iterator[Loss]:
        share = number(parameters.get(name))
        if share is None or not 0 <= share <= 100:  # false for NaN too
            yield PERCENTAGE_ROLLOUT, lambda: f"rollout {phrases.value(parameters.get(name))} (not a percentage)"
        elif share < 100:
            yield PERCENTAGE_ROLLOUT, lambda: f"{phrases.percent(share)} {by or _stickiness(parameters)}: on"

    return strategy


def _stickiness(parameters: Object) -> str:
    sticky = parameters.get("stickiness", "default")
    return _STICKINESS.get(text(sticky)) or f"by {phrases.value(sticky)}"


_STICKINESS: Mapping[str, str] = {"default": "by userId, else sessionId, else at random", "random": "at random"}


def _individuals(parameters: Object) -> Iterator[Loss]:
    if ids := _parts(parameters.get("userIds")):
        yield INDIVIDUAL_TARGETS, lambda: f"{phrases.values(ids)}: on (individual)"


def _listed(name: str, words: str) -> _Strategy:
    def strategy(parameters: Object) -> Iterator[Loss]:
        yield TARGETING_RULES, lambda: f"{words} is one of {phrases.values(_parts(parameters.get(name)))}: on"

    return strategy


def _own_strategy(name: str, parameters: Object) -> Iterator[Loss]:
    def say() -> str:
        pairs = [f"{phrases.value(key)} {phrases.value(value)}" for key, value in parameters.items()]
        return f"custom strategy {phrases.value(name)}{f' with {phrases.together(pairs)}' if pairs else ''}: on"

    yield TARGETING_RULES, say


def _parts(listed: object) -> list[str]:
    """Split a list that Unleash writes as one text with commas."""
    return [part.strip() for part in text(listed).split(",") if part.strip()]


_PERCENTAGES: Mapping[str, str] = {
    "flexibleRollout": "rollout",
    "gradualRolloutUserId": "percentage",
    "gradualRolloutSessionId": "percentage",
    "gradualRolloutRandom": "percentage",
}
_STRATEGIES: Mapping[str, _Strategy] = {
    "default": _everyone,
    "flexibleRollout": _rollout("rollout"),
    "gradualRolloutUserId": _rollout("percentage", "by userId"),
    "gradualRolloutSessionId": _rollout("percentage", "by sessionId"),
    "gradualRolloutRandom": _rollout("percentage", "at random"),
    "userWithId": _individuals,
    "remoteAddress": _listed("IPs", "remote address"),
    "applicationHostname": _listed("hostNames", "host name"),
}


# --- constraints


def _operator(constraint: Object) -> str:
    return text(constraint.get("operator"))


def _constraint(constraint: Object) -> str:
    subject = phrases.value(constraint.get("contextName"))
    inverted = constraint.get("inverted") is True
    words = _OPERATORS.get(_operator(constraint))
    if words is None:
        name = short(_operator(constraint)) or "something"
        return f"{subject} {'not ' if inverted else ''}{name} {_operands(constraint)}"
    yes, no, operand = words
    case = " (ignoring case)" if constraint.get("caseInsensitive") is True else ""
    return f"{subject} {no if inverted else yes} {operand(constraint)}{case}"


def _strange(constraint: Object) -> str:
    return f"{_constraint(constraint)} (unknown operator)"


def _operands(constraint: Object) -> str:
    return phrases.values(elements(constraint.get("values"))) if constraint.get("values") else _value(constraint)


def _listed_values(constraint: Object) -> Sequence[object]:
    """Its `values`, or its one `value` if it has none."""
    value = constraint.get("value")
    return elements(constraint.get("values")) or ([] if value in (None, "") else [value])


def _list(constraint: Object) -> str:
    return phrases.values(_listed_values(constraint))


def _any(constraint: Object) -> str:
    return phrases.any_of(_listed_values(constraint))


def _value(constraint: Object) -> str:
    return phrases.value(constraint.get("value"))


def _date(constraint: Object) -> str:
    return phrases.date(constraint.get("value"))


# How an operator reads, how it reads inverted, and what it compares with.
_OPERATORS: Mapping[str, tuple[str, str, Callable[[Object], str]]] = {
    "IN": ("is one of", "is not one of", _list),
    "NOT_IN": ("is not one of", "is one of", _list),
    "STR_STARTS_WITH": ("starts with", "does not start with", _any),
    "STR_ENDS_WITH": ("ends with", "does not end with", _any),
    "STR_CONTAINS": ("contains", "does not contain", _any),
    "NUM_EQ": ("is", "is not", _value),
    "NUM_GT": ("is more than", "is not more than", _value),
    "NUM_GTE": ("is at least", "is not at least", _value),
    "NUM_LT": ("is less than", "is not less than", _value),
    "NUM_LTE": ("is at most", "is not at most", _value),
    "DATE_AFTER": ("is after", "is not after", _date),
    "DATE_BEFORE": ("is before", "is not before", _date),
    "SEMVER_EQ": ("is version", "is not version", _value),
    "SEMVER_GT": ("is after version", "is not after version", _value),
    "SEMVER_GTE": ("is at least version", "is not at least version", _value),
    "SEMVER_LT": ("is before version", "is not before version", _value),
    "SEMVER_LTE": ("is at most version", "is not at most version", _value),
    "IN_CIDR": ("is in the IP range", "is not in the IP range", _list),
    "REGEX": ("matches", "does not match", _value),
}
