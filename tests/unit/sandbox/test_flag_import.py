"""The six flag import calls, and the import that a trigger really runs."""

from __future__ import annotations

import json
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.sandbox_tools import FI, Clock, config_for, create, launchdarkly, path_of, run_import
from tui.sandbox.keys import TOKENS, UNLEASH_KEYS
from tui.sandbox.server import Sandbox


def test_create_returns_the_whole_configuration(box: Sandbox, ld: httpx.Client) -> None:
    created = create(ld, box, "split")
    shape = created.json()
    assert created.status_code == 200
    assert (shape["name"], shape["tags"], shape["version"]) == ("Practice", ["migration"], 1)
    assert (shape["projectKey"], shape["integrationKey"]) == ("web-shop", "split")
    assert shape["_status"] == {"status": "pending", "errors": []}
    assert shape["_links"]["self"]["href"] == path_of(created)
    assert shape["_id"] == "12ab3c4d5ef1a2345bc00001"
    assert create(ld, box, "split").json()["_id"] == "12ab3c4d5ef1a2345bc00002"  # names need not be unique


def test_secrets_are_masked_and_lists_have_no_config(box: Sandbox, ld: httpx.Client) -> None:
    created, config = create(ld, box), config_for(box, "unleash")
    create(ld, box, "split", project="payments")
    listed = ld.get(FI)
    everything = created.text + ld.get(path_of(created)).text + listed.text
    assert config["sourceApiKey"] not in everything
    assert config["ldApiKey"] not in everything
    assert created.json()["config"]["ldApiKey"] == "********"
    assert created.json()["config"]["sourceBaseUrl"] == config["sourceBaseUrl"]
    assert [item["projectKey"] for item in listed.json()["items"]] == ["blog", "web-shop", "payments"]
    assert all(item["config"] == {} for item in listed.json()["items"])


def test_optional_keys_get_the_defaults_of_the_manifest(box: Sandbox, ld: httpx.Client) -> None:
    config = config_for(box, "split")
    short = {key: value for key, value in config.items() if key not in ("splitTag", "ldTag", "ldMaintainer")}
    shape = ld.post(f"{FI}/web-shop/split", json={"config": short | {"somethingNew": "ignored"}}).json()
    assert (shape["name"], shape["tags"], shape["config"]["ldTag"]) == ("Split import", [], "imported-from-split")
    assert "somethingNew" not in shape["config"]


INVALID: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("split", {"environmentId": "production"}, "environmentId is not valid"),
    ("split", {"workspaceId": "Acme"}, "workspaceId is not valid"),
    ("split", {"workspaceApiKey": " "}, "workspaceApiKey is required"),
    ("split", {"ldTag": "two words"}, "ldTag is not valid"),
    ("split", {"ldMaintainer": "ana@example.com"}, "ldMaintainer is not valid"),
    ("unleash", {"sourceBaseUrl": "unleash.example.com"}, "sourceBaseUrl is not valid"),
    ("unleash", {"sourceBaseUrl": "https://me:secret@unleash.example.com"}, "sourceBaseUrl is not valid"),
    ("unleash", {"sourceProjectId": None}, "sourceProjectId is required"),
    ("unleash", {"sourceTag": 7}, "sourceTag must be a text of at most 4096 characters"),
)
BODIES = (
    "",
    "no json",
    "[]",
    "null",
    "{}",
    '{"config": []}',
    '{"config": {}, "name": ""}',
    '{"config": {}, "tags": ["a b"]}',
)


def test_invalid_body_is_refused_by_the_name_of_the_field(box: Sandbox, ld: httpx.Client) -> None:
    for integration, changed, message in INVALID:
        response = create(ld, box, integration, **changed)
        assert (response.status_code, response.json()["code"]) == (400, "invalid_request")
        assert response.json()["message"] == message
    for body in BODIES:
        assert ld.post(f"{FI}/web-shop/split", content=body).status_code == 400
    assert len(ld.get(FI).json()["items"]) == 1


def test_unknown_place_is_404(box: Sandbox, ld: httpx.Client) -> None:
    config = {"config": config_for(box, "split")}
    assert ld.post(f"{FI}/web-shop/statsig", json=config).status_code == 404
    assert ld.post(f"{FI}/nope/split", json=config).status_code == 404
    made = path_of(create(ld, box, "split"))
    assert ld.get(made.replace("/web-shop/", "/payments/")).status_code == 404
    assert ld.get(made.replace("/split/", "/unleash/")).status_code == 404


def test_token_without_the_right_only_reads(box: Sandbox, ld: httpx.Client) -> None:
    path = path_of(create(ld, box))
    for token in ("reader", "no-configurations", "import-key"):
        with launchdarkly(box, token) as other:
            responses = (
                create(other, box),
                other.patch(path, json=[{"op": "replace", "path": "/name", "value": "x"}]),
                other.post(f"{path}/trigger"),
                other.delete(path),
            )
            denied = other.get(path).json()["_access"]["denied"]
        assert {response.status_code for response in responses} == {403}
        assert [action["action"] for action in denied] == ["updateConfiguration", "deleteIntegration"]
    assert ld.get(path).json()["_access"]["denied"] == []


