"""A rebuilt flag as LaunchDarkly's semantic-patch instructions, and helper segments as JSON.

Shapes: LaunchDarkly's OpenAPI, "Update feature flag" and "Patch segment". One request holds all instructions of a flag:
either all of them are applied or none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tui.rebuild.model import Clause, FlagTargeting, HelperSegment, Rollout, SegmentRule, Serve
from tui.rebuild.outcome import USER

Json = dict[str, Any]


def instructions(
    targeting: FlagTargeting,
    variation_ids: Sequence[str],
    parent_ids: Mapping[str, Sequence[str]] = {},
    present: Iterable[tuple[int, str]] = (),
) -> tuple[Json, ...]:
    """Return the instructions that set this targeting in a flag without rules, which stays off.

    Ids of variations are by index; `parent_ids` are those of each flag that is a prerequisite. LaunchDarkly appends
    rules, so their order is that of the instructions. `present` are the individual targets that the flag has already,
    as an index and a key: they stay if they are as they should be.
    """
    kind = targeting.kind
    made: list[Json] = [{"kind": "updateOffVariation", "variationId": variation_ids[targeting.off]}]
    if targeting.prerequisites:
        required = [
            {"key": one.flag, "variationId": parent_ids[one.flag][one.variation]} for one in targeting.prerequisites
        ]
        made.append({"kind": "replacePrerequisites", "prerequisites": required})
    if {*present} != {(variation, key) for variation, keys in targeting.targets for key in keys}:
        targets = [
            {"contextKind": kind, "variationId": variation_ids[variation], "values": list(keys)}
            for variation, keys in targeting.targets
        ]
        made.append({"kind": "replaceTargets", "targets": targets})
    for rule in targeting.rules:
        clauses = [clause_json(clause, kind) for clause in rule.clauses]
        made.append({"kind": "addRule", "clauses": clauses, **_serve(rule.serve, variation_ids, kind)})
    default = _serve(targeting.default, variation_ids, kind)
    made.append({"kind": "updateFallthroughVariationOrRollout", **default})
    return tuple(made)


def _serve(serve: Serve, variation_ids: Sequence[str], kind: str) -> Json:
    """A variation, or weights that name each variation. An empty `rolloutBucketBy` is an error; without it: the key."""
    if not isinstance(serve, Rollout):
        return {"variationId": variation_ids[serve]}
    weights = dict(zip(variation_ids, serve.weights, strict=True))
    by = {"rolloutBucketBy": serve.by} if serve.by else {}
    return {"rolloutContextKind": kind, "rolloutWeights": weights, **by}


def clause_json(clause: Clause, kind: str) -> Json:
    """Return a clause as LaunchDarkly's API has it."""
    return {
        "contextKind": kind,
        "attribute": clause.attribute,
        "op": clause.op,
        "negate": clause.negate,
        "values": list(clause.values),
    }


def segment_json(segment: HelperSegment) -> Json:
    """Return a helper segment as LaunchDarkly's API has it. Keys of other kinds than user have lists of their own."""
    made: Json = {
        "key": segment.key,
        "name": segment.name,
        "description": segment.description,
        "rules": [segment_rule_json(rule, segment.kind) for rule in segment.rules],
        "included": [],
    }
    if segment.kind == USER:
        made["included"] = list(segment.included)
        return made | ({"excluded": list(segment.excluded)} if segment.excluded else {})
    return made | {
        **_of_kind("includedContexts", segment.included, segment.kind),
        **_of_kind("excludedContexts", segment.excluded, segment.kind),
    }


def _of_kind(name: str, keys: Iterable[str], kind: str) -> Json:
    values = list(keys)
    return {name: [{"contextKind": kind, "values": values}]} if values else {}


def segment_rule_json(rule: SegmentRule, kind: str) -> Json:
    """Return a segment's rule as LaunchDarkly's API has it."""
    made: Json = {"clauses": [clause_json(clause, kind) for clause in rule.clauses]}
    if rule.weight is not None:
        made |= {"weight": rule.weight, "rolloutContextKind": kind, **({"bucketBy": rule.by} if rule.by else {})}
    return made
