"""Access tokens of the demo LaunchDarkly: list, create, delete; after LaunchDarkly's OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tui.sandbox.account import Accounts
from tui.sandbox.company import STARTED
from tui.sandbox.endpoints import collection, gated, ld_refusal, link, read_body
from tui.sandbox.keys import (
    CONFIGURE,
    CREATE_FLAGS,
    MANAGE_TOKENS,
    READ,
    Statement,
    Token,
    created_value,
    object_id,
    token_id,
)

ACCESS_TOKENS = "/api/v2/tokens"
_PAGE = 25
_FIRST_CREATED = 0x1000
_ROLES: Mapping[str, frozenset[str]] = {
    "reader": frozenset({READ}),
    "writer": frozenset({READ, CONFIGURE, CREATE_FLAGS}),
    "admin": frozenset({READ, CONFIGURE, CREATE_FLAGS, MANAGE_TOKENS}),
}


class AccessTokens:
    """Only a token with the right to manage tokens gets here: the role Admin, or a custom role that allows it."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def routes(self) -> list[BaseRoute]:
        return [
            Route(ACCESS_TOKENS, gated(self.list, right=MANAGE_TOKENS), methods=["GET"]),
            Route(ACCESS_TOKENS, gated(self.create, right=MANAGE_TOKENS), methods=["POST"]),
            Route(ACCESS_TOKENS + "/{id}", gated(self.delete, right=MANAGE_TOKENS), methods=["DELETE"]),
        ]

    def _of_account(self, token: Token) -> list[Token]:
        return [each for each in self._accounts.tokens.values() if each.account == token.account and not each.deleted]

    async def list(self, request: Request, token: Token) -> Response:
        """List service tokens, the caller's own and, with `showAll`, those of all members."""
        every = request.query_params.get("showAll", "").lower() == "true"
        shown = [each for each in self._of_account(token) if every or each.member in (None, token.member)]
        return collection(request, shown, self._json, size=_PAGE)

    async def create(self, request: Request, token: Token) -> Response:
        """Create a token. Its value is shown this once, as the first member of the response."""
        body = await read_body(request)
        if not isinstance(body, dict):
            raise ld_refusal(400)
        role, policy = _role_of(body)
        made = sum(bool(each.id) for each in self._accounts.tokens.values())
        id_ = object_id("token", _FIRST_CREATED + made)
        creator = self._accounts.of(token).author(token).member
        created = Token(
            created_value(id_),
            _text(body, "name"),
            "",
            token.account,
            None if body.get("serviceToken") is True else token.member,
            role,
            _ROLES.get(role, frozenset()),
            id_,
            _text(body, "description"),
            policy,
            self._accounts.now_ms(),
            creator.id if creator else "",
            body.get("defaultApiVersion") if isinstance(body.get("defaultApiVersion"), int) else None,
        )
        self._accounts.tokens[id_] = created
        return JSONResponse({"token": created.value} | self._json(created) | {"token": created.value}, 201)

    async def delete(self, request: Request, token: Token) -> Response:
        names = [name for name, each in self._accounts.tokens.items() if each in self._of_account(token)]
        ids = {token_id(self._accounts.tokens[name]): name for name in names}
        if request.path_params["id"] not in ids:
            raise ld_refusal(404)
        name = ids[request.path_params["id"]]
        self._accounts.tokens[name] = replace(self._accounts.tokens[name], deleted=True)
        return Response(status_code=204)

    def _json(self, token: Token) -> dict[str, Any]:
        """Return a token with the last four characters of its value."""
        id_, members = token_id(token), self._accounts.of(token).members
        member = self._accounts.of(token).member(token.member) if token.member else None
        owner = token.owner or (member or members[0]).id
        shape: dict[str, Any] = {
            "_links": {"self": link(f"{ACCESS_TOKENS}/{id_}"), "parent": link(ACCESS_TOKENS)},
            "_id": id_,
            "ownerId": owner,
            "memberId": owner,
            "name": token.name,
            "description": token.description,
            "creationDate": token.created or STARTED,
            "lastModified": token.created or STARTED,
            "token": token.value[-4:],
            "serviceToken": token.member is None,
        }
        if token.version is not None:
            shape["defaultApiVersion"] = token.version
        if token.policy:
            return shape | {"inlineRole": [_statement_json(each) for each in token.policy]}
        return shape | {"role": token.role}


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > 256:
        raise ld_refusal(400, f"{name} must be a text of at most 256 characters")
    return value


def _role_of(body: Mapping[str, Any]) -> tuple[str, tuple[Statement, ...]]:
    """Return a base role, or an inline role. This server has no custom roles to give."""
    given = [name for name in ("role", "customRoleIds", "inlineRole") if body.get(name)]
    if len(given) != 1:
        raise ld_refusal(400, "Exactly one of role, customRoleIds and inlineRole is required")
    if given == ["inlineRole"]:
        statements = body["inlineRole"]
        if not isinstance(statements, list):
            raise ld_refusal(400, "inlineRole must be a list of statements")
        return "", tuple(map(_statement, statements))
    if body.get("role") not in _ROLES:
        raise ld_refusal(400, "role must be reader, writer or admin")
    return body["role"], ()


def _statement(shape: Any) -> Statement:
    if not isinstance(shape, dict) or shape.get("effect") not in ("allow", "deny"):
        raise ld_refusal(400, "A statement needs the effect allow or deny")
    return Statement(shape["effect"], _texts(shape.get("resources")), _texts(shape.get("actions")))


def _texts(value: Any) -> tuple[str, ...]:
    texts: Sequence[Any] = value if isinstance(value, list) else ()
    if not texts or not all(isinstance(text, str) and text for text in texts):
        raise ld_refusal(400, "A statement needs resources and actions")
    return tuple(texts)


def _statement_json(statement: Statement) -> dict[str, Any]:
    return {
        "effect": statement.effect,
        "resources": list(statement.resources),
        "actions": list(statement.actions),
    }
