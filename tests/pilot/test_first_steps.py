"""The first steps: what can be resumed, what a resume shows, where Esc leads, and small windows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pilot.resuming import noted, started
from tests.pilot.runs import reported
from tests.pilot.walking import practice_app, practice_at, real_app
from tui.apply.journal import Stage
from tui.sandbox.server import Sandbox


def marks(stepper: str) -> str:
    """The symbols of the steps, without their titles."""
    return re.sub(r"[^✓●○]", "", stepper)


async def test_resumed_answers_have_their_message_and_a_stepper_without_gaps(box: Sandbox, tmp_path: Path) -> None:
    async with real_app(box, tmp_path) as walk:
        await walk.to("plan")
        walk.app.session.save()
    async with real_app(box, tmp_path) as walk:
        row = walk.get("#resume")
        assert "…" not in walk.shown.splitlines()[row.region.y]
        assert walk.text("#resume").split()[1:3] == ["stopped", "at"]
        await walk.push("#resume")
        await walk.at("launchdarkly")
        assert "restored." in walk.message()
        assert "Paste your token." in walk.message()
        assert marks(walk.text("#stepper")) == "✓●○○○○○○○", "no step is done after one that is open"
        assert not walk.app._notifications
        await walk.paste("#token", "x")
        await walk.until(lambda: "restored" not in walk.message(), "the message to go")


async def test_every_step_is_done_once_the_import_runs(box: Sandbox, tmp_path: Path) -> None:
    await noted(box, Stage.VERIFIED)
    await noted(box, Stage.STARTED)
    async with started(box, tmp_path) as (walk, _):
        assert "…" not in walk.shown.splitlines()[walk.get("#go-on-run").region.y]
        await walk.push("#go-on-run")
        await reported(walk)
        assert marks(walk.text("#stepper")) == "✓✓✓✓✓✓✓●○"


async def test_esc_moves_to_back_whose_keys_say_where_it_leads(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "keys") as walk:
        assert "Esc to Back" in walk.text("#keys")
        await walk.press("escape")
        await walk.until(lambda: "Enter back to LaunchDarkly" in walk.text("#keys"), "the keys of Back")
        await walk.press("enter")
        await walk.at("launchdarkly")


@pytest.mark.parametrize(("size", "asks"), [((50, 12), True), ((60, 15), True), ((59, 20), True), ((60, 16), False)])
async def test_window_that_is_too_small_is_said_so(size: tuple[int, int], asks: bool, tmp_path: Path) -> None:
    async with practice_app(tmp_path, size=size) as walk:
        assert ("Enlarge the terminal to 60x16." in walk.text("#stepper")) is asks
        assert "Step 1 of 9" in walk.text("#stepper")


async def test_known_instance_shows_its_host_and_another_has_a_field(box: Sandbox, tmp_path: Path) -> None:
    async with real_app(box, tmp_path, environ={}) as walk:
        await walk.choose("unleash")
        await walk.next()
        await walk.at("launchdarkly")
        assert walk.text("#instance-host") == "app.launchdarkly.com"
        assert not walk.get("#row-host").display
        await walk.focus("#instance")
        await walk.press("right", "enter")
        await walk.until(lambda: walk.text("#instance-host") == "app.eu.launchdarkly.com", "EU")
        await walk.press("right", "right", "enter")
        await walk.until(lambda: walk.focused == "host", "the field for an address")
        assert not walk.get("#instance-host").display


async def test_top_line_follows_the_project_while_it_is_typed(box: Sandbox, tmp_path: Path) -> None:
    async with real_app(box, tmp_path, environ={"LD_PROJECT": "web-shop"}) as walk:
        await walk.choose("unleash")
        await walk.next()
        await walk.at("launchdarkly")
        assert walk.text("#route").endswith("web-shop")
        await walk.focus("#project")
        await walk.press("ctrl+u")
        await walk.until(lambda: "web-shop" not in walk.text("#route"), "a top line without the project")
        assert walk.focused == "project"
        await walk.press(*"web")
        await walk.until(lambda: walk.text("#route").endswith(" web"), "the project so far")


async def test_practice_is_named_like_its_badge(box: Sandbox, tmp_path: Path) -> None:
    async with real_app(box, tmp_path) as walk:
        assert walk.text("#practice").split()[0] == "Practice"
        assert "demo servers" in walk.text("#practice")
    async with practice_app(tmp_path, box=box) as walk:
        assert walk.text("#practice-badge").strip() == "PRACTICE"
        assert walk.message().strip().startswith("Practice uses demo servers")


@pytest.mark.parametrize(("theme", "reverse"), [("mono", True), ("dark", False)])
async def test_practice_badge_is_reversed_without_color(theme: str, reverse: bool, tmp_path: Path) -> None:
    async with practice_app(tmp_path, theme=theme) as walk:
        style = walk.get("#practice-badge").styles.text_style
        assert bool(style.bold)
        assert bool(style.reverse) is reverse
