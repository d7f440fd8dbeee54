"""`plan -o FILE` and `apply --plan FILE`: an import only runs as it was reviewed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.headless_tools import Recipe, killed, recipe_in
from tests.unit.run_tools import creates
from tui.apply.journal import Stage
from tui.commands import plan
from tui.sandbox.server import Sandbox


@pytest.fixture
def saved(recipe: Recipe, tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    assert recipe.run(plan.run, output=path).code == 0
    return path


def test_file_has_the_plan_for_its_owner_without_a_key(recipe: Recipe, saved: Path) -> None:
    ran = recipe.run(plan.run, output=saved)
    (shown,) = ran.lines
    document = json.loads(saved.read_text())
    assert {key: document[key] for key in shown if key != "flags"} == {k: v for k, v in shown.items() if k != "flags"}
    assert [{key: flag[key] for key in shown["flags"][0]} for flag in document["flags"]] == shown["flags"]
    assert document["read_at"].startswith("20")
    assert document["settings"]["name"] == "Practice plan"
    assert saved.stat().st_mode & 0o777 == 0o600
    assert not any(secret in saved.read_text() for secret in recipe.environ.values())
    assert str(saved) in ran.err


def test_unchanged_plan_is_imported_however_old_it_is(recipe: Recipe, saved: Path) -> None:
    document = json.loads(saved.read_text())
    saved.write_text(json.dumps(document | {"read": 1}))
    assert recipe.run(saved_plan=saved).code == 0


def edited(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def edit(path: Path) -> None:
        document = json.loads(path.read_text())
        change(document)
        path.write_text(json.dumps(document))

    return edit


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], Any], str, str]] = {
    "environment": (lambda plan: plan.update(environment="staging"), "", "environment"),
    "tag": (lambda plan: plan["settings"]["config"].update(ldTag="other"), "", "ldTag"),
    "name": (lambda plan: plan["settings"].update(name="other"), "", "name"),
    "gone": (lambda plan: plan["flags"].append(plan["flags"][0] | {"key": "gone"}), "gone", "flag"),
    "new": (lambda plan: plan["flags"].pop(0), "checkout-v2", "flag"),
    "switched": (lambda plan: plan["flags"][0].update(on_at_source=False), "checkout-v2", "on in the source"),
    "rollout": (lambda plan: plan["flags"][0].update(lost=[]), "checkout-v2", "targeting that isn't imported"),
    "variation": (lambda plan: plan["flags"][0].update(values=[True, True]), "checkout-v2", "values"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_any_difference_is_refused_with_4_and_named(recipe: Recipe, saved: Path, box: Sandbox, change: str) -> None:
    edit, flag, what = CHANGES[change]
    edited(edit)(saved)
    ran = recipe.run(saved_plan=saved)
    assert (ran.code, ran.events) == (4, ["planned", "error", "result"])
    error = ran.one("error")
    (difference,) = error["differences"]
    assert (error["kind"], difference["flag"], difference["what"]) == ("conflict", flag, what)
    assert what in error["message"]
    assert (creates(box), recipe.journals) == (0, [])


def test_flags_created_meanwhile_are_named_and_counted(recipe: Recipe, saved: Path, tmp_path: Path) -> None:
    assert recipe_in(recipe.box, tmp_path / "other", config_name="Another").run().code == 0
    ran = recipe.run(saved_plan=saved, as_json=False)
    assert ran.code == 4
    assert "dark-mode: verdict was import, is now skip-exists" in ran.err
    assert "and 26 more differences" in ran.err
    assert creates(recipe.box) == 1, "that of the other import"


@pytest.mark.parametrize("stage", [Stage.CREATED, Stage.STARTED])
def test_resumed_import_is_compared_with_its_own_plan(recipe: Recipe, saved: Path, stage: Stage) -> None:
    killed(recipe, stage)
    changed = saved.with_name("changed.json")
    changed.write_text(saved.read_text())
    edited(lambda document: document["flags"].pop(0))(changed)
    assert recipe.run(saved_plan=changed).code == 4
    assert recipe.run(saved_plan=saved).code == 0


@pytest.mark.parametrize("text", [None, "", "{}", '{"version": 2}', "[]"])
def test_file_that_is_no_plan_is_2_before_anything_is_sent(
    recipe: Recipe, box: Sandbox, tmp_path: Path, text: str | None
) -> None:
    path = tmp_path / "no-plan.json"
    if text is not None:
        path.write_text(text)
    before = len(box.requests)
    ran = recipe.run(saved_plan=path)
    assert (ran.code, ran.one("error")["kind"], len(box.requests)) == (2, "recipe", before)


def test_create_only_reads_no_source_to_compare(recipe: Recipe, saved: Path, box: Sandbox) -> None:
    before = len(box.requests)
    assert recipe.run(saved_plan=saved, create_only=True).code == 2
    assert len(box.requests) == before


def test_file_that_cannot_be_written_is_2(recipe: Recipe) -> None:
    ran = recipe.run(plan.run, output=recipe.path / "plan.json")
    assert (ran.code, ran.one("error")["kind"]) == (2, "recipe")
