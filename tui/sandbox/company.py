"""The flags of the made-up company, the same for Split and Unleash.

`company.json` has one line a flag. Left out means: on, for everybody, a release flag, in both sources.
`state` is on, off (defined, nobody gets it), killed, or absent (not defined in production); `rollout` and
`allocation` are percent; `variants` maps a name to its share; `requires` names another flag; `strategy` is
one that only Unleash has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

STARTED = 1_680_000_000_000
"""When the company made its first flag, ms since the epoch. One flag a day came after it."""

DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class Segment:
    id: int
    name: str
    attribute: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CompanyFlag:
    """One flag, in no vendor's words. `created` is in ms since the epoch; `tags` None is Split's `null`."""

    key: str
    about: str
    tags: tuple[str, ...] | None
    created: int
    state: str = "on"
    kind: str = "release"
    stale: bool = False
    rollout: int = 100
    allocation: int = 100
    rules: tuple[tuple[str, tuple[str, ...]], ...] = ()
    targets: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    requires: str = ""
    variants: tuple[tuple[str, int], ...] = ()
    older_variants: bool = False
    strategy: Mapping[str, Any] | None = None
    only: str = ""


@dataclass(frozen=True, slots=True)
class Company:
    segments: Mapping[str, Segment]
    projects: Mapping[str, tuple[CompanyFlag, ...]]

    def flags(self, project: str, source: str) -> tuple[CompanyFlag, ...]:
        return tuple(flag for flag in self.projects.get(project, ()) if flag.only in ("", source))


def _flag(raw: Mapping[str, Any], number: int) -> CompanyFlag:
    simple = {
        name: raw[name]
        for name in ("state", "kind", "stale", "rollout", "allocation", "requires", "strategy", "only")
        if name in raw
    }
    return CompanyFlag(
        key=raw["key"],
        about=raw["about"],
        tags=None if raw["tags"] is None else tuple(raw["tags"]),
        created=STARTED + number * DAY,
        rules=tuple((rule["attribute"], tuple(rule["values"])) for rule in raw.get("rules", ())),
        targets=tuple(raw.get("targets", ())),
        segments=tuple(raw.get("segments", ())),
        variants=tuple(raw.get("variants", {}).items()),
        older_variants=raw.get("olderVariants", False),
        **simple,
    )


def read_json(name: str) -> dict[str, Any]:
    """One of the data files beside this module."""
    loaded: dict[str, Any] = json.loads(resources.files(__package__).joinpath(name).read_text("utf-8"))
    return loaded


@cache
def company() -> Company:
    raw = read_json("company.json")
    segments = {
        name: Segment(one["id"], name, one["attribute"], tuple(one["values"])) for name, one in raw["segments"].items()
    }
    projects = {
        project: tuple(_flag(one, number) for number, one in enumerate(flags))
        for project, flags in raw["projects"].items()
    }
    return Company(segments, projects)