def test_patch_changes_name_tags_and_config(box: Sandbox, ld: httpx.Client) -> None:
    path = path_of(create(ld, box))
    operations = [
        {"op": "replace", "path": "/name", "value": "Second name"},
        {"op": "replace", "path": "/tags", "value": ["first", "last"]},
        {"op": "add", "path": "/config/sourceTag", "value": "simple:payments"},
        {"op": "replace", "path": "/config/ldTag", "value": "new"},
    ]
    shape = ld.patch(path, json=operations).json()
    assert (shape["name"], shape["tags"], shape["version"]) == ("Second name", ["first", "last"], 2)
    assert (shape["config"]["sourceTag"], shape["config"]["ldTag"]) == ("simple:payments", "new")


PATCHES: tuple[object, ...] = (
    [{"op": "replace", "path": "/projectKey", "value": "payments"}],
    [{"op": "replace", "path": "/version", "value": 7}],
    [{"op": "replace", "path": "/config/ldApiKey", "value": "********"}],
    [{"op": "replace", "path": "/config/nothing", "value": "x"}],
    [{"op": "replace", "path": "/tags/0", "value": "x"}],
    [{"op": "replace", "path": "/name"}],
    [{"op": "remove", "path": "/config/ldApiKey"}],
    [{"op": "replace", "path": "/name", "value": "x"}, {"op": "replace", "path": "/tags", "value": 1}],
    [],
    {"name": "x"},
)


def test_refused_patch_changes_nothing(box: Sandbox, ld: httpx.Client) -> None:
    path = path_of(create(ld, box))
    before = ld.get(path).json()
    for operations in PATCHES:
        assert ld.patch(path, json=operations).status_code == 400
    assert ld.get(path).json() == before


