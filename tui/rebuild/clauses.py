"""A test of the source as clauses of LaunchDarkly, before negation, with the approximations that it takes.

LaunchDarkly never converts a value: "5" is not 5, and `true` is not "true". Where the sources do, a list of values gets
both, and a comparison that can't have both gets a name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import TypeVar

from tui.rebuild import patterns
from tui.rebuild.forms import ALWAYS, KEY_REFERENCE, NEVER, ByHandError, Form
from tui.rebuild.model import Clause
from tui.targeting import split_values
from tui.targeting.approximations import (
    ALWAYS_HAS_A_KEY,
    APP_MUST_SEND,
    BOOLEANS_AS_BOOLEANS,
    BUILD_METADATA,
    DATES_IN_MS,
    LETTERS_BEYOND_ASCII,
    NUMBERS_AS_NUMBERS,
    REGEX_DIALECT,
)
from tui.targeting.expressions import expression
from tui.targeting.model import KEY, Operator, Origin, Test, Value
from tui.targeting.unleash_values import network_of, text_of
from tui.text import phrases

_T = TypeVar("_T")
MINUTE = 60_000
DAY = 86_400_000
RESERVED = frozenset({"key", "kind", "anonymous", "name", "_meta"})
"""Attributes that have a meaning of their own in LaunchDarkly's contexts."""
CLOCK = "currentTime"
"""Unleash's attribute that its SDKs fill in."""
_NOT_FILLED_IN = frozenset({"appName", "environment", "hostname", "remoteAddress"})
"""Unleash's SDKs know them; LaunchDarkly's server SDKs fill in none of them."""
_BOOLEAN_TEXTS: Mapping[bool, tuple[str, ...]] = {True: ("true", "True", "TRUE"), False: ("false", "False", "FALSE")}


@dataclass(frozen=True, slots=True)
class Compared:
    """What a test says of a value that is present, and the names that this takes."""

    form: Form
    names: tuple[str, ...] = ()


def reference(attribute: str) -> str:
    """Return how a clause names an attribute. Raises ByHandError if contexts can't have it."""
    if attribute == KEY:
        return KEY_REFERENCE
    if attribute in RESERVED:
        raise ByHandError(f"The attribute {phrases.value(attribute)} has another meaning in LaunchDarkly's contexts.")
    if not attribute.startswith("/"):
        return attribute
    return "/" + attribute.replace("~", "~0").replace("/", "~1")


_NO_TEXT = (patterns.NEVER,)
_BOOLEANS = (True, False)


def present(attribute: str) -> Clause:
    """Return the clause that is true of everyone who has the attribute, of whatever type."""
    return Clause(reference(attribute), "matches", _NO_TEXT, negate=True)


def has_bucket(attribute: str) -> Clause:
    """Return the clause that is true of everyone whose attribute can decide a share: it is there, and no boolean."""
    return Clause(reference(attribute), "in", _BOOLEANS, negate=True)


def is_about_presence(clause: Clause) -> bool:
    """Whether the clause asks for no more than that the attribute is there."""
    return (clause.op, clause.values, clause.negate) in (
        ("matches", _NO_TEXT, True),
        ("in", _BOOLEANS, True),
        ("matches", ("",), False),
    )


def app_must_send(attribute: str, origin: Origin) -> tuple[str, ...]:
    """Return the name of an attribute of Unleash's contexts that only an app can send to LaunchDarkly."""
    return (APP_MUST_SEND + attribute,) if origin == "unleash" and attribute in _NOT_FILLED_IN else ()


def compared(test: Test, origin: Origin) -> Compared:
    """Return the clauses of a test. Raises ByHandError if there are none for it."""
    if origin == "unleash" and test.attribute == CLOCK:
        raise ByHandError("Unleash fills in the current time, and LaunchDarkly's clauses have no clock.")
    parts = _Parts(test, reference(test.attribute), origin)
    form = _OPERATORS[test.operator](parts)
    names = [*app_must_send(test.attribute, origin), *parts.names]
    if test.attribute == KEY:
        # A key is text on both sides. Unleash does without one, and then only a list of values is sure to leave it out.
        sure = test.operator is Operator.IN and test.missing == test.negated and not test.ignore_case
        names = [ALWAYS_HAS_A_KEY] if origin == "unleash" and not sure else []
        names += parts.names
    return Compared(form, tuple(dict.fromkeys(names)))


