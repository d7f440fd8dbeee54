"""The state of a flag or a segment in LaunchDarkly, and whether that is what a rebuild meant. Pure.

LaunchDarkly's answers name variations by index and give rules and clauses ids, which what is meant doesn't have.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tui.launchdarkly.models import FlagState, data_of, object_of, objects_of, truth_of, whole_of
from tui.launchdarkly.targeting import PresentSegment, TargetedFlag
from tui.rebuild.model import (
    Clause,
    FlagRule,
    FlagTargeting,
    HelperSegment,
    Prerequisite,
    Rollout,
    SegmentRule,
    Serve,
)
from tui.rebuild.outcome import USER
from tui.targeting.model import Value

JsonObject = Mapping[str, Any]
_PARTS = ("off variation", "prerequisites", "individual targets", "rules", "default rule")
_SEGMENT_MATCH = "segmentMatch"


@dataclass(frozen=True, slots=True)
class Standing:
    """A flag in the environment at one moment. `version` is that of the flag itself, which any environment moves.

    `content` is its targeting as canonical JSON, ids included: two that are equal are equal to the byte.
    """

    state: FlagState
    version: int | None
    content: str

    def as_it_was(self, earlier: Standing) -> bool:
        """Whether no one has changed anything in the environment since."""
        return self.state == earlier.state and self.content == earlier.content


def standing_of(flag: TargetedFlag | None) -> Standing | None:
    """Return how a flag stands; None if it doesn't exist, or if LaunchDarkly doesn't show its version or targeting."""
    if flag is None or flag.targeting is None:
        return None
    state = next(iter((flag.flag.environments or {}).values()), None)
    if state is None or state.version is None or flag.flag.archived:
        return None
    shown = flag.targeting
    content = {
        "rules": shown.rules,
        "targets": [target for target in shown.targets if target.get("values")],
        "prerequisites": shown.prerequisites,
        "fallthrough": shown.fallthrough,
        "off": shown.off,
    }
    return Standing(state, flag.flag.version, json.dumps(content, sort_keys=True))


# --- flags


def present_targeting(flag: TargetedFlag, kind: str) -> FlagTargeting | None:
    """Return a flag's targeting by LaunchDarkly's indexes; None if it has a part that a rebuild of this kind of
    contexts never sets."""
    shown, count = flag.targeting, len(flag.flag.variations)
    if shown is None or shown.off is None:
        return None
    default = _serve(shown.fallthrough, count, kind)
    rules = [_rule(rule, count, kind) for rule in shown.rules]
    targets: dict[int, list[str]] = {}
    for target in shown.targets:
        variation, keys = whole_of(target.get("variation")), target.get("values")
        if keys and (variation is None or not isinstance(keys, list) or _kind_of(target) != kind):
            return None
        if keys and variation is not None:
            targets.setdefault(variation, []).extend(map(data_of, keys))
    required = [(data_of(each.get("key")), whole_of(each.get("variation"))) for each in shown.prerequisites]
    if default is None or None in rules or any(variation is None for _, variation in required):
        return None
    return FlagTargeting(
        kind,
        shown.off,
        default,
        tuple((variation, tuple(keys)) for variation, keys in targets.items()),
        tuple(rule for rule in rules if rule is not None),
        tuple(Prerequisite(key, variation) for key, variation in required if variation is not None),
    )


def _kind_of(item: JsonObject) -> str:
    return data_of(item.get("contextKind")) or USER


def _rule(rule: JsonObject, count: int, kind: str) -> FlagRule | None:
    serve, clauses = _serve(rule, count, kind), _clauses(rule, kind)
    return None if serve is None or clauses is None else FlagRule(clauses, serve)


def _serve(item: JsonObject, count: int, kind: str) -> Serve | None:
    rollout = object_of(item.get("rollout"))
    if not rollout:
        variation = whole_of(item.get("variation"))
        return variation if variation is not None and 0 <= variation < count else None
    usual = rollout.get("kind") in (None, "", "rollout") and rollout.get("seed") is None and _kind_of(rollout) == kind
    shares = [(whole_of(each.get("variation")), whole_of(each.get("weight"))) for each in _variations(rollout)]
    weights, order = [0] * count, list[int]()
    for variation, weight in shares:
        if not usual or variation is None or weight is None or not 0 <= variation < count:
            return None
        weights[variation] += weight
        order.append(variation)
    return Rollout(tuple(weights), _by(rollout), tuple(order))


def _variations(rollout: JsonObject) -> list[dict[str, Any]]:
    return objects_of(rollout.get("variations"))


def _by(item: JsonObject) -> str:
    by = data_of(item.get("bucketBy"))
    return "" if by == "key" else by


def _clauses(rule: JsonObject, kind: str) -> tuple[Clause, ...] | None:
    """LaunchDarkly ignores the attribute and the kind of a segmentMatch, and may show others than were sent."""
    clauses = []
    for each in objects_of(rule.get("clauses")):
        op, values = data_of(each.get("op")), each.get("values")
        about_segments = op == _SEGMENT_MATCH
        if not isinstance(values, list) or not all(isinstance(value, str | int | float) for value in values):
            return None
        if not about_segments and _kind_of(each) != kind:
            return None
        attribute = _SEGMENT_MATCH if about_segments else data_of(each.get("attribute"))
        clauses.append(Clause(attribute, op, tuple(values), truth_of(each.get("negate"))))
    return tuple(clauses)


def reindexed(
    targeting: FlagTargeting, places: Sequence[int], parents: Mapping[str, Sequence[int]] = {}
) -> FlagTargeting:
    """Return a flag's targeting with other indexes: `places` has the new one of each old one, `parents` those of the
    flags that it depends on."""

    def serve(one: Serve) -> Serve:
        if not isinstance(one, Rollout):
            return places[one]
        weights = [0] * len(places)
        for old, weight in enumerate(one.weights):
            weights[places[old]] = weight
        return Rollout(tuple(weights), one.by, tuple(places[old] for old in one.order))

    return replace(
        targeting,
        off=places[targeting.off],
        default=serve(targeting.default),
        targets=tuple((places[variation], keys) for variation, keys in targeting.targets),
        rules=tuple(replace(rule, serve=serve(rule.serve)) for rule in targeting.rules),
        prerequisites=tuple(
            Prerequisite(one.flag, parents[one.flag][one.variation]) for one in targeting.prerequisites
        ),
    )


def unlike_parts(meant: FlagTargeting, flag: TargetedFlag) -> tuple[str, ...]:
    """Return the names of the parts of a flag that aren't as meant; both by LaunchDarkly's indexes. () if equal."""
    present = present_targeting(flag, meant.kind)
    if present is None:
        return ("targeting",)
    pairs = zip(_PARTS, _comparable(meant), _comparable(present), strict=True)
    return tuple(name for name, wanted, there in pairs if wanted != there)


def alike(one: FlagTargeting, other: FlagTargeting) -> bool:
    """Whether two targetings of one flag are the same, by the same indexes."""
    return one.kind == other.kind and _comparable(one) == _comparable(other)


def _comparable(targeting: FlagTargeting) -> tuple[object, ...]:
    """The parts of a flag, without what means nothing: the order of keys and values, and how a number is written."""
    return (
        targeting.off,
        {(one.flag, one.variation) for one in targeting.prerequisites},
        {(variation, key) for variation, keys in targeting.targets for key in keys},
        [(_clauses_alike(rule.clauses), rule.serve) for rule in targeting.rules],
        targeting.default,
    )


def _clauses_alike(clauses: Iterable[Clause]) -> list[object]:
    return [
        ("" if each.op == _SEGMENT_MATCH else each.attribute, each.op, each.negate, {*map(_typed, each.values)})
        for each in clauses
    ]


def _typed(value: Value) -> tuple[str, Value]:
    """A value that is equal only to one of its type: 1 is not true, but it is 1.0."""
    name = "boolean" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"
    return name, value


# --- two states of one flag


def changes(before: Standing, after: Standing) -> Iterator[str]:
    """Yield the names of what differs between two states of a flag."""
    old, new = json.loads(before.content), json.loads(after.content)
    if before.state.on != after.state.on:
        yield "on" if after.state.on else "off"
    names = zip(("off", "prerequisites", "targets", "rules", "fallthrough"), _PARTS, strict=True)
    changed = [part for name, part in names if old[name] != new[name]]
    yield from changed
    if not changed and before.state != after.state:
        yield "version"


# --- segments


def present_segment(segment: PresentSegment, kind: str) -> HelperSegment | None:
    """Return a segment as what a rebuild may have meant; None if it has a part that no helper segment has."""
    rules = [_segment_rule(rule, kind) for rule in segment.rules]
    if not {*segment.included, *segment.excluded} <= {kind} or None in rules:
        return None
    return HelperSegment(
        segment.key,
        segment.name,
        segment.description,
        tuple(sorted(segment.included.get(kind, ()))),
        tuple(sorted(segment.excluded.get(kind, ()))),
        tuple(rule for rule in rules if rule is not None),
        kind,
    )


def _segment_rule(rule: JsonObject, kind: str) -> SegmentRule | None:
    clauses, weight = _clauses(rule, kind), whole_of(rule.get("weight"))
    if clauses is None or (weight is not None and (data_of(rule.get("rolloutContextKind")) or USER) != kind):
        return None
    return SegmentRule(clauses, weight, _by(rule) if weight is not None else "")


def is_as_meant(meant: HelperSegment, segment: PresentSegment) -> bool:
    """Whether a segment is what is meant, ids and the order of keys aside."""
    there = present_segment(segment, meant.kind)
    if there is None or (there.key, there.name, there.description) != (meant.key, meant.name, meant.description):
        return False
    both = [
        ({*one.included}, {*one.excluded}, [(_clauses_alike(rule.clauses), rule.weight, rule.by) for rule in one.rules])
        for one in (meant, there)
    ]
    return both[0] == both[1]
