"""The parts of LaunchDarkly's REST API that an import needs. Paths and codes are from its OpenAPI document."""

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
    AccessToken,
    AuditEntry,
    CallerIdentity,
    Configuration,
    Environment,
    Flag,
    Member,
    Page,
    Project,
    WholeFlag,
    parse,
    parse_page,
)
from tui.launchdarkly.problems import RefusedRequest, refusal
from tui.launchdarkly.targeting import TargetedFlag, parse_approvals, parse_targeted_flags
from tui.launchdarkly.tokens import CreatedToken, created_token, learn_values
from tui.net.client import Http
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.events import Counted, Sink, ignore
from tui.net.messages import Request, Response
from tui.net.pages import ListPage, ListProgress, read_all
from tui.text.redact import Redactor
from tui.text.times import http_date

T = TypeVar("T")

MOST_TAGS = 100

_BETA = "beta"
_JSON = "application/json"
_VERSION = "20240415"  # the current one; a token may carry an older default, with other paging
_IMPORTS = "/api/v2/integration-capabilities/flag-import"
_OF_IMPORTS = "import configurations"
_TOKENS = "/api/v2/tokens"
_OF_TOKENS = "access tokens"
_SEMANTIC_PATCH = "application/json; domain-model=launchdarkly.semanticpatch"
_NOT_FOUND = 404
_NO_CONTENT = 204
_PAGE = 100
_AUDIT_PAGE = 20  # as many as LaunchDarkly gives at once
_TOKENS_PAGE = 25  # its default; whether it gives more at once is not documented
_MOST_PAGES = 100
_MOST_AUDIT_PAGES = 1_000


@dataclass(frozen=True, slots=True)
class CreatedConfiguration:
    """A configuration that was just created, and the response as it came."""

    configuration: Configuration
    answer: Response


