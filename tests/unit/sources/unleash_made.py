"""An Unleash for tests: version 7.5.1 as it was measured. A key of named projects cannot be narrowed, tags are
type:value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.unit.sources_server import Asked, Reply

SECRET = "0123456789abcdef0123456789abcdef"
KEY = f"default:production.{SECRET}"
SEVERAL = f"[]:production.{SECRET}"
EVERY = f"*:production.{SECRET}"
ADMIN = f"*:*.{SECRET}"
FRONTEND = "default:production.frontend0123456789abcdef"
HELPER = "user:fedcba9876543210fedcba9876543210"
SCOPES: dict[str, dict[str, object]] = {
    KEY: {"project": ["default"], "environment": "production", "inlineSegmentConstraints": True},
    SEVERAL: {"project": ["default", "web-shop"], "environment": "production"},
    EVERY: {"environment": "production"},
    ADMIN: {"inlineSegmentConstraints": True},
}
ANSWERS = {"sourceProjectId": "default", "sourceEnvironmentId": "production"}
SEGMENTS = [{"id": 1, "name": "staff", "constraints": []}, {"id": 2, "name": "unused", "constraints": []}]
NO_TOKEN = "This endpoint requires an API token. Please add an authorization header to your request with a valid token"
WRONG_KIND = Reply(403, {"message": "invalid token: expected a different token type for this endpoint"})
PAGE = Reply(200, "<!doctype html><html><div id='app'></div></html>", "text/html; charset=utf-8")


def feature(name: str, project: str = "default", tag: str = "simple:payments", **more: object) -> dict[str, object]:
    whole = {"name": name, "enabled": True, "project": project, "strategies": [], "variants": [], "description": None}
    return {**whole, "tag": tag, **more}


FEATURES = [
    feature("checkout-v2", strategies=[{"name": "flexibleRollout", "parameters": {"rollout": "25"}, "segments": [1]}]),
    feature("dark-mode", tag="team:growth squad", enabled=False, description="Dark colours"),
    feature("shop-banner", "web-shop"),
]
ADMIN_LISTS: Mapping[str, object] = {
    "/api/admin/projects": {"projects": [{"id": "web-shop", "name": "Web shop"}, {"id": "default", "name": "Default"}]},
    "/api/admin/environments": {"environments": [
        {"name": "production", "type": "production", "enabled": True},
        {"name": "development", "type": "development", "enabled": False}]},
    "/api/admin/tags": {"tags": [{"type": "team", "value": "growth squad"}, {"type": "simple", "value": "payments"}]},
    "/api/admin/user": {"user": {"id": 1, "name": "Ana Ruiz", "email": "ana@example.com"}},
}  # fmt: skip


def unleash(asked: Asked) -> Reply:
    key = asked.headers.get("authorization", "")
    if asked.path.startswith("/api/admin/"):
        if key not in (HELPER, ADMIN):
            return WRONG_KIND if key in SCOPES else Reply(401, {"message": "no"})
        return Reply(200, ADMIN_LISTS[asked.path])
    if asked.path == "/api/api/client/features":
        return Reply(404, {"id": "1", "name": "NotFoundError", "message": "The path does not exist"})
    if asked.path != "/api/client/features":
        return PAGE
    if key == FRONTEND:
        return WRONG_KIND
    if key not in SCOPES:
        return Reply(401, {"message": NO_TOKEN})
    query = parse_qs(urlsplit(asked.target).query)
    scope = dict(SCOPES[key])
    if key == EVERY and "project" in query:
        scope["project"] = query["project"]
    if any(":" not in tag for tag in query.get("tag", [])):
        return Reply(400, {"message": '"tag[0]" fails to match the tag pattern'})
    projects: Any = scope.get("project", ["default", "web-shop"])
    features = [
        {name: value for name, value in item.items() if name != "tag"}
        for item in FEATURES
        if item["project"] in projects and item["tag"] in query.get("tag", [item["tag"]])
    ]
    apart = {"segments": SEGMENTS} if "unleash-client-spec" in asked.headers else {}
    return Reply(200, {"version": 2, "features": features, "query": scope, "meta": {"revisionId": 7}, **apart})
