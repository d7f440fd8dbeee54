"""What a front may show of a request while it is under way. No event holds a header's or a body's content,
but for the few response headers that matter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tui.net.times import moment

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection stands. `tls` is the protocol's name ("TLSv1.3"), "" over plain loopback HTTP."""

    host: str
    tls: str
    proxy: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Sent:
    """The last byte of the request has left: from here on the server may act on it."""

    method: str
    size: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Answered:
    """Status and headers have arrived; `headers` holds those that matter (rate limits, content type, date).

    `seconds` counts from the moment the request was out.
    """

    status_code: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Receiving:
    """More of the body has arrived; `size` counts decoded bytes so far."""

    size: int


@dataclass(frozen=True, slots=True)
class Done:
    """The whole body is here; `size` counts decoded bytes, `seconds` from when the request was out."""

    size: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Pausing:
    """`peer` asked for a pause, which is kept in full. `until` is in seconds since the epoch; `limit` says whose
    limit was hit, "" where untold."""

    seconds: float
    until: float
    attempt: int
    of: int
    limit: str
    peer: str = ""

    @property
    def words(self) -> str:
        """ "LaunchDarkly asks for a pause: going on at 23 Nov 14:03:12." """
        return f"{self.peer or 'The server'} asks for a pause: going on at {moment(self.until)}."


@dataclass(frozen=True, slots=True)
class Note:
    """A line for the timeline that is not an HTTP event, such as a look-up's result."""

    text: str
    detail: str = ""
    seconds: float | None = None
    level: str = "ok"


@dataclass(frozen=True, slots=True)
class Counted:
    """So much of a long list has been read: `read` of `total` (None where untold) of `what` ("Split flags")."""

    what: str
    read: int
    total: int | None

    @property
    def words(self) -> str:
        """ "Split flags 3,150 of 10,000"."""
        of = f" of {self.total:,}" if self.total is not None else ""
        return f"{self.what} {self.read:,}{of}"


@dataclass(frozen=True, slots=True)
class Result(Generic[T]):
    """The last event of a stream: what it was all for."""

    value: T = field(repr=False)


Exchange = Connected | Sent | Answered | Receiving | Done | Pausing | Note | Counted
Sink = Callable[[Exchange], None]


def ignore(event: Exchange) -> None:
    """A sink for callers that show nothing."""


async def streamed(run: Callable[[Sink], Awaitable[T]]) -> AsyncGenerator[Exchange | Result[T], None]:
    """Run `run(sink)` and yield each event as it happens, its result last. Its exception is raised here.

    Closing the iterator early cancels the run and waits until it has let go of its connection.
    """
    queue: asyncio.Queue[Exchange | None] = asyncio.Queue()

    async def work() -> T:
        try:
            return await run(queue.put_nowait)
        finally:
            queue.put_nowait(None)

    task = asyncio.create_task(work())
    try:
        while (event := await queue.get()) is not None:
            yield event
        yield Result(await task)
    finally:
        if not task.done():
            task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # taken note of: raised above, or of no interest to a caller who left