def request_for_create(instance: Instance, project: str, integration: str) -> tuple[str, str, Mapping[str, str]]:
    """Return method, address and headers of the request that `create` sends, without the token."""
    url = f"{instance.url}{_import_path(project, integration)}"
    return "POST", url, {"LD-API-Version": _BETA, "Content-Type": _JSON}


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
        """Return all flag import configurations of the account; LaunchDarkly has no filter for them."""
        request = self._refused(of=_OF_IMPORTS)
        configurations: dict[str, Configuration] = {}
        query = ""
        for _ in range(_MOST_PAGES):
            answer = await self._get(f"{_IMPORTS}{query}", request, sink, _BETA)
            page = parse_page(Configuration, answer.json(), self._redactor)
            fresh = {item.id: item for item in page.items if item.id not in configurations}
            configurations |= fresh
            left = (page.total_count or 0) > len(configurations)
            if not fresh and left:
                raise Failure(
                    Kind.SERVER_ERROR,
                    f"LaunchDarkly reports {page.total_count} import configurations but lists only "
                    f"{len(configurations)}.",
                    "Most likely your token can't see all of them.",
                    Remedy.USE,
                    about="a token that can view them",
                    safe=Safe.NOTHING_CHANGED,
                )
            if not fresh or not (page.next or left):
                return tuple(configurations.values())
            query = f"?{page.next or f'offset={len(configurations)}'}"
        raise Failure(
            Kind.TOO_LARGE,
            "LaunchDarkly's list of import configurations never ends, so reading stopped.",
            "The list was not used.",
            safe=Safe.NOTHING_CHANGED,
        )

    async def create(self, project: str, integration: str, body: bytes, *, sink: Sink = ignore) -> CreatedConfiguration:
        """Create a configuration from `body`, the JSON of name, tags and config. Not idempotent.

        A Failure with `sent` leaves open whether it was created: look it up before sending again.
        """
        try:
            fields = tuple(json.loads(body)["config"])
        except (ValueError, TypeError, KeyError):
            fields = ()
        method, url, headers = request_for_create(self.instance, project, integration)
        request = self._refused(
            safe=Safe.NOTHING_CREATED,
            of=_OF_IMPORTS,
            writes=True,
            project=project,
            integration=integration,
            fields=fields,
        )
        answer = await self._send(Request(method, url, headers, body), request, sink)
        return CreatedConfiguration(parse(Configuration, answer.json(), self._redactor), answer)

    async def get(self, project: str, integration: str, id: str, *, sink: Sink = ignore) -> Configuration:
        """Return one configuration with its config; whether secrets in it are masked is not documented."""
        request = self._refused_configuration(project, integration, id)
        answer = await self._get(_import_path(project, integration, id), request, sink, _BETA)
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
        """Change `config`, `tags` or `name` by JSON Patch; a SecretStr value is opened only in the body."""
        body = json.dumps([dict(operation) for operation in operations], default=_opened, ensure_ascii=False).encode()
        request = self._refused_configuration(project, integration, id, writes=True)
        path = _import_path(project, integration, id)
        answer = await self._send(self._request("PATCH", path, _BETA, body), request, sink)
        return parse(Configuration, answer.json(), self._redactor)

    async def delete(self, project: str, integration: str, id: str, *, sink: Sink = ignore) -> None:
        """Delete a configuration; the flags it imported stay."""
        request = self._refused_configuration(project, integration, id, safe=Safe.NOTHING_DELETED, writes=True)
        await self._send(self._request("DELETE", _import_path(project, integration, id), _BETA), request, sink)

    async def trigger(self, project: str, integration: str, id: str, *, sink: Sink = ignore) -> int:
        """Queue the import job and return the status code: 201 by the document, any 2xx is accepted."""
        request = self._refused_configuration(project, integration, id, safe=Safe.NOTHING_STARTED, writes=True)
        path = f"{_import_path(project, integration, id)}/trigger"
        return (await self._send(self._request("POST", path, _BETA), request, sink)).status_code

    # --- people, projects, tags

    async def caller_identity(self, *, sink: Sink = ignore) -> CallerIdentity:
        """Return whose token this is."""
        return parse(CallerIdentity, (await self._get("/api/v2/caller-identity", self._refused(), sink)).json())

    async def me(self, *, sink: Sink = ignore) -> Member | None:
        """Return the member the token belongs to; None for a service token."""
        return await self.member("me", sink=sink)

    async def member(self, id: str, *, sink: Sink = ignore) -> Member | None:
        """Return one member; None if there is none with this id."""
        answer = await self._get_or_none(f"/api/v2/members/{_part(id)}", self._refused(of="members"), sink)
        return parse(Member, answer.json()) if answer else None

    async def members(self, offset: int = 0, limit: int = 20, search: str = "", *, sink: Sink = ignore) -> Page[Member]:
        """Return a page of members by name; `search` is looked for in names and mail addresses."""
        path = f"/api/v2/members{_search(offset, limit, search, sort='displayName')}"
        return parse_page(Member, (await self._get(path, self._refused(of="members"), sink)).json())

    async def projects(
        self, offset: int = 0, limit: int = 20, search: str = "", *, sink: Sink = ignore
    ) -> Page[Project]:
        """Return a page of projects by name; `search` is looked for in names and keys."""
        path = f"/api/v2/projects{_search(offset, limit, search, sort='name')}"
        return parse_page(Project, (await self._get(path, self._refused(of="projects"), sink)).json())

    async def project(self, key: str, *, sink: Sink = ignore) -> Project:
        """Return one project; Failure NOT_FOUND if the token sees none with this key."""
        answer = await self._get(f"/api/v2/projects/{_part(key)}", self._refused(project=key), sink)
        return parse(Project, answer.json())

    async def environments(self, project: str, *, sink: Sink = ignore) -> tuple[str, ...]:
        """Return the keys of a project's environments."""
        request = self._refused(of="environments", project=project)
        path = f"/api/v2/projects/{_part(project)}/environments"
        pages = self._every(path, {}, models.parse_environments, str, request, "environments", sink)
        async with aclosing(pages) as progresses:
            return tuple([key async for progress in progresses for key in progress.fresh])

    async def environment_settings(self, project: str, *, sink: Sink = ignore) -> tuple[Environment, ...]:
        """Return a project's environments with their settings."""
        request = self._refused(of="environments", project=project)
        path, read = f"/api/v2/projects/{_part(project)}/environments", partial(parse_page, Environment)
        pages = self._every(path, {}, read, attrgetter("key"), request, "environments", sink)
        async with aclosing(pages) as progresses:
            return tuple([environment async for progress in progresses for environment in progress.fresh])

    async def tags(self, prefix: str = "", *, sink: Sink = ignore) -> tuple[str, ...]:
        """Return at most 100 flag tags of the account that begin with `prefix`."""
        path = f"/api/v2/tags{_query(kind='flag', pre=prefix, limit=MOST_TAGS)}"
        answer = await self._get(path, self._refused(of="tags"), sink)
        return models.parse_tags(answer.json()).items[:MOST_TAGS]

    # --- access tokens

    async def access_tokens(self, *, sink: Sink = ignore) -> tuple[AccessToken, ...]:
        """Return the account's service tokens, and the caller's own."""
        read: Callable[[object], Page[AccessToken]] = partial(parse_page, AccessToken)
        request = self._refused(of=_OF_TOKENS)
        pages = self._every(_TOKENS, {}, read, attrgetter("id"), request, _OF_TOKENS, sink, size=_TOKENS_PAGE)
        async with aclosing(pages) as progresses:
            return tuple({token.id: token async for progress in progresses for token in progress.fresh}.values())

    async def create_token(self, token: Mapping[str, object], *, sink: Sink = ignore) -> CreatedToken:
        """Create an access token. Not idempotent. The redactor learns its value before anything else reads the answer.

        A Failure with `sent` leaves open whether it was created: look it up before sending again.
        """
        request = self._request("POST", _TOKENS, body=json.dumps(token).encode())
        answer = await self._answer(request, sink)
        learn_values(answer, self._redactor)
        self._accepted(answer, self._refused(of=_OF_TOKENS, safe=Safe.NOTHING_CREATED, writes=True))
        return created_token(answer, self._redactor)

    async def delete_token(self, id: str, *, sink: Sink = ignore) -> bool:
        """Delete an access token. Returns False if there is none with this id.

        Raises Failure NOT_JSON, with `sent`, for a success other than the documented 204: a portal may answer so.
        """
        request = self._refused(of=_OF_TOKENS, safe=Safe.NOTHING_DELETED, writes=True)
        answer = await self._answer(self._request("DELETE", f"{_TOKENS}/{_part(id)}"), sink)
        if answer.status_code == _NOT_FOUND:
            return False
        if self._accepted(answer, request).status_code != _NO_CONTENT:
            raise answer.not_json("an empty response (204)")
        return True

    # --- flags

    async def count_flags(self, project: str, tag: str, *, sink: Sink = ignore) -> int | None:
        """Count the flags that are not archived and have `tag`; None if LaunchDarkly doesn't say."""
        return (await self._flags(project, sink, limit=1, offset=0, tag=tag)).total_count

    async def newest_flags(self, project: str, offset: int, limit: int, *, sink: Sink = ignore) -> Page[Flag]:
        """Return flags from the newest on, so that what has just been created is on the first page."""
        return await self._flags(project, sink, limit=limit, offset=offset, sort="-creationDate")

    async def _flags(self, project: str, sink: Sink, **query: object) -> Page[Flag]:
        answer = await self._get(f"{_flags_path(project)}{_query(**query)}", self._refused_flags(project), sink)
        return parse_page(Flag, answer.json())

    def every_flag(
        self, project: str, *, archived: bool = False, sink: Sink = ignore
    ) -> AsyncGenerator[ListProgress[Flag], None]:
        """Read all flags of a project, or all archived ones, several pages at once, with how far the reading is.

        LaunchDarkly lists archived flags only if they are asked for, and their keys are taken all the same.
        """
        if archived:
            return self._every_flag(Flag, project, {"filter": "state:archived"}, "archived flags", sink)
        return self._every_flag(Flag, project, {}, "flags", sink)

    def whole_flags(
        self, project: str, environments: Sequence[str], *, tag: str = "", sink: Sink = ignore
    ) -> AsyncGenerator[ListProgress[WholeFlag], None]:
        """Read all flags that are not archived (with `tag`, if given), with their state in `environments`."""
        # `summary=0` adds rules, targets and prerequisites (OpenAPI).
        state: dict[str, object] = {"env": list(environments), "summary": 0, **({"tag": tag} if tag else {})}
        return self._every_flag(WholeFlag, project, state, "flags", sink)

    def targeted_flags(
        self, project: str, environment: str, *, sink: Sink = ignore
    ) -> AsyncGenerator[ListProgress[TargetedFlag], None]:
        """Read all flags that are not archived, with their targeting in one environment."""
        query: dict[str, object] = {"sort": "creationDate", "env": environment, "summary": 0}
        read: Callable[[object], Page[TargetedFlag]] = partial(parse_targeted_flags, environment=environment)
        path, request = _flags_path(project), self._refused_flags(project)
        return self._every(path, query, read, attrgetter("key"), request, "flags", sink)

    async def pending_approvals(self, project: str, environment: str, *, sink: Sink = ignore) -> frozenset[str]:
        """Return the keys of flags for which a change in an environment waits for approval or for its time."""
        request = self._refused(of="approval requests", project=project)
        query = {"filter": f'projectKey equals {project}, status anyOf ["pending","scheduled"]'}
        read = partial(parse_approvals, project=project, environment=environment)
        pages = self._every(
            "/api/v2/approval-requests", query, read, attrgetter("id"), request, "approval requests", sink
        )
        async with aclosing(pages) as progresses:
            return frozenset([one.flag async for progress in progresses for one in progress.fresh if one.flag])

    async def whole_flag(self, project: str, key: str, *, sink: Sink = ignore) -> WholeFlag | None:
        """Return one flag with its state in every environment; None if there is none with this key."""
        answer = await self._get_or_none(_flags_path(project, key), self._refused_flags(project), sink)
        return parse(WholeFlag, answer.json()) if answer else None

    async def archive_flag(self, project: str, key: str, comment: str, *, sink: Sink = ignore) -> None:
        """Archive a flag; it can be restored. One that others depend on is refused (400)."""
        body = json.dumps({"comment": comment, "instructions": [{"kind": "archiveFlag"}]}).encode()
        refused = self._refused_flags(project, safe=Safe.NOTHING_ARCHIVED, writes=True)
        request = self._request("PATCH", _flags_path(project, key), body=body, content_type=_SEMANTIC_PATCH)
        await self._send(request, refused, sink)

    async def delete_flag(self, project: str, key: str, *, sink: Sink = ignore) -> None:
        """Delete a flag permanently. A flag that is already deleted is no error."""
        refused = self._refused_flags(project, safe=Safe.NOTHING_DELETED, writes=True)
        answer = await self._answer(self._request("DELETE", _flags_path(project, key)), sink)
        if answer.status_code != _NOT_FOUND:
            self._accepted(answer, refused)

    async def flag_changes(
        self, project: str, after: int, before: int, *, sink: Sink = ignore
    ) -> tuple[AuditEntry, ...]:
        """Return changes of a project's flags between two moments (ms since the epoch), newest first, by the audit
        log."""
        request = self._refused(of="the audit log", project=project)
        spec = f"proj/{_part(project)}:env/*:flag/*"
        query = _query(after=after, before=before, limit=_AUDIT_PAGE, spec=spec)
        entries: dict[str, AuditEntry] = {}
        for _ in range(_MOST_AUDIT_PAGES):
            page = models.parse_audit_log((await self._get(f"/api/v2/auditlog{query}", request, sink)).json())
            fresh = {entry.id: entry for entry in page.items if entry.id not in entries}
            entries |= fresh
            sink(Counted("Audit log entries", len(entries), page.total_count))
            if not page.next or not fresh:
                return tuple(entries.values())
            query = f"?{page.next}"
        raise Failure(Kind.TOO_LARGE, "LaunchDarkly's audit log has too many entries to read.")

    # --- requests

    async def exchange(
        self,
        method: str,
        parts: Sequence[str],
        body: object = None,
        *,
        query: Mapping[str, object] = {},
        semantic: bool = False,
        sink: Sink = ignore,
        **facts: object,
    ) -> Response | None:
        """Send one request to `/api/v2/` and these parts of a path; None if what they name isn't there (404).

        `body` is sent as JSON, with `semantic` as a semantic patch. `facts` are fields of `RefusedRequest`.
        """
        path = "/".join(("/api/v2", *map(_part, parts))) + (_query(**query) if query else "")
        content, kind = None if body is None else json.dumps(body).encode(), _SEMANTIC_PATCH if semantic else _JSON
        answer = await self._answer(self._request(method, path, body=content, content_type=kind), sink)
        return None if answer.status_code == _NOT_FOUND else self._accepted(answer, self._refused(**facts))

    def _every_flag(
        self, kind: type[T], project: str, query: Mapping[str, object], what: str, sink: Sink
    ) -> AsyncGenerator[ListProgress[T], None]:
        """Read the oldest flags first, so that a flag created meanwhile moves none to another page."""
        path, query = _flags_path(project), {"sort": "creationDate", **query}
        read: Callable[[object], Page[T]] = partial(parse_page, kind)
        return self._every(path, query, read, attrgetter("key"), self._refused_flags(project), what, sink)

    def _every(
        self,
        path: str,
        query: Mapping[str, object],
        read: Callable[[object], Page[T]],
        identity: Callable[[T], str],
        request: RefusedRequest,
        what: str,
        sink: Sink,
        size: int = _PAGE,
    ) -> AsyncGenerator[ListProgress[T], None]:
        async def fetch(offset: int, events: Sink) -> ListPage[T]:
            answer = await self._get(f"{path}{_query(limit=size, offset=offset, **query)}", request, events)
            page = read(answer.json())
            return ListPage(page.items, page.total_count)

        return read_all(self._http, fetch, identity, what=f"LaunchDarkly's list of {what}", size=size, sink=sink)

    def _refused(self, **facts: object) -> RefusedRequest:
        return replace(RefusedRequest(self.instance), **facts)  # type: ignore[arg-type]

    def _refused_flags(self, project: str, **facts: object) -> RefusedRequest:
        return self._refused(of="flags", project=project, **facts)

    def _refused_configuration(self, project: str, integration: str, id: str, **facts: object) -> RefusedRequest:
        return self._refused(of=_OF_IMPORTS, project=project, integration=integration, configuration=id, **facts)

    def _request(
        self, method: str, path: str, version: str = _VERSION, body: bytes | None = None, content_type: str = _JSON
    ) -> Request:
        content = {"Content-Type": content_type} if body is not None else {}
        return Request(method, f"{self.instance.url}{path}", {"LD-API-Version": version, **content}, body)

    async def _get(self, path: str, refused: RefusedRequest, sink: Sink, version: str = _VERSION) -> Response:
        return await self._send(self._request("GET", path, version), refused, sink)

    async def _get_or_none(self, path: str, refused: RefusedRequest, sink: Sink) -> Response | None:
        answer = await self._answer(self._request("GET", path), sink)
        return None if answer.status_code == _NOT_FOUND else self._accepted(answer, refused)

    async def _send(self, request: Request, refused: RefusedRequest, sink: Sink) -> Response:
        return self._accepted(await self._answer(request, sink), refused)

    async def _answer(self, request: Request, sink: Sink) -> Response:
        # The token has no "Bearer" before it: LaunchDarkly doesn't accept that.
        signed = replace(request, headers={"Authorization": self._token, **request.headers})
        try:
            answer = await self._http.send(signed, peer="LaunchDarkly", sink=sink)
        except Failure as failure:
            if failure.kind is not Kind.CREDENTIAL:
                raise
            unusable = failure.replaced(field="token")
        else:
            self.date = http_date(answer.headers.get("date", ""))
            return answer
        raise unusable

    def _accepted(self, answer: Response, refused: RefusedRequest) -> Response:
        if not 200 <= answer.status_code < 300:
            raise refusal(answer, refused, self._redactor.foreign)
        return answer


def _part(text: str) -> str:
    """Encode one part of a path, also if it is all dots, which a server could read as the parent folder. Raises Failure
    NOT_JSON for a blank one, which can only come from an invalid response."""
    if not text:
        raise Failure(Kind.NOT_JSON, "A key that LaunchDarkly requires is blank, so the request was not sent.")
    return quote(text, safe="", errors="replace") if text.strip(".") else text.replace(".", "%2E")


def _query(**parts: object) -> str:
    """Return a query; a list gives one entry for each of its items."""
    return f"?{urlencode(parts, doseq=True, quote_via=quote, errors='replace')}"


def _import_path(*parts: str) -> str:
    return "/".join((_IMPORTS, *map(_part, parts)))


def _flags_path(*parts: str) -> str:
    return "/".join(("/api/v2/flags", *map(_part, parts)))


def _search(offset: int, limit: int, search: str, *, sort: str) -> str:
    # A comma would end the filter, and can't be escaped.
    query = {"filter": f"query:{search.replace(',', ' ')}"} if search.strip() else {}
    return _query(limit=limit, offset=offset, sort=sort, **query)


def _opened(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    raise TypeError(f"no JSON for {type(value).__name__}")
