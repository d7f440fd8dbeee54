"""A small real HTTP server on loopback that answers as a test tells it."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from hypothesis import strategies as st

from tui.net.client import Http
from tui.net.messages import Response


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: text or bytes as they are, all else as JSON."""

    status: int = 200
    body: object = b""
    type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return text.encode()


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came over the wire; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


Handler = Callable[[Asked], Reply]


@dataclass(slots=True)
class Server:
    url: str
    asked: list[Asked]


@asynccontextmanager
async def serving(
    handler: Handler, *, zipped: bool = False, bodies: list[dict[str, Any]] | None = None
) -> AsyncIterator[Server]:
    """`handler` behind a free port of 127.0.0.1; `zipped` answers with gzip. JSON that it is sent goes to `bodies`."""
    asked: list[Asked] = []

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ", 2)
        pairs = (line.split(":", 1) for line in head[1:] if line)
        request = Asked(method, target, {name.lower(): value.strip() for name, value in pairs})
        asked.append(request)
        length = int(request.headers.get("content-length", 0))
        if length and bodies is not None:
            bodies.append(json.loads(await reader.readexactly(length)))
        reply = handler(request)
        body = gzip.compress(reply.encoded()) if zipped else reply.encoded()
        headers = {"Content-Type": reply.type, "Content-Length": str(len(body)), "Connection": "close"}
        headers |= {"Content-Encoding": "gzip"} if zipped else {}
        lines = [f"{name}: {value}" for name, value in {**headers, **reply.headers}.items()]
        phrase = HTTPStatus(reply.status).phrase
        writer.write("\r\n".join([f"HTTP/1.1 {reply.status} {phrase}", *lines, "", ""]).encode() + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield Server(f"http://127.0.0.1:{port}", asked)


class Scripted(Http):
    """Hands out prepared answers: a server for each of hundreds of examples would take minutes."""

    def __init__(self, replies: list[tuple[int, bytes]]) -> None:
        super().__init__()
        kind = {"content-type": "application/json"}
        self._answers = [Response(status, "", kind, body, 0.0) for status, body in replies]

    async def send(self, *args: object, **options: object) -> Response:
        return self._answers.pop(0)


texts = st.text(st.characters(exclude_categories=()), max_size=20)  # lone surrogates too
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def replies(likely: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[int, bytes]]:
    """Statuses with bodies: anything, any JSON, or JSON much like the `likely`; half of them are read."""

    def encoded(values: st.SearchStrategy[object]) -> st.SearchStrategy[bytes]:
        return values.map(lambda value: json.dumps(value).encode())

    statuses = st.sampled_from([200, 204, 400, 401, 402, 403, 404, 418, 500])
    anything = st.tuples(statuses, st.binary() | encoded(json_values | likely))
    return st.tuples(st.just(200), encoded(likely)) | anything
