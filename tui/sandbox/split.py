"""The demo Split: the part of its Admin API that an import and a rebuild read (docs.split.io/reference).

The fields of a matcher are those of Split's own Python client, the names of its types those that Harness documents.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tui.sandbox.clock import Limits, Windows
from tui.sandbox.company import STARTED, Company, CompanyCondition, CompanyFlag, Operator, Segment
from tui.sandbox.endpoints import Refusal, application, page_bounds
from tui.sandbox.keys import ENVIRONMENTS, SPLIT_KEYS, WORKSPACES, SplitKey

API = "/internal/api/v2"
_TRAFFIC_TYPE = {"id": "5d000000-5a4d-4b0c-8500-000000000021", "name": "user"}
_SAFE = ("off", "control", "none", "classic")
"""Treatments that are served when nothing else is."""

T = TypeVar("T")


def _refusal(status: int, message: str) -> Refusal:
    return Refusal(status, {"code": status, "message": message, "details": None, "transactionId": None})


class Split:
    """Reads for an Admin API key. `now` gives seconds since the epoch."""

    def __init__(self, company: Company, limits: Limits, now: Callable[[], float]) -> None:
        self._flags = {project: company.flags(project, "split") for project in WORKSPACES}
        self._live = {
            project: tuple(flag for flag in flags if flag.state != "absent") for project, flags in self._flags.items()
        }
        self._segments = [segment for segment in company.segments.values() if not segment.rule_based]
        self._rule_based = [segment for segment in company.segments.values() if segment.rule_based]
        self._limits = limits
        self._now = now
        self._windows = Windows(limits.seconds, now)

    def app(self) -> Starlette:
        handlers: Mapping[str, _Handler] = {
            "/workspaces": self.workspaces,
            "/environments/ws/{ws}": self.environments,
            "/splits/ws/{ws}": self.flags,
            "/splits/ws/{ws}/environments/{environment}": self.definitions,
            "/segments/ws/{ws}/environments/{environment}": self.segments,
            "/segments/{environment}/{segment}/keys": self.segment_keys,
            "/rule-based-segments/ws/{ws}/environments/{environment}": self.rule_based_segments,
        }
        routes = [Route(API + path, self._metered(handler), methods=["GET"]) for path, handler in handlers.items()]
        return application(routes, lambda status: _refusal(status, "Not found"))

    def _metered(self, handler: _Handler) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            window = self._windows.take("organisation", self._limits.organisation)
            wait = str(max(1, math.ceil(window.resets - self._now())))
            try:
                if window.refused:
                    raise _refusal(429, "Too many requests")
                response = await handler(request, _key(request))
            except Refusal as refusal:
                response = refusal.response()
            for scope in ("Org", "IP"):
                response.headers[f"X-RateLimit-Remaining-{scope}"] = str(window.remaining)
                response.headers[f"X-RateLimit-Reset-Seconds-{scope}"] = wait
            return response

        return endpoint

    async def workspaces(self, request: Request, key: SplitKey) -> Response:
        if not key.workspaces:
            raise _refusal(403, "The role of this API key does not allow this")
        workspaces = [
            {"name": name, "type": "workspace", "id": id_, "requiresTitleAndComments": False}
            for id_, name in WORKSPACES.values()
        ]
        return _page(request, workspaces, dict, most=1000)

    async def environments(self, request: Request, key: SplitKey) -> Response:
        """A bare list, without pages."""
        self._project(request)
        return JSONResponse(
            [
                {"id": id_, "name": name, "production": name == "production", "type": "environment"}
                for name, id_ in ENVIRONMENTS.items()
            ]
        )

    async def flags(self, request: Request, key: SplitKey) -> Response:
        """Flags with any of the tags. Split doesn't document whether several mean any or all."""
        if key.environment:
            raise _refusal(404, "Workspace not found")
        flags, tags = self._flags[self._project(request)], frozenset(request.query_params.getlist("tag"))
        if tags:
            flags = tuple(flag for flag in flags if not tags.isdisjoint(flag.tags or ()))
        return _page(request, flags, flag_json)

    async def definitions(self, request: Request, key: SplitKey) -> Response:
        flags, environment = self._defined(request, key)
        return _page(request, flags, partial(definition_json, environment=environment))

    async def segments(self, request: Request, key: SplitKey) -> Response:
        """Return the standard segments: the same in every workspace and environment."""
        environment = self._environment(request, key)
        return _page(request, self._segments, partial(segment_json, environment=environment))

    async def segment_keys(self, request: Request, key: SplitKey) -> Response:
        self._environment(request, key)
        keys = next((each.values for each in self._segments if each.name == request.path_params["segment"]), None)
        if keys is None:
            raise _refusal(404, "Segment not found")
        limit, offset = page_bounds(request, 100, _refusal)
        page = [{"key": value} for value in keys[offset : offset + limit]]
        return JSONResponse({"keys": page, "offset": offset, "limit": limit, "count": len(keys)})

    async def rule_based_segments(self, request: Request, key: SplitKey) -> Response:
        """A bare list, as the Admin API was seen to answer."""
        self._project(request)
        environment = self._environment(request, key)
        limit, offset = page_bounds(request, 50, _refusal)
        return JSONResponse(
            [rule_based_json(segment, environment) for segment in self._rule_based[offset : offset + limit]]
        )

    def _project(self, request: Request) -> str:
        for project, (id_, _) in WORKSPACES.items():
            if id_ == request.path_params["ws"]:
                return project
        raise _refusal(404, "Workspace not found")

    def _defined(self, request: Request, key: SplitKey) -> tuple[tuple[CompanyFlag, ...], str]:
        """Return the flags defined in the environment, and its name."""
        project = self._project(request)
        name = self._environment(request, key)
        return (self._live if name == "production" else self._flags)[project], name

    def _environment(self, request: Request, key: SplitKey) -> str:
        """Return the name of the environment, which is named by its id or its exact name."""
        wanted = request.path_params["environment"]
        name = next((name for name, id_ in ENVIRONMENTS.items() if wanted in (name, id_)), None)
        if name is None or (key.environment and key.environment != name):
            raise _refusal(404, "Environment not found")
        return name


