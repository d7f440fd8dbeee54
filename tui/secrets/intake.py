"""The one place that decides whether a secret from a file or a variable may be used.

Only a paste into the wizard is repaired. A text that comes from anywhere else is taken as it is or refused: joining the
lines of a file would send all of it, another key included, to whoever the recipe names.
"""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

from tui.secrets.placeholders import is_placeholder

SHORTEST = 16
"""Characters of the shortest key. Anything shorter can't be told from ordinary words when a text is redacted."""

_BLANKS = " \t\N{NO-BREAK SPACE}"
_OF_THE_SYSTEM = ("/proc", "/dev")
_READABLE_BY_OTHERS = 0o044


class UnusableError(Exception):
    """The text can't be a key. `str()` continues the place's name ("has a line break inside") and quotes nothing."""


def key_in(text: str) -> str:
    """Return the key in `text`: less a BOM, blanks at both ends, and one final line break.

    Raises UnusableError, also if nothing is left.
    """
    key = _trimmed(text)
    if not key:
        raise UnusableError("is empty")
    if is_placeholder(key):
        raise UnusableError("is a placeholder that was not filled in")
    if len(key.splitlines()) > 1 or any(c in "\r\n" for c in key):
        raise UnusableError("has a line break inside, and a key is one line")
    if key[0] + key[-1] == "{}":
        raise UnusableError("is a JSON document, and a key is its text alone")
    for place, character in enumerate(key, 1):
        if character.isspace():
            raise UnusableError(f"has a blank inside (character {place}), and a key has none")
        if unicodedata.category(character) in ("Cc", "Cf", "Cs"):
            raise UnusableError(f"has a control character inside (character {place})")
    if len(key) < SHORTEST:
        raise UnusableError(f"has {len(key)} characters, and a key has at least {SHORTEST}")
    return key


def _trimmed(text: str) -> str:
    text = text.removeprefix("\ufeff").strip(_BLANKS)
    for line_break in ("\r\n", "\n", "\r"):
        if text.endswith(line_break):
            return text.removesuffix(line_break).strip(_BLANKS)
    return text


def is_of_the_system(path: Path) -> bool:
    """Return whether `path` is below /proc or /dev, as written or through links. Such files show secrets of
    whole processes and devices."""
    written, meant = os.path.abspath(path), os.path.realpath(path)  # Path.absolute() would keep the dots
    return any(_below(place) for place in (written, meant))


def _below(place: str) -> bool:
    roots = [root for root in map(_identity, _OF_THE_SYSTEM) if root]
    path = Path(place)
    return any(_identity(str(each)) in roots for each in (path, *path.parents))


def _identity(place: str) -> tuple[int, int] | None:
    """What tells a folder from any other, whatever it is called here."""
    try:
        found = os.stat(place)
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def readable_by_others(path: Path) -> bool:
    """Return whether others than its owner may read the file. False where its rights can't be read, and on Windows."""
    try:
        return os.name == "posix" and bool(path.stat().st_mode & _READABLE_BY_OTHERS)
    except OSError:
        return False
