"""`ld-flag-import undo`: what it takes back, what it keeps and why, and that it asks first."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.headless_tools import ERROR, KilledError, Ran, Recipe, recipe_in
from tests.unit.run_tools import flags_of, instructed
from tui.commands import undo
from tui.launchdarkly.client import LaunchDarkly
from tui.sandbox.server import Sandbox


@pytest.fixture
def recipe(box: Sandbox, tmp_path: Path) -> Recipe:
    made = recipe_in(box, tmp_path)
    assert made.run().code == 0
    return made


def writes(box: Sandbox) -> int:
    return sum(method in ("PATCH", "DELETE") for method, _, _ in box.requests)


def actions(ran: Ran) -> dict[str, str]:
    (document,) = ran.lines
    assert [*document] == ["flags"]
    assert all([*each] == ["key", "action", "reason"] for each in document["flags"])
    assert all(each["reason"] for each in document["flags"])
    return {each["key"]: each["action"] for each in document["flags"]}


def test_a_dry_run_lists_and_changes_nothing(recipe: Recipe, box: Sandbox) -> None:
    ran = recipe.run(undo.run, dry_run=True, yes=False)
    assert (ran.code, ran.err) == (0, "")
    assert actions(ran) == dict.fromkeys(recipe.journal.keys, "archive")
    told = recipe.run(undo.run, dry_run=True, yes=False, as_json=False, delete=True)
    assert told.out.splitlines()[-1] == f"{len(recipe.journal.keys)} to delete"
    assert writes(box) == 0


def test_list_is_grouped_by_reason_exceptions_first(recipe: Recipe, box: Sandbox) -> None:
    touched = recipe.journal.expected[3].key
    instructed(box, touched, "updateName", value="Mine now")
    lines = recipe.run(undo.run, dry_run=True, as_json=False).out.splitlines()
    count = len(recipe.journal.keys) - 1
    assert re.match(r"! Keep \(1\): \w", lines[0])
    assert lines[1].strip() == touched
    assert re.match(rf"\+ Archive \({count}\): \w", lines[2])
    assert set(lines[3].strip().split(", ")) == recipe.journal.keys - {touched}
    assert lines[4:] == [f"{count} to archive, 1 to keep"]


def test_only_what_nobody_touched_is_archived_and_a_second_run_has_nothing_to_do(recipe: Recipe, box: Sandbox) -> None:
    touched = recipe.journal.expected[3].key
    instructed(box, touched, "updateName", value="Mine now")
    before = flags_of(box).keys() - recipe.journal.keys
    ran = recipe.run(undo.run, environ={"LD_ACCESS_TOKEN": recipe.environ["LD_ACCESS_TOKEN"]})
    ours = recipe.journal.keys - {touched}
    assert ran.code == 0
    assert actions(ran) == {**dict.fromkeys(ours, "archive"), touched: "keep"}
    assert flags_of(box).keys() == before | {touched}
    assert recipe.journal.undone == dict.fromkeys(ours, "archive")
    done = writes(box)
    again = recipe.run(undo.run)
    assert (again.code, {*actions(again).values()}) == (0, {"keep"})
    assert writes(box) == done
    skipped = recipe.run()
    assert (skipped.code, skipped.events) == (0, ["planned", "result"]), "archived keys are still taken"


def test_deleted_flags_can_be_imported_again(recipe: Recipe, box: Sandbox) -> None:
    ran = recipe.run(undo.run, delete=True)
    assert (ran.code, {*actions(ran).values()}) == (0, {"delete"})
    assert not recipe.journal.keys & flags_of(box).keys()
    again = recipe.run()
    assert (again.code, again.one("finished")["arrived"]) == (0, len(recipe.journal.keys))
    assert recipe.run(undo.run).code == 0


def test_what_launchdarkly_refuses_is_kept_with_its_word_and_is_4(recipe: Recipe, box: Sandbox) -> None:
    box.set_fault("patch-conflict")
    ran = recipe.run(undo.run)
    assert (ran.code, {*actions(ran).values()}) == (4, {"keep"})
    assert all(each["reason"].startswith("LaunchDarkly refused: ") for each in ran.lines[0]["flags"])
    box.set_fault(None)
    again = recipe.run(undo.run)
    assert (again.code, {*actions(again).values()}) == (0, {"archive"})


def test_without_a_journal_there_is_no_undo(recipe: Recipe, box: Sandbox) -> None:
    (path,) = recipe.journals
    path.unlink()
    before = len(box.requests)
    ran = recipe.run(undo.run)
    assert (ran.code, [*ran.one("error")], ran.one("error")["kind"]) == (2, ERROR, "recipe")
    assert "No journal found" in ran.one("error")["message"]
    assert len(box.requests) == before


@pytest.mark.parametrize(("typed", "done"), [("\n", False), ("no\n", False), ("yes please\n", False), ("Y\n", True)])
def test_a_terminal_is_asked_with_project_and_count(recipe: Recipe, box: Sandbox, typed: str, done: bool) -> None:
    code, _, shown = recipe.run_in_terminal(undo.run, typed)
    count = len(recipe.journal.keys)
    assert re.search(rf"Archive {count} flags in project web-shop\? \[y/N\]", shown)
    assert (code, writes(box)) == ((0, count) if done else (2, 0))


def test_ended_in_the_middle_the_next_run_does_the_rest(
    recipe: Recipe, box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, count = LaunchDarkly.archive_flag, [0]

    async def dies(self: LaunchDarkly, *more: str) -> None:
        count[0] += 1
        if count[0] > 5:
            raise KilledError
        await archive(self, *more)

    monkeypatch.setattr(LaunchDarkly, "archive_flag", dies)
    with pytest.raises(KilledError):
        recipe.run(undo.run)
    monkeypatch.setattr(LaunchDarkly, "archive_flag", archive)
    assert len(recipe.journal.undone) == 5
    again = recipe.run(undo.run)
    assert (again.code, sum(each == "archive" for each in actions(again).values())) == (0, len(recipe.journal.keys) - 5)
    assert recipe.journal.undone.keys() == recipe.journal.keys
