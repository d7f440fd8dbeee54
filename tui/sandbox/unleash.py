"""The demo Unleash, measured against server 7.5.1: its client API, and what lookups read of its admin API.

An open source Unleash lists only its project `default`. This one shows every project, like the other editions.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from tui.sandbox.company import OF_SEGMENTS, Company, CompanyCondition, CompanyFlag, Operator, Segment
from tui.sandbox.endpoints import Refusal, application
from tui.sandbox.keys import UNLEASH_KEYS, UnleashKey

_NO_TOKEN = "This endpoint requires an API token. Please add an authorization header to your request with a valid token"
"""Unleash's message even where a token was sent and is wrong."""

_BAD_DATA = "Request validation failed: your request body or params contain invalid data."
_WRONG_KIND = "invalid token: expected a different token type for this endpoint"
_TAG = re.compile(r"\w+:.+")
_NAME = re.compile(r"[a-zA-Z0-9\-._~]+")
_ENVIRONMENTS = ("development", "production")

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Unleash (practice)</title></head>
<body><div id="app"></div></body></html>
"""


class Unleash:
    def __init__(self, company: Company) -> None:
        self._company = company

    def app(self) -> Starlette:
        lookups: Mapping[str, Callable[[UnleashKey], dict[str, Any]]] = {
            "user": self.user,
            "projects": self.projects,
            "environments": self.environments,
            "tags": self.tags,
        }
        routes = [
            Route("/api/client/features", self.features, methods=["GET"]),
            *(Route(f"/api/admin/{path}", _lookup(lookup), methods=["GET"]) for path, lookup in lookups.items()),
            Route("/health", lambda _: JSONResponse({"health": "GOOD"})),
            Route("/api/{path:path}", self.no_such_path),
            Route("/{path:path}", self.page),
        ]
        return application(routes, lambda status: _refusal(status, "NotFoundError", "Not found"))

    async def features(self, request: Request) -> Response:
        key = UNLEASH_KEYS.find(_sent(request))
        if key is None:
            raise Refusal(401, {"message": _NO_TOKEN})
        if key.kind == "frontend":
            raise Refusal(403, {"message": _WRONG_KIND})
        query, tags = _query(request, key), set(request.query_params.getlist("tag"))
        flags = [
            (project, flag)
            for project in query.get("project") or self._company.projects
            for flag in self._company.flags(project, "unleash")
            if not tags or tags & _tags(flag)
        ]
        if tags:
            query["tag"] = sorted(tag.split(":", 1) for tag in tags)
        apart = _knows_segments(request.headers.get("unleash-client-spec", ""))
        environment = query.get("environment", "")
        features = [feature_json(flag, project, environment, self._company, apart) for project, flag in flags]
        body: dict[str, Any] = {"version": 2, "features": features, "query": query}
        if apart:
            segments = self._company.segments.values()
            body["segments"] = [
                {"id": segment.id, "name": segment.name, "constraints": _of_segment(segment)} for segment in segments
            ]
        else:
            query["inlineSegmentConstraints"] = True
        return JSONResponse(body)

    async def no_such_path(self, request: Request) -> Response:
        _refuse_client_keys(request)
        path = request.url.path
        raise _refusal(404, "NotFoundError", f"The path you were looking for ({path}) is not available.")

    async def page(self, request: Request) -> Response:
        """A wrong path is not an error: it shows the web application's page."""
        _refuse_client_keys(request)
        return HTMLResponse(_PAGE)

    def user(self, key: UnleashKey) -> dict[str, Any]:
        """Return the token's owner: an admin token has a name and no person."""
        person = {"id": 1, "isAPI": False, "name": "Ana Ruiz", "username": "ana", "email": "ana@example.com"}
        token = {"isAPI": True, "username": "practice-admin-token"}
        user = person if key.value.startswith("user:") else token
        return {"user": user}

    def projects(self, key: UnleashKey) -> dict[str, Any]:
        names = {project: project.replace("-", " ").capitalize() for project in self._company.projects}
        return {"version": 1, "projects": [{"id": project, "name": name} for project, name in names.items()]}

    def environments(self, key: UnleashKey) -> dict[str, Any]:
        return {"version": 1, "environments": [{"name": name, "enabled": True} for name in _ENVIRONMENTS]}

    def tags(self, key: UnleashKey) -> dict[str, Any]:
        projects = self._company.projects
        used = {tag for project in projects for flag in self._company.flags(project, "unleash") for tag in _tags(flag)}
        parts = [tag.split(":", 1) for tag in sorted(used)]
        return {"version": 1, "tags": [{"type": kind, "value": value} for kind, value in parts]}


def _lookup(lookup: Callable[[UnleashKey], dict[str, Any]]) -> Callable[[Request], Awaitable[Response]]:
    """Answer only an admin or a personal token."""

    async def endpoint(request: Request) -> Response:
        value = _sent(request)
        if not value:
            raise _refusal(401, "AuthenticationRequired", "You must log in to use Unleash.")
        key = UNLEASH_KEYS.find(value)
        if key is None:
            raise _refusal(401, "UnauthorizedError", "The token is not known.")
        _refuse_client_keys(request)
        return JSONResponse(lookup(key))

    return endpoint


def _refusal(status: int, name: str, message: str, *details: str) -> Refusal:
    shape: dict[str, Any] = {"id": "5a4db0c5-0000-4000-8000-0000000000ef", "name": name, "message": message}
    return Refusal(status, shape | {"details": [{"message": text} for text in details or (message,)]})


