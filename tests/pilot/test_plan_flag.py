"""One flag opened: what arrives, what is lost, the source's definition; and the plan in a file."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

from tests.pilot.plans import FEW, made, showing
from tests.pilot.walking import Walk, practice_app
from tests.unit.plan_tools import flag
from tui.screens.flag import FlagScreen
from tui.screens.write import WriteScreen
from tui.sources.flags import SEGMENTS, Variation
from tui.widgets.flow import Flow
from tui.widgets.json_tree import JsonTree

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
    async with practice_app(tmp_path) as walk:
        await walk.jump("plan", "split")
        plan = walk.draft.plan
        assert plan is not None
        await opened(walk, "checkout-v2")
        assert title(walk) == "checkout-v2   ✓ arrives   ! loses 2 kinds   on at the source   flag 1 of 1"
        said = page(walk)
        for text in ("Arrives as", "string:", "OFF in every environment", "Description", "imported-from-split"):
            assert text in said
        assert "Is lost, to be made again by hand" in said
        for kind in ("percentage-rollout", "targeting-rules"):
            assert f"! {kind}" in said


async def test_tags_that_the_key_cannot_read_are_called_not_known(tmp_path: Path) -> None:
    async with showing(tmp_path, made(*FEW)) as walk:
        await opened(walk, "zebra")
        assert "imported-from-unleash" in page(walk)
        assert "? others: this key cannot read tags" in page(walk)
        assert "Nothing of it is lost." in page(walk)


async def test_one_that_does_not_arrive_says_why(tmp_path: Path) -> None:
    async with showing(tmp_path, made(*FEW)) as walk:
        await walk.press("end", "enter")
        await walk.opened(FlagScreen)
        for reason in ("is not allowed", "archived there", "made there 2 Mar 2025"):  # from the last one up
            assert reason in page(walk)
            assert "Arrives as" not in page(walk)
            assert "Is lost" not in page(walk)
            await walk.press("p")


async def test_what_it_serves_and_what_is_worth_a_warning(tmp_path: Path) -> None:
    odd = flag("odd", variations=TREATMENTS, on=True, warnings=("Its seed is not known here.",), tags=("web",))
    async with showing(tmp_path, made(flag("Odd"), odd)) as walk:
        await walk.press("down", "enter")
        await walk.opened(FlagScreen)
        assert 'string: "blue", "green"; ON serves "blue", OFF serves "green"' in page(walk)
        assert "it is ON at the source now" in page(walk)
        assert "imported-from-unleash, web" in page(walk)
        assert "Its seed is not known here." in walk.shown
        assert "Differs by case alone from Odd." in walk.shown


async def test_next_and_previous_stay_in_the_filtered_list(tmp_path: Path) -> None:
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


async def test_the_key_is_copied_and_stays_readable(tmp_path: Path) -> None:
    async with showing(tmp_path, made(*FEW)) as walk:
        await opened(walk, "zebra")
        await walk.press("y")
        assert walk.app.clipboard == "zebra"
        assert "not every terminal takes it" in walk.text("#flag-message")


async def test_the_definition_is_closed_opens_by_enter_and_hides_keys(tmp_path: Path) -> None:
    definition = {"name": "zebra", "note": "", "strategies": [{"name": "default"}]}
    async with showing(tmp_path, made(flag("zebra", definition=definition))) as walk:
        definition["note"] = f"token {walk.app.session.bag.peek('token')} \x1b[2J"
        await walk.press("enter")
        await walk.opened(FlagScreen)
        tree = walk.get("#flag-definition", JsonTree)
        assert "strategies" not in walk.shown
        await walk.press("enter")
        assert tree.has_focus
        await walk.until(lambda: "strategies" in walk.shown, "what is in it")
        assert walk.app.session.bag.peek("token") not in walk.shown
        assert "\x1b" not in walk.shown


async def test_a_flag_with_very_many_rules_shows_the_first_hundred(tmp_path: Path) -> None:
    strategies = [
        {"name": "flexibleRollout", "constraints": [], "segments": [i], "parameters": {"rollout": "100"}}
        for i in range(130)
    ]
    many = flag("zebra", SEGMENTS, definition={"name": "zebra", "strategies": strategies})
    async with showing(tmp_path, made(many)) as walk:
        await walk.press("enter")
        await walk.opened(FlagScreen)
        assert "and 30 more" in page(walk)


async def test_hostile_names_and_rules_reach_no_screen(tmp_path: Path) -> None:
    async with practice_app(tmp_path) as walk:
        await walk.jump("fields", "split")
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


def written(folder: Path, kind: str) -> str:
    """What was written, "" while nothing is."""
    return next((path.read_text("utf-8") for path in folder.glob(f"plan-*.{kind}")), "")


@pytest.mark.parametrize("from_a_flag", [False, True])
async def test_the_plan_is_written_for_people(tmp_path: Path, *, from_a_flag: bool) -> None:
    async with showing(tmp_path, made(*FEW)) as walk:
        if from_a_flag:
            await walk.press("enter")
            await walk.opened(FlagScreen)
        await walk.press("w")
        await walk.opened(WriteScreen)
        name = walk.text(".dialog-text").splitlines()[0]
        assert name.endswith(".md")
        await walk.press("enter")
        await walk.until((tmp_path / name).exists, "the file")
        assert "checkout-v2" in (tmp_path / name).read_text("utf-8")
        saved = walk.text("#flag-message") if from_a_flag else walk.message()
        assert f"Saved {name}" in saved


async def test_the_plan_is_written_for_programs(tmp_path: Path) -> None:
    async with showing(tmp_path, made(*FEW)) as walk:
        await walk.press("w")
        await walk.opened(WriteScreen)
        await walk.push("#json")
        await walk.until(lambda: written(tmp_path, "json"), "the file")
        document = json.loads(written(tmp_path, "json"))
        assert document["counts"]["source"] == len(FEW)


async def test_a_plan_that_is_not_whole_is_no_document(tmp_path: Path) -> None:
    async with practice_app(tmp_path) as walk:
        await walk.jump("fields", "split")
        await walk.answer("split")
        walk.box.set_fault("source-lost-page")
        await walk.next()
        assert not (await walk.planned()).whole
        await walk.press("w")
        await walk.opened(WriteScreen)
        assert not walk.app.screen.query("#json")
        await walk.press("enter")
        await walk.until(lambda: written(tmp_path, "md"), "the file")
        assert "NOT COMPLETE" in written(tmp_path, "md")


async def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    async with showing(tmp_path, made(*FEW)) as walk:
        walk.app.folder = tmp_path / "not-there" / "at-all"
        (tmp_path / "not-there").write_text("a file")
        await walk.press("w")
        await walk.opened(WriteScreen)
        await walk.press("enter")
        await walk.until(lambda: "could not be written" in walk.message(), "the reason")
