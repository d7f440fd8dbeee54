"""Records of rebuilds as files beside the import's journal, one for each environment, under the journal's lock.

Readable by their owner only, and written whole or not at all.
"""

from __future__ import annotations

import glob
import hashlib
import json
import re
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.rebuild.record import Record
from tui.text import limited_json
from tui.text.clean import clean
from tui.text.private_files import read_ordinary, write_private
from tui.text.redact import Redactor

if TYPE_CHECKING:
    from pydantic import TypeAdapter

VERSION = 1
_ENDING = ".rebuild"
_LARGEST = 256 * 1024 * 1024


def path_of(journal: Path, environment: str) -> Path:
    """Return the file of an import's rebuilds in an environment. `journal` need not exist."""
    digest = hashlib.sha256(environment.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    words = re.sub(r"[^A-Za-z0-9]+", "-", environment).strip("-")[:40]
    return journal.with_name(f"{journal.stem}.{words}-{digest}{_ENDING}")


def beside(journal: Path) -> tuple[Path, ...]:
    """Return the files of an import's rebuilds in all environments."""
    pattern = f"{glob.escape(journal.stem)}.*-????????{_ENDING}"
    return tuple(sorted(journal.parent.glob(pattern)))


def save(record: Record, path: Path, redactor: Redactor | None = None) -> None:
    """Write a record to a file (0600), replacing its earlier state. Raises OSError.

    What is compared with LaunchDarkly stays as it is: a flag with a key in its definition is never rebuilt. Sentences
    may quote LaunchDarkly, so keys are taken out of them.
    """
    # By Python's own JSON: it alone can hold a lone surrogate, which a source may send.
    text = json.dumps(_records().dump_python(record, context=redactor or Redactor()), separators=(",", ":"))
    write_private(path, f'{{"version":{VERSION},{text[1:]}\n')


def load(path: Path) -> Record | None:
    """Return the record in a file; None if there is no file. Raises Failure RECIPE for a file that is no record."""
    try:
        raw = read_ordinary(path, _LARGEST)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:  # ValueError: a zero character in the path
        raise _unreadable(path, getattr(error, "strerror", None) or "no reason given") from None
    if raw is None or len(raw) > _LARGEST:
        raise _unreadable(path, "it is not a regular file, or it is too large")
    try:
        document = limited_json.parse_file(raw)
        if not isinstance(document, dict) or document.get("version") != VERSION or not document.keys() >= _REQUIRED:
            raise ValueError("version")
        return _records().validate_python({key: document[key] for key in document.keys() & _KNOWN})
    except (ValueError, RecursionError):  # pydantic's ValidationError is one
        raise _unreadable(path, "it is not a record of this version") from None


_KNOWN = {field.name for field in fields(Record)}
_REQUIRED = _KNOWN - {"at"}


@cache
def _records() -> TypeAdapter[Record]:
    from pydantic import TypeAdapter

    return TypeAdapter(Record)


def _unreadable(path: Path, reason: str) -> Failure:
    return Failure(
        Kind.RECIPE,
        f"The record {clean(path.name)} of earlier rebuilds can't be used: {reason}.",
        "Without it, what a rebuild has set can't be told apart from the work of others.",
        Remedy.MOVE_JOURNAL,
        safe=Safe.NOTHING_SENT,
    )
