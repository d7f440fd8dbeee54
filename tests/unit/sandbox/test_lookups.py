"""The practice Unleash's admin API, and the richer rules that both sources show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.sandbox_tools import split, unleash
from tui.sandbox.keys import WORKSPACES
from tui.sandbox.server import Sandbox

ADMIN = "/api/admin"
READS = ("/user", "/projects", "/environments", "/environments/project/default", "/tags", "/tags/simple", "/tag-types")


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox.start() as made:
        yield made


def _asked(box: Sandbox, path: str, key: str = "admin") -> Any:
    with unleash(box, key) as client:
        answer = client.get(ADMIN + path)
    assert answer.status_code == 200
    return answer.json()


def test_an_admin_or_personal_token_says_who_it_is(box: Sandbox) -> None:
    assert _asked(box, "/user")["user"] == {"isAPI": True, "username": "practice-admin-token"}
    person = _asked(box, "/user", "personal")["user"]
    assert (person["isAPI"], person["email"]) == (False, "ana@example.com")


def test_projects_environments_and_tags_are_listed_for_looking(box: Sandbox) -> None:
    projects = _asked(box, "/projects", "personal")["projects"]
    assert [(one["id"], one["name"], one["featureCount"]) for one in projects] == [
        ("default", "Default", 60),
        ("mobile-app", "Mobile app", 4),
    ]
    environments = _asked(box, "/environments")["environments"]
    assert [(one["name"], one["enabled"]) for one in environments] == [("development", True), ("production", True)]
    assert [one["name"] for one in _asked(box, "/tag-types")["tagTypes"]] == ["simple", "team"]
    tags = [(one["type"], one["value"]) for one in _asked(box, "/tags")["tags"]]
    assert ("team", "growth squad") in tags
    assert ("simple", "payments") in tags
    assert len(tags) == len(set(tags)) == 11
    assert _asked(box, "/tags/team")["tags"] == [{"type": "team", "value": "growth squad"}]
    assert _asked(box, "/tags/colour")["tags"] == []


def test_a_tag_that_is_listed_finds_flags(box: Sandbox) -> None:
    with unleash(box) as sdk:
        for tag in _asked(box, "/tags")["tags"]:
            asked = {"tag": f"{tag['type']}:{tag['value']}"}
            assert sdk.get("/api/client/features", params=asked).json()["features"]


def test_an_unknown_project_has_environments_that_are_not_visible(box: Sandbox) -> None:
    for project, visible in (("default", True), ("nope", False)):
        environments = _asked(box, f"/environments/project/{project}")["environments"]
        assert [(one["name"], one["visible"]) for one in environments] == [
            ("development", visible),
            ("production", visible),
        ]


@pytest.mark.parametrize("path", READS)
def test_other_keys_are_refused(box: Sandbox, path: str) -> None:
    for key in ("sdk", "all-projects", "frontend"):
        with unleash(box, key) as client:
            refused = client.get(ADMIN + path)
        assert refused.status_code == 403
        assert "different token type" in refused.json()["message"]
    with unleash(box, None) as client:
        nobody = client.get(ADMIN + path)
        wrong = client.get(ADMIN + path, headers={"Authorization": "user:wrong"})
    assert (nobody.status_code, nobody.json()["name"]) == (401, "AuthenticationRequired")
    assert (wrong.status_code, wrong.json()["name"]) == (401, "UnauthorizedError")


def _definitions(box: Sandbox) -> dict[str, dict[str, Any]]:
    at = f"/splits/ws/{WORKSPACES['default'][0]}/environments/production"
    with split(box) as admin:
        pages = [admin.get(at, params={"limit": 50, "offset": offset}).json() for offset in (0, 50)]
    return {one["name"]: one for page in pages for one in page["objects"]}


def _matchers(definition: dict[str, Any]) -> list[list[dict[str, Any]]]:
    return [rule["condition"]["matchers"] for rule in definition["rules"]]


def test_rules_compare_numbers_dates_beginnings_segments_and_other_flags(box: Sandbox) -> None:
    found = _definitions(box)
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
    assert [one["type"] for one in _matchers(found["one-click-order"])[0]] == ["IN_SPLIT"]


def test_unleash_says_the_same_in_constraints_and_segments(box: Sandbox) -> None:
    with unleash(box) as sdk:
        apart = sdk.get("/api/client/features", headers={"Unleash-Client-Spec": "5.2.0"}).json()["features"]
        inlined = sdk.get("/api/client/features").json()["features"]
    found = {one["name"]: one["strategies"][0] for one in apart if one["strategies"]}
    assert (found["barcode-scan"]["segments"], found["barcode-scan"]["constraints"]) == ([2], [])
    plain = {one["name"]: one["strategies"][0] for one in inlined if one["strategies"]}
    assert plain["barcode-scan"]["constraints"][0]["contextName"] == "email"
    quotes = found["quote-requests"]["constraints"]
    assert [(one["operator"], one["values"], one.get("value")) for one in quotes] == [
        ("IN", ["reseller"], None),
        ("NUM_GTE", [], "100"),
    ]
    since = found["gift-cards"]["constraints"][0]
    assert (since["operator"], since["value"]) == ("DATE_AFTER", "2025-01-01T00:00:00.000Z")
    assert found["biometric-login"]["constraints"][0]["operator"] == "STR_STARTS_WITH"
    assert found["shipping-estimate"]["constraints"][0]["inverted"] is True
    assert found["app-rating-prompt"] == {
        "name": "afterOrders",
        "parameters": {"orders": "3"},
        "constraints": [],
        "variants": [],
    }
