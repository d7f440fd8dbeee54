"""A request that a fault strikes, and the ways to respond to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tui.sandbox.clock import Pace
from tui.sandbox.endpoints import whole_number
from tui.sandbox.wire import CUT


@dataclass(slots=True)
class StruckRequest:
    """A request that a fault strikes, with its body.

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
        more = True
        while more:
            message = await self.receive()
            self.body += message.get("body", b"")
            more = message.get("more_body", False)

    async def _replay(self) -> Message:
        """`receive` for the application behind: the body, then whatever comes."""
        if self._replayed:
            return await self.receive()
        self._replayed = True
        return {"type": "http.request", "body": self.body, "more_body": False}

    async def go_on(self) -> None:
        """Let the application respond."""
        await self.app(self.scope, self._replay, self.send)

    async def captured(self) -> Response:
        """Let the application do its work, and keep its response."""
        response = Response()

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                response.status_code, response.raw_headers = message["status"], list(message.get("headers", ()))
            else:
                response.body = bytes(response.body) + message.get("body", b"")

        await self.app(self.scope, self._replay, keep)
        return response

    async def answer(self, response: Response) -> None:
        await response(self.scope, self.receive, self.send)

    async def start(
        self, status: int = 200, headers: Sequence[tuple[bytes, bytes]] = ((b"content-type", b"application/json"),)
    ) -> None:
        await self.send({"type": "http.response.start", "status": status, "headers": headers})

    async def some(self, body: bytes, *, more: bool = True) -> None:
        await self.send({"type": "http.response.body", "body": body, "more_body": more})

    async def rewrite(self, change: Callable[[Any], object], *, errors: bool = False) -> None:
        """Let the application respond, and change the JSON of a 200, or of any status with `errors`."""
        response = await self.captured()
        if response.body and (errors or response.status_code == 200):
            response.body = json.dumps(change(json.loads(bytes(response.body))), ensure_ascii=False).encode()
            response.headers["content-length"] = str(len(response.body))
        await self.answer(response)

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
    def query(self) -> QueryParams:
        return QueryParams(self.scope["query_string"])

    @property
    def offset(self) -> int:
        return whole_number(self.query.get("offset"), 0) or 0

    @property
    def limit(self) -> int:
        return whole_number(self.query.get("limit"), 20) or 20
