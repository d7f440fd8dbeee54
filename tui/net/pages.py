"""Read a long list page by page: several at once, with retries, and completely even if it changes meanwhile."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Set
from contextlib import aclosing
from dataclasses import dataclass
from itertools import count
from typing import Generic, TypeVar

from tui.net.client import Http
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.events import Pausing, ProgressEvent, Sink, ignore

T = TypeVar("T")

AT_ONCE = 4
"""Pages requested at the same time. More gain little on one server, and use up a shared limit."""
_TRIES = 3
_MOST_PAGES = 5_000
_ROUND = 10
"""A page whose length is a multiple of this may be the longest that the server sends; its total may count it alone."""
_PASSING = frozenset({Kind.SERVER_ERROR, Kind.UNREACHABLE, Kind.TIMEOUT})


@dataclass(frozen=True, slots=True)
class ListPage(Generic[T]):
    """One page as a server sends it. `total` is the number of items in the whole list, None if unknown."""

    items: tuple[T, ...]
    total: int | None


@dataclass(frozen=True, slots=True)
class ListProgress(Generic[T]):
    """The news of one page: items not seen before, and the identities of items that are gone.

    `read` counts the items seen so far, of `total` (None if unknown).
    """

    fresh: tuple[T, ...]
    gone: tuple[Hashable, ...]
    read: int
    total: int | None


Fetch = Callable[[int, Sink], Awaitable[ListPage[T]]]
"""Returns the page that begins at an offset, and sends the events of its request to the sink. Raises Failure."""


async def read_all(
    http: Http,
    fetch: Fetch[T],
    identity: Callable[[T], Hashable],
    *,
    what: str,
    size: int,
    named: Callable[[T], bool] = lambda item: True,
    at_once: int = AT_ONCE,
    sink: Sink = ignore,
) -> AsyncGenerator[ListProgress[T], None]:
    """Yield every item, page by page in the order of the list. `what` names it in sentences ("Split's list of flags").

    The list ends where its total is reached. Without a total, or with one that the first page reaches and fills, it
    ends at a page that is empty or has nothing new; items for which `named` is false are never new. A list is read a
    second time if an item repeats or the total is missed, one page after the other if pages were shorter than the
    first. Raises Failure for a page that stays lost (after yielding all others), and for a list that can't be read to
    its end: it changed both times, counts more items than it lists, or returns the same full page for every offset.
    """
    known: dict[Hashable, T] = {}
    before: _Reading | None = None
    while True:
        reading = _Reading(slowly=before is not None and before.uneven)
        async with aclosing(_pages(http, fetch, size, at_once, sink, reading)) as pages:
            async for offset, page in pages:
                items = {identity(item): item for item in page.items}
                if not reading.takes(offset, page, {key for key, item in items.items() if named(item)}, items.keys()):
                    continue
                fresh = tuple(item for key, item in items.items() if known.get(key) != item)
                known |= items
                count = len(reading.seen)
                yield ListProgress(fresh, (), count, page.total if count <= (page.total or 0) else None)
        if reading.whole or (before is not None and reading.confirms(before, what, size)):
            gone = tuple(key for key in known if key not in reading.seen)
            if gone:
                yield ListProgress((), gone, len(reading.seen), len(reading.seen))
            return
        if before is not None:
            why = "Most likely someone is editing flags there."
            raise _unreadable(f"{what} changed twice while it was being read.", why, Remedy.TRY_LATER)
        before = reading


class _Reading:
    """What one reading of a list has shown."""

    def __init__(self, *, slowly: bool) -> None:
        self.slowly = slowly
        """Whether to request one page after the other."""
        self.seen: dict[Hashable, None] = {}
        self.ended = self._repeated = False
        """Whether a page was empty or had nothing new; and whether it repeated items."""
        self.uneven = False
        """Whether pages were shorter than expected, so that the next reading has to go slowly."""
        self._count = self._pages = self._step = 0
        self._totals: set[int | None] = set()

    def takes(self, offset: int, page: ListPage[T], named: Set[Hashable], identities: Set[Hashable]) -> bool:
        """Add a page. Returns False if it only shows that the list has ended."""
        self._totals.add(page.total)
        if self._pages and named <= self.seen.keys():  # a difference would go through all that was seen
            self.ended, self._repeated = True, self._repeated or bool(page.items)
            self.uneven = True
            return False
        length = len(page.items)
        self._step = self._step or length
        self._pages += 1
        self._count += length
        self.seen |= dict.fromkeys(identities)
        if page.total is not None:
            too_short = length != self._step and offset + length < page.total
            self.uneven |= too_short or page.total < len(self.seen)
        return True

    @property
    def whole(self) -> bool:
        """Whether every item was seen once, as far as the totals tell."""
        return self._distinct and not self._repeated and self._totals <= {len(self.seen), None}

    @property
    def _distinct(self) -> bool:
        return len(self.seen) == self._count

    def confirms(self, before: _Reading, what: str, size: int) -> bool:
        """Whether a second reading shows that the list is whole, and that only its total is too low or its last page
        repeated. Raises Failure if it shows that the list can't be read to its end."""
        total = max((number for number in self._totals if number is not None), default=0)
        count = len(self.seen)
        same_total = self._totals == before._totals
        same_items = same_total and self.seen.keys() == before.seen.keys()
        if total > count and (same_items or (same_total and len(self._totals) == 1 and self._distinct)):
            raise _unreadable(
                f"{what} reports {total:,} entries but contains only {count:,}: {total - count:,} are missing.",
                "Most likely your key can't see them, or the server's count is wrong.",
                Remedy.USE,
                "a key that can see all of them, or ask the server's owner",
            )
        if same_items and total < count == size and self._repeated and self._pages == 1:
            raise _unreadable(
                f"{what} returns the same page for every offset, so there may be entries that can't be read.",
                "Most likely a proxy or cache drops part of the address.",
                Remedy.ASK,
                "the server's owner",
            )
        return same_items and (self.ended or total == count)


