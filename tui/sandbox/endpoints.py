"""What the endpoints of the demo servers share: refusals, tokens, rate limits, and LaunchDarkly's pages."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tui.sandbox.clock import Limits, Windows
from tui.sandbox.keys import READ, KeyRing, Token

_LD_REFUSALS: Mapping[int, tuple[str, str]] = {
    400: ("invalid_request", "Invalid request body"),
    401: ("unauthorized", "Invalid access token"),
    403: ("forbidden", "Forbidden. Access to the requested resource was denied."),
    404: ("not_found", "Invalid resource identifier"),
    405: ("method_not_allowed", "Method not allowed"),
    409: ("optimistic_locking_error", "Conflict. Optimistic lock error. Try again later."),
    429: ("rate_limited", "You've exceeded the API rate limit. Try again later."),
    500: ("internal_service_error", "Internal Service Error"),
}
"""Code and message by status, from the examples in LaunchDarkly's OpenAPI document."""


@dataclass(eq=False)
class Refusal(Exception):  # noqa: N818 - it is a response, not an error of the server
    """Raised anywhere in an endpoint. Becomes the response."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        return JSONResponse(self.body, self.status, self.headers)


def ld_refusal(status: int, message: str = "", code: str = "") -> Refusal:
    """Return LaunchDarkly's error. Only 400 and 409 have an `id`, because clients must do without it."""
    usual_code, usual_message = _LD_REFUSALS[status]
    body = {"code": code or usual_code, "message": message or usual_message}
    if status in (400, 409):
        body["id"] = f"5a4db0c5-0000-4000-8000-000000000{status}"
    return Refusal(status, body)


def ld_missing(status: int) -> Refusal:
    """Return LaunchDarkly's JSON for a path or a method that does not exist."""
    return ld_refusal(status if status in _LD_REFUSALS else 404)


def application(
    routes: Sequence[BaseRoute], missing: Callable[[int], Refusal], tokens: KeyRing[Token] | None = None
) -> Starlette:
    """Return an application that answers refusals as JSON, also for paths that do not exist (`missing`). `tokens` are
    those that `gated` knows."""

    async def refused(request: Request, problem: Exception) -> Response:
        if isinstance(problem, Refusal):
            return problem.response()
        return missing(problem.status_code if isinstance(problem, HTTPException) else 500).response()

    made = Starlette(routes=routes, exception_handlers={Refusal: refused, HTTPException: refused})
    made.state.tokens = tokens
    return made


Handler = Callable[[Request, Token], Awaitable[Response]]


def gated(handler: Handler, *, right: str = READ, beta: bool = False) -> Callable[[Request], Awaitable[Response]]:
    """Let requests through that have the right. A `Bearer` token is unknown (401); no beta header is a plain 403."""

    async def endpoint(request: Request) -> Response:
        token = request.app.state.tokens.find(request.headers.get("authorization", ""))
        if token is None:
            raise ld_refusal(401)
        if (right and right not in token.rights) or (beta and request.headers.get("ld-api-version") != "beta"):
            raise ld_refusal(403)
        return await handler(request, token)

    return endpoint


def with_headers(send: Send, extra: Mapping[str, str]) -> Send:
    """Add headers that the response does not have yet."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = message.get("headers", ())
            present = {name.lower() for name, _ in headers}
            encoded = ((name.lower().encode(), value.encode()) for name, value in extra.items())
            message["headers"] = [*headers, *(pair for pair in encoded if pair[0] not in present)]
        await send(message)

    return sending


class Metered:
    """LaunchDarkly's rate limits: three windows, which every response shows. Refuses what exceeds one."""

    def __init__(self, app: ASGIApp, limits: Limits, now: Callable[[], float], tokens: KeyRing[Token]) -> None:
        self._app = app
        self._tokens = tokens
        self._limits = limits
        self._windows = Windows(limits.seconds, now)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = self._tokens.find(dict(scope["headers"]).get(b"authorization", b"").decode("latin-1"))
        account, name = (token.account, token.name) if token else ("nobody", "nobody")
        family = (*scope["path"].split("/"), "", "", "", "")[3]
        writes = scope["method"] not in ("GET", "HEAD")
        take, limits = self._windows.take, self._limits
        windows = {
            "Global": take(f"account {account}", limits.account),
            "Auth-Token": take(f"token {name}", limits.token),
            "Route": take(f"route {account} {family} {writes}", limits.writes if writes else limits.reads),
        }
        headers: dict[str, str] = {}
        for scope_name, window in windows.items():
            headers[f"X-Ratelimit-{scope_name}-Limit"] = str(window.limit)
            headers[f"X-Ratelimit-{scope_name}-Remaining"] = str(window.remaining)
        resets = str(int(windows["Route"].resets * 1000))
        headers |= {"X-Ratelimit-Reset": resets, "X-Ratelimit-Auth-Token-Reset": resets}
        refused = any(window.refused for window in windows.values())
        app = ld_refusal(429).response() if refused else self._app
        await app(scope, receive, with_headers(send, headers))


async def read_body(request: Request) -> Any:
    """Return the request's JSON. Refuses anything else."""
    try:
        return json.loads(await request.body())
    except (ValueError, RecursionError):
        raise ld_refusal(400) from None


def page_bounds(request: Request, most: int, refuse: Callable[[int, str], Refusal], size: int = 20) -> tuple[int, int]:
    """Return limit (`size` if none is asked for) and offset of the page asked for."""
    limit = whole_number(request.query_params.get("limit"), size)
    offset = whole_number(request.query_params.get("offset"), 0)
    if limit is None or offset is None or not 1 <= limit <= most:
        raise refuse(400, f"limit must be from 1 to {most}, offset 0 or more")
    return limit, offset


def whole_number(text: str | None, default: int) -> int | None:
    """Return a count in the query; None where it is not a count."""
    if text is None:
        return default
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


_SEMANTIC = "domain-model=launchdarkly.semanticpatch"


def is_semantic(request: Request) -> bool:
    """Whether the body is a semantic patch. Without its content type LaunchDarkly reads a JSON Patch."""
    return _SEMANTIC in request.headers.get("content-type", "")


def truth(request: Request, name: str) -> bool:
    """Return a switch in the query."""
    return request.query_params.get(name, "").lower() in ("1", "true")


def link(href: str) -> dict[str, str]:
    return {"href": href, "type": "application/json"}


def collection(
    request: Request, items: Sequence[Any], shape: Callable[[Any], object], *, most: int = 1000, size: int = 20
) -> JSONResponse:
    """Return the page asked for. Shapes only its own items, and links the next page if one exists."""
    limit, offset = page_bounds(request, most, ld_refusal, size)

    links = {"self": link(request.url.path)}
    if offset + limit < len(items):
        others = [(key, value) for key, value in request.query_params.multi_items() if key != "offset"]
        links["next"] = link(f"{request.url.path}?{urlencode([*others, ('offset', str(offset + limit))])}")
    page = [shape(item) for item in items[offset : offset + limit]]
    return JSONResponse({"items": page, "_links": links, "totalCount": len(items)})


def filters(request: Request) -> dict[str, str]:
    """Return LaunchDarkly's `filter`: `field:value` pairs, separated by commas."""
    parts = (part.partition(":") for part in request.query_params.get("filter", "").split(",") if part)
    return {name.strip(): value for name, _, value in parts}


def matches(query: str, *texts: str) -> bool:
    return any(query.casefold() in text.casefold() for text in texts)
