"""The practice LaunchDarkly's audit log, after LaunchDarkly's OpenAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tui.sandbox.account import Account, Accounts, Author, Entry
from tui.sandbox.answers import ld_refusal, link
from tui.sandbox.gate import gated
from tui.sandbox.keys import Token, token_id
from tui.sandbox.shapes import member_summary

AUDIT_LOG = "/api/v2/auditlog"
_USUAL, _MOST = "10", 20

_Admits = Callable[[str, str], bool]
"""Whether an action on a resource is wanted."""


class AuditLog:
    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def routes(self) -> list[BaseRoute]:
        return [
            Route(AUDIT_LOG, gated(self.list), methods=["GET"]),
            Route(AUDIT_LOG, gated(self.search), methods=["POST"]),
        ]

    async def list(self, request: Request, token: Token) -> Response:
        spec = request.query_params.get("spec", "")
        return self._page(request, token, lambda action, resource: not spec or _covers(spec, resource))

    async def search(self, request: Request, token: Token) -> Response:
        """The body is a list of policy statements."""
        try:
            statements = json.loads(await request.body())
        except (ValueError, RecursionError):
            raise ld_refusal(400) from None
        if not isinstance(statements, list) or not all(
            isinstance(one, dict) and one.get("effect") in ("allow", "deny") for one in statements
        ):
            raise ld_refusal(400, "The body must be a list of statements, each with an effect")
        return self._page(request, token, _policy(statements))

    def _page(self, request: Request, token: Token, admits: _Admits) -> Response:
        """The newest entries first. `next` has a cursor: entries of the same millisecond are neither lost nor doubled.

        How LaunchDarkly's own `next` continues is not documented.
        """
        account, query = self._accounts.of(token), request.query_params
        limit = _number(query.get("limit", _USUAL)) or 0
        if not 1 <= limit <= _MOST:
            raise ld_refusal(400, f"limit must be from 1 to {_MOST}")
        found = sorted(
            (one for one in account.audit if _asked_for(one, request, admits)),
            key=lambda one: (one.date, one.id),
            reverse=True,
        )
        cursor = query.get("cursor")
        start = next((n for n, one in enumerate(found, 1) if one.id == cursor), 0) if cursor else 0
        page = found[start : start + limit]
        links = {"self": link(AUDIT_LOG)}
        if start + limit < len(found):
            others = [(key, value) for key, value in query.multi_items() if key != "cursor"]
            links["next"] = link(f"{AUDIT_LOG}?{urlencode([*others, ('cursor', page[-1].id)])}")
        return JSONResponse({"items": [_entry_json(account, one) for one in page], "_links": links})


def _asked_for(entry: Entry, request: Request, admits: _Admits) -> bool:
    query = request.query_params
    before, after = _number(query.get("before")), _number(query.get("after"))
    members, tokens, author = query.getlist("member"), query.getlist("token"), entry.author
    return (
        (before is None or entry.date < before)
        and (after is None or entry.date > after)
        and query.get("q", "").casefold() in entry.flag.name.casefold()
        and (not members or (author.member is not None and author.member.id in members))
        and (not tokens or (author.token is not None and token_id(author.token) in tokens))
        and any(admits(action, _resource(entry, environment)) for action, environment in entry.accesses)
    )


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise ld_refusal(400, "before, after and limit must be whole numbers")
    return int(text)


def _resource(entry: Entry, environment: str) -> str:
    return f"proj/{entry.project}:env/{environment}:flag/{entry.flag.key}"


def _covers(spec: str, resource: str) -> bool:
    """A specifier's parts are `kind/name`; `*` stands for any characters. Tags behind a `;` are passed over here."""
    pairs = zip_longest(spec.split(":"), resource.split(":"), fillvalue="")
    return all(re.fullmatch(re.escape(want.partition(";")[0]).replace(r"\*", ".*"), have) for want, have in pairs)


def _policy(statements: list[Mapping[str, Any]]) -> _Admits:
    """What at least one statement allows and none denies."""

    def covered(statement: Mapping[str, Any], action: str, resource: str) -> bool:
        resources, not_resources = statement.get("resources") or (), statement.get("notResources") or ()
        actions, not_actions = statement.get("actions") or (), statement.get("notActions") or ()
        here = any(_covers(str(one), resource) for one in resources or not_resources) is bool(resources)
        return here and any(one in ("*", action) for one in actions or not_actions) is bool(actions)

    def admits(action: str, resource: str) -> bool:
        effects = {one["effect"] for one in statements if covered(one, action, resource)}
        return effects == {"allow"}

    return admits


def _entry_json(account: Account, entry: Entry) -> dict[str, Any]:
    flag, resources = entry.flag, [_resource(entry, environment) for _, environment in entry.accesses]
    at = f"{AUDIT_LOG}/{entry.id}"
    shape: dict[str, Any] = {
        "_links": {
            "canonical": link(f"/api/v2/flags/{entry.project}/{flag.key}"),
            "parent": link(AUDIT_LOG),
            "self": link(at),
        },
        "_id": entry.id,
        "_accountId": account.id,
        "date": entry.date,
        "accesses": [
            {"action": action, "resource": resource}
            for (action, _), resource in zip(entry.accesses, resources, strict=True)
        ],
        "kind": "flag",
        "name": flag.name,
        "description": "",
        "shortDescription": "",
        "titleVerb": entry.verb,
        "title": f"{_named(entry.author)} {entry.verb} [{flag.name}](/{entry.project}/~/features/{flag.key})",
        "target": {
            "_links": {"canonical": link(f"/api/v2/flags/{entry.project}/{flag.key}")},
            "name": flag.name,
            "resources": list(dict.fromkeys(resources)),
        },
    }
    return shape | _author_json(entry.author)


def _named(author: Author) -> str:
    if author.member:
        return f"{author.member.first} {author.member.last}"
    return author.token.name if author.token else "Somebody"


def _author_json(author: Author) -> dict[str, Any]:
    """A member's own token is named beside the member."""
    shape: dict[str, Any] = {}
    if member := author.member:
        summary = member_summary(member)
        shape["member"] = {key: value for key, value in summary.items() if key != "role"}
    if token := author.token:
        id_ = token_id(token)
        shape["token"] = {
            "_links": {"self": link(f"/api/v2/tokens/{id_}")},
            "_id": id_,
            "name": token.name,
            "ending": token.value[-4:],
            "serviceToken": author.member is None,
        }
    return shape
