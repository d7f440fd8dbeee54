"""Windows of all sizes: nothing out of reach, nothing cut that must be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widget import Widget
from textual.widgets import Button, OptionList, Static

from tests.pilot.walking import STEPS, Walk, practice_app, real_app
from tui.answers import changes as walks
from tui.sandbox.server import Sandbox

SIZES = ((60, 16), (80, 24), (120, 40))


async def every_step(walk: Walk, integration: str) -> list[str]:
    """Fill all in and send, so that each step has all it can have."""
    await walk.jump("review", integration)
    await walk.send()
    return list(STEPS)


async def show(walk: Walk, step: str) -> None:
    walk.app.session.draft = walks.go(walk.draft, step)
    walk.app.show_step()
    await walk.at(step)


@pytest.mark.parametrize(
    ("integration", "size"),
    [("split", (60, 16)), ("unleash", (80, 24))],
    ids=str,
)
async def test_all_that_can_have_the_focus_is_reached_by_tab_and_seen(
    integration: str, size: tuple[int, int], tmp_path: Path
) -> None:
    async with practice_app(tmp_path, size=size) as walk:
        for step in await every_step(walk, integration):
            await show(walk, step)
            wanted = set(walk.app.screen.focus_chain)
            assert wanted == {each for each in walk.app.screen.query("*").results(Widget) if takes_focus(each)}
            reached: set[Widget] = set()
            for _ in range(len(wanted) + 1):
                await walk.press("tab")
                assert walk.app.focused is not None
                reached.add(walk.app.focused)
                await walk.in_view()
            assert reached == wanted


def takes_focus(widget: Widget) -> bool:
    return widget.focusable and widget.display and all(each.display for each in widget.ancestors if widget)


async def test_the_way_on_and_back_is_always_there(tmp_path: Path) -> None:
    async with practice_app(tmp_path, size=(60, 16)) as walk:
        for step in await every_step(walk, "unleash"):
            await show(walk, step)
            for name in ("next",) if step == "integration" else ("back", "next"):
                button = walk.get(f"#{name}", Button)
                assert str(button.label) in walk.shown.splitlines()[button.region.y]


@pytest.mark.parametrize(("integration", "practice"), [("split", True), ("unleash", False)])
async def test_no_line_of_the_frame_is_cut_at_80_columns(integration: str, tmp_path: Path, *, practice: bool) -> None:
    with Sandbox.start() as box:
        made = practice_app(tmp_path, box=box) if practice else real_app(box, tmp_path)
        async with made as walk:
            for step in STEPS:
                if step == "submit":
                    await walk.send()
                elif step != "integration":
                    await walk.to(step, integration)
                frame_is_whole(walk)
                if step not in ("review", "submit"):
                    await walk.answer(integration)
                    frame_is_whole(walk)


def frame_is_whole(walk: Walk) -> None:
    """The top line, the stepper, the buttons and the keys show all their text."""
    for name in ("app-name", "route", "stepper", "keys", "message"):
        line = walk.get(f"#{name}", Static)
        assert str(line.content).strip() in walk.shown.splitlines()[line.region.y], f"{name}\n{walk.shown}"
    for button in walk.get("#buttons").query(Button):
        assert not button.display or str(button.label) in walk.shown.splitlines()[button.region.y]


async def test_a_window_that_changes_its_size_keeps_answers_and_focus(tmp_path: Path) -> None:
    async with practice_app(tmp_path) as walk:
        await walk.jump("fields")
        await walk.write("#config-name", "Half a na")
        for size in ((60, 16), (120, 40), (40, 12), (80, 24)):
            await walk.pilot.resize_terminal(*size)
            await walk.pilot.pause()
            assert walk.focused == "config-name"
            await walk.in_view()
            assert walk.text("#config-name") == "Half a na"
            assert ("Step 4 of 8" in walk.text("#stepper")) is (size[0] < 80)
        await walk.press("m", "e")
        assert walk.text("#config-name") == "Half a name"
        await walk.next()
        await walk.at("plan")


async def test_a_long_dialog_fits_and_scrolls_in_a_small_window(tmp_path: Path) -> None:
    async with practice_app(tmp_path, size=(60, 16)) as walk:
        await walk.jump("review")
        await walk.push("#fault")
        await walk.until(lambda: walk.app.screen.query("#faults"), "the menu")
        faults = walk.get("#faults", OptionList)
        await walk.press("end")
        last = str(faults.get_option_at_index(faults.option_count - 1).prompt)
        await walk.until(lambda: last in walk.shown, "the last fault")
        await walk.press("escape")
        await walk.closed("review")
        await walk.press("f1")
        await walk.until(lambda: walk.app.screen.query("#close"), "the help")
        assert "[ Close ]" in walk.shown
        await walk.press("end")
        await walk.until(lambda: "Ctrl+L" in walk.shown, "the end of the page")


async def test_the_message_takes_the_place_of_the_keys_in_a_short_window(tmp_path: Path) -> None:
    async with practice_app(tmp_path, size=(60, 16)) as walk:
        await walk.jump("keys")
        await walk.push("#next")
        await walk.until(lambda: walk.message(), "what is missing")
        assert walk.message().split(".")[0][:50] in walk.shown
        assert not walk.get("#keys").display
