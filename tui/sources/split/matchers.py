"""One matcher of a Split rule as a condition: types and members of the Admin API, or those of the SDKs.

Types and members: docs.split.io/reference/matcher-type and /matcher, and for versions, large segments and
`depends.treatments` the requests that Harness's own pipeline steps send. The SDKs' members are those of Split's Java
SDK (`io.split.client.dtos.Matcher`), most of them null.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tui.sources.lenient import Object, elements, members, text
from tui.targeting import words
from tui.targeting.model import KEY, Condition, Everyone, InSegment, Operator, Serves, Test, Unknown, Value
from tui.targeting.split_values import version
from tui.text import phrases
from tui.text.phrases import short

Problem = Callable[[str], None]
"""Takes a part that is not understood: "a matcher of an unknown type (IS_FULL_MOON)"."""

_LIKE_JAVA = "java"
_OLDEST_MILLISECONDS = 1e11  # a smaller number is in seconds, as in Split's own examples
_EMPTY: tuple[object, ...] = (None, "", [], {})


def condition(matcher: Object, sdk: str, problem: Problem) -> Condition:
    """Return what a matcher asks. Each part that is not understood goes to `problem`, and makes it Unknown if it must.

    A negated matcher of an attribute that is missing is true in Split's SDKs for JavaScript, Python, Go and Ruby, and
    false in Java's; `sdk` "" is read as the four.
    """
    matcher = _under_admin_names(matcher, problem)
    kind = text(matcher.get("type"))
    asked = _TYPES.get(_admin_type(kind, matcher))
    attribute = matcher.get("attribute")
    negate = matcher.get("negate")
    negated = negate is True
    if negate is not None and not isinstance(negate, bool):
        problem(f"a matcher whose negation is neither true nor false ({phrases.value(negate)})")
    if asked is None:
        problem(f"a matcher of an unknown type ({short(kind) or 'no type'})")
        subject = "key" if attribute in (None, "") else phrases.value(attribute)
        says = f"{subject} {'not ' if negated else ''}matches {short(kind) or 'something'}"
        return Unknown(f"matcher {short(kind) or 'no type'}", says, "matcher")
    if not matcher.keys() <= asked.members:
        for name in unknown_members(matcher, asked.members):
            problem(f"a matcher {short(kind)} with an unknown member ({name})")
    if asked.whole is not None:
        if attribute not in _EMPTY:
            problem(f"a matcher {short(kind)} with an attribute ({phrases.value(attribute)})")
        return asked.whole(matcher, negated, problem)
    if attribute not in _EMPTY and not isinstance(attribute, str):
        problem(f"a matcher {short(kind)} whose attribute isn't text")
    values = asked.values(matcher)
    if values is None:
        problem(f"a matcher {short(kind)} whose values can't be read")
        named = attribute if isinstance(attribute, str) else KEY if attribute is None else phrases.value(attribute)
        shown = Test(named, asked.operator, _written(matcher), negated)
        return Unknown(f"values of {short(kind)}", words.test(shown, "split"))
    name = text(attribute) or KEY
    may_be_missing = negated and name != KEY
    missing = may_be_missing and sdk != _LIKE_JAVA
    return Test(name, asked.operator, values, negated, missing, depends_on_sdk=may_be_missing and not sdk)


def unknown_members(of: Object, known: frozenset[str]) -> Iterator[str]:
    """Yield the names of members that aren't known and not empty, cleaned."""
    for name, value in of.items():
        if name not in known and (value not in _EMPTY or isinstance(value, bool)):
            yield short(name)


# --- values


def _written(matcher: Object) -> tuple[Value, ...]:
    """The values as the definition has them, for words; what is no value is shown as that."""
    names = ("strings", "string", "bool", "number", "date")
    value = next((matcher[name] for name in names if matcher.get(name) is not None), None)
    values = elements(value) if isinstance(value, list) else _ends(matcher) if value is None else (value,)
    return tuple(value if isinstance(value, bool | int | float | str) else phrases.value(value) for value in values)


def _texts(matcher: Object) -> tuple[Value, ...] | None:
    values = matcher.get("strings")
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        return None
    return tuple(values)


