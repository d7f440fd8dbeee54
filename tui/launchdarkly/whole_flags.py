"""A flag of LaunchDarkly with all that an import sets and all that somebody may have changed since.

Read as leniently as `models`; shapes are those of LaunchDarkly's OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tui.launchdarkly.models import (
    Page,
    all_data,
    as_data,
    as_moment,
    as_object,
    as_objects,
    as_truth,
    as_whole,
    read_page,
    unexpected,
)  # fmt: skip

_EXPECTED = "a flag"


@dataclass(frozen=True, slots=True)
class FlagVariation:
    """A variation's JSON value, and its name or ""."""

    value: object
    name: str


@dataclass(frozen=True, slots=True)
class FlagState:
    """A flag in one environment. `version` and `last_modified` (ms since the epoch) move with each change of it.

    `targeting` names what somebody has set there: "rules", "targets" or "prerequisites", () for nothing. None where
    LaunchDarkly leaves one of them out. `targets` are the users who get a variation of their own: its place and their
    keys, both sorted. None where other contexts have one too, or it isn't clear who gets what.
    """

    on: bool
    version: int | None
    last_modified: int | None
    targeting: tuple[str, ...] | None = ()
    targets: tuple[tuple[int, tuple[str, ...]], ...] | None = ()


@dataclass(frozen=True, slots=True)
class WholeFlag:
    """One flag, its text as it came. `on` and `off` are the places of the default variations, `created` is in ms.

    `environments` holds those that were asked for; None where LaunchDarkly told of none at all. `maintainer` is a
    member's id, "" for none. `version` moves with each change of the flag itself.
    """

    key: str
    name: str
    description: str
    tags: tuple[str, ...]
    variations: tuple[FlagVariation, ...]
    on: int | None
    off: int | None
    maintainer: str
    archived: bool
    created: int | None
    version: int | None
    environments: Mapping[str, FlagState] | None = field(default=None)
    kind: str = ""


def read_whole_flag(value: object) -> WholeFlag:
    """One flag. Raises Failure NOT_JSON."""
    item = as_object(value)
    key = as_data(item.get("key"))
    if not key:
        raise unexpected(_EXPECTED)
    defaults = as_object(item.get("defaults"))
    environments = item.get("environments")
    return WholeFlag(
        key=key,
        name=as_data(item.get("name")),
        description=as_data(item.get("description")),
        tags=all_data(item.get("tags")),
        variations=tuple(map(_variation, as_objects(item.get("variations")))),
        on=as_whole(defaults.get("onVariation")),
        off=as_whole(defaults.get("offVariation")),
        maintainer=as_data(item.get("maintainerId")),
        archived=as_truth(item.get("archived")),
        created=as_moment(item.get("creationDate")),
        version=as_whole(item.get("_version")),
        environments=_states(environments) if isinstance(environments, dict) else None,
        kind=as_data(item.get("kind")),
    )


def read_whole_flags(value: object) -> Page[WholeFlag]:
    """A page of flags. Raises Failure NOT_JSON."""
    return read_page(value, read_whole_flag, "a list of flags")


def _variation(value: object) -> FlagVariation:
    item = as_object(value)
    held = item.get("value")
    return FlagVariation(as_data(held) if isinstance(held, str) else held, as_data(item.get("name")))


def _states(value: Mapping[str, object]) -> dict[str, FlagState]:
    return {as_data(key): _state(as_object(each)) for key, each in value.items()}


def _state(item: Mapping[str, object]) -> FlagState:
    version, modified = as_whole(item.get("version")), as_moment(item.get("lastModified"))
    return FlagState(as_truth(item.get("on")), version, modified, _targeting(item), _users(item))


def _targeting(item: Mapping[str, object]) -> tuple[str, ...] | None:
    if not all(isinstance(item.get(name), list) for name in ("rules", "targets", "prerequisites")):
        return None
    aimed = any(True for _ in _aimed(item))
    found = (("rules", item.get("rules")), ("targets", aimed), ("prerequisites", item.get("prerequisites")))
    return tuple(name for name, there in found if there)


def _aimed(item: Mapping[str, object]) -> Iterator[dict[str, object]]:
    """Targets of all kinds of contexts, without empty entries: those target nobody."""
    for each in (*as_objects(item.get("targets")), *as_objects(item.get("contextTargets"))):
        if (target := as_object(each)).get("values"):
            yield target


def _users(item: Mapping[str, object]) -> tuple[tuple[int, tuple[str, ...]], ...] | None:
    found: dict[int, set[str]] = {}
    for target in _aimed(item):
        place, values = as_whole(target.get("variation")), target["values"]
        if place is None or target.get("contextKind", "user") != "user" or not isinstance(values, list):
            return None
        found.setdefault(place, set()).update(map(as_data, values))
    return tuple((place, tuple(sorted(found[place]))) for place in sorted(found))
