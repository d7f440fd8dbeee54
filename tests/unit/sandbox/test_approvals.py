"""Requests for approval, changes that wait for a time, and conflicts with them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.unit.sandbox.rebuild_tools import CLAUSE, flag, ids, patch, state, vendor
from tests.unit.sandbox_tools import launchdarkly
from tui.sandbox.server import Sandbox

KEY = "log-level"
REQUESTS = f"/api/v2/projects/web-shop/flags/{KEY}/environments/staging/approval-requests"
SCHEDULED = f"/api/v2/projects/web-shop/flags/{KEY}/environments/production/scheduled-changes"
LATER = 1_900_000_000_000


def request(ld: httpx.Client, *instructions: dict[str, Any]) -> httpx.Response:
    body = {"description": "Rebuilt from Split", "instructions": list(instructions), "comment": "x"}
    return ld.post(REQUESTS, json=body)


def rule(ld: httpx.Client) -> dict[str, Any]:
    return {"kind": "addRule", "variationId": ids(ld, KEY)[1], "clauses": [CLAUSE]}


def targets(ld: httpx.Client, variation: int, *keys: str) -> dict[str, Any]:
    return {"kind": "addTargets", "variationId": ids(ld, KEY)[variation], "values": list(keys)}


def waiting(ld: httpx.Client, status: str = '"pending","scheduled"') -> list[str]:
    query = {"filter": f"projectKey equals web-shop, status anyOf [{status}]"}
    page = vendor().ExpandableApprovalRequestsResponse.from_dict(
        ld.get("/api/v2/approval-requests", params=query).json()
    )
    return [each.resource_id for each in page.items]


def test_request_waits_until_somebody_applies_it(box: Sandbox, ld: httpx.Client) -> None:
    before = flag(ld, KEY)
    response = request(ld, rule(ld), {"kind": "turnFlagOn"})
    made = vendor().FlagConfigApprovalRequestResponse.from_dict(response.json())
    assert (response.status_code, made.status, made.review_status, made.conflicts) == (201, "pending", "pending", [])
    assert (made.requestor_id, made.description) == (ld.get("/api/v2/members/me").json()["_id"], "Rebuilt from Split")
    assert flag(ld, KEY) == before
    assert waiting(ld) == [f"proj/web-shop:env/staging:flag/{KEY}"]
    assert [each["_id"] for each in ld.get(REQUESTS).json()["items"]] == [made.id]
    assert box.colleague().apply(made.id).status == "completed"
    assert (waiting(ld), len(waiting(ld, '"completed"'))) == ([], 1)
    after = state(ld, KEY, "staging")
    assert (after["on"], len(after["rules"]), after["version"]) == (True, 1, 2)
    applied = vendor().FlagConfigApprovalRequestResponse.from_dict(ld.get(f"{REQUESTS}/{made.id}").json())
    greta = box.colleague()
    assert (applied.status, applied.review_status, applied.applied_by_member_id) == (
        "completed",
        "approved",
        greta.pending()[made.id].applied_by,
    )
    assert ld.delete(f"{REQUESTS}/{made.id}").status_code == 403
    entry = ld.get("/api/v2/auditlog").json()["items"][0]
    assert (entry["member"]["email"], entry["comment"]) == ("greta@example.com", "Rebuilt from Split")


def test_pending_request_is_taken_back(box: Sandbox, ld: httpx.Client) -> None:
    id_ = request(ld, rule(ld)).json()["_id"]
    assert ld.get(f"{REQUESTS.replace('staging', 'test')}/{id_}").status_code == 404
    assert [ld.delete(f"{REQUESTS}/{id_}").status_code for _ in range(2)] == [204, 404]
    assert (waiting(ld), ld.get(REQUESTS).json()["items"]) == ([], [])
    second = request(ld, rule(ld)).json()["_id"]
    assert second != id_
    box.colleague().decline(second)
    shown = ld.get(f"{REQUESTS}/{second}").json()
    assert (shown["reviewStatus"], shown["status"]) == ("declined", "pending")
    box.colleague().withdraw(second)
    assert ld.get(f"{REQUESTS}/{second}").status_code == 404


def test_invalid_request_is_refused(box: Sandbox, ld: httpx.Client) -> None:
    body: object
    for body in (
        [],
        {},
        {"description": "x"},
        {"description": "x", "instructions": []},
        {"description": "x", "instructions": [rule(ld) | {"variationId": "gone"}]},
        {"instructions": [rule(ld)]},
    ):
        assert ld.post(REQUESTS, json=body).status_code == 400
    for path in (
        REQUESTS.replace("staging", "nowhere"),
        REQUESTS.replace(KEY, "nothing"),
        REQUESTS.replace("web", "x"),
    ):
        assert ld.post(path, json={}).status_code == ld.get(path).status_code == 404
    with launchdarkly(box, "reader") as reader:
        assert request(reader, {"kind": "turnFlagOn"}).status_code == 403
    assert waiting(ld) == []


@pytest.mark.parametrize("scheduled", [False, True])
def test_change_that_makes_a_pending_one_fail_is_a_conflict(box: Sandbox, ld: httpx.Client, scheduled: bool) -> None:
    greta, planned = box.colleague(), targets(ld, 1, "u-1")
    if scheduled:
        id_ = greta.schedule(KEY, "production", LATER, planned)
    else:
        id_ = greta.request_approval(KEY, "production", planned)
    before = flag(ld, KEY)
    refused = patch(ld, KEY, rule(ld), targets(ld, 0, "u-1"))
    assert (refused.status_code, "conflicts" in refused.json()["message"]) == (400, True)
    assert flag(ld, KEY) == before
    assert patch(ld, KEY, targets(ld, 0, "u-2")).status_code == 200  # fits
    assert patch(ld, KEY, targets(ld, 0, "u-1"), query="?ignoreConflicts=true").status_code == 200
    if not scheduled:
        path = REQUESTS.replace("staging", "production")
        (shown,) = vendor().FlagConfigApprovalRequestsResponse.from_dict(ld.get(path).json()).items
        assert [each.instruction for each in shown.conflicts] == [planned]
        assert "u-1" in shown.conflicts[0].reason
    assert patch(ld, KEY, rule(ld)).status_code == 200  # it fails anyway
    version = state(ld, KEY)["version"]
    assert (greta.apply(id_).status, state(ld, KEY)["version"]) == ("failed", version)


def test_scheduled_changes_have_a_list_of_their_own(box: Sandbox, ld: httpx.Client) -> None:
    greta = box.colleague()
    id_ = greta.schedule(KEY, "production", LATER, {"kind": "turnFlagOn"})
    page = vendor().FeatureFlagScheduledChanges.from_dict(ld.get(SCHEDULED).json())
    assert [(each.id, each.execution_date) for each in page.items] == [(id_, LATER)]
    assert waiting(ld) == ld.get(REQUESTS.replace("staging", "production")).json()["items"] == []
    greta.apply(id_)
    assert (state(ld, KEY)["on"], ld.get(SCHEDULED).json()["items"]) == (True, [])


def test_flag_with_a_pending_change_may_be_deleted(box: Sandbox, ld: httpx.Client) -> None:
    greta = box.colleague()
    id_ = greta.request_approval(KEY, "staging", {"kind": "turnFlagOn"})
    greta.delete(KEY)
    assert waiting(ld) == [f"proj/web-shop:env/staging:flag/{KEY}"]
    assert greta.apply(id_).status == "failed"