@dataclass(slots=True)
class _Parts:
    """A test that becomes clauses, and the names found on the way."""

    test: Test
    reference: str
    origin: Origin
    names: list[str] = field(default_factory=list)

    @property
    def values(self) -> tuple[Value, ...]:
        return self.test.values

    @property
    def texts(self) -> list[str]:
        if not all(isinstance(value, str) for value in self.values):
            raise ByHandError("A rule compares text with a value that is no text.")
        return [value for value in self.values if isinstance(value, str)]

    @property
    def numbers(self) -> list[int | float]:
        numbers = [value for value in self.values if isinstance(value, int | float) and not isinstance(value, bool)]
        if not numbers or len(numbers) < len(self.values):
            raise ByHandError("A rule compares a number or a date with something else.")
        return numbers

    def clause(self, op: str, *values: Value, negate: bool = False) -> Clause:
        return Clause(self.reference, op, values, negate)

    def one(self, op: str, values: Iterable[Value]) -> Form:
        """Return one clause that is true if any value matches; without values, the form that never is."""
        listed = tuple(dict.fromkeys(map(_Typed, values)))
        return ((self.clause(op, *(typed.value for typed in listed)),),) if listed else NEVER

    def about_types(self, parts: Iterable[str]) -> None:
        """Name the types whose text the source compares, and LaunchDarkly doesn't, if it could contain a part."""
        if self.test.attribute == KEY:
            return
        for part in parts:
            if patterns.could_be_number(part):
                self.names.append(NUMBERS_AS_NUMBERS)
            if patterns.could_be_boolean(part):
                self.names.append(BOOLEANS_AS_BOOLEANS if self.origin == "unleash" else NUMBERS_AS_NUMBERS)


@dataclass(frozen=True, slots=True)
class _Typed:
    """A value that equals only values of its own type."""

    value: Value
    type: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "type", type(self.value).__name__)


def _in(parts: _Parts) -> Form:
    if parts.test.ignore_case:
        return _any_case(parts, "^", "$")
    if parts.test.attribute == KEY:
        return parts.one("in", parts.texts)
    twin = split_values.twin if parts.origin == "split" else _twin
    twins = [found for text in parts.texts if (found := twin(text)) is not None and math.isfinite(found)]
    if parts.origin == "split" and not all(isinstance(one, bool) for one in twins):
        parts.names.append(NUMBERS_AS_NUMBERS)  # Split's SDKs write 5.0 as they please
    return parts.one("in", [*parts.texts, *twins])


def _twin(text: str) -> int | float | bool | None:
    """Return the number or boolean that Unleash's SDKs write as this text, None if there is none."""
    if text in ("true", "false"):
        return text == "true"
    for read in (int, float):
        try:
            number = read(text)
        except ValueError:
            continue
        return number if text_of(number) == text and "e" not in text else None
    return None


def _text(op: str, before: str, after: str) -> Callable[[_Parts], Form]:
    def form(parts: _Parts) -> Form:
        parts.about_types(parts.texts)
        if parts.test.ignore_case:
            return _any_case(parts, before, after)
        return parts.one(op, parts.texts)

    return form


def _any_case(parts: _Parts, before: str, after: str) -> Form:
    if parts.test.operator is Operator.IN:
        parts.about_types(parts.texts)
    if any(letter.isalpha() and not letter.isascii() for text in parts.texts for letter in text):
        parts.names.append(LETTERS_BEYOND_ASCII)
    return parts.one("matches", [f"{before}{patterns.any_case(text)}{after}" for text in parts.texts])


def _matches(parts: _Parts) -> Form:
    if parts.test.ignore_case:
        raise ByHandError("A pattern that ignores case has no form that all of LaunchDarkly's SDKs read.")
    for pattern in parts.texts:
        if expression(pattern) is None:
            raise ByHandError(f"The pattern {phrases.value(pattern)} is invalid.")
        if not patterns.is_common(pattern):
            parts.names.append(REGEX_DIALECT)
        parts.about_types((patterns.required(pattern),))
    return parts.one("matches", parts.texts)


def _boolean(parts: _Parts) -> Form:
    wanted = [value for value in parts.values if isinstance(value, bool)]
    if len(wanted) != 1 or len(parts.values) != 1:
        raise ByHandError("A rule compares a boolean with something else.")
    parts.names.append(BOOLEANS_AS_BOOLEANS)
    return parts.one("in", [wanted[0], *_BOOLEAN_TEXTS[wanted[0]]])


def _has_any(parts: _Parts) -> Form:
    _is_no_key(parts)
    return parts.one("in", parts.texts)


def _has_all(parts: _Parts) -> Form:
    _is_no_key(parts)
    if not parts.values:
        raise ByHandError("A rule asks for all of an empty list.")
    return (tuple(dict.fromkeys(parts.clause("in", text) for text in parts.texts)),)


def _is_no_key(parts: _Parts) -> None:
    if parts.test.attribute == KEY:
        raise ByHandError("A rule takes the key for a list.")


def _number(op: str) -> Callable[[_Parts], Form]:
    def form(parts: _Parts) -> Form:
        parts.names.append(NUMBERS_AS_NUMBERS)
        return parts.one(op, parts.numbers)

    return form


def _number_between(parts: _Parts) -> Form:
    parts.names.append(NUMBERS_AS_NUMBERS)
    low, high = _pair(parts.numbers)
    return ((parts.clause("greaterThanOrEqual", low), parts.clause("lessThanOrEqual", high)),)


