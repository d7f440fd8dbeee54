"""Changes of flags that wait for approval or for a time, after LaunchDarkly's OpenAPI document.

A request for approval changes nothing until someone applies it: see `Colleague.apply`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tui.sandbox.account import Accounts, Author, LdFlag, PendingChange, StoredAccount
from tui.sandbox.endpoints import collection, gated, ld_refusal, link, read_body
from tui.sandbox.flag_patch import Place, patched
from tui.sandbox.keys import CREATE_FLAGS, Token, object_id
from tui.sandbox.targeting import Invalid, objects_of

_FLAG = "/api/v2/projects/{project}/flags/{flag}/environments/{environment}"
_REQUESTS = f"{_FLAG}/approval-requests"


class Approvals:
    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/api/v2/approval-requests", gated(self.of_account), methods=["GET"]),
            Route(_REQUESTS, gated(self.list), methods=["GET"]),
            Route(_REQUESTS, gated(self.create, right=CREATE_FLAGS), methods=["POST"]),
            Route(_REQUESTS + "/{id}", gated(self.get), methods=["GET"]),
            Route(_REQUESTS + "/{id}", gated(self.delete, right=CREATE_FLAGS), methods=["DELETE"]),
            Route(f"{_FLAG}/scheduled-changes", gated(self.scheduled), methods=["GET"]),
        ]

    def _flag(self, request: Request, token: Token) -> tuple[StoredAccount, Place, str]:
        account, path = self._accounts.of(token), request.path_params
        place = Place(account, str(path["project"]), str(path["environment"]))
        if path["flag"] not in account.flags.get(place.project, {}) or place.environment not in account.environments:
            raise ld_refusal(404)
        return account, place, str(path["flag"])

    def _one(self, request: Request, token: Token) -> tuple[StoredAccount, PendingChange]:
        account, place, flag = self._flag(request, token)
        change = account.pending.get(request.path_params["id"])
        if change is None or change.scheduled is not None or change not in _changes(place, flag):
            raise ld_refusal(404)
        return account, change

    async def of_account(self, request: Request, token: Token) -> Response:
        """Return requests of an account. Of the filters this server knows `projectKey equals` and `status anyOf`."""
        account, asked = self._accounts.of(token), request.query_params.get("filter", "")
        project, status = re.search(r"projectKey equals ([^,]+)", asked), re.search(r"\bstatus anyOf \[(.*?)\]", asked)
        listed = [
            change
            for change in account.pending.values()
            if change.scheduled is None
            and (project is None or change.project == project[1].strip())
            and (status is None or f'"{change.status}"' in status[1])
        ]
        return collection(request, listed, lambda change: approval_json(account, change), most=200)

    async def list(self, request: Request, token: Token) -> Response:
        """Return all requests for a flag in an environment. This list has no pages."""
        account, place, flag = self._flag(request, token)
        items = [approval_json(account, change) for change in _changes(place, flag) if change.scheduled is None]
        return JSONResponse({"items": items, "_links": {"self": link(request.url.path)}})

    async def create(self, request: Request, token: Token) -> Response:
        account, place, flag = self._flag(request, token)
        body = await read_body(request)
        if not isinstance(body, dict) or not isinstance(body.get("description"), str):
            raise ld_refusal(400, "description is required")
        member = account.author(token).member
        try:
            instructions = tuple(objects_of(body, "instructions"))
            if not instructions:
                raise Invalid("instructions must be a non-empty list")
            patched(place, account.flags[place.project][flag], instructions)
        except Invalid as problem:
            raise ld_refusal(400, str(problem)) from None
        now, requested_by = self._accounts.now_ms(), member.id if member else ""
        change = wait(account, place, flag, now, instructions, body["description"], requested_by)
        return JSONResponse(approval_json(account, change), 201)

    async def get(self, request: Request, token: Token) -> Response:
        return JSONResponse(approval_json(*self._one(request, token)))

    async def delete(self, request: Request, token: Token) -> Response:
        """Take a request back. LaunchDarkly doesn't document what happens to one that was applied; here it stays."""
        account, change = self._one(request, token)
        if change.status != "pending":
            raise ld_refusal(403)
        del account.pending[change.id]
        return Response(status_code=204)

    async def scheduled(self, request: Request, token: Token) -> Response:
        _, place, flag = self._flag(request, token)
        items = [
            {
                "_id": change.id,
                "_creationDate": change.created,
                "_maintainerId": change.requested_by,
                "_version": 1,
                "executionDate": change.scheduled,
                "instructions": list(change.instructions),
                "_links": {"self": link(f"{request.url.path}/{change.id}")},
            }
            for change in _changes(place, flag)
            if change.scheduled is not None and change.status == "pending"
        ]
        return JSONResponse({"items": items, "_links": {"self": link(request.url.path)}})


