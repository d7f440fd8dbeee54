"""Every way that buckets can fall, each with its weight: a distribution without hashing.

A bucket is a number below a whole that every key is equally likely to have. Shares of one bucket are nested, and
different buckets are independent.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

T = TypeVar("T")
ALL = 100.0


class Fall:
    """One way that buckets fall, given by the answers in `path`; new answers are added to it as true. `weight` is its
    share in percent."""

    def __init__(self, whole: float, path: list[bool]) -> None:
        self.weight = ALL
        self._whole, self._path = whole, path
        self._asked = 0
        self._known: dict[Hashable, tuple[float, float]] = {}

    def below(self, bucket: Hashable, limit: float) -> bool:
        """Return whether a bucket is below `limit`, as far as earlier answers leave that open."""
        low, high = self._known.get(bucket, (0.0, self._whole))
        if limit >= high:
            return True
        if limit <= low:
            return False
        if self._asked == len(self._path):
            self._path.append(True)
        answer = self._path[self._asked]
        self._asked += 1
        self.weight *= ((limit - low) if answer else (high - limit)) / (high - low)
        self._known[bucket] = (low, limit) if answer else (limit, high)
        return answer


def distribution(served: Callable[[Fall], T], whole: float) -> dict[T, float]:
    """Return what `served` returns over all falls of its buckets, with percents that add up to 100."""
    shown: dict[T, float] = {}
    path: list[bool] = []
    while True:
        fall = Fall(whole, path)
        value = served(fall)
        shown[value] = shown.get(value, 0.0) + fall.weight
        while path and not path[-1]:
            path.pop()
        if not path:
            return {value: round(weight, 9) for value, weight in shown.items()}
        path[-1] = False