def _some_texts(matcher: Object) -> tuple[Value, ...] | None:
    return _texts(matcher) or None


def _versions(matcher: Object) -> tuple[Value, ...] | None:
    return _if_versions(_texts(matcher) or ())


def _one_version(matcher: Object) -> tuple[Value, ...] | None:
    return _if_versions((matcher.get("string"),))


def _version_range(matcher: Object) -> tuple[Value, ...] | None:
    return _if_versions(_ends(matcher))


def _if_versions(values: tuple[object, ...]) -> tuple[Value, ...] | None:
    texts = tuple(value for value in values if isinstance(value, str) and version(value) is not None)
    return texts if texts and len(texts) == len(values) else None


def _one_text(matcher: Object) -> tuple[Value, ...] | None:
    value = matcher.get("string")
    return (value,) if isinstance(value, str) else None


def _boolean(matcher: Object) -> tuple[Value, ...] | None:
    value = matcher.get("bool")
    return (value,) if isinstance(value, bool) else None


def _number(matcher: Object) -> tuple[Value, ...] | None:
    return _if_numbers((matcher.get("number"),))


def _number_range(matcher: Object) -> tuple[Value, ...] | None:
    return _if_numbers(_ends(matcher))


def _if_numbers(values: tuple[object, ...]) -> tuple[Value, ...] | None:
    numbers = tuple(
        value
        for value in values
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    )
    return numbers if len(numbers) == len(values) else None


def _date(matcher: Object) -> tuple[Value, ...] | None:
    return _if_dates((matcher.get("date"),))


def _date_range(matcher: Object) -> tuple[Value, ...] | None:
    return _if_dates(_ends(matcher))


def _if_dates(values: tuple[object, ...]) -> tuple[Value, ...] | None:
    numbers = _if_numbers(values)
    if numbers is None:
        return None
    return tuple(int(date * 1000 if abs(date) < _OLDEST_MILLISECONDS else date) for date in numbers)  # type: ignore[arg-type]


def _ends(matcher: Object) -> tuple[object, object]:
    """Both ends of a range: an object or a list, which versions have under a name of its own."""
    for range_ in (matcher.get("between"), matcher.get("betweenString"), matcher.get("strings")):
        if isinstance(range_, dict) and set(range_) <= {"from", "to", "start", "end", "dataType"}:
            return range_.get("from", range_.get("start")), range_.get("to", range_.get("end"))
        if isinstance(range_, list) and len(range_) == 2:
            return range_[0], range_[1]
    return None, None


# --- matchers that are about no attribute


def _everyone(matcher: Object, negated: bool, problem: Problem) -> Condition:
    return Everyone(negated)


def _segment(matcher: Object, negated: bool, problem: Problem) -> Condition:
    segment = matcher.get("string")
    if not isinstance(segment, str) or not segment:
        problem("a segment without a name")
        return Unknown("segment", f"{'not ' if negated else ''}in segment {phrases.value(segment)}", "segment")
    kind = text(matcher.get("type"))
    return InSegment(segment, negated, kind == "IN_LARGE_SEGMENT", kind == "IN_RULE_BASED_SEGMENT")


def _flag(matcher: Object, negated: bool, problem: Problem) -> Condition:
    parent = members(matcher.get("depends"))
    name, treatments = parent.get("splitName", parent.get("split")), parent_treatments(parent)
    for member in unknown_members(parent, frozenset({"splitName", "split", "treatment", "treatments"})):
        problem(f"a flag that must serve a treatment, with an unknown member ({member})")
    if not isinstance(name, str) or not name or not treatments:
        problem("a flag that must serve a treatment, without a name or treatments")
        serves = "does not serve" if negated else "serves"
        return Unknown("flag", f"flag {phrases.value(name)} {serves} {phrases.any_of(treatments)}", "flag")
    return Serves(name, treatments, negated)


def parent_treatments(parent: Object) -> tuple[str, ...]:
    """Return the treatments that another flag must serve, a list or a single one; empty if one isn't text."""
    values = next((parent[key] for key in ("treatments", "ts", "treatment") if parent.get(key) is not None), ())
    treatments = values if isinstance(values, list) else [values]
    texts = tuple(value for value in treatments if isinstance(value, str) and value)
    return texts if len(texts) == len(treatments) else ()


