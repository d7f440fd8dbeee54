"""What of a Split definition no import brings, in words.

Types and fields of matchers: docs.split.io/reference/matcher-type and /matcher; versions and large segments as
Harness lists them for its own steps, `between` with `from` and `to` everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from tui.sources import phrases
from tui.sources.flags import (
    INDIVIDUAL_TARGETS,
    PERCENTAGE_ROLLOUT,
    PREREQUISITES,
    SEGMENTS,
    TARGETING_RULES,
    TRAFFIC_ALLOCATION,
    Found,
    Lost,
    SourceFlag,
)
from tui.sources.foreign import short
from tui.sources.shapes import Object, elements, members, number, objects, text


def explain(flag: SourceFlag) -> tuple[Lost, ...]:
    """Individual targets, then traffic allocation, rules and the default rule, as Split tries them."""
    return tuple(Lost(kind, say()) for kind, say in found(flag.definition))


def found(definition: Object) -> Iterator[Found]:
    """Each thing in `definition` that will not arrive."""
    yield from _targets(definition)
    yield from _allocation(definition)
    yield from _rules(definition)
    buckets = _buckets(definition.get("defaultRule"))
    if sum(size > 0 for _, size in buckets) > 1:
        yield PERCENTAGE_ROLLOUT, lambda: f"default rule: {phrases.shares(buckets)}"


def unknown(definition: Object) -> tuple[str, ...]:
    """The types of matchers that stand in no list here, cleaned and short."""
    rules = objects(definition.get("rules"))
    types = {_type(matcher): None for rule in rules for matcher in _matchers(rule) if _type(matcher) not in _WORDS}
    return tuple(short(one) or "without a type" for one in types)


def shares(definition: Object) -> dict[str, float]:
    """Percents of the default rule by treatment, in its order."""
    total: dict[str, float] = {}
    for treatment, size in _buckets(definition.get("defaultRule")):
        total[treatment] = total.get(treatment, 0.0) + size
    return total


def _targets(definition: Object) -> Iterator[Found]:
    for treatment in objects(definition.get("treatments")):
        name = treatment.get("name")
        if keys := elements(treatment.get("keys")):
            yield INDIVIDUAL_TARGETS, partial(_individual, keys, name)
        if segments := elements(treatment.get("segments")):
            yield SEGMENTS, partial(_individual, segments, name, "in segment ")


def _individual(who: Sequence[object], treatment: object, before: str = "") -> str:
    return f"{before}{phrases.values(who)}: {phrases.value(treatment)} (individual)"


def _allocation(definition: Object) -> Iterator[Found]:
    share = number(definition.get("trafficAllocation"))
    if share is not None and share < 100:
        rest = phrases.value(definition.get("defaultTreatment"))
        meets = phrases.percent(share)
        yield TRAFFIC_ALLOCATION, lambda: f"{meets} of the traffic meets the rules, the rest gets {rest}"


def _rules(definition: Object) -> Iterator[Found]:
    for place, rule in enumerate(objects(definition.get("rules")), 1):
        matchers = _matchers(rule)
        kinds = {_KINDS.get(_type(matcher), TARGETING_RULES) for matcher in matchers}
        whole = partial(_rule, rule, matchers)
        if len(kinds) == 1 and TARGETING_RULES not in kinds:
            yield kinds.pop(), whole
            continue
        yield TARGETING_RULES, whole
        for kind in sorted(kinds - {TARGETING_RULES}):
            of_kind = [matcher for matcher in matchers if _KINDS.get(_type(matcher)) == kind]
            yield kind, partial(_part, place, of_kind)


def _matchers(rule: Object) -> list[Object]:
    return objects(members(rule.get("condition")).get("matchers"))


def _rule(rule: Object, matchers: list[Object]) -> str:
    # AND is the only combiner there is; another one is shown as it is.
    combiner = short(text(members(rule.get("condition")).get("combiner"))) or "AND"
    between = f" {combiner.lower() if combiner == 'AND' else combiner} "
    who = between.join(map(_matcher, matchers)) or "everyone"
    return f"{who}: {phrases.shares(_buckets(rule.get('buckets')))}"


def _part(place: int, matchers: list[Object]) -> str:
    return f"{' and '.join(map(_matcher, matchers))}, in rule {place}"


def _buckets(rule: object) -> list[tuple[str, float]]:
    """Treatments with their percents; the treatments are not cleaned."""
    return [(text(bucket.get("treatment")), number(bucket.get("size")) or 0.0) for bucket in objects(rule)]


def _type(matcher: Object) -> str:
    return text(matcher.get("type"))


def _matcher(matcher: Object) -> str:
    say = _WORDS.get(_type(matcher))
    if say is not None:
        return say(matcher)
    negated = "not " if _negated(matcher) else ""
    return f"{_subject(matcher)} {negated}matches {short(_type(matcher)) or 'something'}, which is not known here"


def _negated(matcher: Object) -> bool:
    return matcher.get("negate") is True


def _subject(matcher: Object) -> str:
    """The attribute asked for; without one Split asks for the key itself."""
    attribute = matcher.get("attribute")
    return "key" if attribute in (None, "") else phrases.value(attribute)


_Say = Callable[[Object], str]


def _compares(yes: str, no: str, operand: _Say) -> _Say:
    """Says "country is one of DE, AT", or `no` in place of `yes` where the matcher is negated."""
    return lambda matcher: f"{_subject(matcher)} {no if _negated(matcher) else yes} {operand(matcher)}"


def _segment(matcher: Object) -> str:
    return f"{'not ' if _negated(matcher) else ''}in segment {phrases.value(matcher.get('string'))}"


def _flag(matcher: Object) -> str:
    on = members(matcher.get("depends"))
    gives = "does not give" if _negated(matcher) else "gives"
    return f"flag {phrases.value(on.get('splitName'))} {gives} {phrases.value(on.get('treatment'))}"


def _everyone(matcher: Object) -> str:
    return "no one" if _negated(matcher) else "everyone"


def _list(matcher: Object) -> str:
    return phrases.values(elements(matcher.get("strings")))


def _any(matcher: Object) -> str:
    return phrases.any_of(elements(matcher.get("strings")))


def _one(name: str) -> _Say:
    return lambda matcher: phrases.value(matcher.get(name))


def _between(show: Callable[[object], str]) -> _Say:
    def operand(matcher: Object) -> str:
        ends = members(matcher.get("between"))
        return f"{show(ends.get('from'))} and {show(ends.get('to'))}"

    return operand


def _date(matcher: Object) -> str:
    return phrases.date(matcher.get("date"))


def _whole_day(matcher: Object) -> str:
    return phrases.date(matcher.get("date"), clock=False)


_WORDS: Mapping[str, _Say] = {
    "ALL_KEYS": _everyone,
    "IN_SEGMENT": _segment,
    "IN_LARGE_SEGMENT": _segment,
    "IN_RULE_BASED_SEGMENT": _segment,
    "IN_SPLIT": _flag,
    "IN_LIST_STRING": _compares("is one of", "is not one of", _list),
    "STARTS_WITH_STRING": _compares("starts with", "does not start with", _any),
    "ENDS_WITH_STRING": _compares("ends with", "does not end with", _any),
    "CONTAINS_STRING": _compares("contains", "does not contain", _any),
    "MATCHES_STRING": _compares("matches the pattern", "does not match the pattern", _one("string")),
    "EQUAL_SET": _compares("is exactly the set of", "is not exactly the set of", _list),
    "ANY_OF_SET": _compares("has any of", "has none of", _list),
    "ALL_OF_SET": _compares("has all of", "does not have all of", _list),
    "PART_OF_SET": _compares("has nothing but some of", "has something else than", _list),
    "BOOLEAN": _compares("is", "is not", _one("bool")),
    "EQUAL_NUMBER": _compares("is", "is not", _one("number")),
    "LESS_THAN_OR_EQUAL_NUMBER": _compares("is at most", "is not at most", _one("number")),
    "GREATER_THAN_OR_EQUAL_NUMBER": _compares("is at least", "is not at least", _one("number")),
    "BETWEEN_NUMBER": _compares("is between", "is not between", _between(phrases.value)),
    "ON_DATE": _compares("is on", "is not on", _whole_day),
    "ON_OR_AFTER_DATE": _compares("is on or after", "is not on or after", _date),
    "ON_OR_BEFORE_DATE": _compares("is on or before", "is not on or before", _date),
    "BETWEEN_DATE": _compares("is between", "is not between", _between(phrases.date)),
    "EQUAL_TO_SEMVER": _compares("is version", "is not version", _one("string")),
    "GREATER_THAN_OR_EQUAL_TO_SEMVER": _compares("is at least version", "is not at least version", _one("string")),
    "LESS_THAN_OR_EQUAL_TO_SEMVER": _compares("is at most version", "is not at most version", _one("string")),
    "BETWEEN_SEMVER": _compares("is a version between", "is not a version between", _between(phrases.value)),
    "IN_LIST_SEMVER": _compares("is one of the versions", "is none of the versions", _list),
}
_KINDS: Mapping[str, str] = {
    "IN_SEGMENT": SEGMENTS,
    "IN_LARGE_SEGMENT": SEGMENTS,
    "IN_RULE_BASED_SEGMENT": SEGMENTS,
    "IN_SPLIT": PREREQUISITES,
}
