"""The pauses that servers ask for by 429: read from each family of headers, kept in full, few in number."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.times import span, time_of_day

TOO_MANY = 429
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,9})?$")
_YEAR = 366 * 86_400.0
_OLDEST_MILLISECONDS = 1e11  # below this it is read as seconds: as milliseconds it would lie before 1974
_OLDEST_SECONDS = 1e9  # below this it is no point in time of our days
_BACKOFF = 1.0


@dataclass(frozen=True, slots=True)
class Pause:
    """How long to wait, in seconds. `limit` says whose limit was hit ("your whole account"), "" where untold.

    `asked` is false where the server named no time ahead and the length is our own choice.
    """

    seconds: float
    limit: str
    asked: bool


@dataclass(frozen=True, slots=True)
class _Limit:
    """One limit's headers: when it ends, and what is left of it (0 marks the one that was hit)."""

    resets: str
    left: str
    owner: str
    seconds: Callable[[float, float], float]  # of the header's number and the server's time


def _until(value: float, now: float) -> float:
    """Seconds until a point in time: LaunchDarkly writes milliseconds, servers elsewhere also seconds."""
    at = value / 1000 if value >= _OLDEST_MILLISECONDS else value
    return at - now if at >= _OLDEST_SECONDS else 0.0


def _as_is(value: float, now: float) -> float:
    return value


# LaunchDarkly: "Rate limiting" in its API overview. Split: docs.split.io/reference/rate-limiting.
_LIMITS = (
    _Limit("x-ratelimit-reset", "x-ratelimit-global-remaining", "your whole account", _until),
    _Limit("x-ratelimit-reset", "x-ratelimit-route-remaining", "this one call", _until),
    _Limit("x-ratelimit-auth-token-reset", "x-ratelimit-auth-token-remaining", "your token", _until),
    _Limit("x-ratelimit-reset-seconds-org", "x-ratelimit-remaining-org", "your organisation", _as_is),
    _Limit("x-ratelimit-reset-seconds-ip", "x-ratelimit-remaining-ip", "your network address", _as_is),
)


def asked_pause(headers: Mapping[str, str], now: float, attempt: int = 1) -> Pause:
    """The longest pause that applies, by headers with names in lower case. Never raises.

    A limit with something left is not the one that was hit. A point in time is compared with the server's own
    Date where it sends one, since the clocks may differ. Without a time ahead: a small growing pause.
    """
    theirs = _http_date(headers.get("date", ""))
    base = now if theirs is None else theirs
    hit = _applicable(headers)
    pauses = [limit.seconds(number, base) for limit, number in hit]
    pauses.append(_retry_after(headers.get("retry-after", ""), base))
    owner = next((limit.owner for limit, _ in hit if _number(headers.get(limit.left, "")) == 0), "")
    longest = min(max(pauses), _YEAR)
    if longest > 0:
        return Pause(longest, owner, asked=True)
    return Pause(_BACKOFF * 2 ** (attempt - 1) * (1 + random.random() / 2), owner, asked=False)


def _applicable(headers: Mapping[str, str]) -> list[tuple[_Limit, float]]:
    told = [(limit, number) for limit in _LIMITS if (number := _number(headers.get(limit.resets, ""))) is not None]
    hit = [pair for pair in told if _number(headers.get(pair[0].left, "")) == 0]
    untold = [pair for pair in told if pair[0].left not in headers]
    # Where each says that something is left, the server still refused: all of them count.
    return hit or untold or told


def _retry_after(text: str, now: float) -> float:
    seconds = _number(text)
    if seconds is not None:
        return seconds
    date = _http_date(text)
    return 0.0 if date is None else date - now


def _number(text: str) -> float | None:
    text = text.strip()
    return float(text) if text.isascii() and _NUMBER.match(text) else None


def _http_date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def rate_limited(peer: str, pause: Pause, end: float, now: float) -> Failure:
    """The failure for a pause that is not begun."""
    length = f" of {span(pause.seconds)}" if pause.asked else ""
    return Failure(
        Kind.RATE_LIMITED,
        f"{peer} asks for a pause{length} (429).",
        f"The limit is that of {pause.limit}." if pause.limit else "Too many requests came in a short time.",
        Remedy.SEND_AFTER,
        about=time_of_day(end, now),
        safe=Safe.REQUEST_DID_NOTHING,
        status_code=TOO_MANY,
        until=end,
    )
