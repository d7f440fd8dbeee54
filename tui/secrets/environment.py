"""Values that need no asking: environment variables, and the configuration of LaunchDarkly's own CLI.

ldcli keeps `$XDG_CONFIG_HOME/ldcli/config.yml`, otherwise `~/.config/ldcli/config.yml` on every platform,
flat YAML with `access-token`, `base-uri` and `project` among its keys. The variables are `LD_` and the same
in capitals, and beat the file. From internal/config/config.go and README.md of github.com/launchdarkly/ldcli.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tui.secrets.names import TOKEN, holds_secret, host_of, proposed_variable
from tui.secrets.references import key_in
from tui.text.private_files import read_ordinary

if TYPE_CHECKING:
    from pydantic import SecretStr

_LARGEST = 64 * 1024
_LDCLI = "from ldcli's configuration"
_LDCLI_DEFAULT_BASE = "https://app.launchdarkly.com"
_SETTINGS = {"host": ("LD_BASE_URI", "base-uri"), "project": ("LD_PROJECT", "project")}
_NOT_PLAIN = tuple("#&*!|>%@`{[")  # what YAML reads as something other than a plain word


@dataclass(frozen=True, slots=True)
class FoundSecret:
    """A secret and its place: `reference` is how a recipe names that (`env:NAME`), "" if it can't; `origin` is for
    people ("from LD_ACCESS_TOKEN")."""

    value: SecretStr
    reference: str
    origin: str


@dataclass(frozen=True, slots=True)
class FoundSetting:
    """A setting as it is written in its place, and the place for people."""

    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class _Ldcli:
    """In a class, so that no traceback shows the token."""

    values: Mapping[str, str] = field(repr=False)


def find_secret(key: str, integration: str, environ: Mapping[str, str], *, host: str = "") -> FoundSecret | None:
    """Return the secret for the field `key`; None if there is none.

    `host` is the LaunchDarkly host (or address) it will be sent to. Your token isn't offered for another host than the
    one it was set up for: only a person sends it to another instance. Raises UnusableKeyError.
    """
    from pydantic import SecretStr

    name = proposed_variable(integration, key)
    value = environ.get(name, "")
    ldcli = _ldcli(environ) if key == TOKEN else _Ldcli({})
    address = (environ.get("LD_BASE_URI") or ldcli.values.get("base-uri", "")).strip()
    if value.strip():
        if key == TOKEN and address and host and not _same_host(address, host):
            return None
        return FoundSecret(SecretStr(key_in(value, name)), f"env:{name}", f"from {name}")
    token = ldcli.values.get("access-token", "")
    if token.strip() and (not host or _same_host(address or _LDCLI_DEFAULT_BASE, host)):
        return FoundSecret(SecretStr(key_in(token, "ldcli's access-token")), "", _LDCLI)
    return None


def all_secrets(environ: Mapping[str, str]) -> Iterator[str]:
    """Return every secret that needs no asking, whatever it is for: to take it out of texts, never to use it."""
    for name, value in environ.items():
        if holds_secret(name) and value.strip():
            yield value.strip()
    if token := _ldcli(environ).values.get("access-token", "").strip():
        yield token


def find_setting(key: str, environ: Mapping[str, str]) -> FoundSetting | None:
    """Return the value for the field `host` or `project`; None for any other field, or if there is none."""
    if key not in _SETTINGS:
        return None
    variable, entry = _SETTINGS[key]
    if value := environ.get(variable, "").strip():
        return FoundSetting(value, f"from {variable}")
    value = _ldcli(environ).values.get(entry, "").strip()
    return FoundSetting(value, _LDCLI) if value else None


def _same_host(a: str, b: str) -> bool:
    try:
        return host_of(a) == host_of(b)
    except ValueError:  # not an address
        return False


def _ldcli(environ: Mapping[str, str]) -> _Ldcli:
    """Return the flat, plain entries of ldcli's configuration; none if it can't be read."""
    home = environ.get("HOME") or environ.get("USERPROFILE")
    folder = environ.get("XDG_CONFIG_HOME") or (home and Path(home) / ".config")
    if not folder:
        return _Ldcli({})
    try:
        raw = read_ordinary(Path(folder) / "ldcli" / "config.yml", _LARGEST)
        if raw is None or len(raw) > _LARGEST:
            return _Ldcli({})
        return _Ldcli(dict(filter(None, map(_entry, raw.decode("utf-8-sig").splitlines()))))
    except (OSError, ValueError):
        return _Ldcli({})


def _entry(line: str) -> tuple[str, str] | None:
    """Return (key, value) of a line `key: value` at the left edge, quoted or not; None for any other YAML."""
    key, _, rest = line.partition(":")
    value = rest.strip()
    if key != key.strip() or not rest.startswith((" ", "\t")) or value.startswith(_NOT_PLAIN):
        return None
    if value.startswith(('"', "'")):
        inner, closed, _ = value[1:].partition(value[0])
        return (key, inner) if closed and "\\" not in inner else None
    return key, value.partition(" #")[0].rstrip()
