"""What commands and lists say of an import after an undo, or once flags are archived or its configuration is gone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.apply.test_import import compare, created, start, watch
from tests.unit.headless_tools import Recipe, recipe_in
from tests.unit.report_tools import NOW, expected, journal, there, traces
from tests.unit.run_tools import deleted, instructed, run_of
from tests.unit.walk_tools import session
from tui.apply import journal as journals
from tui.apply import store
from tui.apply.heads import heads
from tui.apply.journal import Journal, Stage
from tui.commands import undo, verify
from tui.launchdarkly.client import LaunchDarkly
from tui.report.report import report
from tui.report.words import to_come
from tui.sandbox.server import Sandbox
from tui.wizard.outcomes import report_of

# --- the list of imports


def state(journal: Journal, folder: Path) -> str:
    store.save(journal, folder / "one.json")
    (head,) = heads(folder)
    return head.state


def test_the_list_of_imports_tells_an_undone_one_from_others(tmp_path: Path) -> None:
    flags = [expected("a"), expected("b")]
    made = journal(*flags, stage=Stage.VERIFIED, traces=traces(map(there, flags)))
    whole = state(made, tmp_path)
    part = state(journals.undone(made, {"a": "archive"}), tmp_path)
    gone = state(journals.undone(made, {"a": "archive", "b": "delete"}), tmp_path)
    assert whole == part != gone


# --- flags that are archived


async def test_archived_flags_are_missing_and_no_start_brings_them(box: Sandbox) -> None:
    run, _ = await created(box)
    await start(run)
    await watch(run)
    archived, gone = (each.key for each in run.journal.expected[:2])
    instructed(box, archived, "archiveFlag")
    deleted(box, gone)
    await compare(run)
    assert run.verification is not None
    assert run.verification.missing == (archived, gone)
    assert run.verification.archived == frozenset({archived})
    assert to_come(run.journal, run.verification) == 1
    told = {each.key: each.reason for each in report_of(run, {}).missing}
    assert told[archived]
    assert not told[gone]


async def test_a_flag_that_was_undone_and_then_deleted_comes_again(box: Sandbox) -> None:
    run = await run_of(box)
    await run.to_the_end()
    await run.verify()
    await run.undone()
    found = await run.verify()
    assert found.archived == run.journal.keys
    assert to_come(run.journal, found) == 0
    key = run.journal.expected[0].key
    deleted(box, key)
    assert to_come(run.journal, await run.verify()) == 1


async def test_nothing_missing_asks_for_no_archived_flags(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    run = await run_of(box)
    await run.to_the_end()
    every_flag, archived = LaunchDarkly.every_flag, list[bool]()

    def noted(self: LaunchDarkly, *more: Any, **options: Any) -> Any:
        archived.append(options.get("archived", False))
        return every_flag(self, *more, **options)

    monkeypatch.setattr(LaunchDarkly, "every_flag", noted)
    await run.verify()
    assert True not in archived
    deleted(box, run.journal.expected[0].key)
    await run.verify()
    assert archived.count(True) == 1


# --- verify after an undo


def test_verify_tells_what_was_taken_back_from_what_is_missing(box: Sandbox, tmp_path: Path) -> None:
    recipe: Recipe = recipe_in(box, tmp_path)
    assert recipe.run().code == 0
    kept, gone = (each.key for each in recipe.journal.expected[:2])
    instructed(box, kept, "updateName", value="Mine")
    assert recipe.run(undo.run).code == 0
    ran = recipe.run(verify.run)
    (document,) = ran.lines
    assert ran.code == 6, "it is not as planned"
    assert {each["key"] for each in document["missing"]} == recipe.journal.keys - {kept}
    lines = recipe.run(verify.run, as_json=False).out.splitlines()
    assert not [line for line in lines if line.startswith("  x missing")]
    assert [line for line in lines if gone in line]
    deleted(box, kept)
    assert f"  x missing  {kept}" in recipe.run(verify.run, as_json=False).out.splitlines()


# --- leaving


@pytest.mark.parametrize("gone", ["before the start", "while it ran"])
async def test_a_configuration_that_is_gone_is_not_called_there(box: Sandbox, gone: str) -> None:
    run, _ = await created(box)
    made = session()
    made.run = run
    assert run.journal.configuration in made.farewell()
    if gone == "while it ran":
        await start(run)
        run.lost()
    else:
        run.note(journals.planned_again(run.journal))
    assert "in web-shop" not in made.farewell()


async def test_an_import_that_may_not_run_is_not_said_to_go_on(box: Sandbox) -> None:
    run, _ = await created(box)
    made = session()
    made.run = run
    run.record.journal = replace(run.journal, stage=Stage.STARTED)
    going_on = made.farewell()
    run.record.journal = replace(run.journal, stage=Stage.STARTING)
    assert "continues" in going_on
    assert "continues" not in made.farewell()


def test_the_report_of_a_part_that_is_left_counts_both() -> None:
    flags = [expected(f"flag-{n}") for n in range(3)]
    made = journal(*flags, traces=traces(map(there, flags)))
    told = report(journals.undone(made, {"flag-0": "archive"}), None, NOW)
    assert told.numbers.undone == 1
