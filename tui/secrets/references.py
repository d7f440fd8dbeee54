"""How a recipe names a secret without having it (`env:NAME`, `file:PATH`, `keyring`), and which text may be a secret.

Only a paste into the wizard is repaired. A text from anywhere else is used as it is or refused: to join the lines of a
file would send all of it, another key included, to whoever the recipe names.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tui.net.errors import Advice, Failure, Kind, Remedy, Safe
from tui.text.clean import clean
from tui.text.private_files import read_ordinary
from tui.text.redact import SHORTEST

if TYPE_CHECKING:
    from pydantic import SecretStr

LARGEST = 64 * 1024
"""Bytes that a file with a secret may have."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BLANKS = " \t\N{NO-BREAK SPACE}"
_OF_THE_SYSTEM = ("/proc", "/dev")
_READABLE_BY_OTHERS = 0o044

# --- references


class NotAReferenceError(ValueError):
    """The text is no reference, most likely a secret itself. `str()` quotes none of it and continues the name of its
    place: "contains a value. Keys are never read from a recipe. ..."."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The place of a secret. `name` is the variable's name or the file's path, "" for the keyring."""

    kind: Literal["env", "file", "keyring"]
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else self.kind


def parse(text: str) -> Reference:
    """Return the reference that `text` writes. Raises NotAReferenceError."""
    kind, separator, name = text.partition(":")
    if text == "keyring":
        return Reference("keyring")
    if kind == "env" and _NAME.fullmatch(name):
        return Reference("env", name)
    if kind == "env" and separator:
        raise NotAReferenceError("has no variable name after env:. Write env:NAME.")
    if kind == "file" and name and "\0" not in name:
        return Reference("file", name)
    raise NotAReferenceError(
        "contains a value. Keys are never read from a recipe. Write env:NAME, file:PATH, or keyring."
    )


def resolve(
    reference: Reference,
    *,
    label: str,
    field: str,
    environ: Mapping[str, str],
    warn: Callable[[str], None] | None = None,
) -> SecretStr:
    """Return the secret that an `env` or `file` reference names, as `key_in` takes it.

    `label` is the field's name in sentences ("Unleash SDK key"), `field` its key. `warn` gets a sentence if others can
    read the file. Raises Failure CREDENTIAL, and KeyError for `keyring`, which only `Keyring.get` can answer.
    """
    from pydantic import SecretStr

    place = clean(reference.name)
    try:
        key = key_in(_text(reference, place, environ), place)
    except _MissingError as missing:
        what, why = f"The {label} can't be read: {missing}.", "The recipe names no other place."
        advice = Advice(missing.remedy, missing.about, Safe.NOTHING_SENT)
    except UnusableKeyError as unusable:
        what, why = f"The {label} can't be used: {unusable}.", ""
        advice = Advice(Remedy.STORE_KEY_ALONE, "", Safe.NOTHING_SENT)
    else:
        if warn is not None and reference.kind == "file" and readable_by_others(Path(reference.name).expanduser()):
            warn(f"Other users of this machine can read {place}, which contains a key. Make it private: chmod 600.")
        return SecretStr(key)
    raise Failure(Kind.CREDENTIAL, what, why, field=field).advised(advice)


class _MissingError(Exception):
    def __init__(self, problem: str, remedy: Remedy = Remedy.FIX_KEY_FILE, about: str = "") -> None:
        super().__init__(problem)
        self.remedy = remedy
        self.about = about


def _text(reference: Reference, place: str, environ: Mapping[str, str]) -> str:
    if reference.kind == "keyring":
        raise KeyError(reference.kind)
    if reference.kind == "env":
        if reference.name not in environ:
            raise _MissingError(f"{place} is not set", Remedy.SET_VARIABLE, reference.name)
        return environ[reference.name]
    try:
        path = Path(reference.name).expanduser()
        if is_of_the_system(path):
            raise _MissingError(f"{place} is a system file, and keys are not read from those")
        raw = read_ordinary(path, LARGEST)
        if raw is None:
            raise _MissingError(f"{place} is not a regular file")
        if len(raw) > LARGEST:
            raise _MissingError(f"{place} is larger than 64 KiB")
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise _MissingError(f"{place} is not UTF-8 text") from None
    except (OSError, RuntimeError) as error:  # RuntimeError: a ~user who doesn't exist
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "no such user"
        raise _MissingError(f"{place} can't be read ({reason})") from None


