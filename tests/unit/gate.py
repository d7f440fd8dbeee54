"""A door before a server: it passes every byte on, and can be shut at an exact moment."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field


@dataclass
class Gate:
    """Listens on a free port of loopback. Shut, it refuses new connections; those that stand go on."""

    port_behind: int
    shuts_at: bytes = b""
    """Shut as soon as a connection has sent this; b"" for never."""
    port: int = 0
    connections: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._passing, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def shut(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _passing(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.port_behind)
            await asyncio.wait(
                [asyncio.create_task(self._pass(reader, back)), asyncio.create_task(self._pass(there, writer))]
            )
        finally:
            self._open.discard(task)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen = b""
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                seen += data
                if self.shuts_at and self.shuts_at in seen:
                    self.shut()
                writer.write(data)
                await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async def finished(self) -> None:
        """Every connection has been closed by those who made it."""
        async with asyncio.timeout(10):
            while self._open:
                await asyncio.wait(set(self._open))


@contextlib.asynccontextmanager
async def gate(port_behind: int, *, shuts_at: bytes = b"") -> AsyncIterator[Gate]:
    made = Gate(port_behind, shuts_at)
    await made.open()
    try:
        yield made
        await made.finished()
    finally:
        made.shut()
