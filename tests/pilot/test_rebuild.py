"""The step Rebuild: from an import to its rules in LaunchDarkly, and back; and flags of others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import OptionList

from tests.pilot.runs import asked, buttons, ended, question
from tests.pilot.walking import INTEGRATIONS, Walk
from tests.unit.history_tools import some_flags
from tests.unit.sandbox_tools import launchdarkly
from tui.screens.dialogs import Question
from tui.screens.rebuild_accept import AcceptScreen
from tui.screens.rebuild_flag import RebuildFlagScreen

PLAIN = "development"


@asynccontextmanager
async def rebuilding(
    folder: Path, integration: str = "unleash", *, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Walk]:
    """An import that has ended, and the step after it with the list of environments."""
    async with ended(folder, integration=integration, size=size, company=some_flags(14)) as walk:
        assert walk.text("#next") == "Next: Rebuild"
        await walk.next()
        await walk.at("rebuild")
        await walk.has_focus("rebuild-environments")
        yield walk


async def chosen(walk: Walk, environment: str = PLAIN) -> None:
    """Choose an environment, and wait until both sides are read."""
    environments = walk.get("#rebuild-environments", OptionList)
    environments.highlighted = environments.get_option_index(f"environment-{environment}")
    await walk.press("enter")
    await done(walk)


async def done(walk: Walk) -> None:
    await walk.until(lambda: walk.on("rebuild") and "stop" not in buttons(walk), "the end of the work")
    await walk.settled()


def rows(walk: Walk) -> dict[str, str]:
    """The rows by key."""
    options = walk.get("#rebuild-rows", OptionList).options
    return {(option.id or "").removeprefix("flag-"): str(option.prompt) for option in options}


def words(walk: Walk, word: str) -> list[str]:
    return [key for key, row in rows(walk).items() if f" {word} " in f"{row} "]


def content(walk: Walk, environment: str = PLAIN) -> dict[str, Any]:
    """What people see of every flag in the environment, without versions and times."""
    with launchdarkly(walk.box, version="20240415") as client:
        path = "/api/v2/flags/web-shop"
        found = client.get(path, params={"env": environment, "summary": "0", "limit": 100}).json()["items"]
        segments = client.get(f"/api/v2/segments/web-shop/{environment}").json()["items"]
    volatile = {"version", "lastModified"}
    flags = {
        flag["key"]: {k: v for k, v in flag["environments"][environment].items() if k not in volatile} for flag in found
    }
    return {"segments": segments, **flags}


async def yes(walk: Walk) -> None:
    await walk.push("#yes")


@pytest.mark.parametrize("integration", INTEGRATIONS)
async def test_rules_are_accepted_applied_read_back_and_taken_back(tmp_path: Path, integration: str) -> None:
    async with rebuilding(tmp_path, integration) as walk:
        assert "critical" in walk.shown
        assert "need an approval" in walk.shown
        await chosen(walk)
        assert walk.text("#heading") == f"Rebuild targeting in {PLAIN}"
        assert walk.focused == "rebuild-rows"
        before, sent = content(walk), walk.posts()
        await walk.press("enter")
        await walk.opened(RebuildFlagScreen)
        await walk.settled()
        await walk.press("n", "escape")
        await walk.closed("rebuild")

        await walk.press("a")
        await walk.opened(AcceptScreen)
        assert "[x]" not in walk.shown
        await walk.press("a", "escape")
        await walk.closed("rebuild")
        assert walk.posts() == sent
        ready = words(walk, "ready")
        assert len(ready) > 3

        text = await asked(walk, "#apply")
        assert f"Apply to {len(ready)} flags in {PLAIN}?" in text
        assert "All flags stay off." in text
        assert walk.posts() == sent
        await yes(walk)
        await done(walk)
        assert set(ready) == set(words(walk, "equal"))
        assert {"turn-on", "take-back"} <= buttons(walk)
        assert content(walk) != before
        assert not any(flag["on"] for key, flag in content(walk).items() if key in ready)

        await walk.push("#take-back")
        await walk.opened(Question)
        assert walk.focused == "no"
        await yes(walk)
        await done(walk)
        assert content(walk) == before


async def test_critical_environment_asks_twice_and_no_sends_nothing(tmp_path: Path) -> None:
    async with rebuilding(tmp_path) as walk:
        critical = next(
            (option.id or "").removeprefix("environment-")
            for option in walk.get("#rebuild-environments", OptionList).options
            if "critical" in str(option.prompt)
        )
        await chosen(walk, critical)
        await walk.press("a")
        await walk.opened(AcceptScreen)
        await walk.press("a", "escape")
        await walk.closed("rebuild")
        sent = walk.posts()
        await asked(walk, "#apply")
        await yes(walk)
        await walk.until(
            lambda: isinstance(walk.app.screen, Question) and "critical" in question(walk), "the second question"
        )
        assert walk.focused == "no"
        await walk.press("enter")
        await walk.closed("rebuild")
        await walk.settled()
        assert walk.posts() == sent