_Handler = Callable[[Request, SplitKey], Awaitable[Response]]


def _key(request: Request) -> SplitKey:
    """Read `Authorization: Bearer` or `x-api-key`. Harness' own clients use the second."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    values = {
        "authorization": bearer if scheme == "Bearer" else "",
        "x-api-key": request.headers.get("x-api-key", ""),
    }
    for header, value in values.items():
        key = SPLIT_KEYS.find(value)
        if key and key.admin and key.header in ("", header):
            return key
    raise _refusal(401, "Invalid API key")


def _page(request: Request, items: Sequence[T], shape: Callable[[T], object], *, most: int = 50) -> Response:
    """Return the page asked for. Shapes only its own items. Split doesn't document what a too large limit does."""
    limit, offset = page_bounds(request, most, _refusal)
    objects = [shape(item) for item in items[offset : offset + limit]]
    return JSONResponse({"objects": objects, "offset": offset, "limit": limit, "totalCount": len(items)})


def flag_json(flag: CompanyFlag) -> dict[str, Any]:
    """Return a flag of the workspace, independent of environments."""
    return {
        "id": f"6e000000-5a4d-4b0c-8500-{flag.created % 1_000_003:012x}",
        "name": flag.key,
        "description": flag.about,
        "trafficType": _TRAFFIC_TYPE,
        "creationTime": flag.created,
        "tags": None if flag.tags is None else [{"name": tag} for tag in flag.tags],
    }


