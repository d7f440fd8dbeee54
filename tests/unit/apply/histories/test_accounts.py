"""Journals used with a token of another account, and journals of version 1.1.0, which name no account."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.pilot.runs import strike
from tests.unit.headless_tools import ERROR, Recipe, recipe_in
from tests.unit.history_tools import (
    DAY,
    KEY,
    actions,
    applied,
    as_imported,
    content,
    killed_at,
    planned_keys,
    taken_back,
)
from tests.unit.run_tools import creates
from tests.unit.sandbox_tools import create, launchdarkly, path_of, run_import
from tui.apply import store
from tui.apply.journal import Identity, Stage
from tui.commands import apply, undo, verify
from tui.sandbox.colleague import Colleague
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox


def as_another_account(recipe: Recipe) -> Recipe:
    """The same recipe with keys of another account."""
    keys = {"LD_ACCESS_TOKEN": "other-account", "LD_IMPORT_API_KEY": "other-import-key"}
    environ = recipe.environ | {name: TOKENS[key].value for name, key in keys.items()}
    return replace(recipe, environ=environ)


def with_old_flags_of_the_same_keys(recipe: Recipe) -> Colleague:
    """The other account has had flags of these keys, except KEY, for long."""
    gil = recipe.box.colleague("gil@globex.example", account="globex")
    for key, flag in as_imported(recipe.integration).items():
        if key == KEY:
            continue
        gil.create(key, **content(flag), created=flag.created - 200 * DAY)
    return gil


@pytest.mark.parametrize("stage", [Stage.CREATING, Stage.CREATED, Stage.STARTING, Stage.STARTED, Stage.VERIFIED])
@pytest.mark.parametrize("command", [apply.run, verify.run, undo.run], ids=["apply", "verify", "undo"])
def test_journal_of_another_account_is_refused(recipe: Recipe, stage: Stage, command: Callable[..., int]) -> None:
    gil = with_old_flags_of_the_same_keys(recipe)
    killed_at(recipe, stage)
    flags, sent, journal = gil.flags(), len(recipe.box.requests), recipe.journal
    ran = as_another_account(recipe).run(command)
    error = ran.lines[0]
    assert (ran.code, list(error), error["kind"], error["field"]) == (3, ERROR, "credential", "token")
    assert {method for method, _, _ in recipe.box.requests[sent:]} <= {"GET"}
    assert gil.flags() == flags
    assert recipe.journal == journal


def test_create_only_is_refused_to_another_account(one: Recipe) -> None:
    assert one.run(create_only=True).code == 0
    ran = as_another_account(one).run(create_only=True)
    assert (ran.code, ran.lines[0]["kind"], creates(one.box)) == (3, "credential", 1)


def test_another_journal_serves_the_other_account(recipe: Recipe, tmp_path: Path) -> None:
    """Old flags there were skipped: they are not taken back."""
    gil = with_old_flags_of_the_same_keys(recipe)
    killed_at(recipe, Stage.CREATED)
    other, path = as_another_account(recipe), tmp_path / "other.json"
    assert other.run(journal=path).code == 0
    before = gil.flags()
    ran = other.run(undo.run, journal=path)
    done = {key for key, action in actions(ran).items() if action != "keep"}
    assert done & planned_keys(recipe) == {KEY}, ran.out
    assert {key for key, flag in gil.flags().items() if flag != before[key]} == done


def test_without_the_callers_account_undo_changes_nothing(one: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even a flag that is named."""
    applied(one)
    strike(monkeypatch, one.box, "GET", "/api/v2/caller-identity", 403)
    assert taken_back(one) == set()
    sent = len(one.box.requests)
    ran = one.run(undo.run, flags=[KEY])
    assert (ran.code, ran.lines[0]["kind"]) == (3, "credential")
    assert {method for method, _, _ in one.box.requests[sent:]} == {"GET"}


# --- journals of version 1.1.0


OLD = Path(__file__).parents[2] / "journals_1_1_0"
OLD_KEYS = {"checkout-v2", "dark-mode", "search-boost"}


@pytest.fixture
def old(box: Sandbox, tmp_path: Path) -> Recipe:
    """A recipe whose import version 1.1.0 began and verified: its journal knows neither account nor starts."""
    recipe = recipe_in(box, tmp_path)
    there = box.addresses()
    with launchdarkly(box) as ld:
        made = create(ld, box)
        ld.patch(path_of(made), json=[{"op": "replace", "path": "/name", "value": "Practice plan"}])
        status = run_import(ld, path_of(made))[1]
    flags = box.colleague().flags()
    for key in planned_keys(recipe) - OLD_KEYS:
        box.colleague().delete(key)
    document = json.loads((OLD / "verified.json").read_text())
    document["identity"] |= {"host": there["launchdarkly"]["url"], "name": "Practice plan"}
    document["config"] |= {"sourceBaseUrl": there["unleash"]["url"]}
    document["configuration"] = made.json()["_id"]
    document["mark"]["last_import"] = status["lastImport"]
    for key, trace in document["traces"].items():
        trace["created"] = flags[key].created
        trace["environments"] = {name: [1, flags[key].created] for name in trace["environments"]}
    identity = Identity(**document["identity"])
    path = store.path_of(identity)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(json.dumps(document))
    return recipe


def test_undo_by_a_journal_of_1_1_0_keeps_every_flag(old: Recipe) -> None:
    assert old.journal.keys == OLD_KEYS
    assert old.run(verify.run).code == 0
    assert taken_back(old) == set()
    assert taken_back(old, delete=True) == set()
    assert taken_back(old, flags=["dark-mode"]) == {"dark-mode"}
    assert set(old.journal.undone) == {"dark-mode"}


def test_by_a_journal_of_1_1_0_a_named_flag_that_was_changed_stays(old: Recipe) -> None:
    old.box.colleague().describe("dark-mode", "Mine")
    assert taken_back(old, flags=["dark-mode"]) == set()


def test_apply_does_not_resume_a_journal_of_1_1_0(old: Recipe, tmp_path: Path) -> None:
    sent = len(old.box.requests)
    ran = old.run()
    assert (ran.code, ran.lines[0]["kind"]) == (3, "credential")
    assert {method for method, _, _ in old.box.requests[sent:]} == {"GET"}
    assert old.run(journal=tmp_path / "new.json").code == 0, "a new journal is the way out"
