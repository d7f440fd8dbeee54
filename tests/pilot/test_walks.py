"""Both integrations, from the first screen to a created configuration, and back and forth on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pilot.walking import INTEGRATIONS, STEPS, practice_app, real_app
from tui.sandbox.server import Sandbox


@pytest.mark.parametrize("integration", INTEGRATIONS)
async def test_practice_leads_to_a_created_configuration(integration: str, tmp_path: Path) -> None:
    async with practice_app(tmp_path) as walk:
        await walk.to("review", integration)
        assert walk.posts() == []
        await walk.send()
        assert walk.outcome is not None
        assert walk.outcome.configuration is not None
        assert len(walk.posts()) == 1
        assert len(walk.created()) == 1
        assert walk.outcome.configuration.id in walk.shown
        await walk.press("ctrl+o")
        await walk.until(lambda: walk.left, "Done leaves")
        assert walk.outcome.configuration.id in walk.app.farewell


@pytest.mark.parametrize("integration", INTEGRATIONS)
async def test_a_person_with_an_account_gets_there_too(integration: str, tmp_path: Path) -> None:
    with Sandbox.start() as box:
        async with real_app(box, tmp_path) as walk:
            await walk.to("review", integration)
            assert "PRACTICE" not in walk.shown
            assert walk.posts() == []
            await walk.send()
            assert len(walk.created()) == 1
