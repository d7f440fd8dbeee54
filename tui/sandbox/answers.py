"""What the three servers answer with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

T = TypeVar("T")

LD_REFUSALS: Mapping[int, tuple[str, str]] = {
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
class Refusal(Exception):  # noqa: N818 - it is an answer, not a mistake of ours
    """Raised anywhere in an endpoint; becomes the answer. A body of None is an empty one."""

    status: int
    body: Mapping[str, Any] | None
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        if self.body is None:
            return Response(status_code=self.status, headers=self.headers)
        return JSONResponse(self.body, self.status, self.headers)


def ld_refusal(status: int, message: str = "", code: str = "") -> Refusal:
    """LaunchDarkly's error body. An `id` stands in it for 400 and 409 only, as clients must do without it."""
    usual_code, usual_message = LD_REFUSALS[status]
    body = {"code": code or usual_code, "message": message or usual_message}
    if status in (400, 409):
        body["id"] = f"5a4db0c5-0000-4000-8000-000000000{status}"
    return Refusal(status, body)


def whole_number(text: str | None, usual: int) -> int | None:
    """A query parameter that counts something; None where it is no count."""
    if text is None:
        return usual
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


@dataclass(frozen=True, slots=True)
class Slice:
    limit: int
    offset: int


def ld_slice(request: Request, *, usual: int = 20, most: int = 1000) -> Slice:
    limit = whole_number(request.query_params.get("limit"), usual)
    offset = whole_number(request.query_params.get("offset"), 0)
    if limit is None or offset is None or not 1 <= limit <= most:
        raise ld_refusal(400, f"limit must be from 1 to {most}, offset 0 or more")
    return Slice(limit, offset)


def link(href: str) -> dict[str, str]:
    return {"href": href, "type": "application/json"}


def ld_page(request: Request, items: Sequence[T], part: Slice) -> tuple[Sequence[T], dict[str, Any]]:
    """The page asked for, and the collection's other fields; a link stands there only if its page exists."""

    def to(offset: int) -> dict[str, str]:
        others = [(key, value) for key, value in request.query_params.multi_items() if key != "offset"]
        return link(f"{request.url.path}?{urlencode([*others, ('offset', str(offset))])}")

    links = {"self": link(request.url.path)}
    last = max(0, (len(items) - 1) // part.limit * part.limit)
    if part.offset > 0:
        links |= {"first": to(0), "prev": to(max(0, part.offset - part.limit))}
    if part.offset + part.limit < len(items):
        links |= {"next": to(part.offset + part.limit), "last": to(last)}
    page = items[part.offset : part.offset + part.limit]
    return page, {"_links": links, "totalCount": len(items)}


def filters(request: Request) -> dict[str, str]:
    """LaunchDarkly's `filter`: comma-joined `field:value`. A `+` that was not escaped arrives as a blank."""
    parts = (part.partition(":") for part in request.query_params.get("filter", "").split(",") if part)
    return {name.strip(): value for name, _, value in parts}
