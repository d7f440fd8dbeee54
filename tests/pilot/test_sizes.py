"""Windows of all sizes: nothing out of reach, nothing cut that must be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Button, OptionList, Static

from tests.pilot.walking import STEPS, Walk, practice_app, practice_at, real_app
from tui.sandbox.server import Sandbox

SIZES = ((60, 16), (80, 24), (120, 40))


@pytest.mark.parametrize(("integration", "practice"), [("split", True), ("unleash", False)])
async def test_no_line_of_the_frame_is_cut_at_80_columns(
    integration: str, box: Sandbox, tmp_path: Path, *, practice: bool
) -> None:
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
    for name in ("brand", "route", "stepper", "keys", "message"):
        line = walk.get(f"#{name}", Static)
        assert str(line.content).strip() in walk.shown.splitlines()[line.region.y], f"{name}\n{walk.shown}"
    for button in walk.get("#buttons").query(Button):
        assert not button.display or str(button.label) in walk.shown.splitlines()[button.region.y]


async def test_a_window_that_changes_its_size_keeps_answers_and_focus(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "fields") as walk:
        await walk.write("#config-name", "Half a na")
        for size in ((60, 16), (120, 40), (40, 12), (80, 24)):
            await walk.pilot.resize_terminal(*size)
            await walk.pilot.pause()
            assert walk.focused == "config-name"
            await walk.in_view()
            assert walk.text("#config-name") == "Half a na"
            assert ("Step 4 of 9" in walk.text("#stepper")) is (size[0] < 80)
        await walk.press("m", "e")
        assert walk.text("#config-name") == "Half a name"
        await walk.next()
        await walk.at("plan")


async def test_small_window_shows_the_message_in_place_of_the_keys_and_whole_dialogs(tmp_path: Path) -> None:
    async with practice_app(tmp_path, size=(60, 16)) as walk:
        await walk.jump("keys")
        await walk.push("#next")
        await walk.until(lambda: walk.message(), "what is missing")
        assert walk.message().split(".")[0][:50] in walk.shown
        assert not walk.get("#keys").display
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
        assert walk.text("#close") in walk.shown
        await walk.press("end")
        await walk.until(lambda: "Ctrl+L" in walk.shown, "the end of the page")
