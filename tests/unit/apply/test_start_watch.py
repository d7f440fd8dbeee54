"""A whole import watched over real HTTP: every fault ends in the right verdict."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.run_tools import (
    Run,
    Time,
    creates,
    flags_of,
    instructed,
    planned_anew,
    run_of,
    triggers,
)
from tests.unit.sandbox_tools import FI, big_company
from tests.unit.walk_tools import strangers
from tui.apply import journal as journals
from tui.apply import new_journal
from tui.apply.journal import Stage
from tui.apply.start_watch import Ended, Resting, Stuck
from tui.apply.watch import FASTEST, Moved
from tui.net.errors import Failure, Kind, Remedy
from tui.sandbox.account import Destination
from tui.sandbox.server import Sandbox


async def started(box: Sandbox, fault: str | None = None, **more: Any) -> Run:
    """Return an import that runs under this fault and has not been watched yet."""
    run = await run_of(box, **more)
    box.set_fault(fault)
    await run.create()
    await run.start()
    return run


VERDICTS: dict[str, tuple[str, int, str, bool]] = {
    "import-slow": ("complete", 1, "all", True),
    "import-stuck": ("stuck", 1, "some", False),
    "import-partial": ("partial", 1, "some", False),
    "import-failed": ("failed", 1, "none", False),
    "source-refused-at-import": ("failed", 1, "none", False),
    "import-error-then-success": ("complete", 1, "all", True),
    "stale-complete": ("complete", 1, "all", True),
    "unknown-status": ("complete", 1, "all", True),
    "trigger-conflict": ("complete", 1, "all", True),
    "lost-trigger-answer": ("complete", 1, "all", True),
    "flags-dropped": ("complete", 1, "some", False),
    "default-swapped": ("complete", 1, "all", False),
    "tag-left-out": ("complete", 1, "all", False),
    "watch-rate-limited": ("complete", 1, "all", True),
    "server-gone": ("complete", 1, "all", True),
    "patch-conflict": ("complete", 1, "all", True),
}


SPLIT_TOO = ("source-refused-at-import", "flags-dropped", "default-swapped")


@pytest.mark.parametrize(
    ("fault", "integration"),
    [*((fault, "unleash") for fault in VERDICTS), *((fault, "split") for fault in SPLIT_TOO)],
)
async def test_each_fault_ends_in_the_right_verdict(box: Sandbox, fault: str, integration: str) -> None:
    status, sent, arrived, agrees = VERDICTS[fault]
    run = await run_of(box, integration)
    box.set_fault(fault)
    end = await run.to_the_end()
    assert (end.status if isinstance(end, Ended) else "stuck") == status
    box.set_fault(None)
    count = len(end.arrived) if isinstance(end, Ended) else end.arrived
    planned = len(run.journal.keys)
    assert {"all": count == planned, "some": 0 < count < planned, "none": count == 0}[arrived]
    found = await run.verify()
    assert found.agrees is agrees
    assert len(found.arrived) == count
    assert (creates(box), triggers(box)) == (1, sent)
    assert not strangers()


async def test_a_stuck_import_says_how_long_and_goes_on_being_watched(box: Sandbox) -> None:
    run = await started(box, "import-stuck")
    seen: list[object] = []
    async with aclosing(run.engine().watch()) as events:
        async for event in events:
            seen.append(event)
            if sum(isinstance(each, Resting) for each in seen) > 40:
                break
    (stuck,) = [event for event in seen if isinstance(event, Stuck)]
    assert stuck.seconds >= 300
    assert (stuck.arrived, stuck.expected, stuck.status) == (3, len(run.journal.keys), "importing")
    assert not strangers()


async def test_an_outage_is_told_and_is_not_taken_for_being_stuck(box: Sandbox) -> None:
    run = await started(box)
    run.stuck_after = 20.0
    box.set_fault("server-gone")
    assert isinstance(await run.watch(), Ended)
    assert len(run.troubles()) == 8


async def test_a_pause_in_mid_watch_is_shown_and_kept(box: Sandbox) -> None:
    run = await started(box)
    box.set_fault("watch-rate-limited")
    assert isinstance(await run.watch(), Ended)
    if any(status == 429 for _, _, status in box.requests):
        assert "(429)" in run.troubles()[0]


async def test_looks_are_two_seconds_apart_at_least(box: Sandbox) -> None:
    run = await started(box, "import-slow")
    begun = len(run.time.naps)
    await run.watch()
    assert min(run.time.naps[begun:]) >= FASTEST
    assert all(isinstance(event.left, int) for event in run.events if isinstance(event, Resting))


async def test_an_error_of_another_run_is_not_told_again(box: Sandbox) -> None:
    """Partial, then started again: what is missing comes, and the old errors are not the new run's."""
    run = await run_of(box)
    box.set_fault("import-partial")
    first = await run.to_the_end()
    assert isinstance(first, Ended)
    assert any("tag is not valid" in text for text in first.errors)
    found = await run.verify()
    assert found.missing
    box.set_fault("stale-complete")
    plan = await planned_anew(run)
    assert {each.flag.key for each in plan.arriving} == set(found.missing)
    run.journal = new_journal.again(run.journal, plan, {})
    assert (await run.start()).triggered
    second = await run.watch()
    assert isinstance(second, Ended)
    assert (second.status, second.arrived) == ("complete", run.journal.keys)
    assert not [text for text in second.errors if "tag is not valid" in text]
    assert (await run.verify()).agrees
    assert (creates(box), triggers(box)) == (1, 2)


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage not in (Stage.PLANNED, Stage.VERIFIED)])
async def test_a_journal_that_cannot_be_written_stops_everything(box: Sandbox, stage: Stage) -> None:
    run = await run_of(box)

    def keep(journal: journals.Journal) -> None:
        if journal.stage is stage:
            raise OSError(28, "No space left on device")

    run.keep = keep
    with pytest.raises(OSError, match="No space"):
        await run.to_the_end()
    assert creates(box) == (0 if stage is Stage.CREATING else 1)
    assert triggers(box) == (1 if stage in (Stage.STARTED, Stage.ENDED) else 0)
    assert not strangers()


