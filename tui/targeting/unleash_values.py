"""How Unleash's engine, yggdrasil, compares a value of the context: all values are text, and each operator parses it.

Measured with yggdrasil-engine 2.0.0, which newer SDKs of Unleash contain.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from tui.targeting.approximations import (
    BOOLEANS_AS_BOOLEANS,
    DATES_IN_MS,
    LETTERS_BEYOND_ASCII,
    NUMBERS_AS_NUMBERS,
)
from tui.targeting.expressions import expression
from tui.targeting.model import Operator, Test, Value

Version = tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]]
"""A version by its precedence: a release comes after its prereleases, and a build makes no difference."""


def holds(test: Test, value: Value | tuple[Value, ...], names: Collection[str] = ()) -> bool:
    """Return what the comparison says of `value`, before negation. A list is no value to Unleash's engine.

    With names of approximations a number or a boolean is no text, text is no number, and dates are milliseconds or
    RFC 3339, as in LaunchDarkly.
    """
    if isinstance(value, tuple):
        return False
    if compare := _NUMBERS.get(test.operator):
        number = _number(value, names)
        if test.operator is Operator.NUMBER_IS and NUMBERS_AS_NUMBERS in names:
            return number in test.values
        return number is not None and any(compare(number, float(limit)) for limit in test.values)
    if compare := _DATES.get(test.operator):
        date = _date(value, names)
        return date is not None and any(compare(date, float(limit)) for limit in test.values)
    text = text_of(value)
    if test.operator is Operator.IN:
        wanted = map(text_of, test.values)
        return (
            text in wanted if not test.ignore_case else _folded(text, names) in (_folded(one, names) for one in wanted)
        )
    if (
        not isinstance(value, str)
        and (BOOLEANS_AS_BOOLEANS if isinstance(value, bool) else NUMBERS_AS_NUMBERS) in names
    ):
        return False
    if compare_texts := _TEXTS.get(test.operator):
        fold = (lambda one: _folded(one, names)) if test.ignore_case else str
        return any(compare_texts(fold(text), fold(text_of(part))) for part in test.values)
    if compare_versions := _VERSIONS.get(test.operator):
        version = version_of(text)
        limits = [version_of(text_of(limit)) for limit in test.values]
        return version is not None and any(limit is not None and compare_versions(version, limit) for limit in limits)
    if test.operator is Operator.MATCHES:
        patterns = [expression(text_of(pattern), ignore_case=test.ignore_case) for pattern in test.values]
        return any(pattern is not None and pattern.search(text) is not None for pattern in patterns)
    if test.operator is Operator.IN_NETWORK:
        return _is_in_network(text, test.values)
    return False


def text_of(value: Value | tuple[Value, ...]) -> str:
    """Return a value as the SDKs give it to the engine: a whole number without its fraction, booleans in lower case."""
    if isinstance(value, tuple):
        return ",".join(map(text_of, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def number_of(text: str) -> float | None:
    """Return the number that Rust's f64 reads from a text without blanks."""
    return float(text) if _NUMBER.fullmatch(text) else None


