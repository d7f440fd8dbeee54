"""Write flags of the practice LaunchDarkly, each change with its audit log entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tui.sandbox.account import ENVIRONMENT_KEYS, Account, Author, Entry, LdFlag
from tui.sandbox.keys import object_id

_ENTRY_AFTER = 45
"""How many ms after a change its entry is dated, as seen in entries that LaunchDarkly wrote."""

_FLAG_ACTIONS = {
    "name": "updateName",
    "description": "updateDescription",
    "tags": "updateTags",
    "maintainer": "updateMaintainer",
    "archived": "updateGlobalArchived",
    "variations": "updateFlagVariations",
    "on": "updateFlagDefaultVariations",
    "off": "updateFlagDefaultVariations",
}
_ENVIRONMENT_ACTIONS = {
    "on": "updateOn",
    "requires": "updatePrerequisites",
    "rules": "updateRules",
    "targets": "updateTargets",
    "context_targets": "updateTargets",
    "fallthrough": "updateFallthrough",
    "off": "updateOffVariation",
}
"""LaunchDarkly's names of actions, by the field they change."""


def create_flag(account: Account, project: str, flag: LdFlag, author: Author, now: int) -> None:
    """Store a new flag. `now` is in ms."""
    account.flags[project][flag.key] = flag
    _log(account, project, flag, "created", _everywhere("createFlag"), author, now)


def update_flag(account: Account, project: str, flag: LdFlag, author: Author, now: int) -> LdFlag:
    """Store a flag in place of the one with its key, with the next version. A write without a change counts too."""
    before = account.flags[project][flag.key]
    after = replace(flag, version=before.version + 1)
    account.flags[project][flag.key] = after
    accesses = tuple(dict.fromkeys(_differences(before, after))) or _everywhere("updateTags")
    verb = "updated" if after.archived == before.archived else "archived" if after.archived else "restored"
    _log(account, project, after, verb, accesses, author, now)
    return after


def delete_flag(account: Account, project: str, key: str, author: Author, now: int) -> None:
    flag = account.flags[project].pop(key)
    _log(account, project, flag, "deleted", _everywhere("deleteFlag"), author, now)


def _everywhere(action: str) -> tuple[tuple[str, str], ...]:
    return tuple((action, environment) for environment in ENVIRONMENT_KEYS)


def _differences(before: LdFlag, after: LdFlag) -> Iterator[tuple[str, str]]:
    for name, action in _FLAG_ACTIONS.items():
        if getattr(before, name) != getattr(after, name):
            yield from _everywhere(action)
    for environment in ENVIRONMENT_KEYS:
        old, new = before.state(environment), after.state(environment)
        for name, action in _ENVIRONMENT_ACTIONS.items():
            if getattr(old, name) != getattr(new, name):
                yield action, environment


def _log(
    account: Account,
    project: str,
    flag: LdFlag,
    verb: str,
    accesses: tuple[tuple[str, str], ...],
    author: Author,
    now: int,
) -> None:
    id_ = object_id("entry", len(account.audit) + 1)
    account.audit.append(Entry(id_, now + _ENTRY_AFTER, project, flag, f"{verb} the flag", accesses, author))
