"""The step Run, from Review's button to the report: every fault ends in the right words, and in one import."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.pilot.runs import (
    Brake,
    Clock,
    asked,
    buttons,
    ended,
    listed,
    on_run,
    refuse,
    report,
    reported,
    reporting,
    run_of,
    sent,
    to_run,
    watched,
)
from tests.pilot.walking import Walk
from tests.unit.manage_tools import patches
from tests.unit.run_tools import creates, flags_of, triggers
from tests.unit.sandbox_tools import FI, launchdarkly
from tui.flagimport.watch import STUCK_AFTER
from tui.sandbox.keys import TOKENS, UNLEASH_KEYS
from tui.screens.configuration_dialogs import DifferenceQuestion
from tui.screens.configuration_edit import EditScreen
from tui.screens.dialogs import Question
from tui.screens.help import HelpScreen
from tui.screens.token import TokenScreen
from tui.screens.undo import UndoScreen
from tui.screens.write import WriteScreen

FOREVER = math.inf


def arrived(walk: Walk) -> int:
    """How many of the planned flags the project has, as another client sees it."""
    return len(flags_of(walk.box).keys() & run_of(walk).journal.keys)


def swapped(walk: Walk) -> set[str]:
    """The flags whose default variations are not those of the plan, where that knows them."""
    there = {key: each["defaults"] for key, each in flags_of(walk.box).items() if "defaults" in each}
    return {
        each.key
        for each in run_of(walk).journal.expected
        for planned, side in ((each.on, "onVariation"), (each.off, "offVariation"))
        if planned is not None and each.key in there and there[each.key][side] != planned
    }


def looks(walk: Walk) -> int:
    """How often the configuration was read."""
    configuration = run_of(walk).journal.configuration
    return sum(method == "GET" and path.endswith(f"/{configuration}") for method, path, _ in walk.box.requests)


def told(walk: Walk) -> int:
    """How many arrivals the news speak of: names, and "5 more"."""
    count = 0
    for each in run_of(walk).news:
        if each.level == "ok":
            names, _, more = each.text.partition(" and ")
            count += len(names.split(", ")) + int(more.removesuffix(" more") or 0)
    return count


# --- every fault


@dataclass(frozen=True)
class End:
    """What the report says, in which {n} is the number planned, and what Submit has said before.

    `came` gives the number of flags that arrive of the number planned.
    """

    says: tuple[str, ...]
    on_submit: str = "201, start queued"
    triggers: int = 1
    came: tuple[int, int] = (1, 1)
    """The share of the new flags that arrive: so many of so many."""
    offers: frozenset[str] = frozenset()


def share(n: int, of: tuple[int, int]) -> int:
    """All of n but each so many-th, where not all arrive."""
    arriving, every = of
    return 0 if not arriving else n if every == 1 else n - n // every


WHOLE = ("Ended COMPLETE", "All {n} arrived, nothing is missing or different.", "checked {n} as planned")
FEW = frozenset({"again", "list-missing"})
BY_FAULT: dict[str, End] = {
    "none": End(WHOLE),
    "import-slow": End(WHOLE),
    "import-partial": End(
        ("Ended PARTIAL", "{came} of {n} arrived, {rest} missing.", "tag is not valid", "only the {rest} flags"),
        came=(3, 4),
        offers=FEW,
    ),
    "import-failed": End(
        ("Ended FAILED", "None of {n} arrived, {n} missing.", "The import could not be finished (500)"),
        came=(0, 1),
        offers=FEW,
    ),
    "source-refused-at-import": End(
        ("Ended FAILED", "None of {n} arrived", "The source refused the request (401)", "Replace a key"),
        came=(0, 1),
        offers=FEW | {"replace"},
    ),
    "import-error-then-success": End((*WHOLE, "The source did not answer, trying again (503)")),
    "stale-complete": End(WHOLE),
    "unknown-status": End(WHOLE),
    "started-by-create": End(WHOLE, "not started once more", 0),
    "trigger-conflict": End(WHOLE, "it runs already     409"),
    "lost-trigger-answer": End(WHOLE, "its answer was lost; the status shows it"),
    "flags-dropped": End(("Ended COMPLETE", "{came} of {n} arrived, {rest} missing."), came=(4, 5), offers=FEW),
    "default-swapped": End(
        ("Ended COMPLETE", "All {n} arrived, {swapped} different.", "variation"), offers=frozenset({"list-different"})
    ),
    "tag-left-out": End(
        ("Ended COMPLETE", "All {n} arrived, {fifth} different.", "tags none, planned imported-from-unleash"),
        offers=frozenset({"list-different"}),
    ),
    "watch-rate-limited": End(WHOLE),
    "server-gone": End(WHOLE),
    "lost-answer": End(WHOLE, "going on with it; nothing is sent twice"),
}


@pytest.mark.parametrize("fault", BY_FAULT)
async def test_each_fault_ends_in_the_right_words(fault: str, tmp_path: Path) -> None:
    end = BY_FAULT[fault]
    async with sent(tmp_path, None if fault == "none" else fault) as (walk, _):
        assert end.on_submit in walk.text("#timeline")
        await to_run(walk)
        text = await reported(walk)
        n = len(run_of(walk).journal.expected)
        came = share(n, end.came)
        numbers = {"n": n, "came": came, "rest": n - came, "fifth": n // 5, "swapped": len(swapped(walk))}
        assert [words for each in end.says if (words := each.format(**numbers)) not in text] == []
        assert arrived(walk) == run_of(walk).arrived == came
        assert end.offers <= buttons(walk)
        assert ("again" in buttons(walk)) == (came < n)
        assert triggers(walk.box) == end.triggers
        assert (creates(walk.box), walk.created()) == (1, ["Unleash default production"])
        assert told(walk) == came
        assert walk.text("#next") == "[ Done ]"


async def test_split_is_imported_in_the_same_way(tmp_path: Path) -> None:
    async with ended(tmp_path, integration="split") as walk:
        assert "Ended COMPLETE" in report(walk)
        assert "Tags:" not in report(walk)
        assert arrived(walk) == len(run_of(walk).journal.expected)


async def test_what_the_plan_foresaw_is_no_news(tmp_path: Path) -> None:
    async with ended(tmp_path) as walk:
        refused = [each for each in run_of(walk).journal.left_out if not each.verdict.startswith("skip-")]
        assert refused
        assert f"foreseen {len(refused)} errors about flags that the plan left out" in report(walk)
        assert "reported" not in report(walk)


async def test_nothing_is_shown_where_nothing_was_created(tmp_path: Path) -> None:
    async with sent(tmp_path, "unauthorized") as (walk, _):
        assert "next" not in buttons(walk)
        await walk.next()
        assert walk.on("submit")
        assert triggers(walk.box) == 0


# --- while it runs


@pytest.fixture
def brake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Brake]:
    made = Brake(monkeypatch)
    yield made
    made.let_off()


@asynccontextmanager
async def running(
    folder: Path, brake: Brake, fault: str | None = None, then: str | None = None, seconds: float = 5.0, **more: Any
) -> AsyncIterator[tuple[Walk, Clock]]:
    """An import that is held in the middle, watched for some seconds; then the clock stands still too.

    From when it is held on there is the fault `then`.
    """
    async with sent(folder, fault, **more) as (walk, clock):
        await walk.until(brake.holds.is_set, "the import to be held")
        walk.box.set_fault(then)
        clock.stops_at = clock.at + seconds
        await to_run(walk)
        await resting(walk, clock)
        yield walk, clock


async def resting(walk: Walk, clock: Clock) -> None:
    """Wait until the next look lies behind the moment at which the clock stands still."""

    def rests() -> bool:
        until = run_of(walk).resting
        return until is not None and until.until > clock.stops_at

    await walk.until(rests, "a rest that lasts")
    await walk.pilot.pause()


async def to_the_end(walk: Walk, clock: Clock, brake: Brake) -> str:
    clock.stops_at = FOREVER
    brake.let_off()
    return await reported(walk)


async def test_progress_is_shown_as_it_comes(brake: Brake, tmp_path: Path) -> None:
    async with running(tmp_path, brake) as (walk, clock):
        run = run_of(walk)
        assert 0 < run.arrived < len(run.journal.awaited)
        text = watched(walk)
        assert "Unleash default production importing, started " in text
        assert f"{run.arrived} of {len(run.journal.awaited)} arrived" in text
        assert "last change " in text
        assert "next look " in text
        assert [each.key for each in run.journal.expected if f" {each.key}, " in text]
        assert "leave" in text
        assert not reporting(walk)
        assert walk.focused == "look-now"
        assert walk.text("#next") == "[ Leave it running ]"
        assert buttons(walk) == {"back", "next", "look-now", "fault"}
        await walk.press("f1")
        await walk.opened(HelpScreen)
        assert "cannot" in walk.shown or "no way" in walk.shown or "no cancel" in walk.shown
        await walk.press("escape")
        await to_the_end(walk, clock, brake)
        assert told(walk) == len(run.journal.expected)
        assert triggers(walk.box) == 1


async def test_a_status_that_nobody_knows_is_shown_as_it_is(brake: Brake, tmp_path: Path) -> None:
    async with running(tmp_path, brake, "unknown-status") as (walk, clock):
        assert "reconciling, started" in watched(walk)
        await to_the_end(walk, clock, brake)


async def test_an_import_that_runs_already_is_said_to(brake: Brake, tmp_path: Path) -> None:
    async with running(tmp_path, brake, "started-by-create") as (walk, clock):
        assert "importing, was running already, " in watched(walk)
        await to_the_end(walk, clock, brake)
        assert triggers(walk.box) == 0


async def test_stuck_says_so_and_offers_no_second_start(tmp_path: Path) -> None:
    async with sent(tmp_path, "import-stuck") as (walk, clock):
        clock.stops_at = clock.at + STUCK_AFTER + 60
        await to_run(walk)
        await resting(walk, clock)
        text = watched(walk)
        assert "Nothing has moved for " in text
        assert f" minutes (3 of {len(run_of(walk).journal.awaited)})" in text
        assert "the status still says importing" in text
        assert "Do not start again" in text
        assert "Stuck: nothing has moved for " in walk.message()
        assert buttons(walk) == {"back", "next", "look-now", "fault"}
        clock.stops_at += 60
        await resting(walk, clock)
        assert "Nothing has moved" in watched(walk)
        assert triggers(walk.box) == 1


async def test_look_now_looks_at_once_but_not_twice_within_two_seconds(brake: Brake, tmp_path: Path) -> None:
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


async def test_a_lost_connection_is_told_with_the_next_try(brake: Brake, tmp_path: Path) -> None:
    async with running(tmp_path, brake, then="server-gone", seconds=12.0) as (walk, clock):
        assert "Trying again at" in walk.message()
        assert "the import is not affected" in walk.message()
        assert run_of(walk).trouble is None
        assert "Ended COMPLETE" in await to_the_end(walk, clock, brake)
        assert "Trying again" not in walk.message()
        assert triggers(walk.box) == 1


async def test_a_pause_that_is_asked_for_is_told(brake: Brake, tmp_path: Path) -> None:
    timed = Clock()
    third = 5.1  # seconds until the third look, which is refused
    running_ = running(tmp_path, brake, then="watch-rate-limited", seconds=third, clock=timed, now=timed.now)
    async with running_ as (walk, clock):
        assert "(429)" in walk.message()
        assert "the import is not affected" in walk.message()
        assert "Ended COMPLETE" in await to_the_end(walk, clock, brake)
        assert "(429)" not in walk.message()


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
        errors = [each.text for each in run_of(walk).news if each.level == "warning"]
        assert len(errors) == len(set(errors)) > 0
        assert (triggers(walk.box), creates(walk.box)) == (1, 1)
        before = len(walk.box.requests)
        await walk.press("f7")
        await walk.at("submit")
        await to_run(walk)
        assert "Ended COMPLETE" in await reported(walk)
        assert len(walk.box.requests) == before, "a report that was made is shown again without asking"


async def test_leave_it_running_leaves(brake: Brake, tmp_path: Path) -> None:
    async with running(tmp_path, brake) as (walk, _):
        await walk.push("#next")
        await walk.until(lambda: walk.left, "the wizard to be left")
        assert "Its import goes on" not in walk.app.farewell, "practice ends with its servers"
        assert run_of(walk).journal.configuration in walk.app.farewell


@pytest.mark.parametrize("size", [(80, 24), (60, 16)])
async def test_everything_is_reached_by_keys_alone(size: tuple[int, int], tmp_path: Path) -> None:
    async with ended(tmp_path, "import-partial", size=size) as walk:
        wanted = buttons(walk)
        seen = set()
        for _ in range(2 * len(wanted)):
            await walk.press("tab")
            await walk.in_view()
            seen.add(walk.focused)
        assert wanted <= seen


# --- a token that is refused in the middle


async def test_another_token_goes_on_where_one_was_refused(
    brake: Brake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, brake) as (walk, clock):
        refuse(monkeypatch, walk.box, 401, "GET", f"{FI}/.*/.*/.*")
        brake.let_off()
        clock.stops_at = FOREVER
        await walk.until(lambda: "refused your token (401)" in watched(walk), "the refusal")
        await walk.settled()
        assert {"token", "look-again"} <= buttons(walk)
        assert "look-now" not in buttons(walk)
        await walk.push("#look-again")
        await walk.settled()
        assert "refused your token (401)" in watched(walk)
        await walk.push("#token")
        await walk.opened(TokenScreen)
        await walk.has_focus("token")
        await walk.paste("#token", TOKENS["writer"].value[:-1] + "0")
        await walk.press("enter")
        await walk.until(lambda: "refused your token (401)" in walk.text("#sheet-message"), "the other's refusal")
        await walk.paste("#token", TOKENS["writer"].value)
        walk.box.set_fault(None)
        await walk.press("enter")
        await walk.closed("run")
        assert "Ended COMPLETE" in await reported(walk)
        assert (triggers(walk.box), creates(walk.box)) == (1, 1)
        assert told(walk) == len(run_of(walk).journal.expected)
        assert TOKENS["writer"].value not in walk.app.export_screenshot()


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
        assert "Ended COMPLETE" in await reported(walk)
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
        await walk.until(lambda: "was running already" in watched(walk), "the headline")
        assert "Ended COMPLETE" in await to_the_end(walk, clock, brake)
        assert triggers(walk.box) == 1, "the other's"


async def unsure(walk: Walk) -> None:
    """On Run, where nobody knows whether the start got through."""
    assert "not known" in walk.text("#timeline")
    await to_run(walk)
    assert "whether it was started is not known" in watched(walk)
    assert {"it-started", "it-did-not", "look-again"} <= buttons(walk)
    assert "start" not in buttons(walk)
    assert walk.focused == "look-again"


async def test_a_start_that_is_lost_is_asked_about_and_started_once_it_is_said_not_to_be(tmp_path: Path) -> None:
    async with sent(tmp_path, "lost-trigger-request") as (walk, _):
        await unsure(walk)
        walk.box.set_fault(None)
        await walk.push("#it-did-not")
        await walk.until(lambda: "created, not started" in watched(walk), "it to be startable")
        await walk.has_focus("start")
        assert triggers(walk.box) == 1, "the one that was lost"
        await asked(walk, "#start")
        await walk.push("#yes")
        assert "Ended COMPLETE" in await reported(walk)
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
        assert "Ended COMPLETE" in await reported(walk)
        assert triggers(walk.box) == 2, "the one that was lost, and the late one"


async def test_a_start_that_shows_late_is_found_by_looking_again(tmp_path: Path) -> None:
    async with sent(tmp_path, "lost-trigger-request") as (walk, _):
        await unsure(walk)
        walk.box.set_fault(None)
        await walk.push("#look-again")
        await walk.settled()
        assert "whether it was started is not known" in watched(walk)
        assert triggers(walk.box) == 1
        with launchdarkly(walk.box) as other:
            other.post(f"{FI}/web-shop/unleash/{run_of(walk).journal.configuration}/trigger")
        await walk.push("#look-again")
        assert "Ended COMPLETE" in await reported(walk)
        assert triggers(walk.box) == 2


async def test_start_again_brings_only_what_is_missing(tmp_path: Path) -> None:
    async with ended(tmp_path, "import-partial") as walk:
        before = {key: flag["creationDate"] for key, flag in flags_of(walk.box).items()}
        missing = len(run_of(walk).journal.awaited) - arrived(walk)
        walk.box.set_fault("stale-complete")
        said = await asked(walk, "#again")
        assert "into web-shop again?" in said
        assert f"{missing} flags are missing" in said
        await walk.press("enter")
        await walk.closed("run")
        assert triggers(walk.box) == 1
        assert reporting(walk)
        await asked(walk, "#again")
        await walk.push("#yes")
        await walk.until(lambda: run_of(walk).verification is None, "the second start")
        text = await reported(walk)
        assert "Ended COMPLETE" in text
        assert f"All {len(run_of(walk).journal.expected)} arrived" in text
        assert told(walk) == missing
        after = {key: flag["creationDate"] for key, flag in flags_of(walk.box).items()}
        assert {key: after[key] for key in before} == before
        assert (triggers(walk.box), creates(walk.box)) == (2, 1)


# --- the report


async def test_a_key_is_replaced_and_the_import_started_again(tmp_path: Path) -> None:
    async with ended(tmp_path, "source-refused-at-import") as walk:
        assert walk.focused in buttons(walk)
        lines = report(walk)
        assert lines.index("Replace a key") < lines.index("Start again")
        await walk.push("#replace")
        await walk.opened(EditScreen)
        assert not walk.app.screen.query("#config-name")
        assert not patches(walk.box)
        walk.box.set_fault(None)
        await walk.paste("#field-sourceApiKey", UNLEASH_KEYS["sdk"].value)
        await walk.push("#difference")
        await walk.opened(DifferenceQuestion)
        await walk.push("#yes")
        await walk.closed("run")
        assert "The key was replaced" in walk.message()
        assert patches(walk.box) == 1
        await asked(walk, "#again")
        await walk.push("#yes")
        await walk.until(lambda: run_of(walk).verification is None, "the second start")
        assert "Ended COMPLETE" in await reported(walk)
        assert UNLEASH_KEYS["sdk"].value not in walk.app.export_screenshot()


async def test_the_lists_behind_the_buttons(tmp_path: Path) -> None:
    async with ended(tmp_path, "import-partial") as walk:
        made = run_of(walk).report()
        missing = await listed(walk, "#list-missing")
        assert missing.startswith("Missing")
        assert all(f"\n{each.key}\n  LaunchDarkly: " in f"\n{missing}\n" for each in made.missing)
        assert "tag is not valid" in missing
        errors = await listed(walk, "#list-errors")
        assert all(each.text in errors for each in made.errors)
        rebuild = await listed(walk, "#list-rebuild")
        assert all(row.key in rebuild for row in made.rebuild)
        cut_over = await listed(walk, "#list-cut-over")
        assert cut_over.count("[ ] ") == len(made.cut_over) > 0
        assert "Tags: " in await listed(walk, "#list-not-compared")
        assert walk.focused == "list-not-compared"


async def test_differences_stand_side_by_side(tmp_path: Path) -> None:
    async with ended(tmp_path, "default-swapped") as walk:
        different = await listed(walk, "#list-different")
        made = run_of(walk).report().different
        assert {key for key, _ in made} == swapped(walk) != set()
        for key, unlike in made:
            assert f"\n{key}\n  {unlike[0].what}\n    planned  " in different
        assert "    there    " in different


async def test_the_report_is_written_in_three_forms(tmp_path: Path) -> None:
    async with ended(tmp_path, "import-partial") as walk:
        before = set(walk.folder.iterdir())
        for kind in ("html", "md", "json"):
            if kind == "html":
                await walk.push("#write")
            else:
                await walk.press("w")
            await walk.opened(WriteScreen)
            await walk.push(f"#{kind}")
            await walk.closed("run")
            assert "Saved " in walk.message()
            assert "it holds no key" in walk.message()
        files = {path.suffix: path for path in set(walk.folder.iterdir()) - before}
        assert set(files) == {".html", ".md", ".json"}
        session = walk.app.session
        keys = [session.bag.peek(key) or "" for key in session.bag.keys()]  # noqa: SIM118 - a bag is no mapping
        assert len(keys) == 3
        for path in files.values():
            assert path.stat().st_mode & 0o777 == 0o600
            text = path.read_text("utf-8")
            assert "Ended PARTIAL" in text
            assert not [key for key in keys if key in text]
        counts = json.loads(files[".json"].read_text("utf-8"))["counts"]
        assert counts["arrived"] == arrived(walk)
        await walk.press("w")
        await walk.opened(WriteScreen)
        await walk.press("escape")
        await walk.closed("run")
        assert len(set(walk.folder.iterdir()) - before) == 3


async def test_a_report_before_the_end_says_that_nobody_has_compared(brake: Brake, tmp_path: Path) -> None:
    async with running(tmp_path, brake) as (walk, _):
        await walk.press("w")
        await walk.opened(WriteScreen)
        await walk.push("#md")
        await walk.closed("run")
        (path,) = walk.folder.glob("*.md")
        assert "nobody has seen its end" in path.read_text("utf-8")
        assert not reporting(walk)


async def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("no folder")
    async with ended(taken) as walk:
        await walk.press("w")
        await walk.opened(WriteScreen)
        await walk.push("#html")
        await walk.closed("run")
        assert "could not be written" in walk.message()


async def test_r_on_the_report_compares_once_more(tmp_path: Path) -> None:
    async with ended(tmp_path) as walk:
        key = run_of(walk).journal.expected[0].key
        with launchdarkly(walk.box) as other:
            assert other.delete(f"/api/v2/flags/web-shop/{key}").status_code == 204
        await walk.press("r")
        await walk.until(lambda: "1 missing" in report(walk), "the comparison")
        await walk.settled()
        assert key in await listed(walk, "#list-missing")
        assert triggers(walk.box) == 1


async def test_a_comparison_that_fails_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with sent(tmp_path) as (walk, _):
        refuse(monkeypatch, walk.box, 500, "GET", "/api/v2/projects/web-shop/environments")
        await to_run(walk)
        await walk.until(lambda: "look-again" in buttons(walk), "the failure")
        assert "(500)" in watched(walk)
        walk.box.set_fault(None)
        await walk.push("#look-again")
        assert "Ended COMPLETE" in await reported(walk)


async def test_foreign_text_stays_text(tmp_path: Path) -> None:
    async with ended(tmp_path, "hostile-text") as walk:
        assert all(c.isprintable() or c == "\n" for c in walk.shown)
        assert "[bold red]x[/]" in await listed(walk, "#list-different")


async def test_the_list_of_undo_opens_from_the_report(tmp_path: Path) -> None:
    async with ended(tmp_path) as walk:
        await walk.push("#undo")
        await walk.opened(UndoScreen)
        await walk.press("escape")
        await walk.closed("run")
        assert not isinstance(walk.app.screen, Question)
        assert not [path for path in walk.posts() if path.startswith("/api/v2/flags")]
        await on_run(walk)
