"""A long list read page by page: several pages at once, each tried again, and whole even if it changes meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic, TypeVar

from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_exponential, wait_random

from tui.net.client import Http
from tui.net.errors import Failure, Kind
from tui.net.events import Exchange, Pausing, Sink, ignore

T = TypeVar("T")

AT_ONCE = 4
"""Pages that are asked for at the same time: more gain little on one server, and use up a shared limit."""
_TRIES = 3
_MOST_PAGES = 5_000
_PASSING = frozenset({Kind.SERVER_ERROR, Kind.UNREACHABLE, Kind.TIMEOUT})


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """One page as a server gives it. `total` is how many items the whole list has, None where untold."""

    items: tuple[T, ...]
    total: int | None


@dataclass(frozen=True, slots=True)
class Progress(Generic[T]):
    """What one page brought. `fresh` are items not seen before, `gone` the identities that turned out to be gone.

    `read` counts the items seen so far, of `total` (None where untold).
    """

    fresh: tuple[T, ...]
    gone: tuple[Hashable, ...]
    read: int
    total: int | None


Fetch = Callable[[int, Sink], Awaitable[Part[T]]]
"""From an offset to the page that begins there; what happens on the way goes to the sink. Raises Failure."""


async def read_all(
    http: Http,
    fetch: Fetch[T],
    identity: Callable[[T], Hashable],
    *,
    what: str,
    size: int,
    at_once: int = AT_ONCE,
    sink: Sink = ignore,
) -> AsyncGenerator[Progress[T], None]:
    """All items, page by page in the order of the list. `what` names the list in sentences ("Split's list of flags").

    Where a total that differs from page to page, or an item that comes twice, shows that the list changed while
    it was read, it is read once more. Raises Failure of a page that stays lost, after all others were given, or
    of a list that changed twice.
    """
    known: dict[Hashable, T] = {}
    for _ in range(2):
        seen: dict[Hashable, None] = {}
        totals: set[int | None] = set()
        count = 0
        async with aclosing(_pages(http, fetch, size, at_once, sink)) as pages:
            async for page in pages:
                named = {identity(item): item for item in page.items}
                fresh = tuple(item for key, item in named.items() if known.get(key) != item)
                known |= named
                seen |= dict.fromkeys(named)
                totals.add(page.total)
                count += len(page.items)
                yield Progress(fresh, (), len(seen), page.total)
        if len(seen) == count and totals <= {len(seen), None}:
            gone = tuple(key for key in known if key not in seen)
            if gone:
                yield Progress((), gone, len(seen), len(seen))
            return
    raise Failure(
        Kind.SERVER_ERROR,
        f"{what} changed while it was read, twice.",
        "Most likely somebody is editing flags there.",
        "Read again when that is done; nothing was changed by reading.",
    )


async def _pages(http: Http, fetch: Fetch[T], size: int, at_once: int, sink: Sink) -> AsyncGenerator[Part[T], None]:
    """Every page once, in order; a page that stays lost is raised when all others have been given."""
    gate = _Gate(http, sink)
    first = await gate.fetched(fetch, 0)
    yield first
    step = len(first.items)
    if first.total is None:
        async for page in _one_by_one(gate, fetch, size, step):
            yield page
        return
    if not step or step >= first.total:
        return
    async with aclosing(_the_rest(gate, fetch, step, first.total, at_once)) as rest:
        async for page in rest:
            yield page


async def _one_by_one(gate: _Gate, fetch: Fetch[T], size: int, offset: int) -> AsyncGenerator[Part[T], None]:
    """Without a total the end is where a page is not full."""
    full = offset >= size
    for _ in range(_MOST_PAGES):
        if not full:
            return
        page = await gate.fetched(fetch, offset)
        yield page
        offset += len(page.items)
        full = len(page.items) >= size
    raise _endless()


async def _the_rest(gate: _Gate, fetch: Fetch[T], step: int, total: int, at_once: int) -> AsyncGenerator[Part[T], None]:
    """The pages behind the first in their order, asked for `at_once` at a time."""
    if total > step * _MOST_PAGES:
        raise _endless()
    ahead = list(range(step, total, step))[::-1]
    waiting: list[asyncio.Task[Part[T]]] = []
    lost: Failure | None = None
    try:
        while ahead or waiting:
            running = sum(not task.done() for task in waiting)
            while ahead and running < at_once:
                waiting.append(asyncio.create_task(gate.fetched(fetch, ahead.pop())))
                running += 1
            await asyncio.wait([task for task in waiting if not task.done()], return_when=asyncio.FIRST_COMPLETED)
            while waiting and waiting[0].done():
                task = waiting.pop(0)
                problem = task.exception()
                if isinstance(problem, Failure):
                    lost = lost or problem
                    ahead = ahead if passing(problem) else []  # a refusal will be the same for every page
                    continue
                yield task.result()
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    if lost is not None:
        raise lost


def passing(problem: BaseException) -> bool:
    """Worth another try: a reading changes nothing."""
    if not isinstance(problem, Failure):
        return False
    failed = problem.kind is Kind.SOURCE and (problem.status_code or 0) >= 500
    return failed or problem.kind in _PASSING


def _endless() -> Failure:
    return Failure(
        Kind.TOO_LARGE,
        "The list has no end; reading stopped.",
        "",
        "Nothing was changed; what was read is not complete.",
    )


class _Gate:
    """A pause that one page is asked for holds all others back too: they would be refused as well."""

    def __init__(self, http: Http, sink: Sink) -> None:
        self._http = http
        self._sink = sink
        self._until = 0.0

    def _told(self, event: Exchange) -> None:
        if isinstance(event, Pausing):
            self._until = max(self._until, event.until)
        self._sink(event)

    async def fetched(self, fetch: Fetch[T], offset: int) -> Part[T]:
        """One page, tried again where its failure may pass."""

        async def once() -> Part[T]:
            wait = self._until - self._http.now()
            if wait > 0:
                await self._http.sleep(wait)
            return await fetch(offset, self._told)

        again = AsyncRetrying(
            stop=stop_after_attempt(_TRIES),
            wait=wait_exponential(multiplier=0.5, max=4.0) + wait_random(0.0, 0.5),
            retry=retry_if_exception(passing),
            sleep=self._http.sleep,
            reraise=True,
        )
        page: Part[T] = await again(once)
        return page
