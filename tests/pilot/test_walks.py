"""Both integrations, from the first screen to a created configuration, and back and forth on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Static

from tests.pilot.people import answers
from tests.pilot.walking import (
    BEFORE_SENDING,
    INTEGRATIONS,
    options,
    practice_app,
    practice_at,
    problems,
    real_app,
    running,
)
from tui.answers.draft import values
from tui.answers.remarks import label
from tui.sandbox.server import Sandbox
from tui.widgets.field_row import FieldRow
from tui.widgets.ids import field_id


@pytest.mark.parametrize("integration", INTEGRATIONS)
async def test_practice_leads_to_a_created_configuration(integration: str, tmp_path: Path) -> None:
    async with practice_app(tmp_path) as walk:
        await walk.to("review", integration)
        assert walk.posts() == []
        await walk.send()
        assert walk.outcome is not None
        assert walk.outcome.configuration is not None
        assert len(walk.creations()) == 1
        assert len(walk.created()) == 1
        await walk.at("run")  # by itself, since it was started
        await walk.until(lambda: walk.get("#run-report").display, "the report")
        await walk.push("#next")
        await walk.at("rebuild")
        await walk.push("#next")
        await walk.until(lambda: walk.left, "Quit leaves")
        assert walk.outcome.configuration.id in walk.app.farewell


async def test_back_from_everywhere_with_all_answers_kept(box: Sandbox, tmp_path: Path) -> None:
    async with real_app(box, tmp_path) as walk:
        await walk.to("fields")
        await walk.paste("#config-name", "My own name")
        await walk.paste("#field-sourceTag", "simple:payments")
        await walk.to("review")
        before = values(walk.draft)
        keys = {key: walk.app.session.bag.peek(key) for key in ("token", "sourceApiKey", "ldApiKey")}

        await walk.press("escape")
        assert walk.focused == "back"
        await walk.press("enter")
        await walk.at("plan")
        await walk.back_to("fields")
        assert walk.text("#config-name") == "My own name"
        await walk.back_to("keys")
        assert len(walk.text("#field-sourceApiKey")) == len(keys["sourceApiKey"])
        await walk.back_to("integration")
        assert values(walk.draft) == before

        for step in BEFORE_SENDING[1:]:
            await walk.next()
            await walk.at(step)
        assert values(walk.draft) == before
        assert {key: walk.app.session.bag.peek(key) for key in keys} == keys
        assert "PRACTICE" not in walk.shown
        assert walk.posts() == []
        await walk.send()
        assert len(walk.created()) == 1


async def test_another_integration_keeps_what_both_have(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "keys") as walk:
        await walk.back_to("integration")
        await walk.choose("split")
        await walk.next()
        await walk.at("launchdarkly")
        assert walk.text("#project") == "web-shop"
        assert len(walk.text("#token")) == 40
        assert "Split" in walk.text("#route")
        await walk.to("review", "split")
        await walk.send()
        assert len(walk.created()) == 1


async def test_a_done_step_is_reached_by_the_stepper_and_by_the_actions(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "review") as walk:
        place = str(walk.get("#stepper", Static).content).index("Keys")
        await walk.pilot.click("#stepper", offset=(place, 0))
        await walk.at("keys")
        await walk.open_actions("go to fields")
        await walk.press("enter")
        await walk.at("fields")


async def test_next_pressed_too_early_says_what_is_missing_and_goes_there(box: Sandbox, tmp_path: Path) -> None:
    async with real_app(box, tmp_path) as walk:
        await walk.next()
        assert walk.on("integration")
        assert "Choose" in walk.message()
        assert walk.focused == "integration-split"
        for step, first in FIRST_MISSING.items():
            await walk.to(step)
            await walk.push("#next")
            await walk.has_focus(field_id(first))
            assert walk.on(step)
            assert first in problems(walk)
            assert walk.below(first).startswith("✗")
            assert walk.draft.form is not None
            assert label(walk.draft, first) in walk.message()
        for selector, value in answers(box, "unleash")["keys"].items():
            await walk.paste(selector, value)
        assert walk.app.session.due("ldApiKey")  # its field was not left yet
        await walk.next()
        await walk.at("fields")
        assert {"sourceApiKey", "ldApiKey"} <= set(walk.draft.checks)
        assert walk.posts() == []


FIRST_MISSING = {"launchdarkly": "token", "keys": "sourceBaseUrl"}


async def test_an_integration_named_on_the_command_line_is_chosen_at_once(box: Sandbox, tmp_path: Path) -> None:
    asked = options(box, tmp_path, demo=True, integration="unleash")
    async with running(asked, box, step="launchdarkly") as walk:
        assert walk.draft.integration == "unleash"


async def test_next_right_after_the_last_letter_is_not_forgotten(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "fields") as walk:
        await walk.write("#field-sourceEnvironmentId", "production")
        walk.app.session.ask_again("sourceEnvironmentId")
        walk.fields_screen.action_next()
        row = next(row for row in walk.app.screen.query(FieldRow) if row.key == "sourceEnvironmentId")
        row.post_message(FieldRow.Edited(row.key))  # as on a slow machine: behind Ctrl+O
        await walk.at("plan")
