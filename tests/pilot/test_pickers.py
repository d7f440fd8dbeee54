"""Lists to pick from: filtered by what is typed, read page by page."""

from __future__ import annotations

from pathlib import Path

from tests.pilot.walking import Walk, practice_app, practice_at, problems
from tests.unit.sandbox_tools import create, launchdarkly
from tui.answers.draft import answer
from tui.launchdarkly.models import Project
from tui.sandbox.keys import ENVIRONMENTS, SPLIT_KEYS, UNLEASH_KEYS, WORKSPACES
from tui.sandbox.server import Sandbox
from tui.screens.picker import PickerScreen
from tui.widgets.pick_list import PickList

OLD = "1f03bc00-01f0-11ec-a057-42851e80ca2c"
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


async def test_projects_come_page_by_page_and_are_filtered_by_typing(tmp_path: Path) -> None:
    async with practice_app(tmp_path) as walk:
        picks = await with_projects(walk)
        assert picks.option_count < PROJECTS
        assert f"{picks.option_count} of {PROJECTS}" in walk.text("#projects-count")
        await walk.focus("#projects")
        for _ in range(4):
            await walk.press("end")
            await walk.settled()
        assert len({prompt.split()[0] for prompt in prompts(picks)}) == picks.option_count == PROJECTS

        await walk.write("#project", "no-such-project")
        await walk.until(lambda: "No match" in walk.text("#projects-count"), "the word for an empty list")
        assert picks.option_count == 0
        await walk.press("enter")
        await walk.settled()
        assert walk.below("project").startswith("✗")

        await walk.write("#project", "web")
        await walk.until(lambda: 0 < picks.option_count < 20, "the filtered list")
        assert all("web" in prompt.lower() for prompt in prompts(picks))
        await walk.focus("#projects")
        await walk.press("home", "j")
        wanted = prompts(picks)[picks.highlighted or 0].split()[0]
        await walk.press("enter")
        await walk.answered("project", wanted)
        await walk.settled()
        assert walk.text("#project") == wanted
        assert wanted in walk.text("#route")
        assert isinstance(walk.draft.checks["project"].facts, Project)


async def test_member_is_picked_by_name_and_escape_picks_none(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "fields") as walk:
        await open_list(walk, "ldMaintainer")
        await walk.press(*"an", "escape")
        await walk.closed("fields")
        assert walk.text("#field-ldMaintainer") == ""

        picks = await open_list(walk, "ldMaintainer")
        await walk.until(lambda: picks.option_count, "the first page")
        assert "you" in prompts(picks)[0]
        await walk.press("down", "end")
        await walk.until(lambda: picks.option_count == MEMBERS, "the second page")
        await walk.press("slash", *"ben")
        await walk.until(lambda: picks.option_count == 1, "the filtered list")
        await walk.press("enter")  # the only match
        await walk.closed("fields")
        await walk.settled()
        assert "ben@example.com" in walk.below("ldMaintainer")
        assert len(walk.text("#field-ldMaintainer")) == 24


# --- what the source lists


async def open_list(walk: Walk, key: str) -> PickList:
    """The picker of a field, with what it has read."""
    await walk.push(f"#row-{key} .pick")
    await walk.opened(PickerScreen)
    await walk.until(lambda: not walk.text("#counted").startswith("Reading"), "the list to be read, or not")
    return walk.get("#picks", PickList)


def prompts(picks: PickList) -> list[str]:
    return [str(option.prompt) for option in picks.options]


def sent_to(walk: Walk, part: str) -> int:
    return sum(part in path for _, path, _ in walk.box.requests)


async def on_split_fields(walk: Walk) -> None:
    await walk.jump("fields", "split")
    await walk.paste("#field-workspaceId", WORKSPACES["default"][0])


async def test_workspace_fills_the_environment_and_a_name_becomes_its_id(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "fields", "split") as walk:
        before = sent_to(walk, "/internal/")
        picks = await open_list(walk, "workspaceId")
        await walk.until(lambda: picks.option_count == 2, "both workspaces")
        assert sent_to(walk, "/internal/") == before
        await walk.press("down", "end", "enter")
        await walk.closed("fields")
        assert "Acme Mobile" in walk.below("workspaceId")
        await walk.settled()

        await walk.paste("#field-workspaceId", WORKSPACES["default"][0])
        await walk.focus("#config-tags")
        await walk.answered("environmentId", ENVIRONMENTS["production"])
        await walk.settled()
        assert walk.below("environmentId").endswith("production. The production environment.")
        assert "Acme/production" in walk.text("#route")
        await walk.paste("#field-environmentId", "Development")
        await walk.press("enter")
        await walk.answered("environmentId", ENVIRONMENTS["development"])
        await walk.settled()
        assert walk.text("#field-environmentId") == ENVIRONMENTS["development"]
        assert walk.below("environmentId") == "✓ development. Found by its name."
        assert "Acme/development" in walk.text("#route")
        assert "development" in walk.text("#config-name")


async def test_workspace_name_becomes_its_id_when_the_field_is_left(tmp_path: Path) -> None:
    for leave in (("enter",), ("tab", "tab"), ("ctrl+o",)):
        async with practice_at(tmp_path, "fields", "split") as walk:
            await walk.write("#field-workspaceId", "acme")
            assert answer(walk.draft, "workspaceId").value == "acme"  # another letter may follow
            await walk.press(*leave)
            await walk.answered("workspaceId", WORKSPACES["default"][0])
            if leave == ("ctrl+o",):
                await walk.at("plan")
                continue
            await walk.settled()
            assert walk.text("#field-workspaceId") == WORKSPACES["default"][0]
            assert walk.below("workspaceId") == "✓ Acme. Found by its name."
            assert "Acme" in walk.text("#route")


