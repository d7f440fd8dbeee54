"""A command that can be ended from outside: it lets go of everything, and its exit code names the signal."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tui.net.client import Connections

_NAMES = ("SIGHUP", "SIGINT", "SIGTERM")


def to_the_end(
    main: Callable[[], Coroutine[Any, Any, int]], *, ended: Callable[[], None], connections: Connections
) -> int:
    """Run `main` in a loop of its own and return its exit code. Its requests share `connections`, closed at the end.

    At Ctrl+C, SIGTERM or SIGHUP it is cancelled and may clean up; then `ended` is called, and the code is 128 and
    the signal's number.
    """
    return asyncio.run(_watched(main(), ended, connections))


async def _watched(main: Coroutine[Any, Any, int], ended: Callable[[], None], connections: Connections) -> int:
    loop, arrived = asyncio.get_running_loop(), []
    task = loop.create_task(main)

    def end(number: int) -> None:
        arrived.append(number)
        task.cancel()

    for number in (getattr(signal, name, None) for name in _NAMES):
        if number is not None:
            with suppress(NotImplementedError, RuntimeError, ValueError):  # no such thing on Windows, or in a thread
                loop.add_signal_handler(number, end, int(number))
    connections.hold()
    try:
        return await task
    except asyncio.CancelledError:
        if not arrived:
            raise
    finally:
        await connections.release()
    ended()
    return 128 + arrived[0]
