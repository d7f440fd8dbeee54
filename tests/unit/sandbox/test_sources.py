"""The practice Split and Unleash, and the company that both of them show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.unit.sandbox_tools import Clock, split, unleash
from tui.sandbox.company import seeded
from tui.sandbox.keys import ENVIRONMENTS, SPLIT_KEYS, UNLEASH_KEYS, WORKSPACES
from tui.sandbox.server import Sandbox
from tui.sandbox.windows import Limits

WS = WORKSPACES["default"][0]
PRODUCTION = ENVIRONMENTS["production"]


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox.start() as made:
        yield made


# Split


def test_split_lists_workspaces_with_their_ids(admin: httpx.Client) -> None:
    page = admin.get("/workspaces").json()
    assert [(one["name"], one["id"]) for one in page["objects"]] == [
        ("Acme", WS),
        ("Acme Mobile", WS[:-1] + "2"),
    ]
    assert (page["offset"], page["limit"], page["totalCount"]) == (0, 20, 2)
    named = admin.get("/workspaces", params={"name": "Mobile", "nameOp": "CONTAINS"}).json()
    assert [one["name"] for one in named["objects"]] == ["Acme Mobile"]
    assert admin.get("/workspaces", params={"limit": 1000}).status_code == 200


def test_split_lists_environments_as_a_bare_array(admin: httpx.Client) -> None:
    environments = admin.get(f"/environments/ws/{WS}").json()
    assert [(one["name"], one["production"]) for one in environments] == [
        ("production", True),
        ("development", False),
    ]
    assert environments[0]["id"] == PRODUCTION


def test_split_flags_come_in_pages_of_at_most_fifty(admin: httpx.Client) -> None:
    pages = [admin.get(f"/splits/ws/{WS}", params={"limit": 50, "offset": at}).json() for at in (0, 50)]
    assert [len(page["objects"]) for page in pages] == [50, 10]
    assert {page["totalCount"] for page in pages} == {60}
    names = [flag["name"] for page in pages for flag in page["objects"]]
    assert len(set(names)) == 60
    assert len(admin.get(f"/splits/ws/{WS}").json()["objects"]) == 20
    too_many = admin.get(f"/splits/ws/{WS}", params={"limit": 51})
    assert (too_many.status_code, too_many.json()["code"]) == (400, 400)
    by_name = {flag["name"]: flag for page in pages for flag in page["objects"]}
    assert by_name["order_export"]["tags"] is None
    assert by_name["apple-pay"]["tags"] == [{"name": "payments"}, {"name": "mobile"}]


def test_split_flags_by_tag(admin: httpx.Client) -> None:
    found = admin.get(f"/splits/ws/{WS}", params={"tag": ["mail", "b2b"]}).json()
    assert found["totalCount"] == 7
    assert admin.get(f"/splits/ws/{WS}", params={"tag": "nothing"}).json()["totalCount"] == 0


def _definitions(client: httpx.Client, environment: str) -> dict[str, dict[str, Any]]:
    at = f"/splits/ws/{WS}/environments/{environment}"
    pages = [client.get(at, params={"limit": 50, "offset": offset}).json() for offset in (0, 50)]
    return {one["name"]: one for page in pages for one in page["objects"]}


def test_split_definitions_by_id_or_exact_name(admin: httpx.Client) -> None:
    by_id = _definitions(admin, PRODUCTION)
    assert by_id == _definitions(admin, "production")
    assert len(by_id) == 58
    assert "black-friday" not in by_id
    assert "black-friday" in _definitions(admin, "development")
    assert admin.get(f"/splits/ws/{WS}/environments/Production").status_code == 404
    one = admin.get(f"/splits/ws/{WS}/dark-mode/environments/{PRODUCTION}")
    assert one.json() == by_id["dark-mode"]
    assert admin.get(f"/splits/ws/{WS}/nope/environments/{PRODUCTION}").status_code == 404


def test_split_definitions_have_all_that_an_import_would_lose(admin: httpx.Client) -> None:
    found = _definitions(admin, PRODUCTION)
    checkout = found["checkout-v2"]
    assert checkout["defaultRule"] == [{"treatment": "on", "size": 25}, {"treatment": "off", "size": 75}]
    matcher = checkout["rules"][0]["condition"]["matchers"][0]
    assert (matcher["type"], matcher["strings"]) == ("IN_LIST_STRING", ["DE", "AT", "CH"])
    assert found["apple-pay"]["treatments"][0]["keys"] == ["ana@example.com", "qa-1@example.com"]
    assert found["beta-search"]["treatments"][0]["segments"] == ["beta-testers"]
    assert found["price-badge"]["trafficAllocation"] == 40
    assert found["sepa-mandate"]["killed"] is True
    required = found["one-click-order"]["rules"][0]["condition"]["matchers"][0]["depends"]
    assert required == {"splitName": "guest-checkout", "treatment": "on"}
    for one in found.values():
        names = [treatment["name"] for treatment in one["treatments"]]
        assert sum(bucket["size"] for bucket in one["defaultRule"]) == 100
        assert {bucket["treatment"] for bucket in one["defaultRule"]} <= set(names)
        assert one["defaultTreatment"] in names
        for rule in one["rules"]:
            depends = rule["condition"]["matchers"][0].get("depends")
            assert depends is None or depends["splitName"] in found


@pytest.mark.parametrize(
    ("key", "path", "status"),
    [
        ("viewer", "/workspaces", 403),
        ("viewer", f"/splits/ws/{WS}", 200),
        ("environment", f"/splits/ws/{WS}", 404),
        ("environment", f"/splits/ws/{WS}/environments/production", 200),
        ("environment", f"/splits/ws/{WS}/environments/development", 404),
        ("sdk", "/workspaces", 401),
        ("admin", "/splits/ws/nope", 404),
        ("admin", "/environments/ws/nope", 404),
        ("admin", "/nothing", 404),
    ],
)
def test_split_refuses_by_key_and_place(box: Sandbox, key: str, path: str, status: int) -> None:
    with split(box, key) as client:
        answer = client.get(path)
    assert answer.status_code == status
    assert status == 200 or answer.json()["code"] == status


def test_split_takes_bearer_or_x_api_key(box: Sandbox) -> None:
    admin_key, harness = SPLIT_KEYS["admin"].value, SPLIT_KEYS["harness"].value
    with httpx.Client(base_url=box.addresses()["split"]["api"], trust_env=False) as client:
        for headers, status in (
            ({"Authorization": f"Bearer {admin_key}"}, 200),
            ({"x-api-key": admin_key}, 200),
            ({"x-api-key": harness}, 200),
            ({"Authorization": f"Bearer {harness}"}, 401),
            ({"Authorization": admin_key}, 401),
            ({}, 401),
        ):
            assert client.get("/workspaces", headers=headers).status_code == status, headers


def test_split_tells_in_seconds_when_a_window_opens_again() -> None:
    clock = Clock(1_700_000_003.5)
    with Sandbox.start(now=clock, limits=Limits(organisation=1)) as box, split(box) as client:
        assert client.get("/workspaces").headers["X-RateLimit-Remaining-Org"] == "0"
        refused = client.get("/workspaces")
        assert refused.status_code == 429
        assert refused.headers["X-RateLimit-Reset-Seconds-Org"] == "7"
        clock.at += 7
        assert client.get("/workspaces").status_code == 200


# Unleash

FEATURES = "/api/client/features"


def test_unleash_gives_all_features_in_one_answer_without_tags(sdk: httpx.Client) -> None:
    body = sdk.get(FEATURES).json()
    assert body["version"] == 2
    assert len(body["features"]) == 60
    assert not any("tags" in feature for feature in body["features"])
    assert {feature["project"] for feature in body["features"]} == {"default"}
    assert sum(feature["enabled"] for feature in body["features"]) == 48
    assert sum(feature["stale"] for feature in body["features"]) == 6


@pytest.mark.parametrize(
    ("key", "project", "environment"),
    [
        ("sdk", ["default"], "production"),
        ("development", ["default"], "development"),
        ("two-projects", ["default", "mobile-app"], "production"),
        ("all-projects", None, "production"),
        ("admin", None, None),
        ("personal", None, None),
    ],
)
def test_unleash_echoes_what_a_key_really_reads(
    box: Sandbox, key: str, project: list[str] | None, environment: str | None
) -> None:
    with unleash(box, key) as client:
        body = client.get(FEATURES).json()
    assert body["query"].get("project") == project
    assert body["query"].get("environment") == environment
    assert len(body["features"]) == (60 if project == ["default"] else 64)
    assert any(feature["enabled"] for feature in body["features"]) is (environment is not None)


def test_unleash_ignores_project_and_environment_for_a_scoped_key(box: Sandbox, sdk: httpx.Client) -> None:
    asked = sdk.get(FEATURES, params={"project": "nope", "environment": "development"}).json()
    assert asked == sdk.get(FEATURES).json()
    with unleash(box, "all-projects") as everything:
        assert len(everything.get(FEATURES, params={"project": "mobile-app"}).json()["features"]) == 4
        assert everything.get(FEATURES, params={"project": "nope"}).json()["features"] == []
        assert everything.get(FEATURES, params={"project": "a b"}).json()["name"] == "BadDataError"


def test_unleash_tags_are_type_and_value(sdk: httpx.Client) -> None:
    def names(*tags: str) -> set[str]:
        return {one["name"] for one in sdk.get(FEATURES, params={"tag": list(tags)}).json()["features"]}

    assert names("simple:mail") == {"basket-reminder", "newsletter-popup", "mail-provider", "sms-updates"}
    assert "dark-mode" in names("team:growth squad")
    assert names("simple:nothing") == set()
    assert len(names("simple:mail", "simple:b2b")) == 7
    for bare in ("mail", ""):
        refused = sdk.get(FEATURES, params={"tag": bare})
        assert refused.status_code == 400
        assert "fails to match the tag pattern" in refused.json()["details"][0]["message"]


def test_unleash_features_have_all_that_an_import_would_lose(sdk: httpx.Client) -> None:
    body = sdk.get(FEATURES, headers={"Unleash-Client-Spec": "5.2.0"}).json()
    found = {one["name"]: one for one in body["features"]}
    assert found["checkout-v2"]["strategies"][0]["parameters"]["rollout"] == "25"
    assert found["checkout-v2"]["strategies"][0]["constraints"][0]["values"] == ["DE", "AT", "CH"]
    assert found["apple-pay"]["strategies"][1]["name"] == "userWithId"
    assert found["beta-search"]["strategies"][0]["segments"] == [1]
    assert [one["name"] for one in body["segments"]] == ["beta-testers", "staff", "wholesale"]
    assert found["one-click-order"]["dependencies"] == [{"feature": "guest-checkout", "enabled": True}]
    hero = found["home-hero"]
    assert hero["variants"] == []
    assert [one["weight"] for one in hero["strategies"][0]["variants"]] == [500, 250, 250]
    assert [one["name"] for one in found["review-stars"]["variants"]] == ["control", "stars"]
    assert found["office-preview"]["strategies"][0]["name"] == "remoteAddress"
    assert found["black-friday"]["strategies"] == []
    plain = {one["name"]: one for one in sdk.get(FEATURES).json()["features"]}
    assert "segments" not in plain["beta-search"]["strategies"][0]
    assert plain["beta-search"]["strategies"][0]["constraints"][0]["contextName"] == "userId"


@pytest.mark.parametrize("sent", ["{}", "Bearer {}"])
def test_unleash_takes_the_key_raw_or_as_bearer(box: Sandbox, sent: str) -> None:
    with unleash(box, None) as client:
        headers = {"Authorization": sent.format(UNLEASH_KEYS["sdk"].value)}
        assert client.get(FEATURES, headers=headers).status_code == 200
        assert client.get(FEATURES, headers={"Authorization": headers["Authorization"][:-1]}).status_code == 401


@pytest.mark.parametrize(
    ("key", "path", "status"),
    [
        (None, FEATURES, 401),
        ("frontend", FEATURES, 403),
        ("sdk", "/health", 403),
        ("sdk", "/", 403),
        ("sdk", "/api/admin/projects", 403),
        ("sdk", FEATURES + "/dark-mode", 200),
        ("sdk", FEATURES + "/onboarding-v3", 404),
        (None, "/health", 200),
        (None, "/api/api/client/features", 404),
    ],
)
def test_unleash_by_key_and_place(box: Sandbox, key: str | None, path: str, status: int) -> None:
    with unleash(box, key) as client:
        answer = client.get(path)
    assert answer.status_code == status
    assert isinstance(answer.json(), dict)


def test_unleash_blames_a_missing_header_for_a_wrong_key(box: Sandbox) -> None:
    with unleash(box, None) as client:
        answer = client.get(FEATURES, headers={"Authorization": "default:production.wrong"})
    assert "Please add an authorization header" in answer.json()["message"]


@pytest.mark.parametrize("path", ["/unleash/api/client/features", "/projects/default", "/"])
def test_unleash_answers_a_wrong_path_with_its_web_page(box: Sandbox, path: str) -> None:
    with unleash(box, None) as client:
        answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


# The company


def test_the_company_holds_together() -> None:
    ours = seeded()
    for project, flags in ours.projects.items():
        keys = [flag.key for flag in flags]
        assert len(keys) == len(set(keys)), project
        for flag in flags:
            assert not flag.requires or flag.requires in keys
            assert set(flag.segments) <= set(ours.segments)
            assert sum(share for _, share in flag.variants) in (0, 100), flag.key
            assert flag.state in ("on", "off", "killed", "absent")


def test_every_key_of_the_company_is_different() -> None:
    values = [key.value for ring in (SPLIT_KEYS, UNLEASH_KEYS) for key in ring.named.values()]
    assert len(values) == len(set(values))
    assert all(value not in repr(ring.named) for ring in (SPLIT_KEYS, UNLEASH_KEYS) for value in values)