def test_deleted_configuration_is_404(box: Sandbox, ld: httpx.Client) -> None:
    at = path_of(create(ld, box))
    # ldcli sends the literal body null with calls that have none.
    answer = ld.request("DELETE", at, content=b"null", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert ld.request("GET", at, content=b"null").status_code == 404
    assert ld.request("POST", f"{at}/trigger", content=b"null").status_code == 404


def _keys(ld: httpx.Client, project: str = "web-shop") -> dict[str, dict[str, Any]]:
    page = ld.get(f"/api/v2/flags/{project}", params={"limit": 100, "env": "production"}).json()
    assert page["totalCount"] == len(page["items"])
    return {flag["key"]: flag for flag in page["items"]}


def test_import_from_unleash_creates_flags_that_are_off() -> None:
    clock = Clock(1_763_906_400.0)
    with Sandbox.start(now=clock) as box, launchdarkly(box) as ld:
        before = _keys(ld)
        ana = ld.get("/api/v2/members/me").json()["_id"]
        at = path_of(create(ld, box, ldMaintainer=ana))
        clock.at += 5
        seen, status = run_import(ld, at)
        after = _keys(ld)
        assert seen == ["pending", "importing", "complete"]
        assert status["lastImport"] == 1_763_906_405_000
        assert "lastError" not in status
        # 60 there: 8 exist, 2 exist and are archived, 2 have keys that are not allowed, 2 are not in kebab case.
        assert len(after) - len(before) == 46
        assert [error["statusCode"] for error in status["errors"]] == [400] * 4
        messages = [error["message"] for error in status["errors"]]
        assert [text.split('"')[1] for text in messages] == [
            "Search-Boost",
            "shop.header.compact",
            "promo~summer",
            "_legacy-header",
        ]
        assert ["naming convention" in text for text in messages] == [True, True, False, False]
        assert not {"Search-Boost", "shop.header.compact", "promo~summer"} & set(after)
        checkout = after["checkout-v2"]
        assert (checkout["kind"], checkout["description"]) == ("boolean", "New checkout, second version")
        assert [(variation["value"], variation["name"]) for variation in checkout["variations"]] == [
            (True, "on"),
            (False, "off"),
        ]
        assert checkout["defaults"] == {"onVariation": 0, "offVariation": 1}
        assert checkout["tags"] == ["imported-from-unleash"]
        assert checkout["_maintainer"]["email"] == "ana@example.com"
        assert not any(flag["environments"]["production"]["on"] for flag in after.values())
        assert all(after[key] == flag for key, flag in before.items())  # what exists is left alone
        assert ld.get("/api/v2/flags/web-shop/promo-2025").json()["archived"] is True
        run_import(ld, at)
        assert _keys(ld) == after


def test_import_from_split_creates_treatments_and_tags(box: Sandbox, ld: httpx.Client) -> None:
    at = path_of(create(ld, box, "split", project="payments"))
    _, status = run_import(ld, at)
    flags = _keys(ld, "payments")
    assert status["errors"] == []
    assert len(flags) == 60
    hero = flags["home-hero"]
    assert hero["kind"] == "multivariate"
    assert [variation["value"] for variation in hero["variations"]] == ["control", "video", "collage"]
    assert hero["defaults"] == {"onVariation": 0, "offVariation": 0}
    assert flags["tax-engine"]["tags"] == ["imported-from-split", "payments", "backend"]
    assert flags["checkout-v2"]["defaults"] == {"onVariation": 1, "offVariation": 1}  # 75 % get off
    assert flags["black-friday"]["kind"] == "boolean"  # without a definition there


def test_import_from_split_skips_existing_flags_and_reports_broken_conventions(box: Sandbox, ld: httpx.Client) -> None:
    before = _keys(ld)
    _, status = run_import(ld, path_of(create(ld, box, "split")))
    # 60 flags: 8 exist, 2 exist and are archived, 4 are not in kebab case.
    assert len(_keys(ld)) - len(before) == 46
    broken = [error["message"].split('"')[1] for error in status["errors"]]
    assert broken == ["Search-Boost", "fraud_score", "order_export", "support_chat"]


def test_only_tagged_flags_are_imported(box: Sandbox, ld: httpx.Client) -> None:
    for integration, project, key, tag in (
        ("split", "pricing", "splitTag", "mail"),
        ("unleash", "orders", "sourceTag", "simple:mail"),
    ):
        run_import(ld, path_of(create(ld, box, integration, project, **{key: tag})))
        expected = {"basket-reminder", "newsletter-popup", "mail-provider", "sms-updates"}
        assert set(_keys(ld, project)) == expected


FAILURES: tuple[tuple[str, dict[str, str], int, str], ...] = (
    ("split", {"workspaceApiKey": "wrong"}, 401, "Invalid API key"),
    ("split", {"environmentId": "3d9e7a60-5a4d-4b0c-8500-000000000099"}, 404, "Environment not found"),
    ("unleash", {"sourceApiKey": UNLEASH_KEYS["frontend"].value}, 403, "The source refused the request"),
    ("unleash", {"sourceTag": "payments"}, 400, "The source refused the request"),
    ("unleash", {"sourceBaseUrl": "https://unleash.example.com"}, 0, "sourceBaseUrl could not be reached"),
    ("unleash", {"ldApiKey": "api-wrong"}, 401, "ldApiKey: Invalid access token"),
    ("unleash", {"ldApiKey": TOKENS["reader"].value}, 403, "ldApiKey: Access to the requested"),
    ("unleash", {"ldApiKey": TOKENS["other-account"].value}, 403, "ldApiKey: Access to the requested"),
)


def test_failed_import_reports_why(box: Sandbox, ld: httpx.Client) -> None:
    before = _keys(ld)
    for integration, changed, status, message in FAILURES:
        seen, last = run_import(ld, path_of(create(ld, box, integration, **changed)))
        assert (seen[-1], "lastImport" in last, last["lastError"] > 0) == ("failed", False, True)
        assert [error["statusCode"] for error in last["errors"]] == [status]
        assert message in last["errors"][0]["message"]
    assert _keys(ld) == before


def test_fixed_configuration_can_be_started_again(box: Sandbox, ld: httpx.Client) -> None:
    at = path_of(create(ld, box, sourceApiKey="wrong"))
    assert run_import(ld, at)[1]["status"] == "failed"
    key = config_for(box, "unleash")["sourceApiKey"]
    ld.patch(at, json=[{"op": "replace", "path": "/config/sourceApiKey", "value": key}])
    last = run_import(ld, at)[1]
    assert last["status"] == "complete"
    assert last["lastImport"] >= last["lastError"]


def test_running_import_is_not_started_again() -> None:
    with Sandbox.start(quick=False) as box, launchdarkly(box) as ld:
        at = path_of(create(ld, box))
        assert ld.post(f"{at}/trigger").status_code == 201
        again = ld.post(f"{at}/trigger")
        assert (again.status_code, again.json()["code"]) == (409, "conflict")
        assert ld.delete(at).status_code == 204


_TEXT = st.text(max_size=12)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=6,
)
_CONFIGS = st.dictionaries(
    st.sampled_from(["workspaceApiKey", "workspaceId", "environmentId", "ldApiKey", "ldTag", "ldMaintainer"]),
    _JSON,
)
_OPERATIONS = st.lists(
    st.fixed_dictionaries(
        {
            "op": st.sampled_from(["add", "replace"]),
            "path": st.sampled_from(["/name", "/tags", "/tags/0", "/config", "/config/ldTag", "/x", ""]),
        },
        optional={"value": _JSON},
    ),
    max_size=3,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=_JSON | st.fixed_dictionaries({"config": _CONFIGS}, optional={"name": _JSON, "tags": _JSON}),
    operations=_OPERATIONS,
)
def test_odd_body_never_fails_the_server(
    box: Sandbox, ld: httpx.Client, body: object, operations: list[dict[str, Any]]
) -> None:
    assert ld.post(f"{FI}/web-shop/split", content=json.dumps(body)).status_code in (200, 400)
    path = path_of(create(ld, box, "split"))
    assert ld.patch(path, content=json.dumps(operations)).status_code in (200, 400)
