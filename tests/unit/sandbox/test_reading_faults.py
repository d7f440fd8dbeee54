"""Faults that strike while lists of flags are read: at both sources, at LaunchDarkly, and in the import itself."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.unit.sandbox_tools import (
    big_company,
    big_destination,
    create,
    launchdarkly,
    path_of,
    run_import,
    split,
    unleash,
)
from tui.sandbox.keys import WORKSPACES
from tui.sandbox.server import Sandbox

SPLITS = f"/splits/ws/{WORKSPACES['default'][0]}"
DEFINED = f"{SPLITS}/environments/production"
FEATURES = "/api/client/features"
FLAGS = "/api/v2/flags/web-shop"


def _page(client: httpx.Client, at: str, offset: int, limit: int = 50) -> httpx.Response:
    return client.get(at, params={"offset": offset, "limit": limit})


def _import_under(box: Sandbox, ld: httpx.Client, fault: str, integration: str) -> dict[str, Any]:
    box.set_fault(fault)
    return run_import(ld, path_of(create(ld, box, integration)))[1]


def test_a_slow_source_answers_in_the_end(box: Sandbox, admin: httpx.Client, sdk: httpx.Client) -> None:
    box.set_fault("source-slow")
    for client, at in ((admin, SPLITS), (sdk, FEATURES)):
        with pytest.raises(httpx.ReadTimeout):
            client.get(at, timeout=0.05)
        assert client.get(at).status_code == 200


def test_a_source_that_is_down_answers_nobody(
    box: Sandbox, admin: httpx.Client, sdk: httpx.Client, ld: httpx.Client
) -> None:
    box.set_fault("source-down")
    for client, at in ((admin, SPLITS), (sdk, FEATURES)):
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            client.get(at)
    assert ld.get(FLAGS).status_code == 200
    assert _import_under(box, ld, "source-down", "split")["status"] == "failed"


@pytest.mark.parametrize("integration", ["split", "unleash"])
def test_a_short_pause_is_asked_for_at_each_read_and_the_next_is_answered(
    box: Sandbox, admin: httpx.Client, sdk: httpx.Client, ld: httpx.Client, integration: str
) -> None:
    box.set_fault("source-rate-limited")
    client, at = (admin, SPLITS) if integration == "split" else (sdk, FEATURES)
    refused = _page(client, at, 0)
    assert refused.status_code == 429
    for name in ("Retry-After", "X-RateLimit-Reset-Seconds-Org", "X-RateLimit-Reset-Seconds-IP"):
        assert refused.headers[name] == "1"
    assert _page(client, at, 50).status_code == 429  # another read, refused by itself
    assert [_page(client, at, 0).status_code for _ in range(3)] == [200, 429, 200]
    status = _import_under(box, ld, "source-rate-limited", integration)
    assert status["status"] == "complete"


def test_a_long_pause_stays_and_fails_the_import(box: Sandbox, admin: httpx.Client, ld: httpx.Client) -> None:
    box.set_fault("source-rate-limited-long")
    assert {_page(admin, SPLITS, 0).headers["X-RateLimit-Reset-Seconds-Org"] for _ in range(3)} == {"180"}
    status = _import_under(box, ld, "source-rate-limited-long", "unleash")
    assert (status["status"], status["errors"][0]["statusCode"]) == ("failed", 429)


@pytest.mark.parametrize("integration", ["split", "unleash"])
def test_nonsense_comes_in_three_kinds_and_none_is_a_list_of_flags(
    box: Sandbox, admin: httpx.Client, sdk: httpx.Client, ld: httpx.Client, integration: str
) -> None:
    box.set_fault("source-garbage")
    client, at = (admin, SPLITS) if integration == "split" else (sdk, FEATURES)
    answers = [_page(client, at, 0) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["content-type"] for answer in answers} == {"application/json"}
    with pytest.raises(json.JSONDecodeError):
        answers[0].json()
    assert set(answers[1].json()) == {"data", "ok"}
    assert answers[2].json()["features" if integration == "unleash" else "objects"][0] is None
    for _ in range(3):  # the import meets each kind
        assert run_import(ld, path_of(create(ld, box, integration)))[1]["status"] == "failed"


def test_hostile_flags_still_fit_together(
    box: Sandbox, admin: httpx.Client, sdk: httpx.Client, ld: httpx.Client
) -> None:
    box.set_fault("source-hostile")
    flags = [one for offset in (0, 50) for one in _page(admin, SPLITS, offset).json()["objects"]]
    defined = {one["name"]: one for offset in (0, 50) for one in _page(admin, DEFINED, offset).json()["objects"]}
    names = [one["name"] for one in flags]
    hostile = [name for name in names if "\x1b" in name]
    assert 5 < len(hostile) < 30
    assert set(defined) <= set(names)
    assert all("\x1b" in one["description"] for one in flags)
    for one in defined.values():
        treatments = {treatment["name"] for treatment in one["treatments"]}
        assert {bucket["treatment"] for bucket in one["defaultRule"]} <= treatments
    assert "\x1b]52;" in defined["checkout-v2"]["rules"][0]["condition"]["matchers"][0]["strings"][0]
    features = {one["name"]: one for one in sdk.get(FEATURES).json()["features"]}
    assert set(hostile) & set(features)
    assert "\x1b]52;" in features["checkout-v2"]["strategies"][0]["constraints"][0]["values"][0]
    status = _import_under(box, ld, "source-hostile", "split")
    assert status["status"] == "complete"
    assert any("\x1b" in error["message"] for error in status["errors"])


def test_a_list_that_changes_shows_itself_once_and_is_then_at_rest(
    box: Sandbox, admin: httpx.Client, sdk: httpx.Client, ld: httpx.Client
) -> None:
    quiet = [one["name"] for offset in (0, 50) for one in _page(admin, SPLITS, offset).json()["objects"]]
    box.set_fault("source-changing")
    for at, total in ((SPLITS, 60), (DEFINED, 58)):
        first, second = (_page(admin, at, offset).json() for offset in (0, 50))
        assert (first["totalCount"], second["totalCount"], second["offset"]) == (total, total + 1, 50)
        assert first["objects"][-1] == second["objects"][0]
        again = [_page(admin, at, offset).json() for offset in (0, 50)]
        assert {page["totalCount"] for page in again} == {total}
        names = [one["name"] for page in again for one in page["objects"]]
        assert len(names) == len(set(names)) == total
        assert at != SPLITS or names == quiet
    assert len(sdk.get(FEATURES).json()["features"]) == 60
    assert _import_under(box, ld, "source-changing", "split")["status"] == "complete"


def test_a_wrong_page_of_a_changing_list_is_refused_as_ever(box: Sandbox, admin: httpx.Client) -> None:
    box.set_fault("source-changing")
    assert _page(admin, SPLITS, 50, limit=51).status_code == 400


def test_the_second_page_is_lost_for_good() -> None:
    with Sandbox.start(company=big_company(200), fault="source-lost-page") as box, split(box) as admin:
        for at in (SPLITS, DEFINED):
            for limit in (20, 50):
                statuses = [_page(admin, at, offset, limit).status_code for offset in (0, limit, limit, 2 * limit)]
                assert statuses == [200, 503, 503, 200]
        with unleash(box) as sdk, launchdarkly(box) as ld:
            assert len(sdk.get(FEATURES).json()["features"]) == 200
            status = run_import(ld, path_of(create(ld, box, "split")))[1]
            assert (status["status"], status["errors"][0]["statusCode"]) == ("failed", 503)


def test_a_page_of_existing_flags_is_lost_and_in_a_small_project_the_archived_ones() -> None:
    fault = "launchdarkly-flags-lost-page"
    with Sandbox.start(destination=big_destination(400), fault=fault) as box, launchdarkly(box) as ld:
        assert [_page(ld, FLAGS, offset, 100).status_code for offset in (0, 100, 100, 200)] == [200, 500, 500, 200]
        assert ld.get(FLAGS, params={"filter": "state:archived", "limit": 100}).status_code == 500
        assert ld.get(f"{FLAGS}/there-already-00002").status_code == 200
    with Sandbox.start(fault=fault) as box, launchdarkly(box) as ld:
        assert ld.get(FLAGS, params={"limit": 100}).json()["totalCount"] == 24
        assert ld.get(FLAGS, params={"filter": "state:archived"}).json()["code"] == "internal_service_error"


@pytest.mark.parametrize(
    ("fault", "status_code"), [("no-naming-convention", 200), ("naming-convention-forbidden", 403)]
)
def test_a_convention_that_cannot_be_read_still_holds(
    box: Sandbox, ld: httpx.Client, fault: str, status_code: int
) -> None:
    box.set_fault(fault)
    answer = ld.get("/api/v2/projects/web-shop")
    assert answer.status_code == status_code
    assert "namingConvention" not in answer.json()
    assert ("key" in answer.json()) == (status_code == 200)
    assert ld.get("/api/v2/projects").status_code == 200
    assert ld.get("/api/v2/projects/web-shop/environments").status_code == 200
    status = run_import(ld, path_of(create(ld, box, "split")))[1]
    assert "naming convention" in status["errors"][0]["message"]


def test_a_fault_that_is_switched_on_again_begins_anew(box: Sandbox, admin: httpx.Client) -> None:
    for _ in range(2):
        box.set_fault("source-rate-limited")
        assert _page(admin, SPLITS, 0).status_code == 429
