"""The demo LaunchDarkly's flags and their audit log, after LaunchDarkly's OpenAPI document.

Every change moves the flag's version; one of an environment moves that environment's version and time as well. Each
gets an audit log entry.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from zlib import crc32

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tui.sandbox.account import ENVIRONMENT_KEYS, Accounts, LdFlag, LogEntry, StoredAccount
from tui.sandbox.endpoints import collection, filters, gated, ld_refusal, link, read_body, whole_number
from tui.sandbox.keys import CREATE_FLAGS, Token, object_id, token_id
from tui.sandbox.launchdarkly import member_summary

AUDIT_LOG = "/api/v2/auditlog"
_END_OF_TIME = 10**16
_SEMANTIC = "domain-model=launchdarkly.semanticpatch"
_TARGETING = frozenset({"targets", "contextTargets", "rules", "prerequisites"})
"""Fields that a list of flags has only with `summary=0`."""


class Flags:
    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def routes(self) -> list[BaseRoute]:
        flags, flag = "/api/v2/flags/{project}", "/api/v2/flags/{project}/{flag}"
        return [
            Route(flags, gated(self.list), methods=["GET"]),
            Route(flag, gated(self.get), methods=["GET"]),
            Route(flag, gated(self.change, right=CREATE_FLAGS), methods=["PATCH"]),
            Route(flag, gated(self.delete, right=CREATE_FLAGS), methods=["DELETE"]),
            Route(AUDIT_LOG, gated(self.audit_log), methods=["GET"]),
        ]

    def _flags(self, request: Request, token: Token) -> tuple[StoredAccount, str, dict[str, LdFlag]]:
        account, project = self._accounts.of(token), str(request.path_params["project"])
        if project not in account.projects:
            raise ld_refusal(404)
        return account, project, account.flags[project]

    def _flag(self, request: Request, token: Token) -> tuple[StoredAccount, str, LdFlag]:
        account, project, flags = self._flags(request, token)
        if request.path_params["flag"] not in flags:
            raise ld_refusal(404)
        return account, project, flags[request.path_params["flag"]]

    async def list(self, request: Request, token: Token) -> Response:
        """Archived flags are listed only on request. Flags are in the order of their creation in the store."""
        account, project, flags = self._flags(request, token)
        query = request.query_params
        archived, tag = "archived" in filters(request).get("state", ""), query.get("tag", "")
        listed = [flag for flag in flags.values() if flag.archived is archived and (not tag or tag in flag.tags)]
        if query.get("sort") in ("creationDate", "-creationDate"):
            listed.sort(key=lambda flag: flag.created)
        if query.get("sort") == "-creationDate":
            listed.reverse()
        environments = tuple(key for key in ENVIRONMENT_KEYS if key in query.getlist("env"))
        targeting = query.get("summary", "").lower() in ("0", "false")
        return collection(
            request,
            listed,
            lambda flag: flag_json(account, project, flag, environments=environments, targeting=targeting),
            most=100,
        )

    async def get(self, request: Request, token: Token) -> Response:
        return JSONResponse(flag_json(*self._flag(request, token)))

    async def change(self, request: Request, token: Token) -> Response:
        """Carry out a semantic patch: all of its instructions, or none."""
        account, project, flag = self._flag(request, token)
        body = await read_body(request)
        instructions = body.get("instructions") if isinstance(body, dict) else None
        if _SEMANTIC not in request.headers.get("content-type", "") or not isinstance(instructions, list):
            raise ld_refusal(400, "Only a semantic patch is supported")
        now, changed = self._accounts.now_ms(), flag
        for instruction in instructions:
            change = _INSTRUCTIONS.get(instruction.get("kind", "")) if isinstance(instruction, dict) else None
            if change is None:
                raise ld_refusal(400, "An instruction has an unknown kind")
            try:
                changed = change(changed, {"environmentKey": body.get("environmentKey")} | instruction, now)
            except (KeyError, TypeError, ValueError):
                raise ld_refusal(400, f"{instruction['kind']} lacks a value") from None
        if changed.archived and not flag.archived and (users := _users(account, project, flag.key)):
            raise ld_refusal(400, f"Cannot archive a flag that is a prerequisite of {', '.join(users)}")
        if changed != flag:
            changed = account.update_flag(project, changed, account.author(token), now)
        return JSONResponse(flag_json(account, project, changed))

    async def delete(self, request: Request, token: Token) -> Response:
        account, project, flag = self._flag(request, token)
        if users := _users(account, project, flag.key):
            raise ld_refusal(409, f"The flag is a prerequisite of {', '.join(users)}", "conflict")
        account.delete_flag(project, flag.key, account.author(token), self._accounts.now_ms())
        return Response(status_code=204)

    async def audit_log(self, request: Request, token: Token) -> Response:
        """Return entries, the newest first, filtered by time and by resource specifier.

        LaunchDarkly doesn't document how its own `next` continues. This one has a cursor, which loses nothing.
        """
        account, query = self._accounts.of(token), request.query_params
        limit = whole_number(query.get("limit"), 10)
        after, before = whole_number(query.get("after"), -1), whole_number(query.get("before"), _END_OF_TIME)
        if limit is None or after is None or before is None or not 1 <= limit <= 20:
            raise ld_refusal(400, "limit must be from 1 to 20, before and after whole numbers")
        spec, cursor = query.get("spec"), query.get("cursor")
        entries = [
            entry
            for entry in account.audit
            if after < entry.date < before
            and (not spec or any(_covers(spec, resource) for resource in _resources(entry)))
        ]
        entries.sort(key=lambda entry: (entry.date, entry.id), reverse=True)
        start = next((number for number, entry in enumerate(entries, 1) if entry.id == cursor), 0)
        page = entries[start : start + limit]
        links = {"self": link(AUDIT_LOG)}
        if start + limit < len(entries):
            others = [(key, value) for key, value in query.multi_items() if key != "cursor"]
            links["next"] = link(f"{AUDIT_LOG}?{urlencode([*others, ('cursor', page[-1].id)])}")
        return JSONResponse({"items": [_entry_json(account, entry) for entry in page], "_links": links})


def _users(account: StoredAccount, project: str, key: str) -> list[str]:
    """Return the keys of flags that are not archived and depend on this one."""
    return [
        flag.key
        for flag in account.flags[project].values()
        if not flag.archived and any(key in state.requires for state in flag.states.values())
    ]


def _environment(instruction: Mapping[str, Any]) -> str:
    if instruction["environmentKey"] not in ENVIRONMENT_KEYS:
        raise ld_refusal(400, "environmentKey is not valid")
    return str(instruction["environmentKey"])


_INSTRUCTIONS: Mapping[str, Callable[[LdFlag, Mapping[str, Any], int], LdFlag]] = {
    "archiveFlag": lambda flag, _, now: replace(flag, archived=True),
    "restoreFlag": lambda flag, _, now: replace(flag, archived=False),
    "updateName": lambda flag, new, now: replace(flag, name=str(new["value"])),
    "addTags": lambda flag, new, now: replace(flag, tags=tuple(dict.fromkeys((*flag.tags, *new["values"])))),
    "removeTags": lambda flag, new, now: replace(flag, tags=tuple(t for t in flag.tags if t not in new["values"])),
    "turnFlagOn": lambda flag, new, now: flag.changed_in(_environment(new), now, on=True),
    "turnFlagOff": lambda flag, new, now: flag.changed_in(_environment(new), now, on=False),
    "addPrerequisites": lambda flag, new, now: flag.changed_in(
        _environment(new), now, requires=tuple(str(prerequisite["key"]) for prerequisite in new["prerequisites"])
    ),
}
"""Instructions of a semantic patch, by kind. Each takes the flag, the instruction, and the time in ms."""


def flag_json(
    account: StoredAccount,
    project: str,
    flag: LdFlag,
    *,
    environments: tuple[str, ...] = ENVIRONMENT_KEYS,
    targeting: bool = True,
) -> dict[str, Any]:
    """Return a flag with its state in `environments`, with prerequisites, targets and rules if `targeting`."""
    variations = [
        {"_id": object_id("variation", crc32(flag.key.encode()) << 8 | n), "value": value}
        | ({"name": name} if name else {})
        for n, (value, name) in enumerate(flag.variations)
    ]
    path = f"/api/v2/flags/{project}"
    shape: dict[str, Any] = {
        "_links": {"self": link(f"{path}/{flag.key}"), "parent": link(path)},
        "key": flag.key,
        "name": flag.name,
        "kind": flag.kind,
        "description": flag.description,
        "variations": variations,
        "defaults": {"onVariation": flag.on, "offVariation": flag.off},
        "tags": list(flag.tags),
        "temporary": True,
        "archived": flag.archived,
        "deprecated": False,
        "creationDate": flag.created,
        "_version": flag.version,
        "customProperties": {},
        "experiments": {"baselineIdx": 0, "items": []},
    }
    maintainer = account.member(flag.maintainer) if flag.maintainer else None
    if maintainer:
        shape |= {"maintainerId": maintainer.id, "_maintainer": member_summary(maintainer)}
    if environments:
        shape["environments"] = {key: _state_json(project, flag, key, targeting) for key in environments}
    return {key: value for key, value in shape.items() if key not in flag.lacks}


def _state_json(project: str, flag: LdFlag, environment: str, targeting: bool) -> dict[str, Any]:
    state = flag.state(environment)
    shape = {
        "on": state.on,
        "archived": flag.archived,
        "salt": "5a4db0c5",
        "sel": "5a4db0c5",
        "lastModified": state.modified,
        "version": state.version,
        "targets": list(state.targets),
        "contextTargets": list(state.context_targets),
        "rules": list(state.rules),
        "fallthrough": {"variation": flag.on if state.fallthrough is None else state.fallthrough},
        "offVariation": flag.off if state.off is None else state.off,
        "prerequisites": [{"key": key, "variation": 0} for key in state.requires],
        "_site": link(f"/{project}/{environment}/features/{flag.key}"),
        "_environmentName": environment.capitalize(),
        "trackEvents": False,
        "trackEventsFallthrough": False,
    }
    lacks = flag.lacks if targeting else flag.lacks | _TARGETING
    return {key: value for key, value in shape.items() if key not in lacks}


def _resources(entry: LogEntry) -> list[str]:
    return [f"proj/{entry.project}:env/{environment}:flag/{entry.flag.key}" for _, environment in entry.accesses]


def _covers(spec: str, resource: str) -> bool:
    """Whether a specifier covers a resource. `*` stands for any characters within a part."""
    parts = (re.escape(part).replace(r"\*", "[^:]*") for part in spec.split(":"))
    return re.fullmatch(":".join(parts), resource) is not None


def _entry_json(account: StoredAccount, entry: LogEntry) -> dict[str, Any]:
    flag, author, resources = entry.flag, entry.author, _resources(entry)
    canonical = link(f"/api/v2/flags/{entry.project}/{flag.key}")
    token_name = author.token.name if author.token else ""
    name = f"{author.member.first} {author.member.last}" if author.member else token_name
    shape: dict[str, Any] = {
        "_links": {"canonical": canonical, "parent": link(AUDIT_LOG), "self": link(f"{AUDIT_LOG}/{entry.id}")},
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
        "title": f"{name} {entry.verb} [{flag.name}](/{entry.project}/~/features/{flag.key})",
        "target": {
            "_links": {"canonical": canonical},
            "name": flag.name,
            "resources": list(dict.fromkeys(resources)),
        },
    }
    if author.member:
        summary = member_summary(author.member)
        shape["member"] = {key: value for key, value in summary.items() if key != "role"}
    if author.token:
        id_ = token_id(author.token)
        shape["token"] = {
            "_links": {"self": link(f"/api/v2/tokens/{id_}")},
            "_id": id_,
            "name": author.token.name,
            "ending": author.token.value[-4:],
            "serviceToken": author.member is None,
        }
    return shape