def is_of_the_system(path: Path) -> bool:
    """Return whether `path` is below /proc or /dev, as written or through links. Such files show secrets of
    whole processes and devices."""
    roots = {identity for root in _OF_THE_SYSTEM if (identity := _identity(root))}
    # Path.absolute() would keep the dots.
    return any(
        _identity(str(folder)) in roots
        for place in (os.path.abspath(path), os.path.realpath(path))
        for folder in (Path(place), *Path(place).parents)
    )


def _identity(place: str) -> tuple[int, int] | None:
    """Return what identifies a folder under any name."""
    try:
        status = os.stat(place)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def readable_by_others(path: Path) -> bool:
    """Return whether others than its owner can read the file. False if its rights can't be read, and on Windows."""
    try:
        return os.name == "posix" and bool(path.stat().st_mode & _READABLE_BY_OTHERS)
    except OSError:
        return False


# --- the one decision whether a text from a file or a variable may be a key


class UnusableKeyError(Exception):
    """The text can't be a key. `str()` is a sentence about its place without a period, and quotes nothing of it."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place} {problem}")
        self.place = place


def key_in(text: str, place: str) -> str:
    """Return the key in `text`: less a BOM, blanks at both ends, and one final line break.

    Raises UnusableKeyError, also if nothing is left.
    """
    key = text.removeprefix("\ufeff").strip(_BLANKS)
    for line_break in ("\r\n", "\n", "\r"):
        if key.endswith(line_break):
            key = key.removesuffix(line_break).strip(_BLANKS)
            break
    if problem := _problem(key):
        raise UnusableKeyError(place, problem)
    return key


def _problem(key: str) -> str:
    if not key:
        return "is empty"
    if is_placeholder(key):
        return "contains a placeholder that was not filled in"
    if len(key.splitlines()) > 1 or any(c in "\r\n" for c in key):
        return "contains a line break, but a key is one line"
    if key[0] + key[-1] == "{}":
        return "is a JSON document, not just the key"
    for place, character in enumerate(key, 1):
        if character.isspace():
            return f"contains a space (character {place}), but a key has none"
        if unicodedata.category(character) in ("Cc", "Cf", "Cs"):
            return f"contains a control character (character {place})"
    return f"has {len(key)} characters, but a key has at least {SHORTEST}" if len(key) < SHORTEST else ""


# Syntaxes of shells, GitHub Actions, Azure Pipelines, Jinja, Helm, Concourse, Octopus, 1Password, and vals.
# Anywhere in a value: "${STAGE}-production" is as wrong as "${STAGE}".
_TEMPLATE = re.compile(r"\$\{[^{}]*\}|\$\([^()]*\)|\{\{.*?\}\}|#\{[^{}]*\}", re.DOTALL)
# The whole value: a name may contain these.
_WHOLE = re.compile(
    r"\$[A-Za-z_]\w*|%[A-Za-z_]\w*%|__[A-Z][A-Z0-9_]*__|\(\(.+\)\)|<[A-Za-z][A-Za-z _.-]*>"
    r"|(?:op|vault|secretref|ref\+\w+)://.*|@Microsoft\.KeyVault\(.*\)|arn:aws[\w-]*:(?:secretsmanager|ssm):.*",
    re.DOTALL,
)
_WORDS = frozenset({"null", "NULL", "undefined", "None", "[object Object]"})


def is_placeholder(text: str) -> bool:
    """Return whether `text` is or contains a template that was not filled in, a vault entry's name, or `null`."""
    value = text.strip()
    return value in _WORDS or bool(_WHOLE.fullmatch(value) or _TEMPLATE.search(value))
