"""How Split's SDKs compare an attribute's value, by the example of splitio_client 10.7.0 for Python.

With a name of `tui.targeting.approximations` the value is compared as LaunchDarkly does, in that one respect. Dates are
epoch milliseconds here; Split's Python SDK alone wants seconds of its callers.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from tui.targeting.approximations import BOOLEANS_AS_BOOLEANS, BUILD_METADATA, DATES_IN_MS, NUMBERS_AS_NUMBERS
from tui.targeting.expressions import expression
from tui.targeting.model import Operator, Test, Value

Found = Value | tuple[Value, ...]
"""What a context has for an attribute."""

MINUTE = 60_000
DAY = 86_400_000
BOOLEAN_TEXTS: Mapping[bool, tuple[str, ...]] = {True: ("true", "True", "TRUE"), False: ("false", "False", "FALSE")}
"""The texts that stand for a boolean if LaunchDarkly compares them."""


def holds(test: Test, value: Found, names: Collection[str] = ()) -> bool:
    """Return whether the comparison is true of a value that is present, before `negated`.

    An operator that Split doesn't have is never true.
    """
    family = _FAMILIES.get(test.operator)
    if family is None:
        return test.operator is Operator.IS_PRESENT
    if family.name not in names:
        return family.as_split(test, value)
    if test.operator in _SETS:
        return family.as_launchdarkly(test, value)
    # LaunchDarkly compares each element of an array.
    return any(family.as_launchdarkly(test, one) for one in (value if isinstance(value, tuple) else (value,)))


# --- text


def text(value: Found) -> str:
    """Return the text that Split compares: that of JSON for all but text."""
    return value if isinstance(value, str) else json.dumps(value)


def twin(value: str) -> int | float | bool | None:
    """Return the number or boolean that every SDK writes as this text: 5 for "5". None if there is none, as for "5.0",
    which some SDKs write as "5"."""
    read = _json(value)
    if isinstance(read, float) and (read.is_integer() or not math.isfinite(read) or "e" in value.lower()):
        return None
    return read if isinstance(read, bool | int | float) and json.dumps(read) == value else None


def _json(value: str) -> object:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _text(test: Test, value: Found) -> bool:
    return _compares_text(test, text(value))


def _text_alone(test: Test, value: Found) -> bool:
    if isinstance(value, str):
        return _compares_text(test, value)
    if test.operator is not Operator.IN:
        return False
    twins = (twin(wanted) for wanted in test.values if isinstance(wanted, str))
    return any(isinstance(value, bool) is isinstance(other, bool) and value == other for other in twins)


def _compares_text(test: Test, value: str) -> bool:
    texts = [wanted for wanted in test.values if isinstance(wanted, str)]
    match test.operator:
        case Operator.IN:
            return value in texts
        case Operator.STARTS_WITH:
            return value.startswith(tuple(texts))
        case Operator.ENDS_WITH:
            return value.endswith(tuple(texts))
        case Operator.CONTAINS:
            return any(wanted in value for wanted in texts)
        case _:
            return any(matches(wanted, value) for wanted in texts)


def matches(pattern: str, value: str) -> bool:
    """Return whether a part of `value` matches the pattern. An invalid pattern matches nothing."""
    compiled = expression(pattern)
    return compiled is not None and compiled.search(value) is not None


# --- sets


def _set(test: Test, value: Found) -> bool:
    if not isinstance(value, tuple | str):
        return False
    elements, wanted = set(value), set(test.values)  # a text is the set of its letters
    match test.operator:
        case Operator.HAS_ANY:
            return not elements.isdisjoint(wanted)
        case Operator.HAS_ALL:
            return wanted <= elements
        case Operator.SET_EQUALS:
            return wanted == elements
        case _:
            return bool(elements) and elements <= wanted


def _array(test: Test, value: Found) -> bool:
    return _set(test, value if isinstance(value, tuple) else (value,))


# --- numbers


def integer(value: Found) -> int | None:
    """Return the whole number that Split reads: a number without a fraction's type, or a text of one."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        return int(value)
    except ValueError:
        return None


