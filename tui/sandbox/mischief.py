"""What a fault can do to a request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tui.sandbox.answers import Refusal, ld_refusal
from tui.sandbox.job import Pace
from tui.sandbox.unleash import PAGE
from tui.sandbox.wire import CUT

HOSTILE = (
    "\x1b]52;c;aGFjaw==\x07\x1b]0;hacked\x07\x1b[2J\x1b[31m\x9b31m\x9d0;x\x9c\u202egnp.exe\u2066[bold red]x[/]\r\n"
)
"""Clipboard and title by OSC 52 and OSC 0, CSI, the same as C1, text running backwards, Textual's markup."""

_NAMES = frozenset({"name", "firstName", "lastName", "message", "description", "tokenName", "role_name", "role"})
_CHUNK = b"a" * 65536
_HUGE = 64 * 1024 * 1024

BAD_GATEWAY = """<!DOCTYPE html>
<html><head><title>502 Bad Gateway</title></head>
<body><center><h1>502 Bad Gateway</h1></center><hr></body></html>
"""


@dataclass(slots=True)
class Captured:
    """A whole answer that was made and not sent."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""


@dataclass(slots=True)
class Struck:
    """A request that a fault has hit.

    Since the fault was switched on it is the `count`th that was hit, and the `here`th for its path and query.
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
        """Takes the request's body in, so that whatever happens next, it had arrived."""
        while True:
            message = await self.receive()
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                return

    async def _again(self) -> Message:
        """`receive` for the application behind: the body, once more, then whatever comes."""
        if self._replayed:
            return await self.receive()
        self._replayed = True
        return {"type": "http.request", "body": self.body, "more_body": False}

    async def go_on(self) -> None:
        await self.app(self.scope, self._again, self.send)

    async def captured(self) -> Captured:
        """Lets the application do what it would, and keeps the answer."""
        kept = Captured()

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept.status, kept.headers = message["status"], list(message.get("headers", ()))
            else:
                kept.body += message.get("body", b"")

        await self.app(self.scope, self._again, keep)
        return kept

    async def answer(self, response: Response) -> None:
        await response(self.scope, self.receive, self.send)

    async def answer_json(self, kept: Captured, shape: object) -> None:
        body = json.dumps(shape, ensure_ascii=False).encode()
        await self.start(kept.status, [pair for pair in kept.headers if pair[0] != b"content-length"])
        await self.send({"type": "http.response.body", "body": body})

    async def give(self, kept: Captured) -> None:
        await self.start(kept.status, kept.headers)
        await self.send({"type": "http.response.body", "body": kept.body})

    async def start(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        await self.send({"type": "http.response.start", "status": status, "headers": headers})

    async def some(self, body: bytes) -> None:
        await self.send({"type": "http.response.body", "body": body, "more_body": True})

    async def gone(self, seconds: float) -> bool:
        """Waits; whether the caller hung up meanwhile."""
        try:
            async with asyncio.timeout(seconds):
                await self._hung_up()
        except TimeoutError:
            return False
        return True

    async def _hung_up(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def cut(self) -> None:
        """Resets the connection and waits until the server has noticed."""
        self.scope["extensions"][CUT]()
        await self._hung_up()


_JSON = [(b"content-type", b"application/json")]


def refuses(refusal: Callable[[], Refusal]) -> Callable[[Struck], Awaitable[None]]:
    async def act(struck: Struck) -> None:
        await struck.answer(refusal().response())

    return act


async def asks_for_a_pause(struck: Struck) -> None:
    """Refuses every other request, so that the one after the pause goes through."""
    if struck.count % 2 == 0:
        await struck.go_on()
    else:
        await asks_for_a_pause_now(struck)


async def asks_for_a_pause_now(struck: Struck) -> None:
    await _pause(struck, struck.pace.pause)


async def asks_for_a_long_pause(struck: Struck) -> None:
    await _pause(struck, 180.0)


async def _pause(struck: Struck, seconds: float) -> None:
    refusal = ld_refusal(429)
    refusal.headers = {
        "X-Ratelimit-Route-Remaining": "0",
        "X-Ratelimit-Reset": str(int((struck.now() + seconds) * 1000)),
    }
    await struck.answer(refusal.response())


async def answers_a_page(struck: Struck) -> None:
    await struck.answer(HTMLResponse(BAD_GATEWAY, 502))


async def answers_an_app(struck: Struck) -> None:
    await struck.answer(HTMLResponse(PAGE))


async def redirects(struck: Struck) -> None:
    await struck.answer(RedirectResponse("https://login.example.com/sso?next=flags", 302))


async def waits(struck: Struck) -> None:
    if not await struck.gone(struck.pace.slow):
        await struck.go_on()


async def drips(struck: Struck) -> None:
    await struck.start(200, _JSON)
    await struck.some(b'{"_id": "')
    while not await struck.gone(struck.pace.drip):
        await struck.some(b"a")


async def resets(struck: Struck) -> None:
    """Commits, announces the whole answer, sends half of it, and breaks off."""
    kept = await struck.captured()
    await struck.start(kept.status, kept.headers)
    await struck.some(kept.body[: len(kept.body) // 2])
    if not await struck.gone(struck.pace.drip):
        await struck.cut()


async def never_ends(struck: Struck) -> None:
    await struck.start(200, _JSON)
    await struck.some(b'{"padding": "')
    for _ in range(_HUGE // len(_CHUNK)):
        await struck.some(_CHUNK)
    await struck.send({"type": "http.response.body", "body": b'"}'})


async def loses_the_answer(struck: Struck) -> None:
    await struck.captured()
    await struck.cut()


async def loses_the_request(struck: Struck) -> None:
    await struck.cut()


async def echoes_secrets(struck: Struck) -> None:
    """Commits, and shows every value of the sent config in the answer, also within a text."""
    sent = _sent_config(struck.body)
    kept = await struck.captured()
    shape = json.loads(kept.body)
    if kept.status == 200:
        text = "Import could not use " + ", ".join(f"{key}={value}" for key, value in sent.items())
        shape["config"] = sent
        shape["_status"]["errors"] = [{"message": text, "statusCode": 400}]
    await struck.answer_json(kept, shape)


async def quotes_secrets(struck: Struck) -> None:
    sent = _sent_config(struck.body)
    text = "config is not valid: " + ", ".join(f"{key}={value}" for key, value in sent.items())
    await struck.answer(ld_refusal(400, text).response())


def _sent_config(body: bytes) -> Mapping[str, Any]:
    try:
        config = json.loads(body)["config"]
    except (ValueError, KeyError, TypeError):
        return {}
    return config if isinstance(config, dict) else {}


async def writes_on_the_terminal(struck: Struck) -> None:
    """Puts `HOSTILE` behind every name, message and tag of the answer; a configuration gets an error."""
    kept = await struck.captured()
    try:
        shape = _hostile(json.loads(kept.body))
    except ValueError:
        shape = None
    if isinstance(shape, dict) and "_status" in shape:
        shape["_status"]["errors"] = [{"message": f"Import failed {HOSTILE}", "statusCode": 400}]
    if shape is None:
        await struck.give(kept)
    else:
        await struck.answer_json(kept, shape)


def _hostile(shape: Any) -> Any:
    if isinstance(shape, list):
        return [one + HOSTILE if isinstance(one, str) else _hostile(one) for one in shape]
    if isinstance(shape, dict):
        return {
            key: value + HOSTILE if key in _NAMES and isinstance(value, str) else _hostile(value)
            for key, value in shape.items()
        }
    return shape


async def refuses_in_hostile_words(struck: Struck) -> None:
    await struck.answer(ld_refusal(400, f"environmentId is not valid {HOSTILE}").response())
