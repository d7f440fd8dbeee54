"""The step Rebuild, driven through the wizard: an environment, its flags, and what LaunchDarkly has of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.widgets import OptionList

from tests.pilot.runs import asked, buttons, ended
from tests.pilot.walking import SIZE, Walk
from tests.unit.history_tools import some_flags
from tests.unit.sandbox_tools import launchdarkly
from tui.screens.rebuild_accept import AcceptScreen
from tui.wizard.rebuilding import Rebuilding

PLAIN = "development"
"""The environment that isn't critical and needs no approval."""


@asynccontextmanager
async def rebuilding(
    folder: Path, integration: str = "unleash", *, size: tuple[int, int] = SIZE
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
    await walk.has_focus("rebuild-rows")


async def done(walk: Walk) -> None:
    """Wait until nothing is read or written."""
    await walk.until(lambda: walk.on("rebuild") and "stop" not in buttons(walk), "the end of the work")
    await walk.settled()


def held(walk: Walk) -> Rebuilding:
    """The rebuild of the session."""
    assert walk.app.session.rebuilding is not None
    return walk.app.session.rebuilding


def rows(walk: Walk) -> dict[str, str]:
    """The rows by key."""
    options = walk.get("#rebuild-rows", OptionList).options
    return {(option.id or "").removeprefix("flag-"): str(option.prompt) for option in options}


def marked(walk: Walk, word: str) -> set[str]:
    """The flags with this word in their row."""
    return {key for key, row in rows(walk).items() if f" {word} " in f"{row} "}


async def accepted(walk: Walk) -> None:
    """Accept all differences."""
    await walk.press("a")
    await walk.opened(AcceptScreen)
    await walk.press("a", "escape")
    await walk.closed("rebuild")
    await walk.settled()


async def applied(walk: Walk) -> None:
    """Press Apply, and confirm it."""
    await asked(walk, "#apply")
    await walk.push("#yes")
    await done(walk)


def content(walk: Walk, environment: str = PLAIN) -> dict[str, Any]:
    """What people see of segments, and of every flag in the environment, without versions and times."""
    with launchdarkly(walk.box, version="20240415") as client:
        query: dict[str, str | int] = {"env": environment, "summary": "0", "limit": 100}
        found = client.get("/api/v2/flags/web-shop", params=query).json()["items"]
        segments = client.get(f"/api/v2/segments/web-shop/{environment}").json()["items"]
    volatile = {"version", "lastModified"}
    flags = {
        flag["key"]: {k: v for k, v in flag["environments"][environment].items() if k not in volatile} for flag in found
    }
    return {"segments": segments, **flags}
