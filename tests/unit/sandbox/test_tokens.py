"""Access tokens of the practice LaunchDarkly: who may manage them, what they show, and what a created one may do."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.unit.sandbox_tools import FI, create, launchdarkly, path_of, run_import
from tui.sandbox.keys import PROJECT, TOKENS, Statement
from tui.sandbox.server import Sandbox

PATH = "/api/v2/tokens"


def role(action: str = "createFlag", project: str = PROJECT, effect: str = "allow") -> dict[str, Any]:
    return {"effect": effect, "resources": [f"proj/{project}:env/*:flag/*"], "actions": [action]}


def made(ld: httpx.Client, *statements: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {"name": "Import", "serviceToken": True, "inlineRole": list(statements or (role(),)), **more}
    response = ld.post(PATH, json=body)
    assert response.status_code == 201, response.text
    shape: dict[str, Any] = response.json()
    return shape


def test_value_is_shown_once(ld: httpx.Client) -> None:
    shape = made(ld)
    value = shape["token"]
    assert value.startswith("api-")
    listed = [each for each in ld.get(PATH, params={"limit": 1000}).json()["items"] if each["_id"] == shape["_id"]]
    assert [each["token"] for each in listed] == [value[-4:]]
    assert value not in ld.get(PATH).text


def test_only_some_tokens_may_manage_tokens(box: Sandbox) -> None:
    with launchdarkly(box) as ld:
        id_ = made(ld)["_id"]
    for name in ("reader", "no-configurations", "automation", "import-key"):
        with launchdarkly(box, name) as client:
            assert client.get(PATH).status_code == 403
            assert client.post(PATH, json={"role": "reader"}).status_code == 403
            assert client.delete(f"{PATH}/{id_}").status_code == 403
    with launchdarkly(box, "other-account") as other:
        assert other.delete(f"{PATH}/{id_}").status_code == 404
        assert id_ not in {each["_id"] for each in other.get(PATH).json()["items"]}


def test_personal_tokens_of_others_are_listed_only_with_show_all(ld: httpx.Client) -> None:
    usual = {each["name"] for each in ld.get(PATH).json()["items"]}
    every = {each["name"] for each in ld.get(PATH, params={"showAll": "true"}).json()["items"]}
    assert TOKENS["reader"].name in every - usual
    assert TOKENS["automation"].name in usual


def test_list_has_pages_of_25(ld: httpx.Client) -> None:
    names = {made(ld, name=f"Import {number}")["name"] for number in range(30)}
    first = ld.get(PATH).json()
    assert len(first["items"]) == 25
    second = ld.get(first["_links"]["next"]["href"]).json()
    assert names <= {each["name"] for page in (first, second) for each in page["items"]}


def test_deleted_token_is_unknown(ld: httpx.Client, box: Sandbox) -> None:
    shape = made(ld)
    headers = {"Authorization": shape["token"]}
    assert ld.get("/api/v2/caller-identity", headers=headers).json()["tokenId"] == shape["_id"]
    assert ld.delete(f"{PATH}/{shape['_id']}").status_code == 204
    assert ld.delete(f"{PATH}/{shape['_id']}").status_code == 404
    assert ld.get("/api/v2/caller-identity", headers=headers).status_code == 401
    with Sandbox.start() as another, launchdarkly(another) as fresh:
        assert fresh.get("/api/v2/caller-identity", headers=headers).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"role": "reader", "inlineRole": [role()]},
        {"role": "king"},
        {"inlineRole": "all"},
        {"inlineRole": [{"effect": "allow", "resources": [], "actions": ["*"]}]},
        {"inlineRole": [role(effect="maybe")]},
        {"role": "reader", "name": 7},
    ],
)
def test_bad_token_is_refused(ld: httpx.Client, body: dict[str, Any]) -> None:
    assert ld.post(PATH, json=body).status_code == 400


@pytest.mark.parametrize(
    ("statements", "works"),
    [
        ((role(),), True),
        ((role("*"),), True),
        ((role("updateTags"),), False),
        ((role(project="kiosk"),), False),
        ((role("*"), role("createFlag", effect="deny")), False),
    ],
)
def test_import_needs_the_right_to_create_flags(
    ld: httpx.Client, box: Sandbox, statements: tuple[dict[str, Any], ...], works: bool
) -> None:
    path = path_of(create(ld, box, ldApiKey=made(ld, *statements)["token"]))
    _, status = run_import(ld, path)
    assert (status["status"] == "complete") is works
    if not works:
        assert status["errors"][0]["statusCode"] == 403


def test_import_may_need_more_than_creating_flags(ld: httpx.Client, box: Sandbox) -> None:
    box.set_fault("import-key-too-narrow")
    for action, works in (("createFlag", False), ("*", True)):
        path = path_of(create(ld, box, ldApiKey=made(ld, role(action))["token"]))
        assert (run_import(ld, path)[1]["status"] == "complete") is works


def test_statement_covers_by_wildcards() -> None:
    statement = Statement("allow", ("proj/web-shop:env/*:flag/*",), ("createFlag",))
    assert statement.covers("createFlag", "proj/web-shop:env/test:flag/a")
    assert not statement.covers("createFlag", "proj/web-shop-staging:env/test:flag/a")
    assert not statement.covers("deleteFlag", "proj/web-shop:env/test:flag/a")


def test_created_tokens_survive_a_restart_without_their_values() -> None:
    states: list[str] = []
    with Sandbox.start(save=states.append) as box, launchdarkly(box) as ld:
        kept, gone = made(ld), made(ld)
        ld.delete(f"{PATH}/{gone['_id']}")
        path = path_of(create(ld, box, ldApiKey=kept["token"]))
        run_import(ld, path)
    assert kept["token"] not in states[-1]
    assert kept["_id"] in states[-1]
    with Sandbox.start(saved=states[-1], save=states.append) as box, launchdarkly(box) as ld:
        for shape, status in ((kept, 200), (gone, 401)):
            headers = {"Authorization": shape["token"]}
            assert ld.get("/api/v2/caller-identity", headers=headers).status_code == status
        assert ld.get(path).json()["_status"]["status"] == "complete"
        entries = ld.get("/api/v2/auditlog").json()["items"]
        assert entries[0]["token"]["_id"] == kept["_id"]
        assert made(ld)["_id"] not in (kept["_id"], gone["_id"])
        assert FI in path
