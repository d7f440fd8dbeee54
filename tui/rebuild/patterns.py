"""Regular expressions for LaunchDarkly's `matches`, in the part of the language that all SDKs read alike.

`matches` finds a pattern anywhere in a text and knows no flags: `(?i)` is an error in JavaScript. Go's dialect (RE2),
Rust's (Unleash's engine), JavaScript's, Java's and Python's agree on literals, plain classes, anchors, groups and
counted repeats. They disagree about Unicode in `\\d`, `\\w`, `\\s` and `\\b`, and about all that begins with `(?`.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network

from tui.targeting.expressions import expression

VERSION = (
    r"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)"
    r"(-(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*)?"
    r"(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$"
)
"""A whole version of semver.org. LaunchDarkly would read "1.2" as 1.2.0, where both sources see no version."""

_WHOLE_VERSION = re.compile(VERSION)


def is_version(text: str) -> bool:
    """Whether `text` is a whole version of semver.org."""
    return not text.endswith("\n") and _WHOLE_VERSION.match(text) is not None


NEVER = "a^"
"""A pattern that no text matches: nothing is before the start."""

_SPECIAL = frozenset("\\^$.|?*+()[]{}")


def literal(text: str) -> str:
    """Return the pattern of exactly this text."""
    return "".join(f"\\{letter}" if letter in _SPECIAL else letter for letter in text)


def any_case(text: str) -> str:
    """Return the pattern of this text in upper and lower case, each letter as a class: "[aA][bB]"."""
    parts: list[str] = []
    for letter in text:
        cases = dict.fromkeys((letter, letter.lower(), letter.upper()))
        one = [case for case in cases if len(case) == 1]
        parts.append(f"[{''.join(one)}]" if len(one) > 1 else literal(letter))
    return "".join(parts)


def network(addresses: IPv4Network) -> str:
    """Return the pattern of the addresses in a network."""
    first, last = addresses.network_address.packed, addresses.broadcast_address.packed
    octets = (_octet(low, high) for low, high in zip(first, last, strict=True))
    return "^" + "\\.".join(octets) + "$"


_ANY_OCTET = "([0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])"


def _octet(low: int, high: int) -> str:
    """Return the pattern of the numbers from `low` to `high`, written without zeros in front."""
    if (low, high) == (0, 255):
        return _ANY_OCTET
    parts: list[str] = []
    for tens in range(low // 10, high // 10 + 1):
        first, last = max(low, tens * 10) % 10, min(high, tens * 10 + 9) % 10
        digit = str(first) if first == last else f"[{first}-{last}]"
        parts.append(f"{tens}{digit}" if tens else digit)
    return parts[0] if len(parts) == 1 else f"({'|'.join(parts)})"


_ESCAPED = frozenset(".*+?()[]{}|^$\\/-")
_COUNT = re.compile(r"\{\d{1,3}(,\d{0,3})?\}", re.ASCII)
_MEMBER = r"(?:[^\\\[\]&~|^-]|\\[\\\]\[^.$*+?()|{}/-])"
_CLASS = re.compile(rf"\[\^?{_MEMBER}(?:-?{_MEMBER})*-?\]")


def is_common(pattern: str) -> bool:
    """Whether all SDKs read this pattern alike. It is too strict rather than too lenient."""
    place = 0
    while place < len(pattern):
        letter, rest = pattern[place], pattern[place:]
        if ord(letter) > 0xFFFF or letter in "]}":
            return False
        if letter == "\\":
            if len(rest) < 2 or rest[1] not in _ESCAPED:
                return False
            place += 2
        elif letter == "[":
            if not (match := _CLASS.match(rest)) or any(ord(one) > 0xFFFF for one in match[0]):
                return False
            place += match.end()
        elif letter == "{":
            if not (match := _COUNT.match(rest)):
                return False
            place += match.end()
            if pattern[place : place + 1] == "+":
                return False
        elif letter == "(":
            place += 3 if rest.startswith("(?:") else 1
            if rest.startswith("(?") and not rest.startswith("(?:"):
                return False
        elif letter in "*+?" and pattern[place + 1 : place + 2] == "+":
            return False
        else:
            place += 1
    return expression(pattern) is not None


_OF_NUMBERS = frozenset("0123456789+-.eE")


def could_be_number(part: str) -> bool:
    """Whether `part` could be a part of a number that is written as text."""
    return all(letter in _OF_NUMBERS for letter in part)


def could_be_boolean(part: str) -> bool:
    """Whether `part` could be a part of "true" or "false", in any case."""
    return any(part.casefold() in word for word in ("true", "false"))


def required(pattern: str) -> str:
    """Return letters that every text matching `pattern` contains: its literals outside of groups and repeats."""
    if "|" in pattern or not is_common(pattern):
        return ""
    found, depth, place = "", 0, 0
    while place < len(pattern):
        letter, rest = pattern[place], pattern[place:]
        part = _CLASS.match(rest) or _COUNT.match(rest)
        if part:
            place += part.end()
            continue
        depth += (letter == "(") - (letter == ")")
        place += 2 if letter == "\\" else 1
        optional = pattern[place : place + 1] in ("?", "*", "{")
        if depth == 0 and not optional and (letter == "\\" or letter not in "^$.*+?()"):
            found += pattern[place - 1]
    return found
