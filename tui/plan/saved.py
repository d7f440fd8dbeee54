"""A plan saved to a file: everything that an import would do, without a secret, so that a later import can check that
nothing has changed.

The file has the members of `plan --json`, and what is needed besides to compare each flag.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tui.net.errors import Failure, Kind, Safe
from tui.plan.documents import as_json
from tui.plan.plan import Plan
from tui.sources.flags import SourceFlag, Targets
from tui.targeting.losses import Lost
from tui.text import limited_json
from tui.text.clean import clean, readable
from tui.text.private_files import read_ordinary, write_private
from tui.text.redact import Redactor
from tui.text.times import moment_json

if TYPE_CHECKING:
    from pydantic import TypeAdapter

VERSION = 1
_LARGEST = 256 * 1024 * 1024
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Settings:
    """What the configuration gets besides its flags. `config` has no secrets."""

    name: str
    tags: tuple[str, ...]
    config: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SavedFlag:
    """One flag of the source as it was planned. `values` are those of its variations; `lost` isn't imported."""

    key: str
    name: str
    description: str
    verdict: str
    on_at_source: bool
    variations: tuple[str, ...]
    values: tuple[bool | str, ...]
    on: int | None
    off: int | None
    targets: Targets
    tags: tuple[str, ...] | None
    lost: tuple[Lost, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan as its file has it. `read` is in milliseconds since the epoch."""

    version: Literal[1]
    read: int
    host: str
    project: str
    integration: str
    environment: str
    settings: Settings
    flags: tuple[SavedFlag, ...]


@dataclass(frozen=True, slots=True)
class PlanDifference:
    """Something that isn't as planned. `flag` is "" for a setting of the whole import."""

    flag: str
    what: str
    planned: str
    now: str

    def __str__(self) -> str:
        subject = f"{clean(self.flag)}: {self.what}" if self.flag else self.what
        return f"{subject} was {_short(self.planned)}, is now {_short(self.now)}"


def document(plan: Plan, settings: Settings, lost: Mapping[str, tuple[Lost, ...]], redactor: Redactor) -> Any:
    """Return a complete plan as its file has it. `lost` is what isn't imported, by the key of a flag."""
    shown = as_json(plan)
    rows = zip(shown.pop("flags"), plan.flags, strict=True)  # type: ignore[call-overload]
    flags = [{**row, **_more(planned.flag, lost.get(planned.flag.key, ()))} for row, planned in rows]
    head = {"version": VERSION, **moment_json("read", plan.read_at * 1000), "host": plan.request.instance.url}
    return redactor.document({**head, **shown, "settings": asdict(settings), "flags": flags})


def _more(flag: SourceFlag, lost: tuple[Lost, ...]) -> dict[str, object]:
    return {
        "description": flag.description,
        "values": [variation.value for variation in flag.variations],
        "on": flag.on,
        "off": flag.off,
        "targets": flag.targets,
        "lost": [asdict(item) for item in lost],
    }


def save(path: Path, document: Any) -> None:
    """Write a document for its owner, replacing an earlier file. Raises OSError."""
    write_private(path, f"{readable(document)}\n")


def of_document(document: Any) -> SavedPlan:
    """Return the plan in a document. Raises ValueError if it is none."""
    return _plans().validate_python(json.loads(json.dumps(document)))


def load(path: Path) -> SavedPlan:
    """Return the plan in a file. Raises Failure RECIPE if there is none."""
    try:
        raw = read_ordinary(path, _LARGEST)
    except (OSError, ValueError) as error:  # ValueError: a zero character in the path
        raise _unusable(getattr(error, "strerror", None) or "no reason given") from None
    if raw is None or len(raw) > _LARGEST:
        raise _unusable("it isn't a regular file, or it's too large")
    try:
        return of_document(limited_json.parse_file(raw))
    except ValueError:  # pydantic's ValidationError is one
        raise _unusable("it isn't a plan saved by this version with `plan -o FILE`") from None


@cache
def _plans() -> TypeAdapter[SavedPlan]:
    from pydantic import TypeAdapter

    return TypeAdapter(SavedPlan)


def _unusable(reason: str) -> Failure:
    return Failure(Kind.RECIPE, f"Can't use the saved plan: {reason}.", safe=Safe.NOTHING_SENT)


# --- what has changed


def differences(saved: SavedPlan, fresh: SavedPlan) -> Iterator[PlanDifference]:
    """Yield what differs in a fresh plan. When it was read doesn't matter."""
    for what in ("host", "project", "integration", "environment"):
        yield from _unlike("", what, getattr(saved, what), getattr(fresh, what))
    yield from _unlike("", "name", saved.settings.name, fresh.settings.name)
    yield from _unlike("", "tags", saved.settings.tags, fresh.settings.tags)
    for key in dict.fromkeys((*saved.settings.config, *fresh.settings.config)):
        yield from _unlike("", key, saved.settings.config.get(key), fresh.settings.config.get(key))
    before, after = _by_key(saved), _by_key(fresh)
    for place in dict.fromkeys((*before, *after)):
        old, new = before.get(place), after.get(place)
        if old is None or new is None:
            verdicts = (flag.verdict if flag else "not in the source" for flag in (old, new))
            yield PlanDifference(place[0], "flag", *verdicts)
            continue
        if old.verdict != new.verdict:  # what isn't imported is only known for flags that are
            yield PlanDifference(place[0], "verdict", old.verdict, new.verdict)
            continue
        for field in fields(SavedFlag):
            what = _NAMES.get(field.name, field.name)
            yield from _unlike(place[0], what, getattr(old, field.name), getattr(new, field.name))


_NAMES = {"on": "default variation when on", "off": "default variation when off", "on_at_source": "on in the source",
          "lost": "targeting that isn't imported"}  # fmt: skip


def _by_key(plan: SavedPlan) -> dict[tuple[str, int], SavedFlag]:
    """Return the flags by key, and by which of several with the same key."""
    seen: Counter[str] = Counter()
    flags: dict[tuple[str, int], SavedFlag] = {}
    for flag in plan.flags:
        flags[flag.key, seen[flag.key]] = flag
        seen[flag.key] += 1
    return flags


def _unlike(flag: str, what: str, planned: object, now: object) -> Iterator[PlanDifference]:
    if planned != now:
        yield PlanDifference(flag, what, _text(planned), _text(now))


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return "; ".join(map(_text, value)) or "none"
    if isinstance(value, Lost):
        return f"{value.kind}: {value.text}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value) or "blank"


def _short(text: str) -> str:
    text = clean(text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
