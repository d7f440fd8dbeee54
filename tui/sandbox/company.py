"""The flags of the made-up company, the same for Split and Unleash.

`company.json` has one line a flag. Left out means: on, for everybody, a release flag, in both sources.
`state` is on, off (defined, nobody gets it), killed, or absent (not defined in production); `rollout` and
`allocation` are percent; `variants` maps a name to its share; `requires` names another flag; `strategy` is
one that only Unleash has. A rule is one condition, or several under `all`; a condition is an attribute with
values, or the name of a segment.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

STARTED = 1_680_000_000_000
"""When the company made its first flag, ms since the epoch. One flag a day came after it."""

DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class Segment:
    id: int
    name: str
    attribute: str
    values: tuple[str, ...]


Operator = Literal["one-of", "starts-with", "at-least", "since", "segment"]


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of `attribute` with `values`: texts, one number, or one time in ms since the epoch.

    With the operator `segment` the only value is a segment's name, and there is no attribute.
    """

    attribute: str
    values: tuple[str, ...]
    operator: Operator = "one-of"
    negate: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """Who gets what the flag is for: all conditions hold. Of those `share` percent do; Unleash knows no such share."""

    conditions: tuple[Condition, ...]
    share: int = 100


@dataclass(frozen=True, slots=True)
class CompanyFlag:
    """One flag, in no vendor's words. `created` is in ms since the epoch; `tags` None is Split's `null`.

    `allocation` None leaves it out of Split's definition. `segments` are those whose members get the flag
    without a rule. Keys may be illegal in LaunchDarkly, and come twice.
    """

    key: str
    about: str
    tags: tuple[str, ...] | None
    created: int
    state: str = "on"
    kind: str = "release"
    stale: bool = False
    rollout: int = 100
    allocation: int | None = 100
    rules: tuple[Rule, ...] = ()
    targets: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    requires: str = ""
    variants: tuple[tuple[str, int], ...] = ()
    older_variants: bool = False
    strategy: Mapping[str, Any] | None = None
    only: str = ""

    @property
    def all_segments(self) -> tuple[str, ...]:
        """Those in its rules too, each once."""
        ruled = (one.values[0] for rule in self.rules for one in rule.conditions if one.operator == "segment")
        return tuple(dict.fromkeys((*self.segments, *ruled)))


@dataclass(frozen=True, slots=True)
class Company:
    """Its projects are Unleash's; `default` and `mobile-app` are Split's workspaces as well."""

    segments: Mapping[str, Segment]
    projects: Mapping[str, tuple[CompanyFlag, ...]]

    def flags(self, project: str, source: str) -> tuple[CompanyFlag, ...]:
        return tuple(flag for flag in self.projects.get(project, ()) if flag.only in ("", source))


def _rule(raw: Mapping[str, Any]) -> Rule:
    return Rule(tuple(_condition(one) for one in raw.get("all", (raw,))), raw.get("share", 100))


def _condition(raw: Mapping[str, Any]) -> Condition:
    negate = raw.get("negate", False)
    if "segment" in raw:
        return Condition("", (raw["segment"],), "segment", negate)
    return Condition(raw["attribute"], tuple(raw["values"]), raw.get("operator", "one-of"), negate)


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
        rules=tuple(_rule(rule) for rule in raw.get("rules", ())),
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
def seeded() -> Company:
    """The company of every picture and most tests."""
    raw = read_json("company.json")
    segments = {
        name: Segment(one["id"], name, one["attribute"], tuple(one["values"])) for name, one in raw["segments"].items()
    }
    projects = {
        project: tuple(_flag(one, number) for number, one in enumerate(flags))
        for project, flags in raw["projects"].items()
    }
    return Company(segments, projects)
