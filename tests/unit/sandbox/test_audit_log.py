"""The audit log of the practice LaunchDarkly, over real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.unit.sandbox_tools import Clock, create, launchdarkly, path_of, run_import
from tui.sandbox.account import Destination, LdFlag
from tui.sandbox.keys import TOKENS, token_id
from tui.sandbox.server import Sandbox

LOG = "/api/v2/auditlog"
FLAGS = "/api/v2/flags/web-shop"
SEMANTIC = {"Content-Type": "application/json; domain-model=launchdarkly.semanticpatch"}
START = 1_700_000_000


@pytest.fixture
def clock() -> Clock:
    return Clock(float(START))


@pytest.fixture
def box(clock: Clock) -> Iterator[Sandbox]:
    old = LdFlag("old", "Old", (), 1_600_000_000_000)
    with Sandbox.start(now=clock, destination=Destination((old,))) as made:
        yield made


@pytest.fixture
def ld(box: Sandbox) -> Iterator[httpx.Client]:
    with launchdarkly(box) as client:
        yield client


def entries(ld: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    """All pages."""
    path: str | None = str(httpx.URL(LOG, params={"limit": 20} | query))
    found: list[dict[str, Any]] = []
    while path:
        page = ld.get(path).json()
        assert len(page["items"]) <= 20
        found += page["items"]
        path = page["_links"].get("next", {}).get("href")
    return found


def actions(entry: dict[str, Any]) -> set[str]:
    return {access["action"] for access in entry["accesses"]}


def test_import_creates_flags_in_the_name_of_the_import_key(box: Sandbox, ld: httpx.Client) -> None:
    run_import(ld, path_of(create(ld, box)))
    arrived = {key for key in box.colleague().flags() if key != "old"}
    found = entries(ld, spec="proj/web-shop:env/*:flag/*")
    assert len(found) == len(arrived) > 2
    assert {entry["target"]["_links"]["canonical"]["href"] for entry in found} == {f"{FLAGS}/{key}" for key in arrived}
    for entry in found:
        assert (entry["kind"], actions(entry), "member" in entry) == ("flag", {"createFlag"}, False)
        assert entry["token"]["_id"] == token_id(TOKENS["import-key"])
        assert (entry["token"]["ending"], entry["token"]["serviceToken"]) == ("1396", True)
        assert len(entry["target"]["resources"]) == 4


def test_key_in_the_log_is_the_one_that_caller_identity_shows(box: Sandbox) -> None:
    with launchdarkly(box, "import-key") as key:
        identity = key.get("/api/v2/caller-identity").json()
        key.post(FLAGS, json={"key": "new"})
        entry = entries(key)[0]
    assert (entry["token"]["_id"], entry["_accountId"]) == (identity["tokenId"], identity["accountId"])


def test_each_write_is_logged_with_its_author(ld: httpx.Client, clock: Clock) -> None:
    writes: tuple[Callable[[], httpx.Response], ...] = (
        lambda: ld.post(FLAGS, json={"key": "new"}),
        lambda: ld.patch(f"{FLAGS}/new", json=[{"op": "replace", "path": "/name", "value": "New"}]),
        lambda: ld.patch(
            f"{FLAGS}/new",
            json={"environmentKey": "test", "instructions": [{"kind": "turnFlagOn"}]},
            headers=SEMANTIC,
        ),
        lambda: ld.patch(f"{FLAGS}/new", json={"instructions": [{"kind": "archiveFlag"}]}, headers=SEMANTIC),
        lambda: ld.delete(f"{FLAGS}/new"),
    )
    for write in writes:
        assert write().status_code < 300
        clock.at += 1
    found = entries(ld)
    assert [actions(entry) for entry in reversed(found)] == [
        {"createFlag"}, {"updateName"}, {"updateOn"}, {"updateGlobalArchived"}, {"deleteFlag"},
    ]  # fmt: skip
    assert [entry["date"] for entry in found] == [(START + n) * 1000 + 45 for n in (4, 3, 2, 1, 0)]
    assert found[2]["accesses"] == [{"action": "updateOn", "resource": "proj/web-shop:env/test:flag/new"}]
    me = ld.get("/api/v2/caller-identity").json()
    for entry in found:
        assert entry["member"]["_id"] == me["memberId"]
        assert (entry["token"]["_id"], entry["token"]["serviceToken"]) == (me["tokenId"], False)


def test_write_that_changes_nothing_or_is_refused_is_not_logged(ld: httpx.Client) -> None:
    ld.patch(f"{FLAGS}/old", json=[{"op": "replace", "path": "/name", "value": "Old"}])
    ld.patch(f"{FLAGS}/old", json={"instructions": [{"kind": "nothing"}]}, headers=SEMANTIC)
    ld.post(FLAGS, json={"key": "old"})
    ld.delete(f"{FLAGS}/none")
    assert entries(ld) == []


def test_pages_neither_lose_nor_double_entries_of_one_millisecond(box: Sandbox, ld: httpx.Client) -> None:
    for number in range(45):
        box.colleague().create(f"flag-{number}")
    assert len(ld.get(LOG).json()["items"]) == 10
    assert [entry["name"] for entry in entries(ld)] == [f"flag-{number}" for number in reversed(range(45))]
    assert len(entries(ld, limit=7)) == 45
    for limit in ("0", "21", "x"):
        assert ld.get(LOG, params={"limit": limit}).status_code == 400


def test_entries_are_filtered(box: Sandbox, ld: httpx.Client, clock: Clock) -> None:
    greta, robot = box.colleague(), box.colleague("automation")
    greta.create("a")
    clock.at += 10
    robot.create("b", name="Bee")
    box.colleague("greta@example.com", project="mobile-app").switch("app-theme", "test")
    date = (START + 10) * 1000 + 45

    def names(**query: Any) -> list[str]:
        return [entry["name"] for entry in entries(ld, **query)]

    assert names() == ["App theme", "Bee", "a"]
    assert names(after=date) == []
    assert names(after=date - 1) == ["App theme", "Bee"]
    assert names(before=date) == ["a"]
    assert names(q="bee") == ["Bee"]
    assert names(spec="proj/web-shop:env/*:flag/*") == ["Bee", "a"]
    assert names(spec="proj/web-shop:env/*:flag/b") == ["Bee"]
    assert names(spec="proj/*:env/production:flag/*") == ["Bee", "a"]
    assert names(spec="proj/web-*:env/*:flag/a;tag") == ["a"]
    assert names(spec="proj/web-shop") == []
    assert names(token=token_id(TOKENS["automation"])) == ["Bee"]
    who = ld.get("/api/v2/members", params={"filter": "email:greta@example.com"}).json()["items"][0]["_id"]
    assert names(member=who) == ["App theme", "a"]
    assert ld.get(LOG, params={"after": "yesterday"}).status_code == 400


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([], []),
        ([{"effect": "allow", "resources": ["proj/*:env/*:flag/*"], "actions": ["*"]}], ["a", "a", "b"]),
        ([{"effect": "allow", "resources": ["proj/*:env/*:flag/*"], "actions": ["createFlag"]}], ["a", "b"]),
        ([{"effect": "allow", "notResources": ["proj/*:env/*:flag/a"], "notActions": ["deleteFlag"]}], ["b"]),
        (
            [
                {"effect": "allow", "resources": ["proj/*:env/*:flag/*"], "actions": ["*"]},
                {"effect": "deny", "resources": ["proj/*:env/*:flag/a"], "actions": ["createFlag"]},
            ],
            ["a", "b"],
        ),
    ],
)
def test_entries_are_searched_by_a_policy(
    box: Sandbox, ld: httpx.Client, statements: list[dict[str, Any]], expected: list[str]
) -> None:
    greta = box.colleague()
    greta.create("a")
    greta.create("b")
    greta.delete("a")
    answer = ld.post(LOG, json=statements)
    assert sorted(entry["name"] for entry in answer.json()["items"]) == expected


@pytest.mark.parametrize("body", ["x", "{}", '["x"]', "[{}]", '[{"effect": "maybe"}]'])
def test_search_without_a_policy_is_refused(ld: httpx.Client, body: str) -> None:
    assert ld.post(LOG, content=body).status_code == 400


def test_accounts_see_their_own_entries(box: Sandbox, ld: httpx.Client) -> None:
    box.colleague("other-account").create("theirs")
    box.colleague().create("ours")
    assert [entry["name"] for entry in entries(ld)] == ["ours"]
    with launchdarkly(box, "other-account") as other:
        assert [entry["name"] for entry in entries(other)] == ["theirs"]
    assert httpx.get(box.addresses()["launchdarkly"]["url"] + LOG).status_code == 401
