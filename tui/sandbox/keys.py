"""The keys of the demo company (`data/keys.json`), and what each one may do.

The values have the shape of real keys. They never change, so pictures and tests come out the same each time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from tui.sandbox.company import read_data

READ = "read"
CONFIGURE = "configure"
CREATE_FLAGS = "create flags"


class Key(Protocol):
    @property
    def value(self) -> str: ...
    @property
    def explains(self) -> str: ...


K = TypeVar("K", bound=Key)


class KeyRing(dict[str, K]):
    """Keys by their name in the sandbox."""

    def find(self, value: str) -> K | None:
        return next((key for key in self.values() if key.value == value), None)


@dataclass(frozen=True, slots=True)
class Token:
    """A LaunchDarkly access token. `member` is the email address of its owner, None for a service token."""

    value: str = field(repr=False)
    name: str
    explains: str
    account: str = "acme"
    member: str | None = None
    role: str = "reader"
    rights: frozenset[str] = frozenset({READ})


@dataclass(frozen=True, slots=True)
class SplitKey:
    """A Split key. `header` is the only header that carries it ("": any); `environment` is the only one it can read."""

    value: str = field(repr=False)
    explains: str
    workspaces: bool = True
    admin: bool = True
    header: str = ""
    environment: str = ""


@dataclass(frozen=True, slots=True)
class UnleashKey:
    """An Unleash token. `kind` is client, frontend or admin. Empty `projects` are all projects."""

    value: str = field(repr=False)
    explains: str
    kind: str = "client"
    projects: tuple[str, ...] = ()
    environment: str = ""


@dataclass(frozen=True, slots=True)
class _Keys:
    launchdarkly: dict[str, Token]
    split: dict[str, SplitKey]
    unleash: dict[str, UnleashKey]


_KEYS = read_data("keys", _Keys)

TOKENS = KeyRing(_KEYS.launchdarkly)
SPLIT_KEYS = KeyRing(_KEYS.split)
UNLEASH_KEYS = KeyRing(_KEYS.unleash)

WORKSPACES = {
    "default": ("8f2c4b10-5a4d-4b0c-8500-000000000001", "Acme"),
    "mobile-app": ("8f2c4b10-5a4d-4b0c-8500-000000000002", "Acme Mobile"),
}
"""Split's workspaces by the company's project: id and name."""

ENVIRONMENTS = {
    "production": "3d9e7a60-5a4d-4b0c-8500-000000000011",
    "development": "3d9e7a60-5a4d-4b0c-8500-000000000012",
}
"""Ids of Split's environments by name, the same in every workspace."""

PROJECT = "web-shop"
"""The LaunchDarkly project that the demo proposes."""


def object_id(kind: str, number: int) -> str:
    """Return an id like LaunchDarkly's: 24 hexadecimal digits."""
    kinds = ("account", "member", "project", "environment", "token", "variation", "configuration", "entry", "approval")
    return f"5ac0de51{kinds.index(kind):04x}{number:012x}"


def token_id(token: Token) -> str:
    return object_id("token", list(TOKENS.values()).index(token) + 1)
