"""LaunchDarkly's REST API as far as an import needs it. Paths and codes are from its OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter
from typing import TypeVar
from urllib.parse import quote, urlencode

from pydantic import SecretStr

from tui.launchdarkly import models
from tui.launchdarkly.instances import Instance
from tui.launchdarkly.models import (
    AuditEntry,
    CallerIdentity,
    Configuration,
    Flag,
    Member,
    Page,
    Project,
    WholeFlag,
    parse,
    parse_page,
)
from tui.launchdarkly.problems import Asked, refusal
from tui.net.client import Http
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.events import Counted, Sink, ignore
from tui.net.messages import Request, Response
from tui.net.pages import ListPage, ListProgress, read_all
from tui.net.times import http_date
from tui.text.redact import Redactor

T = TypeVar("T")

MOST_TAGS = 100

_BETA = "beta"
_VERSION = "20240415"  # the current one; a token may carry an older default, with other paging
_IMPORTS = "/api/v2/integration-capabilities/flag-import"
_OF_IMPORTS = "import configurations"
_SEMANTIC_PATCH = "application/json; domain-model=launchdarkly.semanticpatch"
_NOT_FOUND = 404
_PAGE = 100
_AUDIT_PAGE = 20  # as many as LaunchDarkly gives at once
_MOST_PAGES = 100
_MOST_AUDIT_PAGES = 1_000


@dataclass(frozen=True, slots=True)
class CreatedConfiguration:
    """A configuration that was just created, and the response as it came for whoever wants to look at it."""

    configuration: Configuration
    answer: Response


def request_for_create(instance: Instance, project: str, integration: str) -> tuple[str, str, Mapping[str, str]]:
    """Method, address and headers of the request that `create` sends, without the token."""
    url = f"{instance.url}{_import_path(project, integration)}"
    return "POST", url, {"LD-API-Version": _BETA, "Content-Type": "application/json"}


class LaunchDarkly:
    """One instance, as one token sees it. Every method raises Failure, and what it raises quotes no secret.

    `redactor` takes keys out of the server's own words, and learns those that it shows. `date` is the `Date` of the
    latest response, in ms since the epoch: LaunchDarkly's clock, to the second. None without one.
    """

    def __init__(self, http: Http, instance: Instance, token: SecretStr, *, redactor: Redactor | None = None) -> None:
        self._http, self.instance, self._token = http, instance, token
        self._redactor = redactor or Redactor()
        self._redactor.add(token.get_secret_value())
        self.date: int | None = None

    # --- import configurations

    async def list_configurations(self, *, sink: Sink = ignore) -> tuple[Configuration, ...]:
        """All flag import configurations of the account; LaunchDarkly has no filter for them."""
        asked = self._asked(of=_OF_IMPORTS)
        found: dict[str, Configuration] = {}
        following = ""
        for _ in range(_MOST_PAGES):
            answer = await self._get(f"{_IMPORTS}{following}", asked, sink, _BETA)
            page = parse_page(Configuration, answer.json(), self._redactor)
            fresh = {one.id: one for one in page.items if one.id not in found}
            found |= fresh
            left = (page.total_count or 0) > len(found)
            if not fresh and left:
                raise _not_whole("import configurations", page.total_count, len(found))
            if not fresh or not (page.next or left):
                return tuple(found.values())
            following = f"?{page.next or f'offset={len(found)}'}"
        raise _endless("import configurations")

    async def create(self, project: str, integration: str, body: bytes, *, sink: Sink = ignore) -> CreatedConfiguration:
        """Create a configuration from `body`, the JSON of name, tags and config. Not idempotent.

        A Failure with `sent` leaves open whether it was created: look it up before sending again.
        """
        method, url, headers = request_for_create(self.instance, project, integration)
        asked = self._asked(
            safe=Safe.NOTHING_CREATED,
            of=_OF_IMPORTS,
            writes=True,
            project=project,
            integration=integration,
            fields=_config_keys(body),
        )
        answer = await self._send(Request(method, url, headers, body), asked, sink)
        return CreatedConfiguration(parse(Configuration, answer.json(), self._redactor), answer)

    async def get(self, project: str, integration: str, id: str, *, sink: Sink = ignore) -> Configuration:
        """One configuration with its config; whether secrets in it are masked is not documented."""
        asked = self._configuration(project, integration, id)
        answer = await self._get(_import_path(project, integration, id), asked, sink, _BETA)
        return parse(Configuration, answer.json(), self._redactor)

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
        answer = await self._send(
            self._request("PATCH", _import_path(project, integration, id), _BETA, body), asked, sink
        )
        return parse(Configuration, answer.json(), self._redactor)

    async def delete(self, project: str, integration: str, id: str, *, sink: Sink = ignore) -> None:
        """Delete a configuration; the flags it imported stay."""
        asked = self._configuration(project, integration, id, safe=Safe.NOTHING_DELETED, writes=True)
        await self._send(self._request("DELETE", _import_path(project, integration, id), _BETA), asked, sink)

    async def trigger(self, project: str, integration: str, id: str, *, sink: Sink = ignore) -> int:
        """Queue the import job and return the status code: 201 by the document, any 2xx is accepted."""
        asked = self._configuration(project, integration, id, safe=Safe.NOTHING_STARTED, writes=True)
        path = f"{_import_path(project, integration, id)}/trigger"
        return (await self._send(self._request("POST", path, _BETA), asked, sink)).status_code

    # --- people, projects, tags

    async def caller_identity(self, *, sink: Sink = ignore) -> CallerIdentity:
        """Whose token this is."""
        return parse(CallerIdentity, (await self._get("/api/v2/caller-identity", self._asked(), sink)).json())

    async def me(self, *, sink: Sink = ignore) -> Member | None:
        """The member the token belongs to; None for a service token, which belongs to nobody."""
        return await self.member("me", sink=sink)

    async def member(self, id: str, *, sink: Sink = ignore) -> Member | None:
        """One member; None if there is none with this id."""
        answer = await self._get_or_none(f"/api/v2/members/{_part(id)}", self._asked(of="members"), sink)
        return parse(Member, answer.json()) if answer else None

    async def members(self, offset: int = 0, limit: int = 20, search: str = "", *, sink: Sink = ignore) -> Page[Member]:
        """A page of members by name; `search` is looked for in names and mail addresses."""
        path = f"/api/v2/members{_search(offset, limit, search, sort='displayName')}"
        return parse_page(Member, (await self._get(path, self._asked(of="members"), sink)).json())

    async def projects(
        self, offset: int = 0, limit: int = 20, search: str = "", *, sink: Sink = ignore
    ) -> Page[Project]:
        """A page of projects by name; `search` is looked for in names and keys."""
        path = f"/api/v2/projects{_search(offset, limit, search, sort='name')}"
        return parse_page(Project, (await self._get(path, self._asked(of="projects"), sink)).json())

    async def project(self, key: str, *, sink: Sink = ignore) -> Project:
        """One project; Failure NOT_FOUND if the token sees none with this key."""
        return parse(
            Project, (await self._get(f"/api/v2/projects/{_part(key)}", self._asked(project=key), sink)).json()
        )

    async def environments(self, project: str, *, sink: Sink = ignore) -> tuple[str, ...]:
        """The keys of a project's environments."""
        asked = self._asked(of="environments", project=project)
        path = f"/api/v2/projects/{_part(project)}/environments"
        keys: list[str] = []
        pages = self._every(path, {}, models.parse_environments, str, asked, "environments", sink)
        async with aclosing(pages) as progresses:
            async for progress in progresses:
                keys += progress.fresh
        return tuple(keys)

    async def tags(self, prefix: str = "", *, sink: Sink = ignore) -> tuple[str, ...]:
        """At most 100 flag tags of the account that begin with `prefix`."""
        path = f"/api/v2/tags{_query(kind='flag', pre=prefix, limit=MOST_TAGS)}"
        answer = await self._get(path, self._asked(of="tags"), sink)
        return models.parse_tags(answer.json()).items[:MOST_TAGS]

    # --- flags

    async def count_flags(self, project: str, tag: str, *, sink: Sink = ignore) -> int | None:
        """How many flags that are not archived have `tag`; None if LaunchDarkly doesn't say."""
        path = f"{_flags_path(project)}{_query(limit=1, offset=0, tag=tag)}"
        answer = await self._get(path, self._asked(of="flags", project=project), sink)
        return parse_page(Flag, answer.json()).total_count

    def every_flag(
        self, project: str, *, archived: bool = False, sink: Sink = ignore
    ) -> AsyncGenerator[ListProgress[Flag], None]:
        """All flags of a project, or all archived ones, several pages at once, with how far the reading is.

        LaunchDarkly lists archived flags only if they are asked for, and their keys are taken all the same.
        """
        what = "archived flags" if archived else "flags"
        state = {"filter": "state:archived"} if archived else {}
        return self._every_flag(Flag, project, state, what, sink)

    def whole_flags(
        self, project: str, environments: Sequence[str], *, tag: str = "", sink: Sink = ignore
    ) -> AsyncGenerator[ListProgress[WholeFlag], None]:
        """All flags that are not archived (with `tag`, if given), with their state in `environments`."""
        # `summary=0` adds rules, targets and prerequisites (OpenAPI).
        state: dict[str, object] = {"env": list(environments), "summary": 0, **({"tag": tag} if tag else {})}
        return self._every_flag(WholeFlag, project, state, "flags", sink)

    async def newest_flags(self, project: str, offset: int, limit: int, *, sink: Sink = ignore) -> Page[Flag]:
        """Flags from the newest on, so that what has just been created is on the first page."""
        path = f"{_flags_path(project)}{_query(limit=limit, offset=offset, sort='-creationDate')}"
        return parse_page(Flag, (await self._get(path, self._asked(of="flags", project=project), sink)).json())

    async def whole_flag(self, project: str, key: str, *, sink: Sink = ignore) -> WholeFlag | None:
        """One flag with its state in every environment; None if there is none with this key."""
        answer = await self._get_or_none(_flags_path(project, key), self._asked(of="flags", project=project), sink)
        return parse(WholeFlag, answer.json()) if answer else None

    async def archive_flag(self, project: str, key: str, comment: str, *, sink: Sink = ignore) -> None:
        """Archive a flag; it can be restored. One that others depend on is refused (400)."""
        body = json.dumps({"comment": comment, "instructions": [{"kind": "archiveFlag"}]}).encode()
        asked = self._asked(of="flags", project=project, safe=Safe.NOTHING_ARCHIVED, writes=True)
        request = self._request("PATCH", _flags_path(project, key), body=body)
        semantic = replace(request, headers={**request.headers, "Content-Type": _SEMANTIC_PATCH})
        await self._send(semantic, asked, sink)

    async def delete_flag(self, project: str, key: str, *, sink: Sink = ignore) -> None:
        """Delete a flag for good; one that is gone already is fine."""
        asked = self._asked(of="flags", project=project, safe=Safe.NOTHING_DELETED, writes=True)
        answer = await self._answer(self._request("DELETE", _flags_path(project, key)), sink)
        if answer.status_code != _NOT_FOUND:
            self._accepted(answer, asked)

    async def flag_changes(
        self, project: str, after: int, before: int, *, sink: Sink = ignore
    ) -> tuple[AuditEntry, ...]:
        """Changes of a project's flags between two moments (ms since the epoch), newest first, by the audit log."""
        asked = self._asked(of="the audit log", project=project)
        spec = f"proj/{_part(project)}:env/*:flag/*"
        following = _query(after=after, before=before, limit=_AUDIT_PAGE, spec=spec)
        found: dict[str, AuditEntry] = {}
        for _ in range(_MOST_AUDIT_PAGES):
            page = models.parse_audit_log((await self._get(f"/api/v2/auditlog{following}", asked, sink)).json())
            fresh = {entry.id: entry for entry in page.items if entry.id not in found}
            found |= fresh
            sink(Counted("Audit log entries", len(found), page.total_count))
            if not page.next or not fresh:
                return tuple(found.values())
            following = f"?{page.next}"
        raise Failure(Kind.TOO_LARGE, "LaunchDarkly's audit log has too many entries to read.")

    # --- requests

    def _every_flag(
        self, kind: type[T], project: str, more: Mapping[str, object], what: str, sink: Sink
    ) -> AsyncGenerator[ListProgress[T], None]:
        """The oldest come first, so that a flag created meanwhile moves no other to another page."""
        asked = self._asked(of="flags", project=project)
        wanted = {"sort": "creationDate", **more}
        return self._every(
            _flags_path(project), wanted, partial(parse_page, kind), attrgetter("key"), asked, what, sink
        )

    def _every(
        self,
        path: str,
        wanted: Mapping[str, object],
        read: Callable[[object], Page[T]],
        identity: Callable[[T], str],
        asked: Asked,
        what: str,
        sink: Sink,
    ) -> AsyncGenerator[ListProgress[T], None]:
        async def fetch(offset: int, events: Sink) -> ListPage[T]:
            answer = await self._get(f"{path}{_query(limit=_PAGE, offset=offset, **wanted)}", asked, events)
            page = read(answer.json())
            return ListPage(page.items, page.total_count)

        return read_all(self._http, fetch, identity, what=f"LaunchDarkly's list of {what}", size=_PAGE, sink=sink)

    def _asked(self, **known: object) -> Asked:
        return replace(Asked(self.instance), **known)  # type: ignore[arg-type]

    def _configuration(self, project: str, integration: str, id: str, **known: object) -> Asked:
        return self._asked(of=_OF_IMPORTS, project=project, integration=integration, configuration=id, **known)

    def _request(self, method: str, path: str, version: str = _VERSION, body: bytes | None = None) -> Request:
        content = {"Content-Type": "application/json"} if body is not None else {}
        return Request(method, f"{self.instance.url}{path}", {"LD-API-Version": version, **content}, body)

    async def _get(self, path: str, asked: Asked, sink: Sink, version: str = _VERSION) -> Response:
        return await self._send(self._request("GET", path, version), asked, sink)

    async def _get_or_none(self, path: str, asked: Asked, sink: Sink) -> Response | None:
        answer = await self._answer(self._request("GET", path), sink)
        return None if answer.status_code == _NOT_FOUND else self._accepted(answer, asked)

    async def _send(self, request: Request, asked: Asked, sink: Sink) -> Response:
        return self._accepted(await self._answer(request, sink), asked)

    async def _answer(self, request: Request, sink: Sink) -> Response:
        # The token goes raw: LaunchDarkly knows no "Bearer".
        signed = replace(request, headers={"Authorization": self._token, **request.headers})
        try:
            answer = await self._http.send(signed, peer="LaunchDarkly", sink=sink)
            self.date = http_date(answer.headers.get("date", ""))
            return answer
        except Failure as failure:
            if failure.kind is not Kind.CREDENTIAL:
                raise
            unusable = failure.replaced(field="token")
        raise unusable

    def _accepted(self, answer: Response, asked: Asked) -> Response:
        if not 200 <= answer.status_code < 300:
            raise refusal(answer, asked, self._redactor.foreign)
        return answer


