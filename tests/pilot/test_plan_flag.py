"""One flag opened: what arrives, what is lost, the source's definition; and the plan in a file."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import replace
from pathlib import Path

from tests.pilot.plans import FEW, made, showing
from tests.pilot.walking import Walk, practice_at
from tests.unit.plan_tools import flag
from tui.screens.flag import FlagScreen
from tui.screens.plan import PlanScreen
from tui.screens.write import WriteScreen
from tui.sources.flags import Variation
from tui.targeting.losses import SEGMENTS
from tui.widgets.flow import Flow
from tui.widgets.json_tree import JsonTree
from tui.widgets.rebuild_view import RebuildView

TREATMENTS = (Variation("blue", "blue"), Variation("green", "green"))


async def opened(walk: Walk, key: str) -> None:
    """Find a flag and open it."""
    await walk.press("/", *key, "enter", "enter")
    await walk.opened(FlagScreen)


def title(walk: Walk) -> str:
    return walk.get("#flag-title", Flow).text


def page(walk: Walk) -> str:
    return walk.text("#flag-page")


async def test_a_flag_of_the_practice_company_is_told_whole(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "plan", "split") as walk:
        plan = walk.draft.plan
        assert plan is not None
        await opened(walk, "checkout-v2")
        assert title(walk) == "checkout-v2  ✓ import  ! loses 2 kinds of targeting  on at the source  flag 1 of 1"
        said = page(walk)
        for text in ("Imported as", "string:", "off in every environment", "Description", "imported-from-split"):
            assert text in said
        for kind in ("percentage rollout", "targeting rules"):
            assert f"! {kind}" in said


async def rebuilt(walk: Walk) -> str:
    await walk.until(lambda: bool(walk.app.screen.query(RebuildView)), "its translation")
    return page(walk)


async def test_a_flag_shows_the_rules_of_both_sides_and_what_differs(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "plan", "split", size=(120, 60)) as walk:
        await walk.until(lambda: "Rebuild: " in walk.shown, "the grades")
        assert re.search(r"Rebuild: \d+ faithful, \d+ approximate, \d+ by hand, \d+ not checked", walk.shown)
        await opened(walk, "quote-requests")
        said = await rebuilt(walk)
        assert "! Rebuild: approximate" in said
        assert "In Split" in said
        assert "In LaunchDarkly" in said
        assert said.count("If customerType is one of reseller and pieces is at least 100: on") == 2
        assert "numbers-as-numbers" in said
        assert "LaunchDarkly would serve off" in said
        assert "✓ Proved with " in said
        await walk.press("escape")
        await walk.closed("plan")
        for key, words in (
            ("address-lookup", "✓ Rebuild: faithful"),
            ("beta-search", "? Rebuild: not checked"),
            ("one-click-order", "✗ Rebuild: by hand"),
        ):
            await walk.press("/", "ctrl+u", "enter")
            await opened(walk, key)
            assert words in await rebuilt(walk), key
            await walk.press("escape")
            await walk.closed("plan")


async def test_flag_pages_follow_the_filtered_list(tmp_path: Path) -> None:
    async with showing(tmp_path, made(*FEW)) as walk:
        await walk.press("o", "enter")
        await walk.opened(FlagScreen)
        seen = [title(walk).split()[0]]
        for key in ("n", "right", "n", "p", "left", "p"):
            await walk.press(key)
            seen.append(title(walk).split()[0])
        assert seen == ["checkout-v2", "search-boost", "zebra", "zebra", "search-boost", "checkout-v2", "checkout-v2"]
        assert "first flag" in walk.text("#flag-message")
        await walk.press("n", "escape")
        await walk.closed("plan")
        current = walk.plan_screen.browser.list.current
        assert current is not None
        assert current.flag.key == "search-boost"

        await walk.press("o", "end", "enter")
        await walk.opened(FlagScreen)
        for reason in ("is not allowed", "Archived in the project", "Created 2 Mar 2025"):  # from the last one up
            assert reason in page(walk)
            assert "Imported as" not in page(walk)
            assert not walk.app.screen.query(".flag-lost")
            await walk.press("p")
        assert title(walk).startswith("zebra ")
        assert "imported-from-unleash" in page(walk)
        assert "? can't read flag tags" in page(walk)
        assert not walk.app.screen.query(".flag-lost")
        await walk.press("y")
        assert walk.app.clipboard == "zebra"
        assert walk.text("#flag-message").startswith("✓")


async def test_what_it_serves_and_what_is_worth_a_warning(tmp_path: Path) -> None:
    odd = flag("odd", variations=TREATMENTS, on=True, warnings=("Its seed is not known here.",), tags=("web",))
    async with showing(tmp_path, made(flag("Odd"), odd)) as walk:
        await walk.press("down", "enter")
        await walk.opened(FlagScreen)
        assert 'string: "blue", "green"; ON serves "blue", OFF serves "green"' in page(walk)
        assert "on in the source now" in page(walk)
        assert "imported-from-unleash, web" in page(walk)
        assert "Its seed is not known here." in walk.shown
        assert "Differs only in case from Odd." in walk.shown


async def test_page_shows_a_hundred_losses_and_the_definition_opens_by_enter_without_keys(tmp_path: Path) -> None:
    strategies = [
        {"name": "flexibleRollout", "constraints": [], "segments": [i], "parameters": {"rollout": "100"}}
        for i in range(130)
    ]
    many = flag("zebra", SEGMENTS, definition={"name": "zebra", "strategies": strategies})
    definition = {"name": "alpha", "note": "", "strategies": [{"name": "default"}]}
    async with showing(tmp_path, made(many, flag("alpha", definition=definition))) as walk:
        definition["note"] = f"token {walk.app.session.bag.peek('token')} \x1b[2J"
        await walk.press("end", "enter")
        await walk.opened(FlagScreen)
        assert "and 30 more" in page(walk)
        await walk.press("p")
        tree = walk.get("#flag-definition", JsonTree)
        assert "strategies" not in walk.shown
        await walk.press("enter")
        assert tree.has_focus
        await walk.until(lambda: "strategies" in walk.shown, "what is in it")
        assert walk.app.session.bag.peek("token") not in walk.shown
        assert "\x1b" not in walk.shown


async def test_hostile_names_and_rules_reach_no_screen(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "fields", "split") as walk:
        await walk.answer("split")
        walk.box.set_fault("source-hostile")
        await walk.next()
        plan = await walk.planned()
        assert harmless(walk)
        await walk.press("f", "f", "f", "enter")
        await walk.opened(FlagScreen)
        for _ in range(plan.counts.on_at_source):
            assert harmless(walk)
            await walk.press("n")
        await walk.press("enter")
        assert harmless(walk)


def harmless(walk: Walk) -> bool:
    return not {c for c in walk.shown if unicodedata.category(c) in ("Cc", "Cf") and c != "\n"}


# --- a file


async def test_plan_is_saved_for_people_and_for_programs(tmp_path: Path) -> None:
    async with showing(tmp_path, made(*FEW)) as walk:
        await walk.press("w")
        await walk.opened(WriteScreen)
        await walk.push("#json")
        await walk.until(lambda: "Saved plan-" in walk.message(), "the file")
        (path,) = walk.folder.glob("plan-*.json")
        assert json.loads(path.read_text("utf-8"))["counts"]["source"] == len(FEW)

        await walk.press("enter")
        await walk.opened(FlagScreen)
        await walk.press("w")
        await walk.opened(WriteScreen)
        name = walk.text(".dialog-text").splitlines()[0]
        assert name.endswith(".md")
        await walk.press("enter")
        await walk.until((tmp_path / name).exists, "the file")
        await walk.until(lambda: walk.text("#flag-message").startswith("✓ Saved"), "the message")
        assert "checkout-v2" in (tmp_path / name).read_text("utf-8")

        await walk.press("escape")
        await walk.closed("plan")
        walk.app.folder = tmp_path / name  # a file
        await walk.press("w")
        await walk.opened(WriteScreen)
        await walk.press("enter")
        await walk.until(lambda: walk.message().startswith("✗"), "the reason")


async def test_grades_that_come_later_leave_the_message_alone(tmp_path: Path) -> None:
    async with showing(tmp_path, made(*FEW)) as walk:
        draft = walk.draft
        assert draft.plan is not None
        walk.app.session.draft = replace(draft, plan=replace(draft.plan, prospects=None))
        screen = walk.app.screen
        assert isinstance(screen, PlanScreen)
        screen.say("problem", "The plan wasn't saved.")
        screen._grade()
        await walk.settled()
        assert walk.draft.plan is not None
        assert walk.draft.plan.prospects is not None
        assert walk.message() == "✗ The plan wasn't saved."
