"""Time in the demo servers: their own clock, how long things take, and the windows of rate limits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate


@dataclass(slots=True)
class ServerClock:
    """Seconds since the epoch: `now` plus `shift`, which tests may change at any time.

    Responses have a `Date` header of whole seconds while `minute` is true.
    """

    now: Callable[[], float]
    shift: float = 0.0
    minute: bool = True

    def __call__(self) -> float:
        return self.now() + self.shift

    def headers(self) -> dict[str, str]:
        return {"Date": formatdate(self(), usegmt=True)} if self.minute else {}


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that things take: one step of a job, a slow answer, one dripping byte, a short pause."""

    step: float
    slow: float
    drip: float
    pause: float


QUICK = Pace(step=0.02, slow=0.3, drip=0.02, pause=0.3)
LIFELIKE = Pace(step=1.0, slow=8.0, drip=1.0, pause=4.0)


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
"""For tests, which poll without a pause."""


@dataclass(frozen=True, slots=True)
class Window:
    """A window after one request. `resets` is in seconds since the epoch."""

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

    def take(self, name: str, limit: int) -> Window:
        window = math.floor(self._now() / self._seconds)
        started, count = self._counts.get(name, (window, 0))
        count = count + 1 if started == window else 1
        self._counts[name] = (window, count)
        return Window(limit, max(0, limit - count), (window + 1) * self._seconds, count > limit)