async def test_focus_goes_to_the_next_field_after_a_pick_and_a_suggestion(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "fields", "split") as walk:
        picks = await open_list(walk, "workspaceId")
        await walk.press("down", "enter")
        await walk.closed("fields")
        await walk.has_focus("field-environmentId")
        assert picks.option_count
        await walk.paste("#config-tags", "one tag!")
        await walk.focus("#config-name")
        await walk.push("#row-config-tags .field-offer")
        await walk.has_focus("field-workspaceId")
        assert answer(walk.draft, "config-tags").value == "one, tag"
        await open_list(walk, "ldMaintainer")
        await walk.press("down", "enter")
        await walk.closed("fields")
        await walk.has_focus("next")


async def test_going_on_waits_for_what_fills_itself(tmp_path: Path) -> None:
    async with practice_app(tmp_path) as walk:
        await on_split_fields(walk)
        await walk.next()
        await walk.at("plan")
        assert answer(walk.draft, "environmentId").value == ENVIRONMENTS["production"]
        assert "config-name" in walk.draft.checks  # with the name that came of it


async def test_a_tag_is_picked_by_how_many_flags_have_it_and_read_again_by_r(tmp_path: Path) -> None:
    async with practice_app(tmp_path) as walk:
        await on_split_fields(walk)
        picks = await open_list(walk, "splitTag")
        row = next(each for each in prompts(picks) if each.startswith("payments"))
        assert row.split() == ["payments", "9", "flags"]
        read = sent_to(walk, "/splits/ws/")
        await walk.press(*"payments")
        await walk.until(lambda: picks.option_count == 1, "the filtered list")
        assert sent_to(walk, "/splits/ws/") == read
        await walk.press("down", "r")
        await walk.until(lambda: sent_to(walk, "/splits/ws/") > read and picks.highlighted == 0, "another reading")
        await walk.press("enter")
        await walk.closed("fields")
        await walk.settled()
        assert walk.text("#field-splitTag") == "payments"
        assert walk.below("splitTag") == "✓ 9 flags have this tag"

        picks = await open_list(walk, "splitTag")
        await walk.press("down")
        walk.box.set_fault("source-unauthorized")
        await walk.press("r")
        await walk.until(lambda: "Can't read the list" in walk.text("#counted"), "the refusal")
        assert picks.option_count == 0
        await walk.has_focus("retry")
        walk.box.set_fault(None)
        await walk.press("r")
        await walk.until(lambda: picks.option_count, "the list")
        await walk.has_focus("filter")
        assert not walk.get("#retry-row").display


async def test_a_list_that_cannot_be_read_leaves_a_plain_field_and_says_why(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "keys", "split") as walk:
        await walk.answer("split")
        await walk.paste("#field-workspaceApiKey", SPLIT_KEYS["viewer"].value)
        await walk.next()
        await walk.at("fields")
        picks = await open_list(walk, "workspaceId")
        assert picks.option_count == 0
        assert "(403)" in walk.text("#counted")
        assert "Type the ID" in walk.text("#counted")
        await walk.press("escape")
        await walk.closed("fields")
        walk.box.set_fault("source-unauthorized")
        await walk.paste("#field-workspaceId", WORKSPACES["default"][0])
        await walk.paste("#field-environmentId", ENVIRONMENTS["production"])
        await walk.press("enter")
        await walk.settled()
        assert walk.below("environmentId").startswith("?")
        assert "(401)" in walk.below("environmentId")
        assert problems(walk) == ()
        assert walk.text("#field-environmentId") == ENVIRONMENTS["production"]


async def test_ids_of_other_configurations_are_offered(box: Sandbox, tmp_path: Path) -> None:
    with launchdarkly(box) as client:
        create(client, box, "split", "blog", workspaceId=OLD)
    async with practice_at(tmp_path, "fields", "split", box=box) as walk:
        picks = await open_list(walk, "workspaceId")
        await walk.press("down", "end")
        assert prompts(picks)[-1].startswith(OLD)
        assert 'used by "Practice"' in prompts(picks)[-1]
        await walk.press("enter")
        await walk.closed("fields")
        assert walk.text("#field-workspaceId") == OLD


async def test_a_token_for_looking_fills_the_pickers_and_is_not_kept(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "keys") as walk:
        await walk.answer("unleash")
        await walk.paste("#field-source-helper", UNLEASH_KEYS["personal"].value)
        await walk.press("enter")
        await walk.until(lambda: "Ana Ruiz" in walk.below("source-helper"), "whose it is")
        await walk.next()
        await walk.at("fields")
        for key, wanted in (("sourceProjectId", "mobile-app"), ("sourceEnvironmentId", "development")):
            assert any(each.startswith(wanted) for each in prompts(await open_list(walk, key)))
            await walk.press("escape")
            await walk.closed("fields")
        picks = await open_list(walk, "sourceTag")
        await walk.press(*"payments")
        await walk.until(lambda: picks.option_count == 1, "the filtered list")
        await walk.press("enter")
        await walk.closed("fields")
        await walk.until(lambda: "8 flags have this tag" in walk.below("sourceTag"), "the count")
        assert walk.text("#field-sourceTag") == "simple:payments"
        assert "doesn't document" in walk.below("sourceTag")
