"""Rate limits as the real services have them: windows in which a number of requests is answered."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests in one window of `seconds`. LaunchDarkly publishes the ten seconds, not the numbers."""

    seconds: float = 10.0
    account: int = 400
    token: int = 300
    reads: int = 150
    writes: int = 30
    organisation: int = 300


ROOMY = Limits(account=99999, token=99999, reads=99999, writes=99999, organisation=99999)
"""For tests, which ask without a pause until something has happened."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Where a window stands after one request. `resets` is in seconds since the epoch."""

    limit: int
    remaining: int
    resets: float
    refused: bool


class Windows:
    """Counts requests by name. `now` gives seconds since the epoch."""

    def __init__(self, seconds: float, now: Callable[[], float]) -> None:
        self._seconds = seconds
        self._now = now
        self._counts: dict[str, tuple[int, int]] = {}

    def take(self, name: str, limit: int) -> Taken:
        window = math.floor(self._now() / self._seconds)
        started, count = self._counts.get(name, (window, 0))
        count = count + 1 if started == window else 1
        self._counts[name] = (window, count)
        return Taken(limit, max(0, limit - count), (window + 1) * self._seconds, count > limit)
