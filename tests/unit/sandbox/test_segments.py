"""Segments of the practice LaunchDarkly, judged by what LaunchDarkly's own client reads."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.unit.sandbox.rebuild_tools import (
    CLAUSE,
    SEGMENTS,
    create_segment,
    ids,
    patch,
    patch_segment,
    segment,
    vendor,
)
from tests.unit.sandbox_tools import launchdarkly
from tui.sandbox.server import Sandbox

ONE = f"{SEGMENTS}/production/helper"


def test_segment_is_created_as_a_shell(ld: httpx.Client) -> None:
    body = {"key": "helper", "name": "Helper", "tags": ["rebuild"], "included": ["u-1"], "rules": [{"clauses": []}]}
    response = ld.post(f"{SEGMENTS}/production", json=body)
    made = vendor().UserSegment.from_dict(response.json())
    assert (response.status_code, made.key, made.version, made.tags) == (201, "helper", 1, ["rebuild"])
    assert made.included == made.excluded == made.rules == []
    again = create_segment(ld, "helper")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert create_segment(ld, "helper", "test").status_code == 201
    wrong: object
    for wrong in ({}, [], {"key": "-x", "name": "x"}, {"key": "x"}, {"key": "x", "name": "x", "tags": "y"}):
        assert ld.post(f"{SEGMENTS}/production", json=wrong).status_code == 400
    for place in ("/api/v2/segments/nowhere/production", f"{SEGMENTS}/nowhere"):
        assert ld.get(place).status_code == ld.post(place, json=body).status_code == 404
    assert [item["key"] for item in ld.get(f"{SEGMENTS}/production").json()["items"]] == ["helper"]


def test_segments_are_listed_in_pages(box: Sandbox, ld: httpx.Client) -> None:
    for number in range(25):
        box.colleague().create_segment(f"segment-{number}")
    page = vendor().UserSegments.from_dict(ld.get(f"{SEGMENTS}/production").json())
    rest = ld.get(page.links["next"].href).json()
    assert (page.total_count, len(page.items), len(rest["items"]), "next" in rest["_links"]) == (25, 20, 5, False)
    assert page.items[0].flags is None


def test_semantic_patch_sets_targets_and_rules(ld: httpx.Client) -> None:
    create_segment(ld, "helper")
    response = patch_segment(
        ld,
        "helper",
        {"kind": "addIncludedTargets", "contextKind": "user", "values": ["u-1", "u-2"]},
        {"kind": "addIncludedTargets", "contextKind": "org", "values": ["o-1"]},
        {"kind": "addExcludedTargets", "contextKind": "user", "values": ["u-3"]},
        {"kind": "removeIncludedTargets", "contextKind": "user", "values": ["u-2", "u-9"]},
        {"kind": "addRule", "clauses": [CLAUSE], "description": "Rule 1", "weight": 5000},
        {"kind": "addRule", "clauses": [CLAUSE | {"negate": True}]},
    )
    read = vendor().UserSegment.from_dict(response.json())
    assert (response.status_code, read.version, read.included, read.excluded) == (200, 2, ["u-1"], ["u-3"])
    assert [each.to_dict() for each in read.included_contexts] == [{"contextKind": "org", "values": ["o-1"]}]
    assert [(each.description, each.weight) for each in read.rules] == [("Rule 1", None), (None, None)]
    removed = patch_segment(
        ld,
        "helper",
        {"kind": "removeRule", "ruleId": read.rules[0].id},
        {"kind": "removeRule", "ruleId": "gone"},
        {"kind": "removeIncludedTargets", "contextKind": "org", "values": ["o-1"]},
    ).json()
    assert ([each["_id"] for each in removed["rules"]], removed["includedContexts"]) == ([read.rules[1].id], [])
    assert patch_segment(ld, "helper", {"kind": "removeRule", "ruleId": "gone"}).json()["version"] == 3
    entries = ld.get("/api/v2/auditlog").json()["items"]
    assert [(each["kind"], each["titleVerb"], each.get("comment", "")) for each in entries] == [
        ("segment", "updated the segment", "Rebuilt"),
        ("segment", "updated the segment", "Rebuilt"),
        ("segment", "created the segment", ""),
    ]
    assert entries[2]["accesses"][0]["resource"] == "proj/web-shop:env/production:segment/helper"


def many(count: int, prefix: str = "u") -> list[str]:
    return [f"{prefix}-{number}" for number in range(count)]


@pytest.mark.parametrize(
    "instructions",
    [
        [{"kind": "addIncludedTargets", "contextKind": "user", "values": many(1501)}],
        [
            {"kind": "addIncludedTargets", "values": many(1000)},
            {"kind": "addExcludedTargets", "values": many(501, "x")},
        ],
        [{"kind": "addIncludedTargets", "values": ["u-1"]}, {"kind": "addExcludedTargets", "values": ["u-1"]}],
        [{"kind": "addIncludedTargets", "values": [1]}],
        [{"kind": "addRule", "clauses": []}],
        [{"kind": "addRule", "clauses": [CLAUSE]}, {"kind": "addSomething"}],
        [],
    ],
)
def test_one_invalid_instruction_changes_nothing(ld: httpx.Client, instructions: list[dict[str, Any]]) -> None:
    create_segment(ld, "helper")
    before = segment(ld, "helper")
    response = patch_segment(ld, "helper", {"kind": "updateName", "value": "x"}, *instructions)
    if not instructions:
        before, response = segment(ld, "helper"), patch_segment(ld, "helper")
    assert (response.status_code, response.json()["code"]) == (400, "invalid_request")
    assert segment(ld, "helper") == before


def test_keys_are_added_in_parts(ld: httpx.Client) -> None:
    create_segment(ld, "helper")
    for part in ("a", "b"):
        added = {"kind": "addIncludedTargets", "contextKind": "user", "values": many(1500, part)}
        assert patch_segment(ld, "helper", added).status_code == 200
    assert (len(segment(ld, "helper")["included"]), segment(ld, "helper")["version"]) == (3000, 3)


def test_weights_of_a_rule_need_a_json_patch(ld: httpx.Client) -> None:
    create_segment(ld, "helper")
    rule = {"clauses": [CLAUSE], "weight": 25_000, "bucketBy": "email", "rolloutContextKind": "user"}
    added = {"op": "add", "path": "/rules/-", "value": rule}
    assert ld.patch(ONE, json=[added]).status_code == 200
    body = {"patch": [added | {"path": "/rules/0", "value": {"clauses": [CLAUSE]}}], "comment": "First"}
    read = vendor().UserSegment.from_dict(ld.patch(ONE, json=body).json())
    assert [(each.weight, each.bucket_by, each.rollout_context_kind) for each in read.rules] == [
        (None, None, None),
        (25_000, "email", "user"),
    ]
    assert ld.patch(ONE, json=[{"op": "remove", "path": "/rules/0"}]).json()["version"] == 4
    assert ld.patch(ONE, json=[{"op": "replace", "path": "/description", "value": "x"}]).json()["description"] == "x"


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "add", "path": "/rules/-", "value": {"clauses": [CLAUSE], "weight": 100_001}},
        {"op": "add", "path": "/rules/-", "value": {"clauses": [CLAUSE], "weight": 1, "bucketBy": ""}},
        {"op": "add", "path": "/rules/7", "value": {"clauses": [CLAUSE]}},
        {"op": "remove", "path": "/rules/1"},
        {"op": "test", "path": "/version", "value": 7},
        {"op": "replace", "path": "/key", "value": "x"},
        {},
    ],
)
def test_one_invalid_operation_changes_nothing(ld: httpx.Client, operation: dict[str, Any]) -> None:
    create_segment(ld, "helper")
    before = segment(ld, "helper")
    valid = {"op": "add", "path": "/rules/-", "value": {"clauses": [CLAUSE]}}
    assert ld.patch(ONE, json=[valid, operation]).status_code == 400
    assert segment(ld, "helper") == before


def test_dry_run_stores_nothing(ld: httpx.Client) -> None:
    create_segment(ld, "helper")
    before = segment(ld, "helper")
    added = {"kind": "addIncludedTargets", "values": ["u-1"]}
    assert patch_segment(ld, "helper", added, query="?dryRun=true").json()["included"] == ["u-1"]
    assert segment(ld, "helper") == before


def test_single_segment_shows_the_flags_that_name_it(box: Sandbox, ld: httpx.Client) -> None:
    create_segment(ld, "helper")
    on = ids(ld, "log-level")[0]
    named = {"kind": "addRule", "variationId": on, "clauses": [{"op": "segmentMatch", "values": ["x", "helper"]}]}
    patch(ld, "log-level", named)
    patch(ld, "two-factor", named | {"variationId": ids(ld, "two-factor")[0]}, environment="development")
    read = vendor().UserSegment.from_dict(segment(ld, "helper"))
    assert [each.key for each in read.flags] == ["log-level"]
    rule = box.colleague().flag("log-level").state("production").rules[0]
    box.colleague().remove_rule("log-level", rule["_id"])
    assert segment(ld, "helper")["_flags"] == []
    assert [ld.delete(ONE).status_code for _ in range(2)] == [204, 404]
    assert ld.get(ONE).status_code == patch_segment(ld, "helper", named).status_code == 404


def test_targeting_needs_an_approval_and_a_shell_does_not(box: Sandbox, ld: httpx.Client) -> None:
    """So a client that stops at the 403 leaves a segment behind."""
    assert create_segment(ld, "helper", "staging").status_code == 201
    added = {"kind": "addIncludedTargets", "values": ["u-1"]}
    rule = {"op": "add", "path": "/rules/-", "value": {"clauses": [CLAUSE]}}
    path = f"{SEGMENTS}/staging/helper"
    for refused in (patch_segment(ld, "helper", added, environment="staging"), ld.patch(path, json=[rule])):
        error = vendor().ForbiddenErrorRep.from_dict(refused.json())
        assert (refused.status_code, error.code, error.message) == (403, "forbidden", "approval is required")
    renamed = patch_segment(ld, "helper", {"kind": "updateName", "value": "x"}, environment="staging")
    assert (renamed.status_code, segment(ld, "helper", "staging")["included"]) == (200, [])
    with launchdarkly(box, "bypass") as manager:
        assert patch_segment(manager, "helper", added, environment="staging").status_code == 200
    assert ld.delete(path).status_code == 204


def test_reader_writes_no_segment(box: Sandbox) -> None:
    with launchdarkly(box, "reader") as reader:
        assert create_segment(reader, "helper").status_code == reader.delete(ONE).status_code == 403
        assert patch_segment(reader, "helper").status_code == 403


def test_colleague_changes_segments(box: Sandbox, ld: httpx.Client) -> None:
    greta = box.colleague()
    greta.create_segment("theirs", included=("u-1",))
    with pytest.raises(ValueError, match="theirs"):
        greta.create_segment("theirs")
    assert greta.edit_segment("theirs", included=("u-1",)).version == 1
    assert greta.edit_segment("theirs", included=("u-1", "u-2")).version == 2
    assert (segment(ld, "theirs")["included"], greta.segments()["theirs"].version) == (["u-1", "u-2"], 2)
    entry = ld.get("/api/v2/auditlog?spec=proj/*:env/*:segment/*").json()["items"][0]
    assert (entry["member"]["email"], entry["accesses"][0]["action"]) == ("greta@example.com", "updateIncluded")
    greta.delete_segment("theirs")
    with pytest.raises(LookupError):
        greta.delete_segment("theirs")
