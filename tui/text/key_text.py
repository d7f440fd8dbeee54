"""Keys in texts that should hold none: their unmistakable shapes, and what to show in their place.

LaunchDarkly's keys are `api-`, `sdk-`, or `mob-` and a UUID. Unleash's tokens are `project:environment.` or `user:` and
56 hex digits, or (since version 8) `v2_`, a selector, and a verifier in base64url. Harness's are `pat.` or `sat.`,
an account, a token's id, and random characters. Split's have no shape.
"""

from __future__ import annotations

import re

LD_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
UNLEASH_V2 = r"v2_[A-Za-z0-9_-]{20,}_[A-Za-z0-9_-]{40,}"
SHOWN = "(a key)"

_KEY = re.compile(
    rf"(?<![a-z0-9])(?:(?:api|sdk|mob)-{LD_UUID}|{UNLEASH_V2}|user:[0-9a-f]{{56}})"
    r"|(?<![a-z0-9])[ps]at\.[a-z0-9_-]{16,}\.[a-z0-9]{16,}(?:\.[a-z0-9]{12,})?"
    r"|\*:\*\.[^\s:]{12,}"
    r"|:[a-z0-9~_.-]{1,100}\.(?:[0-9a-f]{56}(?![0-9a-f])|unleash-insecure-[a-z-]+)",
    re.IGNORECASE,
)
# Long and without any word: a key of Split's, or a harmless hash. Shown to nobody, but not refused either.
_OPAQUE = re.compile(r"(?=[0-9]*[A-Za-z])(?=[A-Za-z]*[0-9])[A-Za-z0-9]{32,}")


def holds_key(text: str) -> bool:
    """Return whether `text` is or contains what can only be a key."""
    return _KEY.search(text) is not None


def without_keys(text: str) -> str:
    """Return `text` with everything that is or may be a key replaced."""
    return _OPAQUE.sub(SHOWN, _KEY.sub(SHOWN, text))
