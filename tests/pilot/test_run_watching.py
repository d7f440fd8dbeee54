"""The step Run while the import runs: what is shown, what may be pressed, and a token that is refused in the middle."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pilot.runs import (
    FOREVER,
    Brake,
    Clock,
    buttons,
    looks,
    reported,
    reporting,
    resting,
    run_of,
    running,
    sent,
    strike,
    to_run,
    to_the_end,
    told,
    watched,
)
from tests.unit.run_tools import creates, triggers
from tests.unit.sandbox_tools import FI
from tui.apply.watch import STUCK_AFTER
from tui.sandbox.keys import TOKENS
from tui.screens.dialogs import Question
from tui.screens.help import HelpScreen
from tui.screens.token import TokenScreen
from tui.screens.write import WriteScreen
from tui.text.times import time_of_day


async def test_progress_is_shown_as_it_comes(brake: Brake, tmp_path: Path) -> None:
    async with running(tmp_path, brake) as (walk, clock):
        run = run_of(walk)
        assert 0 < run.arrived < len(run.journal.awaited)
        text = watched(walk)
        assert "Unleash default production: importing, started at " in text
        assert f"{run.arrived} of {len(run.journal.awaited)} flags" in text
        assert "Last change " in text
        assert "Next check " in text
        assert [each.key for each in run.journal.expected if f" {each.key}, " in text]
        assert "You can quit" in text
        assert not reporting(walk)
        assert walk.focused == "look-now"
        assert walk.text("#next") == "Quit"
        assert buttons(walk) == {"back", "next", "look-now", "fault"}
        await walk.press("f1")
        await walk.opened(HelpScreen)
        assert "can't stop a running import" in walk.shown
        await walk.press("escape")
        await walk.press("w")
        await walk.opened(WriteScreen)
        await walk.push("#md")
        await walk.closed("run")
        (path,) = walk.folder.glob("*.md")
        assert "not finished when last checked" in path.read_text("utf-8")
        assert not reporting(walk)
        await to_the_end(walk, clock, brake)
        assert told(walk) == len(run.journal.expected)
        assert triggers(walk.box) == 1


@pytest.mark.parametrize(
    ("fault", "headline"),
    [("unknown-status", "reconciling, started"), ("started-by-create", "importing, already running when checked at ")],
)
async def test_headline_shows_the_status_as_launchdarkly_reports_it(
    brake: Brake, tmp_path: Path, fault: str, headline: str
) -> None:
    async with running(tmp_path, brake, fault) as (walk, clock):
        assert headline in watched(walk)
        assert "Import complete" in await to_the_end(walk, clock, brake)
        assert triggers(walk.box) <= 1  # still pending when its status was read: answered 409


async def test_stuck_says_so_and_offers_no_second_start(tmp_path: Path) -> None:
    async with sent(tmp_path, "import-stuck", stops=STUCK_AFTER + 60) as (walk, clock):
        await to_run(walk)
        await resting(walk, clock)
        text = watched(walk)
        assert "No progress since " in text
        assert f" 3 of {len(run_of(walk).journal.awaited)} flags imported" in text
        assert "status is importing" in text
        assert "Don't start the import again" in text
        assert "No progress since " in walk.message()
        assert buttons(walk) == {"back", "next", "look-now", "fault"}
        clock.stops_at += 60
        await resting(walk, clock)
        stuck = run_of(walk).stuck
        assert stuck is not None
        since = time_of_day(stuck.since, clock.now())
        assert since in watched(walk)
        assert since in walk.message()
        assert triggers(walk.box) == 1


async def test_look_now_waits_two_seconds_and_quitting_leaves_the_import_running(brake: Brake, tmp_path: Path) -> None:
    async with running(tmp_path, brake, seconds=60) as (walk, clock):
        clock.stops_at = clock.at
        before = looks(walk)
        await walk.press("r", "r", "r")
        await walk.pilot.pause()
        assert looks(walk) == before
        clock.stops_at = clock.at + 2.1
        await walk.until(lambda: looks(walk) == before + 1, "one look")
        await resting(walk, clock)
        clock.stops_at = clock.at + 2.1
        await walk.push("#look-now")
        await walk.until(lambda: looks(walk) == before + 2, "another")
        await resting(walk, clock)
        assert looks(walk) == before + 2
        await walk.push("#next")
        await walk.opened(Question)
        await walk.push("#yes")
        await walk.until(lambda: walk.left, "the wizard to be left")
        assert "Its import goes on" not in walk.app.farewell, "practice ends with its servers"
        assert run_of(walk).journal.configuration in walk.app.farewell


@pytest.mark.parametrize(("fault", "words"), [("server-gone", "Checking again at"), ("watch-rate-limited", "(429)")])
async def test_lost_connection_or_pause_is_shown_until_the_next_look(
    brake: Brake, tmp_path: Path, fault: str, words: str
) -> None:
    timed = Clock()
    running_ = running(tmp_path, brake, then=fault, clock=timed, now=timed.now)
    async with running_ as (walk, clock):
        for _ in range(6):  # the first look may have come before the fault, which strikes each third one
            if words not in walk.message():
                rest = run_of(walk).resting
                assert rest is not None
                clock.stops_at = rest.until + 0.1
                await resting(walk, clock)
        assert words in walk.message()
        assert "The import isn't affected" in walk.message()
        assert run_of(walk).trouble is None
        assert "Import complete" in await to_the_end(walk, clock, brake)
        assert words not in walk.message()
        assert triggers(walk.box) == 1


async def test_leaving_and_coming_back_doubles_nothing(brake: Brake, tmp_path: Path) -> None:
    async with running(tmp_path, brake) as (walk, clock):
        for _ in range(3):
            await walk.press("f7")
            await walk.at("submit")
            assert "Created" in walk.shown
            clock.stops_at += 2.0
            await to_run(walk)
            await resting(walk, clock)
            assert told(walk) == run_of(walk).arrived
        await to_the_end(walk, clock, brake)
        assert told(walk) == run_of(walk).arrived == len(run_of(walk).journal.expected)
        errors = [each.text for each in run_of(walk).news if each.level != "ok"]
        assert len(errors) == len(set(errors)) > 0
        assert (triggers(walk.box), creates(walk.box)) == (1, 1)
        before = len(walk.box.requests)
        await walk.press("f7")
        await walk.at("submit")
        await to_run(walk)
        assert "Import complete" in await reported(walk)
        assert len(walk.box.requests) == before, "a report that was made is shown again without asking"


# --- a token that is refused in the middle


async def test_another_token_goes_on_where_one_was_refused(
    brake: Brake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, brake) as (walk, clock):
        strike(monkeypatch, walk.box, "GET", f"{FI}/.*/.*/.*", 401)
        brake.let_off()
        clock.stops_at = FOREVER
        await walk.until(lambda: "rejected your access token (401)" in watched(walk), "the refusal")
        await walk.settled()
        assert {"token", "look-again"} <= buttons(walk)
        assert "look-now" not in buttons(walk)
        await walk.push("#look-again")
        await walk.settled()
        assert "rejected your access token (401)" in watched(walk)
        await walk.push("#token")
        await walk.opened(TokenScreen)
        await walk.has_focus("token")
        await walk.paste("#token", TOKENS["writer"].value[:-1] + "0")
        await walk.press("enter")
        await walk.until(lambda: "(401)" in walk.text("#sheet-message"), "the other's refusal")
        await walk.paste("#token", TOKENS["writer"].value)
        walk.box.set_fault(None)
        await walk.press("enter")
        await walk.closed("run")
        assert "Import complete" in await reported(walk)
        assert (triggers(walk.box), creates(walk.box)) == (1, 1)
        assert told(walk) == len(run_of(walk).journal.expected)
        assert TOKENS["writer"].value not in walk.app.export_screenshot()