@pytest.mark.parametrize("reachable", [True, False])
async def test_the_deadline_ends_the_watch(box: Sandbox, reachable: bool) -> None:
    time = Time()
    over_at = time.at + 1000
    run = await started(box, "import-stuck" if reachable else None, clock=time, deadline=over_at)
    if reachable:
        run.stuck_after = 10_000
    else:
        box.stop()
    with pytest.raises(Failure) as over:
        await run.watch()
    assert (over.value.kind, over.value.exit_code) == (Kind.STUCK, 7)
    assert (over.value.remedy, over.value.about) == (Remedy.WATCH_LATER, run.journal.configuration)
    assert time.at == over_at
    assert not [event for event in run.events if isinstance(event, Stuck)]
    assert not strangers()


async def test_look_now_ends_a_pause_but_not_the_first_two_seconds(box: Sandbox) -> None:
    run = await started(box, "import-stuck")
    asleep = asyncio.Event()
    asked: list[float] = []

    async def sleep(seconds: float) -> None:
        asked.append(seconds)
        asleep.set()
        if len(asked) == 1:
            await asyncio.Event().wait()  # until it is woken

    run.context = replace(run.context, sleep=sleep)
    runner = run.engine()
    looks = 0
    async with aclosing(runner.watch()) as events:
        async for event in events:
            looks += isinstance(event, Resting)
            if looks == 1 and isinstance(event, Resting):
                asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(_woken(runner.look_now, asleep)))
            if looks == 2:
                break
    assert asked[:2] == [FASTEST, FASTEST]  # the pause that was ended, and what was left of the two seconds
    await asyncio.sleep(0)
    assert not strangers()


async def _woken(wake: object, asleep: asyncio.Event) -> None:
    await asleep.wait()
    assert callable(wake)
    wake()


async def test_given_up_in_the_middle_nothing_goes_on(box: Sandbox) -> None:
    run = await started(box)
    resting = asyncio.Event()

    async def forever(seconds: float) -> None:
        resting.set()
        await asyncio.Event().wait()

    run.context = replace(run.context, sleep=forever)
    watching = asyncio.create_task(run.watch())
    await resting.wait()
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching
    assert not strangers()


async def test_watching_costs_two_requests_a_look_and_one_for_fifty_new_flags() -> None:
    with Sandbox.start(company=big_company(400), destination=Destination()) as box:
        run = await started(box)
        before = len(box.requests)
        end = await run.watch()
        assert isinstance(end, Ended)
        looks = sum(isinstance(event, Resting) and not event.trouble for event in run.events) + 1
        asked = sum("unleash" not in p or FI in p for m, p, _ in box.requests[before:] if "/client/" not in p)
        assert asked <= 2 * looks + len(end.arrived) / 50
        assert len(end.arrived) == len(run.journal.keys) == len(flags_of(box))


async def test_progress_counts_what_is_there(box: Sandbox) -> None:
    run = await run_of(box, "split")
    box.set_fault("import-slow")
    await run.to_the_end()
    moves = [event for event in run.events if isinstance(event, Moved)]
    assert [each.arrived for each in moves] == sorted(each.arrived for each in moves)
    assert sum(len(each.fresh) for each in moves) == len(run.journal.keys)
    assert {each.expected for each in moves} == {len(run.journal.keys)}


async def test_errors_hold_no_key(box: Sandbox) -> None:
    run = await run_of(box)
    token = run.bag.peek("token")
    run.context.redactor.add("tag is not valid")  # stands for a key that LaunchDarkly quotes
    box.set_fault("import-partial")
    end = await run.to_the_end()
    assert isinstance(end, Ended)
    assert not any("tag is not valid" in text or token in text for text in (*end.errors, *run.errors()))


async def test_a_flag_that_was_archived_stays_known(box: Sandbox) -> None:
    run = await run_of(box)
    await run.to_the_end()
    await run.verify()
    key = sorted(run.journal.keys)[0]
    instructed(box, key, "archiveFlag")
    plan = await planned_anew(run)
    assert plan.counts.arrive == 0
    assert new_journal.again(run.journal, plan, {}).awaited == run.journal.keys
