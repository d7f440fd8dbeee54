"""What a front may show of a running request. Events contain no headers or bodies, except a few response headers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from tui.text.times import moment

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Connected:
    """The connection is open. `tls` is the protocol's name ("TLSv1.3"), "" over plain loopback HTTP; `issuer` is who
    signed the server's certificate, "" if that isn't known."""

    host: str
    tls: str
    proxy: str
    seconds: float
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """The last byte of the request has left: from now on the server may act on it."""

    method: str
    size: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Answered:
    """Status and headers have arrived. `headers` has those that matter (rate limits, content type, date).

    `seconds` counts from when the request was out.
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
    """`peer` asked for a pause, which is kept in full until `until`, in seconds since the epoch.

    `limit` says whose limit was hit, "" if unknown.
    """

    seconds: float
    until: float
    attempt: int
    of: int
    limit: str
    peer: str = ""

    @property
    def words(self) -> str:
        """ "LaunchDarkly asks for a pause. Continuing at 23 Nov 14:03:12." """
        return f"{self.peer or 'The server'} asks for a pause. Continuing at {moment(self.until)}."


@dataclass(frozen=True, slots=True)
class Note:
    """A line for the timeline that is no HTTP event, such as the result of a lookup."""

    text: str
    detail: str = ""
    seconds: float | None = None
    level: str = "ok"


@dataclass(frozen=True, slots=True)
class Counted:
    """Progress in a long list: `read` of `total` (None if unknown) of `what` ("Split flags")."""

    what: str
    read: int
    total: int | None

    @property
    def words(self) -> str:
        """ "Split flags 3,150 of 10,000"."""
        of = f" of {self.total:,}" if self.total is not None else ""
        return f"{self.what} {self.read:,}{of}"


ProgressEvent = Connected | Sent | Answered | Receiving | Done | Pausing | Note | Counted
Sink = Callable[[ProgressEvent], None]


def ignore(event: ProgressEvent) -> None:
    """A sink for callers that show nothing."""


class Stream(Generic[T]):
    """The events of some work as they happen, and its result after the last one.

    Iteration starts the work and raises what it raises. Leaving the `async with` block early cancels the work and
    waits until it has released its connection.
    """

    def __init__(self, work: Callable[[Sink], Awaitable[T]]) -> None:
        self._work = work
        self._queue: asyncio.Queue[ProgressEvent | None] = asyncio.Queue()
        self._task: asyncio.Task[T] | None = None

    @property
    def result(self) -> T:
        """The result of the work. Raises `asyncio.InvalidStateError` before the end, and what the work raised."""
        if self._task is None:
            raise asyncio.InvalidStateError("the stream was not read")
        return self._task.result()

    async def finish(self, sink: Sink = ignore) -> T:
        """Send each event to `sink`, and return the result. Raises what the work raises."""
        async with self:
            async for event in self:
                sink(event)
        return self.result

    async def aclose(self) -> None:
        """Cancel the work unless it is over, and wait for its end."""
        task = self._task
        if task is None:
            return
        if not task.done():
            task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # raised by the iteration, or irrelevant to a caller that left

    async def _run(self) -> T:
        try:
            return await self._work(self._queue.put_nowait)
        finally:
            self._queue.put_nowait(None)

    def __aiter__(self) -> Stream[T]:
        return self

    async def __anext__(self) -> ProgressEvent:
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        try:
            event = await self._queue.get()
        except asyncio.CancelledError:
            await self.aclose()
            raise
        if event is not None:
            return event
        self._queue.put_nowait(None)  # a later iteration ends too
        await self._task
        raise StopAsyncIteration

    async def __aenter__(self) -> Stream[T]:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
