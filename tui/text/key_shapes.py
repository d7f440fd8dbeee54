"""Keys that nobody told this program of, found in a text by their shape alone.

LaunchDarkly's keys are `api-`, `sdk-`, or `mob-` and a UUID. Unleash's tokens are `project:environment.` or `user:`
and 32 or more hexadecimal digits, or `v2_` and letters. Harness' tokens are `pat.` or `sat.` and three parts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

Span = tuple[int, int]

_DIGITS = bytes(ord("0") if chr(number) in "0123456789abcdefABCDEF" else ord(" ") for number in range(256))
_LONG_NUMBER = b"0" * 12  # the end of a UUID
_UUID = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_LAUNCHDARKLY = re.compile(rf"(?:[aA][pP][iI]|[sS][dD][kK]|[mM][oO][bB])-{_UUID}")
_HARNESS = re.compile(r"(?<![0-9A-Za-z])[ps]at(?:\.[0-9A-Za-z_-]{8,200}){3}")
_SECRET = re.compile(r"(?<=[:.])v2_[0-9A-Za-z_-]{32,}|[0-9A-Fa-f]{32,}")
_NAME = r"[^\s\x00-\x1f\x7f-\x9f:;,\"'<>=&(){}]"
_SCOPE = re.compile(rf"(?:{_NAME}{{1,100}}:{_NAME}{{0,100}}\.|\buser:)\Z")
_LONGEST_SCOPE = 210


def tokens(text: str) -> Iterator[Span]:
    """The places of whole tokens of LaunchDarkly and Unleash."""
    if _possible(text):
        yield from (match.span() for match in _LAUNCHDARKLY.finditer(text))
        yield from ((start, end) for start, end, bare in _secrets(text) if not bare)


def keys(text: str, ids: Collection[str] = ()) -> Iterator[Span]:
    """The places of `tokens`, of Harness' tokens, and of hexadecimal runs that are none of `ids` (in lower case)."""
    if _possible(text):
        yield from (match.span() for match in _LAUNCHDARKLY.finditer(text))
        yield from (match.span() for match in _HARNESS.finditer(text))
        for start, end, bare in _secrets(text):
            if not bare or text[start:end].lower() not in ids:
                yield start, end


def _possible(text: str) -> bool:
    """Whether a closer look is worth its time."""
    if "pat." in text or "sat." in text or "v2_" in text:
        return True
    return _LONG_NUMBER in text.encode("ascii", "replace").translate(_DIGITS)


def _secrets(text: str) -> Iterator[tuple[int, int, bool]]:
    """Start and end of what may be a token's secret, with its scope; whether there is none."""
    for match in _SECRET.finditer(text):
        scope = _SCOPE.search(text, max(0, match.start() - _LONGEST_SCOPE), match.start())
        yield (scope or match).start(), match.end(), scope is None
