"""Keys that are recognized by their shape alone.

LaunchDarkly's keys are `api-`, `sdk-`, or `mob-` and a UUID. Unleash's tokens are `project:environment.` or `user:`
and hexadecimal digits, or (since version 8) `v2_`, a selector, and a verifier in base64url. Harness's are `pat.` or
`sat.`, an account, a token's id, and random characters. Split's have no shape.

Two tasks, two strictnesses: `tokens` and `keys` find what to mask in a text that a server wrote, where masking too much
does no harm. `holds_key` refuses what a person wrote where no key belongs, so it matches only unmistakable keys.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

Span = tuple[int, int]

LD_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
UNLEASH_V2 = r"v2_[A-Za-z0-9_-]{20,}_[A-Za-z0-9_-]{40,}"
SHOWN = "(a key)"

# --- in a server's text

_DIGITS = bytes(ord("0") if chr(number) in "0123456789abcdefABCDEF" else ord(" ") for number in range(256))
_LONG_NUMBER = b"0" * 12  # the end of a UUID
_SECRET_DIGITS = b"0" * 32
_LAUNCHDARKLY = re.compile(rf"(?:api|sdk|mob)-{LD_UUID}", re.IGNORECASE | re.ASCII)
_KINDS = ("api-", "sdk-", "mob-")
_HARNESS = re.compile(r"(?<![0-9A-Za-z])[ps]at(?:\.[0-9A-Za-z_-]{8,200}){3}")
_SECRET = re.compile(r"(?<=[:.])v2_[0-9A-Za-z_-]{32,}|(?<![0-9A-Fa-f])[0-9A-Fa-f]{32,}")
_NAME = r"[^\s\x00-\x1f\x7f-\x9f:;,\"'<>=&(){}]"
_SCOPE = re.compile(rf"(?:{_NAME}{{1,100}}:{_NAME}{{0,100}}\.|\buser:)\Z")
_LONGEST_SCOPE = 210


def tokens(text: str) -> Iterator[Span]:
    """The places of whole tokens of LaunchDarkly and Unleash."""
    if _possible(text):
        yield from _of_launchdarkly(text)
        yield from ((start, end) for start, end, bare in _secrets(text) if not bare)


def keys(text: str, ids: Collection[str] = ()) -> Iterator[Span]:
    """The places of `tokens`, of Harness's tokens, and of hexadecimal runs that are none of `ids` (in lower case)."""
    if _possible(text):
        yield from _of_launchdarkly(text)
        yield from (match.span() for match in _HARNESS.finditer(text))
        for start, end, bare in _secrets(text):
            if not bare or text[start:end].lower() not in ids:
                yield start, end


def _of_launchdarkly(text: str) -> Iterator[Span]:
    lower = text.lower()
    if any(kind in lower for kind in _KINDS):  # a pattern that ignores case is slow on pages of flags
        yield from (match.span() for match in _LAUNCHDARKLY.finditer(text))


def _possible(text: str) -> bool:
    """Whether a closer look is worth its time."""
    if "pat." in text or "sat." in text or "v2_" in text:
        return True
    return _LONG_NUMBER in _digits(text)


def _digits(text: str) -> bytes:
    """A 0 for each hexadecimal digit, and a blank for each other character."""
    return text.encode("ascii", "replace").translate(_DIGITS)


def _secrets(text: str) -> Iterator[tuple[int, int, bool]]:
    """Start and end of what may be a token's secret, with its scope; and whether it has none."""
    if "v2_" not in text and _SECRET_DIGITS not in _digits(text):
        return  # the pattern is slow on pages of flags
    for match in _SECRET.finditer(text):
        scope = _SCOPE.search(text, max(0, match.start() - _LONGEST_SCOPE), match.start())
        yield (scope or match).start(), match.end(), scope is None


# --- in a person's text

_KEY = re.compile(
    rf"(?<![a-z0-9])(?:(?:api|sdk|mob)-{LD_UUID}|{UNLEASH_V2}|user:[0-9a-f]{{56}})"
    r"|(?<![a-z0-9])[ps]at\.[a-z0-9_-]{16,}\.[a-z0-9]{16,}(?:\.[a-z0-9]{12,})?"
    r"|\*:\*\.[^\s:]{12,}"
    r"|:[a-z0-9~_.-]{1,100}\.(?:[0-9a-f]{56}(?![0-9a-f])|unleash-insecure-[a-z-]+)",
    re.IGNORECASE,
)
# Long and without any word: a key of Split's, or a harmless hash. It is not shown, but not refused either.
_OPAQUE = re.compile(r"(?=[0-9]*[A-Za-z])(?=[A-Za-z]*[0-9])[A-Za-z0-9]{32,}")


def holds_key(text: str) -> bool:
    """Return whether `text` is or contains what can only be a key."""
    return _KEY.search(text) is not None


def without_keys(text: str) -> str:
    """Return `text` with everything that is or may be a key replaced."""
    return _OPAQUE.sub(SHOWN, _KEY.sub(SHOWN, text))
