"""Starting over real HTTP: nothing is started twice, and of a lost start nobody claims to know."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.run_tools import begun, deleted, run_of, triggers
from tests.unit.sandbox_tools import FI, launchdarkly
from tests.unit.walk_tools import drained
from tui.apply import journal as journals
from tui.apply.journal import Stage
from tui.apply.start_watch import Ended
from tui.net.errors import Failure, Kind
from tui.net.events import Counted
from tui.sandbox.server import Sandbox


async def test_an_import_that_creating_has_started_is_not_started_again(box: Sandbox) -> None:
    run = await run_of(box)
    box.set_fault("started-by-create")
    await run.create()
    begun(box, run.journal.configuration)
    started = await run.start()
    assert (started.triggered, started.known) == (False, True)
    end = await run.watch()
    assert isinstance(end, Ended)
    assert (end.status, end.arrived) == ("complete", run.journal.keys)
    assert triggers(box) == 0
    assert (await run.verify()).agrees


@pytest.mark.parametrize("stage", ["started", "ended", "verified"])
async def test_started_import_is_started_again_only_on_request(box: Sandbox, stage: str) -> None:
    run = await run_of(box)
    await run.create()
    await run.start()
    if stage != "started":
        await run.watch()
    if stage == "verified":
        await run.verify()
    assert not (await run.start()).triggered
    assert triggers(box) == 1
    if stage != "started":
        assert (await run.start(again=True)).triggered
        assert triggers(box) == 2
        assert isinstance(await run.watch(), Ended)


async def test_a_reused_configuration_that_runs_is_watched(box: Sandbox) -> None:
    run = await run_of(box)
    await run.create()
    box.set_fault("import-slow")
    with launchdarkly(box) as other:
        path = f"{FI}/web-shop/unleash/{run.journal.configuration}/trigger"
        assert other.post(path).status_code == 201
        begun(box, run.journal.configuration)
        second = replace(run, journal=run.kept[0], kept=[])
        second.journal = journals.planned_again(run.kept[0])
        outcome = await second.create()
        assert outcome.reused
        started = await second.start()
    assert (started.triggered, started.known) == (False, True)
    end = await second.watch()
    assert isinstance(end, Ended)
    assert end.status == "complete"
    assert triggers(box) == 1


async def test_a_reused_configuration_that_has_ended_is_started(box: Sandbox) -> None:
    run = await run_of(box)
    assert isinstance(await run.to_the_end(), Ended)
    gone = sorted(run.journal.keys)[0]
    deleted(box, gone)
    second = await run_of(box)
    assert (await second.create()).reused
    assert (await second.start()).triggered
    end = await second.watch()
    assert isinstance(end, Ended)
    assert end.arrived == {gone}


async def test_lost_start_that_cannot_be_looked_up_is_not_known(box: Sandbox) -> None:
    run = await run_of(box)
    await run.create()
    box.set_fault("lost-trigger-answer")
    run.keep = lambda journal: box.stop() if journal.stage is Stage.STARTING else None
    with pytest.raises(Failure) as refused:  # nothing left this machine: it is known that it was not started
        await run.start()
    assert refused.value.kind is Kind.UNREACHABLE
    assert run.journal.stage is Stage.CREATED
    run.keep = lambda journal: None
    run.journal = journals.starting(run.journal, journals.NEVER_RUN, run.context.now())
    started = await run.start()
    assert not started.known
    assert started.failure is not None
    assert started.failure.kind is Kind.UNREACHABLE


async def test_a_refused_start_starts_nothing(box: Sandbox) -> None:
    run = await run_of(box)
    await run.create()
    with launchdarkly(box) as other:
        other.delete(f"{FI}/web-shop/unleash/{run.journal.configuration}")
    with pytest.raises(Failure) as refused:
        await run.start()
    assert refused.value.kind is Kind.NOT_FOUND
    assert run.journal.stage is Stage.CREATED


async def test_flags_created_between_plan_and_start_are_not_ours(box: Sandbox) -> None:
    run = await run_of(box)
    await run.create()
    other = await run_of(box)  # the same flags by another configuration, made meanwhile
    other.request = replace(other.request, name="Another")
    await other.to_the_end()
    run.time.at += 3600
    events, started = await drained(run.engine().start())
    assert started.triggered
    assert any(isinstance(event, Counted) for event in events)
    assert run.kept[-1].awaited == frozenset()
    end = await run.watch()
    assert isinstance(end, Ended)
    assert end.arrived == frozenset()
    found = await run.verify()
    assert found.skipped == len(run.journal.keys)
    assert run.journal.traces == {}
    done = await run.undone()
    assert {each.action.value for each in done.values()} == {"keep"}
