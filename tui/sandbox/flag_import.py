"""The six flag import calls of the demo LaunchDarkly (beta).

LaunchDarkly doesn't document which values it checks. This server is strict, and a message always names the field.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tui.sandbox.account import Accounts, StoredAccount, StoredConfiguration
from tui.sandbox.endpoints import Handler, gated, ld_refusal, link, read_body
from tui.sandbox.job import TWIST, Jobs, Twist
from tui.sandbox.keys import CONFIGURE, READ, Token

FLAG_IMPORT = "/api/v2/integration-capabilities/flag-import"
SECRETS = {"split": ("workspaceApiKey", "ldApiKey"), "unleash": ("sourceApiKey", "ldApiKey")}
_MASKED = "********"


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
        """List all of the account: this call has no filter and no pages. `config` is empty here."""
        configurations = self._accounts.of(token).configurations.values()
        items = [configuration_json(configuration, token, whole=False) for configuration in configurations]
        return JSONResponse({"_links": {"self": link(FLAG_IMPORT)}, "items": items})

    async def create(self, request: Request, token: Token) -> Response:
        account, integration = self._accounts.of(token), request.path_params["integration"]
        project = request.path_params["project"]
        if project not in account.projects or integration not in _REQUIRED:
            raise ld_refusal(404)
        body = await read_body(request)
        if not isinstance(body, dict):
            raise ld_refusal(400)
        name, tags, config = _checked(body, integration, account)
        created = self._accounts.add(account, project, integration, name, tags, config)
        if (twist := _twist(request)) is not None:
            self._start(account, created, twist)
        return JSONResponse(configuration_json(created, token, whole=True))

    def _configuration(self, request: Request, token: Token) -> tuple[StoredAccount, StoredConfiguration]:
        account, path = self._accounts.of(token), request.path_params
        configuration = account.configurations.get(path["id"])
        place = path["project"], path["integration"]
        if configuration is None or (configuration.project, configuration.integration) != place:
            raise ld_refusal(404)
        return account, configuration

    async def get(self, request: Request, token: Token) -> Response:
        configuration = self._configuration(request, token)[1]
        shape = configuration_json(configuration, token, whole=True)
        configuration.stale_looks = max(0, configuration.stale_looks - 1)
        return JSONResponse(shape)

    async def update(self, request: Request, token: Token) -> Response:
        account, configuration = self._configuration(request, token)
        before = {"name": configuration.name, "tags": configuration.tags, "config": configuration.config}
        name, tags, config = _checked(_patched(before, await read_body(request)), configuration.integration, account)
        if any(config[key] == _MASKED for key in SECRETS[configuration.integration]):
            # Reading a config and writing it back would lose the keys. A strict server refuses that.
            raise ld_refusal(400, "A masked secret cannot be written back")
        configuration.name, configuration.tags, configuration.config = name, tags, config
        configuration.version += 1
        return JSONResponse(configuration_json(configuration, token, whole=True))

    async def delete(self, request: Request, token: Token) -> Response:
        account, configuration = self._configuration(request, token)
        self._jobs.cancel(configuration)
        del account.configurations[configuration.id]
        return Response(status_code=204)

    async def trigger(self, request: Request, token: Token) -> Response:
        """Queue the import job. This server refuses a second trigger while one runs (409)."""
        account, configuration = self._configuration(request, token)
        if self._jobs.running(configuration):
            raise ld_refusal(409, "An import is running already", "conflict")
        self._start(account, configuration, _twist(request) or Twist())
        return Response(status_code=201)

    def _start(self, account: StoredAccount, configuration: StoredConfiguration, twist: Twist) -> None:
        configuration.stale = status_json(configuration)
        self._jobs.start(account, configuration, twist)


def _twist(request: Request) -> Twist | None:
    twist: Twist | None = request.scope.get("extensions", {}).get(TWIST)
    return twist


_TAG = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOST_TEXT = 4096


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
    except ValueError:
        return False


def _is_valid(key: str, value: str, account: StoredAccount) -> bool:
    if key == "ldMaintainer":
        return any(member.id == value for member in account.members)
    if key == "sourceBaseUrl":
        return _is_web_address(value)
    pattern = {"workspaceId": _UUID, "environmentId": _UUID, "ldTag": _TAG}.get(key)
    return pattern is None or pattern.fullmatch(value) is not None


_REQUIRED = {
    "split": ("workspaceApiKey", "workspaceId", "environmentId", "ldApiKey"),
    "unleash": ("sourceBaseUrl", "sourceApiKey", "sourceProjectId", "sourceEnvironmentId", "ldApiKey"),
}
_OPTIONAL = {
    "split": {"splitTag": "", "ldTag": "imported-from-split", "ldMaintainer": ""},
    "unleash": {"sourceTag": "", "ldTag": "imported-from-unleash", "ldMaintainer": ""},
}
"""Optional keys with the manifest's defaults, used where a key is missing."""