def _date(*, start: bool = False, end: bool = False, unit: int = MINUTE) -> Callable[[_Parts], Form]:
    """From the first date's minute or day on, until the last one's is over. LaunchDarkly's limits are excluded."""

    def form(parts: _Parts) -> Form:
        parts.names.append(DATES_IN_MS)
        dates = parts.numbers
        first, last = int(dates[0]), int(dates[-1])
        clauses = []
        if start:
            clauses.append(parts.clause("after", first - first % unit - 1))
        if end:
            clauses.append(parts.clause("before", last - last % unit + unit))
        return (tuple(clauses),)

    return form


def _moment(op: str) -> Callable[[_Parts], Form]:
    def form(parts: _Parts) -> Form:
        parts.names.append(DATES_IN_MS)
        return parts.one(op, parts.numbers)

    return form


def _version(*comparisons: tuple[str, bool]) -> Callable[[_Parts], Form]:
    """Whole versions alone, and for each value one comparison, negated or not; all must be true."""

    def form(parts: _Parts) -> Form:
        texts = parts.texts
        for text in texts:
            if not patterns.is_version(text):
                raise ByHandError(f"{phrases.value(text)} is not a whole version, such as 1.2.0.")
        guard = parts.clause("matches", patterns.VERSION)
        if parts.origin == "split":
            parts.names.append(BUILD_METADATA)
        if parts.test.operator is Operator.VERSION_IS:
            return ((guard, parts.clause("semVerEqual", *texts)),) if texts else NEVER
        values = _pair(texts) if len(comparisons) == 2 else (*_single(texts),)
        limits = (
            parts.clause(op, value, negate=negate) for (op, negate), value in zip(comparisons, values, strict=True)
        )
        return ((guard, *limits),)

    return form


def _network(parts: _Parts) -> Form:
    found = []
    for text in parts.texts:
        addresses = network_of(text)
        if not isinstance(addresses, IPv4Network):
            raise ByHandError(f"{phrases.value(text)} is not an IPv4 address or range, which a pattern could match.")
        found.append(patterns.network(addresses))
    return parts.one("matches", found)


def _present(parts: _Parts) -> Form:
    return ALWAYS if parts.test.attribute == KEY else ((present(parts.test.attribute),),)


def _no_clause(parts: _Parts) -> Form:
    raise ByHandError("LaunchDarkly can't say that a list contains nothing else.")


def _single(values: Sequence[_T]) -> tuple[_T]:
    if len(values) != 1:
        raise ByHandError("A rule compares with several values at once.")
    return (values[0],)


def _pair(values: Sequence[_T]) -> tuple[_T, _T]:
    if len(values) != 2:
        raise ByHandError("A range needs two values.")
    return values[0], values[1]


_OPERATORS: Mapping[Operator, Callable[[_Parts], Form]] = {
    Operator.IN: _in,
    Operator.STARTS_WITH: _text("startsWith", "^", ""),
    Operator.ENDS_WITH: _text("endsWith", "", "$"),
    Operator.CONTAINS: _text("contains", "", ""),
    Operator.MATCHES: _matches,
    Operator.IS_TRUE_OR_FALSE: _boolean,
    Operator.HAS_ANY: _has_any,
    Operator.HAS_ALL: _has_all,
    Operator.SET_EQUALS: _no_clause,
    Operator.PART_OF: _no_clause,
    Operator.NUMBER_IS: _number("in"),
    Operator.NUMBER_ABOVE: _number("greaterThan"),
    Operator.NUMBER_BELOW: _number("lessThan"),
    Operator.NUMBER_AT_LEAST: _number("greaterThanOrEqual"),
    Operator.NUMBER_AT_MOST: _number("lessThanOrEqual"),
    Operator.NUMBER_BETWEEN: _number_between,
    Operator.DATE_ON: _date(start=True, end=True, unit=DAY),
    Operator.DATE_AFTER: _moment("after"),
    Operator.DATE_BEFORE: _moment("before"),
    Operator.DATE_FROM: _date(start=True),
    Operator.DATE_UNTIL: _date(end=True),
    Operator.DATE_BETWEEN: _date(start=True, end=True),
    Operator.VERSION_IS: _version(("semVerEqual", False)),
    Operator.VERSION_ABOVE: _version(("semVerGreaterThan", False)),
    Operator.VERSION_BELOW: _version(("semVerLessThan", False)),
    Operator.VERSION_AT_LEAST: _version(("semVerLessThan", True)),
    Operator.VERSION_AT_MOST: _version(("semVerGreaterThan", True)),
    Operator.VERSION_BETWEEN: _version(("semVerLessThan", True), ("semVerGreaterThan", True)),
    Operator.IN_NETWORK: _network,
    Operator.IS_PRESENT: _present,
}
