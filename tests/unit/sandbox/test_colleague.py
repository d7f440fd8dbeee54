"""Colleagues who write flags of the practice LaunchDarkly while a test goes on, and its clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from tests.unit.sandbox_tools import FI, Clock, create, launchdarkly, path_of, split, unleash, until
from tui.sandbox.account import Destination, LdFlag
from tui.sandbox.colleague import Colleague
from tui.sandbox.server import Sandbox

FLAGS = "/api/v2/flags/web-shop"
LOG = "/api/v2/auditlog"
START = 1_700_000_000
OLD = 1_600_000_000_000


@pytest.fixture
def clock() -> Clock:
    return Clock(START + 0.7)


@pytest.fixture
def box(clock: Clock) -> Iterator[Sandbox]:
    there = Destination(tuple(LdFlag(key, key, ("a",), OLD) for key in ("one", "two")))
    with Sandbox.start(now=clock, destination=there) as made:
        yield made


@pytest.fixture
def ld(box: Sandbox) -> Iterator[httpx.Client]:
    with launchdarkly(box) as client:
        yield client


def flag(ld: httpx.Client, key: str) -> dict[str, Any]:
    answer = ld.get(f"{FLAGS}/{key}")
    assert answer.status_code == 200
    shape: dict[str, Any] = answer.json()
    return shape


def last_actions(ld: httpx.Client) -> set[tuple[str, str]]:
    entry = ld.get(LOG, params={"limit": 1}).json()["items"][0]
    return {(access["action"], access["resource"].split(":")[1]) for access in entry["accesses"]}


EVERYWHERE = {"env/production", "env/staging", "env/test", "env/development"}

FLAG_EDITS: dict[str, Callable[[Colleague], object]] = {
    "updateName": lambda greta: greta.rename("one", "Uno"),
    "updateDescription": lambda greta: greta.describe("one", "What it does"),
    "updateTags": lambda greta: greta.tag("one", "b"),
    "updateFlagVariations": lambda greta: greta.change_variation("one", 1, False, "off"),
    "updateFlagDefaultVariations": lambda greta: greta.edit("one", on=1),
    "updateGlobalArchived": lambda greta: greta.archive("one"),
}


@pytest.mark.parametrize("action", FLAG_EDITS)
def test_edit_moves_the_version_and_is_logged(box: Sandbox, ld: httpx.Client, action: str) -> None:
    before = flag(ld, "one")
    FLAG_EDITS[action](box.colleague())
    after = flag(ld, "one")
    assert (before["_version"], after["_version"]) == (1, 2)
    assert all(state["version"] == 1 for state in after["environments"].values())
    assert last_actions(ld) == {(action, environment) for environment in EVERYWHERE}
    assert {key for key in before if before[key] != after[key]} > {"_version"}


ENVIRONMENT_EDITS: dict[str, tuple[str, Callable[[Colleague], object]]] = {
    "on": ("updateOn", lambda greta: greta.switch("one", "test")),
    "rules": ("updateRules", lambda greta: greta.add_rule("one", "test", attribute="email", values=["x@y.z"])),
    "targets": ("updateTargets", lambda greta: greta.add_target("one", "u-1", environment="test")),
    "contextTargets": (
        "updateTargets",
        lambda greta: greta.add_target("one", "o-1", environment="test", kind="organization"),
    ),
    "prerequisites": ("updatePrerequisites", lambda greta: greta.require("one", "two", "test")),
    "fallthrough": ("updateFallthrough", lambda greta: greta.edit_in("one", "test", fallthrough=1)),
    "offVariation": ("updateOffVariation", lambda greta: greta.edit_in("one", "test", off=0)),
}


@pytest.mark.parametrize("field", ENVIRONMENT_EDITS)
def test_edit_of_an_environment_moves_that_one_alone(box: Sandbox, ld: httpx.Client, field: str) -> None:
    action, edit = ENVIRONMENT_EDITS[field]
    before = flag(ld, "one")
    edit(box.colleague())
    after = flag(ld, "one")
    assert (before["_version"], after["_version"]) == (1, 2)
    old, new = before["environments"].pop("test"), after["environments"].pop("test")
    assert after["environments"] == before["environments"]
    assert {key for key in old if old[key] != new[key]} == {field, "version", "lastModified"}
    assert (new["version"], new["lastModified"]) == (2, START * 1000 + 700)
    assert last_actions(ld) == {(action, "env/test")}


def test_lists_show_targeting_only_where_asked_for(box: Sandbox, ld: httpx.Client) -> None:
    box.colleague().add_rule("one", "test")
    box.colleague().add_target("one", "u-1", environment="test")
    box.colleague().require("one", "two", "test")
    single = flag(ld, "one")["environments"]["test"]
    targeting = {"rules", "targets", "contextTargets", "prerequisites"}
    for query in ({"env": "test"}, {"env": "test", "summary": "1"}):
        listed = ld.get(FLAGS, params=query).json()["items"][0]["environments"]["test"]
        assert listed == {key: value for key, value in single.items() if key not in targeting}
    for summary in ("0", "false"):
        listed = ld.get(FLAGS, params={"env": "test", "summary": summary}).json()["items"][0]["environments"]["test"]
        assert listed == single
        assert len(listed["rules"]) == len(listed["targets"]) == len(listed["prerequisites"]) == 1


def test_edit_without_a_change_leaves_no_trace(box: Sandbox, ld: httpx.Client) -> None:
    box.colleague().rename("one", "one")
    box.colleague().switch("one", on=False)
    assert flag(ld, "one")["_version"] == 1
    assert ld.get(LOG).json()["items"] == []


def test_flag_is_created_deleted_and_created_again(box: Sandbox, ld: httpx.Client, clock: Clock) -> None:
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
    assert {key for key in first if first[key] != again[key]} == {"creationDate", "environments"}
    assert not again["environments"]["production"]["on"]
    greta.delete("new")
    assert ld.get(f"{FLAGS}/new").status_code == 404
    with pytest.raises(LookupError):
        greta.delete("new")
    greta.archive("one")
    greta.restore("one")
    assert (flag(ld, "one")["archived"], flag(ld, "one")["_version"]) == (False, 3)


@pytest.mark.parametrize(
    ("who", "member", "token"),
    [("greta@example.com", True, None), ("no-configurations", True, False), ("automation", False, True)],
)
def test_log_names_the_colleague(box: Sandbox, ld: httpx.Client, who: str, member: bool, token: bool | None) -> None:
    box.colleague(who).create("new")
    entry = ld.get(LOG).json()["items"][0]
    assert ("member" in entry, entry.get("token", {}).get("serviceToken")) == (member, token)


def test_nobody_is_no_colleague(box: Sandbox) -> None:
    with pytest.raises(LookupError):
        box.colleague("nobody")
    with pytest.raises(LookupError):
        box.colleague().rename("nothing", "x")


def test_colleague_starts_and_deletes_a_configuration(box: Sandbox, ld: httpx.Client) -> None:
    made = create(ld, box)
    id_ = made.json()["_id"]
    box.colleague().trigger(id_)
    until(lambda: ld.get(path_of(made)).json()["_status"]["status"] == "complete")
    assert len(box.colleague().flags()) > 2
    box.colleague().delete_configuration(id_)
    assert id_ not in [one["_id"] for one in ld.get(FI).json()["items"]]


def test_colleague_acts_just_before_a_request(box: Sandbox, ld: httpx.Client) -> None:
    def act(method: str, path: str) -> None:
        if (method, path) == ("GET", f"{FLAGS}/new"):
            box.on_request = None
            box.colleague().create("new")

    box.on_request = act
    assert ld.get(f"{FLAGS}/one").status_code == 200
    assert "new" not in box.colleague().flags()
    assert ld.get(f"{FLAGS}/new").status_code == 200


def test_flags_can_be_read_after_the_end(box: Sandbox) -> None:
    box.stop()
    assert set(box.colleague().flags()) == {"one", "two"}


# The servers' clock


def date(answer: httpx.Response) -> datetime:
    return parsedate_to_datetime(answer.headers["Date"])


def test_every_answer_has_the_date_of_the_servers_clock(box: Sandbox, ld: httpx.Client) -> None:
    at = datetime.fromtimestamp(START, UTC)
    with split(box) as admin, unleash(box) as sdk:
        answers = [admin.get("/workspaces"), sdk.get("/api/client/features"), ld.get(FLAGS), ld.get("/nothing")]
        box.set_fault("server-error")
        answers.append(create(ld, box))
    assert [answer.status_code for answer in answers] == [200, 200, 200, 404, 500]
    assert [date(answer) for answer in answers] == [at] * 5


def test_clock_is_shifted_and_jumps(box: Sandbox, ld: httpx.Client, clock: Clock) -> None:
    for shift in (3600.0, -86400.0, 0.5):
        box.clock.shift = shift
        answer = ld.post(FLAGS, json={"key": f"at-{shift}"})
        assert answer.json()["creationDate"] == int((clock.at + shift) * 1000)
        assert date(answer).timestamp() == int(clock.at + shift)
    newest = ld.get(LOG).json()["items"]
    assert [one["name"] for one in newest] == ["at-3600.0", "at-0.5", "at--86400.0"]


def test_date_can_be_left_out(box: Sandbox, ld: httpx.Client) -> None:
    box.clock.dated = False
    assert "Date" not in ld.get(FLAGS).headers
