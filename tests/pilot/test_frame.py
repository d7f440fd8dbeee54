"""What all steps share: names, keys, focus, help, the list of actions, pictures."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.widgets import OptionList

from tests.pilot.people import FIELD_STEPS
from tests.pilot.walking import BEFORE_SENDING, INTEGRATIONS, STEPS, Walk, practice_app, practice_at, real_app
from tui.answers import draft as drafts
from tui.answers.fields import KINDS
from tui.sandbox.server import Sandbox
from tui.screens.faults import FaultScreen
from tui.screens.help import HelpScreen
from tui.screens.in_fields import InFields
from tui.screens.registry import SCREENS
from tui.screens.sheet import Sheet
from tui.screens.step import StepScreen
from tui.widgets.field_row import WIDGETS, FieldRow
from tui.widgets.ids import field_id, problem_id

BUILT_IN = {"launchdarkly": ("host", "token", "project"), "fields": ("config-name", "config-tags")}
"""Contract §5: the names that are not a form variable's."""


def test_every_step_has_a_screen_and_every_kind_a_widget() -> None:
    assert tuple(SCREENS) == STEPS
    assert set(WIDGETS) == set(KINDS)


@pytest.mark.parametrize("integration", INTEGRATIONS)
async def test_every_field_has_the_names_of_the_contract_and_its_help(integration: str, tmp_path: Path) -> None:
    async with practice_app(tmp_path) as walk:
        for key in INTEGRATIONS:
            assert walk.get(f"#integration-{key}")
        await walk.jump("review", integration)
        seen: set[str] = set()
        for step in STEPS:
            await walk.show(step)
            assert walk.get("#next")
            assert step == "integration" or walk.get("#back")
            for name in BUILT_IN.get(step, ()):
                assert walk.get(f"#{name}")
            for field in drafts.fields(walk.draft, step):
                assert walk.get(f"#{field_id(field.key)}")
                assert walk.get(f"#{problem_id(field.key)}")
                seen.add(field.key)
            if step in FIELD_STEPS:
                await open_help_of_fields(walk, step)
        form = walk.app.session.forms[integration]
        assert {variable.key for variable in form.variables} <= seen
        assert {field_id(variable.key) for variable in form.variables} == {
            f"field-{variable.key}" for variable in form.variables
        }


async def open_help_of_fields(walk: Walk, step: str) -> None:
    """The two help keys open the help of the field with the focus."""
    for row in walk.app.screen.query(FieldRow):
        row.control.focus()
        await walk.press(("f1", "ctrl+g")[len(row.key) % 2])
        await walk.opened(HelpScreen)
        assert walk.text(".dialog-title") == row.variable.label
        text = walk.text(".dialog-text")
        assert (row.variable.guide.what or row.variable.help) in text
        assert all(place in text for place in row.variable.guide.where)
        await walk.press("escape")
        await walk.closed(step)


async def test_no_step_opens_with_the_focus_on_next(tmp_path: Path) -> None:
    async with practice_app(tmp_path) as walk:
        for step in BEFORE_SENDING[1:]:
            assert opened_well(walk)
            await walk.to(step)
        assert opened_well(walk)
        for step in reversed(BEFORE_SENDING[:-1]):  # also where everything is answered already
            await walk.press("f7")
            await walk.at(step)
            assert opened_well(walk)
        await walk.jump("review")
        await walk.send()
        assert opened_well(walk)


def opened_well(walk: Walk) -> bool:
    """Something has the focus, and it is not `next`."""
    return walk.app.focused is not None and walk.focused != "next"


async def test_every_step_has_its_help_and_escape_goes_to_back(tmp_path: Path) -> None:
    async with practice_app(tmp_path) as walk:
        await walk.press("escape", "escape")
        assert walk.on("integration")
        await walk.jump("review")
        await walk.send()
        for step in STEPS:
            await walk.show(step)
            await walk.focus("#integration-split" if step == "integration" else "#back")
            await walk.press("question_mark")
            await walk.opened(HelpScreen)
            assert "Ctrl+O" in walk.text(".dialog-text")
            await walk.press("question_mark")
            await walk.closed(step)
            await walk.press("escape", "escape", "escape")
            assert walk.on(step)
            assert step == "integration" or walk.focused == "back"


async def test_escape_closes_what_is_open_and_letters_act_only_outside_inputs(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "fields") as walk:
        before = walk.shown
        await walk.press("ctrl+l")
        await walk.pilot.pause()
        assert walk.shown == before
        await walk.focus("#config-name")
        for key in ("f1", "ctrl+g", "f2", "ctrl+p"):
            await walk.press(key)
            await walk.until(lambda: not walk.on("fields"), f"{key} opens something")
            await walk.press("escape")
            await walk.until(lambda: walk.on("fields"), f"Esc closes what {key} opened")
            assert walk.focused == "config-name"
        await walk.write("#config-name", "q?:wyrjk/")
        assert walk.on("fields")
        assert walk.text("#config-name") == "q?:wyrjk/"
        assert os.listdir(tmp_path) == []
        await walk.focus("#back")
        for letter, opens in (("question_mark", HelpScreen), ("colon", CommandPalette)):
            await walk.press(letter)
            await walk.opened(opens)
            await walk.press("escape")
            await walk.closed("fields")
        await walk.press("q")
        await walk.until(lambda: walk.left, "q leaves")


