"""Nothing is sent by a key press made for something else: only the button on Review sends."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.pilot.walking import BEFORE_SENDING, Walk, practice_at

LEAVING = ("ctrl+q", "ctrl+c", "q")
MAP = (
    "tab", "shift+tab", "down", "up", "enter", "ctrl+o", "f8", "escape", "f7", "f1", "ctrl+g", "question_mark",
    "f2", "ctrl+p", "colon", "ctrl+l", "pageup", "pagedown", "home", "end", "j", "k", "slash", "space", "f", "s", "l",
    "o", "n", "p", "right", "left", "r", "w", "y", "ctrl+u", "c", "x", "delete",
)  # fmt: skip
"""Every key that the key map of the screens gives a meaning anywhere, but those that leave."""


def on_the_button(walk: Walk) -> bool:
    """The one place where Enter sends."""
    return walk.on("review") and walk.focused == "next"


async def back_on(walk: Walk, step: str) -> None:
    """Close what a key has opened, and stand on the step again with all its answers."""
    while walk.app.screen is not walk.screen:
        await walk.press("escape")
        await walk.pilot.pause()
    if walk.step != step:
        await walk.show(step)


@pytest.mark.parametrize("step", BEFORE_SENDING)
async def test_no_key_of_the_map_sends_on_any_step(step: str, tmp_path: Path) -> None:
    async with practice_at(tmp_path, "review") as walk:
        await back_on(walk, step)
        for key in MAP:
            await walk.press(key)
            await back_on(walk, step)
            if on_the_button(walk):
                await walk.focus("#back")
        assert walk.posts() == []
        assert walk.app.session.attempt is None


async def test_next_or_enter_held_down_sends_nothing(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "review") as walk:
        await back_on(walk, "integration")
        for _ in range(25):
            await walk.press("enter")
        await walk.settled()
        assert walk.posts() == []
        assert not walk.on("submit")
        for key in ("ctrl+o", "f8"):
            await back_on(walk, "integration")
            for _ in range(12):
                await walk.press(key)
                await walk.settled()
            assert on_the_button(walk)
            assert walk.posts() == []
            await walk.press("space", "y", "w", "o", "down", "up")
            assert walk.posts() == []


@pytest.mark.parametrize("seed", range(2))
async def test_keys_at_random_send_nothing(seed: int, tmp_path: Path) -> None:
    """Each press in a row acts on whatever the one before has left."""
    keys = random.Random(seed)
    async with practice_at(tmp_path, "review") as walk:
        pressed = []
        for _ in range(120):
            key = keys.choice(MAP)
            pressed.append(key)
            if key == "enter" and on_the_button(walk):
                continue
            await walk.press(key)
            if walk.app._exit:  # an action of the list, "Leave", was picked: that is its key
                break
        assert walk.posts() == [], pressed
        assert walk.step != "submit"


async def test_double_click_double_enter_and_coming_back_send_once(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "review") as walk:
        await walk.pilot.click("#next", times=2)
        await walk.ended()
        assert len(walk.creations()) == 1
    async with practice_at(tmp_path, "review") as walk:
        await walk.focus("#next")
        await walk.press("enter", "enter", "enter")
        await walk.ended()
        assert len(walk.creations()) == 1
        for _ in range(2):
            await walk.show("review")
            await walk.open_actions("go to submit")
            await walk.press("enter")
            await walk.at("submit")
        assert "Created" in walk.shown
        assert len(walk.creations()) == 1


async def test_run_opens_once_the_import_has_started(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "review") as walk:
        await walk.send()
        await walk.at("run")
        await walk.press("f7")
        await walk.at("submit")
        assert "Created" in walk.text("#outcome")
        assert "Sent" in walk.text("#timeline")


async def test_submit_reached_without_sending_says_so(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "review") as walk:
        await walk.show("submit")
        assert "Nothing was sent" in walk.message()
        await walk.press("ctrl+o", "enter")
        assert walk.posts() == []
        assert not any(isinstance(each, Input) for each in walk.app.screen.focus_chain)
