"""The practice LaunchDarkly's reads: who calls, projects, environments, members, tags, flags."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tui.sandbox.account import ENVIRONMENT_KEYS, Account, Accounts, LdFlag, Project
from tui.sandbox.answers import LD_REFUSALS, Refusal, filters, ld_page, ld_refusal, ld_slice
from tui.sandbox.gate import gated
from tui.sandbox.keys import Token, token_id
from tui.sandbox.shapes import environment_json, flag_json, member_json, project_json

_SORTS: Mapping[str, Callable[[LdFlag, int], Any]] = {
    "creationDate": lambda flag, place: (flag.created, place),
    "key": lambda flag, place: flag.key,
    "name": lambda flag, place: flag.name,
}
"""What flags are sorted by; `place` is a flag's number in the order in which they were made."""


class Reads:
    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def routes(self) -> list[BaseRoute]:
        handlers = {
            "/api/v2/caller-identity": self.caller,
            "/api/v2/projects": self.projects,
            "/api/v2/projects/{project}": self.project,
            "/api/v2/projects/{project}/environments": self.environments,
            "/api/v2/members": self.members,
            "/api/v2/members/{id}": self.member,
            "/api/v2/tags": self.tags,
            "/api/v2/flags/{project}": self.flags,
            "/api/v2/flags/{project}/{flag}": self.flag,
        }
        return [Route(path, gated(handler), methods=["GET"]) for path, handler in handlers.items()]

    async def caller(self, request: Request, token: Token) -> Response:
        account = self._accounts.of(token)
        member = account.member(token.member) if token.member else None
        identity: dict[str, Any] = {
            "accountId": account.id,
            "authKind": "token",
            "tokenKind": "auth",
            "tokenName": token.name,
            "tokenId": token_id(token),
            "serviceToken": member is None,
        }
        return JSONResponse(identity | ({"memberId": member.id} if member else {}))

    async def projects(self, request: Request, token: Token) -> Response:
        wanted = filters(request)
        found = [
            one
            for one in self._accounts.of(token).projects.values()
            if _has(wanted.get("query", ""), one.key, one.name)
            and _all_tags(wanted.get("tags", ""), one.tags)
            and ("keys" not in wanted or one.key in wanted["keys"].split("|"))
        ]
        sort = request.query_params.get("sort", "")
        if sort.lstrip("-") in ("name", "createdOn"):
            found.sort(key=lambda one: one.name if "name" in sort else one.id, reverse=sort.startswith("-"))
        return _collection(request, found, project_json)

    def _project(self, request: Request, token: Token) -> tuple[Account, Project]:
        account = self._accounts.of(token)
        project = account.projects.get(request.path_params["project"])
        if project is None:
            raise ld_refusal(404)
        return account, project

    async def project(self, request: Request, token: Token) -> Response:
        _, project = self._project(request, token)
        shape = project_json(project, whole=True)
        if "environments" in request.query_params.get("expand", ""):
            items = [environment_json(project, key) for key in ENVIRONMENT_KEYS]
            shape["environments"] = {"items": items, "totalCount": len(items)}
        return JSONResponse(shape)

    async def environments(self, request: Request, token: Token) -> Response:
        _, project = self._project(request, token)
        return _collection(request, ENVIRONMENT_KEYS, lambda key: environment_json(project, key))

    async def members(self, request: Request, token: Token) -> Response:
        wanted = filters(request)
        found = [
            one
            for one in self._accounts.of(token).members
            if _has(wanted.get("query", ""), f"{one.first} {one.last}", one.email)
            and ("role" not in wanted or one.role in wanted["role"].split("|"))
            and wanted.get("email", one.email) == one.email
            and wanted.get("id", one.id) == one.id
        ]
        return _collection(request, found, member_json)

    async def member(self, request: Request, token: Token) -> Response:
        """`me` is the owner of the token. A service token has none: 404 there is this server's choice."""
        name = request.path_params["id"]
        found = self._accounts.of(token).member(token.member or "" if name == "me" else name)
        if found is None or name == found.email:
            raise ld_refusal(404)
        return JSONResponse(member_json(found))

    async def tags(self, request: Request, token: Token) -> Response:
        account = self._accounts.of(token)
        kinds = {
            "flag": {tag for flags in account.flags.values() for flag in flags.values() for tag in flag.tags},
            "project": {tag for project in account.projects.values() for tag in project.tags},
        }
        asked = [*request.query_params.getlist("kind"), *request.query_params.getlist("kind[]")]
        prefix = request.query_params.get("pre", "").lower()
        found = {tag for kind in asked or kinds for tag in kinds.get(kind, ()) if tag.lower().startswith(prefix)}
        return _collection(request, sorted(found), str)

    async def flags(self, request: Request, token: Token) -> Response:
        account, project = self._project(request, token)
        found = _filtered(account.flags[project.key].values(), request)
        places = {key: place for place, key in enumerate(account.flags[project.key])}
        for field in reversed(request.query_params.get("sort", "").split(",")):
            if field.lstrip("-") in _SORTS:
                by = _SORTS[field.lstrip("-")]
                found.sort(key=lambda flag: by(flag, places[flag.key]), reverse=field.startswith("-"))
        environments = _environments(request)
        targeting = request.query_params.get("summary", "").lower() in ("0", "false")
        return _collection(
            request,
            found,
            lambda flag: flag_json(account, project.key, flag, environments=environments, targeting=targeting),
            most=100,
        )

    async def flag(self, request: Request, token: Token) -> Response:
        account, project = self._project(request, token)
        flag = account.flags[project.key].get(request.path_params["flag"])
        if flag is None:
            raise ld_refusal(404)
        environments = _environments(request) or ENVIRONMENT_KEYS
        return JSONResponse(flag_json(account, project.key, flag, environments=environments))


