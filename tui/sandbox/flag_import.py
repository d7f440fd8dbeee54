"""The six flag import calls of the practice LaunchDarkly (beta)."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tui.sandbox.account import Account, Accounts, Configuration
from tui.sandbox.answers import ld_refusal, link
from tui.sandbox.checks import REQUIRED, checked_config, checked_name, checked_tags
from tui.sandbox.gate import Handler, gated
from tui.sandbox.job import TWIST, Jobs, Twist
from tui.sandbox.keys import CONFIGURE, READ, Token
from tui.sandbox.patch import patched
from tui.sandbox.shapes import FLAG_IMPORT, MASKED, SECRETS, configuration_json


class FlagImport:
    def __init__(self, accounts: Accounts, jobs: Jobs) -> None:
        self._accounts = accounts
        self._jobs = jobs

    def routes(self) -> list[BaseRoute]:
        base = FLAG_IMPORT + "/{project}/{integration}"
        calls: list[tuple[str, str, Handler, str]] = [
            ("GET", FLAG_IMPORT, self.list, READ),
            ("POST", base, self.create, CONFIGURE),
            ("GET", base + "/{id}", self.get, READ),
            ("PATCH", base + "/{id}", self.update, CONFIGURE),
            ("DELETE", base + "/{id}", self.delete, CONFIGURE),
            ("POST", base + "/{id}/trigger", self.trigger, CONFIGURE),
        ]
        return [
            Route(path, gated(handler, right=right, beta=True), methods=[method])
            for method, path, handler, right in calls
        ]

    async def list(self, request: Request, token: Token) -> Response:
        """All of the account: this call has no filter and no pages. `config` is empty here."""
        found = self._accounts.of(token).configurations.values()
        items = [configuration_json(one, token, whole=False) for one in found]
        return JSONResponse({"_links": {"self": link(FLAG_IMPORT)}, "items": items})

    async def create(self, request: Request, token: Token) -> Response:
        account, integration = self._accounts.of(token), request.path_params["integration"]
        if request.path_params["project"] not in account.projects or integration not in REQUIRED:
            raise ld_refusal(404)
        body = await _body(request)
        if not isinstance(body, dict):
            raise ld_refusal(400)
        made = self._accounts.add(
            account,
            request.path_params["project"],
            integration,
            checked_name(body.get("name"), integration),
            checked_tags(body.get("tags")),
            checked_config(body.get("config"), integration, account),
        )
        if (twist := _twist(request)) is not None:
            self._jobs.start(account, made, twist)
        return JSONResponse(configuration_json(made, token, whole=True))

    def _found(self, request: Request, token: Token) -> tuple[Account, Configuration]:
        account, path = self._accounts.of(token), request.path_params
        found = account.configurations.get(path["id"])
        if found is None or (found.project, found.integration) != (path["project"], path["integration"]):
            raise ld_refusal(404)
        return account, found

    async def get(self, request: Request, token: Token) -> Response:
        found = self._found(request, token)[1]
        shape = configuration_json(found, token, whole=True)
        found.stale_looks = max(0, found.stale_looks - 1)
        return JSONResponse(shape)

    async def update(self, request: Request, token: Token) -> Response:
        account, found = self._found(request, token)
        before = {"name": found.name, "tags": found.tags, "config": found.config, "version": found.version}
        after = patched(before, await _body(request))
        config = checked_config(after.get("config"), found.integration, account)
        if any(config[key] == MASKED for key in SECRETS[found.integration]):
            # Reading a config and writing it back would lose the keys; a strict server says so.
            raise ld_refusal(400, "A masked secret cannot be written back")
        name, tags = checked_name(after.get("name"), found.integration), checked_tags(after.get("tags"))
        found.name, found.tags, found.config = name, tags, config
        found.version += 1
        return JSONResponse(configuration_json(found, token, whole=True))

    async def delete(self, request: Request, token: Token) -> Response:
        account, found = self._found(request, token)
        self._jobs.cancel(found)
        del account.configurations[found.id]
        return Response(status_code=204)

    async def trigger(self, request: Request, token: Token) -> Response:
        """Queues the import job. A second trigger while one runs is refused: this server's choice (409)."""
        account, found = self._found(request, token)
        if self._jobs.running(found):
            raise ld_refusal(409, "An import is running already", "conflict")
        self._jobs.start(account, found, _twist(request) or Twist())
        return Response(status_code=201)


async def _body(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except (ValueError, RecursionError):
        raise ld_refusal(400) from None


def _twist(request: Request) -> Twist | None:
    twist: Twist | None = request.scope.get("extensions", {}).get(TWIST)
    return twist
