"""The demo LaunchDarkly as a text, so that an import can be resumed after a restart.

The text has what requests and jobs can change: flags, configurations, and the audit log. Members and projects are the
same at each start.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import TypeAdapter

from tui.sandbox.account import Accounts, Author, LdFlag, LogEntry, StoredAccount, StoredConfiguration
from tui.sandbox.flag_import import SECRETS
from tui.sandbox.job import Jobs
from tui.sandbox.keys import SPLIT_KEYS, TOKENS, UNLEASH_KEYS, object_id

_UNKNOWN_KEY = "a key that the demo servers don't know"


@dataclass(frozen=True, slots=True)
class SavedEntry:
    """An audit log entry. Its author is named by the member's id and the token's name."""

    date: int
    project: str
    flag: LdFlag
    verb: str
    accesses: tuple[tuple[str, str], ...]
    member: str
    token: str


@dataclass(frozen=True, slots=True)
class SavedAccount:
    """`running` has the ids of configurations whose import had not ended."""

    flags: dict[str, tuple[LdFlag, ...]]
    configurations: tuple[StoredConfiguration, ...]
    running: tuple[str, ...]
    audit: tuple[SavedEntry, ...]


@dataclass(frozen=True, slots=True)
class SavedState:
    """`ports` are those of the servers by name, `created` counts the configurations ever created."""

    version: Literal[1]
    ports: dict[str, int]
    created: int
    accounts: dict[str, SavedAccount]


_STATE = TypeAdapter(SavedState)


def dumped(accounts: Accounts, jobs: Jobs, ports: Mapping[str, int]) -> str:
    """Return the state as JSON. Of keys it contains only those of the demo."""
    saved = {name: _saved(account, jobs) for name, account in accounts.all().items()}
    return _STATE.dump_json(SavedState(1, dict(ports), accounts.created, saved)).decode()


def _saved(account: StoredAccount, jobs: Jobs) -> SavedAccount:
    return SavedAccount(
        {project: tuple(flags.values()) for project, flags in account.flags.items()},
        tuple(map(_without_foreign_keys, account.configurations.values())),
        tuple(each.id for each in account.configurations.values() if jobs.running(each)),
        tuple(map(_saved_entry, account.audit)),
    )


def _without_foreign_keys(configuration: StoredConfiguration) -> StoredConfiguration:
    """Leave out keys that are not the demo's: one that works elsewhere may have been pasted by mistake."""
    config = {
        name: value if name not in SECRETS[configuration.integration] or _is_of_demo(value) else _UNKNOWN_KEY
        for name, value in configuration.config.items()
    }
    return replace(configuration, config=config)


def _is_of_demo(value: str) -> bool:
    return not value or any(ring.find(value) for ring in (TOKENS, SPLIT_KEYS, UNLEASH_KEYS))


def _saved_entry(entry: LogEntry) -> SavedEntry:
    member, token = entry.author.member, entry.author.token
    return SavedEntry(
        entry.date,
        entry.project,
        entry.flag,
        entry.verb,
        entry.accesses,
        member.id if member else "",
        next((name for name, each in TOKENS.items() if each is token), ""),
    )


@dataclass(frozen=True, slots=True)
class Restored:
    """`unfinished` are the imports that had not ended. `moved` maps the old addresses (`127.0.0.1:<port>`) to the new
    ones."""

    accounts: Accounts
    unfinished: tuple[tuple[StoredAccount, StoredConfiguration], ...]
    moved: Mapping[str, str]


def restored(text: str, ports: Mapping[str, int], now: Callable[[], float]) -> Restored | None:
    """Return the accounts in `text`, for servers that now listen on `ports`; None if the text is damaged."""
    try:
        before = json.loads(text)["ports"]
        moved = {f"127.0.0.1:{before[service]:d}": f"127.0.0.1:{port}" for service, port in ports.items()}
        addresses = re.compile("|".join(rf"{re.escape(old)}(?!\d)" for old in moved))
        state = _STATE.validate_json(addresses.sub(lambda found: moved[found[0]], text))
        accounts = Accounts(now)
        accounts.created = state.created
        unfinished = [each for name, account in accounts.all().items() for each in _fill(account, state.accounts[name])]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return Restored(accounts, tuple(unfinished), moved)


def _fill(account: StoredAccount, saved: SavedAccount) -> Iterator[tuple[StoredAccount, StoredConfiguration]]:
    """Put what was saved into a fresh account, and yield the imports that had not ended."""
    account.flags = {project: {flag.key: flag for flag in saved.flags[project]} for project in account.projects}
    account.configurations = {each.id: each for each in saved.configurations}
    account.audit = [_entry(account, number, each) for number, each in enumerate(saved.audit, 1)]
    for configuration in saved.configurations:
        if configuration.integration not in SECRETS or configuration.project not in account.projects:
            raise ValueError(configuration.integration)
        if configuration.id in saved.running:
            yield account, configuration


def _entry(account: StoredAccount, number: int, saved: SavedEntry) -> LogEntry:
    member = account.member(saved.member) if saved.member else None
    token = TOKENS[saved.token] if saved.token else None
    return LogEntry(
        object_id("entry", number),
        saved.date,
        saved.project,
        saved.flag,
        saved.verb,
        saved.accesses,
        Author(member, token),
    )
