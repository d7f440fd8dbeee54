"""The demo LaunchDarkly's reads beside flags, after LaunchDarkly's OpenAPI document."""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tui.sandbox.account import ENVIRONMENT_KEYS, Accounts, StoredMember, StoredProject
from tui.sandbox.company import STARTED
from tui.sandbox.endpoints import collection, filters, gated, ld_refusal, link, matches
from tui.sandbox.keys import Token, object_id, token_id


class Reads:
    """The caller, projects, environments, members and tags."""

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
            "/api/v2/segments/{project}/{environment}": self.segments,
            "/api/v2/approval-requests": self.approval_requests,
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
        query = filters(request).get("query", "")
        projects = [
            project
            for project in self._accounts.of(token).projects.values()
            if matches(query, project.key, project.name)
        ]
        if request.query_params.get("sort") == "name":
            projects.sort(key=lambda project: project.name)
        return collection(request, projects, project_json)

    def _project(self, request: Request, token: Token) -> StoredProject:
        project = self._accounts.of(token).projects.get(request.path_params["project"])
        if project is None:
            raise ld_refusal(404)
        return project

    async def project(self, request: Request, token: Token) -> Response:
        """Return the project with its naming convention.

        LaunchDarkly documents the convention only for creating a project. This server assumes that it is shown.
        """
        project = self._project(request, token)
        shape = project_json(project)
        if project.convention is not None:
            parts = {"case": project.convention.case, "prefix": project.convention.prefix}
            shape["namingConvention"] = {name: text for name, text in parts.items() if text}
        return JSONResponse(shape)

    async def environments(self, request: Request, token: Token) -> Response:
        project = self._project(request, token)
        return collection(request, ENVIRONMENT_KEYS, lambda key: environment_json(project, key))

    async def segments(self, request: Request, token: Token) -> Response:
        """Return no segments: nobody here creates one."""
        self._project(request, token)
        if request.path_params["environment"] not in ENVIRONMENT_KEYS:
            raise ld_refusal(404)
        return collection(request, (), dict)

    async def approval_requests(self, request: Request, token: Token) -> Response:
        """Return what waits for approval. Of the filters this server knows `projectKey equals KEY`."""
        wanted = re.search(r"projectKey equals ([^,]+)", request.query_params.get("filter", ""))
        waiting = [
            (number, resource)
            for number, resource in enumerate(self._accounts.of(token).approvals, 1)
            if wanted is None or resource.startswith(f"proj/{wanted[1].strip()}:")
        ]
        return collection(request, waiting, approval_json, most=200)

    async def members(self, request: Request, token: Token) -> Response:
        query = filters(request).get("query", "")
        members = [
            member
            for member in self._accounts.of(token).members
            if matches(query, f"{member.first} {member.last}", member.email)
        ]
        return collection(request, members, member_json)

    async def member(self, request: Request, token: Token) -> Response:
        """Return a member by id. `me` is the owner of the token; for a service token this server answers 404."""
        name = request.path_params["id"]
        member = self._accounts.of(token).member(token.member or "" if name == "me" else name)
        if member is None or name == member.email:
            raise ld_refusal(404)
        return JSONResponse(member_json(member))

    async def tags(self, request: Request, token: Token) -> Response:
        """Return the tags of flags. No client here asks for another kind."""
        flags = self._accounts.of(token).flags.values()
        prefix = request.query_params.get("pre", "").lower()
        tags = {tag for project in flags for flag in project.values() for tag in flag.tags}
        return collection(request, sorted(tag for tag in tags if tag.lower().startswith(prefix)), str)


def member_json(member: StoredMember) -> dict[str, Any]:
    shape = {
        "_links": {"self": link(f"/api/v2/members/{member.id}")},
        "_id": member.id,
        "email": member.email,
        "role": member.role,
        "customRoles": list(member.custom),
        "mfa": "disabled",
        "_pendingInvite": member.invited,
        "_verified": not member.invited,
        "_lastSeen": STARTED,
        "creationDate": STARTED,
    }
    names = {"firstName": member.first, "lastName": member.last}
    return shape | {key: name for key, name in names.items() if name}


def member_summary(member: StoredMember) -> dict[str, Any]:
    whole = member_json(member)
    return {key: whole[key] for key in ("_links", "_id", "firstName", "lastName", "role", "email") if key in whole}


def project_json(project: StoredProject) -> dict[str, Any]:
    path = f"/api/v2/projects/{project.key}"
    return {
        "_links": {"self": link(path), "environments": link(f"{path}/environments")},
        "_id": project.id,
        "key": project.key,
        "name": project.name,
        "tags": list(project.tags),
        "includeInSnippetByDefault": False,
    }


def environment_json(project: StoredProject, key: str) -> dict[str, Any]:
    """Return an environment with masked keys: no client here needs them."""
    number = int(project.id[-6:], 16) * 10 + ENVIRONMENT_KEYS.index(key)
    return {
        "_links": {"self": link(f"/api/v2/projects/{project.key}/environments/{key}")},
        "_id": object_id("environment", number),
        "key": key,
        "name": key.capitalize(),
        "apiKey": "sdk-********",
        "mobileKey": "mob-********",
        "color": "417505",
        "defaultTtl": 0,
        "secureMode": False,
        "defaultTrackEvents": False,
        "requireComments": False,
        "confirmChanges": key == "production",
        "tags": [],
        "critical": key == "production",
        "approvalSettings": {
            "required": key == "staging",
            "requiredApprovalTags": [],
            "bypassApprovalsForPendingChanges": False,
            "minNumApprovals": 1,
            "canReviewOwnRequest": False,
            "canApplyDeclinedChanges": True,
            "serviceKind": "launchdarkly",
            "serviceConfig": {},
        },
    }


def approval_json(numbered: tuple[int, str]) -> dict[str, Any]:
    """Return a request for approval, which changes nothing: its number, and the resource that it waits to change."""
    number, resource = numbered
    id_ = object_id("approval", number)
    return {
        "_links": {"self": link(f"/api/v2/approval-requests/{id_}")},
        "_id": id_,
        "_version": 1,
        "creationDate": STARTED,
        "serviceKind": "launchdarkly",
        "description": "",
        "reviewStatus": "pending",
        "allReviews": [],
        "notifyMemberIds": [],
        "status": "pending",
        "instructions": [],
        "conflicts": [],
        "resourceId": resource,
    }