def date_of(text: str) -> float | None:
    """Return epoch milliseconds of a date with its time and zone, as leniently written as the engine accepts it."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    *numbers, fraction, zone = match.groups()
    year, month, day, hour, minute, second = map(int, numbers)
    offset = timedelta()
    if zone[-1].isdecimal():
        hours, minutes = int(zone[1:3]), int(zone[-2:])
        if hours > 23 or minutes > 59:
            return None
        offset = timedelta(hours=hours, minutes=minutes) * (1 if zone[0] == "+" else -1)
    leap = second == 60
    try:
        whole = datetime(year, month, day, hour, minute, 59 if leap else second, tzinfo=timezone(offset))
    except ValueError:
        return None
    seconds = (whole - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    # A leap second is later than any other part of its minute, and before the next.
    return seconds * 1000 + (999.999 if leap else float(f"0.{fraction or 0}") * 1000)


@lru_cache(maxsize=4096)
def version_of(text: str) -> Version | None:
    """Return a strict version (three numbers, no leading zeros, no "v"); None for any other text."""
    match = VERSION.fullmatch(text)
    if match is None:
        return None
    major, minor, patch = (int(number) for number in match.group(1, 2, 3))
    if max(major, minor, patch) >= 1 << 64:
        return None
    parts = tuple(_identifier(part) for part in match[4].split(".")) if match[4] else ()
    return major, minor, patch, not parts, parts


def network_of(text: str) -> IPv4Network | IPv6Network | None:
    """Return the network of an address or a CIDR range, whose host bits may be set; None if it is neither."""
    if "%" in text or _HOST_MASK.search(text):  # Python reads a zone and a host mask, Rust doesn't
        return None
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


VERSION = re.compile(
    r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)"
    r"(?:-((?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*))?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
_NUMBER = re.compile(
    r"[+-]?(?:inf|infinity|nan|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)", re.IGNORECASE | re.ASCII
)
_DATE = re.compile(
    r"\s*([0-9]{1,4})-([0-9]{1,2})-([0-9]{1,2})(?:T|\s)\s*([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:\.([0-9]+))?"
    r"\s*(Z|UTC|[+\N{MINUS SIGN}-][0-9]{2}:?[0-9]{2})\s*",
    re.IGNORECASE,
)
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9](?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_HOST_MASK = re.compile(r"/(?!0+\.0+\.0+\.0+$)(?:[0-9]|[0-9][0-9]|1[01][0-9]|12[0-7])\.")
_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}

_NUMBERS: Mapping[Operator, Callable[[float, float], bool]] = {
    Operator.NUMBER_IS: lambda number, limit: abs(number - limit) < sys.float_info.epsilon,
    Operator.NUMBER_ABOVE: lambda number, limit: number > limit,
    Operator.NUMBER_BELOW: lambda number, limit: number < limit,
    Operator.NUMBER_AT_LEAST: lambda number, limit: number >= limit,
    Operator.NUMBER_AT_MOST: lambda number, limit: number <= limit,
}
_DATES: Mapping[Operator, Callable[[float, float], bool]] = {
    Operator.DATE_AFTER: lambda date, limit: date > limit,
    Operator.DATE_BEFORE: lambda date, limit: date < limit,
}
_TEXTS: Mapping[Operator, Callable[[str, str], bool]] = {
    Operator.STARTS_WITH: str.startswith,
    Operator.ENDS_WITH: str.endswith,
    Operator.CONTAINS: lambda text, part: part in text,
}
_VERSIONS: Mapping[Operator, Callable[[Version, Version], bool]] = {
    Operator.VERSION_IS: lambda version, limit: version == limit,
    Operator.VERSION_ABOVE: lambda version, limit: version > limit,
    Operator.VERSION_BELOW: lambda version, limit: version < limit,
    Operator.VERSION_AT_LEAST: lambda version, limit: version >= limit,
    Operator.VERSION_AT_MOST: lambda version, limit: version <= limit,
}


def _number(value: Value, names: Collection[str]) -> float | None:
    if NUMBERS_AS_NUMBERS in names:
        return None if isinstance(value, bool | str) else float(value)
    return number_of(text_of(value))


def _date(value: Value, names: Collection[str]) -> float | None:
    if DATES_IN_MS not in names:
        return date_of(text_of(value))
    if isinstance(value, str):
        return date_of(value) if _RFC_3339.fullmatch(value) else None
    return None if isinstance(value, bool) else float(value)


def _folded(text: str, names: Collection[str]) -> str:
    return text.translate(_ASCII_LOWER) if LETTERS_BEYOND_ASCII in names else text.lower()


def _identifier(part: str) -> tuple[bool, int, str]:
    """A part of a prerelease: numbers come before words, as SemVer 2.0.0 orders them."""
    return (False, int(part), "") if part.isdecimal() else (True, 0, part)


def _is_in_network(text: str, values: Collection[Value]) -> bool:
    try:
        address = None if "%" in text else ip_address(text)
    except ValueError:
        return False
    networks = (network_of(text_of(value)) for value in values)
    return address is not None and any(network is not None and address in network for network in networks)
