"""The HTTP server: uvicorn without its log and its signals, and with a way to cut a connection."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

T = TypeVar("T")

CUT = "tui.sandbox.cut"
"""The scope extension that holds a function without arguments, which resets the connection."""


class CuttableProtocol(H11Protocol):
    """Adds the extension `CUT` to each request's scope: ASGI can end a response, but not break it off."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        inner: Any = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[CUT] = lambda: _reset(transport)
            await inner(scope, receive, send)

        self.app = app


def _reset(transport: asyncio.Transport) -> None:
    # Lingering for zero seconds makes the system send a reset, where a plain close would look like an end.
    sock = transport.get_extra_info("socket")
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


class _Server(uvicorn.Server):
    """Sleeps until `end()`, where uvicorn polls ten times a second, and stops at once."""

    def __init__(self, config: uvicorn.Config, closing: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._closing = closing
        self.ready = threading.Event()
        self.loop: asyncio.AbstractEventLoop | None = None
        self._end = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        await super().startup(sockets=sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        await self._end.wait()

    def end(self) -> None:
        """Called in the server's own thread."""
        self._end.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Cut off clients that still read a response."""
        await self._closing()
        await self._accepted()
        for server in self.servers:
            server.close()
        for sock in sockets or ():
            sock.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # let the connections notice
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for server in self.servers:
            await server.wait_closed()

    async def _accepted(self) -> None:
        """Wait for connections that are being accepted: a closing asyncio server forgets them."""
        while True:
            known = {*self.server_state.tasks, asyncio.current_task()}
            accepting = [task for task in asyncio.all_tasks() if task not in known]
            if not accepting:
                return
            await asyncio.wait(accepting)


class ThreadedServer:
    """Serves an application on listening sockets, in a thread of its own, until `stop()`.

    That thread calls `closing` before it drops the connections.
    """

    def __init__(self, app: ASGIApp, sockets: list[socket.socket], closing: Callable[[], Awaitable[None]]) -> None:
        config = uvicorn.Config(
            app,
            http=CuttableProtocol,
            loop="asyncio",
            interface="asgi3",
            proxy_headers=False,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=60,
        )
        self._server = _Server(config, closing)
        self._sockets = sockets
        self._thread = threading.Thread(target=self._run, name="demo servers", daemon=True)
        self._thread.start()
        self._server.ready.wait()

    def _run(self) -> None:
        try:
            asyncio.run(self._server.serve(sockets=self._sockets))
        finally:
            self._server.ready.set()  # also if it could not start, so that no thread waits forever

    def call(self, do: Callable[[], T]) -> T:
        """Run a function in the servers' thread between two requests, and return its result."""
        loop = self._server.loop
        if loop is None or threading.current_thread() is self._thread or not self._thread.is_alive():
            return do()

        async def in_loop() -> T:
            return do()

        return asyncio.run_coroutine_threadsafe(in_loop(), loop).result()

    def stop(self) -> None:
        """Drop open connections, free the ports, end the thread. May be called again."""
        loop = self._server.loop
        if loop is not None and self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # it ended by itself just now
                loop.call_soon_threadsafe(self._server.end)
        self._thread.join()


def listening(port: int, count: int) -> list[socket.socket]:
    """Return sockets on 127.0.0.1, at `port` and those after it, or on free ones (0). OSError if one is taken."""
    sockets: list[socket.socket] = []
    try:
        for number in range(count):
            # Declared as TCP, so that asyncio switches off the delay of small packets.
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
            sockets.append(sock)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("127.0.0.1", port + number if port else 0))
            sock.listen(128)
    except (OSError, OverflowError) as problem:
        for sock in sockets:
            sock.close()
        raise OSError(str(problem)) from problem
    return sockets
