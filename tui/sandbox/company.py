"""The flags of the demo company, the same for Split and Unleash (`data/company.json`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")

STARTED = 1_680_000_000_000
"""When the company made its first flag, ms since the epoch. One flag a day came after it."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Who has one of `values` as `attribute`, without the users in `excluded`.

    In Split the values are a standard segment's keys; a rule-based one compares the attribute.
    """

    id: int
    name: str
    attribute: str
    values: tuple[str, ...]
    excluded: tuple[str, ...] = ()
    rule_based: bool = False


Operator = Literal[
    "one-of", "starts-with", "matches", "at-least", "since", "version", "exactly", "segment", "rule-based-segment"
]
OF_SEGMENTS = ("segment", "rule-based-segment")
"""The two are one in Unleash."""


@dataclass(frozen=True, slots=True)
class CompanyCondition:
    """A comparison of `attribute` with `values`: texts, a pattern, number, or version, or a time in ms since the epoch.

    Only Split has `exactly`, which compares a set. With an operator of `OF_SEGMENTS` the only value is a segment's
    name, and there is no attribute.
    """

    attribute: str
    values: tuple[str, ...]
    operator: Operator = "one-of"
    negate: bool = False


@dataclass(frozen=True, slots=True)
class CompanyRule:
    """All conditions hold. `share` is the percentage that is served the first variation; Unleash has no such share."""

    conditions: tuple[CompanyCondition, ...]
    share: int = 100


@dataclass(frozen=True, slots=True)
class CompanyFlag:
    """A flag, independent of the vendor. The defaults mean: on, for everybody, in both sources.

    `created` is in ms since the epoch. `state` is on, off (defined, served to no one), killed, or absent (not defined
    in production). `rollout`, `allocation` and the shares of `variants` are percentages. `tags` None is Split's `null`;
    `allocation` None leaves it out of Split's definition. `segments` get the flag without a rule. `requires` is the
    key of another flag. Only Unleash has `strategy`. Keys may be invalid in LaunchDarkly, and occur twice.
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
    rules: tuple[CompanyRule, ...] = ()
    targets: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    requires: str = ""
    variants: tuple[tuple[str, int], ...] = ()
    older_variants: bool = False
    strategy: Mapping[str, Any] | None = None
    only: str = ""

    @property
    def all_segments(self) -> tuple[str, ...]:
        """Segments of the flag and of its rules, without duplicates."""
        ruled = (
            condition.values[0]
            for rule in self.rules
            for condition in rule.conditions
            if condition.operator in OF_SEGMENTS
        )
        return tuple(dict.fromkeys((*self.segments, *ruled)))


@dataclass(frozen=True, slots=True)
class Company:
    """Its projects are Unleash's; `default` and `mobile-app` are Split's workspaces as well."""

    segments: Mapping[str, Segment]
    projects: Mapping[str, tuple[CompanyFlag, ...]]

    def flags(self, project: str, source: str) -> tuple[CompanyFlag, ...]:
        return tuple(flag for flag in self.projects.get(project, ()) if flag.only in ("", source))


def read_data(name: str, shape: type[T]) -> T:
    """Read `data/<name>.json` as a `shape`."""
    text = resources.files(__package__).joinpath("data", f"{name}.json").read_bytes()
    return TypeAdapter(shape).validate_json(text)


@cache
def seeded() -> Company:
    """Return the company of every picture and most tests."""
    return read_data("company", Company)
