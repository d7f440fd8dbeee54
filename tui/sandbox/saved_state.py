"""The demo LaunchDarkly as a text, so that an import can be resumed after a restart.

The text has what requests and jobs can change: flags, segments, pending changes, configurations, and the audit log.
Members, projects and environments are the same at each start.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, TypeAdapter

from tui.sandbox.account import (
    Accounts,
    Author,
    LdFlag,
    LogEntry,
    PendingChange,
    StoredAccount,
    StoredConfiguration,
    StoredSegment,
)
from tui.sandbox.flag_import import SECRETS
from tui.sandbox.job import Jobs
from tui.sandbox.keys import SPLIT_KEYS, UNLEASH_KEYS, KeyRing, Token, created_value, object_id, token_id

_UNKNOWN_KEY = "a key that the demo servers don't know"


@dataclass(frozen=True, slots=True)
class SavedEntry:
    """An audit log entry. Its author is named by the member's id and the token's name."""

    date: int
    project: str
    kind: str
    key: str
    name: str
    verb: str
    accesses: tuple[tuple[str, str], ...]
    member: str
    token: str
    comment: str = ""


def _named(item: dict[str, Any]) -> dict[str, Any]:
    """Read an entry as states had it that knew no segments: with the whole flag."""
    flag = item.get("flag")
    return {"kind": "flag", "key": flag["key"], "name": flag["name"], **item} if flag else item


@dataclass(frozen=True, slots=True)
class SavedSegments:
    """The segments of one environment."""

    project: str
    environment: str
    segments: tuple[StoredSegment, ...]


@dataclass(frozen=True, slots=True)
class SavedAccount:
    """`running` has the ids of configurations whose import had not ended."""

    flags: dict[str, tuple[LdFlag, ...]]
    configurations: tuple[StoredConfiguration, ...]
    running: tuple[str, ...]
    audit: tuple[Annotated[SavedEntry, BeforeValidator(_named)], ...]
    segments: tuple[SavedSegments, ...] = ()
    pending: tuple[PendingChange, ...] = ()
    ids: int = 0


@dataclass(frozen=True, slots=True)
class SavedState:
    """`ports` are those of the servers by name, `created` counts the configurations ever created. `tokens` are those
    that were created here, without their values."""

    version: Literal[1]
    ports: dict[str, int]
    created: int
    accounts: dict[str, SavedAccount]
    tokens: tuple[Token, ...] = ()


_STATE = TypeAdapter(SavedState)


def dumped(accounts: Accounts, jobs: Jobs, ports: Mapping[str, int]) -> str:
    """Return the state as JSON. It names the demo's keys, and contains no key."""
    saved = {name: _saved(account, accounts.tokens, jobs) for name, account in accounts.all().items()}
    tokens = tuple(replace(token, value="") for token in accounts.tokens.values() if token.id)
    return _STATE.dump_json(SavedState(1, dict(ports), accounts.created, saved, tokens)).decode()


def _rings(tokens: KeyRing[Token]) -> Mapping[str, KeyRing[Any]]:
    return {"launchdarkly": tokens, "split": SPLIT_KEYS, "unleash": UNLEASH_KEYS}


def _saved(account: StoredAccount, tokens: KeyRing[Token], jobs: Jobs) -> SavedAccount:
    return SavedAccount(
        {project: tuple(flags.values()) for project, flags in account.flags.items()},
        tuple(_with_secrets(each, partial(_name_of, tokens)) for each in account.configurations.values()),
        tuple(each.id for each in account.configurations.values() if jobs.running(each)),
        tuple(_saved_entry(tokens, entry) for entry in account.audit),
        tuple(SavedSegments(*place, tuple(segments.values())) for place, segments in account.segments.items()),
        tuple(account.pending.values()),
        account.ids,
    )


def _with_secrets(configuration: StoredConfiguration, change: Callable[[str], str]) -> StoredConfiguration:
    config = {
        name: change(value) if value and name in SECRETS[configuration.integration] else value
        for name, value in configuration.config.items()
    }
    return replace(configuration, config=config)


def _name_of(tokens: KeyRing[Token], key: str) -> str:
    """Return the name of a key: `launchdarkly import-key`."""
    rings = _rings(tokens).items()
    return next(
        (f"{ring} {name}" for ring, keys in rings for name, each in keys.items() if each.value == key), _UNKNOWN_KEY
    )


def _key_named(tokens: KeyRing[Token], text: str) -> str:
    ring, _, name = text.partition(" ")
    key = _rings(tokens).get(ring, KeyRing()).get(name)
    return str(key.value) if key is not None else text


def _saved_entry(tokens: KeyRing[Token], entry: LogEntry) -> SavedEntry:
    member, token = entry.author.member, entry.author.token
    return SavedEntry(
        entry.date,
        entry.project,
        entry.kind,
        entry.key,
        entry.name,
        entry.verb,
        entry.accesses,
        member.id if member else "",
        next((name for name, each in tokens.items() if token and token_id(each) == token_id(token)), ""),
        entry.comment,
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
        tokens = accounts.tokens
        tokens.update({each.id: replace(each, value=created_value(each.id)) for each in state.tokens})
        unfinished = [
            each for name, account in accounts.all().items() for each in _fill(account, tokens, state.accounts[name])
        ]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return Restored(accounts, tuple(unfinished), moved)


def _fill(
    account: StoredAccount, tokens: KeyRing[Token], saved: SavedAccount
) -> Iterator[tuple[StoredAccount, StoredConfiguration]]:
    """Put what was saved into a fresh account, and yield the imports that had not ended."""
    account.flags = {project: {flag.key: flag for flag in saved.flags[project]} for project in account.projects}
    named = partial(_key_named, tokens)
    account.configurations = {each.id: _with_secrets(each, named) for each in saved.configurations}
    account.segments = {
        (each.project, each.environment): {one.key: one for one in each.segments} for each in saved.segments
    }
    account.pending, account.ids = {each.id: each for each in saved.pending}, saved.ids
    account.audit = [_entry(account, tokens, number, each) for number, each in enumerate(saved.audit, 1)]
    for configuration in account.configurations.values():
        if configuration.project not in account.projects:
            raise ValueError(configuration.project)
        if configuration.id in saved.running:
            yield account, configuration


def _entry(account: StoredAccount, tokens: KeyRing[Token], number: int, saved: SavedEntry) -> LogEntry:
    member = account.member(saved.member) if saved.member else None
    token = tokens[saved.token] if saved.token else None
    return LogEntry(
        object_id("entry", number),
        saved.date,
        saved.project,
        saved.kind,
        saved.key,
        saved.name,
        saved.verb,
        saved.accesses,
        Author(member, token),
        saved.comment,
    )