# --- types


def _members(*names: str) -> frozenset[str]:
    return frozenset({"type", "attribute", "negate", *names})


_STRING = _members("string")
_STRINGS = _members("strings")
_NUMBER = _members("number", "dataType")
_DATE = _members("date", "dataType")
_RANGE = _members("between", "dataType")


@dataclass(frozen=True, slots=True)
class _Type:
    """A type of matcher: how it compares and the members that hold its values; or `whole` makes the condition."""

    operator: Operator = Operator.IN
    values: Callable[[Object], tuple[Value, ...] | None] = _texts
    members: frozenset[str] = _STRINGS
    whole: Callable[[Object, bool, Problem], Condition] | None = None


_TYPES: Mapping[str, _Type] = {
    "ALL_KEYS": _Type(members=_members(), whole=_everyone),
    "IN_SEGMENT": _Type(members=_STRING, whole=_segment),
    "IN_LARGE_SEGMENT": _Type(members=_STRING, whole=_segment),
    "IN_RULE_BASED_SEGMENT": _Type(members=_STRING, whole=_segment),
    "IN_SPLIT": _Type(members=_members("depends"), whole=_flag),
    "IN_LIST_STRING": _Type(Operator.IN),
    "STARTS_WITH_STRING": _Type(Operator.STARTS_WITH),
    "ENDS_WITH_STRING": _Type(Operator.ENDS_WITH),
    "CONTAINS_STRING": _Type(Operator.CONTAINS),
    "MATCHES_STRING": _Type(Operator.MATCHES, _one_text, _STRING),
    "EQUAL_SET": _Type(Operator.SET_EQUALS),
    "ANY_OF_SET": _Type(Operator.HAS_ANY),
    "ALL_OF_SET": _Type(Operator.HAS_ALL, _some_texts),  # of no values at all, SDKs differ
    "PART_OF_SET": _Type(Operator.PART_OF),
    "BOOLEAN": _Type(Operator.IS_TRUE_OR_FALSE, _boolean, _members("bool")),
    "EQUAL_NUMBER": _Type(Operator.NUMBER_IS, _number, _NUMBER),
    "LESS_THAN_OR_EQUAL_NUMBER": _Type(Operator.NUMBER_AT_MOST, _number, _NUMBER),
    "GREATER_THAN_OR_EQUAL_NUMBER": _Type(Operator.NUMBER_AT_LEAST, _number, _NUMBER),
    "BETWEEN_NUMBER": _Type(Operator.NUMBER_BETWEEN, _number_range, _RANGE),
    "ON_DATE": _Type(Operator.DATE_ON, _date, _DATE),
    "ON_OR_AFTER_DATE": _Type(Operator.DATE_FROM, _date, _DATE),
    "ON_OR_BEFORE_DATE": _Type(Operator.DATE_UNTIL, _date, _DATE),
    "BETWEEN_DATE": _Type(Operator.DATE_BETWEEN, _date_range, _RANGE),
    "EQUAL_TO_SEMVER": _Type(Operator.VERSION_IS, _one_version, _STRING),
    "GREATER_THAN_OR_EQUAL_TO_SEMVER": _Type(Operator.VERSION_AT_LEAST, _one_version, _STRING),
    "LESS_THAN_OR_EQUAL_TO_SEMVER": _Type(Operator.VERSION_AT_MOST, _one_version, _STRING),
    "BETWEEN_SEMVER": _Type(Operator.VERSION_BETWEEN, _version_range, _RANGE | {"betweenString", "strings"}),
    "IN_LIST_SEMVER": _Type(Operator.VERSION_IS, _versions),
}

