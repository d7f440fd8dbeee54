"""What the import leaves behind of a Split definition, in words.

Types and fields of matchers: docs.split.io/reference/matcher-type and /matcher, and for versions, large segments and
`depends.treatments` the requests that Harness's own pipeline steps send. The SDKs' names for the same matchers are
those of Split's Java SDK; prerequisites of a whole flag have one spelling there (`n`, `ts`) and one in full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeGuard

from tui.sources.flags import SourceFlag
from tui.sources.lenient import Object, elements, members, number, objects, text
from tui.targeting.losses import (
    INDIVIDUAL_TARGETS,
    PERCENTAGE_ROLLOUT,
    PREREQUISITES,
    SEGMENTS,
    TARGETING_RULES,
    TRAFFIC_ALLOCATION,
    Loss,
    Lost,
)
from tui.text import phrases
from tui.text.phrases import short


def explain(flag: SourceFlag) -> tuple[Lost, ...]:
    """Return prerequisites, individual targets, traffic allocation, rules and the default rule, in Split's order."""
    return tuple(Lost(kind, say()) for kind, say in losses(flag.definition))


def losses(definition: Object) -> Iterator[Loss]:
    """Yield each thing in `definition` that isn't imported."""
    for parent in _parents(definition.get("prerequisites")):
        yield PREREQUISITES, partial(_prerequisite, parent)
    yield from _targets(definition)
    yield from _allocation(definition)
    yield from _rules(definition)
    buckets = _buckets(definition.get("defaultRule"))
    if sum(size > 0 for _, size in buckets) > 1:
        yield PERCENTAGE_ROLLOUT, lambda: f"default rule: {phrases.shares(buckets)}"


def unknown(definition: Object) -> tuple[str, ...]:
    """Return the types of matchers that are not known here, cleaned and short."""
    rules = objects(definition.get("rules"))
    types = {_type(matcher): None for rule in rules for matcher in _matchers(rule) if _type(matcher) not in _MATCHERS}
    return tuple(short(kind) or "no type" for kind in types)


def shares(definition: Object) -> dict[str, float]:
    """Return percents of the default rule by treatment, in its order."""
    sizes: dict[str, float] = {}
    for treatment, size in _buckets(definition.get("defaultRule")):
        sizes[treatment] = sizes.get(treatment, 0.0) + size
    return sizes


_EMPTY: tuple[object, ...] = (None, "", "{}", "null", {})


def left_behind(definition: Object) -> Iterator[str]:
    """Yield sentences about content of the definition that is no targeting, and that isn't imported."""
    treatments = objects(definition.get("treatments"))
    if not treatments:
        yield "This flag has no treatments in this environment. LaunchDarkly needs two variations."
    if configured := [*_configured(definition)]:
        yield f"Dynamic configurations of treatments aren't imported: {phrases.values(configured)}."
    if described := [item.get("name") for item in treatments if text(item.get("description")).strip()]:
        yield f"Can't tell whether descriptions of treatments are imported: {phrases.values(described)}."
    if sets := [item.get("name", item.get("id")) for item in objects(definition.get("flagSets"))]:
        yield f"Flag sets aren't imported: {phrases.values(sets)}."
    if unread := [value for value in _percentages(definition) if not _is_percentage(number(value))]:
        yield f"Some percentages are invalid and are ignored: {phrases.values(unread)}. Check them in Split."
    kind = members(definition.get("trafficType")).get("name")
    if kind not in (None, "", "user") and any(True for _ in losses(definition)):
        yield f"Split targets by traffic type {phrases.value(kind)}. The import doesn't copy traffic types."


def _configured(definition: Object) -> Iterator[object]:
    """The treatments that have a dynamic configuration: of their own, or in one object of all as in the SDKs."""
    of_all = members(definition.get("configurations"))
    for treatment in objects(definition.get("treatments")):
        name = treatment.get("name")
        values = (treatment.get("configurations"), treatment.get("configuration"), of_all.get(text(name)))
        if any(_without_blanks(value) not in _EMPTY for value in values):
            yield name


def _without_blanks(value: object) -> object:
    return "".join(value.split()) if isinstance(value, str) else value


def _percentages(definition: Object) -> Iterator[object]:
    """Every share that the definition states, as it is written."""
    if definition.get("trafficAllocation") is not None:
        yield definition["trafficAllocation"]
    for buckets in (definition.get("defaultRule"), *(rule.get("buckets") for rule in objects(definition.get("rules")))):
        yield from (bucket.get("size") for bucket in objects(buckets))


