"""The practice Unleash, as server 7.5.1 was measured to answer: its client API, and a part of the admin API."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from tui.sandbox.answers import Refusal
from tui.sandbox.company import Company
from tui.sandbox.keys import UNLEASH_KEYS, UnleashKey
from tui.sandbox.unleash_admin import Admin
from tui.sandbox.unleash_shapes import feature_json, segment_json, tags_of

_NO_TOKEN = "This endpoint requires an API token. Please add an authorization header to your request with a valid token"
"""What Unleash says, also where a token was sent and is wrong."""

_BAD_DATA = "Request validation failed: your request body or params contain invalid data."
_WRONG_KIND = "invalid token: expected a different token type for this endpoint"
_TAG = re.compile(r"\w+:.+")
_NAME = re.compile(r"[a-zA-Z0-9\-._~]+")

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Unleash (practice)</title></head>
<body><div id="app"></div></body></html>
"""


class Unleash:
    def __init__(self, company: Company) -> None:
        self._company = company

    def app(self) -> Starlette:
        routes = [
            Route("/api/client/features", self.features, methods=["GET"]),
            Route("/api/client/features/{name}", self.feature, methods=["GET"]),
            *Admin(self._company, _admin_key).routes(),
            Route("/health", self.health, methods=["GET"]),
            Route("/api/{path:path}", self.no_such_path),
            Route("/{path:path}", self.page),
        ]
        return Starlette(routes=routes, exception_handlers={Refusal: _refused})

    async def features(self, request: Request) -> Response:
        key = _client_key(request)
        query = _query(request, key)
        tags = _tags(request)
        prefix = request.query_params.get("namePrefix", "")
        environment = query.get("environment", "")
        projects = query.get("project") or list(self._company.projects)
        flags = [
            (project, flag)
            for project in projects
            for flag in self._company.flags(project, "unleash")
            if flag.key.startswith(prefix) and (not tags or tags & tags_of(flag))
        ]
        if tags:
            query["tag"] = sorted(tag.split(":", 1) for tag in tags)
        apart = "unleash-client-spec" in request.headers
        features = [feature_json(flag, project, environment, self._company, apart) for project, flag in flags]
        body: dict[str, Any] = {"version": 2, "features": features, "query": query, "meta": _meta(query)}
        if apart:
            body["segments"] = [segment_json(one) for one in self._company.segments.values()]
        else:
            query["inlineSegmentConstraints"] = True
        return JSONResponse(body, headers={"ETag": body["meta"]["etag"]})

    async def feature(self, request: Request) -> Response:
        key = _client_key(request)
        name = request.path_params["name"]
        for project in key.projects or self._company.projects:
            for flag in self._company.flags(project, "unleash"):
                if flag.key == name:
                    return JSONResponse(feature_json(flag, project, key.environment, self._company, apart=False))
        raise _refusal(404, "NotFoundError", f"Could not find feature with name {name}")

    async def health(self, request: Request) -> Response:
        _refuse_client_keys(request)
        return JSONResponse({"health": "GOOD"})

    async def no_such_path(self, request: Request) -> Response:
        _refuse_client_keys(request)
        at = request.url.path
        raise _refusal(404, "NotFoundError", f"The path you were looking for ({at}) is not available.")

    async def page(self, request: Request) -> Response:
        """A wrong path is no error: it gets the page of the web application."""
        _refuse_client_keys(request)
        return HTMLResponse(PAGE)


def _refusal(status: int, name: str, message: str, *details: str) -> Refusal:
    shape: dict[str, Any] = {"id": "5a4db0c5-0000-4000-8000-0000000000ef", "name": name, "message": message}
    return Refusal(status, shape | {"details": [{"message": text} for text in details or (message,)]})


def _sent(request: Request) -> str:
    """The key, raw or as Bearer: both are taken since Unleash 5."""
    return request.headers.get("authorization", "").strip().removeprefix("Bearer ")


def _client_key(request: Request) -> UnleashKey:
    key = UNLEASH_KEYS.find(_sent(request))
    if key is None:
        raise Refusal(401, {"message": _NO_TOKEN})
    if key.kind == "frontend":
        raise Refusal(403, {"message": _WRONG_KIND})
    return key


def _admin_key(request: Request) -> UnleashKey:
    sent = _sent(request)
    if not sent:
        raise _refusal(401, "AuthenticationRequired", "You must log in to use Unleash.")
    key = UNLEASH_KEYS.find(sent)
    if key is None:
        raise _refusal(401, "UnauthorizedError", "The token is not known.")
    _refuse_client_keys(request)
    return key


def _refuse_client_keys(request: Request) -> None:
    """An SDK key opens the client API and nothing else, not even the health check."""
    key = UNLEASH_KEYS.find(_sent(request))
    if key and key.kind != "admin":
        raise Refusal(403, {"message": _WRONG_KIND})


def _query(request: Request, key: UnleashKey) -> dict[str, Any]:
    """What is really read: the key's scope wins, and `project` narrows only a key of all projects."""
    asked = request.query_params.getlist("project")
    if not all(_NAME.fullmatch(name) for name in asked):
        raise _refusal(
            400,
            "BadDataError",
            _BAD_DATA,
            '"project[0]" must be URL friendly',
        )
    query: dict[str, Any] = {}
    if projects := list(key.projects) or asked:
        query["project"] = projects
    if environment := key.environment or request.query_params.get("environment", ""):
        query["environment"] = environment
    return query


def _tags(request: Request) -> set[str]:
    tags = request.query_params.getlist("tag")
    for number, tag in enumerate(tags):
        if not _TAG.search(tag):
            raise _refusal(
                400,
                "BadDataError",
                _BAD_DATA,
                f'"tag[{number}]" with value "{tag}" fails to match the tag pattern',
            )
    return set(tags)


def _meta(query: Mapping[str, Any]) -> dict[str, Any]:
    digest = hashlib.sha256(json.dumps(query, sort_keys=True).encode()).hexdigest()[:8]
    return {"revisionId": 42, "etag": f'"{digest}:42"', "queryHash": digest}


async def _refused(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Refusal)  # noqa: S101 - registered for this class alone
    return problem.response()