def _environments(request: Request) -> tuple[str, ...]:
    asked = request.query_params.getlist("env")
    return tuple(key for key in ENVIRONMENT_KEYS if key in asked)


def _filtered(flags: Iterable[LdFlag], request: Request) -> list[LdFlag]:
    """Archived flags are there only where they are asked for."""
    wanted = filters(request)
    tag = request.query_params.get("tag", "")
    archived = "archived" in wanted.get("state", "")
    before = _before(wanted.get("creationDate", ""))
    query, all_tags = wanted.get("query", ""), wanted.get("tags", "")
    return [
        flag
        for flag in flags
        if flag.archived is archived
        and (not tag or tag in flag.tags)
        and (not all_tags or _all_tags(all_tags, flag.tags))
        and (not query or _has(query, flag.key, flag.name))
        and (before is None or flag.created < before)
    ]


def _before(text: str) -> int | None:
    if not text:
        return None
    try:
        return int(json.loads(text)["before"])
    except (ValueError, KeyError, TypeError):
        raise ld_refusal(400, "filter creationDate is not valid") from None


def _has(query: str, *texts: str) -> bool:
    return not query or any(query.casefold() in text.casefold() for text in texts)


def _all_tags(wanted: str, tags: Sequence[str]) -> bool:
    return not wanted or set(wanted.replace("+", " ").split()) <= set(tags)


def _collection(
    request: Request, found: Sequence[Any], shape: Callable[[Any], object], *, most: int = 1000
) -> Response:
    page, rest = ld_page(request, found, ld_slice(request, most=most))
    return JSONResponse({"items": [shape(one) for one in page], **rest})


async def _refused(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Refusal)  # noqa: S101 - registered for this class alone
    return problem.response()


async def _no_such_route(request: Request, problem: Exception) -> Response:
    status = problem.status_code if isinstance(problem, HTTPException) else 500
    return ld_refusal(status if status in LD_REFUSALS else 404).response()


def json_app(routes: Sequence[BaseRoute]) -> Starlette:
    """An application whose every refusal is LaunchDarkly's JSON, also for paths that do not exist."""
    return Starlette(routes=routes, exception_handlers={Refusal: _refused, HTTPException: _no_such_route})