def _unreadable(what: str, why: str, remedy: Remedy, about: str = "") -> Failure:
    return Failure(Kind.SERVER_ERROR, what, why, remedy, about=about, safe=Safe.NOTHING_CHANGED)


def _endless() -> Failure:
    why = "The list is not complete."
    return Failure(Kind.TOO_LARGE, "The list never ends, so reading stopped.", why, safe=Safe.NOTHING_CHANGED)


async def _pages(
    http: Http, fetch: Fetch[T], size: int, at_once: int, sink: Sink, reading: _Reading
) -> AsyncGenerator[tuple[int, ListPage[T]], None]:
    """Yield pages with their offsets, in order, until `reading` has ended. A page that stays lost is raised at the end.

    Requests several at a time up to the total; one after the other if there is no total, or one that a full first
    page reaches: it may count that page alone.
    """
    gate = _Gate(http, sink)
    first = await gate.fetched(fetch, 0)
    yield 0, first
    step, total = len(first.items), first.total
    if not step:
        return
    if total is not None and not reading.slowly:
        async with aclosing(_to_total(gate, fetch, step, total, at_once, reading)) as pages:
            async for offset_and_page in pages:
                yield offset_and_page
        if total > step or (step == total < size and step % _ROUND):
            return
    offset = step
    for _ in range(_MOST_PAGES):
        if reading.ended:
            return
        page = await gate.fetched(fetch, offset)
        yield offset, page
        offset += len(page.items)
    raise _endless()


async def _to_total(
    gate: _Gate, fetch: Fetch[T], step: int, total: int, at_once: int, reading: _Reading
) -> AsyncGenerator[tuple[int, ListPage[T]], None]:
    """Yield the pages after the first in their order, requesting `at_once` at a time."""
    if total > step * _MOST_PAGES:
        raise _endless()
    ahead = list(range(step, total, step))[::-1]
    waiting: list[tuple[int, asyncio.Task[ListPage[T]]]] = []
    lost: Failure | None = None
    try:
        while ahead or waiting:
            running = [task for _, task in waiting if not task.done()]
            while ahead and len(running) < at_once:
                offset = ahead.pop()
                running.append(asyncio.create_task(gate.fetched(fetch, offset)))
                waiting.append((offset, running[-1]))
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            while waiting and waiting[0][1].done():
                ahead = [] if reading.ended else ahead
                offset, task = waiting.pop(0)
                problem = task.exception()
                if isinstance(problem, Failure):
                    lost = lost or problem
                    ahead = ahead if passing(problem) else []  # a refusal will be the same for every page
                    continue
                yield offset, task.result()
    finally:
        for _, task in waiting:
            task.cancel()
        await asyncio.gather(*(task for _, task in waiting), return_exceptions=True)
    if lost is not None:
        raise lost


def passing(problem: BaseException) -> bool:
    """Whether to try again. Reading changes nothing, so it is safe."""
    if not isinstance(problem, Failure) or problem.at_setting:
        return False
    failed = problem.kind is Kind.SOURCE and (problem.status_code or 0) >= 500
    return failed or problem.kind in _PASSING


class _Gate:
    """Delays all pages while the server asks for a pause on one: it would refuse the others too."""

    def __init__(self, http: Http, sink: Sink) -> None:
        self._http = http
        self._sink = sink
        self._until = 0.0

    def _forward(self, event: ProgressEvent) -> None:
        if isinstance(event, Pausing):
            self._until = max(self._until, event.until)
        self._sink(event)

    async def fetched(self, fetch: Fetch[T], offset: int) -> ListPage[T]:
        """Return one page, after up to two retries."""
        for attempt in count(1):
            wait = self._until - self._http.now()
            if wait > 0:
                await self._http.sleep(wait)
            try:
                page = await fetch(offset, self._forward)
                break
            except Failure as failure:
                if attempt == _TRIES or not passing(failure):
                    raise
            await self._http.sleep(2 ** (attempt - 2) + random.random() / 2)
        return page
