"""The part of the practice Unleash's admin API that a person looks things up with, after server 7.5.1.

An open source Unleash lists its project `default` alone; this one shows every project, as the other editions do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tui.sandbox.company import Company
from tui.sandbox.keys import UnleashKey
from tui.sandbox.unleash_shapes import tags_of

_TYPES: Mapping[str, str] = {"simple": "Used to simplify filtering of features", "team": "Who looks after it"}
_ENVIRONMENTS = ("development", "production")

Opened = Callable[[Request], UnleashKey]
"""Finds the admin or personal token of a request, and raises a refusal for any other."""


class Admin:
    """Reads for an admin or a personal token."""

    def __init__(self, company: Company, opened: Opened) -> None:
        self._company = company
        self._opened = opened

    def routes(self) -> list[BaseRoute]:
        handlers: Mapping[str, Callable[[Request, UnleashKey], dict[str, Any]]] = {
            "/user": self.user,
            "/projects": self.projects,
            "/environments": self.environments,
            "/environments/project/{project}": self.project_environments,
            "/tags": self.tags,
            "/tags/{type}": self.tags,
            "/tag-types": self.tag_types,
        }
        return [Route(f"/api/admin{path}", self._gated(one), methods=["GET"]) for path, one in handlers.items()]

    def _gated(self, handler: Callable[[Request, UnleashKey], dict[str, Any]]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            return JSONResponse(handler(request, self._opened(request)))

        return endpoint

    def user(self, request: Request, key: UnleashKey) -> dict[str, Any]:
        """Who the token belongs to: an admin token has a name and no person."""
        person = {"id": 1, "isAPI": False, "name": "Ana Ruiz", "username": "ana", "email": "ana@example.com"}
        token = {"isAPI": True, "username": "practice-admin-token"}
        user = person if key.value.startswith("user:") else token
        return {"user": user, "permissions": [{"permission": "ADMIN"}], "feedback": [], "splash": {}}

    def projects(self, request: Request, key: UnleashKey) -> dict[str, Any]:
        projects = [
            {
                "id": project,
                "name": project.replace("-", " ").capitalize(),
                "description": "",
                "health": 100,
                "mode": "open",
                "featureCount": len(self._company.flags(project, "unleash")),
                "memberCount": 3,
            }
            for project in self._company.projects
        ]
        return {"version": 1, "projects": projects}

    def environments(self, request: Request, key: UnleashKey) -> dict[str, Any]:
        return {"version": 1, "environments": [_environment(name) for name in _ENVIRONMENTS]}

    def project_environments(self, request: Request, key: UnleashKey) -> dict[str, Any]:
        """A project that is not there is no error: it has the same environments, none of them visible."""
        visible = request.path_params["project"] in self._company.projects
        return {"version": 1, "environments": [_environment(name) | {"visible": visible} for name in _ENVIRONMENTS]}

    def tags(self, request: Request, key: UnleashKey) -> dict[str, Any]:
        kind = request.path_params.get("type")
        used = {
            tag
            for project in self._company.projects
            for flag in self._company.flags(project, "unleash")
            for tag in tags_of(flag)
        }
        parted = [tag.split(":", 1) for tag in sorted(used)]
        tags = [{"type": name, "value": value} for name, value in parted if kind in (None, name)]
        return {"version": 1, "tags": tags}

    def tag_types(self, request: Request, key: UnleashKey) -> dict[str, Any]:
        types = [{"name": name, "description": text, "icon": None} for name, text in _TYPES.items()]
        return {"version": 1, "tagTypes": types}


def _environment(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": name,
        "enabled": True,
        "protected": False,
        "sortOrder": 100 * (1 + _ENVIRONMENTS.index(name)),
    }
