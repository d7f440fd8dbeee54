"""The names of a field and its key outside this program: in a manifest, in the keyring, in the environment."""

from __future__ import annotations

import re
from contextlib import suppress
from urllib.parse import quote, unquote, urlsplit

SERVICE = "ld-flag-import"
"""The service name of every entry in the keyring."""

TOKEN = "token"  # noqa: S105 - the key of the field, not its value
OWN_FIELDS = frozenset({"host", TOKEN, "project", "config-name", "config-tags", "source-api", "source-helper"})
"""The keys of this program's own fields."""

_OF_A_FORM = "form "  # no form variable of a manifest has a blank in its key
_ANY = ""  # any integration

_VARIABLES = {
    (_ANY, TOKEN): "LD_ACCESS_TOKEN",  # as LaunchDarkly's own CLI has it
    (_ANY, "ldApiKey"): "LD_IMPORT_API_KEY",
    ("unleash", "sourceApiKey"): "UNLEASH_SDK_KEY",
    ("split", "workspaceApiKey"): "SPLIT_ADMIN_KEY",
}
_USUAL_PORTS = {"https": ":443", "http": ":80"}


def inside(name: str) -> str:
    """Return the key of the field for a manifest's form variable `name`, which may have the name of an own field."""
    return f"{_OF_A_FORM}{name}" if name in OWN_FIELDS else name


def outside(key: str) -> str:
    """Return the name of the field `key` in manifests, recipes, requests and errors."""
    return key.removeprefix(_OF_A_FORM)


def host_of(address: str) -> str:
    """Return the host in an address (or alone): lower case, IDNA, with its port unless that is the usual one.

    Raises ValueError for anything else.
    """
    scheme, separator, _ = address.partition("://")
    host = urlsplit(address if separator else f"//{address}").netloc.rpartition("@")[2].lower()
    if not host.isascii():
        with suppress(UnicodeError):  # not an internet host; entry_name percent-encodes it
            host = host.encode("idna").decode("ascii")
    return host.removesuffix(_USUAL_PORTS.get(scheme.lower(), ":443"))


def entry_name(
    host: str, *, project: str | None = None, integration: str | None = None, variable: str | None = None
) -> str:
    """Return the user name of an entry in the keyring, always ASCII.

    `<LaunchDarkly host>/token` for your token, for a form variable
    `<LaunchDarkly host>/<project>/<integration>/<variable>`; a missing part is `-`. `host` may be an address.
    Raises ValueError if it isn't one.
    """
    where = quote(host_of(host), safe=":[]")
    if variable is None:
        return f"{where}/{TOKEN}"
    parts = (quote(part, safe="") if part else "-" for part in (project, integration, outside(variable)))
    return "/".join((where, *parts))


def proposed_variable(integration: str, key: str) -> str:
    """Return the environment variable that has the secret of the field `key`, unless a recipe names another."""
    known = _VARIABLES.get((_ANY, key)) or _VARIABLES.get((integration, key))
    return known or "LDFI_" + re.sub(r"[^A-Za-z0-9_]", "_", outside(key)).upper()


def holds_secret(variable: str) -> bool:
    """Return whether an environment variable is one of those proposed for a secret."""
    return variable.startswith("LDFI_") or variable in _VARIABLES.values()


def variable_of_entry(user: str) -> str:
    """Return the environment variable that can replace an entry in the keyring."""
    *where, integration, key = (unquote(part) for part in f"/{user}".split("/"))
    return proposed_variable(integration, inside(key) if len(where) > 1 else key)
