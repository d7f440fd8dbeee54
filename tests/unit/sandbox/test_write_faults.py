"""Faults of the requests that write targeting: what was done, and what the client sees."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from tests.unit.sandbox.rebuild_tools import CLAUSE, SEGMENTS, create_segment, ids, patch, patch_segment, state
from tests.unit.sandbox_tools import launchdarkly
from tui.sandbox.faults import FAULTS, PLACES, Fault, cut
from tui.sandbox.server import Sandbox

KEY = "log-level"
REQUESTS = f"/api/v2/projects/web-shop/flags/{KEY}/environments/staging/approval-requests"
CUT = (httpx.ReadError, httpx.RemoteProtocolError)
TURN_ON = {"kind": "turnFlagOn"}
LISTED = {"kind": "addIncludedTargets", "values": ["u-1"]}


def request_approval(ld: httpx.Client) -> httpx.Response:
    return ld.post(REQUESTS, json={"description": "x", "instructions": [TURN_ON]})


Send = Callable[[httpx.Client], httpx.Response]
WRITES: dict[str, tuple[str, Send, Callable[[Sandbox], bool], int]] = {
    "change a flag": (
        "flag-change",
        lambda ld: patch(ld, KEY, TURN_ON),
        lambda box: box.colleague().flag(KEY).state("production").on,
        200,
    ),
    "create a segment": (
        "segment",
        lambda ld: create_segment(ld, "new"),
        lambda box: "new" in box.colleague().segments(),
        201,
    ),
    "change a segment": (
        "segment",
        lambda ld: patch_segment(ld, "theirs", LISTED),
        lambda box: box.colleague().segments()["theirs"].included == ("u-1",),
        200,
    ),
    "delete a segment": (
        "segment",
        lambda ld: ld.delete(f"{SEGMENTS}/production/theirs"),
        lambda box: "theirs" not in box.colleague().segments(),
        204,
    ),
    "request an approval": ("approval", request_approval, lambda box: len(box.colleague().pending()) > 0, 201),
}
STATUSES = {"rate-limited": (429, "rate_limited"), "server-error": (500, "internal_service_error"),
            "conflict": (409, "optimistic_locking_error")}  # fmt: skip


@pytest.mark.parametrize("name", WRITES)
def test_each_write_meets_each_fault(name: str) -> None:
    """The second try gets through, where the first did nothing."""
    prefix, send, done, status = WRITES[name]
    for fault in ("lost-request", *STATUSES):
        if f"{prefix}-{fault}" not in FAULTS:
            continue
        with Sandbox.start() as box, launchdarkly(box) as ld:
            box.colleague().create_segment("theirs")
            box.set_fault(f"{prefix}-{fault}")
            if fault == "lost-request":
                with pytest.raises(CUT):
                    send(ld)
            else:
                refused = send(ld)
                assert (refused.status_code, refused.json()["code"]) == STATUSES[fault]
                assert "X-Ratelimit-Reset" in refused.headers
            assert not done(box)
            assert send(ld).status_code == status
            assert done(box)


@pytest.mark.parametrize("fault", ["lost-answer", "half-answer"])
@pytest.mark.parametrize("name", WRITES)
def test_lost_answer_of_each_write_that_took_effect(box: Sandbox, ld: httpx.Client, name: str, fault: str) -> None:
    prefix, send, done, _ = WRITES[name]
    box.colleague().create_segment("theirs")
    box.set_fault(f"{prefix}-{fault}")
    if name == "delete a segment" and fault == "half-answer":
        assert send(ld).status_code == 204  # it has no body to cut
    else:
        with pytest.raises(CUT):
            send(ld)
    assert done(box)


def test_repeating_a_rule_after_a_lost_answer_doubles_it(box: Sandbox, ld: httpx.Client) -> None:
    rule = {"kind": "addRule", "variationId": ids(ld, KEY)[0], "clauses": [CLAUSE]}
    box.set_fault("flag-change-lost-answer")
    with pytest.raises(CUT):
        patch(ld, KEY, rule)
    assert patch(ld, KEY, rule).status_code == 200
    assert len(state(ld, KEY)["rules"]) == 2


def test_approvals_are_required_everywhere(box: Sandbox, ld: httpx.Client) -> None:
    box.set_faults("flag-change-needs-approval", "segment-needs-approval", "approval-forbidden")
    assert [patch(ld, KEY, TURN_ON).status_code for _ in range(2)] == [405, 405]
    assert create_segment(ld, "new").status_code == 201
    refused = patch_segment(ld, "new", LISTED)
    assert (refused.status_code, refused.json()["message"]) == (403, "approval is required")
    assert request_approval(ld).status_code == 403


def test_weights_are_shown_in_another_order(box: Sandbox, ld: httpx.Client) -> None:
    on, off = ids(ld, "two-factor")
    weights = {"rolloutWeights": {on: 1, off: 99_999}}
    patch(ld, "two-factor", {"kind": "updateFallthroughVariationOrRollout", **weights})
    patch(ld, "two-factor", {"kind": "addRule", "clauses": [CLAUSE], **weights})
    before, variations = state(ld, "two-factor"), ids(ld, "two-factor")
    box.set_fault("weights-reversed")
    after = state(ld, "two-factor")
    for old, new in ((before["fallthrough"], after["fallthrough"]), (before["rules"][0], after["rules"][0])):
        assert new["rollout"]["variations"] == old["rollout"]["variations"][::-1]
    assert ids(ld, "two-factor") == variations


@pytest.mark.parametrize("place", ["segment-create", "segment-change", "segment-delete", "approval-delete"])
def test_a_test_strikes_one_kind_of_request(
    box: Sandbox, ld: httpx.Client, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setitem(FAULTS, "one", Fault("one", "One", "One.", PLACES[place], cut()))
    id_ = request_approval(ld).json()["_id"]
    requests: dict[str, Send] = {
        "segment-create": lambda ld: create_segment(ld, "new"),
        "segment-change": lambda ld: patch_segment(ld, "new", LISTED),
        "segment-delete": lambda ld: ld.delete(f"{SEGMENTS}/production/new"),
        "approval-delete": lambda ld: ld.delete(f"{REQUESTS}/{id_}"),
    }
    box.set_fault("one")
    for name, send in requests.items():
        if name == place:
            with pytest.raises(CUT):
                send(ld)
        else:
            send(ld)


def test_colleague_changes_targeting_just_before_a_request(box: Sandbox, ld: httpx.Client) -> None:
    create_segment(ld, "helper")

    def act(method: str, path: str) -> None:
        box.on_request = None
        greta = box.colleague()
        greta.add_rule(KEY)
        greta.edit_segment("helper", included=("u-9",))

    box.on_request = act
    patch(ld, KEY, {"kind": "addRule", "variationId": ids(ld, KEY)[0], "clauses": [CLAUSE]})
    patch_segment(ld, "helper", LISTED)
    rules = state(ld, KEY)["rules"]
    assert [rule["clauses"][0]["attribute"] for rule in rules] == ["group", "country"]
    helper = box.colleague().segments()["helper"]
    assert (helper.included, helper.version) == (("u-9", "u-1"), 3)