async def test_actions_are_ours_alone_and_run_by_name(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "keys") as walk:
        titles = {command.title.lower() for command in walk.app.get_system_commands(walk.app.screen)}
        assert {"next step", "back", "help", "quit", "go to launchdarkly"} <= titles
        assert "go to review" not in titles  # not reached yet
        assert not any(word in title for title in titles for word in ("screenshot", "maximize"))
        await walk.open_actions()
        shown = [str(option.prompt).lower() for option in walk.get("OptionList", OptionList).options]
        assert shown
        assert not any("screenshot" in prompt for prompt in shown)
        await walk.press("escape")
        await walk.closed("keys")

        await walk.open_actions("theme: light")
        await walk.press("enter")
        await walk.until(lambda: walk.app.theme == "light", "another theme")
        await walk.open_actions("back")
        await walk.press("enter")
        await walk.at("launchdarkly")
        await walk.open_actions("start over")
        await walk.press("enter")
        await walk.at("integration")
        await walk.until(lambda: not walk.draft.integration, "nothing chosen")


async def test_actions_of_practice_offer_an_error_to_simulate(tmp_path: Path) -> None:
    async with practice_app(tmp_path) as walk:
        await walk.open_actions("simulate an error")
        await walk.press("enter")
        await walk.opened(FaultScreen)


async def test_message_too_long_for_one_row_has_two(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "launchdarkly", size=(60, 20)) as walk:
        rows = walk.get("#message").size
        walk.fields_screen.say("problem", "It happened. " * 4)
        await walk.settled()
        assert walk.get("#message").size.height == 1
        walk.fields_screen.say("problem", "It happened. " * 6)
        await walk.settled()
        assert walk.get("#message").size.height == 2
        assert " ".join(walk.shown.split()).count("It happened.") == 6
        walk.fields_screen.say("", "")
        await walk.settled()
        assert walk.get("#message").size == rows


async def test_help_pane_uses_its_whole_width_on_each_step(tmp_path: Path) -> None:
    async with practice_app(tmp_path, size=(120, 40)) as walk:
        for _ in range(2):
            await walk.until(lambda: "next or previous field or" in walk.text("#aside-text"), "wide lines")
            await walk.choose("unleash")
            await walk.next()
            await walk.at("launchdarkly")
            await walk.focus("#next")
            await walk.until(lambda: "next or previous field or" in walk.text("#aside-text"), "wide lines")
            await walk.press("f7")
            await walk.at("integration")


async def test_a_saved_picture_holds_no_key(box: Sandbox, tmp_path: Path) -> None:
    token = box.addresses()["launchdarkly"]["token"]
    async with real_app(box, tmp_path, size=(100, 30)) as walk:
        await walk.to("launchdarkly")
        await walk.paste("#host", box.addresses()["launchdarkly"]["url"])
        await walk.paste("#token", token)
        await walk.focus("#project")
        address = box.addresses()["launchdarkly"]["url"]
        walk.app.session.context.redactor.add(address)  # is on the screen in clear, as no key is
        await walk.until(lambda: "ana@example.com" in walk.shown, "the account")
        row = walk.get("#row-token", FieldRow)
        await walk.focus("#row-token .show-end")
        await walk.press("enter")
        assert token[-4:] in walk.below("token")
        await walk.open_actions("save a picture")
        await walk.press("enter")
        path = tmp_path / "ld-flag-import.svg"
        await walk.until(path.exists, "the picture")
        picture = path.read_text("utf-8")
        assert token not in picture
        assert "Ana&#160;Ruiz" in picture
        assert address not in picture
        assert f"ending&#160;in&#160;{token[-4:]}" not in picture
        assert token[-4:] not in str(row._shown_end)
        assert path.stat().st_mode & 0o777 == 0o600


async def test_key_reaches_no_clipboard_and_shows_its_end_only_on_request(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "launchdarkly") as walk:
        await walk.answer("unleash")
        token = walk.box.addresses()["launchdarkly"]["token"]
        assert token[-4:] not in walk.shown
        await walk.push("#row-token .show-end")
        await walk.until(lambda: token[-4:] in walk.below("token"), "the end")
        assert "40 characters" in walk.below("token")
        await walk.press("tab")
        await walk.until(lambda: token[-4:] not in walk.below("token"), "hidden when left")
        await walk.focus("#token")
        await walk.press("home", "shift+end", "ctrl+c")
        await walk.pilot.pause()
        assert walk.app.clipboard == ""
        assert not walk.left
        await walk.press("ctrl+x")
        assert walk.app.clipboard == ""
        assert len(walk.text("#token")) == 40


def test_keys_that_leave_a_field_act_before_what_was_typed_after_them() -> None:
    """Held against the classes: one list of a subclass that names such a key would take it away silently."""
    actions = {"tab": "field_next", "down": "field_next", "enter": "take", "up": "field_previous"}
    steps = (screen for screen in SCREENS.values() if issubclass(screen, StepScreen))
    screens: tuple[type[InFields], ...] = (*steps, Sheet)
    for screen in screens:
        keys = screen._merge_bindings().key_to_bindings
        for key, action in actions.items():
            assert any(each.action == action and each.priority for each in keys[key]), (screen, keys[key])
