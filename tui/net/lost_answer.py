"""A request that changes something was sent, and no usable answer came: it may have happened all the same.

Whatever writes decides here whether a failure leaves that open, and looks for the effect until a grace period is over.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from tui.net.errors import Failure
from tui.net.events import Note, Sink

T = TypeVar("T")
GRACE = 15.0
"""Seconds after the request left during which its effect may still show: the server may be at work on it."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 4.0
_REQUEST_TIMEOUT = 408
"""A proxy may answer this after it passed the request on."""


class Clock(Protocol):
    """Tells and passes time, in seconds since the epoch."""

    @property
    def now(self) -> Callable[[], float]: ...

    @property
    def sleep(self) -> Callable[[float], Awaitable[None]]: ...


def may_have_happened(failure: Failure) -> bool:
    """Whether the request may have taken effect. A refusal (3xx or 4xx but 408) did nothing; a time-out, a reset, a
    5xx and an answer that cannot be read leave it open once bytes were out."""
    status = failure.status_code or 0
    refused = 300 <= status < 500 and status != _REQUEST_TIMEOUT
    return failure.sent and not refused


async def looked_up(look: Callable[[], Awaitable[T | None]], sent_at: float, clock: Clock, sink: Sink) -> T | None:
    """Repeat `look` until it returns something or the grace period after `sent_at` (seconds since the epoch) is over.

    Raises what `look` raises.
    """
    elapsed, pause = min(max(0.0, clock.now() - sent_at), GRACE), _FIRST_PAUSE
    while True:
        found = await look()
        if found is not None or elapsed >= GRACE:
            return found
        sink(Note("not found yet", f"checking for {GRACE - elapsed:.0f} more seconds", level="note"))
        await clock.sleep(pause)
        elapsed, pause = elapsed + pause, min(2 * pause, _LONGEST_PAUSE)
