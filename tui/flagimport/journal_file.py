"""Journals in the state directory: one file for each import, for its owner alone, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import re
import stat
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tui.files import state_dir, write_private
from tui.flagimport.journal import Expected, Identity, Journal, LeftOut, Mark, Stage, Trace
from tui.net.errors import Failure, Kind
from tui.sources.flags import Lost, Variation
from tui.text import Redactor, clean

VERSION = 1
_LARGEST = 256 * 1024 * 1024
_FOLDER = "journals"


def folder() -> Path:
    """Where journals are. Raises OSError."""
    return state_dir() / _FOLDER


def path_of(identity: Identity, where: Path | None = None) -> Path:
    """The file of an import's journal: its name tells a person which, its digest tells it from all others."""
    whole = json.dumps([identity.host, identity.project, identity.integration, identity.name])
    digest = hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    words = re.sub(r"[^a-z0-9]+", "-", f"{identity.integration} {identity.project} {identity.name}".lower())
    return (where or folder()) / f"{words.strip('-')[:60]}-{digest}.json"


def save(journal: Journal, path: Path, redactor: Redactor | None = None) -> None:
    """Write a journal down (0600), in place of an earlier state of it. Raises OSError.

    What `redactor` knows can only be in it where a source put a key into a flag's own text; it is taken out.
    """
    document = asdict(journal)
    document["version"] = VERSION
    document["before"] = sorted(journal.before)
    document["ids_before"] = sorted(journal.ids_before)
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":"))
    write_private(path, (redactor(text) if redactor else text) + "\n")


def load(path: Path) -> Journal | None:
    """The journal in a file; None where there is none. Raises Failure RECIPE for a file that is no journal."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error.strerror or "no reason given") from None
    if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST:
        raise _unreadable(path, "it is no ordinary file, or too large")
    try:
        return _read(json.loads(path.read_text("utf-8")))
    except OSError as error:
        raise _unreadable(path, error.strerror or "no reason given") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _unreadable(path, "it is not a journal of this version") from None


def _unreadable(path: Path, why: str) -> Failure:
    return Failure(
        Kind.RECIPE,
        f"The journal {clean(path.name)} cannot be used: {why}.",
        "Without it nobody can tell what this import has made.",
        "Name another by --journal, or move it away; nothing was sent.",
    )


def _read(document: Mapping[str, Any]) -> Journal:
    if document["version"] != VERSION:
        raise ValueError(document["version"])
    mark = document["mark"]
    return Journal(
        identity=Identity(
            **{name: str(document["identity"][name]) for name in ("host", "project", "integration", "name")}
        ),
        tags=_texts(document["tags"]),
        config=dict(document["config"]),
        references={str(k): str(v) for k, v in document["references"].items()},
        planned_at=float(document["planned_at"]),
        expected=tuple(map(_expected, document["expected"])),
        left_out=tuple(LeftOut(str(e["key"]), str(e["verdict"]), str(e["reason"])) for e in document["left_out"]),
        notes=_texts(document["notes"]),
        before=frozenset(_texts(document["before"])),
        who=str(document["who"]),
        stage=Stage(document["stage"]),
        ids_before=frozenset(_texts(document["ids_before"])),
        sent_at=float(document["sent_at"]),
        configuration=str(document["configuration"]),
        reused=document["reused"] is True,
        mark=None if mark is None else Mark(str(mark["status"]), _ms(mark["last_import"]), _ms(mark["last_error"])),
        started_at=float(document["started_at"]),
        ended_at=float(document["ended_at"]),
        ended=str(document["ended"]),
        errors=_texts(document["errors"]),
        traces={str(key): _trace(each) for key, each in document["traces"].items()},
        undone={str(k): str(v) for k, v in document["undone"].items()},
    )


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(each) for each in value)


def _ms(value: Any) -> int | None:
    return None if value is None else int(value)


def _expected(each: Mapping[str, Any]) -> Expected:
    return Expected(
        key=str(each["key"]),
        name=str(each["name"]),
        description=str(each["description"]),
        tags=None if each["tags"] is None else _texts(each["tags"]),
        variations=tuple(
            Variation(v["value"] if isinstance(v["value"], bool) else str(v["value"]), str(v["name"]))
            for v in each["variations"]
        ),
        on=_ms(each["on"]),
        off=_ms(each["off"]),
        on_at_source=each["on_at_source"] is True,
        lost=tuple(Lost(str(one["kind"]), str(one["text"])) for one in each["lost"]),
    )


def _trace(each: Mapping[str, Any]) -> Trace:
    states = {str(key): (_ms(pair[0]), _ms(pair[1])) for key, pair in each["environments"].items()}
    return Trace(_ms(each["created"]), _ms(each["version"]), states)
