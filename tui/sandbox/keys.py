"""Every key of the made-up company, and what each one may do.

The values have the shape of real ones and are obviously made up. They never change, so that pictures and
tests come out the same each time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

READ = "read"
CONFIGURE = "configure"
CREATE_FLAGS = "create flags"


class Key(Protocol):
    @property
    def value(self) -> str: ...
    @property
    def explains(self) -> str: ...


K = TypeVar("K", bound=Key)


class KeyRing(Generic[K]):
    """Looks a key up by its value, and by the name it has in practice."""

    def __init__(self, keys: dict[str, K]) -> None:
        self.named = keys
        self._by_value = {key.value: key for key in keys.values()}

    def find(self, value: str) -> K | None:
        return self._by_value.get(value)

    def __getitem__(self, name: str) -> K:
        return self.named[name]


@dataclass(frozen=True, slots=True)
class Token:
    """A LaunchDarkly access token. `member` is the e-mail address of its owner, None for a service token."""

    value: str = field(repr=False)
    name: str
    explains: str
    account: str = "acme"
    member: str | None = None
    role: str = "reader"
    rights: frozenset[str] = frozenset({READ})


@dataclass(frozen=True, slots=True)
class SplitKey:
    """A Split key. `header` names the only header it is taken from, or is blank where both are good.

    `environment` is the one environment that an environment-scoped key can read.
    """

    value: str = field(repr=False)
    explains: str
    workspaces: bool = True
    admin: bool = True
    header: str = ""
    environment: str = ""


@dataclass(frozen=True, slots=True)
class UnleashKey:
    """An Unleash token. `kind` is client, frontend or admin; `projects` is empty where all are meant."""

    value: str = field(repr=False)
    explains: str
    kind: str = "client"
    projects: tuple[str, ...] = ()
    environment: str = ""


def _rights(*names: str) -> frozenset[str]:
    return frozenset({READ, *names})


def _api(last: str) -> str:
    return f"api-5a4db0c5-0000-4000-8000-5a4db0c5{last}"


TOKENS = KeyRing(
    {
        "writer": Token(
            _api("a11a"),
            "Ana's laptop",
            "your token: may do all that is needed",
            member="ana@example.com",
            role="writer",
            rights=_rights(CONFIGURE, CREATE_FLAGS),
        ),
        "import-key": Token(
            _api("1396"),
            "Flag import",
            "import key: a service token that may create flags and nothing more",
            role="flag-importer",
            rights=_rights(CREATE_FLAGS),
        ),
        "reader": Token(
            _api("4ead"),
            "Ben, read only",
            "a reader's token: looks, creates nothing",
            member="ben@example.com",
            role="reader",
        ),
        "no-configurations": Token(
            _api("c410"),
            "Chloe, flags",
            "may create flags, but no import configurations (403)",
            member="chloe@example.com",
            role="flag-editor",
            rights=_rights(CREATE_FLAGS),
        ),
        "other-account": Token(
            _api("010b"),
            "Globex",
            "a token of another account, Globex",
            account="globex",
            member="gil@globex.example",
            role="admin",
            rights=_rights(CONFIGURE, CREATE_FLAGS),
        ),
        "other-import-key": Token(
            _api("1397"),
            "Globex import",
            "an import key of that other account",
            account="globex",
            role="flag-importer",
            rights=_rights(CREATE_FLAGS),
        ),
        "automation": Token(
            _api("7e44"),
            "Terraform",
            "a service token that somebody else's automation uses",
            role="writer",
            rights=_rights(CONFIGURE, CREATE_FLAGS),
        ),
    }
)

SPLIT_KEYS = KeyRing(
    {
        "admin": SplitKey("q7practice0acme0split0admin0key00a1b2", "the Admin API key"),
        "viewer": SplitKey(
            "q7practice0acme0split0viewer0key0c3d4",
            "reads flags, may not list workspaces (403)",
            workspaces=False,
        ),
        "environment": SplitKey(
            "q7practice0acme0split0env0key0000e5f6",
            "reads the definitions in production alone (404 elsewhere)",
            workspaces=False,
            environment="production",
        ),
        "harness": SplitKey(
            "sat.q7practiceAcme.5a4db0c50000000000000000.harnessKey7g8h",
            "a Harness token: only as x-api-key",
            header="x-api-key",
        ),
        "sdk": SplitKey("q7practice0acme0split0sdk0key0000i9j0", "a server-side SDK key: 401 here", admin=False),
    }
)


def _unleash(scope: str, last: str) -> str:
    return f"{scope}.{'5a4db0c5' * 6}0000{last}"


UNLEASH_KEYS = KeyRing(
    {
        "sdk": UnleashKey(
            _unleash("default:production", "a1b2"),
            "the SDK key",
            projects=("default",),
            environment="production",
        ),
        "development": UnleashKey(
            _unleash("default:development", "c3d4"),
            "an SDK key of the environment development",
            projects=("default",),
            environment="development",
        ),
        "two-projects": UnleashKey(
            _unleash("[]:production", "e5f6"),
            "an SDK key of the projects default and mobile-app",
            projects=("default", "mobile-app"),
            environment="production",
        ),
        "all-projects": UnleashKey(
            _unleash("*:production", "a7b8"), "an SDK key of every project", environment="production"
        ),
        "frontend": UnleashKey(
            _unleash("default:production", "f9f0"),
            "a frontend key: looks the same, is refused (403)",
            kind="frontend",
            projects=("default",),
            environment="production",
        ),
        "admin": UnleashKey(_unleash("*:*", "ad31"), "an admin token: no SDK key", kind="admin"),
        "personal": UnleashKey(f"user:{'5a4db0c5' * 6}0000beef", "a personal token: no SDK key", kind="admin"),
    }
)


WORKSPACES = {
    "default": ("8f2c4b10-5a4d-4b0c-8500-000000000001", "Acme"),
    "mobile-app": ("8f2c4b10-5a4d-4b0c-8500-000000000002", "Acme Mobile"),
}
"""Split's workspaces by the project of the company: id and name."""

ENVIRONMENTS = {
    "production": "3d9e7a60-5a4d-4b0c-8500-000000000011",
    "development": "3d9e7a60-5a4d-4b0c-8500-000000000012",
}
"""Split's environments: id by name, the same in every workspace."""

PROJECT = "web-shop"
"""The LaunchDarkly project that is proposed."""


def object_id(kind: str, number: int) -> str:
    """An id as LaunchDarkly has them, 24 hexadecimal digits."""
    kinds = ("account", "member", "project", "environment", "token", "variation", "configuration", "entry")
    return f"5ac0de51{kinds.index(kind):04x}{number:012x}"


def token_id(token: Token) -> str:
    return object_id("token", list(TOKENS.named.values()).index(token) + 1)