def overtaken(definition: Object, on: str) -> str:
    """Return what must be rebuilt before `on` may be served to everyone: "rollout and rules"; "" for nothing.

    A treatment that is served while the flag is off isn't lost, unless `on` is Split's own word for off.
    """
    if definition.get("killed") in (True, "true"):
        return ""
    kept = {on} if on.casefold() == "off" else {on, text(definition.get("defaultTreatment"))}
    parts = {part: None for part, treatment in _served(definition) if treatment and treatment not in kept}
    return " and ".join(parts)


def _served(definition: Object) -> Iterator[tuple[str, str]]:
    """Yield the parts of the definition that serve a treatment, and the treatment."""
    for treatment in objects(definition.get("treatments")):
        if elements(treatment.get("keys")) or elements(treatment.get("segments")):
            yield "individual targets", text(treatment.get("name"))
    share = number(definition.get("trafficAllocation"))
    if share is not None and share <= 0:
        return
    for rule in objects(definition.get("rules")):
        yield from (("rules", treatment) for treatment, size in _buckets(rule.get("buckets")) if size > 0)
    yield from (("rollout", treatment) for treatment, size in _buckets(definition.get("defaultRule")) if size > 0)


def _targets(definition: Object) -> Iterator[Loss]:
    for treatment in objects(definition.get("treatments")):
        name = treatment.get("name")
        if keys := elements(treatment.get("keys")):
            yield INDIVIDUAL_TARGETS, partial(_individual, keys, name)
        if segments := elements(treatment.get("segments")):
            yield SEGMENTS, partial(_individual, segments, name, "in segment ")


def _individual(who: Sequence[object], treatment: object, before: str = "") -> str:
    return f"{before}{phrases.values(who)}: {phrases.value(treatment)} (individual)"


def _allocation(definition: Object) -> Iterator[Loss]:
    share = number(definition.get("trafficAllocation"))
    if share is not None and share < 100:
        rest = phrases.value(definition.get("defaultTreatment"))
        percent = phrases.percent(share)
        yield TRAFFIC_ALLOCATION, lambda: f"{percent} of traffic enters the rules, the rest gets {rest}"


def _rules(definition: Object) -> Iterator[Loss]:
    for place, rule in enumerate(objects(definition.get("rules")), 1):
        matchers = _matchers(rule)
        kinds = set(map(_kind, matchers))
        whole = partial(_rule, rule, matchers)
        if len(kinds) == 1 and TARGETING_RULES not in kinds:
            yield kinds.pop(), whole
            continue
        yield TARGETING_RULES, whole
        for kind in sorted(kinds - {TARGETING_RULES}):
            yield kind, partial(_part, place, [matcher for matcher in matchers if _kind(matcher) == kind])


def _matchers(rule: Object) -> list[Object]:
    return [_under_admin_names(matcher) for matcher in objects(members(rule.get("condition")).get("matchers"))]


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
    sizes = ((text(bucket.get("treatment")), number(bucket.get("size"))) for bucket in objects(rule))
    return [(treatment, size if _is_percentage(size) else 0.0) for treatment, size in sizes]


def _is_percentage(share: float | None) -> TypeGuard[float]:
    return share is not None and 0 <= share <= 100  # false for NaN too


def _type(matcher: Object) -> str:
    return text(matcher.get("type"))


def _kind(matcher: Object) -> str:
    known = _MATCHERS.get(_type(matcher))
    return known.kind if known else TARGETING_RULES


def _matcher(matcher: Object) -> str:
    if known := _MATCHERS.get(_type(matcher)):
        return known.say(matcher)
    negated = "not " if _negated(matcher) else ""
    return f"{_subject(matcher)} {negated}matches {short(_type(matcher)) or 'something'} (unknown matcher)"


def _negated(matcher: Object) -> bool:
    return matcher.get("negate") is True


def _subject(matcher: Object) -> str:
    """The attribute asked for; without one Split asks for the key itself."""
    attribute = matcher.get("attribute")
    return "key" if attribute in (None, "") else phrases.value(attribute)


_Say = Callable[[Object], str]


def _compares(yes: str, no: str, operand: _Say) -> _Say:
    """Return words such as "country is one of DE, AT", with `no` instead of `yes` if the matcher is negated."""
    return lambda matcher: f"{_subject(matcher)} {no if _negated(matcher) else yes} {operand(matcher)}"


def _segment(matcher: Object) -> str:
    return f"{'not ' if _negated(matcher) else ''}in segment {phrases.value(matcher.get('string'))}"


def _flag(matcher: Object) -> str:
    parent = members(matcher.get("depends"))
    serves = "does not serve" if _negated(matcher) else "serves"
    return f"flag {phrases.value(parent.get('splitName', parent.get('split')))} {serves} {_treatments(parent)}"


