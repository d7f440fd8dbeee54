"""Starts from the step Run: the first, one that got lost, and one that brings what is missing."""

from __future__ import annotations

from pathlib import Path

from tests.pilot.runs import (
    FOREVER,
    Brake,
    asked,
    buttons,
    reported,
    resting,
    run_of,
    sent,
    to_run,
    to_the_end,
    watched,
)
from tests.pilot.walking import Walk
from tests.unit.run_tools import triggers
from tests.unit.sandbox_tools import FI, launchdarkly

# --- the start


async def test_created_only_says_so_and_starts_after_a_question(tmp_path: Path) -> None:
    async with sent(tmp_path, starts=False) as (walk, _):
        assert "not started" in walk.message()
        assert triggers(walk.box) == 0
        await to_run(walk)
        assert "created, not started" in watched(walk)
        assert walk.focused == "start"
        assert triggers(walk.box) == 0
        said = await asked(walk, "#start")
        assert "Start the import into web-shop?" in said
        assert f"{len(run_of(walk).journal.awaited)} flags" in said
        await walk.press("enter")  # "No" has the focus
        await walk.closed("run")
        assert triggers(walk.box) == 0
        await asked(walk, "#start")
        await walk.press("escape")
        await walk.closed("run")
        assert triggers(walk.box) == 0
        await asked(walk, "#start")
        await walk.push("#yes")
        assert "Import complete" in await reported(walk)
        assert triggers(walk.box) == 1


async def test_one_that_somebody_started_meanwhile_is_not_started_again(brake: Brake, tmp_path: Path) -> None:
    async with sent(tmp_path, starts=False) as (walk, clock):
        await to_run(walk)
        configuration = run_of(walk).journal.configuration
        with launchdarkly(walk.box) as other:
            assert other.post(f"{FI}/web-shop/unleash/{configuration}/trigger").status_code == 201
        await walk.until(brake.holds.is_set, "the import to be held")
        clock.stops_at = clock.at
        await asked(walk, "#start")
        await walk.push("#yes")
        await walk.closed("run")
        await walk.until(lambda: "already running" in watched(walk), "the headline")
        assert "Import complete" in await to_the_end(walk, clock, brake)
        assert triggers(walk.box) == 1, "the other's"


async def unsure(walk: Walk) -> None:
    """On Run, where nobody knows whether the start got through."""
    assert "can't tell whether it started" in walk.text("#timeline")
    await to_run(walk)
    assert "can't tell whether it started" in watched(walk)
    assert {"it-started", "it-did-not", "look-again"} <= buttons(walk)
    assert "start" not in buttons(walk)
    assert walk.focused == "look-again"


async def test_lost_start_is_looked_up_and_started_after_the_answer_that_it_did_not_start(tmp_path: Path) -> None:
    async with sent(tmp_path, "lost-trigger-request") as (walk, _):
        await unsure(walk)
        walk.box.set_fault(None)
        await walk.push("#look-again")
        await walk.settled()
        assert "can't tell whether it started" in watched(walk)
        await walk.push("#it-did-not")
        await walk.until(lambda: "created, not started" in watched(walk), "it to be startable")
        await walk.has_focus("start")
        assert triggers(walk.box) == 1, "the one that was lost"
        await asked(walk, "#start")
        await walk.push("#yes")
        assert "Import complete" in await reported(walk)
        assert triggers(walk.box) == 2


async def test_a_start_that_is_said_to_have_got_through_is_watched(tmp_path: Path) -> None:
    async with sent(tmp_path, "lost-trigger-request") as (walk, clock):
        await unsure(walk)
        walk.box.set_fault(None)
        clock.stops_at = clock.at + 5
        await walk.push("#it-started")
        await resting(walk, clock)
        assert "pending, started" in watched(walk)
        assert "it-started" not in buttons(walk)
        with launchdarkly(walk.box) as other:  # it does get through, late
            other.post(f"{FI}/web-shop/unleash/{run_of(walk).journal.configuration}/trigger")
        clock.stops_at = FOREVER
        assert "Import complete" in await reported(walk)
        assert triggers(walk.box) == 2, "the one that was lost, and the late one"
