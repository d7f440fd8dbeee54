"""Individual targets that an import copies: they count as untouched only as the source has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.apply.test_ownership import SECOND, flag, journal, owner
from tests.unit.headless_tools import recipe_in
from tui.apply import store
from tui.apply.ownership import Owner
from tui.commands import undo
from tui.launchdarkly.models import WholeFlag, parse
from tui.sandbox import faults
from tui.sandbox.account import ENVIRONMENT_KEYS, LdFlag, State
from tui.sandbox.faults import TRIGGER, Fault, at, twists
from tui.sandbox.job import Twist
from tui.sandbox.server import Sandbox
from tui.sources.flags import Targets
from tui.sources.split.flags import source_flag

KEY, USERS = "apple-pay", ("ana@example.com", "qa-1@example.com")
PLANNED: Targets = ((0, USERS),)


def target(*values: str, variation: int = 0, kind: str = "user") -> dict[str, Any]:
    return {"values": list(values), "variation": variation, "contextKind": kind}


def owner_of(*targets: Mapping[str, Any], planned: Targets = PLANNED, **parts: Any) -> Owner:
    """Whose flag with these targets is, as LaunchDarkly's JSON has them."""
    state = {
        "version": 1,
        "lastModified": 110 * SECOND,
        "targets": [*targets],
        "rules": [],
        "prerequisites": [],
    } | parts
    states = parse(WholeFlag, {"key": "a", "environments": {"test": state}}).environments
    noted = journal("a")
    noted = replace(noted, expected=(replace(noted.expected[0], targets=planned),))
    return owner(noted, flag(environments=states))


@pytest.mark.parametrize(
    "targets",
    [
        pytest.param([target(*USERS)], id="as the source has them"),
        pytest.param([target(*reversed(USERS))], id="in another order"),
        pytest.param([target(USERS[0]), target(USERS[1])], id="in two entries"),
        pytest.param([target(*USERS), target(variation=1), target(kind="device")], id="beside empty entries"),
        pytest.param([], id="none"),
    ],
)
def test_flag_with_targets_of_the_source_is_ours(targets: list[Mapping[str, Any]]) -> None:
    assert owner_of(*targets) is Owner.OURS


@pytest.mark.parametrize(
    "targets",
    [
        pytest.param([target(*USERS, "eve@example.com")], id="one more"),
        pytest.param([target(USERS[0])], id="one less"),
        pytest.param([target(*USERS, variation=1)], id="of another variation"),
        pytest.param([target(*USERS), target("eve@example.com", variation=1)], id="another variation beside"),
        pytest.param([target(*USERS, kind="device")], id="of another kind"),
        pytest.param([target(*USERS), target("phone", kind="device")], id="another kind beside"),
        pytest.param([{"values": USERS, "contextKind": "user"}], id="without a variation"),
    ],
)
def test_flag_with_other_targets_is_not_ours(targets: list[Mapping[str, Any]]) -> None:
    assert owner_of(*targets) is Owner.OTHERS


@pytest.mark.parametrize(
    "other",
    [{"contextTargets": [target("phone", kind="device")]}, {"rules": [{"_id": "1"}]}, {"prerequisites": ["search"]}],
)
def test_planned_targets_excuse_nothing_else(other: dict[str, Any]) -> None:
    assert owner_of(target(*USERS), **other) is Owner.OTHERS


def test_flag_without_planned_targets_may_have_none() -> None:
    assert owner_of(target(*USERS), planned=()) is Owner.OTHERS
    assert owner_of(planned=()) is Owner.OURS


def test_undo_takes_back_targets_of_the_source_unless_the_journal_is_older(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def imported(number: int, flag: LdFlag) -> LdFlag:
        state = State(False, 1, flag.created, targets=(target(*USERS),) if flag.key == KEY else ())
        return replace(flag, states=dict.fromkeys(ENVIRONMENT_KEYS, state))

    fault = Fault("of-this-test", "", "", at("POST", TRIGGER), twists(Twist(imported=imported)))
    monkeypatch.setitem(faults.FAULTS, fault.name, fault)
    box.set_fault(fault.name)
    recipe = recipe_in(box, tmp_path, "split")
    assert recipe.run().code == 0
    noted, (path,) = recipe.journal, recipe.journals
    assert {each.key: each.targets for each in noted.expected}[KEY] == PLANNED
    store.save(noted, tmp_path / "again.json")
    assert store.load(tmp_path / "again.json") == noted

    whole = path.read_text()
    older = json.loads(whole)
    for each in older["expected"]:
        del each["targets"]
    path.write_text(json.dumps(older))
    assert {each.targets for each in recipe.journal.expected} == {()}
    listed = recipe.run(undo.run, dry_run=True).lines[0]["flags"]
    assert {each["key"] for each in listed if each["action"] == "keep"} == {KEY}

    path.write_text(whole)
    assert recipe.run(undo.run).code == 0
    assert recipe.journal.undone == dict.fromkeys(noted.keys, "archive")


def test_a_split_flag_carries_its_individual_targets() -> None:
    treatments: list[Any] = [
        {"name": "on", "keys": ["b", "a", "b", 7, None]},
        {"name": "off"},
        {"name": "other", "keys": ["c"]},
        {"name": "odd", "keys": "d"},
        "none",
    ]
    made = source_flag({"name": "x"}, {"treatments": treatments, "defaultTreatment": "off"})
    assert made.targets == ((0, ("a", "b")), (2, ("c",)))
    assert source_flag({"name": "x"}, None).targets == ()


@pytest.mark.parametrize("values", [None, "ana", {"a": 1}])
def test_targets_in_a_shape_that_is_not_known_are_none_of_the_plan(values: object) -> None:
    assert owner_of({"values": values, "variation": 0}) is (Owner.OTHERS if values else Owner.OURS)
