"""The practice LaunchDarkly's `flags/evaluate`, which only a test can bring to life."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import httpx

from tests.conftest import needed
from tests.unit.sandbox.rebuild_tools import CLAUSE, create_segment, ids, patch, patch_segment, vendor
from tests.unit.sandbox.vendor_evaluator import evaluated
from tui.sandbox.server import Sandbox

KEY = "log-level"
EVALUATE = "/api/v2/projects/web-shop/environments/production/flags/evaluate"


def test_evaluation_is_not_available(ld: httpx.Client) -> None:
    response = ld.post(EVALUATE, json={"kind": "user", "key": "u-1"})
    assert (response.status_code, "not available" in response.json()["message"]) == (404, True)


def test_evaluator_of_a_test_answers(box: Sandbox, ld: httpx.Client) -> None:
    box.colleague().create_segment("staff")
    seen: list[Any] = []

    def evaluator(flags: Any, segments: Any, context: Any) -> dict[str, Any]:
        seen.append((len(flags), [each["key"] for each in segments], context, [*flags[0]["environments"]]))
        return {each["key"]: (each["variations"][0]["value"], {"kind": "OFF"}) for each in flags}

    box.evaluator = evaluator
    context = {"kind": "user", "key": "u-1"}
    query = {"filter": f"query equals {KEY}"}
    page = vendor().ContextInstanceEvaluations.from_dict(ld.post(EVALUATE, json=context, params=query).json())
    assert [(each.key, each.reason.kind) for each in page.items] == [(KEY, "OFF")]
    assert seen == [(24, ["staff"], context, ["production"])]
    assert ld.post(EVALUATE, json=[]).status_code == 400
    assert ld.post(EVALUATE.replace("production", "x"), json=context).status_code == 404


def test_vendors_evaluator_answers_for_what_was_written(box: Sandbox, ld: httpx.Client) -> None:
    needed(find_spec("ldclient"), "launchdarkly-server-sdk")
    key, box.evaluator = "two-factor", evaluated
    (on, off), parent = ids(ld, key), ids(ld, "bot-guard")
    create_segment(ld, "staff")
    patch_segment(ld, "staff", {"kind": "addIncludedTargets", "values": ["u-1"]})
    named = {"attribute": "segmentMatch", "op": "segmentMatch", "values": ["staff"]}
    assert patch(
        ld, key, {"kind": "addTargets", "variationId": off, "values": ["u-2"]},
        {"kind": "addTargets", "variationId": on, "contextKind": "org", "values": ["o-1"]},
        {"kind": "addRule", "variationId": on, "clauses": [named]},
        {"kind": "addRule", "variationId": on, "clauses": [CLAUSE]},
        {"kind": "updateFallthroughVariationOrRollout", "rolloutWeights": {on: 0, off: 100_000}},
        {"kind": "addPrerequisite", "key": "bot-guard", "variationId": parent[0]}, {"kind": "turnFlagOn"},
    ).status_code == 200  # fmt: skip

    def answer(key_of_user: str, **attributes: Any) -> tuple[object, str, int | None]:
        context = {"kind": "user", "key": key_of_user, **attributes}
        (item,) = ld.post(EVALUATE, json=context, params={"filter": f"query equals {key}"}).json()["items"]
        return item["_value"], item["reason"]["kind"], item["reason"].get("ruleIndex")

    assert answer("u-1") == (False, "PREREQUISITE_FAILED", None)
    assert patch(ld, "bot-guard", {"kind": "turnFlagOn"}).status_code == 200
    assert answer("u-1", country="DE") == (True, "RULE_MATCH", 0)
    assert answer("u-3", country="DE") == (True, "RULE_MATCH", 1)
    assert answer("u-2", country="DE") == (False, "TARGET_MATCH", None)
    assert answer("u-3") == (False, "FALLTHROUGH", None)
    org = ld.post(EVALUATE, json={"kind": "org", "key": "o-1"}, params={"filter": f"query equals {key}"}).json()
    assert org["items"][0]["reason"]["kind"] == "TARGET_MATCH"
