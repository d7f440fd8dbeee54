"""Journals as files in the state directory, one for each import: readable by its owner only, written whole or not at
all."""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress
from dataclasses import asdict, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tui.apply.heads import FOLDER, HEAD, head_of
from tui.apply.journal import Identity, Journal, Stage
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.text import limited_json
from tui.text.clean import clean
from tui.text.private_files import read_ordinary, state_dir, write_private
from tui.text.redact import Redactor

if TYPE_CHECKING:
    from pydantic import TypeAdapter

VERSION = 1
_LARGEST = 256 * 1024 * 1024
_NOT_SAVED = {"snapshot", "born_here"}
_LATER = {"account", "importer", "habits", "starts", "import_keys"}
_REQUIRED = {field.name for field in fields(Journal)} - _NOT_SAVED - _LATER
"""Fields of a journal of version 1.1.0."""
_WITH_CONFIGURATION = (Stage.CREATED, Stage.STARTING, Stage.STARTED, Stage.ENDED, Stage.VERIFIED)


def folder() -> Path:
    """Where journals are. Raises OSError."""
    return state_dir() / FOLDER


def path_of(identity: Identity, where: Path | None = None) -> Path:
    """Return the file of an import's journal: words to recognize it, and a digest that makes it unique."""
    whole = json.dumps([identity.host, identity.project, identity.integration, identity.name])
    digest = hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    words = re.sub(r"[^a-z0-9]+", "-", f"{identity.integration} {identity.project} {identity.name}".lower())
    return (where or folder()) / f"{words.strip('-')[:60]}-{digest}.json"


def save(journal: Journal, path: Path, redactor: Redactor | None = None) -> None:
    """Write a journal to a file (0600), replacing its earlier state. Raises OSError.

    A key can only be in a journal if a source has one in a flag's own text, or LaunchDarkly quotes one: it is taken
    out. Keys of flags stay as they are, because everything is looked up by them.
    """
    redactor = redactor or Redactor()
    head = head_of(
        {name: redactor.data(text) for name, text in asdict(journal.identity).items()},
        journal.stage.value,
        journal.configuration,
        len(journal.expected),
        undone=bool(journal.undone) and journal.traces.keys() <= journal.undone.keys(),
    )
    beginning = json.dumps({HEAD: head, "version": VERSION}, separators=(",", ":"))
    write_private(path, f"{beginning[:-1]},{_as_json(journal, redactor)[1:]}\n")


def _as_json(journal: Journal, redactor: Redactor) -> str:
    """Return a journal as JSON. A lone surrogate, which a source may send, only Python's own JSON can hold: pydantic
    refuses it in a value and replaces it in a key."""
    with suppress(ValueError):
        text = _journals().dump_json(journal, exclude=_NOT_SAVED, context=redactor).decode()
        if "\N{REPLACEMENT CHARACTER}" not in text:
            return text
    return json.dumps(_journals().dump_python(journal, exclude=_NOT_SAVED, context=redactor))


def load(path: Path) -> Journal | None:
    """Return the journal in a file; None if there is no file. Raises Failure RECIPE for a file that is no journal."""
    try:
        raw = read_ordinary(path, _LARGEST)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:  # ValueError: a zero character in the path
        raise _unreadable(path, getattr(error, "strerror", None) or "no reason given") from None
    if raw is None or len(raw) > _LARGEST:
        raise _unreadable(path, "it is not a regular file, or it is too large")
    try:
        return _journal(limited_json.parse_file(raw))
    except ValueError:  # pydantic's ValidationError is one
        raise _unreadable(path, "it is not a journal of this version") from None


def _journal(document: object) -> Journal:
    """Raises ValueError if `document` is no journal, or one that was created and doesn't name its configuration."""
    if not isinstance(document, dict) or document.get("version") != VERSION or not document.keys() >= _REQUIRED:
        raise ValueError("version")
    journal = _journals().validate_python({key: document[key] for key in document.keys() - _NOT_SAVED})
    if journal.stage in _WITH_CONFIGURATION and not journal.configuration:
        raise ValueError("configuration")
    return journal


@cache
def _journals() -> TypeAdapter[Journal]:
    from pydantic import TypeAdapter

    return TypeAdapter(Journal)


def _unreadable(path: Path, reason: str) -> Failure:
    return Failure(
        Kind.RECIPE,
        f"The journal {clean(path.name)} can't be used: {reason}.",
        "Without it, the flags of this import can't be told apart from others.",
        Remedy.MOVE_JOURNAL,
        safe=Safe.NOTHING_SENT,
    )
