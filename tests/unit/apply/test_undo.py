"""Undo: what this run made and nobody touched is taken back, and everything else stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.run_tools import (
    Run,
    deleted,
    flags_of,
    instructed,
    planned_anew,
    run_of,
    triggers,
)
from tests.unit.walk_tools import drained, strangers
from tui.apply import journal as journals
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


def tagged(box: Sandbox, key: str, tag: str) -> bool:
    """Somebody makes a flag by hand; whether the key was free."""
    if key in box.colleague().flags():
        return False
    box.colleague("writer").create(key, tags=(tag,))
    return True


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(
            ["new", "edit", "edit back", "tag", "switch", "switch back", "delete", "anew", "archive", "restore", "need"]
        ),
        st.integers(0, 30),
    ),
    max_size=10,
)


def changed(box: Sandbox, kind: str, key: str, tag: str) -> set[str]:
    """Somebody else's change; the keys of the flags that it touched."""
    there = everything(box)
    if kind == "new":
        return {f"{key}-2"} if tagged(box, f"{key}-2", tag) else set()
    if key not in there:
        return {key} if kind == "anew" and tagged(box, key, tag) else set()
    staging = {"environmentKey": "staging"}
    match kind:
        case "edit" | "edit back":
            instructed(box, key, "updateName", value="theirs")
            if kind == "edit back":
                instructed(box, key, "updateName", value=there[key]["name"])
        case "tag":
            instructed(box, key, "addTags", values=["theirs"])
        case "switch" | "switch back":
            instructed(box, key, "turnFlagOn", **staging)
            if kind == "switch back":
                instructed(box, key, "turnFlagOff", **staging)
        case "need":
            user = f"needs-{key}"
            if tagged(box, user, tag):
                instructed(box, user, "addPrerequisites", prerequisites=[{"key": key}], **staging)
            return {user}
        case _:
            if f"needs-{key}" in there:
                return set()  # LaunchDarkly would refuse it
            if kind in ("delete", "anew"):
                deleted(box, key)
                if kind == "anew":
                    tagged(box, key, tag)
            else:
                instructed(box, key, "archiveFlag")
                if kind == "restore":
                    instructed(box, key, "restoreFlag")
    return {key}


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(changes=CHANGES, delete=st.booleans())
async def test_whatever_others_did_their_flags_are_what_they_were(changes: list[tuple[str, int]], delete: bool) -> None:
    with Sandbox.start(company=small()) as box:
        strangers_before = set(everything(box))
        run = await done(box)
        keys = sorted(everything(box))
        touched: set[str] = set()
        for kind, number in changes:
            touched |= changed(box, kind, keys[number % len(keys)], run.journal.flag_tag)
        before = everything(box)
        decisions = await run.undone(delete=delete)
        after = everything(box)
        needed = {key.removeprefix("needs-") for key in before if key.startswith("needs-")}
        ours = run.journal.keys - touched - needed
        assert ours <= run.journal.keys - strangers_before
        for key, flag in before.items():
            if key not in ours:
                assert after.get(key) == flag, key
            elif delete:
                assert key not in after
            else:
                assert after[key]["archived"]
        assert set(after) <= set(before)
        assert {key for key, each in decisions.items() if each.action is not UndoAction.KEEP} == ours
        assert set(decisions) == run.journal.keys
        assert set(run.journal.undone) == ours


async def test_the_list_changes_nothing(box: Sandbox) -> None:
    run = await done(box)
    before = everything(box)
    _, decisions = await drained(run.undo().listed())
    assert {each.action for each in decisions} == {UndoAction.ARCHIVE}
    assert everything(box) == before
    assert not any(method in ("PATCH", "DELETE") for method, _, _ in box.requests)


async def test_after_a_plan_that_was_not_whole_flags_of_before_stay(box: Sandbox) -> None:
    before = flags_of(box).keys() | flags_of(box, archived=True).keys()
    run = await run_of(box)
    blind = replace(
        run.plan, flags=decide([each.flag for each in run.plan.flags], {}, None), existing={}, incomplete="Not read."
    )
    run.journal = journals.begin(run.request, {}, blind, {}, "", run.journal.account)
    await run.to_the_end()
    await run.verify()
    _, decisions = await drained(run.undo(delete=True).listed())
    taken = {each.key for each in decisions if each.action is UndoAction.DELETE}
    assert before & run.journal.keys
    assert taken
    assert not taken & before


async def test_it_can_be_given_up_and_gone_on_with(box: Sandbox) -> None:
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
    assert {key for key, each in rest.items() if each.reason == "it is archived already"} == {e.key for e in first}
    assert set(run.journal.undone) == run.journal.keys
    assert all(everything(box)[key]["archived"] for key in run.journal.keys)


async def test_what_changes_between_the_list_and_the_deed_stays(box: Sandbox) -> None:
    run = await done(box)
    undo = run.undo()
    _, decisions = await drained(undo.listed())
    key = decisions[-1].key
    instructed(box, key, "turnFlagOn", environmentKey="test")
    async with aclosing(undo.carried_out(decisions)) as events:
        told = {each.key: each async for each in events}
    assert told[key].action is UndoAction.KEEP
    assert not flags_of(box)[key]["archived"]


async def test_a_refusal_of_one_is_its_reason_to_be_kept(box: Sandbox) -> None:
    run = await done(box)
    box.set_fault("patch-conflict")
    told = await run.undone()
    assert {each.action for each in told.values()} == {UndoAction.KEEP}
    assert all("409" in each.reason for each in told.values())
    assert run.journal.undone == {}


async def test_trouble_that_meets_every_flag_ends_it_and_what_is_done_is_noted(box: Sandbox) -> None:
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


async def test_after_an_undo_a_second_start_brings_what_was_deleted(box: Sandbox) -> None:
    run = await done(box)
    await run.undone(delete=True)
    assert set(run.journal.undone) == run.journal.keys
    plan = await planned_anew(run)
    run.journal = journals.again(run.journal, plan, {})
    assert (run.journal.undone, run.journal.traces) == ({}, {})
    assert (await run.start()).triggered
    end = await run.watch()
    assert isinstance(end, Ended)
    assert end.arrived == run.journal.keys
    assert (await run.verify()).agrees
    assert triggers(box) == 2
    again = await run.undone()
    assert {each.action for each in again.values()} == {UndoAction.ARCHIVE}
