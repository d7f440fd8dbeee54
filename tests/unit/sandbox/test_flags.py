"""Flags of the practice LaunchDarkly: written by requests and by colleagues, and logged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.unit.sandbox_tools import FI, Clock, create, launchdarkly, path_of, run_import, until
from tui.sandbox.account import Destination, LdFlag
from tui.sandbox.colleague import Colleague
from tui.sandbox.server import Sandbox

LOG = "/api/v2/auditlog"
FLAGS = "/api/v2/flags/web-shop"
SEMANTIC = {"Content-Type": "application/json; domain-model=launchdarkly.semanticpatch"}
START = 1_700_000_000
OLD = 1_600_000_000_000


@pytest.fixture
def clock() -> Clock:
    return Clock(START + 0.7)


@pytest.fixture
def box(clock: Clock) -> Iterator[Sandbox]:
    flags = tuple(LdFlag(key, key, ("a",), OLD) for key in ("one", "two", "three"))
    with Sandbox.start(now=clock, destination=Destination(flags)) as sandbox:
        yield sandbox


def flag(ld: httpx.Client, key: str) -> dict[str, Any]:
    response = ld.get(f"{FLAGS}/{key}")
    assert response.status_code == 200
    shape: dict[str, Any] = response.json()
    return shape


def keys(ld: httpx.Client, **query: Any) -> list[str]:
    return [item["key"] for item in ld.get(FLAGS, params=query).json()["items"]]


def instruct(ld: httpx.Client, key: str, kind: str, **values: Any) -> int:
    environment = values.pop("environmentKey", "")
    body = {"comment": "x", "environmentKey": environment, "instructions": [{"kind": kind} | values]}
    return ld.patch(f"{FLAGS}/{key}", json=body, headers=SEMANTIC).status_code


def entries(ld: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    """All pages."""
    path: str | None = str(httpx.URL(LOG, params={"limit": 20} | query))
    items: list[dict[str, Any]] = []
    while path:
        page = ld.get(path).json()
        assert len(page["items"]) <= 20
        items += page["items"]
        path = page["_links"].get("next", {}).get("href")
    return items


def actions(entry: dict[str, Any]) -> set[str]:
    return {access["action"] for access in entry["accesses"]}


# Requests


def test_instructions_change_the_flag(ld: httpx.Client) -> None:
    for kind, values in (
        ("updateName", {"value": "First"}),
        ("addTags", {"values": ["b"]}),
        ("removeTags", {"values": ["a"]}),
        ("turnFlagOn", {"environmentKey": "development"}),
        ("turnFlagOff", {"environmentKey": "test"}),
        ("archiveFlag", {}),
    ):
        assert instruct(ld, "one", kind, **values) == 200
    after = flag(ld, "one")
    assert (after["name"], after["tags"], after["archived"], after["_version"]) == ("First", ["b"], True, 6)
    assert [key for key, state in after["environments"].items() if state["on"]] == ["development"]
    logged = ["updateGlobalArchived", "updateOn", "updateTags", "updateTags", "updateName"]
    assert [actions(entry) for entry in entries(ld)] == [{action} for action in logged]
    assert (keys(ld, sort="-creationDate"), keys(ld, filter="state:archived")) == (["three", "two"], ["one"])
    assert (instruct(ld, "one", "restoreFlag"), flag(ld, "one")["archived"]) == (200, False)


def test_refused_patch_changes_nothing(box: Sandbox, ld: httpx.Client) -> None:
    for instructions in (
        None,
        [{"kind": "nothing"}],
        [{"kind": "turnFlagOn"}],
        [{"kind": "archiveFlag"}, {"kind": "x"}],
    ):
        assert ld.patch(f"{FLAGS}/one", json={"instructions": instructions}, headers=SEMANTIC).status_code == 400
    assert ld.patch(f"{FLAGS}/one", json=[{"op": "replace", "path": "/name", "value": "x"}]).status_code == 400
    with launchdarkly(box, "reader") as reader:
        assert instruct(reader, "one", "archiveFlag") == reader.delete(f"{FLAGS}/one").status_code == 403
    assert (flag(ld, "one")["_version"], entries(ld)) == (1, [])


def test_prerequisite_is_neither_archived_nor_deleted(ld: httpx.Client) -> None:
    required = {"key": "one", "variationId": flag(ld, "one")["variations"][0]["_id"]}
    assert instruct(ld, "two", "replacePrerequisites", environmentKey="production", prerequisites=[required]) == 200
    assert flag(ld, "two")["environments"]["production"]["prerequisites"] == [{"key": "one", "variation": 0}]
    assert (instruct(ld, "one", "archiveFlag"), ld.delete(f"{FLAGS}/one").status_code) == (400, 409)
    assert instruct(ld, "two", "archiveFlag") == instruct(ld, "one", "archiveFlag") == 200
    assert [ld.delete(f"{FLAGS}/one").status_code for _ in range(2)] == [204, 404]


# Colleagues

EDITS: tuple[tuple[str, str, Callable[[Colleague], object]], ...] = (
    ("name", "updateName", lambda greta: greta.rename("one", "Uno")),
    ("description", "updateDescription", lambda greta: greta.describe("one", "What it does")),
    ("tags", "updateTags", lambda greta: greta.tag("one", "b")),
    ("variations", "updateFlagVariations", lambda greta: greta.change_variation("one", 1, False, "off")),
    ("defaults", "updateFlagDefaultVariations", lambda greta: greta.edit("one", on=1)),
    ("archived", "updateGlobalArchived", lambda greta: greta.archive("one")),
)
ENVIRONMENT_EDITS: tuple[tuple[str, str, Callable[[Colleague], object]], ...] = (
    ("on", "updateOn", lambda greta: greta.switch("two", "test")),
    ("rules", "updateRules", lambda greta: greta.add_rule("two", "test", attribute="email", values=["x@y.z"])),
    ("targets", "updateTargets", lambda greta: greta.add_target("two", "u-1", environment="test")),
    (
        "contextTargets",
        "updateTargets",
        lambda greta: greta.add_target("two", "o-1", environment="test", kind="organization"),
    ),
    ("prerequisites", "updatePrerequisites", lambda greta: greta.require("two", "three", "test")),
    ("fallthrough", "updateFallthrough", lambda greta: greta.edit_in("two", "test", fallthrough=1)),
    ("offVariation", "updateOffVariation", lambda greta: greta.edit_in("two", "test", off=0)),
)


def last_accesses(ld: httpx.Client) -> set[tuple[str, str]]:
    return {(access["action"], access["resource"].split(":")[1]) for access in entries(ld)[0]["accesses"]}


def changes(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {key for key in before if before[key] != after[key]}


def test_edit_moves_the_version_and_is_logged(box: Sandbox, ld: httpx.Client) -> None:
    for version, (field, action, edit) in enumerate(EDITS, 2):
        before = flag(ld, "one")
        edit(box.colleague())
        after = flag(ld, "one")
        assert after["_version"] == version
        assert {field, "_version"} <= changes(before, after)
        assert all(state["version"] == 1 for state in after["environments"].values())
        assert last_accesses(ld) == {(action, f"env/{environment}") for environment in after["environments"]}


def test_edit_of_an_environment_moves_only_that_one(box: Sandbox, ld: httpx.Client, clock: Clock) -> None:
    for version, (field, action, edit) in enumerate(ENVIRONMENT_EDITS, 2):
        clock.at += 1
        before = flag(ld, "two")
        edit(box.colleague())
        after = flag(ld, "two")
        old, new = before["environments"].pop("test"), after["environments"].pop("test")
        assert changes(before, after) == {"_version"}
        assert changes(old, new) == {field, "version", "lastModified"}
        assert (after["_version"], new["version"], new["lastModified"]) == (version, version, int(clock.at * 1000))
        assert last_accesses(ld) == {(action, "env/test")}


def test_edit_without_a_change_leaves_no_trace(box: Sandbox, ld: httpx.Client) -> None:
    box.colleague().rename("one", "one")
    box.colleague().switch("one", on=False)
    assert (flag(ld, "one")["_version"], entries(ld)) == (1, [])


def test_colleague_recreates_a_flag(box: Sandbox, ld: httpx.Client, clock: Clock) -> None:
    greta = box.colleague()
    greta.create("new", name="New", tags=("b",), description="x", variations=(("a", "a"), ("b", "b")))
    greta.create("ancient", created=OLD)
    assert flag(ld, "ancient")["creationDate"] == OLD
    with pytest.raises(ValueError, match="new"):
        greta.create("new")
    first = flag(ld, "new")
    greta.switch("new")
    clock.at += 5
    greta.recreate("new")
    again = flag(ld, "new")
    assert again["creationDate"] == first["creationDate"] + 5000
    assert changes(first, again) == {"creationDate", "environments"}
    assert not again["environments"]["production"]["on"]
    greta.delete("new")
    for wrong in (lambda: greta.delete("new"), lambda: greta.rename("nothing", "x"), lambda: box.colleague("nobody")):
        with pytest.raises(LookupError):
            wrong()


def test_colleague_starts_and_deletes_a_configuration(box: Sandbox, ld: httpx.Client) -> None:
    created = create(ld, box)
    id_ = created.json()["_id"]
    box.colleague().trigger(id_)
    until(lambda: ld.get(path_of(created)).json()["_status"]["status"] == "complete")
    assert len(box.colleague().flags()) > 3
    box.colleague().delete_configuration(id_)
    assert id_ not in [item["_id"] for item in ld.get(FI).json()["items"]]


def test_colleague_acts_just_before_a_request(box: Sandbox, ld: httpx.Client) -> None:
    def act(method: str, path: str) -> None:
        if (method, path) == ("GET", f"{FLAGS}/new"):
            box.on_request = None
            box.colleague().create("new")

    box.on_request = act
    assert ld.get(f"{FLAGS}/one").status_code == 200
    assert "new" not in box.colleague().flags()
    assert ld.get(f"{FLAGS}/new").status_code == 200
    box.stop()
    assert "new" in box.colleague().flags()


# The audit log


def test_import_creates_flags_in_the_name_of_the_import_key(box: Sandbox, ld: httpx.Client) -> None:
    before = box.colleague().flags()
    run_import(ld, path_of(create(ld, box)))
    imported = box.colleague().flags().keys() - before
    logged = entries(ld, spec="proj/web-shop:env/*:flag/*")
    assert len(logged) == len(imported) > 2
    assert {entry["target"]["_links"]["canonical"]["href"] for entry in logged} == {
        f"{FLAGS}/{key}" for key in imported
    }
    with launchdarkly(box, "import-key") as client:
        identity = client.get("/api/v2/caller-identity").json()
    for entry in logged:
        assert (actions(entry), "member" in entry) == ({"createFlag"}, False)
        assert (entry["_accountId"], entry["token"]["_id"]) == (identity["accountId"], identity["tokenId"])
        assert len(entry["target"]["resources"]) == 4


def test_pages_neither_lose_nor_double_entries_of_one_millisecond(box: Sandbox, ld: httpx.Client) -> None:
    for number in range(45):
        box.colleague().create(f"flag-{number}")
    assert len(ld.get(LOG).json()["items"]) == 10
    assert [entry["name"] for entry in entries(ld)] == [f"flag-{number}" for number in reversed(range(45))]
    assert len(entries(ld, limit=7)) == 45
    for query in ({"limit": "0"}, {"limit": "21"}, {"limit": "x"}, {"after": "yesterday"}):
        assert ld.get(LOG, params=query).status_code == 400


def test_entries_are_filtered(box: Sandbox, ld: httpx.Client, clock: Clock) -> None:
    box.colleague().create("a")
    clock.at += 10
    box.colleague("automation").create("b")
    box.colleague(project="mobile-app").switch("app-theme", "test")
    box.colleague("other-account").create("theirs")
    date = int(clock.at * 1000) + 45
    filters: list[tuple[dict[str, object], list[str]]] = [
        ({}, ["App theme", "b", "a"]),
        ({"after": date}, []),
        ({"after": date - 1}, ["App theme", "b"]),
        ({"before": date}, ["a"]),
        ({"spec": "proj/web-shop:env/*:flag/*"}, ["b", "a"]),
        ({"spec": "proj/*:env/production:flag/b"}, ["b"]),
        ({"spec": "proj/web-shop"}, []),
    ]
    for query, names in filters:
        assert [entry["name"] for entry in entries(ld, **query)] == names
