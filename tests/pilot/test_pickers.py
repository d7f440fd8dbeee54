"""Lists to pick from: filtered by what is typed, read page by page."""

from __future__ import annotations

from pathlib import Path

from tests.pilot.walking import Walk, practice_app
from tui.flagimport.walk import answer
from tui.launchdarkly.models import Project
from tui.screens.picker import PickerScreen
from tui.widgets.pick_list import PickList

PROJECTS, MEMBERS = 42, 26
"""So many has the practice account; a page holds 20."""


async def with_projects(walk: Walk) -> PickList:
    await walk.jump("launchdarkly")
    await walk.paste("#token", walk.box.addresses()["launchdarkly"]["token"])
    await walk.focus("#project")
    await walk.until(lambda: walk.app.screen.query("#projects"), "the list")
    picks = walk.get("#projects", PickList)
    await walk.until(lambda: "of" in walk.text("#projects-count"), "the first page")
    return picks


async def test_projects_come_page_by_page(tmp_path: Path) -> None:
    async with practice_app(tmp_path) as walk:
        picks = await with_projects(walk)
        assert picks.option_count < PROJECTS
        assert f"{picks.option_count} of {PROJECTS}" in walk.text("#projects-count")
        await walk.focus("#projects")
        for _ in range(4):
            await walk.press("end")
            await walk.settled()
        assert picks.option_count == PROJECTS
        keys = [str(option.prompt).split()[0] for option in picks.options]
        assert len(set(keys)) == PROJECTS


async def test_typing_filters_the_projects_and_enter_takes_one(tmp_path: Path) -> None:
    async with practice_app(tmp_path) as walk:
        picks = await with_projects(walk)
        await walk.write("#project", "web")
        await walk.until(lambda: 0 < picks.option_count < 20, "the filtered list")
        assert all("web" in str(option.prompt).lower() for option in picks.options)
        await walk.focus("#projects")
        await walk.press("home", "j")
        wanted = str(picks.get_option_at_index(picks.highlighted or 0).prompt).split()[0]
        await walk.press("enter")
        await walk.until(lambda: answer(walk.draft, "project").value == wanted, "the picked project")
        await walk.settled()
        assert walk.text("#project") == wanted
        assert wanted in walk.text("#route")
        assert isinstance(walk.draft.checks["project"].facts, Project)


async def test_a_filter_that_matches_nothing_says_so(tmp_path: Path) -> None:
    async with practice_app(tmp_path) as walk:
        picks = await with_projects(walk)
        await walk.write("#project", "no-such-project")
        await walk.until(lambda: "none" in walk.text("#projects-count"), "the word for an empty list")
        assert picks.option_count == 0
        await walk.press("enter")
        await walk.settled()
        assert walk.below("project").startswith("✗")


async def test_a_member_is_picked_by_name(tmp_path: Path) -> None:
    async with practice_app(tmp_path) as walk:
        await walk.jump("fields")
        await walk.push("#row-ldMaintainer .pick")
        await walk.opened(PickerScreen)
        picks = walk.get("#picks", PickList)
        await walk.until(lambda: picks.option_count, "the first page")
        assert "you" in str(picks.get_option_at_index(0).prompt)
        await walk.press("down")
        await walk.press("end")
        await walk.until(lambda: picks.option_count == MEMBERS, "the second page")
        await walk.press("slash", *"ben")
        await walk.until(lambda: picks.option_count == 1, "the filtered list")
        await walk.press("enter")  # the only match
        await walk.closed("fields")
        await walk.settled()
        assert "ben@example.com" in walk.below("ldMaintainer")
        assert len(walk.text("#field-ldMaintainer")) == 24


async def test_a_workspace_is_picked_without_asking_again(tmp_path: Path) -> None:
    async with practice_app(tmp_path) as walk:
        await walk.jump("fields", "split")

        def asked() -> int:
            return sum(path.startswith("/internal/") for _, path, _ in walk.box.requests)

        before = asked()
        await walk.push("#row-workspaceId .pick")
        await walk.opened(PickerScreen)
        picks = walk.get("#picks", PickList)
        await walk.until(lambda: picks.option_count == 2, "both workspaces")
        assert asked() == before
        await walk.press("down", "end", "enter")
        await walk.closed("fields")
        assert "Acme Mobile" in walk.below("workspaceId")


async def test_escape_leaves_the_picker_without_an_answer(tmp_path: Path) -> None:
    async with practice_app(tmp_path) as walk:
        await walk.jump("fields")
        await walk.push("#row-ldMaintainer .pick")
        await walk.opened(PickerScreen)
        await walk.press(*"an", "escape")
        await walk.closed("fields")
        assert walk.text("#field-ldMaintainer") == ""
