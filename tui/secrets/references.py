"""How a recipe names a secret without holding it: `env:NAME`, `file:PATH`, `keyring`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as slot
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tui.net.errors import Failure, Kind
from tui.secrets.intake import UnusableError, is_of_the_system, key_in, readable_by_others
from tui.text.clean import clean
from tui.text.private_files import read_ordinary

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


def resolve(
    reference: Reference,
    *,
    label: str,
    field: str,
    environ: Mapping[str, str],
    warn: Callable[[str], None] | None = None,
) -> SecretStr:
    """Return the secret that an `env` or `file` reference names, as `intake.key_in` takes it.

    `label` is the field's name in sentences ("Unleash SDK key"), `field` its key. `warn` gets a sentence if others may
    read the file. Raises Failure CREDENTIAL, and KeyError for `keyring`, which only `Keyring.get` can answer.
    """
    from pydantic import SecretStr

    try:
        found = _FINDERS[reference.kind](reference.name, environ)
        key = key_in(found.text)
    except _MissingError as missing:
        raise Failure(
            Kind.CREDENTIAL,
            f"There is no {label}: {missing.what}.",
            "The recipe names it as the only place.",
            f"{missing.remedy} {_NEXT}",
            field=field,
        ) from None
    except UnusableError as wrong:
        raise Failure(
            Kind.CREDENTIAL,
            f"The {label} can't be used: {found.place} {wrong}.",
            "",
            f"Store the key alone there, unchanged, {_NEXT}",
            field=field,
        ) from None
    if found.open_to_others and warn is not None:
        warn(f"Other users of this machine can read {found.place}, which holds a key. Make it private: chmod 600.")
    return SecretStr(key)


class _MissingError(Exception):
    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class _Found:
    """What a variable or file holds, and its name in sentences."""

    text: str = slot(repr=False)
    place: str
    open_to_others: bool = False


def _from_variable(name: str, environ: Mapping[str, str]) -> _Found:
    if name not in environ:
        raise _MissingError(f"{name} is not set", "Set it")
    return _Found(environ[name], name)


def _from_file(name: str, _environ: Mapping[str, str]) -> _Found:
    shown = clean(name)
    try:
        path = Path(name).expanduser()
        if is_of_the_system(path):
            raise _MissingError(f"{shown} belongs to the system, and keys are not read from there", "Use another file")
        raw = read_ordinary(path, LARGEST)
    except (OSError, RuntimeError) as error:  # RuntimeError: a ~user who does not exist
        why = error.strerror if isinstance(error, OSError) and error.strerror else "no such user"
        raise _MissingError(f"{shown} cannot be read ({why})", "Put it there") from None
    if raw is None:
        raise _MissingError(f"{shown} is not an ordinary file", "Put it into one")
    if len(raw) > LARGEST:
        raise _MissingError(f"{shown} is larger than 64 KiB", "Name the right file")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise _MissingError(f"{shown} holds no text (UTF-8)", "Write it as text") from None
    return _Found(text, shown, readable_by_others(path))


_FINDERS: dict[str, Callable[[str, Mapping[str, str]], _Found]] = {"env": _from_variable, "file": _from_file}
