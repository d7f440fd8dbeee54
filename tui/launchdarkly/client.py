"""LaunchDarkly's REST interface as far as an import needs it; paths and codes from its OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from pydantic import SecretStr

from tui.launchdarkly import models
from tui.launchdarkly.instances import Instance
from tui.launchdarkly.models import CallerIdentity, Configuration, Flag, Member, Page, Project
from tui.launchdarkly.problems import Asked, refusal
from tui.net.client import Http
from tui.net.errors import Failure, Kind
from tui.net.events import Sink, ignore
from tui.net.messages import Answer, Request
from tui.net.pages import Part, Progress, read_all
from tui.text import Redactor

PEER = "LaunchDarkly"
BETA = "beta"
VERSION = "20240415"  # the current one; a token may carry an older default, with other paging
_IMPORTS = "/api/v2/integration-capabilities/flag-import"
_OK = range(200, 300)
_NOT_FOUND = 404
_PAGE = 100
_MOST_PAGES = 100
_MOST_TAGS = 100
_OF_IMPORTS = "import configurations"


@dataclass(frozen=True, slots=True)
class Created:
    """A configuration that was just created, and the answer as it came for whoever wants to look at it."""

    configuration: Configuration
    answer: Answer


def request_for_create(instance: Instance, project: str, integration: str) -> tuple[str, str, Mapping[str, str]]:
    """Method, address and headers of the very request that `create` sends, but for your token."""
    url = f"{instance.url}{_import_path(project, integration)}"
    return "POST", url, {"LD-API-Version": BETA, "Content-Type": "application/json"}


class LaunchDarkly:
    """One instance, as one token sees it. Every method raises Failure, and what it raises quotes no secret.

    `redact` takes the secrets that the caller knows out of the server's messages; the token is known here.
    """

    def __init__(self, http: Http, instance: Instance, token: SecretStr, *, redact: Callable[[str], str] = str) -> None:
        self._http, self.instance, self._token = http, instance, token
        own = Redactor()
        own.add(token.get_secret_value())
        self._redact = lambda text: own(redact(text))

    async def list_configurations(self, *, sink: Sink = ignore) -> tuple[Configuration, ...]:
        """All flag import configurations of the account; LaunchDarkly has no filter for them."""
        asked = self._asked(of=_OF_IMPORTS)
        found: dict[str, Configuration] = {}
        query = ""
        for _ in range(_MOST_PAGES):
            answer = await self._get(f"{_IMPORTS}{query}", asked, sink, BETA)
            page = models.read_configurations(answer.json())
            fresh = {one.id: one for one in page.items if one.id not in found}
            found |= fresh
            if not page.next or not fresh:
                return tuple(found.values())
            query = f"?{page.next}"
        raise _endless("import configurations")

    async def create(self, project: str, integration: str, body: bytes, *, sink: Sink = ignore) -> Created:
        """Create a configuration from `body`, the JSON of name, tags and config. Not idempotent.

        A Failure with `sent` leaves open whether it was created: look it up before sending again.
        """
        method, url, headers = request_for_create(self.instance, project, integration)
        asked = self._asked(
            safe="nothing was created",
            of=_OF_IMPORTS,
            writes=True,
            project=project,
            integration=integration,
            fields=_config_keys(body),
        )
        answer = await self._send(Request(method, url, headers, body), asked, sink)
        return Created(models.read_configuration(answer.json()), answer)

    async def get(self, project: str, integration: str, id: str, *, sink: Sink = ignore) -> Configuration:
        """One configuration with its config; whether secrets in it are masked is not documented."""
        asked = self._configuration(project, integration, id)
        answer = await self._get(_import_path(project, integration, id), asked, sink, BETA)
        return models.read_configuration(answer.json())

    async def patch(
        self,
        project: str,
        integration: str,
        id: str,
        operations: Sequence[Mapping[str, object]],
        *,
        sink: Sink = ignore,
    ) -> Configuration:
        """Change `config`, `tags` or `name` by JSON Patch; a SecretStr value is opened in the body alone."""
        body = json.dumps([dict(one) for one in operations], default=_opened, ensure_ascii=False).encode()
        asked = self._configuration(project, integration, id, writes=True)
        answer = await self._write("PATCH", _import_path(project, integration, id), asked, sink, body)
        return models.read_configuration(answer.json())

    async def delete(self, project: str, integration: str, id: str, *, sink: Sink = ignore) -> None:
        """Delete a configuration; the flags it imported stay."""
        asked = self._configuration(project, integration, id, safe="nothing was deleted", writes=True)
        await self._write("DELETE", _import_path(project, integration, id), asked, sink)

    async def trigger(self, project: str, integration: str, id: str, *, sink: Sink = ignore) -> int:
        """Queue the import job and return the status code: 201 by the document, any 2xx is taken."""
        asked = self._configuration(project, integration, id, safe="nothing was started", writes=True)
        path = f"{_import_path(project, integration, id)}/trigger"
        return (await self._write("POST", path, asked, sink)).status_code

    async def caller_identity(self, *, sink: Sink = ignore) -> CallerIdentity:
        """Whose token this is."""
        answer = await self._get("/api/v2/caller-identity", self._asked(), sink)
        return models.read_identity(answer.json())

    async def me(self, *, sink: Sink = ignore) -> Member | None:
        """The member the token belongs to; None for a service token, which belongs to nobody."""
        return await self.member("me", sink=sink)

    async def member(self, id: str, *, sink: Sink = ignore) -> Member | None:
        """One member; None where there is none with this id."""
        answer = await self._answer(self._request("GET", f"/api/v2/members/{_part(id)}"), sink)
        if answer.status_code == _NOT_FOUND:
            return None
        return models.read_member(self._accepted(answer, self._asked(of="members")).json())

    async def projects(
        self, offset: int = 0, limit: int = 20, query: str = "", *, sink: Sink = ignore
    ) -> Page[Project]:
        """A page of projects by name; `query` is looked for in names and keys."""
        path = f"/api/v2/projects{_listed(offset, limit, query, sort='name')}"
        return models.read_projects((await self._get(path, self._asked(of="projects"), sink)).json())

    async def project(self, key: str, *, sink: Sink = ignore) -> Project:
        """One project; Failure NOT_FOUND where the token sees none with this key."""
        answer = await self._get(f"/api/v2/projects/{_part(key)}", self._asked(project=key), sink)
        return models.read_project(answer.json())

    async def members(self, offset: int = 0, limit: int = 20, query: str = "", *, sink: Sink = ignore) -> Page[Member]:
        """A page of members by name; `query` is looked for in names and mail addresses."""
        path = f"/api/v2/members{_listed(offset, limit, query, sort='displayName')}"
        return models.read_members((await self._get(path, self._asked(of="members"), sink)).json())

    async def tags(self, prefix: str = "", *, sink: Sink = ignore) -> tuple[str, ...]:
        """At most 100 flag tags of the account that begin with `prefix`."""
        path = f"/api/v2/tags{_query(kind='flag', pre=prefix, limit=_MOST_TAGS)}"
        answer = await self._get(path, self._asked(of="tags"), sink)
        return models.read_tags(answer.json()).items[:_MOST_TAGS]

    async def flags(self, project: str, *, tag: str = "", most: int = 10_000, sink: Sink = ignore) -> Page[Flag]:
        """Up to `most` flags of a project, all pages followed; `next` is not "" where more are left.

        `most=1` with `tag` is the cheap way to `total_count`. Archived flags are not among them.
        """
        asked = self._asked(of="flags", project=project)
        found: dict[str, Flag] = {}
        while True:
            limit = max(1, min(_PAGE, most - len(found)))
            wanted = {"tag": tag} if tag else {}
            path = f"/api/v2/flags/{_part(project)}{_query(limit=limit, offset=len(found), **wanted)}"
            page = models.read_flags((await self._get(path, asked, sink)).json())
            fresh = {flag.key: flag for flag in page.items if flag.key not in found}
            found |= fresh
            more = bool(page.next) or (page.total_count or 0) > len(found)
            if not fresh or not more or len(found) >= most:
                following = f"offset={len(found)}" if more else ""
                return Page(tuple(found.values())[:most], page.total_count, following)

    async def every_flag(
        self, project: str, *, archived: bool = False, sink: Sink = ignore
    ) -> AsyncGenerator[Progress[Flag], None]:
        """All flags of a project, or all archived ones, several pages at once, with how far the reading is.

        LaunchDarkly lists archived flags only where they are asked for, and their keys are taken all the same.
        The oldest come first, so that one made meanwhile moves no other to another page.
        """
        asked = self._asked(of="flags", project=project)
        state = {"filter": "state:archived"} if archived else {}

        async def fetch(offset: int, told: Sink) -> Part[Flag]:
            query = _query(limit=_PAGE, offset=offset, sort="creationDate", **state)
            page = models.read_flags((await self._get(f"/api/v2/flags/{_part(project)}{query}", asked, told)).json())
            return Part(page.items, page.total_count)

        what = f"LaunchDarkly's list of {'archived ' if archived else ''}flags"
        async with aclosing(
            read_all(self._http, fetch, lambda flag: flag.key, what=what, size=_PAGE, sink=sink)
        ) as pages:
            async for progress in pages:
                yield progress

    def _asked(self, **known: object) -> Asked:
        return replace(Asked(self.instance), **known)  # type: ignore[arg-type]

    def _configuration(self, project: str, integration: str, id: str, **known: object) -> Asked:
        return self._asked(of=_OF_IMPORTS, project=project, integration=integration, configuration=id, **known)

    def _request(self, method: str, path: str, version: str = VERSION, body: bytes | None = None) -> Request:
        content = {"Content-Type": "application/json"} if body is not None else {}
        return Request(method, f"{self.instance.url}{path}", {"LD-API-Version": version, **content}, body)

    async def _get(self, path: str, asked: Asked, sink: Sink, version: str = VERSION) -> Answer:
        return await self._send(self._request("GET", path, version), asked, sink)

    async def _write(self, method: str, path: str, asked: Asked, sink: Sink, body: bytes | None = None) -> Answer:
        return await self._send(self._request(method, path, BETA, body), asked, sink)

    async def _send(self, request: Request, asked: Asked, sink: Sink) -> Answer:
        return self._accepted(await self._answer(request, sink), asked)

    async def _answer(self, request: Request, sink: Sink) -> Answer:
        # The token goes raw: LaunchDarkly knows no "Bearer".
        signed = replace(request, headers={"Authorization": self._token, **request.headers})
        try:
            return await self._http.send(signed, peer=PEER, sink=sink)
        except Failure as failure:
            if failure.kind is not Kind.CREDENTIAL:
                raise
            unusable = failure.replaced(field="token")
        raise unusable

    def _accepted(self, answer: Answer, asked: Asked) -> Answer:
        if answer.status_code not in _OK:
            raise refusal(answer, asked, self._redact)
        return answer


def _part(text: str) -> str:
    """One part of a path; dots alone are encoded as well, or a server could walk up by them."""
    if not text:
        raise ValueError("a part of the path is empty")
    return quote(text, safe="", errors="replace") if text.strip(".") else text.replace(".", "%2E")


def _query(**parts: object) -> str:
    return f"?{urlencode(parts, quote_via=quote, errors='replace')}"


def _import_path(*parts: str) -> str:
    return "/".join((_IMPORTS, *map(_part, parts)))


def _listed(offset: int, limit: int, query: str, *, sort: str) -> str:
    # A comma would end the filter, and there is no way to write one that does not.
    wanted = {"filter": f"query:{query.replace(',', ' ')}"} if query.strip() else {}
    return _query(limit=limit, offset=offset, sort=sort, **wanted)


def _config_keys(body: bytes) -> tuple[str, ...]:
    try:
        config = json.loads(body)["config"]
        return tuple(config)
    except (ValueError, TypeError, KeyError):
        return ()


def _opened(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    raise TypeError(f"no JSON for {type(value).__name__}")


def _endless(what: str) -> Failure:
    return Failure(
        Kind.TOO_LARGE,
        f"LaunchDarkly lists {what} without end; reading stopped.",
        "",
        "Nothing was changed; the list was not used.",
    )
