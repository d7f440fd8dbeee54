"""How a recipe names a secret without holding it: `env:NAME`, `file:PATH`, `keyring`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tui.files import read_ordinary
from tui.net.errors import Failure, Kind
from tui.text import clean

if TYPE_CHECKING:
    from pydantic import SecretStr

LARGEST = 64 * 1024
"""Bytes a file with a secret may have."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NEXT = "and run again; nothing was sent."


class NotAReferenceError(ValueError):
    """The text is no reference, most likely a secret itself. `str()` quotes none of it, and goes on from the place
    where the text stands: "holds a value. Keys are never read from a recipe. ..."."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a secret is to be found. `name` is the variable's name or the file's path, "" for the keyring."""

    kind: Literal["env", "file", "keyring"]
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else self.kind


def parse(text: str) -> Reference:
    """The reference that `text` writes. Raises NotAReferenceError."""
    kind, separator, name = text.partition(":")
    if text == "keyring":
        return Reference("keyring")
    if kind == "env" and _NAME.fullmatch(name):
        return Reference("env", name)
    if kind == "env" and separator:
        raise NotAReferenceError("has no variable's name after env:. Write env:NAME.")
    if kind == "file" and name and "\0" not in name:
        return Reference("file", name)
    raise NotAReferenceError("holds a value. Keys are never read from a recipe. Write env:NAME, file:PATH or keyring.")


def resolve(reference: Reference, *, label: str, field: str, environ: Mapping[str, str]) -> SecretStr:
    """The secret that an `env` or `file` reference names, without the blanks around it.

    `label` is the field's name in sentences ("Unleash SDK key"), `field` its key. Raises Failure CREDENTIAL,
    and KeyError for `keyring`, which only `Keyring.get` can answer.
    """
    from pydantic import SecretStr

    try:
        return SecretStr(_RESOLVERS[reference.kind](reference.name, environ))
    except _MissingError as missing:
        raise Failure(
            Kind.CREDENTIAL,
            f"There is no {label}: {missing.what}.",
            "The recipe names it as the only place.",
            f"{missing.remedy} {_NEXT}",
            field=field,
        ) from None


class _MissingError(Exception):
    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


def _from_variable(name: str, environ: Mapping[str, str]) -> str:
    if name not in environ:
        raise _MissingError(f"{name} is not set", "Set it")
    value = environ[name].strip()
    if not value:
        raise _MissingError(f"{name} is empty", "Set it")
    return value


def _from_file(name: str, _environ: Mapping[str, str]) -> str:
    shown = clean(name)
    try:
        raw = read_ordinary(Path(name).expanduser(), LARGEST)
    except (OSError, RuntimeError) as error:  # RuntimeError: a ~user who does not exist
        why = error.strerror if isinstance(error, OSError) and error.strerror else "no such user"
        raise _MissingError(f"{shown} cannot be read ({why})", "Put it there") from None
    if raw is None:
        raise _MissingError(f"{shown} is not an ordinary file", "Put it into one")
    if len(raw) > LARGEST:
        raise _MissingError(f"{shown} is larger than 64 KiB", "Name the right file")
    try:
        value = raw.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise _MissingError(f"{shown} holds no text (UTF-8)", "Write it as text") from None
    if not value:
        raise _MissingError(f"{shown} is empty", "Put it there")
    return value


_RESOLVERS: dict[str, Callable[[str, Mapping[str, str]], str]] = {"env": _from_variable, "file": _from_file}
