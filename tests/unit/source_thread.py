"""A server of a test's own in a thread, for commands that run an event loop themselves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.unit.sources_server import Handler, Server, serving


@contextmanager
def answering(handler: Handler, *, bodies: list[dict[str, Any]] | None = None) -> Iterator[Server]:
    """`handler` behind a free port of 127.0.0.1 until the block ends; JSON that it is sent goes to `bodies`."""
    started, made = threading.Event(), list[Server]()
    loop, ended = asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        async with serving(handler, bodies=bodies) as server:
            made.append(server)
            started.set()
            await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert started.wait(30)
    try:
        yield made[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(30)
        loop.close()
