"""What goes wrong: each problem is said with its remedy, and leads back to where it can be fixed."""

from __future__ import annotations

import pytest

from tests.unit.plain import lines
from tui.sandbox.server import Sandbox

WRONG_TOKEN = "api-00000000-0000-4000-8000-00000000dead"


def posts(box: Sandbox) -> list[str]:
    return [path for method, path, _ in box.requests if method != "GET"]


def test_refused_token_is_asked_again_and_other_instances_are_offered() -> None:
    with Sandbox.start() as box:
        url, token, project = lines.launchdarkly(box)
        walked = lines.asked(["unleash", url, WRONG_TOKEN, token, project], box)
    assert "Problem: LaunchDarkly rejected your access token (401)" in walked.text
    assert "Enter it again, or type us, eu, or federal to try it there." in walked.text
    assert "OK: Ana Ruiz" in walked.after("to try it there.")
    assert WRONG_TOKEN not in walked.text
    assert walked.code == 2


def test_project_that_does_not_exist_is_asked_again() -> None:
    with Sandbox.start() as box:
        url, token, project = lines.launchdarkly(box)
        walked = lines.asked(["unleash", url, token, "no-such-project", project], box)
    assert "Your token can't see a project no-such-project. Type list to choose one." in walked.text
    assert "OK: Web Shop" in walked.after("no-such-project")


def test_address_that_is_none_is_asked_again() -> None:
    with Sandbox.start() as box:
        url, token, project = lines.launchdarkly(box)
        walked = lines.asked(["unleash", "http://example.com", "not an address", url, token, project], box)
    assert walked.text.count("Instance: 1 US") == 3
    assert walked.text.count("Problem: ") == 2
    assert "OK: Web Shop" in walked.text


def test_key_in_a_field_that_is_shown_is_taken_out() -> None:
    with Sandbox.start() as box:
        url, token, project = lines.launchdarkly(box)
        walked = lines.asked(["unleash", url, token, token, project], box)
    assert "This was a key, so it was removed." in walked.text
    assert token not in walked.text


def test_plan_that_is_not_complete_needs_a_word_of_its_own() -> None:
    with Sandbox.start(fault="source-lost-page") as box:
        walked = lines.asked([*lines.to_plan(box, "split"), "next", "without", "next"], box)
        assert posts(box) == []
    assert "Problem: INCOMPLETE: " in walked.text
    assert "Plan: next, on, cannot, flags, find TEXT, flag KEY, save, reload, without: " in walked.text
    assert "Step 6 of 9: Review" in walked.after("You are continuing without a complete plan.")


def test_losses_are_confirmed_one_by_one_before_going_on() -> None:
    with Sandbox.start() as box:
        answers = [*lines.to_plan(box, "unleash"), "ok", "flags", "yes", "back", "next", "losses", "ok all", "next"]
        walked = lines.asked(answers, box)
    assert "Loss 1 of 7, percentage rollout, 10 flags" in walked.text
    assert walked.text.count("Loss 2 of 7") == 4
    assert "Type ok to confirm this kind" in walked.text
    assert "Confirm 6 kinds of loss: " in walked.text
    assert "Step 6 of 9: Review" in walked.after("Confirm 6 kinds of loss: ")


@pytest.mark.parametrize("typed", ["", "yes", "web-shop ", "Web-Shop"])
def test_only_the_project_key_creates(typed: str) -> None:
    with Sandbox.start() as box:
        walked = lines.asked([*lines.to_review(box, "unleash"), "create", typed], box)
        confirmed = typed.strip() == "web-shop"
        assert bool(posts(box)) is confirmed
    assert ("Nothing was sent." in walked.text) is not confirmed


def test_name_that_is_taken_blocks_and_leads_to_its_field() -> None:
    with Sandbox.start() as box:
        first = lines.asked(lines.to_the_end(box, "unleash"), box)
        assert first.code == 0, first.text
        other = lines.fields(box, "unleash")
        other[5] = "another-tag"
        renamed = ["Another name", "", "", "", "", "", ""]
        there = [*lines.launchdarkly(box), "continue", *lines.keys(box, "unleash")]
        walked = lines.asked(["unleash", *there, *other, *renamed], box)
    taken = walked.after("Step 4 of 9: Fields")
    assert "Problem: Name: " in taken
    assert "Step 5 of 9" in taken.partition("Problem: Name: ")[2]


def test_refused_create_names_the_field_and_leads_there() -> None:
    with Sandbox.start(fault="bad-request") as box:
        walked = lines.asked([*lines.to_review(box, "unleash"), "create", "web-shop", "1"], box)
        assert len(posts(box)) == 1
    assert "Problem: " in walked.after("Step 7 of 9")
    assert "Problem: Nothing was created. Your answers are saved." in walked.text
    assert "1 Go to " in walked.text
    assert walked.code == 2


def test_lost_answer_is_looked_up_and_found() -> None:
    with Sandbox.start(fault="lost-answer") as box:
        walked = lines.asked([*lines.to_review(box, "unleash"), "create", "web-shop", "quit"], box)
        creates = [path for path in posts(box) if not path.endswith("/trigger")]
        assert len(creates) == 1
    assert "OK: Found: " in walked.text
    assert "Import complete" in walked.text
    assert walked.code == 0, walked.text


def test_partial_import_says_what_is_missing() -> None:
    with Sandbox.start(fault="import-partial") as box:
        walked = lines.asked([*lines.to_review(box, "unleash"), "create", "web-shop", "quit"], box)
    assert "Missing: " in walked.text
    assert "Start again" in walked.text
    assert walked.code == 0


def test_hostile_text_reaches_no_terminal() -> None:
    with Sandbox.start(fault="source-hostile") as box:
        walked = lines.asked([*lines.to_plan(box, "split"), "ok all", "flags", "", "", "next"], box)
    assert "\x1b" not in walked.text
    assert all(character.isprintable() or character == "\n" for character in walked.text)


def test_keys_are_in_no_line() -> None:
    with Sandbox.start(fault="echoed-secrets-error") as box:
        walked = lines.asked([*lines.to_review(box, "unleash"), "details", "curl", "create", "web-shop"], box)
        there = box.addresses()
    for key in (there["launchdarkly"]["token"], there["launchdarkly"]["import_key"], there["unleash"]["key"]):
        assert key not in walked.text


@pytest.mark.parametrize("count", range(1, 17))
def test_end_of_input_at_each_question_saves_and_names_it(count: int) -> None:
    with Sandbox.start() as box:
        answers = lines.to_review(box, "unleash")[:count]
        walked = lines.asked(answers, box)
    assert walked.code == 2
    *_, last = [line for line in walked.text.splitlines() if line]
    assert last.startswith("The input ended at this question: "), walked.text
    assert walked.front.walk.ask.open in last
    assert ("Your answers are saved." in last) is (count >= 2)
