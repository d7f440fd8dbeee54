"""The demo servers' state survives a restart, on other ports."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.unit.sandbox.rebuild_tools import CLAUSE, create_segment, ids, patch, patch_segment
from tests.unit.sandbox_tools import FI, launchdarkly
from tests.unit.walk_tools import values
from tui.sandbox.clock import Pace
from tui.sandbox.keys import PROJECT, SPLIT_KEYS, TOKENS, UNLEASH_KEYS
from tui.sandbox.server import Sandbox

SLOW = Pace(step=0.2, slow=0.1, drip=0.1, pause=0.1)


def create(box: Sandbox, integration: str = "unleash", **changed: str) -> str:
    given = values(box, integration) | changed
    config = {key: value for key, value in given.items() if key not in ("host", "token", "project", "source-api")}
    with launchdarkly(box) as ld:
        response = ld.post(f"{FI}/{PROJECT}/{integration}", json={"name": "Saved", "config": config})
        assert response.is_success, response.text
        return str(response.json()["_id"])


def read(box: Sandbox, path: str) -> dict[str, Any]:
    with launchdarkly(box) as ld:
        shape: dict[str, Any] = ld.get(path).json()
        return shape


def ended(box: Sandbox) -> None:
    until = time.monotonic() + 20
    while box.moves is not None:
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize("integration", ["split", "unleash"])
def test_unfinished_import_continues_after_restart(integration: str) -> None:
    states: list[str] = []
    with Sandbox.start(save=states.append, pace=SLOW) as box:
        id_ = create(box, integration)
        with launchdarkly(box) as ld:
            ld.post(f"{FI}/{PROJECT}/{integration}/{id_}/trigger")
        before = len(box.colleague().flags())
        while len(box.colleague().flags()) == before:
            time.sleep(0.01)
        ports = box.addresses()["launchdarkly"]["url"]
    with Sandbox.start(saved=states[-1], save=states.append) as box:
        assert box.addresses()["launchdarkly"]["url"] != ports
        moved = box.moved()
        assert moved is not None
        assert f"http://{moved[ports.removeprefix('http://')]}" == box.addresses()["launchdarkly"]["url"]
        ended(box)
        status = read(box, f"{FI}/{PROJECT}/{integration}/{id_}")["_status"]
        assert status["status"] == "complete"
        imported = box.colleague().flags()
        assert all(flag.version == 1 for flag in imported.values() if flag.created > 1_700_000_000_000)
        log = read(box, "/api/v2/auditlog?limit=20")["items"]
    with Sandbox.start(saved=states[-1]) as box:
        assert box.colleague().flags() == imported
        assert read(box, "/api/v2/auditlog?limit=20")["items"] == log
        assert create(box, integration) != id_


def test_targeting_segments_and_pending_changes_survive_a_restart() -> None:
    states: list[str] = []
    with Sandbox.start(save=states.append) as box, launchdarkly(box) as ld:
        greta = box.colleague()
        create_segment(ld, "helper")
        patch_segment(ld, "helper", {"kind": "addRule", "clauses": [CLAUSE]})
        on, off = ids(ld, "two-factor")
        weights = {"rolloutWeights": {on: 1, off: 99_999}}
        patch(
            ld, "two-factor", {"kind": "addRule", "clauses": [CLAUSE], **weights},
            {"kind": "updateFallthroughVariationOrRollout", **weights},
            {"kind": "addTargets", "variationId": on, "contextKind": "org", "values": ["o-1"]},
            {"kind": "addPrerequisite", "key": "log-level", "variationId": ids(ld, "log-level")[0]},
        )  # fmt: skip
        greta.request_approval("two-factor", "staging", {"kind": "turnFlagOn"})
        before = greta.flags(), greta.segments(), greta.pending(), read(box, "/api/v2/auditlog")["items"]
    with Sandbox.start(saved=states[-1], save=states.append) as box:
        greta = box.colleague()
        assert (greta.flags(), greta.segments(), greta.pending(), read(box, "/api/v2/auditlog")["items"]) == before
        for _ in range(9):
            greta.add_rule("two-factor")
        rules = greta.flag("two-factor").state("production").rules + greta.segments()["helper"].rules
        used = [each["_id"] for rule in rules for each in (rule, *rule["clauses"])]
        assert len({*used}) == len(used) == 22
        assert greta.request_approval("two-factor", "staging") not in before[2]


def test_state_without_segments_is_read() -> None:
    """Earlier versions kept the whole flag in each audit log entry, and had no segments."""
    states: list[str] = []
    with Sandbox.start(save=states.append) as box:
        box.colleague().rename("log-level", "Log")
        before = read(box, "/api/v2/auditlog")["items"]
    state = json.loads(states[-1])
    for account in state["accounts"].values():
        for name in ("segments", "pending", "ids"):
            del account[name]
        for entry in account["audit"]:
            for name in ("kind", "comment"):
                del entry[name]
            entry["flag"] = {"key": entry.pop("key"), "name": entry.pop("name"), "tags": []}
    with Sandbox.start(saved=json.dumps(state)) as box:
        assert box.colleague().flag("log-level").name == "Log"
        assert read(box, "/api/v2/auditlog")["items"] == before


def test_state_contains_no_key() -> None:
    states: list[str] = []
    with Sandbox.start(save=states.append) as box:
        create(box, sourceApiKey="default:production." + "ab12" * 14)
        create(box, "split")
    keys = [key.value for ring in (TOKENS, SPLIT_KEYS, UNLEASH_KEYS) for key in ring.values()]
    assert [key for key in ("ab12ab12", *keys) if key in states[-1]] == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"ports": {}}',
        '{"ports": 3}',
        '{"version": 1, "ports": {"launchdarkly": 1}}',
        "[" * 9999,
    ],
)
def test_damaged_state_is_not_used(text: str) -> None:
    with Sandbox.start(saved=text) as box:
        assert box.moved() is None
        assert box.colleague().flags()


def test_state_that_names_what_does_not_exist_is_not_used() -> None:
    states: list[str] = []
    with Sandbox.start(save=states.append) as box:
        create(box)
    for path, value in (
        (("accounts", "acme", "configurations", 1, "integration"), "other"),
        (("accounts", "acme", "configurations", 1, "project"), "other"),
        (("accounts", "acme", "flags"), {}),
        (("accounts",), {}),
        (("version",), 2),
    ):
        state = json.loads(states[-1])
        place: Any = state
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        with Sandbox.start(saved=json.dumps(state)) as box:
            assert box.moved() is None, path
