"""Times and events of a run as LaunchDarkly dates them, also when the import is resumed later."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace

from tests.unit.apply.test_import import compare, created, quiet, start, time_of, watch
from tests.unit.sandbox_tools import Clock, until
from tests.unit.walk_tools import configurations
from tui.apply.engine import Import
from tui.apply.journal import LeftOut, Stage
from tui.apply.start_watch import Resting, Stuck
from tui.apply.watch import STUCK_AFTER, Moved
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox
from tui.wizard.outcomes import report_of

NOW = 1_763_906_531.0
HOUR = 3_600.0


def later(run: Import, seconds: float) -> Import:
    """Another process that goes on with the same journal."""
    time_of(run).at += seconds
    return Import(run.journal, run.instance, run.bag, run.context, run.record.keep)


Dated = tuple[str, float | None]


def moved(at: float, *fresh: str, came: float | None = None, errors: tuple[Dated, ...] = ()) -> Moved:
    texts, times = tuple(text for text, _ in errors), tuple(when for _, when in errors)
    return Moved("importing", len(fresh), 9, fresh, texts, at, came_at=came, errors_at=times, changed_at=at)


def test_events_are_in_the_order_of_their_own_times() -> None:
    run = quiet()
    run._take(moved(100.0, "a", came=90.0, errors=(("early", 40.0), ("late", 95.0))))
    run._take(moved(110.0, "b", came=93.0, errors=(("middle", 91.0), ("whenever", None))))
    assert [(each.text, each.at) for each in run.news] == [
        ("whenever", 110.0), ("late", 95.0), ("b", 93.0), ("middle", 91.0), ("a", 90.0), ("early", 40.0),
    ]  # fmt: skip


def test_errors_that_the_plan_expects_are_no_warnings() -> None:
    run = quiet()
    run.record.journal = replace(run.journal, left_out=(LeftOut("old-search", "skip-exists", ""),))
    planned = run.journal.expected[0].key
    run._take(moved(5.0, errors=(("old-search exists (409)", 1.0), (f"{planned} is not valid (400)", 2.0))))
    assert [(each.level, each.expected) for each in run.news] == [("warning", False), ("note", True)]


async def test_a_practice_import_warns_of_nothing_it_foresaw(box: Sandbox) -> None:
    run, _ = await created(box)
    await start(run)
    await watch(run)
    assert any(each.expected for each in run.news), "the practice company has keys that exist and keys it refuses"
    assert not [each.text for each in run.news if each.level == "warning"]


async def test_resumed_much_later_everything_keeps_its_time() -> None:
    with Sandbox.start(now=Clock(NOW)) as box:
        run, _ = await created(box)
        await start(run)
        await watch(run, 1)
        assert run.journal.stage is Stage.STARTED
        until(lambda: ended(box, run))
        again = later(run, 5 * HOUR)
        await watch(again)
        await compare(again)
        told = report_of(again, {})
        assert told.verified
        assert told.moments["ended"] == again.changed_at == NOW
        assert {each.at for each in again.news} == {NOW}
        assert told.moments["verified"] >= NOW + 5 * HOUR


def ended(box: Sandbox, run: Import) -> bool:
    (there,) = (each for each in configurations(box) if each["_id"] == run.journal.configuration)
    return bool(there["_status"]["status"] == "complete")


async def test_a_start_that_is_found_later_began_when_it_was_sent(box: Sandbox) -> None:
    run, _ = await created(box)
    box.set_fault("lost-trigger-request")
    assert not (await start(run)).known
    box.set_fault(None)
    sent = run.journal.start_sent_at
    again = later(run, HOUR)
    again.assume(True)
    assert again.journal.started_at == sent


async def test_trouble_ends_the_promise_of_a_next_look(box: Sandbox) -> None:
    run, _ = await created(box)
    box.set_fault("import-stuck")
    await start(run)
    await watch(run, 2)
    assert promised(run)
    run.bag.put("token", TOKENS["writer"].value[:-1] + "0")
    run._take(Stuck(400.0, 1, 2, "importing", NOW))
    run._take(Resting(NOW + 50))
    await watch(run)
    assert run.trouble is not None
    assert not promised(run)


def promised(run: Import) -> bool:
    return run.resting is not None or run.stuck is not None


async def test_stuck_says_since_when(box: Sandbox) -> None:
    run, _ = await created(box)
    box.set_fault("import-stuck")
    await start(run)
    async with aclosing(run.watch()) as events:
        async for event in events:
            if isinstance(event, Stuck):
                break
    assert run.stuck is not None
    assert run.stuck.since == run.changed_at > 0
    assert run.context.now() - run.stuck.since >= STUCK_AFTER
