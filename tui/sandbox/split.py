"""The practice Split: the part of its Admin API that an import reads (docs.split.io/reference)."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tui.sandbox.answers import Refusal, whole_number
from tui.sandbox.company import Company, CompanyFlag
from tui.sandbox.keys import ENVIRONMENTS, SPLIT_KEYS, WORKSPACES, SplitKey
from tui.sandbox.windows import Limits, Windows

API = "/internal/api/v2"

_KINDS = {name: f"5d{number:02x}0000-5a4d-4b0c-8500-000000000021" for number, name in enumerate(("user", "account"))}


def _refusal(status: int, message: str) -> Refusal:
    return Refusal(status, {"code": status, "message": message, "details": None, "transactionId": None})


class Split:
    """Reads for an Admin API key. `now` gives seconds since the epoch."""

    def __init__(self, company: Company, limits: Limits, now: Callable[[], float]) -> None:
        self._company = company
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
        objects = [
            {"name": name, "type": "workspace", "id": id_, "requiresTitleAndComments": False}
            for id_, name in WORKSPACES.values()
        ]
        wanted = request.query_params.get("name")
        fits = _NAME_OPERATORS.get(request.query_params.get("nameOp", "IS"), str.__eq__)
        return _page(request, [one for one in objects if wanted is None or fits(str(one["name"]), wanted)], most=1000)

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
        wanted = set(request.query_params.getlist("tag"))
        flags = self._company.flags(self._project(request, key), "split")
        return _page(request, [_flag(one) for one in flags if not wanted or wanted & set(one.tags or ())])

    async def definitions(self, request: Request, key: SplitKey) -> Response:
        return _page(request, list(self._definitions(request, key).values()))

    async def definition(self, request: Request, key: SplitKey) -> Response:
        found = self._definitions(request, key).get(request.path_params["name"])
        if found is None:
            raise _refusal(404, "Feature flag not found")
        return JSONResponse(found)

    def _project(self, request: Request, key: SplitKey) -> str:
        """A workspace that is not there and one that the key may not see are the same 404."""
        for project, (id_, _) in WORKSPACES.items():
            if id_ == request.path_params["ws"]:
                return project
        raise _refusal(404, "Workspace not found")

    def _definitions(self, request: Request, key: SplitKey) -> dict[str, dict[str, Any]]:
        """By name. The environment is told by its id, or by its name as it is written."""
        asked = request.path_params["environment"]
        name = next((name for name, id_ in ENVIRONMENTS.items() if asked in (name, id_)), None)
        flags = self._company.flags(self._project(request, key), "split")
        if name is None or (key.environment and key.environment != name):
            raise _refusal(404, "Environment not found")
        present = (flag for flag in flags if flag.state != "absent" or name != "production")
        return {flag.key: _definition(flag, name) for flag in present}


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


def _page(request: Request, objects: Sequence[object], *, most: int = 50) -> Response:
    """Too large a limit is refused here; what Split does is not known."""
    limit = whole_number(request.query_params.get("limit"), 20)
    offset = whole_number(request.query_params.get("offset"), 0)
    if limit is None or offset is None or not 1 <= limit <= most:
        raise _refusal(400, f"limit must be from 1 to {most}, offset 0 or more")
    page = objects[offset : offset + limit]
    return JSONResponse({"objects": list(page), "offset": offset, "limit": limit, "totalCount": len(objects)})


def _flag(flag: CompanyFlag) -> dict[str, Any]:
    number = flag.created % 1_000_003
    status = "Killed" if flag.state == "killed" else "Permanent" if flag.kind == "operational" else "Ramping"
    return {
        "id": f"6e000000-5a4d-4b0c-8500-{number:012x}",
        "name": flag.key,
        "description": flag.about,
        "trafficType": {"id": _KINDS["user"], "name": "user"},
        "creationTime": flag.created,
        "tags": None if flag.tags is None else [{"name": tag} for tag in flag.tags],
        "rolloutStatus": {"id": f"7f000000-5a4d-4b0c-8500-{len(status):012x}", "name": status},
        "rolloutStatusTimestamp": flag.created,
        "owners": [],
    }


def _definition(flag: CompanyFlag, environment: str) -> dict[str, Any]:
    """The definition. In development everybody gets what the flag is for."""
    live = environment == "production"
    shares = _shares(flag) if live else {**dict.fromkeys(_shares(flag), 0), next(iter(_shares(flag))): 100}
    names = list(shares)
    treatments: list[dict[str, Any]] = [{"name": name, "configurations": None, "description": ""} for name in names]
    if live and flag.targets:
        treatments[0]["keys"] = list(flag.targets)
    if live and flag.segments:
        treatments[0]["segments"] = list(flag.segments)
    return {
        "name": flag.key,
        "environment": {"id": ENVIRONMENTS[environment], "name": environment},
        "trafficType": {"id": _KINDS["user"], "name": "user"},
        "killed": live and flag.state == "killed",
        "treatments": treatments,
        "defaultTreatment": next((name for name in names if name in _SAFE), names[-1]),
        "baselineTreatment": names[-1],
        "trafficAllocation": flag.allocation if live else 100,
        "rules": _rules(flag, names[0]) if live else [],
        "defaultRule": [{"treatment": name, "size": size} for name, size in shares.items() if size or len(names) < 3],
        "creationTime": flag.created,
        "lastUpdateTime": flag.created,
        "lastTrafficReceivedAt": None if flag.stale else flag.created,
        "flagSets": [],
    }


_SAFE = ("off", "control", "none", "classic")
"""Treatments that are served when nothing else is."""


def _shares(flag: CompanyFlag) -> dict[str, int]:
    if flag.variants:
        return dict(flag.variants)
    chosen_ones = bool(flag.rules or flag.segments) and flag.rollout == 100
    on = 0 if flag.state in ("off", "absent") or chosen_ones else flag.rollout
    return {"on": on, "off": 100 - on}


def _rules(flag: CompanyFlag, treatment: str) -> list[dict[str, Any]]:
    matchers: list[dict[str, Any]] = [
        {"type": "IN_LIST_STRING", "attribute": attribute, "strings": list(values), "negate": False}
        for attribute, values in flag.rules
    ]
    if flag.requires:
        depends = {"splitName": flag.requires, "treatment": "on"}
        matchers.insert(0, {"type": "IN_SPLIT", "negate": False, "depends": depends})
    return [
        {
            "condition": {"combiner": "AND", "matchers": [matcher]},
            "buckets": [{"treatment": treatment, "size": 100}],
        }
        for matcher in matchers
    ]


async def _refused(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Refusal)  # noqa: S101 - registered for this class alone
    return problem.response()


async def _no_such_route(request: Request, problem: Exception) -> Response:
    status = problem.status_code if isinstance(problem, HTTPException) else 500
    return _refusal(status, "Not found").response()
