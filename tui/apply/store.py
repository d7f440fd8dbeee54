"""Journals in the state directory: one file for each import, for its owner alone, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from tui.apply.heads import FOLDER, HEAD, head_of
from tui.apply.journal import Expected, Habits, Identity, Importer, Journal, LeftOut, Mark, Stage, Start, Trace
from tui.net.errors import Failure, Kind
from tui.sources.flags import Lost, Variation
from tui.text import limited_json
from tui.text.clean import clean
from tui.text.private_files import read_ordinary, state_dir, write_private
from tui.text.redact import Redactor

VERSION = 1
_LARGEST = 256 * 1024 * 1024
_LATEST = 32_503_680_000
"""The year 3000, seconds since the epoch."""
_WITH_CONFIGURATION = (Stage.CREATED, Stage.STARTING, Stage.STARTED, Stage.ENDED, Stage.VERIFIED)


def folder() -> Path:
    """Where journals are. Raises OSError."""
    return state_dir() / FOLDER


def path_of(identity: Identity, where: Path | None = None) -> Path:
    """The file of an import's journal: its name tells a person which, its digest tells it from all others."""
    whole = json.dumps([identity.host, identity.project, identity.integration, identity.name])
    digest = hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    words = re.sub(r"[^a-z0-9]+", "-", f"{identity.integration} {identity.project} {identity.name}".lower())
    return (where or folder()) / f"{words.strip('-')[:60]}-{digest}.json"


def save(journal: Journal, path: Path, redactor: Redactor | None = None) -> None:
    """Write a journal down (0600), in place of an earlier state of it. Raises OSError.

    Keys can only be in it where a source put one into a flag's own text, or LaunchDarkly quotes one; they are taken
    out. Keys of flags stay as they are: by them everything is found.
    """
    document = _document(journal, redactor or Redactor())
    write_private(path, json.dumps(document, ensure_ascii=True, separators=(",", ":")) + "\n")


def keeper(path: Path, redactor: Redactor) -> Callable[[Journal], None]:
    """Writes each state of a journal into one file. Raises OSError."""
    return lambda journal: save(journal, path, redactor)


def load(path: Path) -> Journal | None:
    """The journal in a file; None where there is none. Raises Failure RECIPE for a file that is no journal."""
    try:
        raw = read_ordinary(path, _LARGEST)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:  # ValueError: a zero character in the path
        raise _unreadable(path, getattr(error, "strerror", None) or "no reason given") from None
    if raw is None or len(raw) > _LARGEST:
        raise _unreadable(path, "it is not a regular file, or it is too large")
    try:
        return _sound(_read(limited_json.parse_file(raw)))
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
        raise _unreadable(path, "it is not a journal of this version") from None


def _sound(journal: Journal) -> Journal:
    """Return `journal` if a calendar holds its times, and it names its configuration if there is one.

    Raises ValueError.
    """
    if journal.stage in _WITH_CONFIGURATION and not journal.configuration:
        raise ValueError("configuration")
    for each in fields(journal):
        value = getattr(journal, each.name)
        if isinstance(value, float) and not 0 <= value < _LATEST:
            raise ValueError(each.name)
    return journal


def _unreadable(path: Path, why: str) -> Failure:
    return Failure(
        Kind.RECIPE,
        f"The journal {clean(path.name)} cannot be used: {why}.",
        "Without it nobody can tell what this import has made.",
        "Move it away; nothing was sent.",
    )


def _document(journal: Journal, redactor: Redactor) -> dict[str, object]:
    """What `_read` reads. By hand, as `asdict` takes seconds for 10,000 flags."""
    shown = redactor.data
    identity = {key: shown(value) for key, value in asdict(journal.identity).items()}
    return {
        HEAD: head_of(
            identity,
            journal.stage.value,
            journal.configuration,
            len(journal.expected),
            undone=bool(journal.undone) and journal.traces.keys() <= journal.undone.keys(),
        ),
        "version": VERSION,
        "identity": asdict(journal.identity),
        "tags": journal.tags,
        "config": {k: shown(v) if isinstance(v, str) else v for k, v in journal.config.items()},
        "references": dict(journal.references),
        "planned_at": journal.planned_at,
        "expected": [_of_expected(each, redactor) for each in journal.expected],
        "left_out": [{"key": e.key, "verdict": e.verdict, "reason": redactor(e.reason)} for e in journal.left_out],
        "notes": list(map(redactor, journal.notes)),
        "incomplete": redactor(journal.incomplete),
        "before": sorted(journal.before),
        "who": shown(journal.who),
        "stage": journal.stage.value,
        "ids_before": sorted(journal.ids_before),
        "sent_at": journal.sent_at,
        "configuration": journal.configuration,
        "reused": journal.reused,
        "mark": journal.mark and {**_of_mark(journal.mark), "status": redactor.foreign(journal.mark.status)},
        "snapshot_at": journal.snapshot_at,
        "start_sent_at": journal.start_sent_at,
        "started_at": journal.started_at,
        "verified_at": journal.verified_at,
        "ended_at": journal.ended_at,
        "ended": redactor.foreign(journal.ended),
        "errors": list(map(redactor.foreign, journal.errors)),
        "traces": {
            key: {"created": each.created, "version": each.version, "environments": dict(each.environments)}
            for key, each in journal.traces.items()
        },
        "undone": dict(journal.undone),
        "account": journal.account,
        "importer": {"token": journal.importer.token, "member": journal.importer.member},
        "habits": {"version": journal.habits.version, "details": sorted(journal.habits.details)},
        "starts": [
            {"before": sorted(each.before), "opened": each.opened, "closed": each.closed, "seen": each.seen}
            for each in journal.starts
        ],
    }


