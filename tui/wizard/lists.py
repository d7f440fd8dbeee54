"""Lists that were read whole, kept for as long as what they were asked with stays the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from typing import TypeVar, cast

T = TypeVar("T")


class Lists:
    """By name: the state of the answers that a list was read with, and what came."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[Hashable, object]] = {}
        self._again: set[str] = set()

    async def get(self, name: str, state: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        """What was read in that state, else what `read` gives now; what it raises is not kept."""
        kept = self._read.get(name)
        if kept is None or kept[0] != state:
            kept = self._read[name] = (state, await read())
        return cast("T", kept[1])

    def forget(self, name: str) -> None:
        """Have a list read anew, also where a check has told it meanwhile."""
        self._read.pop(name, None)
        self._again.add(name)

    def forgotten(self, name: str) -> bool:
        """Whether somebody has asked to have this list read anew."""
        return name in self._again
