"""The state of the demo LaunchDarkly: accounts (`data/accounts.json`), their flags, and the audit log."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator

from tui.sandbox.company import read_data
from tui.sandbox.keys import PROJECT, Token, object_id

ENVIRONMENT_KEYS = ("production", "staging", "test", "development")


@dataclass(frozen=True, slots=True)
class StoredMember:
    id: str
    first: str
    last: str
    email: str
    role: str
    custom: tuple[str, ...] = ()
    invited: bool = False


@dataclass(frozen=True, slots=True)
class Convention:
    """A project's naming convention for new flags: a key begins with `prefix`, and the rest has this `case`.

    LaunchDarkly's OpenAPI document has five names of cases, without definitions. Here they mean one or several words
    of ASCII letters and digits, and only the first letter of a camel case may not be a digit. An unknown or blank
    case allows everything.
    """

    case: str = ""
    prefix: str = ""

    def allows(self, key: str) -> bool:
        if not key.startswith(self.prefix):
            return False
        pattern = _CASES.get(self.case)
        return pattern is None or re.fullmatch(pattern, key.removeprefix(self.prefix)) is not None


_CASES = {
    "camelCase": "[a-z][a-zA-Z0-9]*",
    "upperCamelCase": "[A-Z][a-zA-Z0-9]*",
    "snakeCase": "[a-z0-9]+(_[a-z0-9]+)*",
    "kebabCase": "[a-z0-9]+(-[a-z0-9]+)*",
    "constantCase": "[A-Z0-9]+(_[A-Z0-9]+)*",
}


@dataclass(frozen=True, slots=True)
class StoredProject:
    id: str
    key: str
    name: str
    tags: tuple[str, ...] = ()
    convention: Convention | None = None


@dataclass(frozen=True, slots=True)
class State:
    """A flag in one environment. `modified` is in ms; `requires` holds the keys of its prerequisites.

    `rules`, `targets` and `context_targets` have LaunchDarkly's JSON shape. `fallthrough` and `off` are variation
    indexes; None means the flag's default.
    """

    on: bool
    version: int
    modified: int
    requires: tuple[str, ...] = ()
    rules: tuple[Mapping[str, Any], ...] = ()
    targets: tuple[Mapping[str, Any], ...] = ()
    context_targets: tuple[Mapping[str, Any], ...] = ()
    fallthrough: int | None = None
    off: int | None = None


@dataclass(frozen=True, slots=True)
class LdFlag:
    """A flag in LaunchDarkly. `variations` are (value, name); `created` is in ms.

    `states` has the environments in which the flag was ever changed; in all others it is off.
    `lacks` names the fields that responses leave out, of the flag and of its environments.
    """

    key: str
    name: str
    tags: tuple[str, ...]
    created: int
    description: str = ""
    variations: tuple[tuple[object, str], ...] = ((True, ""), (False, ""))
    on: int = 0
    off: int = 1
    maintainer: str = ""
    archived: bool = False
    version: int = 1
    states: Mapping[str, State] = field(default_factory=dict)
    lacks: frozenset[str] = frozenset()

    def state(self, environment: str) -> State:
        return self.states.get(environment) or State(False, 1, self.created)

    def changed_in(self, environment: str, now: int, **changes: Any) -> LdFlag:
        """Change one environment. Returns the same flag where nothing differs."""
        before = self.state(environment)
        after = replace(before, **changes)
        if after == before:
            return self
        moved = replace(after, version=before.version + 1, modified=now)
        return replace(self, states={**self.states, environment: moved})

    @property
    def kind(self) -> str:
        return "boolean" if all(isinstance(value, bool) for value, _ in self.variations) else "multivariate"


@dataclass(frozen=True, slots=True)
class Destination:
    """LaunchDarkly's project `web-shop` before an import. No two flags have the same key."""

    flags: tuple[LdFlag, ...] = ()
    convention: Convention | None = None


@dataclass(slots=True)
class StoredConfiguration:
    """A flag import configuration. `config` holds secrets in clear, as the job needs them. Times are in ms."""

    id: str
    project: str
    integration: str
    name: str
    tags: list[str]
    config: dict[str, str] = field(repr=False)
    version: int = 1
    status: str = "pending"
    last_import: int | None = None
    last_error: int | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)
    stale: dict[str, Any] | None = None
    """An earlier status, which the next `stale_looks` reads still show."""
    stale_looks: int = 0


