"""A made-up Split on loopback whose lists a test can fill, change between pages, and break."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import SecretStr

from tests.unit.sources_server import Asked, Handler, Reply, serving
from tui.net.client import Http
from tui.net.errors import Failure
from tui.net.events import Sink, ignore
from tui.sources.base import Connection
from tui.sources.flags import Batch, SourceFlag
from tui.sources.registry import SOURCES

BASE = "/internal/api/v2"
KEY = "bbka4th38dlfh1cmn3ron8s36a7s2r3jpp9q"
ANSWERS = {"workspaceId": "ws-1", "environmentId": "env-1"}
FLAGS = f"{BASE}/splits/ws/ws-1"
DEFINITIONS = f"{FLAGS}/environments/env-1"

Object = dict[str, object]


def flag(number: int, *tags: str, **more: object) -> Object:
    shown: Object = {"id": f"id-{number}", "name": f"flag-{number}", "description": f"Flag {number}"}
    return {**shown, "tags": [{"name": tag} for tag in tags] or None, **more}


def definition(number: int, **more: object) -> Object:
    return {
        "name": f"flag-{number}",
        "killed": False,
        "treatments": [{"name": "on"}, {"name": "off"}],
        "defaultTreatment": "off",
        "trafficAllocation": 100,
        "rules": [],
        "defaultRule": [{"treatment": "on", "size": 100}],
        **more,
    }


@dataclass
class MadeSplit:
    """Answers for the workspace ws-1 with the environment env-1; `before` may change or break an answer."""

    flags: list[Object] = field(default_factory=lambda: [flag(number) for number in range(130)])
    definitions: list[Object] = field(default_factory=lambda: [definition(number) for number in range(130)])
    by: str = "authorization"
    before: Callable[[Asked, int], Reply | None] = lambda asked, offset: None
    asked: list[Asked] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        if asked.headers.get(self.by) != (f"Bearer {KEY}" if self.by == "authorization" else KEY):
            return Reply(401, {"code": 401, "message": "Unauthorized"})
        query = {name: values[0] for name, values in parse_qs(urlsplit(asked.target).query).items()}
        offset, limit = int(query.get("offset", 0)), int(query.get("limit", 20))
        reply = self.before(asked, offset)
        if reply is not None:
            return reply
        found = {FLAGS: self._flags(query.get("tag")), DEFINITIONS: self.definitions}.get(unquote(asked.path))
        if found is None:
            return Reply(404, {"code": 404, "message": "Not found"})
        assert limit <= 50
        page: list[object] = list(found[offset : offset + limit])
        return Reply(200, {"objects": page, "offset": offset, "limit": limit, "totalCount": len(found)})

    def _flags(self, tag: str | None) -> list[Object]:
        return [one for one in self.flags if tag is None or {"name": tag} in (one["tags"] or [])]  # type: ignore[operator]


@dataclass
class Listed:
    """What a listing came to: the flags that hold in the end, every batch, and how it failed."""

    flags: list[SourceFlag]
    batches: list[Batch]
    failure: Failure | None = None

    @property
    def keys(self) -> list[str]:
        return [one.key for one in self.flags]

    @property
    def notes(self) -> list[str]:
        return [note for batch in self.batches for note in batch.notes]


async def listed(
    handler: Handler,
    answers: Mapping[str, str] = ANSWERS,
    *,
    source: str = "split",
    key: str = KEY,
    base: str = BASE,
    http: Http | None = None,
    sink: Sink = ignore,
) -> Listed:
    """A whole listing over real HTTP, waits left out, its failure taken note of."""
    made = Listed([], [])
    async with serving(handler) as server, http or Http(sleep=no_wait) as client:
        listing = SOURCES[source].list_flags(Connection(client, server.url + base, SecretStr(key), sink), answers)
        try:
            async with aclosing(listing) as batches:
                async for batch in batches:
                    made.batches.append(batch)
                    for gone in batch.gone:
                        made.flags.remove(gone)
                    made.flags.extend(batch.flags)
        except Failure as failure:
            made.failure = failure
    return made


async def no_wait(seconds: float) -> None:
    """Waits end at once."""
