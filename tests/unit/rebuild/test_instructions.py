"""The requests' shapes: LaunchDarkly's OpenAPI, semantic patch of flags and of segments."""

from __future__ import annotations

from tui.rebuild.instructions import instructions, segment_json
from tui.rebuild.model import (
    Clause,
    FlagRule,
    FlagTargeting,
    HelperSegment,
    Prerequisite,
    Rollout,
    SegmentRule,
)

COUNTRY = Clause("country", "in", ("DE", 5), negate=True)
CLAUSE = {"contextKind": "user", "attribute": "country", "op": "in", "negate": True, "values": ["DE", 5]}


def test_flag_without_rules_sets_off_and_default() -> None:
    assert instructions(FlagTargeting("user", 1, 0), ["a", "b"]) == (
        {"kind": "updateOffVariation", "variationId": "b"},
        {"kind": "updateFallthroughVariationOrRollout", "variationId": "a"},
    )


def test_all_parts_in_their_order() -> None:
    flag = FlagTargeting(
        "user",
        1,
        Rollout((0, 100_000)),
        targets=((0, ("ana",)),),
        rules=(FlagRule((COUNTRY,), 0), FlagRule((COUNTRY,), Rollout((25_000, 75_000), "account"))),
        prerequisites=(Prerequisite("base", 1),),
    )
    shares = {"rolloutContextKind": "user", "rolloutWeights": {"a": 25_000, "b": 75_000}, "rolloutBucketBy": "account"}
    assert instructions(flag, ["a", "b"], {"base": ["x", "y"]}) == (
        {"kind": "updateOffVariation", "variationId": "b"},
        {"kind": "replacePrerequisites", "prerequisites": [{"key": "base", "variationId": "y"}]},
        {"kind": "replaceTargets", "targets": [{"contextKind": "user", "variationId": "a", "values": ["ana"]}]},
        {"kind": "addRule", "clauses": [CLAUSE], "variationId": "a"},
        {"kind": "addRule", "clauses": [CLAUSE], **shares},
        {
            "kind": "updateFallthroughVariationOrRollout",
            "rolloutContextKind": "user",
            "rolloutWeights": {"a": 0, "b": 100_000},
        },
    )


def test_segment_of_users() -> None:
    segment = HelperSegment("k", "n", "d", ("ana",), ("ben",), (SegmentRule((COUNTRY,)), SegmentRule((), 30_000, "x")))
    assert segment_json(segment) == {
        "key": "k",
        "name": "n",
        "description": "d",
        "included": ["ana"],
        "excluded": ["ben"],
        "rules": [
            {"clauses": [CLAUSE]},
            {"clauses": [], "weight": 30_000, "rolloutContextKind": "user", "bucketBy": "x"},
        ],
    }


def test_segment_of_another_kind_has_its_keys_apart() -> None:
    made = segment_json(HelperSegment("k", "n", included=("acme",), kind="organization"))
    assert (made["included"], made["includedContexts"]) == ([], [{"contextKind": "organization", "values": ["acme"]}])
