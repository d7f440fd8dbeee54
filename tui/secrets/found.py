"""Values that need not be asked for: environment variables, and the configuration of LaunchDarkly's own CLI.

ldcli keeps `$XDG_CONFIG_HOME/ldcli/config.yml`, otherwise `~/.config/ldcli/config.yml` on every platform,
flat YAML with `access-token`, `base-uri` and `project` among its keys. The variables are `LD_` and the same
in capitals, and beat the file. From internal/config/config.go and README.md of github.com/launchdarkly/ldcli.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tui.secrets.intake import UnusableError, key_in
from tui.secrets.names import TOKEN, holds_secret, host_of, proposed_variable
from tui.text.private_files import read_ordinary

if TYPE_CHECKING:
    from pydantic import SecretStr

_LARGEST = 64 * 1024
_LDCLI = "from ldcli's configuration"
_LDCLI_DEFAULT_BASE = "https://app.launchdarkly.com"
_SETTINGS = {"host": ("LD_BASE_URI", "base-uri"), "project": ("LD_PROJECT", "project")}
_NOT_PLAIN = tuple("#&*!|>%@`{[")  # what YAML reads as something else than a plain word


@dataclass(frozen=True, slots=True)
class Found:
    """A secret that was found. `reference` is how a recipe names its place (`env:NAME`), "" where it cannot;
    `said` tells a person ("from LD_ACCESS_TOKEN")."""

    value: SecretStr
    reference: str
    said: str


class UnusableFoundError(Exception):
    """What was found can't be a key. `place` is its place; `str()` is a sentence that quotes nothing of it."""

    def __init__(self, place: str, wrong: UnusableError) -> None:
        super().__init__(f"{place} {wrong}. It is not used.")
        self.place = place
        self.wrong = wrong


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting that was found, as it was written there, and its place in words."""

    value: str
    said: str


@dataclass(frozen=True, slots=True)
class _Ldcli:
    values: Mapping[str, str] = field(repr=False)


def find(key: str, integration: str, environ: Mapping[str, str], *, host: str = "") -> Found | None:
    """The secret for the field `key`, None where there is none.

    `host` is the LaunchDarkly host (or address) it will be sent to. Your token is not offered for another
    host than the one it was set up for: it goes to another instance only by a person's own hand.
    Raises UnusableFoundError.
    """
    from pydantic import SecretStr

    name = proposed_variable(integration, key)
    value = environ.get(name, "")
    ldcli = _ldcli(environ) if key == TOKEN else _Ldcli({})
    stated = (environ.get("LD_BASE_URI") or ldcli.values.get("base-uri", "")).strip()
    if value.strip():
        astray = key == TOKEN and stated and host and not _same_host(stated, host)
        return None if astray else Found(SecretStr(_taken(value, name)), f"env:{name}", f"from {name}")
    token = ldcli.values.get("access-token", "")
    if token.strip() and (not host or _same_host(stated or _LDCLI_DEFAULT_BASE, host)):
        return Found(SecretStr(_taken(token, "ldcli's access-token")), "", _LDCLI)
    return None


def _taken(text: str, place: str) -> str:
    try:
        return key_in(text)
    except UnusableError as wrong:
        raise UnusableFoundError(place, wrong) from None


def known(environ: Mapping[str, str]) -> Iterator[str]:
    """Every secret that can be found without asking, whatever it is for: to take it out of texts, never to use it."""
    for name, value in environ.items():
        if holds_secret(name) and value.strip():
            yield value.strip()
    if token := _ldcli(environ).values.get("access-token", "").strip():
        yield token


def setting(key: str, environ: Mapping[str, str]) -> Setting | None:
    """What is said of the field `host` or `project`, None for any other or where nothing is."""
    if key not in _SETTINGS:
        return None
    variable, entry = _SETTINGS[key]
    if value := environ.get(variable, "").strip():
        return Setting(value, f"from {variable}")
    value = _ldcli(environ).values.get(entry, "").strip()
    return Setting(value, _LDCLI) if value else None


def _same_host(a: str, b: str) -> bool:
    try:
        return host_of(a) == host_of(b)
    except ValueError:  # no address at all
        return False


def _ldcli(environ: Mapping[str, str]) -> _Ldcli:
    """The flat, plain entries of ldcli's configuration; none where it cannot be read."""
    home = environ.get("HOME") or environ.get("USERPROFILE") or ""
    folder = environ.get("XDG_CONFIG_HOME") or (str(Path(home) / ".config") if home else "")
    if not folder:
        return _Ldcli({})
    path = Path(folder) / "ldcli" / "config.yml"
    try:
        raw = read_ordinary(path, _LARGEST)
        if raw is None or len(raw) > _LARGEST:
            return _Ldcli({})
        text = raw.decode("utf-8-sig")
    except (OSError, ValueError):
        return _Ldcli({})
    return _Ldcli(dict(filter(None, map(_entry, text.splitlines()))))


def _entry(line: str) -> tuple[str, str] | None:
    """(key, value) of a line `key: value` at the left edge, quoted or not; None for any other YAML."""
    key, _, rest = line.partition(":")
    value = rest.strip()
    if key != key.strip() or not rest.startswith((" ", "\t")) or value.startswith(_NOT_PLAIN):
        return None
    if value.startswith(('"', "'")):
        inner, closed, _ = value[1:].partition(value[0])
        return (key, inner) if closed and "\\" not in inner else None
    return key, value.partition(" #")[0].rstrip()
