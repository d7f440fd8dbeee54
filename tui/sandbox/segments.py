"""The demo LaunchDarkly's segments, after LaunchDarkly's OpenAPI document.

Where segments need approvals, a new one can be created, and its targeting is a 403 (as users of LaunchDarkly's
Terraform provider saw).
"""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tui.sandbox.account import Accounts, StoredAccount, StoredSegment
from tui.sandbox.endpoints import collection, gated, is_semantic, ld_refusal, link, read_body, truth
from tui.sandbox.keys import BYPASS_SEGMENT_APPROVALS, CREATE_FLAGS, Token
from tui.sandbox.segment_patch import json_patched, needs_approval, patched
from tui.sandbox.targeting import Invalid

_KEY = re.compile("[a-zA-Z0-9][a-zA-Z0-9._-]{0,255}")


class Segments:
    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def routes(self) -> list[BaseRoute]:
        segments = "/api/v2/segments/{project}/{environment}"
        segment = segments + "/{segment}"
        return [
            Route(segments, gated(self.list), methods=["GET"]),
            Route(segments, gated(self.create, right=CREATE_FLAGS), methods=["POST"]),
            Route(segment, gated(self.get), methods=["GET"]),
            Route(segment, gated(self.change, right=CREATE_FLAGS), methods=["PATCH"]),
            Route(segment, gated(self.delete, right=CREATE_FLAGS), methods=["DELETE"]),
        ]

    def _segments(self, request: Request, token: Token) -> tuple[StoredAccount, str, str, dict[str, StoredSegment]]:
        account, path = self._accounts.of(token), request.path_params
        project, environment = str(path["project"]), str(path["environment"])
        if project not in account.projects or environment not in account.environments:
            raise ld_refusal(404)
        return account, project, environment, account.segments_in(project, environment)

    def _segment(self, request: Request, token: Token) -> tuple[StoredAccount, str, str, StoredSegment]:
        account, project, environment, segments = self._segments(request, token)
        if request.path_params["segment"] not in segments:
            raise ld_refusal(404)
        return account, project, environment, segments[request.path_params["segment"]]

    async def list(self, request: Request, token: Token) -> Response:
        _, project, environment, segments = self._segments(request, token)
        return collection(request, [*segments.values()], lambda segment: segment_json(project, environment, segment))

    async def create(self, request: Request, token: Token) -> Response:
        """Create a segment without targeting: rules and targets in the body are ignored, as documented."""
        account, project, environment, segments = self._segments(request, token)
        body = await read_body(request)
        given = body if isinstance(body, dict) else {}
        key, name, tags = given.get("key"), given.get("name"), given.get("tags", [])
        if not isinstance(key, str) or not _KEY.fullmatch(key) or not isinstance(name, str) or not name:
            raise ld_refusal(400, "key and name are required; a key begins with a letter or a digit")
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            raise ld_refusal(400, "tags must be a list of strings")
        if key in segments:
            raise ld_refusal(409, f"A segment with the key {key} already exists", "conflict")
        now, description = self._accounts.now_ms(), str(given.get("description") or "")
        segment = StoredSegment(key, name, now, now, description, tuple(tags))
        account.create_segment(project, environment, segment, account.author(token), now)
        return JSONResponse(segment_json(project, environment, segment), 201)

    async def get(self, request: Request, token: Token) -> Response:
        """Return a segment, with the flags whose rules name it."""
        account, project, environment, segment = self._segment(request, token)
        flags = [
            {
                "name": flag.name,
                "key": flag.key,
                "_links": {"self": link(f"/api/v2/flags/{project}/{flag.key}")},
                "_site": link(f"/{project}/{environment}/features/{flag.key}"),
            }
            for flag in account.flags[project].values()
            if any(_names(rule, segment.key) for rule in flag.state(environment).rules)
        ]
        return JSONResponse(segment_json(project, environment, segment) | {"_flags": flags})

    async def change(self, request: Request, token: Token) -> Response:
        """Carry out a semantic patch or a JSON Patch: all of it, or nothing. With `dryRun` nothing is stored."""
        account, project, environment, segment = self._segment(request, token)
        body = await read_body(request)
        comment = str(body.get("comment") or "") if isinstance(body, dict) else ""
        protected = account.environments[environment].segment_approvals
        if protected and needs_approval(body) and BYPASS_SEGMENT_APPROVALS not in token.rights:
            raise ld_refusal(403, "approval is required")
        try:
            if is_semantic(request):
                changed = patched(segment, _instructions(body, environment), account.new_id)
            else:
                changed = json_patched(segment, body, account.new_id)
        except Invalid as problem:
            raise ld_refusal(400, str(problem)) from None
        if not truth(request, "dryRun"):
            now = self._accounts.now_ms()
            changed = account.update_segment(project, environment, changed, account.author(token), now, comment)
        return JSONResponse(segment_json(project, environment, changed))

    async def delete(self, request: Request, token: Token) -> Response:
        """Delete a segment. LaunchDarkly documents no protection of one that flags name, so there is none here."""
        account, project, environment, segment = self._segment(request, token)
        account.delete_segment(project, environment, segment.key, account.author(token), self._accounts.now_ms())
        return Response(status_code=204)


def _instructions(body: object, environment: str) -> list[object]:
    if not isinstance(body, dict) or not isinstance(body.get("instructions"), list) or not body["instructions"]:
        raise Invalid("instructions must be a non-empty list")
    if body.get("environmentKey") != environment:
        raise Invalid("environmentKey must be the environment of the segment")
    return list(body["instructions"])


def _names(rule: Any, segment: str) -> bool:
    return any(clause["op"] == "segmentMatch" and segment in clause["values"] for clause in rule["clauses"])


def segment_json(project: str, environment: str, segment: StoredSegment) -> dict[str, Any]:
    path = f"/api/v2/segments/{project}/{environment}"
    return {
        "_links": {"self": link(f"{path}/{segment.key}"), "parent": link(path)},
        "key": segment.key,
        "name": segment.name,
        "description": segment.description,
        "tags": list(segment.tags),
        "creationDate": segment.created,
        "lastModifiedDate": segment.modified,
        "included": list(segment.included),
        "excluded": list(segment.excluded),
        "includedContexts": list(segment.included_contexts),
        "excludedContexts": list(segment.excluded_contexts),
        "rules": list(segment.rules),
        "version": segment.version,
        "deleted": False,
        "generation": 1,
    }
