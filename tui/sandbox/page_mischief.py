"""What a fault can do to the reading of lists of flags, at the sources and at LaunchDarkly."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode

from starlette.responses import JSONResponse, Response

from tui.sandbox.answers import Refusal, ld_refusal
from tui.sandbox.mischief import HOSTILE, Captured, Struck

_LONG = 180
_GARBAGE = {
    "objects": [None, 7, {"name": None, "tags": "none", "treatments": {}}],
    "features": [None, 7, {"name": None, "strategies": "none"}],
    "totalCount": "many",
}
"""The outermost shape is the right one of either source, and nothing in it is."""

_NAMES = frozenset({"name", "treatment", "defaultTreatment", "baselineTreatment", "splitName", "feature"})
_TEXTS = frozenset(
    {"description", "strings", "string", "keys", "segments", "values", "value", "userIds", "contextName"}
)


async def asks_for_a_pause(struck: Struck) -> None:
    """Refuses each read when it is asked the first time, the third time and so on."""
    if struck.here % 2 == 0:
        await struck.go_on()
    else:
        await struck.answer(_pause(math.ceil(struck.pace.pause)))


async def asks_for_a_long_pause(struck: Struck) -> None:
    await struck.answer(_pause(_LONG))


def _pause(seconds: int) -> Response:
    """Both families of headers: Split's two windows, and the one that stands before an Unleash."""
    headers = {f"X-RateLimit-Reset-Seconds-{name}": str(seconds) for name in ("Org", "IP")}
    headers |= {f"X-RateLimit-Remaining-{name}": "0" for name in ("Org", "IP")}
    body = {"code": 429, "message": "Too many requests"}
    return Refusal(429, body, headers | {"Retry-After": str(seconds)}).response()


async def answers_garbage(struck: Struck) -> None:
    """By turns: half of the answer, JSON of another service, and the right frame around nonsense."""
    turn = struck.count % 3
    if turn == 1:
        kept = await struck.captured()
        half = kept.body[: len(kept.body) // 2]
        await struck.answer(Response(half, 200, media_type="application/json"))
    else:
        await struck.answer(JSONResponse(_GARBAGE if turn == 0 else {"data": [1, 2, 3], "ok": True}))


async def writes_on_the_terminal(struck: Struck) -> None:
    """Puts `HOSTILE` behind descriptions, values and tags, and behind every fourth name.

    Which names depends on the name alone, so that lists which are joined by it still fit together.
    """
    kept = await struck.captured()
    shape = _parsed(kept)
    if shape is None or kept.status != 200:
        await struck.give(kept)
    else:
        await struck.answer_json(kept, _hostile(shape, ""))


def _hostile(shape: Any, key: str) -> Any:
    if isinstance(shape, dict):
        return {name: _hostile(value, name) for name, value in shape.items()}
    if isinstance(shape, list):
        return [_hostile(value, key) for value in shape]
    if not isinstance(shape, str):
        return shape
    return shape + HOSTILE if key in _TEXTS or (key in _NAMES and len(shape) % 4 == 0) else shape


def _parsed(kept: Captured) -> Any:
    try:
        return json.loads(kept.body)
    except ValueError:
        return None


async def loses_a_page(struck: Struck) -> None:
    """The second page of each of Split's lists. Unleash's only answer is whole."""
    if _is_second_page(_query(struck)):
        body = {"code": 503, "message": "Service Unavailable", "details": None, "transactionId": None}
        await struck.answer(JSONResponse(body, 503))
    else:
        await struck.go_on()


async def loses_a_page_of_flags(struck: Struck) -> None:
    """The second page, or the archived flags: of a small project there is one page of each."""
    query = _query(struck)
    if _is_second_page(query) or "archived" in query.get("filter", ""):
        await struck.answer(ld_refusal(500).response())
    else:
        await struck.go_on()


async def hides_the_convention(struck: Struck) -> None:
    kept = await struck.captured()
    shape = _parsed(kept)
    if isinstance(shape, dict):
        shape.pop("namingConvention", None)
    await struck.answer_json(kept, shape)


async def moves_pages(struck: Struck) -> None:
    """A flag is made at the head of the list when its first page has been read, and deleted before it is read again.

    So every later page begins one flag earlier when it is asked for the first time, and one flag more is told.
    """
    query = _query(struck)
    offset, limit = _number(query, "offset"), _number(query, "limit")
    if not offset or struck.here > 1:
        await struck.go_on()
        return
    moved = urlencode({**query, "offset": str(offset - 1), "limit": str(limit or 20)})
    other = replace(struck, scope={**struck.scope, "query_string": moved.encode()})
    kept = await other.captured()
    shape = _parsed(kept)
    if kept.status == 200:
        await struck.answer_json(kept, shape | {"totalCount": shape["totalCount"] + 1, "offset": offset})
    else:
        await struck.give(kept)


def _query(struck: Struck) -> Mapping[str, str]:
    text = struck.scope["query_string"].decode("latin-1")
    return {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()}


def _is_second_page(query: Mapping[str, str]) -> bool:
    return 0 < _number(query, "offset") <= (_number(query, "limit") or 20)


def _number(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
