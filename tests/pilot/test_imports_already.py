"""A project that something imports into already: what it is, is opened from the step that warns of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.widgets import OptionList

from tests.pilot.walking import ENVIRON, Walk, real_app
from tests.unit.manage_tools import made
from tests.unit.sandbox_tools import launchdarkly
from tests.unit.walk_tools import configurations
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox
from tui.screens.configuration import ConfigurationScreen, DeleteQuestion
from tui.screens.configurations import ConfigurationsScreen


@asynccontextmanager
async def at_launchdarkly(
    box: Sandbox, folder: Path, *, integration: str = "unleash", size: tuple[int, int] = (80, 24), project: str
) -> AsyncIterator[Walk]:
    """The step, whose three answers come from the environment, so that all is asked at once."""
    environ = {
        **ENVIRON,
        "LD_ACCESS_TOKEN": TOKENS["writer"].value,
        "LD_BASE_URI": box.addresses()["launchdarkly"]["url"],
        "LD_PROJECT": project,
    }
    async with real_app(box, folder, size=size, environ=environ) as walk:
        await walk.choose(integration)
        await walk.next()
        await walk.at("launchdarkly")
        yield walk


def offered(walk: Walk) -> bool:
    return walk.get("#imported-already").display


async def test_the_one_that_is_warned_of_is_opened_and_asked_after_anew(box: Sandbox, tmp_path: Path) -> None:
    made(box)
    async with at_launchdarkly(box, tmp_path, size=(60, 16), project="web-shop") as walk:
        assert 'already has an import from Unleash: "Practice" (pending)' in walk.below("project")
        asked = len(box.requests)
        await walk.push("#open-imports")
        await walk.opened(ConfigurationScreen)
        await walk.until(lambda: "Reading it" not in walk.text("#sheet-message"), "it to be read")
        await walk.press("escape")
        await walk.at("launchdarkly")
        assert not any(path.endswith("caller-identity") for _, path, _ in box.requests[asked:]), "nothing has changed"
        await walk.push("#open-imports")
        await walk.opened(ConfigurationScreen)
        await walk.until(lambda: "Reading it" not in walk.text("#sheet-message"), "it to be read")
        await walk.push("#delete")
        await walk.opened(DeleteQuestion)
        await walk.write("#typed-name", "Practice")
        await walk.push("#yes")
        await walk.at("launchdarkly")
        await walk.until(lambda: not offered(walk), "the offer to go")
        assert walk.focused == "project"
        assert "already" not in walk.below("project")
        await walk.settled()
        await walk.next()
        await walk.at("keys")


async def test_several_are_shown_in_the_list(box: Sandbox, tmp_path: Path) -> None:
    made(box)
    other = made(box, sourceEnvironmentId="development")
    async with at_launchdarkly(box, tmp_path, project="web-shop") as walk:
        assert offered(walk)
        await walk.push("#open-imports")
        await walk.opened(ConfigurationsScreen)
        await walk.until(lambda: walk.get("#configs", OptionList).option_count, "the list")
        with launchdarkly(box) as ld:
            (there,) = (each for each in configurations(box) if each["_id"] == other)
            ld.delete(there["_links"]["self"]["href"]).raise_for_status()
        await walk.press("escape")
        await walk.at("launchdarkly")
        await walk.until(lambda: "list" not in walk.text("#open-imports"), "one alone")


async def test_nothing_is_offered_of_another_source_or_project(box: Sandbox, tmp_path: Path) -> None:
    made(box)
    async with at_launchdarkly(box, tmp_path, project="web-shop", integration="split") as walk:
        assert not offered(walk)
    async with at_launchdarkly(box, tmp_path, project="default") as walk:
        assert not offered(walk)
        await walk.paste("#project", "web-shop")
        await walk.press("enter")
        await walk.until(lambda: offered(walk), "the offer")
        await walk.paste("#project", "web-sho")
        await walk.press("enter")
        await walk.until(lambda: not offered(walk), "no offer")