@dataclass(frozen=True, slots=True)
class Author:
    """Who changed something: a member, a service token, or a member by their own token."""

    member: StoredMember | None = None
    token: Token | None = None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An audit log entry about one flag. `date` is in ms; `accesses` are pairs of action and environment."""

    id: str
    date: int
    project: str
    flag: LdFlag
    verb: str
    accesses: tuple[tuple[str, str], ...]
    author: Author


T = TypeVar("T")
_ByKey = Annotated[dict[str, T], BeforeValidator(lambda items: {item["key"]: item for item in items})]
"""A list in the file."""


@dataclass(slots=True)
class StoredAccount:
    """An account. `audit` has the oldest entry first.

    Each write takes the time in ms, stores the flag, and adds an audit log entry.
    """

    id: str
    members: tuple[StoredMember, ...]
    projects: _ByKey[StoredProject]
    flags: dict[str, _ByKey[LdFlag]]
    configurations: dict[str, StoredConfiguration]
    audit: list[LogEntry] = field(default_factory=list)
    approvals: list[str] = field(default_factory=list)
    """What changes wait for approval for, as resource specifiers."""

    def __post_init__(self) -> None:
        self.flags = {key: self.flags.get(key, {}) for key in self.projects}

    def member(self, id_or_email: str) -> StoredMember | None:
        return next((member for member in self.members if id_or_email in (member.id, member.email)), None)

    def author(self, token: Token) -> Author:
        return Author(self.member(token.member) if token.member else None, token)

    def create_flag(self, project: str, flag: LdFlag, author: Author, now: int) -> None:
        self.flags[project][flag.key] = flag
        self._log(project, flag, "created", _everywhere("createFlag"), author, now)

    def update_flag(self, project: str, flag: LdFlag, author: Author, now: int) -> LdFlag:
        """Replace the flag with this key by its next version. A write without a change counts too."""
        before = self.flags[project][flag.key]
        after = replace(flag, version=before.version + 1)
        self.flags[project][flag.key] = after
        accesses = tuple(dict.fromkeys(_differences(before, after))) or _everywhere("updateTags")
        verb = "updated" if after.archived == before.archived else "archived" if after.archived else "restored"
        self._log(project, after, verb, accesses, author, now)
        return after

    def delete_flag(self, project: str, key: str, author: Author, now: int) -> None:
        flag = self.flags[project].pop(key)
        self._log(project, flag, "deleted", _everywhere("deleteFlag"), author, now)

    def _log(
        self, project: str, flag: LdFlag, verb: str, accesses: tuple[tuple[str, str], ...], author: Author, now: int
    ) -> None:
        id_ = object_id("entry", len(self.audit) + 1)
        self.audit.append(LogEntry(id_, now + _ENTRY_DELAY, project, flag, f"{verb} the flag", accesses, author))


_ENTRY_DELAY = 45
"""Entries of the real LaunchDarkly are minute this many ms after the change."""

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


class Accounts:
    """Both accounts. `now` gives seconds since the epoch, `created` counts the configurations ever created."""

    def __init__(self, now: Callable[[], float], destination: Destination | None = None) -> None:
        self._now = now
        self.created = 0
        self._named = read_data("accounts", dict[str, StoredAccount])
        if destination is not None:
            acme = self._named["acme"]
            acme.projects[PROJECT] = replace(acme.projects[PROJECT], convention=destination.convention)
            acme.flags[PROJECT] = {flag.key: flag for flag in destination.flags}

    def of(self, token: Token) -> StoredAccount:
        return self._named[token.account]

    def named(self, name: str) -> StoredAccount:
        return self._named[name]

    def all(self) -> Mapping[str, StoredAccount]:
        return self._named

    def now_ms(self) -> int:
        return int(self._now() * 1000)

    def add(
        self, account: StoredAccount, project: str, integration: str, name: str, tags: list[str], config: dict[str, str]
    ) -> StoredConfiguration:
        """Add a configuration. LaunchDarkly documents no rule that names are unique."""
        self.created += 1
        id_ = f"12ab3c4d5ef1a2345bc{self.created:05x}"
        account.configurations[id_] = StoredConfiguration(id_, project, integration, name, tags, config)
        return account.configurations[id_]
