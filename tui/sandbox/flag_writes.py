"""Making, changing and deleting flags of the practice LaunchDarkly: semantic patch, JSON Patch, delete.

Shapes and content types are those of LaunchDarkly's OpenAPI document. Every change moves the flag's version; one of an
environment moves that environment's version and time as well. Each gets an audit log entry.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tui.sandbox.account import ENVIRONMENT_KEYS, Account, Accounts, LdFlag
from tui.sandbox.answers import ld_refusal
from tui.sandbox.audit import create_flag, delete_flag, update_flag
from tui.sandbox.gate import Handler, gated
from tui.sandbox.keys import CREATE_FLAGS, Token
from tui.sandbox.patch import patched
from tui.sandbox.shapes import flag_json

_KEY = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,255}")
_SEMANTIC = "domain-model=launchdarkly.semanticpatch"
_CHANGEABLE = ("name", "description", "tags", "archived", "environments")


class FlagWrites:
    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def routes(self) -> list[BaseRoute]:
        path = "/api/v2/flags/{project}/{flag}"
        calls: tuple[tuple[str, str, Handler], ...] = (
            ("POST", "/api/v2/flags/{project}", self.create),
            ("PATCH", path, self.change),
            ("DELETE", path, self.delete),
        )
        return [Route(at, gated(one, right=CREATE_FLAGS), methods=[method]) for method, at, one in calls]

    async def create(self, request: Request, token: Token) -> Response:
        """A boolean flag, off everywhere. A key that is taken is refused, also by an archived flag."""
        account, project = self._accounts.of(token), request.path_params["project"]
        if project not in account.projects:
            raise ld_refusal(404)
        body = await _body(request)
        key = body.get("key") if isinstance(body, dict) else None
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            raise ld_refusal(400, "key is not valid")
        if key in account.flags[project]:
            raise ld_refusal(409, "A flag with this key exists", "conflict")
        now = self._accounts.now_ms()
        made = LdFlag(key, str(body.get("name", key)), tuple(map(str, body.get("tags", ()))), now)
        create_flag(account, project, made, account.author(token), now)
        return JSONResponse(flag_json(account, project, made, environments=ENVIRONMENT_KEYS), 201)

    def _found(self, request: Request, token: Token) -> tuple[Account, dict[str, LdFlag], LdFlag]:
        account, path = self._accounts.of(token), request.path_params
        flags = account.flags.get(path["project"], {})
        if path["flag"] not in flags:
            raise ld_refusal(404)
        return account, flags, flags[path["flag"]]

    async def change(self, request: Request, token: Token) -> Response:
        account, flags, flag = self._found(request, token)
        project = request.path_params["project"]
        body = await _body(request)
        semantic = _SEMANTIC in request.headers.get("content-type", "")
        now = self._accounts.now_ms()
        changed = _instructed(flag, body, now) if semantic else _patched(flag, body, now)
        if changed.archived and not flag.archived and (users := _users(flags.values(), flag.key)):
            raise ld_refusal(400, f"Cannot archive a flag that is a prerequisite of {', '.join(users)}")
        if changed != flag:
            changed = update_flag(account, project, changed, account.author(token), now)
        return JSONResponse(flag_json(account, project, changed, environments=ENVIRONMENT_KEYS))

    async def delete(self, request: Request, token: Token) -> Response:
        account, flags, flag = self._found(request, token)
        if users := _users(flags.values(), flag.key):
            raise ld_refusal(409, f"The flag is a prerequisite of {', '.join(users)}", "conflict")
        project, now = request.path_params["project"], self._accounts.now_ms()
        delete_flag(account, project, flag.key, account.author(token), now)
        return Response(status_code=204)


async def _body(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except (ValueError, RecursionError):
        raise ld_refusal(400) from None


def _users(flags: Any, key: str) -> list[str]:
    """The flags that are not archived and depend on this one."""
    return [
        flag.key for flag in flags if not flag.archived and any(key in state.requires for state in flag.states.values())
    ]


def _instructed(flag: LdFlag, body: Any, now: int) -> LdFlag:
    """A semantic patch: all of its instructions, or a refusal and nothing done."""
    instructions = body.get("instructions") if isinstance(body, dict) else None
    if not isinstance(instructions, list) or not instructions:
        raise ld_refusal(400, "instructions must be a list of at least one")
    for one in instructions:
        do = _INSTRUCTIONS.get(one.get("kind", "")) if isinstance(one, dict) else None
        if do is None:
            raise ld_refusal(400, "An instruction has a kind that is not known")
        try:
            flag = do(flag, {"environmentKey": body.get("environmentKey")} | one, now)
        except (KeyError, TypeError, ValueError):
            raise ld_refusal(400, f"{one['kind']} lacks what it needs") from None
    return flag


def _switched(on: bool) -> Callable[[LdFlag, Mapping[str, Any], int], LdFlag]:
    return lambda flag, one, now: flag.changed_in(_environment(one), now, on=on)


def _environment(one: Mapping[str, Any]) -> str:
    if one["environmentKey"] not in ENVIRONMENT_KEYS:
        raise ld_refusal(400, "environmentKey is not valid")
    return str(one["environmentKey"])


def _requiring(flag: LdFlag, one: Mapping[str, Any], now: int) -> LdFlag:
    keys = tuple(str(each["key"]) for each in one["prerequisites"])
    return flag.changed_in(_environment(one), now, requires=keys)


_INSTRUCTIONS: Mapping[str, Callable[[LdFlag, Mapping[str, Any], int], LdFlag]] = {
    "archiveFlag": lambda flag, one, now: replace(flag, archived=True),
    "restoreFlag": lambda flag, one, now: replace(flag, archived=False),
    "updateName": lambda flag, one, now: replace(flag, name=str(one["value"])),
    "updateDescription": lambda flag, one, now: replace(flag, description=str(one["value"])),
    "addTags": lambda flag, one, now: replace(flag, tags=tuple(dict.fromkeys((*flag.tags, *one["values"])))),
    "removeTags": lambda flag, one, now: replace(flag, tags=tuple(t for t in flag.tags if t not in one["values"])),
    "turnFlagOn": _switched(True),
    "turnFlagOff": _switched(False),
    "addPrerequisites": _requiring,
    "removePrerequisites": lambda flag, one, now: flag.changed_in(_environment(one), now, requires=()),
}


def _patched(flag: LdFlag, operations: Any, now: int) -> LdFlag:
    before = {
        "name": flag.name,
        "description": flag.description,
        "tags": list(flag.tags),
        "archived": flag.archived,
        "_version": flag.version,
        "environments": {key: {"on": flag.state(key).on} for key in ENVIRONMENT_KEYS},
    }
    after = patched(before, operations, _CHANGEABLE)
    name, tags = after["name"], after["tags"]
    if not isinstance(name, str) or not name or not isinstance(tags, list) or not all(isinstance(t, str) for t in tags):
        raise ld_refusal(400, "name or tags are not valid")
    changed = replace(
        flag,
        name=name,
        description=str(after["description"]),
        tags=tuple(tags),
        archived=after["archived"] is True,
    )
    for key in ENVIRONMENT_KEYS:
        changed = changed.changed_in(key, now, on=after["environments"][key]["on"] is True)
    return changed