def _parents(prerequisites: object) -> Sequence[object]:
    """Prerequisites of a whole flag: a list, or treatments by the other flag's name."""
    if isinstance(prerequisites, dict):
        return [{"name": name, "treatments": treatments} for name, treatments in prerequisites.items()]
    return elements(prerequisites)


def _prerequisite(parent: object) -> str:
    item = members(parent)
    names = (item[key] for key in ("name", "n", "splitName", "flagName") if key in item)
    name = parent if isinstance(parent, str) else next(names, None)
    return f"flag {phrases.value(name)} serves {_treatments(item)}"


def _treatments(parent: Object) -> str:
    """The treatments that another flag must serve: a list, or a single one."""
    values = next((parent[key] for key in ("treatments", "ts", "treatment") if parent.get(key) is not None), ())
    return phrases.any_of(values if isinstance(values, list | tuple) else [values])


def _everyone(matcher: Object) -> str:
    return "no one" if _negated(matcher) else "everyone"


def _list(matcher: Object) -> str:
    return phrases.values(elements(matcher.get("strings")))


def _any(matcher: Object) -> str:
    return phrases.any_of(elements(matcher.get("strings")))


def _member(name: str) -> _Say:
    return lambda matcher: phrases.value(matcher.get(name))


def _between(show: Callable[[object], str]) -> _Say:
    def operand(matcher: Object) -> str:
        return " and ".join(map(show, _ends(matcher)))

    return operand


def _ends(matcher: Object) -> tuple[object, object]:
    """Both ends of a range: an object or a list, which versions have under a name of its own."""
    for range_ in (matcher.get("between"), matcher.get("betweenString"), matcher.get("strings")):
        if isinstance(range_, dict):
            return range_.get("from", range_.get("start")), range_.get("to", range_.get("end"))
        if isinstance(range_, list) and len(range_) == 2:
            return range_[0], range_[1]
    return None, None


def _date(matcher: Object) -> str:
    return phrases.date(matcher.get("date"))


def _whole_day(matcher: Object) -> str:
    return phrases.date(matcher.get("date"), clock=False)


def _is_date(matcher: Object) -> bool:
    """Whether a matcher under an SDK's name compares dates: the SDKs have one name for numbers and dates."""
    return matcher.get("date") is not None or text(matcher.get("dataType")) == "DATETIME"


@dataclass(frozen=True, slots=True)
class _Matcher:
    """One type of matcher: its words and the kind of loss it is."""

    say: _Say
    kind: str = TARGETING_RULES


_ON = _compares("is on", "is not on", _whole_day)
_SINCE = _compares("is on or after", "is not on or after", _date)
_UNTIL = _compares("is on or before", "is not on or before", _date)
_BETWEEN_DATES = _compares("is between", "is not between", _between(phrases.date))
_EQUAL = _compares("is", "is not", _member("number"))
_AT_LEAST = _compares("is at least", "is not at least", _member("number"))
_AT_MOST = _compares("is at most", "is not at most", _member("number"))
_BETWEEN_NUMBERS = _compares("is between", "is not between", _between(phrases.value))


def _either(number: _Say, date: _Say) -> _Say:
    return lambda matcher: (date if _is_date(matcher) else number)(matcher)


