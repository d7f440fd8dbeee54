"""Long lists: several pages at once, in order, tried again, whole even where the list changes, and nothing left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TypeVar

import pytest

from tui.net.client import Http
from tui.net.errors import Failure, Kind
from tui.net.events import Pausing, ProgressEvent, Sink
from tui.net.pages import AT_ONCE, Fetch, ListPage, ListProgress, read_all

T = TypeVar("T")
SIZE = 10
NOW = 1_800_000_000.0


@dataclass
class Shelf:
    """A list as a server keeps it. `before` is told each offset before its page is cut."""

    items: list[str]
    before: Callable[[int], None] = lambda offset: None
    tells: bool = True
    asked: list[int] = field(default_factory=list)
    running: int = 0
    most: int = 0

    async def fetch(self, offset: int, sink: Sink) -> ListPage[str]:
        self.asked.append(offset)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            for _ in range(3):
                await asyncio.sleep(0)
            self.before(offset)
            return ListPage(tuple(self.items[offset : offset + SIZE]), len(self.items) if self.tells else None)
        finally:
            self.running -= 1


@dataclass
class Clock:
    """Waits end at once, and move the clock."""

    at: float = NOW
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    def http(self) -> Http:
        return Http(now=self.now, sleep=self.sleep)


def numbered(count: int) -> list[str]:
    return [f"item-{number}" for number in range(count)]


def pages_of(
    fetch: Fetch[T], *, named: Callable[[T], bool] = lambda item: True
) -> AsyncGenerator[ListProgress[T], None]:
    return read_all(Clock().http(), fetch, str, what="The list", size=SIZE, named=named)


async def read(
    shelf: Shelf, clock: Clock | None = None, at_once: int = AT_ONCE
) -> tuple[list[str], list[ListProgress[str]]]:
    """The items that are there in the end, in the order in which they came, and all that came."""
    seen, came = dict[str, None](), list[ListProgress[str]]()
    http = (clock or Clock()).http()
    pages = read_all(http, shelf.fetch, str, what="The list", size=SIZE, at_once=at_once)
    async with aclosing(pages) as progresses:
        async for progress in progresses:
            came.append(progress)
            seen |= dict.fromkeys(progress.fresh)
            for gone in progress.gone:
                del seen[str(gone)]
    return list(seen), came


def failing(times: int, *, status: int = 503, at: int = 20, kind: Kind = Kind.SOURCE) -> Callable[[int], None]:
    """The page at `at` fails this many times."""
    left = iter(range(times))

    def before(offset: int) -> None:
        if offset == at and next(left, None) is not None:
            raise Failure(kind, f"It failed ({status}).", status_code=status)

    return before


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 95])
@pytest.mark.parametrize("tells", [True, False])
async def test_each_item_comes_once_in_its_order(count: int, tells: bool) -> None:
    shelf = Shelf(numbered(count), tells=tells)
    seen, came = await read(shelf)
    assert seen == shelf.items
    assert sum(len(progress.fresh) for progress in came) == count
    assert (came[-1].read, came[-1].total) == (count, count if tells else None)
    assert sorted(set(shelf.asked)) == sorted(shelf.asked)
    pages = -(-count // SIZE)
    # Behind the only page, a full one, there may be more: its total may count that page alone.
    assert len(shelf.asked) == (max(1, pages) if tells and count != SIZE else pages + 1)


@pytest.mark.parametrize("at_once", [1, 2, AT_ONCE])
async def test_so_many_pages_at_once_and_no_more(at_once: int) -> None:
    shelf = Shelf(numbered(200))
    seen, _ = await read(shelf, at_once=at_once)
    assert seen == shelf.items
    assert shelf.most == at_once


async def test_a_page_that_is_late_is_waited_for_while_others_are_read() -> None:
    """They are given behind it all the same."""
    shelf, late = Shelf(numbered(100)), asyncio.Event()

    async def fetch(offset: int, sink: Sink) -> ListPage[str]:
        page = await shelf.fetch(offset, sink)
        if offset == 10:
            await late.wait()
        if offset == 90:
            late.set()
        return page

    pages = [page async for page in pages_of(fetch)]
    assert [page.fresh[0] for page in pages] == [f"item-{number}" for number in range(0, 100, 10)]


async def test_a_smaller_page_than_asked_for_is_the_step() -> None:
    """A server may give at most so many."""
    items = numbered(50)
    asked = []

    async def fetch(offset: int, sink: Sink) -> ListPage[str]:
        asked.append(offset)
        return ListPage(tuple(items[offset : offset + 5]), 50)

    pages = [page async for page in pages_of(fetch)]
    assert [item for page in pages for item in page.fresh] == items
    assert asked == list(range(0, 50, 5))


async def test_a_pause_for_one_page_holds_the_others_back() -> None:
    events, slept, end, both = list[ProgressEvent](), list[float](), asyncio.Event(), asyncio.Event()
    clock = Clock()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            both.set()
        await end.wait()

    shelf = Shelf(numbered(100))
    http = Http(now=clock.now, sleep=sleep)

    async def fetch(offset: int, sink: Sink) -> ListPage[str]:
        if offset == 10 and not slept:
            sink(Pausing(5.0, clock.at + 5.0, 1, 3, ""))
            await http.sleep(5.0)
        return await shelf.fetch(offset, sink)

    async def whole() -> list[str]:
        pages = read_all(http, fetch, str, what="The list", size=SIZE, at_once=2, sink=events.append)
        return [item async for page in pages for item in page.fresh]

    reading = asyncio.create_task(whole())
    async with asyncio.timeout(10):
        await both.wait()
    assert slept == [5.0, 5.0]
    assert shelf.asked == [0]  # the page at 20 would have been refused as well
    clock.at += 5.0
    end.set()
    assert await reading == shelf.items
    assert [event.until for event in events if isinstance(event, Pausing)] == [NOW + 5.0]


@pytest.mark.parametrize("at", [0, 20])
@pytest.mark.parametrize("kind", [Kind.SOURCE, Kind.UNREACHABLE, Kind.TIMEOUT, Kind.SERVER_ERROR])
async def test_a_page_is_tried_again(at: int, kind: Kind) -> None:
    clock, shelf = Clock(), Shelf(numbered(60), failing(2, at=at, kind=kind))
    seen, _ = await read(shelf, clock)
    assert seen == shelf.items
    assert shelf.asked.count(at) == 3
    assert len(clock.slept) == 2
    assert 0.5 <= clock.slept[0] <= clock.slept[1] + 0.5 <= 5.0


async def test_a_page_that_stays_lost_is_told_after_all_others_were_given() -> None:
    shelf, came = Shelf(numbered(100), failing(3)), list[str]()
    pages = pages_of(shelf.fetch)

    async def whole() -> None:
        async for page in pages:
            came.extend(page.fresh)

    with pytest.raises(Failure) as caught:
        await whole()
    assert caught.value.status_code == 503
    assert came == [item for item in shelf.items if item not in shelf.items[20:30]]


@pytest.mark.parametrize(
    "refusal",
    [Failure(Kind.SOURCE, "No.", status_code=403), Failure(Kind.UNREACHABLE, "A proxy refuses.", at_setting=True)],
    ids=["by the server", "by a proxy"],
)
async def test_a_refusal_is_not_tried_again_and_ends_the_asking(refusal: Failure) -> None:
    def before(offset: int) -> None:
        if offset == 20:
            raise refusal

    shelf = Shelf(numbered(1000), before)
    with pytest.raises(Failure) as caught:
        await read(shelf)
    assert caught.value is refusal
    assert shelf.asked.count(20) == 1
    assert len(shelf.asked) <= 1 + 2 * AT_ONCE


@pytest.mark.parametrize(
    ("change", "at", "gone", "tells"),
    [
        (lambda items: [*items, "new"], 20, (), True),
        (lambda items: ["new", *items], 10, (), True),
        (lambda items: items[1:], 10, ("item-0",), True),
        (lambda items: ["new", *items[:-1]], 10, (), True),  # the total stays: only a repeated item shows it
        (lambda items: ["new", *items[:-1]], 10, (), False),
    ],
    ids=["grows", "put before", "taken away", "replaced", "replaced without a total"],
)
async def test_list_that_changes_is_read_again_and_each_item_is_fresh_once(
    change: Callable[[list[str]], list[str]], at: int, gone: tuple[str, ...], tells: bool
) -> None:
    shelf, changes = Shelf(numbered(30), tells=tells), [change]

    def before(offset: int) -> None:
        if offset == at and changes:
            shelf.items = changes.pop()(shelf.items)

    shelf.before = before
    seen, came = await read(shelf)
    fresh = [item for progress in came for item in progress.fresh]
    assert sorted(seen) == sorted(shelf.items)
    assert len(fresh) == len(set(fresh))
    assert tuple(item for progress in came for item in progress.gone) == gone
    assert (came[-1].read, came[-1].total) == (len(shelf.items), len(shelf.items) if tells else None)


async def test_an_item_that_changed_is_fresh_once_more() -> None:
    first = [{"id": number, "name": "a"} for number in range(15)]
    grown = [*first, {"id": 15, "name": "a"}]
    lists = iter([first, grown, [{"id": 0, "name": "b"}, *grown[1:]]])
    current: list[dict[str, object]] = []

    async def fetch(offset: int, sink: Sink) -> ListPage[dict[str, object]]:
        nonlocal current
        current = list(next(lists, current))
        return ListPage(tuple(current[offset : offset + SIZE]), len(current))

    pages = read_all(Clock().http(), fetch, lambda item: str(item["id"]), what="The list", size=SIZE)
    fresh = [item for page in [page async for page in pages][2:] for item in page.fresh]
    assert fresh == [{"id": 0, "name": "b"}]


async def test_a_list_that_changes_for_ever_is_a_failure() -> None:
    shelf = Shelf(numbered(30))
    shelf.before = lambda offset: shelf.items.append(f"new-{len(shelf.items)}")
    with pytest.raises(Failure) as caught:
        await read(shelf)
    assert caught.value.kind is Kind.SERVER_ERROR
    assert caught.value.exit_code == 5


@pytest.mark.parametrize("tells", [True, False])
async def test_a_list_without_end_is_not_read_for_ever(tells: bool) -> None:
    asked = 0

    async def fetch(offset: int, sink: Sink) -> ListPage[int]:
        nonlocal asked
        asked += 1
        return ListPage((offset,), 10**8 if tells else None)

    with pytest.raises(Failure) as caught:
        async for _ in read_all(Clock().http(), fetch, str, what="The list", size=1):
            pass
    assert caught.value.kind is Kind.TOO_LARGE
    assert asked <= 5_001


@pytest.mark.parametrize("by", ["close", "cancel"])
async def test_left_early_it_leaves_nothing_running(by: str) -> None:
    shelf, never, first = Shelf(numbered(200)), asyncio.Event(), asyncio.Event()

    async def fetch(offset: int, sink: Sink) -> ListPage[str]:
        page = await shelf.fetch(offset, sink)
        if offset > 10:
            await never.wait()
        return page

    async def reading() -> None:
        pages = pages_of(fetch)
        async with aclosing(pages) as progresses:
            async for page in progresses:
                if page.fresh[0] == "item-10":
                    first.set()
                    if by == "close":
                        return

    task = asyncio.create_task(reading())
    await first.wait()
    if by == "cancel":
        task.cancel()
    await asyncio.wait({task}, timeout=10)
    assert task.done()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_mistake_of_our_own_is_no_failure_and_leaves_nothing_running() -> None:
    def before(offset: int) -> None:
        if offset == 20:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await read(Shelf(numbered(100), before))
    assert asyncio.all_tasks() == {asyncio.current_task()}


# --- where a list ends

Cut = Callable[[list[str], int], list[str]]


@dataclass
class Odd:
    """A list whose server cuts its pages and counts its items in its own way."""

    items: list[str]
    cut: Cut
    total: Callable[[list[str], list[str]], int | None] = lambda items, page: None
    asked: list[int] = field(default_factory=list)

    async def fetch(self, offset: int, sink: Sink) -> ListPage[str]:
        self.asked.append(offset)
        page = self.cut(self.items, offset)
        return ListPage(tuple(page), self.total(self.items, page))


async def whole(odd: Odd, named: Callable[[str], bool] = lambda item: True) -> list[str]:
    pages = pages_of(odd.fetch, named=named)
    return [item async for page in pages for item in page.fresh]


def at_most(count: int) -> Cut:
    return lambda items, offset: items[offset : offset + count]


def clamped(items: list[str], offset: int) -> list[str]:
    """The last page, full, for every offset behind it."""
    return items[min(offset, max(0, len(items) - SIZE)) :][:SIZE]


def shrinking(items: list[str], offset: int) -> list[str]:
    """A full first page, then pages of four."""
    return items[offset : offset + (4 if offset else SIZE)]


@pytest.mark.parametrize("count", [3, 4, 27, 137])
@pytest.mark.parametrize("size", [1, 4, 7])
async def test_list_without_total_is_read_to_an_empty_page_where_pages_are_short(count: int, size: int) -> None:
    odd = Odd(numbered(count), at_most(size))
    assert await whole(odd) == odd.items
    assert len(odd.asked) == -(-count // size) + 1


@pytest.mark.parametrize("cut", [clamped, shrinking])
@pytest.mark.parametrize("tells", [True, False])
async def test_odd_pages_still_give_the_whole_list(cut: Cut, tells: bool) -> None:
    odd = Odd(numbered(37), cut, lambda items, page: len(items) if tells else None)
    assert sorted(await whole(odd)) == sorted(odd.items)
    assert len(odd.asked) <= 24


async def test_total_that_counts_what_is_left_gives_no_short_list() -> None:
    odd = Odd(numbered(137), at_most(SIZE))
    odd.total = lambda items, page: len(items) - items.index(page[0]) - len(page) if page else 0
    with pytest.raises(Failure):
        await whole(odd)


PAGE_LENGTH = None


@pytest.mark.parametrize(
    ("count", "total"), [*((count, PAGE_LENGTH) for count in (9, SIZE, 37)), *((37, n) for n in (0, 1, 9, SIZE, 36))]
)
async def test_total_that_is_too_low_does_not_end_the_list(count: int, total: int | None) -> None:
    odd = Odd(numbered(count), at_most(SIZE), lambda items, page: len(page) if total is PAGE_LENGTH else total)
    assert await whole(odd) == odd.items


@pytest.mark.parametrize("count", [0, 1, SIZE, 37])
@pytest.mark.parametrize("more", [3, 100, 4_000])
async def test_same_total_too_high_twice_is_named_and_no_change(count: int, more: int) -> None:
    odd = Odd(numbered(count), at_most(SIZE), lambda items, page: len(items) + more)
    with pytest.raises(Failure) as caught:
        await whole(odd)
    assert caught.value.kind is Kind.SERVER_ERROR
    assert f"{more:,}" in str(caught.value)  # how many are missing
    assert len(odd.asked) <= 2 * (count // SIZE + 2) + AT_ONCE


@pytest.mark.parametrize("count", [1, SIZE - 1, SIZE + 1, 137])
async def test_server_that_gives_everything_for_every_offset_is_asked_few_times(count: int) -> None:
    odd = Odd(numbered(count), lambda items, offset: items)
    assert await whole(odd) == odd.items
    assert len(odd.asked) <= 4


@pytest.mark.parametrize("total", [None, 137, 5_000])
async def test_same_full_page_for_every_offset_is_no_whole_list(total: int | None) -> None:
    odd = Odd(numbered(137), lambda items, offset: items[:SIZE], lambda items, page: total)
    with pytest.raises(Failure) as caught:
        await whole(odd)
    assert caught.value.kind is Kind.SERVER_ERROR
    assert len(odd.asked) <= 4 + AT_ONCE


async def test_item_without_a_name_does_not_keep_a_list_going() -> None:
    """It is told apart by its place, so that it is another one at each offset."""
    odd = Odd(numbered(4), lambda items, offset: [*items, f"?{offset}"])
    assert await whole(odd, named=lambda item: not item.startswith("?")) == [*odd.items, "?0"]
    assert len(odd.asked) <= 4
