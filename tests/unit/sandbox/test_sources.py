"""The practice Split and Unleash, and the company that both of them show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.unit.sandbox_tools import Clock, split, unleash
from tui.sandbox.clock import Limits
from tui.sandbox.company import seeded
from tui.sandbox.keys import ENVIRONMENTS, SPLIT_KEYS, UNLEASH_KEYS, WORKSPACES
from tui.sandbox.server import Sandbox

WS = WORKSPACES["default"][0]
SPLITS = f"/splits/ws/{WS}"
PRODUCTION = ENVIRONMENTS["production"]
FEATURES = "/api/client/features"
MAIL = {"basket-reminder", "newsletter-popup", "mail-provider", "sms-updates"}


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox.start() as sandbox:
        yield sandbox


# Split


def test_split_flags_are_in_pages_of_at_most_fifty(admin: httpx.Client) -> None:
    pages = [admin.get(SPLITS, params={"limit": 50, "offset": offset}).json() for offset in (0, 50)]
    assert [len(page["objects"]) for page in pages] == [50, 10]
    assert {page["totalCount"] for page in pages} == {60}
    flags = {flag["name"]: flag for page in pages for flag in page["objects"]}
    assert len(flags) == 60
    assert flags["order_export"]["tags"] is None
    assert flags["apple-pay"]["tags"] == [{"name": "payments"}, {"name": "mobile"}]
    assert len(admin.get(SPLITS).json()["objects"]) == 20
    assert admin.get(SPLITS, params={"limit": 51}).json()["code"] == 400
    assert admin.get(SPLITS, params={"tag": ["mail", "b2b"]}).json()["totalCount"] == 7
    assert admin.get(SPLITS, params={"tag": "nothing"}).json()["totalCount"] == 0


def _definitions(client: httpx.Client, environment: str) -> dict[str, dict[str, Any]]:
    path = f"{SPLITS}/environments/{environment}"
    pages = [client.get(path, params={"limit": 50, "offset": offset}).json() for offset in (0, 50)]
    return {flag["name"]: flag for page in pages for flag in page["objects"]}


def test_split_definitions_by_id_or_exact_name(admin: httpx.Client) -> None:
    by_id = _definitions(admin, PRODUCTION)
    assert by_id == _definitions(admin, "production")
    assert len(by_id) == 58
    assert "black-friday" not in by_id
    assert "black-friday" in _definitions(admin, "development")
    assert admin.get(f"{SPLITS}/environments/Production").status_code == 404


def _matchers(definition: dict[str, Any]) -> list[list[dict[str, Any]]]:
    return [rule["condition"]["matchers"] for rule in definition["rules"]]


def test_split_definitions_have_targeting(admin: httpx.Client) -> None:
    found = _definitions(admin, PRODUCTION)
    checkout = found["checkout-v2"]
    assert checkout["defaultRule"] == [{"treatment": "on", "size": 25}, {"treatment": "off", "size": 75}]
    assert found["apple-pay"]["treatments"][0]["keys"] == ["ana@example.com", "qa-1@example.com"]
    assert found["beta-search"]["treatments"][0]["segments"] == ["beta-testers"]
    assert found["price-badge"]["trafficAllocation"] == 40
    assert found["sepa-mandate"]["killed"] is True
    for definition in found.values():
        names = [treatment["name"] for treatment in definition["treatments"]]
        assert sum(bucket["size"] for bucket in definition["defaultRule"]) == 100
        assert {bucket["treatment"] for bucket in definition["defaultRule"]} <= set(names)
        assert definition["defaultTreatment"] in names


def test_split_rules_have_matchers_of_every_kind(admin: httpx.Client) -> None:
    found = _definitions(admin, PRODUCTION)
    assert _matchers(found["barcode-scan"]) == [[{"type": "IN_SEGMENT", "string": "staff", "negate": False}]]
    assert "segments" not in found["barcode-scan"]["treatments"][0]
    assert _matchers(found["quote-requests"]) == [
        [
            {"type": "IN_LIST_STRING", "strings": ["reseller"], "negate": False, "attribute": "customerType"},
            {"type": "GREATER_THAN_OR_EQUAL_NUMBER", "number": 100, "negate": False, "attribute": "pieces"},
        ]
    ]
    assert _matchers(found["gift-cards"])[0][0]["date"] == 1_735_689_600_000
    assert _matchers(found["biometric-login"])[0][0]["strings"] == ["iPhone", "Pixel"]
    estimate = found["shipping-estimate"]["rules"][0]
    assert estimate["condition"]["matchers"][0]["negate"] is True
    assert estimate["buckets"] == [{"treatment": "on", "size": 20}, {"treatment": "off", "size": 80}]
    depends = _matchers(found["one-click-order"])[0][0]
    assert (depends["type"], depends["depends"]) == ("IN_SPLIT", {"splitName": "guest-checkout", "treatment": "on"})


def test_split_rules_compare_versions_patterns_and_sets(admin: httpx.Client) -> None:
    found = _definitions(admin, PRODUCTION)
    later = [
        matchers[-1]
        for flag in ("biometric-login", "two-factor", "support_chat")
        for matchers in _matchers(found[flag])
    ]
    assert [{k: v for k, v in matcher.items() if k not in ("negate", "attribute")} for matcher in later] == [
        {"type": "GREATER_THAN_OR_EQUAL_TO_SEMVER", "string": "4.2.0"},
        {"type": "MATCHES_STRING", "string": r"@example\.com$"},
        {"type": "EQUAL_SET", "strings": ["en", "de"]},
    ]
    assert _matchers(found["wholesale-prices"])[0][0]["type"] == "IN_RULE_BASED_SEGMENT"


def test_split_segments_are_keys_or_rules(admin: httpx.Client) -> None:
    listed = admin.get(f"/segments/ws/{WS}/environments/{PRODUCTION}").json()
    assert [segment["name"] for segment in listed["objects"]] == ["beta-testers", "staff"]
    page = admin.get(f"/segments/{PRODUCTION}/beta-testers/keys", params={"limit": 2, "offset": 1}).json()
    assert (page["keys"], page["count"]) == ([{"key": "u-2207"}, {"key": "u-3310"}], 3)
    assert admin.get(f"/segments/{PRODUCTION}/wholesale/keys").status_code == 404
    assert admin.get(f"/segments/{PRODUCTION}/staff/keys", params={"limit": 101}).status_code == 400
    (ruled,) = admin.get(f"/rule-based-segments/ws/{WS}/environments/{PRODUCTION}").json()
    assert (ruled["name"], ruled["excludedKeys"]) == ("wholesale", ["u-2207"])
    assert ruled["rules"][0]["condition"]["matchers"] == [
        {
            "type": "IN_LIST_STRING",
            "strings": ["reseller", "distributor"],
            "negate": False,
            "attribute": "customerType",
        }
    ]


@pytest.mark.parametrize(
    ("fault", "status"),
    [("paywall", 402), ("forbidden", 403), ("missing", 404), ("broken", 500)],
)
def test_split_segments_are_refused_apart_from_flags(fault: str, status: int) -> None:
    with Sandbox.start(fault=f"split-segments-{fault}") as box, split(box) as client:
        for path in (
            f"/segments/ws/{WS}/environments/{PRODUCTION}",
            f"/segments/{PRODUCTION}/staff/keys",
            f"/rule-based-segments/ws/{WS}/environments/{PRODUCTION}",
        ):
            assert client.get(path).json()["code"] == client.get(path).status_code == status
        assert client.get(SPLITS).status_code == 200


@pytest.mark.parametrize(
    ("key", "path", "status"),
    [
        ("environment", f"/segments/{PRODUCTION}/staff/keys", 200),
        ("environment", f"/segments/{ENVIRONMENTS['development']}/staff/keys", 404),
        ("viewer", "/workspaces", 403),
        ("viewer", SPLITS, 200),
        ("environment", SPLITS, 404),
        ("environment", f"{SPLITS}/environments/production", 200),
        ("environment", f"{SPLITS}/environments/development", 404),
        ("sdk", "/workspaces", 401),
        ("admin", "/splits/ws/nope", 404),
        ("admin", "/environments/ws/nope", 404),
        ("admin", "/nothing", 404),
    ],
)
def test_split_refuses_by_key_and_path(box: Sandbox, key: str, path: str, status: int) -> None:
    with split(box, key) as client:
        response = client.get(path)
    assert response.status_code == status
    assert status == 200 or response.json()["code"] == status


def test_split_key_is_a_bearer_or_x_api_key(box: Sandbox) -> None:
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


def test_split_shows_in_seconds_when_a_window_opens_again() -> None:
    clock = Clock(1_700_000_003.5)
    with Sandbox.start(now=clock, limits=Limits(organisation=1)) as box, split(box) as client:
        assert client.get("/workspaces").headers["X-RateLimit-Remaining-Org"] == "0"
        refused = client.get("/workspaces")
        assert (refused.status_code, refused.headers["X-RateLimit-Reset-Seconds-Org"]) == (429, "7")
        clock.at += 7
        assert client.get("/workspaces").status_code == 200


# Unleash


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
    assert (body["query"].get("project"), body["query"].get("environment")) == (project, environment)
    assert len(body["features"]) == (60 if project == ["default"] else 64)
    assert any(feature["enabled"] for feature in body["features"]) is (environment is not None)


def test_unleash_ignores_project_and_environment_for_a_scoped_key(box: Sandbox, sdk: httpx.Client) -> None:
    narrowed = sdk.get(FEATURES, params={"project": "nope", "environment": "development"}).json()
    assert narrowed == sdk.get(FEATURES).json()
    with unleash(box, "all-projects") as client:
        assert len(client.get(FEATURES, params={"project": "mobile-app"}).json()["features"]) == 4
        assert client.get(FEATURES, params={"project": "nope"}).json()["features"] == []
        assert client.get(FEATURES, params={"project": "a b"}).json()["name"] == "BadDataError"


def test_unleash_tags_are_type_and_value(box: Sandbox, sdk: httpx.Client) -> None:
    def names(*tags: str) -> set[str]:
        return {feature["name"] for feature in sdk.get(FEATURES, params={"tag": list(tags)}).json()["features"]}

    assert names("simple:mail") == MAIL
    assert "dark-mode" in names("team:growth squad")
    assert names("simple:nothing") == set()
    assert len(names("simple:mail", "simple:b2b")) == 7
    for bare in ("mail", ""):
        refused = sdk.get(FEATURES, params={"tag": bare})
        assert refused.status_code == 400
        assert "fails to match the tag pattern" in refused.json()["details"][0]["message"]
    listed = [f"{tag['type']}:{tag['value']}" for tag in _lookup(box, "tags")["tags"]]
    assert len(listed) == len(set(listed)) == 11
    assert all(names(tag) for tag in listed)


def test_unleash_features_have_targeting(sdk: httpx.Client) -> None:
    body = sdk.get(FEATURES, headers={"Unleash-Client-Spec": "5.2.0"}).json()
    features = {feature["name"]: feature for feature in body["features"]}
    assert not any("tags" in feature for feature in body["features"])
    assert sum(feature["enabled"] for feature in body["features"]) == 48
    assert sum(feature["stale"] for feature in body["features"]) == 6
    assert [segment["name"] for segment in body["segments"]] == ["beta-testers", "staff", "wholesale"]
    assert features["one-click-order"]["dependencies"] == [{"feature": "guest-checkout", "enabled": True}]
    assert features["apple-pay"]["strategies"][1]["name"] == "userWithId"
    assert features["black-friday"]["strategies"] == features["home-hero"]["variants"] == []
    assert [variant["name"] for variant in features["review-stars"]["variants"]] == ["control", "stars"]
    first = {name: feature["strategies"][0] for name, feature in features.items() if feature["strategies"]}
    assert first["checkout-v2"]["parameters"]["rollout"] == "25"
    assert first["checkout-v2"]["constraints"][0]["values"] == ["DE", "AT", "CH"]
    assert [variant["weight"] for variant in first["home-hero"]["variants"]] == [500, 250, 250]
    assert first["office-preview"]["name"] == "remoteAddress"
    assert (first["barcode-scan"]["segments"], first["barcode-scan"]["constraints"]) == ([2], [])
    assert [
        (constraint["operator"], constraint["values"], constraint.get("value"))
        for constraint in first["quote-requests"]["constraints"]
    ] == [("IN", ["reseller"], None), ("NUM_GTE", [], "100")]
    since = first["gift-cards"]["constraints"][0]
    assert (since["operator"], since["value"]) == ("DATE_AFTER", "2025-01-01T00:00:00.000Z")
    assert first["biometric-login"]["constraints"][0]["operator"] == "STR_STARTS_WITH"
    assert first["shipping-estimate"]["constraints"][0]["inverted"] is True
    plain = {feature["name"]: feature for feature in sdk.get(FEATURES).json()["features"]}
    wholesale = body["segments"][2]["constraints"]
    assert [(part["contextName"], part["operator"], part["inverted"]) for part in wholesale] == [
        ("customerType", "IN", False),
        ("userId", "IN", True),
    ]
    assert plain["wholesale-prices"]["strategies"][0]["constraints"] == wholesale
    assert first["two-factor"]["constraints"][1]["operator"] == "REGEX"
    assert first["biometric-login"]["constraints"][1]["operator"] == "SEMVER_GT"
    strategy = plain["beta-search"]["strategies"][0]
    assert ("segments" in strategy, strategy["constraints"][0]["contextName"]) == (False, "userId")


@pytest.mark.parametrize(("spec", "apart"), [("4.1.9", False), ("4.2.0", True), ("10.0.0", True), ("new", False)])
def test_unleash_inlines_segments_for_older_clients(sdk: httpx.Client, spec: str, apart: bool) -> None:
    body = sdk.get(FEATURES, headers={"Unleash-Client-Spec": spec}).json()
    assert ("segments" in body) is apart
    assert ("inlineSegmentConstraints" in body["query"]) is not apart


@pytest.mark.parametrize(
    ("key", "path", "status", "text"),
    [
        (None, FEATURES, 401, "Please add an authorization header"),
        ("frontend", FEATURES, 403, "different token type"),
        ("sdk", "/", 403, "different token type"),
        ("sdk", "/api/admin/user", 403, "different token type"),
        ("all-projects", "/api/admin/projects", 403, "different token type"),
        ("sdk", "/api/admin/environments", 403, "different token type"),
        ("frontend", "/api/admin/tags", 403, "different token type"),
        (None, "/api/admin/tags", 401, "AuthenticationRequired"),
        (None, "/api/api/client/features", 404, "NotFoundError"),
        (None, "/unleash/api/client/features", 200, "<!DOCTYPE html>"),
        (None, "/projects/default", 200, "<!DOCTYPE html>"),
    ],
)
def test_unleash_responds_by_key_and_path(box: Sandbox, key: str | None, path: str, status: int, text: str) -> None:
    with unleash(box, key) as client:
        response = client.get(path)
    assert response.status_code == status
    assert text in response.text


def test_unleash_key_is_raw_or_a_bearer(box: Sandbox) -> None:
    with unleash(box, None) as client:
        for sent in ("{}", "Bearer {}"):
            value = sent.format(UNLEASH_KEYS["sdk"].value)
            assert client.get(FEATURES, headers={"Authorization": value}).status_code == 200
            wrong = client.get(FEATURES, headers={"Authorization": value[:-1]})
            assert "Please add an authorization header" in wrong.json()["message"]
        unknown = client.get("/api/admin/user", headers={"Authorization": "user:wrong"})
        assert (unknown.status_code, unknown.json()["name"]) == (401, "UnauthorizedError")


def _lookup(box: Sandbox, path: str, key: str = "admin") -> Any:
    with unleash(box, key) as client:
        response = client.get(f"/api/admin/{path}")
    assert response.status_code == 200
    return response.json()


def test_unleash_lookups_of_an_admin_or_personal_token(box: Sandbox) -> None:
    assert _lookup(box, "user")["user"] == {"isAPI": True, "username": "practice-admin-token"}
    assert _lookup(box, "user", "personal")["user"]["email"] == "ana@example.com"
    projects = _lookup(box, "projects", "personal")["projects"]
    assert [(item["id"], item["name"]) for item in projects] == [
        ("default", "Default"),
        ("mobile-app", "Mobile app"),
    ]
    environments = _lookup(box, "environments")["environments"]
    assert [(item["name"], item["enabled"]) for item in environments] == [("development", True), ("production", True)]


# The company


def test_company_is_consistent() -> None:
    company = seeded()
    for project, flags in company.projects.items():
        keys = [flag.key for flag in flags]
        assert len(keys) == len(set(keys)), project
        for flag in flags:
            assert not flag.requires or flag.requires in keys
            assert set(flag.all_segments) <= set(company.segments)
            assert sum(share for _, share in flag.variants) in (0, 100), flag.key
            assert flag.state in ("on", "off", "killed", "absent")
    values = [key.value for ring in (SPLIT_KEYS, UNLEASH_KEYS) for key in ring.values()]
    assert len(values) == len(set(values))
    assert all(value not in repr(ring) for ring in (SPLIT_KEYS, UNLEASH_KEYS) for value in values)