def _integer(test: Test, value: Found) -> bool:
    number = integer(value)
    return number is not None and _compares_number(test, number)


def _number(test: Test, value: Found) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and _compares_number(test, value)


def _compares_number(test: Test, value: float) -> bool:
    bounds = [bound for bound in test.values if isinstance(bound, int | float)]
    if not bounds:
        return False
    match test.operator:
        case Operator.NUMBER_IS:
            return value in bounds
        case Operator.NUMBER_AT_LEAST:
            return value >= bounds[0]
        case Operator.NUMBER_AT_MOST:
            return value <= bounds[0]
        case _:
            return bounds[0] <= value <= bounds[-1]


# --- booleans


def _boolean(test: Test, value: Found) -> bool:
    read = _json(value.lower()) if isinstance(value, str) else value
    return isinstance(read, bool) and read in test.values


def _boolean_or_text(test: Test, value: Found) -> bool:
    if isinstance(value, bool):
        return value in test.values
    texts = [BOOLEAN_TEXTS[wanted] for wanted in test.values if isinstance(wanted, bool)]
    return isinstance(value, str) and any(value in some for some in texts)


# --- dates


def _milliseconds(test: Test, value: Found) -> bool:
    moment = integer(value)
    return moment is not None and _in_window(test, moment)


def _moment(test: Test, value: Found) -> bool:
    moment: float | None = None
    if isinstance(value, str):
        moment = _rfc_3339(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        moment = value
    return moment is not None and _in_window(test, moment)


def _in_window(test: Test, moment: float) -> bool:
    start, end = window(test)
    return (start is None or moment > start - 1) and (end is None or moment < end)


def window(test: Test) -> tuple[int | None, int | None]:
    """Return when the test is true, from a moment until just before another; None is open.

    Split cuts both sides to the minute, or to the day in UTC.
    """
    dates = [int(date) for date in test.values if isinstance(date, int | float)]
    if not dates:
        return 0, 0
    match test.operator:
        case Operator.DATE_ON:
            day = dates[0] - dates[0] % DAY
            return day, day + DAY
        case Operator.DATE_FROM:
            return dates[0] - dates[0] % MINUTE, None
        case Operator.DATE_UNTIL:
            return None, dates[0] - dates[0] % MINUTE + MINUTE
        case _:
            return dates[0] - dates[0] % MINUTE, dates[-1] - dates[-1] % MINUTE + MINUTE


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def _rfc_3339(value: str) -> float | None:
    if not _RFC_3339.fullmatch(value):
        return None
    try:
        return (datetime.fromisoformat(value) - _EPOCH).total_seconds() * 1000
    except (ValueError, OverflowError):
        return None


# --- versions


@dataclass(frozen=True, slots=True)
class Version:
    """A version as Split reads it: three numbers, identifiers of a pre-release, and the build as written."""

    numbers: tuple[int, int, int]
    pre_release: tuple[str, ...] = ()
    build: str = ""

    def compare(self, other: Version, *, strict: bool = False) -> int:
        """Return -1, 0 or 1; builds don't matter. SemVer (`strict`) sorts a number before all text, Split doesn't."""
        if self.numbers != other.numbers:
            return _order(self.numbers, other.numbers)
        if bool(self.pre_release) is not bool(other.pre_release):
            return -1 if self.pre_release else 1
        for own, others in zip(self.pre_release, other.pre_release, strict=False):
            if own == others:
                continue
            numeric = own.isnumeric(), others.isnumeric()
            if strict and any(numeric) and not all(numeric):
                return -1 if numeric[0] else 1
            return _order(int(own), int(others)) if all(numeric) else _order(own, others)
        return _order(len(self.pre_release), len(other.pre_release))


def _order(one: object, other: object) -> int:
    return (one > other) - (one < other)  # type: ignore[operator, no-any-return]


@lru_cache(4096)
def version(value: str) -> Version | None:
    """Return the version that Split reads, None if it reads none. Unlike in SemVer 2.0 there may be leading zeros."""
    rest, plus, build = value.partition("+")
    numbers, hyphen, pre_release = rest.partition("-")
    if (plus and not build) or (hyphen and not pre_release):
        return None
    try:
        major, minor, patch = map(int, numbers.split("."))
        parts = tuple(str(int(part)) if part.isnumeric() else part for part in pre_release.split(".")) if hyphen else ()
    except ValueError:
        return None
    return Version((major, minor, patch), parts, build)


_STRICT = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(-(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?"
    r"(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?",
    re.ASCII,
)


def is_strict(value: str) -> bool:
    """Return whether this is a version of SemVer 2.0, three numbers without leading zeros."""
    return _STRICT.fullmatch(value) is not None


def _version(test: Test, value: Found) -> bool:
    own, bounds = _read(value), [_read(wanted) for wanted in test.values]
    if test.operator is Operator.VERSION_IS:
        return own is not None and own in bounds
    return _compares_version(test, own, bounds, strict=False)


def _strict_version(test: Test, value: Found) -> bool:
    own, *bounds = (_read(text, strict=True) for text in (value, *test.values))
    return _compares_version(test, own, bounds, strict=True)


def _read(value: Found, *, strict: bool = False) -> Version | None:
    return version(value) if isinstance(value, str) and (is_strict(value) or not strict) else None


def _compares_version(test: Test, own: Version | None, bounds: list[Version | None], *, strict: bool) -> bool:
    order = [own.compare(bound, strict=strict) for bound in bounds if bound is not None] if own is not None else []
    if test.operator is Operator.VERSION_IS:
        return 0 in order
    if not order or len(order) < len(bounds):
        return False
    match test.operator:
        case Operator.VERSION_AT_LEAST:
            return order[0] >= 0
        case Operator.VERSION_AT_MOST:
            return order[0] <= 0
        case _:
            return order[0] >= 0 >= order[-1]


# --- operators


@dataclass(frozen=True, slots=True)
class _Family:
    """Operators that read a value alike: the approximation about it, and both ways to compare."""

    name: str
    as_split: Callable[[Test, Found], bool]
    as_launchdarkly: Callable[[Test, Found], bool]


_SETS = frozenset({Operator.HAS_ANY, Operator.HAS_ALL, Operator.SET_EQUALS, Operator.PART_OF})
_OPERATORS: Mapping[_Family, tuple[Operator, ...]] = {
    _Family(NUMBERS_AS_NUMBERS, _text, _text_alone): (
        Operator.IN,
        Operator.STARTS_WITH,
        Operator.ENDS_WITH,
        Operator.CONTAINS,
        Operator.MATCHES,
    ),
    _Family(NUMBERS_AS_NUMBERS, _set, _array): tuple(_SETS),
    _Family(NUMBERS_AS_NUMBERS, _integer, _number): (
        Operator.NUMBER_IS,
        Operator.NUMBER_AT_LEAST,
        Operator.NUMBER_AT_MOST,
        Operator.NUMBER_BETWEEN,
    ),
    _Family(BOOLEANS_AS_BOOLEANS, _boolean, _boolean_or_text): (Operator.IS_TRUE_OR_FALSE,),
    _Family(DATES_IN_MS, _milliseconds, _moment): (
        Operator.DATE_ON,
        Operator.DATE_FROM,
        Operator.DATE_UNTIL,
        Operator.DATE_BETWEEN,
    ),
    _Family(BUILD_METADATA, _version, _strict_version): (
        Operator.VERSION_IS,
        Operator.VERSION_AT_LEAST,
        Operator.VERSION_AT_MOST,
        Operator.VERSION_BETWEEN,
    ),
}
_FAMILIES: Mapping[Operator, _Family] = {
    operator: family for family, operators in _OPERATORS.items() for operator in operators
}
