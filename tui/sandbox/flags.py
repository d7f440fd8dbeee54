"""The demo LaunchDarkly's flags and its audit log, after LaunchDarkly's OpenAPI document.

Every change moves the flag's version; one of an environment moves that environment's version and time as well. Each
gets an audit log entry.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode
from zlib import crc32

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tui.sandbox.account import ENVIRONMENT_KEYS, Accounts, LdFlag, LogEntry, StoredAccount
from tui.sandbox.approvals import would_fail
from tui.sandbox.endpoints import (
    collection,
    filters,
    gated,
    is_semantic,
    ld_refusal,
    link,
    read_body,
    truth,
    whole_number,
)
from tui.sandbox.flag_patch import Place, actions, patched, variation_ids
from tui.sandbox.keys import BYPASS_APPROVALS, CREATE_FLAGS, Token, token_id
from tui.sandbox.launchdarkly import member_summary
from tui.sandbox.targeting import Invalid

AUDIT_LOG = "/api/v2/auditlog"
_END_OF_TIME = 10**16
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
        """Carry out a semantic patch: all of its instructions, or none.

        The version moves once, and not at all where nothing differs. With `dryRun` nothing is stored. A change that
        needs an approval is a 405; LaunchDarkly names the action.
        """
        account, project, flag = self._flag(request, token)
        body = await read_body(request)
        instructions = body.get("instructions") if isinstance(body, dict) else None
        if not is_semantic(request):
            raise ld_refusal(400, "The body must be a JSON patch: a list of operations")
        if not isinstance(instructions, list) or not instructions:
            raise ld_refusal(400, "instructions must be a non-empty list")
        environment, comment = str(body.get("environmentKey") or ""), str(body.get("comment") or "")
        place, now = Place(account, project, environment), self._accounts.now_ms()
        gated_actions = actions(instructions)
        settings = account.environments.get(environment)
        if gated_actions and settings and settings.protects(flag) and BYPASS_APPROVALS not in token.rights:
            text = f"Flag configuration updates require approval: action '{gated_actions[0]}' not allowed"
            raise ld_refusal(405, text)
        try:
            changed = patched(place, flag, instructions).moved_from(flag, now)
        except Invalid as problem:
            raise ld_refusal(400, str(problem)) from None
        if changed.archived and not flag.archived and (users := _users(account, project, flag.key)):
            raise ld_refusal(400, f"Cannot archive a flag that is a prerequisite of {', '.join(users)}")
        if not truth(request, "ignoreConflicts") and (waiting := would_fail(account, project, flag, changed)):
            raise ld_refusal(400, f"This change conflicts with {len(waiting)} pending change(s) of the flag")
        if changed != flag and not truth(request, "dryRun"):
            changed = account.update_flag(project, changed, account.author(token), now, comment)
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
        if not flag.archived
        and any(key == each["key"] for state in flag.states.values() for each in state.prerequisites)
    ]


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
        {"_id": id_, "value": value} | ({"name": name} if name else {})
        for id_, (value, name) in zip(variation_ids(flag), flag.variations, strict=True)
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
    default, salt = flag.default_rule(state), f"{crc32(f'{flag.key} {environment}'.encode()):08x}"
    shape = {
        "on": state.on,
        "archived": flag.archived,
        "salt": salt,
        "sel": salt,
        "lastModified": state.modified,
        "version": state.version,
        "targets": list(state.targets),
        "contextTargets": list(state.context_targets),
        "rules": list(state.rules),
        "fallthrough": {"variation": default} if isinstance(default, int) else {"rollout": default},
        "offVariation": flag.off_variation(state),
        "prerequisites": list(state.prerequisites),
        "_site": link(f"/{project}/{environment}/features/{flag.key}"),
        "_environmentName": environment.capitalize(),
        "trackEvents": False,
        "trackEventsFallthrough": False,
    }
    lacks = flag.lacks if targeting else flag.lacks | _TARGETING
    return {key: value for key, value in shape.items() if key not in lacks}


def _resources(entry: LogEntry) -> list[str]:
    return [f"proj/{entry.project}:env/{environment}:{entry.kind}/{entry.key}" for _, environment in entry.accesses]


def _covers(spec: str, resource: str) -> bool:
    """Whether a specifier covers a resource. `*` stands for any characters within a part."""
    parts = (re.escape(part).replace(r"\*", "[^:]*") for part in spec.split(":"))
    return re.fullmatch(":".join(parts), resource) is not None


def _entry_json(account: StoredAccount, entry: LogEntry) -> dict[str, Any]:
    author, resources = entry.author, _resources(entry)
    if entry.kind == "flag":
        canonical, page = link(f"/api/v2/flags/{entry.project}/{entry.key}"), f"~/features/{entry.key}"
    else:
        place = f"{entry.project}/{entry.accesses[0][1]}/{entry.key}"
        canonical, page = link(f"/api/v2/segments/{place}"), f"~/segments/{entry.key}"
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
        "kind": entry.kind,
        "name": entry.name,
        "description": "",
        "shortDescription": "",
        "titleVerb": entry.verb,
        "title": f"{name} {entry.verb} [{entry.name}](/{entry.project}/{page})",
        "target": {
            "_links": {"canonical": canonical},
            "name": entry.name,
            "resources": list(dict.fromkeys(resources)),
        },
    }
    if entry.comment:
        shape["comment"] = entry.comment
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
