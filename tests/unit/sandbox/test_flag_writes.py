"""Changing and deleting flags of the practice LaunchDarkly, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.unit.sandbox_tools import Clock, launchdarkly
from tui.sandbox.account import Destination, LdFlag
from tui.sandbox.server import Sandbox

FLAGS = "/api/v2/flags/web-shop"
SEMANTIC = {"Content-Type": "application/json; domain-model=launchdarkly.semanticpatch"}


@pytest.fixture
def clock() -> Clock:
    return Clock(1_700_000_000.0)


@pytest.fixture
def ld(clock: Clock) -> Iterator[httpx.Client]:
    there = Destination(tuple(LdFlag(key, key, ("a",), 1_600_000_000_000) for key in ("one", "two", "three")))
    with Sandbox.start(now=clock, destination=there) as box, launchdarkly(box) as client:
        yield client


def instructed(ld: httpx.Client, key: str, *instructions: dict[str, Any]) -> httpx.Response:
    return ld.patch(f"{FLAGS}/{key}", json={"comment": "x", "instructions": list(instructions)}, headers=SEMANTIC)


def flag(ld: httpx.Client, key: str) -> dict[str, Any]:
    shape: dict[str, Any] = ld.get(f"{FLAGS}/{key}").json()
    return shape


def on_in(ld: httpx.Client, key: str) -> list[str]:
    return [name for name, state in flag(ld, key)["environments"].items() if state["on"]]


def test_a_switch_moves_its_environment_alone(ld: httpx.Client, clock: Clock) -> None:
    clock.at += 60
    before = flag(ld, "one")
    assert instructed(ld, "one", {"kind": "turnFlagOn", "environmentKey": "test"}).status_code == 200
    after = flag(ld, "one")
    assert on_in(ld, "one") == ["test"]
    assert after["_version"] == before["_version"] + 1
    moved = {k for k, v in after["environments"].items() if v["version"] != before["environments"][k]["version"]}
    assert moved == {"test"}
    assert after["environments"]["test"]["lastModified"] == clock.at * 1000
    listed = ld.get(FLAGS, params={"env": "test"}).json()["items"]
    assert [(one["key"], one["environments"]["test"]["on"]) for one in listed] == [
        ("one", True),
        ("two", False),
        ("three", False),
    ]


def test_what_changes_nothing_moves_nothing(ld: httpx.Client) -> None:
    assert instructed(ld, "one", {"kind": "turnFlagOff", "environmentKey": "test"}).status_code == 200
    assert flag(ld, "one")["_version"] == 1


def test_json_patch_changes_name_text_and_tags(ld: httpx.Client) -> None:
    operations = [
        {"op": "replace", "path": "/name", "value": "First"},
        {"op": "replace", "path": "/description", "value": "d"},
        {"op": "add", "path": "/tags/-", "value": "b"},
        {"op": "replace", "path": "/environments/staging/on", "value": True},
    ]
    assert ld.patch(f"{FLAGS}/one", json=operations).status_code == 200
    after = flag(ld, "one")
    assert (after["name"], after["description"], after["tags"], after["_version"]) == ("First", "d", ["a", "b"], 2)
    assert on_in(ld, "one") == ["staging"]


@pytest.mark.parametrize(
    "body",
    [
        [{"op": "replace", "path": "/key", "value": "x"}],
        [{"op": "replace", "path": "/name", "value": 7}],
        {"instructions": []},
        [],
    ],
)
def test_what_cannot_be_is_refused(ld: httpx.Client, body: object) -> None:
    assert ld.patch(f"{FLAGS}/one", json=body).status_code == 400
    assert ld.patch(f"{FLAGS}/one", json=body, headers=SEMANTIC).status_code == 400
    assert flag(ld, "one")["_version"] == 1


def test_archiving_takes_a_flag_from_the_list_and_keeps_its_key(ld: httpx.Client) -> None:
    assert instructed(ld, "one", {"kind": "archiveFlag"}).json()["archived"] is True
    assert [each["key"] for each in ld.get(FLAGS).json()["items"]] == ["two", "three"]
    assert [e["key"] for e in ld.get(FLAGS, params={"filter": "state:archived"}).json()["items"]] == ["one"]
    assert instructed(ld, "one", {"kind": "restoreFlag"}).status_code == 200
    assert flag(ld, "one")["_version"] == 3


def test_a_prerequisite_of_others_stays(ld: httpx.Client) -> None:
    needs = {"kind": "addPrerequisites", "environmentKey": "production", "prerequisites": [{"key": "one"}]}
    assert instructed(ld, "two", needs).status_code == 200
    assert flag(ld, "two")["environments"]["production"]["prerequisites"] == [{"key": "one", "variation": 0}]
    assert instructed(ld, "one", {"kind": "archiveFlag"}).status_code == 400
    assert ld.delete(f"{FLAGS}/one").status_code == 409
    assert instructed(ld, "two", {"kind": "archiveFlag"}).status_code == 200
    assert instructed(ld, "one", {"kind": "archiveFlag"}).status_code == 200


def test_deleting_and_the_order_of_making(ld: httpx.Client) -> None:
    newest = {"sort": "-creationDate"}
    assert [each["key"] for each in ld.get(FLAGS, params=newest).json()["items"]] == ["three", "two", "one"]
    assert ld.delete(f"{FLAGS}/two").status_code == 204
    assert ld.delete(f"{FLAGS}/two").status_code == 404
    assert [each["key"] for each in ld.get(FLAGS, params=newest).json()["items"]] == ["three", "one"]


def test_a_reader_changes_nothing() -> None:
    with Sandbox.start() as box, launchdarkly(box, "reader") as reader:
        key = reader.get(FLAGS).json()["items"][0]["key"]
        assert instructed(reader, key, {"kind": "archiveFlag"}).status_code == 403
        assert reader.delete(f"{FLAGS}/{key}").status_code == 403


def test_a_flag_is_made_once(ld: httpx.Client) -> None:
    made = ld.post(FLAGS, json={"key": "four", "name": "Four", "tags": ["b"]})
    assert made.status_code == 201
    assert (flag(ld, "four")["name"], flag(ld, "four")["tags"], on_in(ld, "four")) == ("Four", ["b"], [])
    instructed(ld, "four", {"kind": "archiveFlag"})
    assert ld.post(FLAGS, json={"key": "four"}).status_code == 409
    assert ld.post(FLAGS, json={"key": "not a key"}).status_code == 400
