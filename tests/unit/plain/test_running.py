"""Imports that don't go as planned, at the prompts: what is said, and what can be done."""

from __future__ import annotations

from tests.unit.plain import lines
from tui.sandbox.server import Sandbox

NEW_KEY = "api-00000000-0000-4000-8000-00000000cafe"


def created(box: Sandbox, *answers: str) -> lines.Lines:
    return lines.asked([*lines.to_review(box, "unleash"), "create", "web-shop", *answers], box)


def test_start_whose_answer_was_lost_asks_whether_it_started() -> None:
    with Sandbox.start(fault="lost-trigger-request") as box:

        def recover(text: str) -> None:
            if "Start not confirmed" in text:
                box.set_fault(None)

        answers = [
            *lines.to_review(box, "unleash"),
            "create",
            "web-shop",
            "1",
            "It didn't start",
            "start",
            "start",
            "quit",
        ]
        walked = lines.asked(answers, box, meanwhile=recover)
    assert "Not known: Can't tell whether the import started" in walked.text
    after = walked.after("Start not confirmed")
    assert "1 It started" in after
    assert "OK: Import complete" in after.partition("Type start to confirm")[2]
    assert walked.code == 0


def test_lookup_of_a_lost_answer_writes_few_lines() -> None:
    with Sandbox.start(fault="lost-request") as box:
        walked = created(box)
    assert walked.text.count("Not found yet") <= 3
    assert "Nothing was created." in walked.text


def test_stuck_import_gives_the_next_answer_of_a_pipe_its_turn() -> None:
    with Sandbox.start(fault="import-stuck") as box:
        walked = created(box, "quit")
    assert "Problem: No progress since " in walked.text
    assert "Stopped watching. The import isn't affected." in walked.text
    assert "1 Watch it" in walked.text
    assert walked.code == 0
    assert "The import continues in LaunchDarkly." in walked.text


def test_rejected_key_is_replaced_before_another_start() -> None:
    with Sandbox.start(fault="source-refused-at-import") as box:
        key = box.addresses()["unleash"]["key"]
        walked = created(box, "replace", key, "", "save", "again", "no", "quit")
    assert "Unleash SDK key: stored in LaunchDarkly to replaced" in walked.text
    assert "OK: Key replaced. Start again to import the missing flags." in walked.text
    assert key not in walked.text


def test_failed_import_is_started_again_after_a_word() -> None:
    with Sandbox.start(fault="import-failed") as box:
        walked = created(box, "again", "yes", "again", "start", "quit")
        starts = [path for method, path, _ in box.requests if path.endswith("/trigger")]
    assert len(starts) == 2
    assert walked.text.count("Problem: Import failed: 0 of 46 flags created.") == 2
    assert walked.text.count("Start again: Import the 46 missing flags.") >= 2


def test_resumed_import_asks_for_the_token_until_it_is_accepted() -> None:
    with Sandbox.start() as box:
        token = box.addresses()["launchdarkly"]["token"]
        answers = [*lines.to_review(box, "unleash"), "create only", "web-shop", "quit"]
        assert lines.asked(answers, box).code == 0
        back = lines.asked(["", "back", "quit"], box)
        assert back.code == 0, back.text
        resumed = lines.asked(["", "api-too-short", NEW_KEY, token, "start", "start", "quit"], box)
    assert "Resume Unleash default production: created, not started" in resumed.text
    assert resumed.text.count("Problem: ") == 2
    assert "OK: Import complete" in resumed.text
    assert token not in resumed.text


def test_progress_of_a_long_import_is_a_line_in_ten_seconds() -> None:
    with Sandbox.start(fault="import-slow") as box:
        walked = created(box, "quit")
    progress = [line for line in walked.text.splitlines() if line.endswith("importing.")]
    seconds = walked.front.walk.session.context.now()
    assert progress
    assert len(progress) == len(set(progress))
    assert seconds
    assert len(progress) <= 12


def test_report_is_saved_and_lists_are_paged() -> None:
    with Sandbox.start() as box:
        walked = created(box, "list-rebuild", "stop", "Report", "md", "quit")
        saved = list(walked.front.walk.folder.glob("unleash-web-shop-*.md"))
    assert "Targeting to rebuild:" in walked.text
    assert "20 of " in walked.text
    assert len(saved) == 1
    assert f"Saved {saved[0].name}" in walked.text


def test_plan_and_recipe_are_saved() -> None:
    with Sandbox.start() as box:
        walked = lines.asked(
            [*lines.to_plan(box, "split"), "ok all", "save", "1", "save json", "next", "recipe", "back", "quit", "yes"],
            box,
        )
        names = sorted(path.suffix for path in walked.front.walk.folder.iterdir() if path.is_file())
    assert names == [".json", ".md", ".toml"]
    assert "Before you run it, set: " in walked.text
    assert walked.code == 0