def _changes(place: Place, flag: str) -> list[PendingChange]:
    where = place.project, place.environment, flag
    changes = place.account.pending.values()
    return [each for each in changes if (each.project, each.environment, each.flag) == where]


def wait(
    account: StoredAccount,
    place: Place,
    flag: str,
    now: int,
    instructions: tuple[Any, ...],
    description: str,
    requested_by: str,
    scheduled: int | None = None,
) -> PendingChange:
    """Store a change that waits."""
    id_ = object_id("approval", account.new_number())
    where = id_, place.project, place.environment, flag
    change = PendingChange(*where, now, instructions, description, requested_by, scheduled)
    account.pending[id_] = change
    return change


def carry_out(account: StoredAccount, id_: str, author: Author, now: int) -> PendingChange:
    """Apply what waits, as its reviewer or LaunchDarkly does. What can't be applied any more has failed."""
    change = account.pending[id_]
    try:
        place, flag = _place(account, change), account.flags[change.project][change.flag]
        after = patched(place, flag, change.instructions).moved_from(flag, now)
    except (Invalid, KeyError):
        account.pending[id_] = failed = replace(change, status="failed")
        return failed
    if after != flag:
        account.update_flag(change.project, after, author, now, change.description)
    applied_by = author.member.id if author.member else ""
    account.pending[id_] = done = replace(
        change, status="completed", review="approved", applied=now, applied_by=applied_by
    )
    return done


def would_fail(account: StoredAccount, project: str, before: LdFlag, after: LdFlag) -> list[PendingChange]:
    """Return the pending changes of a flag that could be carried out before a change of it, and can't any more."""
    pending = [each for each in account.pending.values() if (each.project, each.flag) == (project, before.key)]
    return [
        each
        for each in pending
        if each.status == "pending"
        and not any(_conflicts(account, each, before))
        and any(_conflicts(account, each, after))
    ]


def _conflicts(account: StoredAccount, change: PendingChange, flag: LdFlag) -> Iterator[dict[str, Any]]:
    """Yield the first instruction that the flag doesn't allow, with the reason."""
    for instruction in change.instructions:
        try:
            flag = patched(_place(account, change), flag, [instruction])
        except Invalid as problem:
            yield {"instruction": instruction, "reason": str(problem)}
            return


def _place(account: StoredAccount, change: PendingChange) -> Place:
    return Place(account, change.project, change.environment)


def approval_json(account: StoredAccount, change: PendingChange) -> dict[str, Any]:
    """Return a request for approval, with the instructions that can't be applied now as conflicts."""
    flag = account.flags[change.project].get(change.flag)
    conflicts = list(_conflicts(account, change, flag)) if flag and change.status == "pending" else []
    shape: dict[str, Any] = {
        "_links": {"self": link(f"/api/v2/approval-requests/{change.id}")},
        "_id": change.id,
        "_version": 1,
        "creationDate": change.created,
        "serviceKind": "launchdarkly",
        "description": change.description,
        "reviewStatus": change.review,
        "allReviews": [],
        "notifyMemberIds": [],
        "status": change.status,
        "instructions": list(change.instructions),
        "conflicts": conflicts,
        "resourceId": change.resource,
    }
    optional = {
        "requestorId": change.requested_by,
        "appliedDate": change.applied,
        "appliedByMemberId": change.applied_by,
    }
    return shape | {name: value for name, value in optional.items() if value}
