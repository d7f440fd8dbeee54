"""The fastest way through practice is short, and still asks what matters."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pilot.walking import INTEGRATIONS, practice_app
from tui.screens.losses import LossesScreen

MOST = 12


@pytest.mark.parametrize("integration", INTEGRATIONS)
async def test_demo_leads_to_run_in_twelve_key_presses(integration: str, tmp_path: Path) -> None:
    async with practice_app(tmp_path) as walk:
        pressed: list[str] = []

        async def press(key: str) -> None:
            pressed.append(key)
            await walk.press(key)

        if integration == INTEGRATIONS[1]:
            await press("down")
        await press("f4")
        await walk.until(lambda: walk.on("plan"), "Plan")
        await walk.planned()
        assert walk.draft.integration == integration
        await press("ctrl+o")  # losses first
        assert walk.on("plan")
        assert walk.focused == "review-losses"
        await press("enter")
        await walk.opened(LossesScreen)
        await press("a")
        await press("escape")
        await walk.closed("plan")
        assert walk.focused == "flag-rows"
        await press("ctrl+o")
        await walk.at("review")
        assert walk.focused != "next"
        await press("ctrl+o")
        assert walk.posts() == []
        assert walk.focused == "next"
        await press("enter")
        await walk.until(lambda: walk.on("run"), "Run")
        assert len(walk.creations()) == 1
        assert len(pressed) <= MOST
