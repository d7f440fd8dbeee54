"""Small servers on real loopback sockets that answer with exactly the bytes a test wants, right or wrong."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeAlias

Reader: TypeAlias = asyncio.StreamReader
Writer: TypeAlias = asyncio.StreamWriter


@dataclass
class Raw:
    """A running server: where it is, what it was sent, and when a client let go of it."""

    url: str = ""
    port: int = 0
    seen: list[bytes] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    connections: int = 0
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)


Handler = Callable[[Raw, Reader, Writer], Awaitable[None]]


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[Raw]:
    """A server on 127.0.0.1 with a port of its own; all its connections end with it."""
    raw = Raw()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: Reader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        raw.connections += 1
        try:
            await handler(raw, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            raw.let_go.set()
        except asyncio.CancelledError:
            pass  # the test is over; asyncio's own streams would log it as an error
        finally:
            tasks.discard(task)
            writer.close()
            with suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    raw.port = server.sockets[0].getsockname()[1]
    raw.url = f"{'https' if tls else 'http'}://127.0.0.1:{raw.port}"
    try:
        yield raw
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def request(raw: Raw, reader: Reader) -> str:
    """One whole request, noted in `raw`; returns its first line."""
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    body = await reader.readexactly(int(lengths[0].split(b":")[1]) if lengths else 0)
    raw.seen.append(head + body)
    raw.heads.append(head.decode("latin-1"))
    raw.asked.set()
    return head.split(b"\r\n", 1)[0].decode("latin-1")


def answer(status: str = "200 OK", body: bytes = b"{}", *headers: str) -> bytes:
    """The bytes of an answer with its length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def always(*answers: bytes) -> Handler:
    """One answer a request over kept connections, the last one again and again."""

    async def handler(raw: Raw, reader: Reader, writer: Writer) -> None:
        while True:
            await request(raw, reader)
            writer.write(answers[min(len(raw.seen), len(answers)) - 1])
            await writer.drain()

    return handler


def routed(routes: dict[str, bytes]) -> Handler:
    """Answers by method and path, such as "GET /x"; the query counts where a route has one. Else 404."""

    async def handler(raw: Raw, reader: Reader, writer: Writer) -> None:
        while True:
            line = (await request(raw, reader)).rsplit(" ", 1)[0]
            found = routes.get(line, routes.get(line.split("?")[0]))
            writer.write(found or answer("404 Not Found", b'{"code":"not_found","message":"no"}'))
            await writer.drain()

    return handler


def reset(writer: Writer) -> None:
    """Cut the connection with RST in place of FIN."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def free_port() -> int:
    """A port nothing listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