def _checked(
    body: Mapping[str, Any], integration: str, account: StoredAccount
) -> tuple[str, list[str], dict[str, str]]:
    """Return name, tags and config as they are stored. Only `config` is required by LaunchDarkly's schema.

    The config has the manifest's keys alone: the API's overview says that others are ignored.
    """
    name = body.get("name")
    if name is None:
        name = f"{integration.capitalize()} import"
    if not isinstance(name, str) or not 0 < len(name.strip()) <= 256:
        raise ld_refusal(400, "name must be a text of 1 to 256 characters")
    tags = body.get("tags")
    if tags is None:
        tags = []
    if not isinstance(tags, list) or not all(isinstance(tag, str) and _TAG.fullmatch(tag) for tag in tags):
        raise ld_refusal(400, "tags must be a list of letters, digits, '.', '_' and '-', 64 at most each")
    if not isinstance(body.get("config"), dict):
        raise ld_refusal(400, "config is required")
    values: dict[str, Any] = {key: value for key, value in body["config"].items() if value is not None}
    defaults = dict.fromkeys(_REQUIRED[integration], "") | _OPTIONAL[integration]
    config: dict[str, str] = {}
    for key, default in defaults.items():
        config[key] = value = values.get(key, default)
        if not isinstance(value, str) or len(value) > _MOST_TEXT:
            raise ld_refusal(400, f"{key} must be a text of at most {_MOST_TEXT} characters")
        if key in _REQUIRED[integration] and not value.strip():
            raise ld_refusal(400, f"{key} is required")
        if value and not _is_valid(key, value, account):
            raise ld_refusal(400, f"{key} is not valid")
    return name, list(tags), config


def _patched(document: Mapping[str, Any], operations: object) -> dict[str, Any]:
    """Apply a JSON Patch (RFC 6902) of `add` and `replace`: all operations, or a refusal and none."""
    if not isinstance(operations, list) or not operations:
        raise ld_refusal(400, "The body must be a JSON patch: a list of operations")
    result: dict[str, Any] = copy.deepcopy(dict(document))
    for operation in operations:
        if not isinstance(operation, dict) or not isinstance(operation.get("path"), str) or "value" not in operation:
            raise ld_refusal(400, "Each operation needs op, path and value")
        *parents, key = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]] or [
            ""
        ]
        if operation.get("op") not in ("add", "replace") or (parents or [key])[0] not in document:
            raise ld_refusal(400, f"Only {', '.join(document)} can be changed, by add or replace")
        place: Any = result
        for part in parents:
            place = place.get(part) if isinstance(place, dict) else None
        if not isinstance(place, dict) or (operation["op"] == "replace" and key not in place):
            raise ld_refusal(400, "The path of an operation does not exist")
        place[key] = operation["value"]
    return result


def configuration_json(configuration: StoredConfiguration, token: Token, *, whole: bool) -> dict[str, Any]:
    """Return one configuration. Only the response for a single one (`whole`) has its config, with masked secrets.

    LaunchDarkly doesn't document how it returns secrets. This server masks them.
    """
    secrets = SECRETS[configuration.integration]
    config = {key: _MASKED if key in secrets else value for key, value in configuration.config.items()}
    path = f"{FLAG_IMPORT}/{configuration.project}/{configuration.integration}"
    return {
        "_links": {
            "self": link(f"{path}/{configuration.id}"),
            "parent": link(FLAG_IMPORT),
            "project": link(f"/api/v2/projects/{configuration.project}"),
        },
        "_id": configuration.id,
        "integrationKey": configuration.integration,
        "projectKey": configuration.project,
        "config": config if whole else {},
        "tags": list(configuration.tags),
        "name": configuration.name,
        "version": configuration.version,
        "_access": _access_json(token),
        "_status": configuration.stale if configuration.stale_looks else status_json(configuration),
    }


def status_json(configuration: StoredConfiguration) -> dict[str, Any]:
    """Return a configuration's `_status`."""
    times = {"lastImport": configuration.last_import, "lastError": configuration.last_error}
    return {
        "status": configuration.status,
        "errors": list(configuration.errors),
        **{name: time for name, time in times.items() if time is not None},
    }


def _access_json(token: Token) -> dict[str, Any]:
    """The names of the actions are a guess: LaunchDarkly doesn't document them for this resource."""
    may = CONFIGURE in token.rights
    reason = {"effect": "allow" if may else "deny", "resources": ["integration/*"], "role_name": token.role}
    actions = [{"action": name, "reason": reason} for name in ("updateConfiguration", "deleteIntegration")]
    return {"denied": [] if may else actions, "allowed": actions if may else []}