def _of_mark(mark: Mark) -> dict[str, object]:
    return {"last_import": mark.last_import, "last_error": mark.last_error, "errors": sorted(mark.errors)}


def _of_expected(each: Expected, redactor: Redactor) -> dict[str, object]:
    shown = redactor.data
    return {
        "key": each.key,
        "name": shown(each.name),
        "description": redactor.foreign(each.description),
        "tags": None if each.tags is None else list(map(shown, each.tags)),
        "variations": [
            {"value": shown(v.value) if isinstance(v.value, str) else v.value, "name": shown(v.name)}
            for v in each.variations
        ],
        "on": each.on,
        "off": each.off,
        "on_at_source": each.on_at_source,
        "lost": [{"kind": one.kind, "text": redactor(one.text)} for one in each.lost],
        "warnings": list(map(redactor, each.warnings)),
        "cut_over_warning": redactor(each.cut_over_warning),
        "targets": [[place, list(map(shown, users))] for place, users in each.targets],
    }


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
        incomplete=str(document["incomplete"]),
        before=frozenset(_texts(document["before"])),
        who=str(document["who"]),
        stage=Stage(document["stage"]),
        ids_before=frozenset(_texts(document["ids_before"])),
        sent_at=float(document["sent_at"]),
        configuration=str(document["configuration"]),
        reused=document["reused"] is True,
        mark=None if mark is None else _mark(mark),
        snapshot_at=float(document["snapshot_at"]),
        start_sent_at=float(document["start_sent_at"]),
        started_at=float(document["started_at"]),
        verified_at=float(document["verified_at"]),
        ended_at=float(document["ended_at"]),
        ended=str(document["ended"]),
        errors=_texts(document["errors"]),
        traces={str(key): _trace(each) for key, each in document["traces"].items()},
        undone={str(k): str(v) for k, v in document["undone"].items()},
        # Not in a journal of version 1.1.0.
        account=str(document.get("account", "")),
        importer=Importer(**{name: str(document.get("importer", {}).get(name, "")) for name in ("token", "member")}),
        habits=_habits(document.get("habits", {})),
        starts=tuple(map(_start, document.get("starts", ()))),
    )


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(each) for each in value)


def _ms(value: Any) -> int | None:
    """A number as it is, or None. Raises ValueError if it has a fraction or 19 digits, TypeError for others."""
    if value is None:
        return None
    if not isinstance(value, int | float):
        raise TypeError(value)
    if value != int(value) or abs(value) >= 10**18:
        raise ValueError(value)
    return int(value)


def _mark(mark: Mapping[str, Any]) -> Mark:
    times = _ms(mark["last_import"]), _ms(mark["last_error"])
    return Mark(str(mark["status"]), *times, frozenset(_texts(mark["errors"])))


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
        warnings=_texts(each.get("warnings", ())),
        cut_over_warning=str(each.get("cut_over_warning", "")),
        targets=tuple((int(place), _texts(users)) for place, users in each.get("targets", ())),
    )


def _habits(each: Mapping[str, Any]) -> Habits:
    return Habits(_ms(each.get("version")), frozenset(_texts(each.get("details", ()))))


def _start(each: Mapping[str, Any]) -> Start:
    times = (_ms(each[name]) for name in ("opened", "closed", "seen"))
    return Start(frozenset(_texts(each["before"])), *times)


def _trace(each: Mapping[str, Any]) -> Trace:
    states = {str(key): (_ms(pair[0]), _ms(pair[1])) for key, pair in each["environments"].items()}
    return Trace(_ms(each["created"]), _ms(each["version"]), states)
