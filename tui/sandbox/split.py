"""The practice Split: the part of its Admin API that an import reads (docs.split.io/reference)."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tui.sandbox.answers import Refusal, whole_number
from tui.sandbox.company import Company, CompanyFlag
from tui.sandbox.keys import ENVIRONMENTS, SPLIT_KEYS, WORKSPACES, SplitKey
from tui.sandbox.split_shapes import definition_json, flag_json
from tui.sandbox.windows import Limits, Windows

API = "/internal/api/v2"

T = TypeVar("T")


def _refusal(status: int, message: str) -> Refusal:
    return Refusal(status, {"code": status, "message": message, "details": None, "transactionId": None})


class Split:
    """Reads for an Admin API key. `now` gives seconds since the epoch."""

    def __init__(self, company: Company, limits: Limits, now: Callable[[], float]) -> None:
        self._flags = {project: company.flags(project, "split") for project in WORKSPACES}
        self._tagged: dict[tuple[str, frozenset[str]], tuple[CompanyFlag, ...]] = {}
        self._live = {
            project: tuple(flag for flag in flags if flag.state != "absent") for project, flags in self._flags.items()
        }
        self._limits = limits
        self._now = now
        self._windows = Windows(limits.seconds, now)

    def app(self) -> Starlette:
        handlers: Mapping[str, _Handler] = {
            "/workspaces": self.workspaces,
            "/environments/ws/{ws}": self.environments,
            "/splits/ws/{ws}": self.flags,
            "/splits/ws/{ws}/environments/{environment}": self.definitions,
            "/splits/ws/{ws}/{name}/environments/{environment}": self.definition,
        }
        routes = [Route(API + path, self._open(handler), methods=["GET"]) for path, handler in handlers.items()]
        return Starlette(routes=routes, exception_handlers={Refusal: _refused, HTTPException: _no_such_route})

    def _open(self, handler: _Handler) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            window = self._windows.take("organisation", self._limits.organisation)
            wait = str(max(1, math.ceil(window.resets - self._now())))
            headers = {
                "X-RateLimit-Remaining-Org": str(window.remaining),
                "X-RateLimit-Remaining-IP": str(window.remaining),
                "X-RateLimit-Reset-Seconds-Org": wait,
                "X-RateLimit-Reset-Seconds-IP": wait,
            }
            try:
                if window.refused:
                    raise _refusal(429, "Too many requests")
                answer = await handler(request, _key(request))
            except Refusal as refusal:
                answer = refusal.response()
            answer.headers.update(headers)
            return answer

        return endpoint

    async def workspaces(self, request: Request, key: SplitKey) -> Response:
        if not key.workspaces:
            raise _refusal(403, "The role of this API key does not allow this")
        objects: list[dict[str, Any]] = [
            {"name": name, "type": "workspace", "id": id_, "requiresTitleAndComments": False}
            for id_, name in WORKSPACES.values()
        ]
        wanted = request.query_params.get("name")
        fits = _NAME_OPERATORS.get(request.query_params.get("nameOp", "IS"), str.__eq__)
        return _page(request, [one for one in objects if wanted is None or fits(one["name"], wanted)], dict, most=1000)

    async def environments(self, request: Request, key: SplitKey) -> Response:
        """A bare list, without pages."""
        self._project(request, key)
        return JSONResponse(
            [
                {"id": id_, "name": name, "production": name == "production", "type": "environment"}
                for name, id_ in ENVIRONMENTS.items()
            ]
        )

    async def flags(self, request: Request, key: SplitKey) -> Response:
        if key.environment:
            raise _refusal(404, "Workspace not found")
        project, wanted = self._project(request, key), frozenset(request.query_params.getlist("tag"))
        return _page(request, self._with_tag(project, wanted) if wanted else self._flags[project], flag_json)

    def _with_tag(self, project: str, wanted: frozenset[str]) -> tuple[CompanyFlag, ...]:
        """Flags with any of the tags: whether Split means any or all of several is not known."""
        known = self._tagged.get((project, wanted))
        if known is None:
            known = tuple(flag for flag in self._flags[project] if not wanted.isdisjoint(flag.tags or ()))
            self._tagged[project, wanted] = known
        return known

    async def definitions(self, request: Request, key: SplitKey) -> Response:
        flags, environment = self._defined(request, key)
        return _page(request, flags, partial(definition_json, environment=environment))

    async def definition(self, request: Request, key: SplitKey) -> Response:
        flags, environment = self._defined(request, key)
        found = next((flag for flag in flags if flag.key == request.path_params["name"]), None)
        if found is None:
            raise _refusal(404, "Feature flag not found")
        return JSONResponse(definition_json(found, environment))

    def _project(self, request: Request, key: SplitKey) -> str:
        """A workspace that is not there and one that the key may not see are the same 404."""
        for project, (id_, _) in WORKSPACES.items():
            if id_ == request.path_params["ws"]:
                return project
        raise _refusal(404, "Workspace not found")

    def _defined(self, request: Request, key: SplitKey) -> tuple[tuple[CompanyFlag, ...], str]:
        """The flags that are defined there, and where: an environment is told by its id or its exact name."""
        asked = request.path_params["environment"]
        name = next((name for name, id_ in ENVIRONMENTS.items() if asked in (name, id_)), None)
        project = self._project(request, key)
        if name is None or (key.environment and key.environment != name):
            raise _refusal(404, "Environment not found")
        return (self._live if name == "production" else self._flags)[project], name


_Handler = Callable[[Request, SplitKey], Awaitable[Response]]
_NAME_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "IS": str.__eq__,
    "STARTS_WITH": str.startswith,
    "CONTAINS": str.__contains__,
}


def _key(request: Request) -> SplitKey:
    """`Authorization: Bearer` or `x-api-key`; Harness' own clients use the second."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    sent = {
        "authorization": bearer if scheme == "Bearer" else "",
        "x-api-key": request.headers.get("x-api-key", ""),
    }
    for name, value in sent.items():
        key = SPLIT_KEYS.find(value)
        if key and key.admin and key.header in ("", name):
            return key
    raise _refusal(401, "Invalid API key")


def _page(request: Request, found: Sequence[T], shape: Callable[[T], object], *, most: int = 50) -> Response:
    """The part asked for, and nothing else is shaped. Too large a limit is refused; what Split does is not known."""
    limit = whole_number(request.query_params.get("limit"), 20)
    offset = whole_number(request.query_params.get("offset"), 0)
    if limit is None or offset is None or not 1 <= limit <= most:
        raise _refusal(400, f"limit must be from 1 to {most}, offset 0 or more")
    objects = [shape(one) for one in found[offset : offset + limit]]
    return JSONResponse({"objects": objects, "offset": offset, "limit": limit, "totalCount": len(found)})


async def _refused(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Refusal)  # noqa: S101 - registered for this class alone
    return problem.response()


async def _no_such_route(request: Request, problem: Exception) -> Response:
    status = problem.status_code if isinstance(problem, HTTPException) else 500
    return _refusal(status, "Not found").response()
