"""The practice servers' own clock, which tests shift against the client's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate


@dataclass(slots=True)
class ServerClock:
    """Seconds since the epoch: `now` and `shift`, which may jump at any time.

    Answers have a `Date` header of whole seconds from it while `dated` is true.
    """

    now: Callable[[], float]
    shift: float = 0.0
    dated: bool = True

    def __call__(self) -> float:
        return self.now() + self.shift

    def headers(self) -> dict[str, str]:
        return {"Date": formatdate(self(), usegmt=True)} if self.dated else {}
