"""Each fault, as a client sees it over a real connection."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.unit.sandbox_tools import (
    FI,
    Clock,
    big_company,
    big_destination,
    config_for,
    create,
    launchdarkly,
    path_of,
    run_import,
    split,
)
from tui.sandbox.account import ENVIRONMENT_KEYS
from tui.sandbox.clock import Pace
from tui.sandbox.faults import FAULTS
from tui.sandbox.keys import TOKENS, WORKSPACES, token_id
from tui.sandbox.server import Sandbox

NOW = 1_700_000_000_000
LOG = "/api/v2/auditlog"
FLAGS = "/api/v2/flags/web-shop"
SPLITS = f"/splits/ws/{WORKSPACES['default'][0]}"
DEFINED = f"{SPLITS}/environments/production"
FEATURES = "/api/client/features"
CUT = (httpx.ReadError, httpx.RemoteProtocolError)
HOSTILE_CODES = ("\x1b]52;", "\x1b]0;", "\x1b[2J", "\x9b", "\u202e", "[bold red]")


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW / 1000)


@pytest.fixture
def box(clock: Clock) -> Iterator[Sandbox]:
    with Sandbox.start(now=clock, pace=Pace(step=0.001, slow=0.2, drip=0.005, pause=0.05)) as sandbox:
        yield sandbox


def count(ld: httpx.Client) -> int:
    return len(ld.get(FI).json()["items"])


def page(client: httpx.Client, path: str, offset: int, limit: int = 50) -> httpx.Response:
    return client.get(path, params={"offset": offset, "limit": limit})


def import_under(box: Sandbox, ld: httpx.Client, fault: str, integration: str = "split") -> dict[str, Any]:
    """The last status of an import under the fault."""
    box.set_fault(fault)
    return run_import(ld, path_of(create(ld, box, integration)))[1]


def test_faults_have_a_title_and_an_explanation() -> None:
    assert len(FAULTS) == 70
    for name, fault in FAULTS.items():
        assert fault.name == name
        assert 0 < len(fault.title) <= 40
        assert fault.explains.endswith(".")
        assert len(fault.explains) <= 115
        assert json.dumps([fault.title, fault.explains]).isascii()


# The create call


REFUSALS = {
    "unauthorized": (401, "unauthorized"),
    "forbidden": (403, "forbidden"),
    "bad-request": (400, "invalid_request"),
    "not-found": (404, "not_found"),
    "conflict": (409, "optimistic_locking_error"),
    "server-error": (500, "internal_service_error"),
    "rate-limited": (429, "rate_limited"),
    "rate-limited-long": (429, "rate_limited"),
}
NOT_JSON = {
    "unauthorized-empty": (401, "content-length", "0", ""),
    "html": (502, "content-type", "text/html", "<html>"),
    "redirect": (302, "location", "https://login.example.com/", ""),
}


def test_refusal_strikes_only_the_create_call(box: Sandbox, ld: httpx.Client) -> None:
    path, before = path_of(create(ld, box)), count(ld)
    for fault, (status, code) in REFUSALS.items():
        box.set_fault(fault)
        response = create(ld, box)
        assert (response.status_code, response.json()["code"]) == (status, code)
        assert "X-Ratelimit-Global-Remaining" in response.headers
    for fault, (status, header, value, body) in NOT_JSON.items():
        box.set_fault(fault)
        response = create(ld, box)
        assert (response.status_code, response.headers[header].startswith(value)) == (status, True)
        assert body in response.text if body else not response.text
    assert count(ld) == before
    assert ld.post(f"{path}/trigger").status_code == 201
    box.set_fault(None)
    assert create(ld, box).status_code == 200


def test_pause_ends_in_milliseconds_of_the_epoch(box: Sandbox, ld: httpx.Client, clock: Clock) -> None:
    box.set_fault("rate-limited")
    responses = [create(ld, box) for _ in range(3)]
    assert [response.status_code for response in responses] == [429, 200, 429]
    assert 0 < int(responses[0].headers["X-Ratelimit-Reset"]) - clock.at * 1000 < 5000
    box.set_fault("rate-limited-long")
    assert {create(ld, box).headers["X-Ratelimit-Reset"] for _ in range(3)} == {str(NOW + 180_000)}


def test_answer_drips_until_the_client_or_the_server_ends(box: Sandbox, ld: httpx.Client) -> None:
    box.set_fault("drip")
    body = {"config": config_for(box, "unleash")}
    with ld.stream("POST", f"{FI}/web-shop/unleash", json=body) as response:
        pieces = response.iter_raw(1)
        assert b"".join(next(pieces) for _ in range(12)) == b'{"_id": "aaa'
    assert count(ld) == 1
    with ld.stream("POST", f"{FI}/web-shop/unleash", json={}) as response:
        pieces = response.iter_raw(1)
        next(pieces)
        started = time.monotonic()
        box.stop()
        assert time.monotonic() - started < 2
        with pytest.raises(CUT):
            list(pieces)


def test_connection_is_reset_in_mid_answer(box: Sandbox, ld: httpx.Client) -> None:
    box.set_fault("reset")
    body = {"config": config_for(box, "unleash")}
    with ld.stream("POST", f"{FI}/web-shop/unleash", json=body) as response:
        announced = int(response.headers["content-length"])
        pieces = response.iter_raw()
        arrived = next(pieces)
        with pytest.raises(httpx.ReadError):
            arrived += b"".join(pieces)
    assert 0 < len(arrived) < announced
    assert count(ld) == 2


def test_answer_echoes_the_sent_values(box: Sandbox, ld: httpx.Client) -> None:
    config = config_for(box, "unleash")
    box.set_fault("echoed-secrets")
    shape = create(ld, box).json()
    assert shape["config"] == config
    assert config["sourceApiKey"] in shape["_status"]["errors"][0]["message"]
    assert shape["_id"] in {item["_id"] for item in ld.get(FI).json()["items"]}
    box.set_fault("echoed-secrets-error")
    refused = create(ld, box)
    assert refused.status_code == 400
    assert config["ldApiKey"] in refused.json()["message"]


def test_hostile_text_is_in_names_and_messages(box: Sandbox, ld: httpx.Client) -> None:
    box.set_fault("hostile-text")
    shape = create(ld, box).json()
    texts = [
        shape["name"],
        shape["tags"][0],
        shape["_status"]["errors"][0]["message"],
        ld.get("/api/v2/projects").json()["items"][0]["name"],
        ld.get("/api/v2/members/me").json()["firstName"],
        ld.get("/api/v2/tags").json()["items"][0],
        ld.get("/api/v2/projects/nope").json()["message"],
    ]
    # Keys and ids stay whole, and responses without a body pass: the steps continue.
    assert ld.get("/api/v2/projects").json()["items"][1]["key"] == "web-shop"
    assert ld.post(f"{FI}/web-shop/unleash/{shape['_id']}/trigger").status_code == 201
    box.set_fault("hostile-error")
    texts.append(create(ld, box).json()["message"])
    for text in texts:
        assert all(code in text for code in HOSTILE_CODES)


# Reading lists of flags


SOURCE_REFUSALS: dict[str, tuple[int | None, int]] = {
    "source-unauthorized": (401, 401),
    "source-html": (200, 0),
    "source-rate-limited-long": (429, 429),
    "source-down": (None, 0),
}


def test_source_refuses_clients_and_the_import(
    box: Sandbox, ld: httpx.Client, admin: httpx.Client, sdk: httpx.Client
) -> None:
    for fault, (status, error) in SOURCE_REFUSALS.items():
        box.set_fault(fault)
        for client, path in ((admin, SPLITS), (sdk, FEATURES)):
            if status is None:
                with pytest.raises(CUT):
                    client.get(path)
                continue
            response = client.get(path)
            assert response.status_code == status
            assert response.headers.get("Retry-After") == ("180" if status == 429 else None)
            assert response.headers["content-type"].startswith("text/html") == (fault == "source-html")
        assert ld.get(FLAGS).status_code == 200
        last = import_under(box, ld, fault)
        assert (last["status"], last["errors"][0]["statusCode"]) == ("failed", error)


def test_late_answer_succeeds(box: Sandbox, ld: httpx.Client, admin: httpx.Client) -> None:
    body = {"config": config_for(box, "unleash")}
    for fault, client, method, path in (
        ("slow", ld, "POST", f"{FI}/web-shop/unleash"),
        ("source-slow", admin, "GET", SPLITS),
        ("audit-log-slow", ld, "GET", LOG),
    ):
        box.set_fault(fault)
        with pytest.raises(httpx.ReadTimeout):
            client.request(method, path, json=body, timeout=0.05)
        assert client.request(method, path, json=body).status_code == 200


def test_source_asks_for_a_short_pause_at_each_read(
    box: Sandbox, admin: httpx.Client, sdk: httpx.Client, ld: httpx.Client
) -> None:
    for integration, client, path in (("split", admin, SPLITS), ("unleash", sdk, FEATURES)):
        for _ in range(2):  # a fault that is switched on again starts over
            box.set_fault("source-rate-limited")
            refused = page(client, path, 0)
            assert refused.status_code == 429
        for name in ("Retry-After", "X-RateLimit-Reset-Seconds-Org", "X-RateLimit-Reset-Seconds-IP"):
            assert refused.headers[name] == "1"
        assert page(client, path, 50).status_code == 429  # another read
        assert [page(client, path, 0).status_code for _ in range(3)] == [200, 429, 200]
        assert import_under(box, ld, "source-rate-limited", integration)["status"] == "complete"


def test_nonsense_comes_in_three_kinds(box: Sandbox, admin: httpx.Client, sdk: httpx.Client, ld: httpx.Client) -> None:
    for integration, client, path in (("objects", admin, SPLITS), ("features", sdk, FEATURES)):
        box.set_fault("source-garbage")
        responses = [page(client, path, 0) for _ in range(3)]
        assert {response.status_code for response in responses} == {200}
        assert {response.headers["content-type"] for response in responses} == {"application/json"}
        with pytest.raises(json.JSONDecodeError):
            responses[0].json()
        assert set(responses[1].json()) == {"data", "ok"}
        assert responses[2].json()[integration][0] is None
    for integration in ("split", "unleash") * 3:  # the import meets each kind
        assert run_import(ld, path_of(create(ld, box, integration)))[1]["status"] == "failed"


def test_hostile_flags_still_match(box: Sandbox, admin: httpx.Client, sdk: httpx.Client, ld: httpx.Client) -> None:
    box.set_fault("source-hostile")
    flags = [flag for offset in (0, 50) for flag in page(admin, SPLITS, offset).json()["objects"]]
    defined = {flag["name"]: flag for offset in (0, 50) for flag in page(admin, DEFINED, offset).json()["objects"]}
    names = [flag["name"] for flag in flags]
    hostile = [name for name in names if "\x1b" in name]
    assert 5 < len(hostile) < 30
    assert set(defined) <= set(names)
    assert all("\x1b" in flag["description"] for flag in flags)
    for flag in defined.values():
        treatments = {treatment["name"] for treatment in flag["treatments"]}
        assert {bucket["treatment"] for bucket in flag["defaultRule"]} <= treatments
    assert "\x1b]52;" in defined["checkout-v2"]["rules"][0]["condition"]["matchers"][0]["strings"][0]
    features = {feature["name"]: feature for feature in sdk.get(FEATURES).json()["features"]}
    assert set(hostile) & set(features)
    assert "\x1b]52;" in features["checkout-v2"]["strategies"][0]["constraints"][0]["values"][0]
    last = import_under(box, ld, "source-hostile")
    assert last["status"] == "complete"
    assert any("\x1b" in error["message"] for error in last["errors"])


def test_list_changes_once_and_then_rests(
    box: Sandbox, admin: httpx.Client, sdk: httpx.Client, ld: httpx.Client
) -> None:
    box.set_fault("source-changing")
    for path, total in ((SPLITS, 60), (DEFINED, 58)):
        first, second = (page(admin, path, offset).json() for offset in (0, 50))
        assert (first["totalCount"], second["totalCount"], second["offset"]) == (total, total + 1, 50)
        assert first["objects"][-1] == second["objects"][0]
        again = [page(admin, path, offset).json() for offset in (0, 50)]
        assert {part["totalCount"] for part in again} == {total}
        names = [flag["name"] for part in again for flag in part["objects"]]
        assert len(names) == len(set(names)) == total
    assert page(admin, SPLITS, 50, limit=51).status_code == 400
    assert len(sdk.get(FEATURES).json()["features"]) == 60
    assert import_under(box, ld, "source-changing")["status"] == "complete"


def test_second_page_is_lost() -> None:
    world = {"company": big_company(200), "destination": big_destination(400)}
    with Sandbox.start(**world) as box, split(box) as admin, launchdarkly(box) as ld:  # type: ignore[arg-type]
        last = import_under(box, ld, "source-lost-page")
        assert (last["status"], last["errors"][0]["statusCode"]) == ("failed", 503)
        for client, path, limit in ((admin, SPLITS, 20), (admin, DEFINED, 50)):
            statuses = [page(client, path, offset, limit).status_code for offset in (0, limit, limit, 2 * limit)]
            assert statuses == [200, 503, 503, 200]
        box.set_fault("launchdarkly-flags-lost-page")
        assert [page(ld, FLAGS, offset, 100).status_code for offset in (0, 100, 100, 200)] == [200, 500, 500, 200]
        assert ld.get(FLAGS, params={"filter": "state:archived", "limit": 100}).status_code == 500
        assert ld.get(f"{FLAGS}/there-already-00002").status_code == 200


def test_unreadable_convention_still_applies(box: Sandbox, ld: httpx.Client) -> None:
    for fault, status in (("no-naming-convention", 200), ("naming-convention-forbidden", 403)):
        box.set_fault(fault)
        response = ld.get("/api/v2/projects/web-shop")
        assert (response.status_code, "namingConvention" in response.json()) == (status, False)
        for path in ("/api/v2/projects", "/api/v2/projects/web-shop/environments"):
            assert ld.get(path).status_code == 200
        assert "naming convention" in import_under(box, ld, fault)["errors"][0]["message"]


# The import


@pytest.mark.parametrize(
    ("fault", "status", "error"),
    [
        ("import-slow", "complete", None),
        ("import-partial", "partial", 400),
        ("import-failed", "failed", 500),
        ("source-refused-at-import", "failed", 401),
        ("import-error-then-success", "complete", 503),
    ],
)
def test_import_ends_otherwise(box: Sandbox, ld: httpx.Client, fault: str, status: str, error: int | None) -> None:
    last = import_under(box, ld, fault, "unleash")
    assert last["status"] == status
    assert (error in {item["statusCode"] for item in last["errors"]}) == (error is not None)


def test_status_is_unknown_or_of_the_run_before(box: Sandbox, ld: httpx.Client) -> None:
    path = path_of(create(ld, box))
    box.set_fault("unknown-status")
    assert run_import(ld, path)[0][-2:] == ["reconciling", "complete"]  # "pending" may be over by the first look
    box.set_fault("stale-complete")
    ld.post(f"{path}/trigger")
    assert [ld.get(path).json()["_status"]["status"] for _ in range(4)] == ["complete"] * 4


def test_trigger_is_not_answered_as_it_should(box: Sandbox, ld: httpx.Client) -> None:
    path = path_of(create(ld, box))
    for fault, started in (("lost-trigger-request", False), ("lost-trigger-answer", True)):
        box.set_fault(fault)
        with pytest.raises(CUT):
            ld.post(f"{path}/trigger")
        assert (box.moves is not None) == started
    path = path_of(create(ld, box))
    box.set_fault("trigger-conflict")
    assert ld.post(f"{path}/trigger").status_code == 409
    assert box.moves is not None


def test_looks_meet_pauses_and_gaps(box: Sandbox, ld: httpx.Client) -> None:
    path = path_of(create(ld, box))
    box.set_fault("watch-rate-limited")
    assert [ld.get(path).status_code for _ in range(6)] == [200, 200, 429, 200, 200, 429]
    box.set_fault("server-gone")
    assert [ld.get(path).status_code for _ in range(2)] == [200, 200]
    for _ in range(8):
        with pytest.raises(CUT):
            ld.get(path)
    assert ld.get(path).status_code == 200
    box.set_fault("patch-conflict")
    assert ld.patch(path, json=[]).status_code == ld.patch(f"{FLAGS}/log-level", json={}).status_code == 409


# Evidence


def imported(box: Sandbox, ld: httpx.Client, integration: str = "split") -> list[dict[str, Any]]:
    """The flags that an import creates, with all environments."""
    before = box.colleague().flags()
    _, status = run_import(ld, path_of(create(ld, box, integration)))
    assert status["status"] == "complete"
    flags = ld.get(FLAGS, params={"limit": 100, "env": ENVIRONMENT_KEYS}).json()["items"]
    return [flag for flag in flags if flag["key"] not in before]


def environments(flags: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [state for flag in flags for state in flag["environments"].values()]


@pytest.mark.parametrize(
    ("faults", "version", "later"),
    [((), 1, 0), (("written-twice",), 2, 0), (("written-thrice", "modified-after-creation"), 3, 40)],
)
def test_flags_share_version_and_times(
    box: Sandbox, ld: httpx.Client, faults: tuple[str, ...], version: int, later: int
) -> None:
    box.set_faults(*faults)
    flags = imported(box, ld)
    assert {(flag["_version"], flag["creationDate"]) for flag in flags} == {(version, NOW)}
    assert {(state["version"], state["lastModified"]) for state in environments(flags)} == {(1, NOW + later)}
    entries = ld.get(LOG, params={"spec": f"proj/web-shop:env/*:flag/{flags[0]['key']}"}).json()["items"]
    assert [entry["accesses"][0]["action"] for entry in entries] == ["updateTags"] * (version - 1) + ["createFlag"]
    assert {entry["token"]["_id"] for entry in entries} == {token_id(TOKENS["import-key"])}


def test_every_fifth_flag_arrives_changed_or_not_at_all(box: Sandbox, ld: httpx.Client) -> None:
    box.set_faults("default-swapped", "tag-left-out", "split-defaults-zero")
    flags = imported(box, ld, "unleash")
    assert len(flags) == 46
    assert {tuple(flag["defaults"].values()) for flag in flags} == {(0, 0), (0, 1), (1, 0)}
    assert sorted({len(flag["tags"]) for flag in flags}) == [0, 1]
    for flag in flags:
        box.colleague().delete(flag["key"])
    box.set_fault("flags-dropped")
    assert len(imported(box, ld, "unleash")) == 37


def test_fields_of_imported_flags_are_left_out(box: Sandbox, ld: httpx.Client) -> None:
    whole = ld.get(f"{FLAGS}/log-level").json()
    box.set_faults("no-creation-date", "no-version", "no-environment-versions")
    listed = imported(box, ld)
    assert all({"creationDate", "_version"}.isdisjoint(flag) for flag in listed)
    assert all({"version", "lastModified"}.isdisjoint(state) for state in environments(listed))
    assert ld.get(f"{FLAGS}/log-level").json() == whole
    box.set_fault(None)
    box.colleague().rename(listed[0]["key"], "x")
    single = ld.get(f"{FLAGS}/{listed[0]['key']}").json()
    assert set(whole) - set(single) == {"creationDate", "_version"}
    assert set(whole["environments"]["test"]) - set(single["environments"]["test"]) == {"version", "lastModified"}


def test_audit_log_is_refused(box: Sandbox, ld: httpx.Client) -> None:
    for fault, status in (("audit-log-forbidden", 403), ("audit-log-missing", 404), ("audit-log-error", 500)):
        box.set_fault(fault)
        assert (ld.get(LOG).status_code, ld.get(FLAGS).status_code) == (status, 200)


def test_audit_log_has_no_entries_or_no_names(box: Sandbox, ld: httpx.Client) -> None:
    for number in range(12):
        box.colleague("no-configurations").create(f"flag-{number}")
    box.set_fault("audit-log-empty")
    log = ld.get(LOG).json()
    assert (log["items"], set(log["_links"])) == ([], {"self"})
    box.set_fault("audit-log-anonymous")
    log = ld.get(LOG).json()
    assert (len(log["items"]), "next" in log["_links"]) == (10, True)
    assert not any({"member", "token"} & set(entry) for entry in log["items"])
    assert ld.get(LOG, params={"limit": "0"}).status_code == 400


def test_several_faults_strike_together_and_the_first_answers(box: Sandbox, ld: httpx.Client) -> None:
    box.set_faults("written-twice", "no-creation-date", "split-defaults-zero", "no-last-import", "import-slow")
    flags = imported(box, ld)
    assert {flag["_version"] for flag in flags} == {2}
    assert not any("creationDate" in flag for flag in flags)
    assert {tuple(flag["defaults"].values()) for flag in flags} == {(0, 0)}
    assert not any("lastImport" in item["_status"] for item in ld.get(FI).json()["items"])
    box.set_faults("audit-log-missing", "audit-log-error")
    assert ld.get(LOG).status_code == 404
    with pytest.raises(ValueError, match="No fault has this name"):
        box.set_faults("audit-log-error", "nothing")
    assert box.fault == "audit-log-missing"
