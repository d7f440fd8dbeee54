"""The pauses that servers ask for with 429, read from each family of headers."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass

from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.text.times import http_date, span, time_of_day

TOO_MANY = 429
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,9})?$")
_YEAR = 366 * 86_400.0
_OLDEST_MILLISECONDS = 1e11  # below this it is read as seconds: as milliseconds it would lie before 1974
_OLDEST_SECONDS = 1e9  # below this it is no point in time of our days
_BACKOFF = 1.0


@dataclass(frozen=True, slots=True)
class Pause:
    """How long to wait, in seconds. `limit` says whose limit was hit ("your whole account"), "" if unknown.

    `requested` is false if the server named no time ahead, so that the length is our own choice.
    """

    seconds: float
    limit: str
    requested: bool


@dataclass(frozen=True, slots=True)
class _RateLimit:
    """The headers of one limit: when it resets, and what is left of it (0 marks the one that was hit)."""

    resets: str
    left: str
    owner: str
    in_seconds: bool
    """Whether `resets` is a number of seconds. Otherwise it is a point in time."""


# LaunchDarkly: "Rate limiting" in its API overview. Split: docs.split.io/reference/rate-limiting.
_RATE_LIMITS = (
    _RateLimit("x-ratelimit-reset", "x-ratelimit-global-remaining", "your whole account", False),
    _RateLimit("x-ratelimit-reset", "x-ratelimit-route-remaining", "this request", False),
    _RateLimit("x-ratelimit-auth-token-reset", "x-ratelimit-auth-token-remaining", "your token", False),
    _RateLimit("x-ratelimit-reset-seconds-org", "x-ratelimit-remaining-org", "your organization", True),
    _RateLimit("x-ratelimit-reset-seconds-ip", "x-ratelimit-remaining-ip", "your network address", True),
)


def requested_pause(headers: Mapping[str, str], now: float, attempt: int = 1) -> Pause:
    """Return the longest pause that applies, by headers with names in lower case. Never raises.

    A limit with something left is not the one that was hit. A point in time is compared with the server's own
    Date if it sends one, because the clocks may differ. Without a time ahead: a small growing pause.
    """
    server_time = http_date(headers.get("date", ""))
    base = now if server_time is None else server_time / 1000
    resets = [
        (limit, number) for limit in _RATE_LIMITS if (number := _number(headers.get(limit.resets, ""))) is not None
    ]
    hit = [pair for pair in resets if _number(headers.get(pair[0].left, "")) == 0]
    owner = hit[0][0].owner if hit else ""
    unknown = [pair for pair in resets if pair[0].left not in headers]
    # If each has something left, the server still refused: all of them count.
    pauses = [number if limit.in_seconds else _until(number, base) for limit, number in hit or unknown or resets]

    after = headers.get("retry-after", "")
    seconds, date = _number(after), http_date(after)
    if seconds is not None:
        pauses.append(seconds)
    elif date is not None:
        pauses.append(date / 1000 - base)

    longest = min(max(pauses, default=0.0), _YEAR)
    if longest > 0:
        return Pause(longest, owner, requested=True)
    return Pause(_BACKOFF * 2 ** (attempt - 1) * (1 + random.random() / 2), owner, requested=False)


def _number(text: str) -> float | None:
    text = text.strip()
    return float(text) if text.isascii() and _NUMBER.match(text) else None


def _until(value: float, now: float) -> float:
    """Seconds until a point in time: LaunchDarkly writes milliseconds, servers elsewhere also seconds."""
    at = value / 1000 if value >= _OLDEST_MILLISECONDS else value
    return at - now if at >= _OLDEST_SECONDS else 0.0


def rate_limited(peer: str, pause: Pause, end: float, now: float) -> Failure:
    """The failure for a pause that is not begun."""
    length = f" of {span(pause.seconds)}" if pause.requested else ""
    return Failure(
        Kind.RATE_LIMITED,
        f"{peer} asks for a pause{length} (429).",
        f"The limit applies to {pause.limit}." if pause.limit else "It received too many requests in a short time.",
        Remedy.SEND_AFTER,
        about=time_of_day(end, now),
        safe=Safe.REQUEST_DID_NOTHING,
        status_code=TOO_MANY,
        until=end,
    )
