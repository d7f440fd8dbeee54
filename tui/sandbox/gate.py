"""What stands before every endpoint of the practice LaunchDarkly: token, beta header, rate limits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tui.sandbox.answers import ld_refusal
from tui.sandbox.keys import READ, TOKENS, Token
from tui.sandbox.windows import Limits, Windows

Handler = Callable[[Request, Token], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def gated(handler: Handler, *, right: str = READ, beta: bool = False) -> Endpoint:
    """Takes the token raw, so `Bearer ...` is an unknown one (401). A missing beta header is a plain 403."""

    async def endpoint(request: Request) -> Response:
        token = TOKENS.find(request.headers.get("authorization", ""))
        if token is None:
            raise ld_refusal(401)
        if beta and request.headers.get("ld-api-version") != "beta":
            raise ld_refusal(403)
        if right not in token.rights:
            raise ld_refusal(403)
        return await handler(request, token)

    return endpoint


def header(scope: Scope, name: bytes) -> str:
    values = [value for key, value in scope["headers"] if key == name]
    return values[0].decode("latin-1") if values else ""


def with_headers(send: Send, extra: Mapping[str, str]) -> Send:
    """Adds headers to the answer, where it does not have them yet."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message.get("headers", ())}
            more = [(key.lower().encode(), value.encode()) for key, value in extra.items()]
            message["headers"] = [
                *message.get("headers", ()),
                *(one for one in more if one[0] not in present),
            ]
        await send(message)

    return sending


class Metered:
    """Counts requests in three windows, tells in every answer where they stand, refuses what is beyond."""

    def __init__(self, app: ASGIApp, limits: Limits, now: Callable[[], float]) -> None:
        self._app = app
        self._limits = limits
        self._windows = Windows(limits.seconds, now)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = TOKENS.find(header(scope, b"authorization"))
        family = (*scope["path"].split("/"), "", "", "", "")[3]
        writes = scope["method"] not in ("GET", "HEAD")
        whose = token.account if token else "nobody"
        take, limits = self._windows.take, self._limits
        overall = take(f"account {whose}", limits.account)
        single = take(f"token {token.name if token else 'nobody'}", limits.token)
        limit = limits.writes if writes else limits.reads
        route = take(f"route {whose} {family} {writes}", limit)
        extra = {
            "X-Ratelimit-Global-Limit": str(overall.limit),
            "X-Ratelimit-Global-Remaining": str(overall.remaining),
            "X-Ratelimit-Route-Limit": str(route.limit),
            "X-Ratelimit-Route-Remaining": str(route.remaining),
            "X-Ratelimit-Reset": str(int(route.resets * 1000)),
            "X-Ratelimit-Auth-Token-Limit": str(single.limit),
            "X-Ratelimit-Auth-Token-Remaining": str(single.remaining),
            "X-Ratelimit-Auth-Token-Reset": str(int(single.resets * 1000)),
        }
        sending = with_headers(send, extra)
        app: Any = self._app
        if overall.refused or single.refused or route.refused:
            app = ld_refusal(429).response()
        await app(scope, receive, sending)
