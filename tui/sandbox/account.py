"""What the practice LaunchDarkly knows: accounts with members, projects, flags and import configurations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tui.sandbox.company import DAY, STARTED, read_json
from tui.sandbox.keys import PROJECT, Token, object_id
from tui.sandbox.naming import Convention

ENVIRONMENT_KEYS = ("production", "staging", "test", "development")


@dataclass(frozen=True, slots=True)
class Member:
    id: str
    first: str
    last: str
    email: str
    role: str
    custom: tuple[str, ...] = ()
    invited: bool = False


@dataclass(frozen=True, slots=True)
class Project:
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

    `states` has the environments in which it was ever changed; in all others it is off as it was made.
    `lacks` names the fields that answers leave out, of the flag and of its environments.
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
        """With changes of one environment; the same flag where nothing changes."""
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
    """What stands in LaunchDarkly's project `web-shop` before an import. No two flags have one key."""

    flags: tuple[LdFlag, ...] = ()
    convention: Convention | None = None


@dataclass(slots=True)
class Configuration:
    """A flag import configuration. `config` holds secrets in clear, as the job needs them. Times in ms."""

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
    """A status of before, which is shown for `stale_looks` more looks."""
    stale_looks: int = 0


@dataclass(frozen=True, slots=True)
class Author:
    """Who changed something: a member, a service token, or a member by their own token."""

    member: Member | None = None
    token: Token | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An audit log entry about one flag. `date` is in ms; `accesses` are pairs of action and environment."""

    id: str
    date: int
    project: str
    flag: LdFlag
    verb: str
    accesses: tuple[tuple[str, str], ...]
    author: Author


@dataclass(slots=True)
class Account:
    """`audit` has the oldest entry first."""

    id: str
    members: tuple[Member, ...]
    projects: Mapping[str, Project]
    flags: dict[str, dict[str, LdFlag]]
    configurations: dict[str, Configuration] = field(default_factory=dict)
    audit: list[Entry] = field(default_factory=list)

    def member(self, id_or_email: str) -> Member | None:
        return next((one for one in self.members if id_or_email in (one.id, one.email)), None)

    def author(self, token: Token) -> Author:
        return Author(self.member(token.member) if token.member else None, token)


def _member(raw: Mapping[str, Any], number: int) -> Member:
    return Member(
        object_id("member", number),
        raw["first"],
        raw["last"],
        raw["email"],
        raw["role"],
        tuple(raw.get("custom", ())),
        raw.get("invited", False),
    )


def _flag(raw: Mapping[str, Any], number: int) -> LdFlag:
    values = raw.get("values")
    variations: tuple[tuple[object, str], ...] = (
        tuple((value, value) for value in values) if values else ((True, "on"), (False, "off"))
    )
    return LdFlag(
        raw["key"],
        raw["name"],
        tuple(raw["tags"]),
        STARTED + number * DAY,
        variations=variations,
        off=len(variations) - 1,
        archived=raw.get("archived", False),
    )


def _project(raw: Mapping[str, Any], number: int) -> Project:
    convention = Convention(**raw["convention"]) if "convention" in raw else None
    return Project(object_id("project", number), raw["key"], raw["name"], tuple(raw.get("tags", ())), convention)


def _acme(destination: Destination | None) -> Account:
    raw = read_json("account.json")
    projects = {one["key"]: _project(one, n) for n, one in enumerate(raw["projects"], 1)}
    flags = {key: {one["key"]: _flag(one, n) for n, one in enumerate(raw["flags"].get(key, ()))} for key in projects}
    if destination is not None:
        projects[PROJECT] = replace(projects[PROJECT], convention=destination.convention)
        flags[PROJECT] = {flag.key: flag for flag in destination.flags}
    members = tuple(_member(one, n) for n, one in enumerate(raw["members"], 1))
    return Account(object_id("account", 1), members, projects, flags)


def _globex() -> Account:
    gil = Member(object_id("member", 901), "Gil", "Globe", "gil@globex.example", "admin")
    store = Project(object_id("project", 901), "store", "Globex Store")
    shop = Project(object_id("project", 902), PROJECT, "Globex Web Shop")
    return Account(object_id("account", 2), (gil,), {"store": store, PROJECT: shop}, {"store": {}, PROJECT: {}})


class Accounts:
    """Both accounts, fresh at each start. `now` gives seconds since the epoch."""

    def __init__(self, now: Callable[[], float], destination: Destination | None = None) -> None:
        self._now = now
        self._all = {"acme": _acme(destination), "globex": _globex()}
        self._made = 0
        self._remember_an_old_import()

    def of(self, token: Token) -> Account:
        return self._all[token.account]

    def named(self, name: str) -> Account:
        return self._all[name]

    def now_ms(self) -> int:
        return int(self._now() * 1000)

    def add(
        self,
        account: Account,
        project: str,
        integration: str,
        name: str,
        tags: list[str],
        config: dict[str, str],
    ) -> Configuration:
        """Names are not unique: LaunchDarkly documents no such rule."""
        self._made += 1
        made = Configuration(f"12ab3c4d5ef1a2345bc{self._made:05x}", project, integration, name, tags, config)
        account.configurations[made.id] = made
        return made

    def _remember_an_old_import(self) -> None:
        """The list of configurations is not empty in a real account either."""
        old = Configuration(
            object_id("configuration", 1),
            "blog",
            "split",
            "Blog, from the old workspace",
            ["migration"],
            {
                "workspaceId": "",
                "environmentId": "",
                "splitTag": "",
                "ldTag": "imported-from-split",
                "ldMaintainer": "",
                "workspaceApiKey": "",
                "ldApiKey": "",
            },
            version=3,
            status="complete",
            last_import=STARTED + 400 * DAY,
        )
        self._all["acme"].configurations[old.id] = old