def _part(text: str) -> str:
    """One part of a path; dots alone are encoded as well, or a server could walk up by them. Raises Failure NOT_JSON
    for a blank, which only an answer that makes no sense can have left where a key belongs."""
    if not text:
        raise Failure(Kind.NOT_JSON, "A key that LaunchDarkly needs is blank, so the request was not sent.")
    return quote(text, safe="", errors="replace") if text.strip(".") else text.replace(".", "%2E")


def _query(**parts: object) -> str:
    """A query; a list gives one entry for each of its items."""
    return f"?{urlencode(parts, doseq=True, quote_via=quote, errors='replace')}"


def _import_path(*parts: str) -> str:
    return "/".join((_IMPORTS, *map(_part, parts)))


def _flags_path(*parts: str) -> str:
    return "/".join(("/api/v2/flags", *map(_part, parts)))


def _search(offset: int, limit: int, search: str, *, sort: str) -> str:
    # A comma would end the filter, and there is no way to write one that does not.
    wanted = {"filter": f"query:{search.replace(',', ' ')}"} if search.strip() else {}
    return _query(limit=limit, offset=offset, sort=sort, **wanted)


def _config_keys(body: bytes) -> tuple[str, ...]:
    try:
        return tuple(json.loads(body)["config"])
    except (ValueError, TypeError, KeyError):
        return ()


def _opened(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    raise TypeError(f"no JSON for {type(value).__name__}")


def _not_whole(what: str, total: int | None, count: int) -> Failure:
    return Failure(
        Kind.SERVER_ERROR,
        f"LaunchDarkly reports {total} {what} but lists only {count}.",
        "Most likely your token may not see all of them.",
        Remedy.USE,
        about="a token that may view them",
        safe=Safe.NOTHING_CHANGED,
    )


def _endless(what: str) -> Failure:
    return Failure(
        Kind.TOO_LARGE,
        f"LaunchDarkly lists {what} without end; reading stopped.",
        "The list was not used.",
        safe=Safe.NOTHING_CHANGED,
    )
