"""The words that every prompt knows, the start, and the ways out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.plain import lines
from tui.answers import steps
from tui.plain.registry import ASKED
from tui.sandbox.server import Sandbox


def test_every_step_but_the_first_is_asked_by_the_registry() -> None:
    assert ["integration", *ASKED] == [step.key for step in steps.STEPS]


def test_quit_asks_before_keys_are_lost_and_can_be_declined() -> None:
    with Sandbox.start() as box:
        url, token, project = lines.launchdarkly(box)
        walked = lines.asked(["unleash", url, token, "quit", "no", project, "quit", "yes"], box)
    assert walked.text.count("Your token is not: paste it again next time.") == 2
    assert "OK: Web Shop" in walked.text
    assert walked.code == 0


def test_go_leads_to_steps_that_were_reached() -> None:
    with Sandbox.start() as box:
        walked = lines.asked([*lines.to_plan(box, "unleash"), "go run", "go keys", "next", "next", "ok all"], box)
    assert "Type go and a step that you have reached: Integration, LaunchDarkly, Keys, Fields, Plan." in walked.text
    assert "Step 3 of 9: Keys" in walked.after("Type go and a step")


def test_back_leads_through_all_steps_to_the_first() -> None:
    with Sandbox.start() as box:
        count = len(lines.to_plan(box, "unleash"))
        walked = lines.asked([*lines.to_plan(box, "unleash"), *["back"] * (count + 3), "quit", "yes"], box)
    assert walked.code == 0
    assert "This is the first step. To quit, type quit." in walked.text
    assert "Where are your flags now? Number [2]: " in walked.text


def test_next_skips_questions_but_not_required_answers() -> None:
    with Sandbox.start() as box:
        url, token, project = lines.launchdarkly(box)
        walked = lines.asked(["unleash", "next", token, url, token, project], box)
    assert "Problem: Your token: " in walked.text


def test_change_at_review_leads_back_to_review() -> None:
    with Sandbox.start() as box:
        answers = [*lines.to_review(box, "unleash"), "change 99", "change 7", "Other name", "next"]
        walked = lines.asked(answers, box)
    assert "Type change and a number from 1 to " in walked.text
    assert "7 Name: Other name, no tags (available in web-shop)" in walked.text


def test_options_of_the_command_line_answer_questions() -> None:
    with Sandbox.start() as box:
        url, token, project = lines.launchdarkly(box)
        walked = lines.asked(["", token, ""], box, integration="unleash", host=url, project=project)
    assert "Where are your flags now" not in walked.text
    assert f"or an address [{url}]" in walked.text
    assert f"Project, or list and part of its name [{project}]" in walked.text


def test_keys_of_the_environment_are_offered_and_not_shown() -> None:
    with Sandbox.start() as box:
        url, token, project = lines.launchdarkly(box)
        environ = {**lines.ENVIRON, "LD_ACCESS_TOKEN": token, "LD_BASE_URI": url}
        walked = lines.asked(["unleash", "", "", project], box, environ=environ)
    assert "Your token (hidden) [40 characters, from LD_ACCESS_TOKEN]: " in walked.text
    assert "OK: Ana Ruiz" in walked.text
    assert token not in walked.text


def test_imports_lists_what_was_begun_here() -> None:
    with Sandbox.start() as box:
        assert lines.asked([*lines.to_the_end(box, "unleash")], box).code == 0
        token = box.addresses()["launchdarkly"]["token"]
        walked = lines.asked(["imports", "back", "imports", "1", token, "quit"], box)
    assert "1 Unleash default production: compared with the plan" in walked.text
    assert "Step 8 of 9: Run" in walked.text
    assert "Import complete" in walked.text
    assert walked.code == 0


def test_imports_says_if_there_are_none() -> None:
    walked = lines.asked(["imports", "quit"])
    assert "You haven't started an import on this machine yet." in walked.text
    assert walked.code == 0


def test_practice_is_entered_from_the_first_question_and_starts_fresh() -> None:
    answers = ["practice", "unleash", "fill all", "ok all", "next", "create", "web-shop", "quit"]
    assert lines.asked(answers).code == 0
    walked = lines.asked(["Start fresh", "quit"], demo=True)
    assert "Start fresh: restore the demo account; deletes 1 practice import." in walked.text
    assert walked.text.count("Step 1 of 9") == 2
    assert "Start fresh" not in walked.text.rpartition("Step 1 of 9")[2]


def test_practice_simulates_errors() -> None:
    answers = ["unleash", "fault", "unauthorized", "fill all", "ok all", "next", "create", "web-shop", "fault", "none"]
    walked = lines.asked([*answers, "to-review"], demo=True)
    assert "Warning: Simulating: Token rejected (401)." in walked.text
    assert "Problem: LaunchDarkly rejected your access token (401)" in walked.text
    assert "OK: No error is simulated." in walked.text


@pytest.mark.parametrize("answers", [["help"], ["unleash", "help"], ["unleash", "list"]])
def test_help_and_list_need_no_answer(answers: list[str]) -> None:
    walked = lines.asked(answers)
    assert walked.code == 2
    assert "Help: " in walked.text or "There is no list" in walked.text or "1 US" in walked.text


def test_damaged_files_of_earlier_starts_are_named() -> None:
    with Sandbox.start() as box:
        first = lines.asked(lines.to_plan(box, "unleash")[:5], box)
        path = first.front.walk.session.draft_path
        assert path is not None
        path.write_text("{")
        walked = lines.asked(["quit"], box)
    assert "Warning: Can't read your saved answers in draft.json. The file is damaged." in walked.text


def test_answers_that_cannot_be_saved_are_said_once() -> None:
    with Sandbox.start() as box:

        def block(text: str) -> None:
            if "Step 3 of 9" in text:
                folder = Path(os.environ["HOME"]) / ".local/state/ld-flag-import"
                (folder / "draft.json").unlink(missing_ok=True)
                (folder / "draft.json").mkdir(exist_ok=True)

        walked = lines.asked(lines.to_plan(box, "unleash"), box, meanwhile=block)
    assert walked.text.count("Warning: Can't save your answers") == 1
