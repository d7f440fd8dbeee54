"""Semantic patches of the practice LaunchDarkly's flags, judged by what LaunchDarkly's own client reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.unit.sandbox.rebuild_tools import CLAUSE, FLAGS, SEMANTIC, flag, ids, patch, state, vendor
from tests.unit.sandbox_tools import Clock, launchdarkly
from tui.sandbox.account import Destination, LdFlag
from tui.sandbox.server import Sandbox

OLD = 1_600_000_000_000
LETTERS = (("a", "a"), ("b", "b"), ("c", "c"))


@pytest.fixture
def clock() -> Clock:
    return Clock(1_700_000_000.5)


@pytest.fixture
def box(clock: Clock) -> Iterator[Sandbox]:
    flags = LdFlag("one", "one", ("a",), OLD), LdFlag("two", "two", (), OLD), LdFlag("three", "three", (), OLD)
    letters = LdFlag("letters", "letters", (), OLD, variations=LETTERS)
    with Sandbox.start(now=clock, destination=Destination((*flags, letters))) as sandbox:
        yield sandbox


def rule(variation: str, **changed: Any) -> dict[str, Any]:
    return {"kind": "addRule", "variationId": variation, "clauses": [CLAUSE]} | changed


def test_one_patch_sets_whole_targeting(box: Sandbox, ld: httpx.Client, clock: Clock) -> None:
    before, (a, b, c), parent = flag(ld, "letters"), ids(ld, "letters"), ids(ld, "one")
    box.colleague().create_segment("staff")
    clock.at += 10
    weights = {c: 70_000, a: 10_000, b: 20_000}
    response = patch(
        ld,
        "letters",
        {"kind": "updateOffVariation", "variationId": c},
        {"kind": "replacePrerequisites", "prerequisites": [{"key": "one", "variationId": parent[1]}]},
        {"kind": "replaceTargets", "targets": [{"variationId": a, "values": ["u-1", "u-2", "u-1"]}]},
        {"kind": "addTargets", "contextKind": "org", "variationId": b, "values": ["o-1"]},
        rule(b, description="Rule 1"),
        {"kind": "addRule", "clauses": [{"op": "segmentMatch", "values": ["staff"]}], "rolloutWeights": weights,
         "rolloutBucketBy": "email", "rolloutContextKind": "org"},
        {"kind": "updateFallthroughVariationOrRollout", "rolloutWeights": weights},
        {"kind": "turnFlagOn"},
    )  # fmt: skip
    assert response.status_code == 200
    after = flag(ld, "letters")
    assert response.json() == after
    read = vendor().FeatureFlag.from_dict(after)
    mine, other = read.environments["production"], read.environments["test"]
    assert (mine.on, mine.off_variation, mine.version, mine.last_modified) == (True, 2, 2, int(clock.at * 1000))
    assert (read.version, other.version, other.rules) == (2, 1, [])
    assert [(each.key, each.variation) for each in mine.prerequisites] == [("one", 1)]
    assert [(each.values, each.variation) for each in mine.targets] == [(["u-1", "u-2"], 0)]
    assert [(each.context_kind, each.values, each.variation) for each in mine.context_targets] == [("org", ["o-1"], 1)]
    first, second = mine.rules
    assert (first.variation, first.rollout, first.description) == (1, None, "Rule 1")
    assert first.clauses[0].to_dict() == CLAUSE | {"_id": first.clauses[0].id}
    assert (second.clauses[0].attribute, second.clauses[0].values) == ("segmentMatch", ["staff"])
    shares = [(0, 10_000), (1, 20_000), (2, 70_000)]
    for rollout, by, kind in ((second.rollout, "email", "org"), (mine.fallthrough.rollout, None, "user")):
        assert [(each.variation, each.weight) for each in rollout.variations] == shares
        assert (rollout.bucket_by, rollout.context_kind) == (by, kind)
    assert len({first.id, second.id, first.clauses[0].id, second.clauses[0].id}) == 4
    assert before["environments"]["production"]["rules"] == []


def test_patch_is_logged_once_with_its_comment(ld: httpx.Client) -> None:
    on, off = ids(ld, "one")
    patch(ld, "one", rule(on), rule(off), {"kind": "addTargets", "variationId": on, "values": ["u-1"]})
    page = vendor().AuditLogEntryListingRepCollection.from_dict(ld.get("/api/v2/auditlog").json())
    (entry,) = page.items
    assert (entry.comment, entry.kind, entry.member.email) == ("Rebuilt", "flag", "ana@example.com")
    assert [(each.action, each.resource) for each in entry.accesses] == [
        ("updateRules", "proj/web-shop:env/production:flag/one"),
        ("updateTargets", "proj/web-shop:env/production:flag/one"),
    ]


INVALID: dict[str, Callable[[list[str]], dict[str, Any]]] = {
    "unknown kind": lambda on: {"kind": "doSomething"},
    "unknown variation": lambda on: rule("5ac0de510005000000000000"),
    "index as variation": lambda on: {"kind": "updateOffVariation", "variationId": 1},
    "nothing served": lambda on: {"kind": "addRule", "clauses": [CLAUSE]},
    "two things served": lambda on: rule(on[0], rolloutWeights={on[0]: 50_000, on[1]: 50_000}),
    "no clauses": lambda on: rule(on[0], clauses=[]),
    "unknown operator": lambda on: rule(on[0], clauses=[CLAUSE | {"op": "IN"}]),
    "no values": lambda on: rule(on[0], clauses=[CLAUSE | {"values": []}]),
    "object as value": lambda on: rule(on[0], clauses=[CLAUSE | {"values": [{}]}]),
    "no attribute": lambda on: rule(on[0], clauses=[CLAUSE | {"attribute": ""}]),
    "rule before no rule": lambda on: rule(on[0], beforeRuleId="gone"),
    "blank bucketBy": lambda on: {"kind": "updateFallthroughVariationOrRollout", "rolloutBucketBy": "",
                                  "rolloutWeights": {on[0]: 50_000, on[1]: 50_000}},
    "variation without weight": lambda on: {"kind": "updateFallthroughVariationOrRollout",
                                            "rolloutWeights": {on[0]: 100_000}},
    "weights of 99 percent": lambda on: {"kind": "updateFallthroughVariationOrRollout",
                                         "rolloutWeights": {on[0]: 49_000, on[1]: 50_000}},
    "negative weight": lambda on: {"kind": "updateFallthroughVariationOrRollout",
                                   "rolloutWeights": {on[0]: -1, on[1]: 100_001}},
    "key in two variations": lambda on: {"kind": "addTargets", "variationId": on[1], "values": ["u-2", "u-1"]},
    "number as key": lambda on: {"kind": "addTargets", "variationId": on[1], "values": [7]},
    "key in two variations, replaced": lambda on: {"kind": "replaceTargets", "targets": [
        {"variationId": each, "values": ["u-9"]} for each in on]},
    "unknown parent": lambda on: {"kind": "addPrerequisite", "key": "nothing", "variationId": on[0]},
    "variation of another flag": lambda on: {"kind": "addPrerequisite", "key": "two", "variationId": on[0]},
    "itself as parent": lambda on: {"kind": "addPrerequisite", "key": "one", "variationId": on[0]},
    "unknown rule in a list": lambda on: {"kind": "replaceRules", "rules": [rule(on[0]), {}]},
}  # fmt: skip


@pytest.mark.parametrize("name", INVALID)
def test_one_invalid_instruction_changes_nothing(box: Sandbox, ld: httpx.Client, name: str) -> None:
    on = ids(ld, "one")
    box.colleague().add_target("one", "u-1")
    before = flag(ld, "one")
    response = patch(ld, "one", rule(on[1]), {"kind": "turnFlagOn"}, INVALID[name](on), {"kind": "archiveFlag"})
    refused = vendor().InvalidRequestErrorRep.from_dict(response.json())
    assert (response.status_code, refused.code) == (400, "invalid_request")
    assert refused.message
    assert flag(ld, "one") == before


def test_cycle_of_prerequisites_is_refused(box: Sandbox, ld: httpx.Client) -> None:
    box.colleague().require("two", "three")
    box.colleague().require("three", "one", "test")
    box.colleague().require("three", "one")
    on = ids(ld, "two")[0]
    cycle = {"kind": "addPrerequisite", "key": "two", "variationId": on}
    assert patch(ld, "one", cycle).status_code == 400
    assert patch(ld, "one", cycle, environment="test").status_code == 200
    assert patch(ld, "one", cycle, environment="test").status_code == 400  # twice


def test_harmless_instructions_move_no_version(ld: httpx.Client) -> None:
    on, off = ids(ld, "one")
    patch(ld, "one", {"kind": "addTargets", "variationId": on, "values": ["u-1"]})
    before = flag(ld, "one")
    for instruction in (
        {"kind": "removeRule", "ruleId": "gone"},
        {"kind": "removeTargets", "variationId": off, "values": ["u-1", "u-7"]},
        {"kind": "removePrerequisite", "key": "two"},
        {"kind": "addTargets", "variationId": on, "values": ["u-1"]},
        {"kind": "replaceTargets", "targets": [{"variationId": on, "values": ["u-1"]}]},
        {"kind": "turnFlagOff"},
        {"kind": "updateOffVariation", "variationId": off},
        {"kind": "updateFallthroughVariationOrRollout", "variationId": on},
    ):
        assert patch(ld, "one", instruction).json() == before
    assert patch(ld, "one", {"kind": "turnFlagOn"}, {"kind": "turnFlagOff"}).json() == before
    assert flag(ld, "one") == before


def test_what_was_added_is_taken_back_to_the_byte(ld: httpx.Client) -> None:
    on, off = ids(ld, "one")
    before = state(ld, "one")
    patch(
        ld, "one", rule(off), rule(on), {"kind": "turnFlagOn"}, {"kind": "updateOffVariation", "variationId": on},
        {"kind": "addTargets", "variationId": off, "values": ["u-1"]},
        {"kind": "addPrerequisite", "key": "two", "variationId": ids(ld, "two")[0]},
        {"kind": "updateFallthroughVariationOrRollout", "rolloutWeights": {on: 1, off: 99_999}},
    )  # fmt: skip
    rules = [each["_id"] for each in state(ld, "one")["rules"]]
    patch(
        ld, "one", *({"kind": "removeRule", "ruleId": id_} for id_ in rules), {"kind": "turnFlagOff"},
        {"kind": "updateOffVariation", "variationId": off},
        {"kind": "removeTargets", "variationId": off, "values": ["u-1"]}, {"kind": "removePrerequisite", "key": "two"},
        {"kind": "updateFallthroughVariationOrRollout", "variationId": on},
    )  # fmt: skip
    after = state(ld, "one")
    assert (before.pop("version"), after.pop("version")) == (1, 3)
    assert before | {"lastModified": 0} == after | {"lastModified": 0}


def test_repeated_rule_is_doubled_and_replaced_rules_are_not(ld: httpx.Client) -> None:
    on, off = ids(ld, "one")
    for _ in range(2):
        patch(ld, "one", rule(on))
    first, second = (each["_id"] for each in state(ld, "one")["rules"])
    patch(ld, "one", rule(off, beforeRuleId=second))
    assert [each["variation"] for each in state(ld, "one")["rules"]] == [0, 1, 0]
    assert first != second
    for _ in range(2):
        patch(ld, "one", {"kind": "replaceRules", "rules": [rule(off, description="x", trackEvents=True)]})
    (left,) = state(ld, "one")["rules"]
    assert (left["variation"], left["description"], left["trackEvents"]) == (1, "x", True)


def test_ids_are_never_made_twice(box: Sandbox, ld: httpx.Client) -> None:
    """A flag that was deleted and created again must not seem to have our rules."""
    made = set()
    for _ in range(3):
        patch(ld, "one", rule(ids(ld, "one")[0]))
        box.colleague().add_rule("one")
        made |= {each["_id"] for each in state(ld, "one")["rules"]}
        box.colleague().recreate("one")
    assert len(made) == 6


def test_dry_run_shows_and_stores_nothing(ld: httpx.Client) -> None:
    before, on = flag(ld, "one"), ids(ld, "one")[0]
    response = patch(ld, "one", rule(on), query="?dryRun=true")
    assert (response.status_code, len(response.json()["environments"]["production"]["rules"])) == (200, 1)
    assert patch(ld, "one", rule("gone"), query="?dryRun=true").status_code == 400
    assert flag(ld, "one") == before


def test_patch_without_its_content_type_is_refused(ld: httpx.Client) -> None:
    before = flag(ld, "one")
    body = {"environmentKey": "production", "instructions": [rule(ids(ld, "one")[0])]}
    plain = ld.patch(f"{FLAGS}/one", json=body)
    assert (plain.status_code, "JSON patch" in plain.json()["message"]) == (400, True)
    wrong: object
    for wrong in (body | {"environmentKey": "nowhere"}, body | {"instructions": []}, [], "x", {}):
        assert ld.patch(f"{FLAGS}/one", json=wrong, headers=SEMANTIC).status_code == 400
    assert flag(ld, "one") == before
    assert patch(ld, "nothing", {"kind": "turnFlagOn"}).status_code == 404


def test_approvals_are_required_by_environment_and_by_tag(box: Sandbox, ld: httpx.Client) -> None:
    on = ids(ld, "one")[0]
    before = flag(ld, "one")
    refused = patch(ld, "one", rule(on), {"kind": "turnFlagOn"}, environment="staging")
    error = vendor().MethodNotAllowedErrorRep.from_dict(refused.json())
    assert (refused.status_code, error.code) == (405, "method_not_allowed")
    assert error.message == "Flag configuration updates require approval: action 'updateRules' not allowed"
    box.colleague().set_up("test", approval_tags=("a",))
    assert patch(ld, "one", rule(on), environment="test").status_code == 405
    assert patch(ld, "two", {"kind": "turnFlagOn"}, environment="test").status_code == 200
    assert flag(ld, "one") == before
    assert patch(ld, "one", {"kind": "updateName", "value": "Uno"}, environment="staging").status_code == 200
    with launchdarkly(box, "bypass") as manager:
        assert patch(manager, "one", rule(on), environment="staging").status_code == 200


def test_environments_differ_in_what_they_protect(ld: httpx.Client) -> None:
    page = vendor().Environments.from_dict(ld.get("/api/v2/projects/web-shop/environments").json())
    shown = {
        each.key: (
            each.critical,
            each.approval_settings.required,
            each.approval_settings.required_approval_tags,
            each.resource_approval_settings["segment"].required,
        )
        for each in page.items
    }
    assert shown == {
        "production": (True, False, [], False),
        "staging": (False, True, [], True),
        "test": (False, False, ["payments"], False),
        "development": (False, False, [], False),
    }
