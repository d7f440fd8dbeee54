"""Plan: read by itself, looked at meanwhile, stopped, read again; what must be ticked before going on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.pilot.walking import Walk, practice_app, practice_at
from tests.unit.sandbox_tools import Clock
from tui.answers import draft as drafts
from tui.answers import plan_state
from tui.net.events import Counted, Pausing
from tui.plan import words
from tui.plan.plan import FRESH_SECONDS
from tui.sandbox.server import Sandbox
from tui.screens.flag import FlagScreen
from tui.screens.losses import LossesScreen
from tui.screens.review import ReviewLine
from tui.screens.write import WriteScreen
from tui.widgets.choices import TickList
from tui.widgets.flow import Flow
from tui.widgets.sentences import Sentences

START = 1_795_442_531.0
"""23 Nov 2026 14:02:11 UTC, seconds since the epoch."""


class Held:
    """A `sleep` that lasts until it is let go: what a server has asked for stays under way."""

    def __init__(self) -> None:
        self._over = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        await self._over.wait()

    def let_go(self) -> None:
        self._over.set()


@asynccontextmanager
async def on_plan(
    folder: Path, integration: str = "unleash", fault: str | None = None, **more: Any
) -> AsyncIterator[Walk]:
    """On the step Plan, with the reading begun."""
    async with practice_app(folder, **more) as made:
        await made.jump("fields", integration)
        await made.answer(integration)
        made.box.set_fault(fault)
        await made.next()
        await made.until(lambda: made.on("plan"), "Plan")
        yield made


@asynccontextmanager
async def held_reading(folder: Path, fault: str = "source-lost-page", **more: Any) -> AsyncIterator[tuple[Walk, Held]]:
    """A reading of Split that stands still: one page of flags is here, the other is waited for."""
    held = Held()
    async with on_plan(folder, "split", fault, sleep=held, **more) as made:
        await made.until(lambda: made.app.session.reading is not None, "the reading")
        yield made, held
        held.let_go()


def head(made: Walk) -> str:
    """All that is above the list."""
    lines = ("#heading", "#purpose", "#loss-line", "#plan-cut-over")
    parts = [made.text(line) for line in lines if made.get(line).display]
    return "\n".join([*parts, made.get("#plan-counts", Flow).text, made.get("#plan-said", Sentences).text])


def rows(made: Walk) -> int:
    return len(made.plan_screen.browser.list.rows)


def lines(made: Walk, label: str) -> str:
    return "\n".join(row.line.text for row in made.app.screen.query(ReviewLine) if row.line.label == label)


# --- reading


async def test_plan_is_read_by_itself_and_again_only_on_request(tmp_path: Path) -> None:
    async with on_plan(tmp_path) as made:
        plan = await made.planned()
        counts = plan.counts
        text = head(made)
        for line in (
            f"{counts.arrive} of {counts.source} flags will be imported into web-shop",
            "Read in full",
            f"{counts.arrive} to import",
            f"{counts.invalid} can't be imported",
            f"{counts.lossy} flags lose targeting",
            f"{counts.on_at_source} flags are on now, off after; ",
        ):
            assert line in text
        assert rows(made) == counts.source
        for kind, count in plan.losses.items():
            assert f"{words.kind_label(kind)} {count}" in text
        assert made.focused == "review-losses"  # an Enter that was held too long does no harm there
        assert made.posts() == []

        await made.press("f7")
        await made.at("fields")
        requests = len(made.box.requests)
        await made.next()
        await made.at("plan")
        assert await made.planned() is plan
        assert len(made.box.requests) == requests
        await made.press("r")
        assert await made.planned() is not plan
        assert len(made.box.requests) > requests


async def test_what_is_here_can_be_looked_at_and_the_reading_be_stopped(tmp_path: Path) -> None:
    async with held_reading(tmp_path) as (made, _):
        await made.until(lambda: rows(made) == 50, "the first page")
        assert "Split flags 50 of 60" in head(made)
        assert "LaunchDarkly keys" in head(made)
        assert not made.get("#plan-losses").display
        await made.focus("#flag-rows")
        await made.press("enter")
        await made.opened(FlagScreen)
        assert "not yet" in made.shown
        await made.press("escape")
        await made.closed("plan")

        await made.next()
        assert "Still reading" in made.message()
        await made.push("#stop-reading")
        plan = await made.planned()
        assert not plan.whole
        assert made.text("#heading").startswith("INCOMPLETE: 50 of 60 flags")
        assert "You stopped reading" in head(made)


async def test_numbers_change_at_most_once_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    timer = Clock(0.0)
    async with practice_at(tmp_path, "plan", "split", timer=timer) as made:
        painted: list[float] = []
        show = made.plan_screen.head.reading

        def noted(counted: Sequence[Counted], pause: Pausing | None, now: float) -> None:
            painted.append(timer.at)
            show(counted, pause, now)

        monkeypatch.setattr(made.plan_screen.head, "reading", noted)
        began = time.monotonic()
        await made.press("r")
        await made.planned()
        # When it begins, as soon as there is a number, and once for each real second that a busy machine needs.
        assert painted[:2] == [0.0, 0.0]
        assert len(painted) <= 2 + time.monotonic() - began


async def test_a_pause_says_who_asks_whose_limit_and_when_it_ends(tmp_path: Path) -> None:
    async with held_reading(tmp_path, "source-rate-limited", now=Clock(START)) as (made, held):
        await made.until(lambda: "asks for a pause" in head(made), "the pause")
        assert "Split asks for a pause (limit of your organi" in head(made)
        assert "continues at 14:02:12" in head(made)
        held.let_go()
        plan = await made.planned()
        assert plan.whole
        assert "pause" not in head(made)


async def test_leaving_backwards_ends_the_reading(tmp_path: Path) -> None:
    async with held_reading(tmp_path) as (made, _):
        await made.until(lambda: rows(made) == 50, "the first page")
        reading = made.app.session.reading
        assert reading is not None
        await made.press("f7")
        await made.at("fields")
        assert all(job.done() for job in reading._jobs)
        assert made.draft.plan is None
        made.box.set_fault(None)
        await made.next()
        assert (await made.planned()).whole


# --- what must be ticked


async def test_each_kind_of_loss_is_confirmed_by_itself_before_going_on(tmp_path: Path) -> None:
    async with on_plan(tmp_path, "split") as made:
        plan = await made.planned()
        kinds = list(plan.losses)
        assert made.message().startswith(f"! {len(kinds)} kinds of loss not confirmed")
        assert made.focused == "review-losses"
        await made.press("enter")
        await made.opened(LossesScreen)
        await made.press("enter")  # lists the flags of one kind, and confirms nothing
        await made.closed("plan")
        assert made.draft.seen == frozenset()
        assert made.focused == "flag-rows"
        assert f"lose {words.kind_label(kinds[0])} {plan.losses[kinds[0]]}" in made.text("#flags-shown")

        await made.next()
        assert made.on("plan")
        assert made.message().startswith(f"✗ {len(kinds)} kinds of loss not confirmed")
        assert made.focused == "review-losses"
        await made.push("#review-losses")
        await made.opened(LossesScreen)
        for left in range(len(kinds), 0, -1):
            assert len(plan_state.unseen(made.draft)) == left
            await made.press("space", "down")
        await made.press("escape")
        await made.closed("plan")
        assert made.message().startswith("✓")
        await made.press("l")
        await made.opened(LossesScreen)
        made.get("#loss-kinds", TickList).go_to(kinds[2])
        await made.press("space", "escape")
        await made.closed("plan")
        await made.next()
        assert made.on("plan")
        await made.push("#review-losses")
        await made.opened(LossesScreen)
        assert made.get("#loss-kinds", TickList).at == kinds[2]
        await made.press("a", "escape")
        await made.closed("plan")
        await made.next()
        await made.at("review")
        assert lines(made, "Plan").startswith(f"{plan.counts.arrive} of {plan.counts.source} flags will be imported")


async def test_incomplete_plan_has_a_tick_of_its_own_and_no_json(tmp_path: Path) -> None:
    async with on_plan(tmp_path, "split", "source-lost-page") as made:
        plan = await made.planned()
        assert not plan.whole
        assert "INCOMPLETE" in made.text("#heading")
        await made.press("w")
        await made.opened(WriteScreen)
        assert not made.app.screen.query("#json")
        await made.press("enter")
        await made.closed("plan")
        await made.until(lambda: list(made.folder.glob("plan-*.md")), "the file")
        (path,) = made.folder.glob("plan-*.md")
        assert "INCOMPLETE" in path.read_text("utf-8")

        await made.next()
        assert made.on("plan")
        assert made.focused == "go-without"
        await made.press("enter")
        assert not made.draft.without_plan
        await made.press("space")
        await made.next()
        await made.at("review")
        assert "INCOMPLETE" in lines(made, "Plan")
        await made.press("f7")
        await made.at("plan")
        assert await made.planned() is plan  # the person has settled for it


async def test_no_flag_at_all_is_a_problem_with_its_own_sentence(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "fields") as made:
        await made.paste("#field-sourceTag", "simple:nobody-has-it")
        await made.next()
        await made.at("plan")
        assert (await made.planned()).counts.source == 0
        assert "0 flags match" in head(made)
        assert not made.get("#flags").display
        assert made.get("#go-without").display


async def test_unreachable_source_is_read_again_without_losing_answers(tmp_path: Path) -> None:
    async with on_plan(tmp_path, fault="source-down") as made:
        before = drafts.values(made.draft)
        plan = await made.planned()
        assert not plan.whole
        assert plan.failure is not None
        assert plan.failure.what in head(made)
        made.box.set_fault(None)
        await made.push("#read-again")
        assert (await made.planned()).whole
        assert drafts.values(made.draft) == before


async def test_refused_key_leads_to_its_field(tmp_path: Path) -> None:
    async with on_plan(tmp_path, "split", "source-unauthorized") as made:
        plan = await made.planned()
        assert plan.failure is not None
        assert plan.failure.status_code == 401
        assert plan.failure.what in head(made)
        await made.push("#to-field")
        await made.at("keys")
        await made.has_focus("field-workspaceApiKey")


# --- out of date


async def test_plan_that_expires_is_read_again_before_anything_is_sent(tmp_path: Path) -> None:
    clock = Clock(START)
    async with practice_app(tmp_path, box=Sandbox.start(now=clock), now=clock) as made:
        await made.jump("review")
        clock.at += FRESH_SECONDS + 1
        await made.push("#next")
        await made.at("plan")
        assert (await made.planned()).read_at == clock.at
        assert made.posts() == []

        clock.at += FRESH_SECONDS + 1
        await made.next()
        assert made.on("plan")
        assert "out of date" in made.message()
        assert made.focused == "read-again"
        await made.press("enter")
        assert (await made.planned()).read_at == clock.at
        await made.next()
        await made.at("review")

        clock.at += FRESH_SECONDS + 1
        made.app.show_step()
        await made.at("review")
        assert "out of date" in lines(made, "Plan")
        assert "out of date" in made.message()


async def test_review_lists_what_is_on_now_and_a_changed_answer_is_planned_again(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "review") as made:
        plan = made.draft.plan
        assert plan is not None
        assert lines(made, "Cutover").startswith(f"{plan.counts.on_at_source} flags are on now")
        row = next(row for row in made.app.screen.query(ReviewLine) if row.line.label == "Cutover")
        button = row.query_one(".change")
        button.focus()
        await made.until(lambda: button.has_focus, "List")
        await made.press("enter")
        await made.at("plan")
        assert rows(made) == plan.counts.on_at_source
        assert f"on now {plan.counts.on_at_source}" in made.text("#flags-shown")
        assert "Review" in made.text("#next")
        await made.next()
        await made.at("review")

        await made.push(".to-fields")
        await made.at("fields")
        await made.paste("#field-sourceTag", "simple:payments")
        assert plan_state.out_of_date(made.draft)
        await made.next()
        await made.at("plan")
        assert (await made.planned()).counts.source < plan.counts.source
        await made.tick_all()
        await made.next()
        await made.at("review")
        await made.send()
        assert len(made.created()) == 1
