"""Undo: what this run made and nobody touched is taken back, and everything else stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.run_tools import (
    Run,
    flags_of,
    instructed,
    planned_anew,
    run_of,
    triggers,
)
from tests.unit.walk_tools import drained, strangers
from tui.apply import new_journal
from tui.apply.start_watch import Ended
from tui.apply.undo import Decision, UndoAction
from tui.net.errors import Failure, Kind
from tui.plan.plan import decide
from tui.sandbox.company import Company, seeded
from tui.sandbox.server import Sandbox

# --- over real HTTP


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox.start(company=small()) as made:
        yield made


def small(count: int = 12) -> Company:
    company = seeded()
    flags = company.projects["default"][:count]
    return replace(company, projects={**company.projects, "default": flags})


async def done(box: Sandbox) -> Run:
    """An import that has ended and was verified."""
    run = await run_of(box)
    assert isinstance(await run.to_the_end(), Ended)
    await run.verify()
    return run


Flags = dict[str, dict[str, Any]]


def everything(box: Sandbox) -> Flags:
    return {**flags_of(box), **flags_of(box, archived=True)}


async def test_the_list_changes_nothing(box: Sandbox) -> None:
    run = await done(box)
    before = everything(box)
    _, decisions = await drained(run.undo().listed())
    assert {each.action for each in decisions} == {UndoAction.ARCHIVE}
    assert everything(box) == before
    assert not any(method in ("PATCH", "DELETE") for method, _, _ in box.requests)


async def test_flags_of_before_stay_after_an_incomplete_plan(box: Sandbox) -> None:
    before = flags_of(box).keys() | flags_of(box, archived=True).keys()
    run = await run_of(box)
    blind = replace(
        run.plan, flags=decide([each.flag for each in run.plan.flags], {}, None), existing={}, incomplete="Not read."
    )
    run.journal = new_journal.begin(run.request, {}, blind, {}, "", run.journal.account)
    await run.to_the_end()
    await run.verify()
    _, decisions = await drained(run.undo(delete=True).listed())
    taken = {each.key for each in decisions if each.action is UndoAction.DELETE}
    assert before & run.journal.keys
    assert taken
    assert not taken & before


async def test_undo_can_be_stopped_and_resumed(box: Sandbox) -> None:
    run = await done(box)
    undo = run.undo()
    _, decisions = await drained(undo.listed())
    first: list[Decision] = []
    async with aclosing(undo.carried_out(decisions)) as events:
        async for event in events:
            first.append(event)
            if len(first) == 3:
                break
    assert set(run.journal.undone) == {each.key for each in first}
    assert not strangers()
    rest = await run.undone()
    assert {key for key, each in rest.items() if each.reason == "already archived"} == {e.key for e in first}
    assert set(run.journal.undone) == run.journal.keys
    assert all(everything(box)[key]["archived"] for key in run.journal.keys)


async def test_flag_that_changes_after_the_list_stays(box: Sandbox) -> None:
    run = await done(box)
    undo = run.undo()
    _, decisions = await drained(undo.listed())
    key = decisions[-1].key
    instructed(box, key, "turnFlagOn", environmentKey="test")
    async with aclosing(undo.carried_out(decisions)) as events:
        told = {each.key: each async for each in events}
    assert told[key].action is UndoAction.KEEP
    assert not flags_of(box)[key]["archived"]


@pytest.mark.parametrize("delete", [False, True])
async def test_flag_that_another_needs_is_kept_alone(box: Sandbox, delete: bool) -> None:
    run = await done(box)
    key, others = run.journal.expected[0].key, run.journal.keys - {run.journal.expected[0].key}
    colleague = box.colleague()
    colleague.create("needs-it")
    colleague.require("needs-it", key, "staging")
    before = everything(box)
    decisions = await run.undone(delete=delete)
    after = everything(box)
    taken = {key for key, decision in decisions.items() if decision.action is not UndoAction.KEEP}
    assert taken == set(run.journal.undone) == others
    assert {key for key in before if after.get(key) != before[key]} == others
    assert others.isdisjoint(after) if delete else all(after[key]["archived"] for key in others)


async def test_refused_flag_is_kept_with_the_reason(box: Sandbox) -> None:
    run = await done(box)
    box.set_fault("patch-conflict")
    told = await run.undone()
    assert {each.action for each in told.values()} == {UndoAction.KEEP}
    assert all("409" in each.reason for each in told.values())
    assert run.journal.undone == {}


async def test_unreachable_server_ends_undo_and_keeps_what_is_done(box: Sandbox) -> None:
    run = await done(box)
    undo = run.undo()
    _, decisions = await drained(undo.listed())
    told: list[Decision] = []

    async def carried_out() -> None:
        async with aclosing(undo.carried_out(decisions)) as events:
            async for event in events:
                told.append(event)
                if len(told) == 2:
                    box.stop()

    with pytest.raises(Failure) as lost:
        await carried_out()
    assert lost.value.kind is Kind.UNREACHABLE
    assert set(run.journal.undone) == {each.key for each in told}


async def test_second_start_after_undo_imports_deleted_flags(box: Sandbox) -> None:
    run = await done(box)
    await run.undone(delete=True)
    assert set(run.journal.undone) == run.journal.keys
    plan = await planned_anew(run)
    run.journal = new_journal.again(run.journal, plan, {})
    assert (run.journal.undone, run.journal.traces) == ({}, {})
    assert (await run.start()).triggered
    end = await run.watch()
    assert isinstance(end, Ended)
    assert end.arrived == run.journal.keys
    assert (await run.verify()).agrees
    assert triggers(box) == 2
    again = await run.undone()
    assert {each.action for each in again.values()} == {UndoAction.ARCHIVE}
