"""Individual targets that an import brings along: they count as untouched only as the source has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.headless_tools import Recipe, recipe_in
from tui.apply import store
from tui.commands import undo
from tui.launchdarkly.models import WholeFlag, parse
from tui.sandbox import faults
from tui.sandbox.account import ENVIRONMENT_KEYS, LdFlag, State
from tui.sandbox.faults import TRIGGER, Fault, at, twists
from tui.sandbox.job import Twist
from tui.sandbox.server import Sandbox
from tui.sources.split.flags import source_flag

KEY, USERS = "apple-pay", ["ana@example.com", "qa-1@example.com"]


def target(*values: str, variation: int = 0, kind: str = "user") -> dict[str, Any]:
    return {"values": list(values), "variation": variation, "contextKind": kind}


def brings(monkeypatch: pytest.MonkeyPatch, box: Sandbox, *targets: Mapping[str, Any], **other: Any) -> None:
    """The import creates the flag with these targets in every environment; all others have none."""

    def arrives(number: int, flag: LdFlag) -> LdFlag:
        if flag.key != KEY:
            return flag
        state = State(False, 1, flag.created, targets=targets, **other)
        return replace(flag, states=dict.fromkeys(ENVIRONMENT_KEYS, state))

    fault = Fault("of-this-test", "", "", at("POST", TRIGGER), twists(Twist(arrives=arrives)))
    monkeypatch.setitem(faults.FAULTS, fault.name, fault)
    box.set_fault(fault.name)


@pytest.fixture
def recipe(box: Sandbox, tmp_path: Path) -> Recipe:
    return recipe_in(box, tmp_path, "split")


def actions(recipe: Recipe) -> dict[str, str]:
    return {each["key"]: each["action"] for each in recipe.run(undo.run, dry_run=True).lines[0]["flags"]}


AS_PLANNED: dict[str, tuple[Mapping[str, Any], ...]] = {
    "as the source has them": (target(*USERS),),
    "in another order": (target(*reversed(USERS)),),
    "in two entries": (target(USERS[0]), target(USERS[1])),
    "beside empty entries": (target(*USERS), target(variation=1), target(kind="device")),
    "none": (),
}
OTHERWISE: dict[str, tuple[Mapping[str, Any], ...]] = {
    "one more": (target(*USERS, "eve@example.com"),),
    "one less": (target(USERS[0]),),
    "of another variation": (target(*USERS, variation=1),),
    "another variation beside": (target(*USERS), target("eve@example.com", variation=1)),
    "of another kind": (target(*USERS, kind="device"),),
    "another kind beside": (target(*USERS), target("phone", kind="device")),
    "without a variation": ({"values": USERS, "contextKind": "user"},),
}


@pytest.mark.parametrize("case", AS_PLANNED)
def test_targets_of_the_source_can_be_undone(
    case: str, recipe: Recipe, box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    brings(monkeypatch, box, *AS_PLANNED[case])
    assert recipe.run().code == 0
    assert actions(recipe) == dict.fromkeys(recipe.journal.keys, "archive")
    done = recipe.run(undo.run)
    assert (done.code, recipe.journal.undone.get(KEY)) == (0, "archive")


@pytest.mark.parametrize("case", OTHERWISE)
def test_other_targets_keep_the_flag(case: str, recipe: Recipe, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    brings(monkeypatch, box, *OTHERWISE[case])
    recipe.run()
    assert actions(recipe) == {**dict.fromkeys(recipe.journal.keys, "archive"), KEY: "keep"}


@pytest.mark.parametrize(
    "other",
    [{"context_targets": (target("phone", kind="device"),)}, {"rules": ({"_id": "1"},)}, {"requires": ("search",)}],
)
def test_planned_targets_excuse_nothing_else(
    other: dict[str, Any], recipe: Recipe, box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    brings(monkeypatch, box, target(*USERS), **other)
    recipe.run()
    assert actions(recipe)[KEY] == "keep"


def test_a_flag_without_planned_targets_may_have_none(
    recipe: Recipe, box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert recipe.run().code == 0
    plain = next(each.key for each in recipe.journal.expected if not each.targets)
    box.colleague().add_target(plain, *USERS)
    assert actions(recipe)[plain] == "keep"


def test_an_older_journal_plans_no_targets(recipe: Recipe, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    brings(monkeypatch, box, target(*USERS))
    assert recipe.run().code == 0
    (path,) = recipe.journals
    document = json.loads(path.read_text())
    for each in document["expected"]:
        assert each.pop("targets") is not None
    path.write_text(json.dumps(document))
    assert {each.targets for each in recipe.journal.expected} == {()}
    assert actions(recipe)[KEY] == "keep"


def test_targets_survive_the_journal(recipe: Recipe, tmp_path: Path) -> None:
    assert recipe.run().code == 0
    noted = recipe.journal
    planned = {each.key: each.targets for each in noted.expected if each.targets}
    assert planned[KEY] == ((0, tuple(USERS)),)
    store.save(noted, tmp_path / "again.json")
    assert store.load(tmp_path / "again.json") == noted


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
    state = {"targets": [{"values": values, "variation": 0}], "rules": [], "prerequisites": []}
    flag = parse(WholeFlag, {"key": "x", "environments": {"test": state}})
    assert flag.environments is not None
    assert flag.environments["test"].targets == (None if values else ())
