"""Flags with their targeting in one environment, and changes that wait for approval: what a rebuild reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tui.launchdarkly.models import (
    Page,
    WholeFlag,
    data_of,
    model_of,
    object_of,
    objects_of,
    page_of,
    truth_of,
    whole_of,
)

JsonObject = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EnvironmentTargeting:
    """A flag's targeting in one environment in LaunchDarkly's own JSON objects, for a comparison with what is planned.

    `off` is the index of the off variation, None if it has none. `salt` decides which contexts get which share.
    """

    rules: tuple[JsonObject, ...]
    targets: tuple[JsonObject, ...]
    """Of all kinds of contexts."""
    prerequisites: tuple[JsonObject, ...]
    fallthrough: JsonObject
    off: int | None
    salt: str


@dataclass(frozen=True, slots=True)
class TargetedFlag:
    """A flag, and its targeting in the environment that was asked for: None if LaunchDarkly doesn't show it.

    `flag.environments` has that environment alone. `variation_ids` are in the order of `flag.variations`, "" where
    LaunchDarkly shows none.
    """

    flag: WholeFlag
    variation_ids: tuple[str, ...]
    deprecated: bool
    targeting: EnvironmentTargeting | None

    @property
    def key(self) -> str:
        return self.flag.key


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """A change that waits. `flag` is the key of the flag whose targeting in the environment it changes, "" for none."""

    id: str
    flag: str
    description: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class PresentSegment:
    """A segment in one environment. `included` and `excluded` are keys by the kind of their contexts.

    `flags` are the keys of the flags that name it, None if LaunchDarkly doesn't show them. `rules` are its own JSON
    objects. A missing `version` is None.
    """

    key: str
    name: str
    description: str
    tags: tuple[str, ...]
    version: int | None
    included: Mapping[str, frozenset[str]]
    excluded: Mapping[str, frozenset[str]]
    rules: tuple[JsonObject, ...]
    flags: tuple[str, ...] | None


def parse_targeted_flags(value: object, environment: str) -> Page[TargetedFlag]:
    """Read a page of flags."""
    expected = "a list of flags"
    return page_of(value, lambda item: parse_targeted_flag(item, environment, expected), expected)


def parse_targeted_flag(value: object, environment: str, expected: str = "a flag") -> TargetedFlag:
    """Read one flag."""
    shape = object_of(value)
    state = object_of(shape.get("environments")).get(environment)
    if isinstance(state, dict):
        shape = {**shape, "environments": {environment: state}}
    return TargetedFlag(
        flag=model_of(WholeFlag, shape, expected),
        variation_ids=tuple(data_of(each.get("_id")) for each in objects_of(shape.get("variations"))),
        deprecated=truth_of(shape.get("deprecated")),
        targeting=_targeting(state) if isinstance(state, dict) else None,
    )


def parse_segment(value: object) -> PresentSegment:
    """Read one segment. What isn't understood becomes a member that no segment of ours has."""
    shape = object_of(value)
    flags = shape.get("_flags")
    return PresentSegment(
        key=data_of(shape.get("key")),
        name=data_of(shape.get("name")),
        description=data_of(shape.get("description")),
        tags=tuple(map(data_of, shape["tags"])) if isinstance(shape.get("tags"), list) else (),
        version=whole_of(shape.get("version")),
        included=_keys(shape, "included"),
        excluded=_keys(shape, "excluded"),
        rules=tuple(objects_of(shape.get("rules"))),
        flags=tuple(data_of(flag.get("key")) for flag in objects_of(flags)) if isinstance(flags, list) else None,
    )


def _keys(shape: JsonObject, name: str) -> dict[str, frozenset[str]]:
    users, contexts = shape.get(name), objects_of(shape.get(f"{name}Contexts"))
    lists = [("user", users), *((data_of(each.get("contextKind")) or "user", each.get("values")) for each in contexts)]
    keys: dict[str, frozenset[str]] = {}
    for kind, values in lists:
        if isinstance(values, list) and values:
            keys[kind] = keys.get(kind, frozenset()) | frozenset(map(data_of, values))
    return keys


def _targeting(state: JsonObject) -> EnvironmentTargeting:
    return EnvironmentTargeting(
        rules=tuple(objects_of(state.get("rules"))),
        targets=(*objects_of(state.get("targets")), *objects_of(state.get("contextTargets"))),
        prerequisites=tuple(objects_of(state.get("prerequisites"))),
        fallthrough=object_of(state.get("fallthrough")),
        off=whole_of(state.get("offVariation")),
        salt=data_of(state.get("salt")),
    )


def parse_approvals(value: object, project: str, environment: str) -> Page[ApprovalRequest]:
    """Read a page of approval requests. Each names what it changes by a resource such as
    `proj/web-shop:env/production:flag/checkout`."""
    prefix = f"proj/{project}:env/{environment}:flag/"

    def read(item: object) -> ApprovalRequest:
        shape = object_of(item)
        resource = data_of(shape.get("resourceId"))
        key = resource.removeprefix(prefix).partition(";")[0] if resource.startswith(prefix) else ""
        about = data_of(shape.get("description"))
        return ApprovalRequest(data_of(shape.get("_id")), key, about, data_of(shape.get("status")))

    return page_of(value, read, "a list of approval requests")