# The Admin API's name of each type, followed by the SDKs' name if it differs.
_TABLE: Mapping[tuple[str, ...], _Matcher] = {
    ("ALL_KEYS",): _Matcher(_everyone),
    ("IN_SEGMENT",): _Matcher(_segment, SEGMENTS),
    ("IN_LARGE_SEGMENT",): _Matcher(_segment, SEGMENTS),
    ("IN_RULE_BASED_SEGMENT",): _Matcher(_segment, SEGMENTS),
    ("IN_SPLIT", "IN_SPLIT_TREATMENT"): _Matcher(_flag, PREREQUISITES),
    ("IN_LIST_STRING", "WHITELIST"): _Matcher(_compares("is one of", "is not one of", _list)),
    ("STARTS_WITH_STRING", "STARTS_WITH"): _Matcher(_compares("starts with", "does not start with", _any)),
    ("ENDS_WITH_STRING", "ENDS_WITH"): _Matcher(_compares("ends with", "does not end with", _any)),
    ("CONTAINS_STRING",): _Matcher(_compares("contains", "does not contain", _any)),
    ("MATCHES_STRING",): _Matcher(_compares("matches the pattern", "does not match the pattern", _member("string"))),
    ("EQUAL_SET", "EQUAL_TO_SET"): _Matcher(_compares("is exactly the set", "is not exactly the set", _list)),
    ("ANY_OF_SET", "CONTAINS_ANY_OF_SET"): _Matcher(_compares("has any of", "has none of", _list)),
    ("ALL_OF_SET", "CONTAINS_ALL_OF_SET"): _Matcher(_compares("has all of", "does not have all of", _list)),
    ("PART_OF_SET",): _Matcher(_compares("has only values from", "has a value that is not one of", _list)),
    ("BOOLEAN", "EQUAL_TO_BOOLEAN"): _Matcher(_compares("is", "is not", _member("bool"))),
    ("EQUAL_NUMBER",): _Matcher(_EQUAL),
    ("LESS_THAN_OR_EQUAL_NUMBER",): _Matcher(_AT_MOST),
    ("GREATER_THAN_OR_EQUAL_NUMBER",): _Matcher(_AT_LEAST),
    ("BETWEEN_NUMBER",): _Matcher(_BETWEEN_NUMBERS),
    ("ON_DATE",): _Matcher(_ON),
    ("ON_OR_AFTER_DATE",): _Matcher(_SINCE),
    ("ON_OR_BEFORE_DATE",): _Matcher(_UNTIL),
    ("BETWEEN_DATE",): _Matcher(_BETWEEN_DATES),
    ("EQUAL_TO",): _Matcher(_either(_EQUAL, _ON)),
    ("GREATER_THAN_OR_EQUAL_TO",): _Matcher(_either(_AT_LEAST, _SINCE)),
    ("LESS_THAN_OR_EQUAL_TO",): _Matcher(_either(_AT_MOST, _UNTIL)),
    ("BETWEEN",): _Matcher(_either(_BETWEEN_NUMBERS, _BETWEEN_DATES)),
    ("EQUAL_TO_SEMVER",): _Matcher(_compares("is version", "is not version", _member("string"))),
    ("GREATER_THAN_OR_EQUAL_TO_SEMVER",): _Matcher(
        _compares("is at least version", "is not at least version", _member("string"))
    ),
    ("LESS_THAN_OR_EQUAL_TO_SEMVER",): _Matcher(
        _compares("is at most version", "is not at most version", _member("string"))
    ),
    ("BETWEEN_SEMVER",): _Matcher(
        _compares("is a version between", "is not a version between", _between(phrases.value))
    ),
    ("IN_LIST_SEMVER",): _Matcher(_compares("is one of the versions", "is not one of the versions", _list)),
}
_MATCHERS: Mapping[str, _Matcher] = {name: matcher for names, matcher in _TABLE.items() for name in names}


# --- matchers as the SDKs write them


def _under_admin_names(matcher: Object) -> Object:
    """The matcher with each SDK member also under its Admin API name, unless that is taken.

    The members are those of Split's Java SDK (`io.split.client.dtos.Matcher`), most of them null.
    """
    translated: dict[str, object] = {}
    for name, translate in _SDK_MEMBERS.items():
        if matcher.get(name) is not None:
            translated |= translate(matcher[name])
    if not translated:
        return matcher
    return {**translated, **{name: value for name, value in matcher.items() if value is not None}}


def _wrapped(admin: str, sdk: str) -> Callable[[object], Object]:
    """A member that is the value itself, or an object that holds it under `sdk`."""
    return lambda data: {admin: data.get(sdk) if isinstance(data, dict) else data}


def _unary_number(data: object) -> Object:
    kind = text(members(data).get("dataType"))
    return {"date" if kind == "DATETIME" else "number": members(data).get("value"), "dataType": kind}


def _sdk_range(data: object) -> Object:
    return {"between": data, "dataType": members(data).get("dataType")}


_SDK_MEMBERS: Mapping[str, Callable[[object], Object]] = {
    "matcherType": lambda data: {"type": data},
    "keySelector": lambda data: {"attribute": members(data).get("attribute")},
    "whitelistMatcherData": _wrapped("strings", "whitelist"),
    "unaryNumericMatcherData": _unary_number,
    "betweenMatcherData": _sdk_range,
    "betweenStringMatcherData": _sdk_range,
    "unaryStringMatcherData": _wrapped("string", "value"),
    "stringMatcherData": _wrapped("string", "value"),
    "booleanMatcherData": _wrapped("bool", "value"),
    "dependencyMatcherData": lambda data: {"depends": data},
    "userDefinedSegmentMatcherData": _wrapped("string", "segmentName"),
    "userDefinedLargeSegmentMatcherData": _wrapped("string", "largeSegmentName"),
}