def _sent(request: Request) -> str:
    """Return the key, raw or as Bearer: Unleash accepts both since version 5."""
    return request.headers.get("authorization", "").strip().removeprefix("Bearer ")


def _refuse_client_keys(request: Request) -> None:
    """An SDK key opens only the client API."""
    key = UNLEASH_KEYS.find(_sent(request))
    if key and key.kind != "admin":
        raise Refusal(403, {"message": _WRONG_KIND})


def _query(request: Request, key: UnleashKey) -> dict[str, Any]:
    """Return what is really read: the key's scope wins, and `project` narrows only a key of all projects."""
    projects = request.query_params.getlist("project")
    if not all(_NAME.fullmatch(name) for name in projects):
        raise _refusal(400, "BadDataError", _BAD_DATA, '"project[0]" must be URL friendly')
    for number, tag in enumerate(request.query_params.getlist("tag")):
        if not _TAG.search(tag):
            detail = f'"tag[{number}]" with value "{tag}" fails to match the tag pattern'
            raise _refusal(400, "BadDataError", _BAD_DATA, detail)
    query: dict[str, Any] = {}
    if projects := list(key.projects) or projects:
        query["project"] = projects
    if environment := key.environment or request.query_params.get("environment", ""):
        query["environment"] = environment
    return query


def _knows_segments(spec: str) -> bool:
    """Whether a client follows version 4.2.0 of the client specification, the first with segments, or a later one."""
    parts = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", spec)
    return parts is not None and tuple(map(int, parts.groups())) >= (4, 2, 0)


def _tags(flag: CompanyFlag) -> set[str]:
    """Return tags as type and value: those with a blank are teams here, the others simple."""
    return {f"team:{tag}" if " " in tag else f"simple:{tag}" for tag in flag.tags or ()}


def feature_json(flag: CompanyFlag, project: str, environment: str, company: Company, apart: bool) -> dict[str, Any]:
    """Return a feature in one environment; without one it has production's strategies, disabled.

    `apart` is a client that knows segments: it gets their ids. For others they are constraints.
    """
    live = environment != "development"
    shape: dict[str, Any] = {
        "name": flag.key,
        "type": flag.kind,
        "enabled": environment in _ENVIRONMENTS and (flag.state == "on" or not live),
        "project": project,
        "stale": flag.stale,
        "strategies": _strategies(flag, company, apart) if live else [_strategy("default", {})],
        "variants": _variants(flag) if flag.older_variants else [],
        "description": flag.about,
        "impressionData": False,
    }
    if flag.requires:
        shape["dependencies"] = [{"feature": flag.requires, "enabled": True}]
    return shape


def _strategy(name: str, parameters: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "parameters": dict(parameters), "constraints": [], "variants": [], **more}


def _strategies(flag: CompanyFlag, company: Company, apart: bool) -> list[dict[str, Any]]:
    if flag.state == "absent":
        return []
    if flag.strategy:
        return [_strategy(flag.strategy["name"], flag.strategy["parameters"])]
    segments = [company.segments[name] for name in flag.all_segments]
    conditions = [
        condition for rule in flag.rules for condition in rule.conditions if condition.operator not in OF_SEGMENTS
    ]
    constraints = [_constraint(condition) for condition in conditions]
    if not apart:
        constraints += [constraint for segment in segments for constraint in _of_segment(segment)]
    rollout = {"rollout": str(flag.rollout), "stickiness": "default", "groupId": flag.key}
    main = _strategy("flexibleRollout", rollout, constraints=constraints)
    if flag.variants and not flag.older_variants:
        main["variants"] = _variants(flag)
    if apart and segments:
        main["segments"] = [segment.id for segment in segments]
    targets = [_strategy("userWithId", {"userIds": ",".join(flag.targets)})] if flag.targets else []
    return [main, *targets]


def _of_segment(segment: Segment) -> list[dict[str, Any]]:
    constraints = [_constraint(CompanyCondition(segment.attribute, segment.values))]
    if segment.excluded:
        constraints.append(_constraint(CompanyCondition("userId", segment.excluded, negate=True)))
    return constraints


def _constraint(condition: CompanyCondition) -> dict[str, Any]:
    return {
        "contextName": condition.attribute,
        "values": [],
        **_OPERATORS[condition.operator](condition.values),
        "inverted": condition.negate,
        "caseInsensitive": False,
    }


def _date(values: tuple[str, ...]) -> str:
    return datetime.fromtimestamp(int(values[0]) / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


_OPERATORS: Mapping[Operator, Callable[[tuple[str, ...]], dict[str, Any]]] = {
    "one-of": lambda values: {"operator": "IN", "values": list(values)},
    "starts-with": lambda values: {"operator": "STR_STARTS_WITH", "values": list(values)},
    "matches": lambda values: {"operator": "REGEX", "value": values[0]},
    "at-least": lambda values: {"operator": "NUM_GTE", "value": values[0]},
    "version": lambda values: {"operator": "SEMVER_GT", "value": values[0]},
    "since": lambda values: {"operator": "DATE_AFTER", "value": _date(values)},
}


def _variants(flag: CompanyFlag) -> list[dict[str, Any]]:
    """Weights are in thousandths."""
    return [
        {
            "name": name,
            "weight": share * 10,
            "weightType": "variable",
            "stickiness": "default",
            "payload": {"type": "string", "value": name},
        }
        for name, share in flag.variants
    ]
