"""A request that a fault strikes, and the ways to respond to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tui.sandbox.clock import Pace
from tui.sandbox.endpoints import whole_number
from tui.sandbox.wire import CUT


@dataclass(slots=True)
class Captured:
    """A whole response that was not sent."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    def json(self) -> Any:
        """Return the parsed body; None where it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(slots=True)
class StruckRequest:
    """A request that a fault strikes, with its body, and the way to respond.

    Since the fault was switched on it is the `count`th request, and the `here`th with this path and query.
    """

    app: ASGIApp
    scope: Scope
    receive: Receive
    send: Send
    pace: Pace
    now: Callable[[], float]
    count: int
    here: int
    body: bytes = b""
    _replayed: bool = False

    async def read(self) -> None:
        """Read the request's body, so that it has arrived whatever happens next."""
        while True:
            message = await self.receive()
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                return

    async def _replay(self) -> Message:
        """`receive` for the application behind: the body, then whatever comes."""
        if self._replayed:
            return await self.receive()
        self._replayed = True
        return {"type": "http.request", "body": self.body, "more_body": False}

    async def go_on(self) -> None:
        """Let the application respond."""
        await self.app(self.scope, self._replay, self.send)

    async def captured(self) -> Captured:
        """Let the application do its work, and keep its response."""
        kept = Captured()

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept.status, kept.headers = message["status"], list(message.get("headers", ()))
            else:
                kept.body += message.get("body", b"")

        await self.app(self.scope, self._replay, keep)
        return kept

    async def answer(self, response: Response) -> None:
        await response(self.scope, self.receive, self.send)

    async def answer_json(self, kept: Captured, shape: object) -> None:
        """Send a captured response; its JSON becomes `shape`, unless that is None."""
        headers, body = kept.headers, kept.body
        if shape is not None:
            headers = [pair for pair in headers if pair[0] != b"content-length"]
            body = json.dumps(shape, ensure_ascii=False).encode()
        await self.start(kept.status, headers)
        await self.send({"type": "http.response.body", "body": body})

    async def start(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        await self.send({"type": "http.response.start", "status": status, "headers": headers})

    async def some(self, body: bytes) -> None:
        await self.send({"type": "http.response.body", "body": body, "more_body": True})

    async def gone(self, seconds: float) -> bool:
        """Wait. Returns whether the client disconnected meanwhile."""
        try:
            async with asyncio.timeout(seconds):
                await self._disconnected()
        except TimeoutError:
            return False
        return True

    async def _disconnected(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def cut(self) -> None:
        """Reset the connection, and wait until the server has noticed."""
        self.scope["extensions"][CUT]()
        await self._disconnected()

    @property
    def query(self) -> Mapping[str, str]:
        text = self.scope["query_string"].decode("latin-1")
        return {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()}

    @property
    def offset(self) -> int:
        return whole_number(self.query.get("offset"), 0) or 0

    @property
    def limit(self) -> int:
        return whole_number(self.query.get("limit"), 20) or 20