def definition_json(flag: CompanyFlag, environment: str) -> dict[str, Any]:
    """Return the flag in one environment. In development everybody gets its first treatment."""
    live = environment == "production"
    shares = _shares(flag)
    if not live:
        shares = {name: 0 if number else 100 for number, name in enumerate(shares)}
    names = list(shares)
    treatments: list[dict[str, Any]] = [{"name": name, "configurations": None, "description": ""} for name in names]
    if live and flag.targets:
        treatments[0]["keys"] = list(flag.targets)
    if live and flag.segments:
        treatments[0]["segments"] = list(flag.segments)
    shape = {
        "name": flag.key,
        "environment": {"id": ENVIRONMENTS[environment], "name": environment},
        "trafficType": _TRAFFIC_TYPE,
        "killed": live and flag.state == "killed",
        "treatments": treatments,
        "defaultTreatment": next((name for name in names if name in _SAFE), names[-1]),
        "baselineTreatment": names[-1],
        "trafficAllocation": flag.allocation if live else 100,
        "rules": _rules(flag, names) if live else [],
        "defaultRule": [{"treatment": name, "size": size} for name, size in shares.items() if size or len(names) < 3],
        "creationTime": flag.created,
    }
    if shape["trafficAllocation"] is None:
        del shape["trafficAllocation"]
    return shape


def _shares(flag: CompanyFlag) -> dict[str, int]:
    """Return the treatments, each with its percentage in the default rule."""
    if flag.variants:
        return dict(flag.variants)
    only_some = bool(flag.rules or flag.segments) and flag.rollout == 100
    on = 0 if flag.state in ("off", "absent") or only_some else flag.rollout
    return {"on": on, "off": 100 - on}


def _rules(flag: CompanyFlag, treatments: list[str]) -> list[dict[str, Any]]:
    """Return the flag's rules. Its prerequisite is a rule of its own, before the others."""
    rules = [([_matcher(condition) for condition in rule.conditions], rule.share) for rule in flag.rules]
    if flag.requires:
        depends = {"splitName": flag.requires, "treatment": "on"}
        rules.insert(0, ([{"type": "IN_SPLIT", "negate": False, "depends": depends}], 100))
    shapes = []
    for matchers, share in rules:
        buckets = [{"treatment": treatments[0], "size": share}]
        if share != 100:
            buckets.append({"treatment": treatments[-1], "size": 100 - share})
        shapes.append({"condition": {"combiner": "AND", "matchers": matchers}, "buckets": buckets})
    return shapes


def segment_json(segment: Segment, environment: str) -> dict[str, Any]:
    """Return a standard segment in one environment, without its keys."""
    return {
        "name": segment.name,
        "environment": {"id": ENVIRONMENTS[environment], "name": environment},
        "trafficType": _TRAFFIC_TYPE,
        "creationTime": STARTED,
    }


def rule_based_json(segment: Segment, environment: str) -> dict[str, Any]:
    matcher = _matcher(CompanyCondition(segment.attribute, segment.values))
    return segment_json(segment, environment) | {
        "excludedKeys": list(segment.excluded),
        "excludedSegments": [],
        "rules": [{"condition": {"combiner": "AND", "matchers": [matcher]}}],
    }


def _matcher(condition: CompanyCondition) -> dict[str, Any]:
    shape: dict[str, Any] = _MATCHERS[condition.operator](condition.values) | {"negate": condition.negate}
    return shape | {"attribute": condition.attribute} if condition.attribute else shape


_MATCHERS: Mapping[Operator, Callable[[tuple[str, ...]], dict[str, Any]]] = {
    "one-of": lambda values: {"type": "IN_LIST_STRING", "strings": list(values)},
    "starts-with": lambda values: {"type": "STARTS_WITH_STRING", "strings": list(values)},
    "matches": lambda values: {"type": "MATCHES_STRING", "string": values[0]},
    "exactly": lambda values: {"type": "EQUAL_SET", "strings": list(values)},
    "version": lambda values: {"type": "GREATER_THAN_OR_EQUAL_TO_SEMVER", "string": values[0]},
    "at-least": lambda values: {"type": "GREATER_THAN_OR_EQUAL_NUMBER", "number": int(values[0])},
    "since": lambda values: {"type": "ON_OR_AFTER_DATE", "date": int(values[0])},
    "segment": lambda values: {"type": "IN_SEGMENT", "string": values[0]},
    "rule-based-segment": lambda values: {"type": "IN_RULE_BASED_SEGMENT", "string": values[0]},
}