# The SDKs' names where they differ. They have one name for numbers and dates.
_ALIASES: Mapping[str, str] = {
    "IN_SPLIT_TREATMENT": "IN_SPLIT",
    "WHITELIST": "IN_LIST_STRING",
    "STARTS_WITH": "STARTS_WITH_STRING",
    "ENDS_WITH": "ENDS_WITH_STRING",
    "EQUAL_TO_SET": "EQUAL_SET",
    "CONTAINS_ANY_OF_SET": "ANY_OF_SET",
    "CONTAINS_ALL_OF_SET": "ALL_OF_SET",
    "EQUAL_TO_BOOLEAN": "BOOLEAN",
}
_NUMBER_OR_DATE: Mapping[str, tuple[str, str]] = {
    "EQUAL_TO": ("EQUAL_NUMBER", "ON_DATE"),
    "GREATER_THAN_OR_EQUAL_TO": ("GREATER_THAN_OR_EQUAL_NUMBER", "ON_OR_AFTER_DATE"),
    "LESS_THAN_OR_EQUAL_TO": ("LESS_THAN_OR_EQUAL_NUMBER", "ON_OR_BEFORE_DATE"),
    "BETWEEN": ("BETWEEN_NUMBER", "BETWEEN_DATE"),
}


def _admin_type(kind: str, matcher: Object) -> str:
    data_type, dates = text(matcher.get("dataType")), kind.endswith("_DATE")
    if kind in _NUMBER_OR_DATE:
        dates = matcher.get("date") is not None or data_type == "DATETIME"
        kind = _NUMBER_OR_DATE[kind][dates]
    agrees = data_type == ("DATETIME" if dates else "NUMBER") or matcher.get("dataType") in (None, "")
    return _ALIASES.get(kind, kind) if agrees else ""


# --- matchers as the SDKs write them


def _under_admin_names(matcher: Object, problem: Problem) -> Object:
    """The matcher with each SDK member under its Admin API name, unless that is taken."""
    if matcher.keys().isdisjoint(_SDK_MEMBERS):
        return matcher
    translated: dict[str, object] = {}
    for name, (known, translate) in _SDK_MEMBERS.items():
        if (data := matcher.get(name)) is not None:
            translated |= translate(data)
            for member in unknown_members(members(data), known):
                problem(f"a matcher with an unknown member ({short(name)}.{member})")
    if not translated:
        return matcher
    own = {name: value for name, value in matcher.items() if value is not None and name not in _SDK_MEMBERS}
    return {**translated, **own}


def _wrapped(admin: str, sdk: str) -> tuple[frozenset[str], Callable[[object], Object]]:
    """A member that is the value itself, or an object that holds it under `sdk`."""
    return frozenset({sdk}), lambda data: {admin: data.get(sdk) if isinstance(data, dict) else data}


def _unary_number(data: object) -> Object:
    kind = members(data).get("dataType")
    return {"date" if kind == "DATETIME" else "number": members(data).get("value"), "dataType": kind}


def _sdk_range(data: object) -> Object:
    return {"between": data, "dataType": members(data).get("dataType")}


_SDK_MEMBERS: Mapping[str, tuple[frozenset[str], Callable[[object], Object]]] = {
    "matcherType": (frozenset(), lambda data: {"type": data}),
    "keySelector": (
        frozenset({"trafficType", "attribute"}),
        lambda data: {"attribute": members(data).get("attribute")},
    ),
    "whitelistMatcherData": _wrapped("strings", "whitelist"),
    "unaryNumericMatcherData": (frozenset({"dataType", "value"}), _unary_number),
    "betweenMatcherData": (frozenset({"dataType", "start", "end"}), _sdk_range),
    "betweenStringMatcherData": (frozenset({"start", "end"}), _sdk_range),
    "unaryStringMatcherData": _wrapped("string", "value"),
    "stringMatcherData": _wrapped("string", "value"),
    "booleanMatcherData": _wrapped("bool", "value"),
    "dependencyMatcherData": (frozenset({"split", "treatments"}), lambda data: {"depends": data}),
    "userDefinedSegmentMatcherData": _wrapped("string", "segmentName"),
    "userDefinedLargeSegmentMatcherData": _wrapped("string", "largeSegmentName"),
}


def matchers_of(rule: Object) -> tuple[Object, ...]:
    """Return the matchers of a rule; one that is no object is empty."""
    return tuple(map(members, elements(members(rule.get("condition")).get("matchers"))))
