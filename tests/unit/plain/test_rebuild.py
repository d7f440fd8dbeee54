"""The step Rebuild at the prompts: from an import to its rules in LaunchDarkly, and back."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.history_tools import some_flags
from tests.unit.plain import lines
from tests.unit.plain.lines import Lines
from tests.unit.rebuild_tools import PLACE, content, on_change, writes
from tui.sandbox.server import Sandbox

APPLY = ("ok all", "apply", PLACE)


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox.start(company=some_flags(14)) as made:
        yield made


def imported(box: Sandbox, *answers: str, integration: str = "unleash", **more: Any) -> Lines:
    """An import that has ended, and what is answered to its report."""
    return lines.asked([*lines.to_the_end(box, integration)[:-1], *answers], box, **more)


def rebuilt(box: Sandbox, *answers: str, place: str = PLACE, **more: Any) -> Lines:
    """The same, up to what is answered once both sides are read."""
    return imported(box, "rebuild", place, *answers, **more)


def rebuilds(box: Sandbox) -> list[tuple[str, str]]:
    """The requests that have changed something since the import has started."""
    sent = writes(box)
    return sent[next(at for at, (_, path) in enumerate(sent) if path.endswith("/trigger")) + 1 :]


@pytest.mark.parametrize("integration", ["split", "unleash"])
def test_rules_are_accepted_applied_read_back_turned_on_and_taken_back(box: Sandbox, integration: str) -> None:
    seen: list[dict[str, Any]] = []

    def meanwhile(text: str) -> None:
        if text.startswith(("Nothing has been changed yet.", "OK: Applied", "OK: Turned on", "OK: Taken back")):
            seen.append(content(box))

    answers = (*APPLY, "turn on", PLACE, "no", "take back", PLACE, "reload", "report", "quit")
    walked = rebuilt(box, *answers, integration=integration, meanwhile=meanwhile)
    assert walked.code == 0, walked.text
    before, applied, on, after, again = seen
    assert before["flags"].keys() == applied["flags"].keys()
    assert sum(before["flags"][key] != flag for key, flag in applied["flags"].items()) > 3
    assert [flag["on"] for flag in applied["flags"].values()] == [flag["on"] for flag in before["flags"].values()]
    assert any(on["flags"][key]["on"] > flag["on"] for key, flag in applied["flags"].items())
    assert after == again == before
    assert "3 test: no approval needed" in walked.text
    assert "1 production: critical" in walked.text
    assert "OK: Applied and read back. All flags stay off." in walked.text
    assert "Step 8 of 9: Run" in walked.after("Type reload to read both sides again.")


def test_list_filters_pages_and_a_flag_with_both_sides(box: Sandbox) -> None:
    walked = rebuilt(box, "list", "to accept", "find DARK", "list hand", "list by hand", "flag checkout-v2", "left")
    assert "type one of: ready (" in walked.text
    assert "  dark-mode, ready: faithful" in walked.after("Rebuild: accept, apply, list, find TEXT, flag KEY")
    found = walked.after("type one of: ready (")
    assert "1 flag.\n  dark-mode" in found
    assert "0 flags." in found
    assert "2 flags.\n  tax-engine, by hand: Its strategies have variants" in found
    about = walked.after("checkout-v2: approximate, on in Unleash.")
    parts = ("To accept: ", "In Unleash:", "In LaunchDarkly:", "What differs:", "rebucketed: ", "Proved with ")
    places = [about.index(part) for part in parts]
    assert places == sorted(places)
    assert "- Not accepted: " in about.partition("Left by hand: ")[2]
    assert rebuilds(box) == []


def test_differences_are_accepted_by_name_and_none_is_preset(box: Sandbox) -> None:
    names = ("accept", "segment-copied-today", "ok segment-copied-today", "flags 3", "ok 9", "list copied", "done")
    walked = rebuilt(box, *names, "list ready", "no segment-copied-today", "accept", "done")
    assert walked.text.count(", not accepted: ") == 3 + 3
    assert "Problem: For example ok 1, or done." in walked.text
    assert "Accepted segment-copied-today. 6 flags are ready. Nothing has been changed yet." in walked.text
    assert "1 flag.\n  buy-now-pay-later, ready: " in walked.text
    assert "Problem: Enter a number from 1 to 3, or a name." in walked.text
    assert "3 segment-copied-today, 1 flag, accepted: " in walked.text
    assert "6 flags.\n" in walked.text
    assert "Not accepted: segment-copied-today. 5 flags are ready." in walked.text
    assert rebuilds(box) == []


@pytest.mark.parametrize("typed", ["", "yes", "production", "Development"])
def test_only_the_environment_key_applies(box: Sandbox, typed: str) -> None:
    walked = rebuilt(box, "apply", typed)
    assert "Nothing was sent." in walked.after("Type development to confirm: ")
    assert rebuilds(box) == []


def test_back_at_the_question_leads_to_the_words(box: Sandbox) -> None:
    walked = rebuilt(box, "apply", "back", "quit")
    assert "Nothing was sent.\nRebuild: accept, apply" in walked.text
    assert walked.code == 0
    assert rebuilds(box) == []


def test_critical_environment_asks_twice(box: Sandbox) -> None:
    sent: list[int] = []

    def meanwhile(text: str) -> None:
        if text.startswith("Apply to the critical environment"):
            sent.append(len(rebuilds(box)))

    again = ("apply", "production", "no", "apply", "production", "yes", "quit")
    walked = rebuilt(box, "ok all", *again, place="production", meanwhile=meanwhile)
    assert "Warning: LaunchDarkly marks production as critical." in walked.text
    assert sent == [0, 0]
    assert "OK: Applied and read back." in walked.text.partition("critical environment production? yes or no [no]: ")[2]
    assert rebuilds(box)


def test_approvals_are_requested_after_their_own_question(box: Sandbox) -> None:
    walked = rebuilt(box, "apply", "staging", "approvals", "no", "approvals", "staging", "quit", place="staging")
    assert "Warning: 2 flags need an approval first. They were not changed." in walked.text
    assert "OK: Approvals requested for 2 flags." in walked.text
    assert "  Not known: apple-pay, pending: " in walked.text
    assert len([path for _, path in rebuilds(box) if path.endswith("/approval-requests")]) == 2


def test_flags_of_others_are_adopted_after_they_were_opened(box: Sandbox) -> None:
    opened = ("adopt kill-payments", "flag kill-payments", "adopt kill-payments")
    walked = rebuilt(box, "adopt dark-mode", *opened, "apply", PLACE, "adopt invoice", "quit")
    assert "You can adopt only flags that this import didn't create." in walked.text
    first = walked.after("First type flag and its key. Then type adopt and its key to adopt it.")
    assert "kill-payments is adopted. Nothing has been changed yet.\n  OK: kill-payments, ready, adopted" in first
    assert "OK: 6 rebuilt and read back equal" in first
    assert first.count("First type flag and its key") == 1


def test_rejected_change_in_the_middle_says_what_to_do_and_can_be_repeated(box: Sandbox) -> None:
    def meanwhile(text: str) -> None:
        if text.startswith(("Problem: ", "Warning: ")):
            box.on_request = None
            box.set_fault(None)
        elif text.startswith("Apply to"):
            box.on_request = on_change(lambda: box.set_fault("flag-change-needs-approval"), 2)

    walked = rebuilt(box, "apply", PLACE, "approvals", "back", "reload", "apply", PLACE, "quit", meanwhile=meanwhile)
    assert "Warning: 1 flag needs an approval first. It was not changed." in walked.text, walked.text
    assert "OK: Applied and read back. All flags stay off." in walked.after("needs an approval first")
    assert "OK: 5 rebuilt and read back equal" in walked.text


def test_failure_while_applying_keeps_what_is_done(box: Sandbox) -> None:
    changed: list[str] = []

    def meanwhile(text: str) -> None:
        if text.startswith("Apply to"):
            box.on_request = on_change(lambda: box.colleague().switch("google-pay", PLACE))
        changed.append(text)

    walked = rebuilt(box, "apply", PLACE, "to check", "flag google-pay", "reload", "quit", meanwhile=meanwhile)
    assert "Warning: 4 rebuilt and read back equal, 1 failed, 2 left by hand." in walked.text, walked.text
    assert "  Problem: google-pay, failed: " in walked.text
    assert "Warning: 1 flag to check: type flag and its key to see why." in walked.text


def test_pauses_and_progress_are_a_line_in_ten_seconds() -> None:
    with Sandbox.start() as box:

        def meanwhile(text: str) -> None:
            if text.startswith("Apply to"):
                box.set_fault("flag-change-rate-limited")

        walked = rebuilt(box, *APPLY, "quit", meanwhile=meanwhile)
    done = walked.after("Type development to confirm: ").partition("OK: Applied and read back.")[0]
    lines_ = [line for line in done.splitlines() if "asks for a pause" in line or line.startswith("Done ")]
    assert "OK: 35 rebuilt and read back equal, 11 left by hand." in done, walked.text
    assert 1 <= len(lines_) <= 3


def test_help_explains_the_words_of_the_step(box: Sandbox) -> None:
    walked = rebuilt(box, "help", "quit")
    assert "apply, turn on, take back: these ask first" in walked.after("Here you can type:")
    assert "to accept: it differs in ways that you haven't accepted yet" in walked.text


def test_reading_that_fails_says_why_and_can_be_repeated(box: Sandbox) -> None:
    def meanwhile(text: str) -> None:
        if text.startswith("Environment. Number"):
            box.set_fault("source-unauthorized")
        elif text.startswith("Problem: "):
            box.set_fault(None)

    walked = rebuilt(box, "apply", "", "quit", meanwhile=meanwhile)
    assert "(401)" in walked.after("Problem: ")
    assert "Rebuild: environment, reload, report [reload]: " in walked.text
    assert "Problem: No flag is ready to be rebuilt." in walked.text
    assert "OK: 10 flags: 5 faithful" in walked.text


def test_signal_while_flags_are_changed_keeps_the_record_and_says_how_to_resume(box: Sandbox) -> None:
    def meanwhile(text: str) -> None:
        if text.startswith("Apply to"):
            box.on_request = on_change(lambda: os.kill(os.getpid(), signal.SIGTERM), 2)

    walked = rebuilt(box, *APPLY, meanwhile=meanwhile)
    assert walked.code == 143
    assert walked.text.endswith(
        "What is done stays done. A change that is on its way is looked up next time. To continue, start the wizard"
        " again, type imports, choose this import, then type go rebuild.\n"
    )
    box.on_request = None
    there = box.addresses()
    keys = (there["launchdarkly"]["token"], there["unleash"]["key"])
    again = lines.asked(
        ["imports", "1", keys[0], "rebuild", "not-a-key", keys[1], PLACE, *APPLY, "check", "take back", PLACE, "quit"],
        box,
    )
    assert again.code == 0, again.text
    assert "To read your flags once more, the wizard needs the Unleash SDK key." in again.text
    assert re.search(r"2 by hand, [1-7] rebuilt", again.text), again.text
    assert "8 rebuilt and read back equal" in again.text
    assert "8 taken back" in again.text
    assert all(key not in again.text for key in keys)


def test_rebuilt_flags_are_read_back_days_later(box: Sandbox) -> None:
    assert rebuilt(box, *APPLY, "quit").code == 0
    there = box.addresses()
    keys = (there["launchdarkly"]["token"], there["unleash"]["key"])
    changed = box.colleague().switch
    changed("dark-mode", PLACE)
    again = lines.asked(["imports", "1", keys[0], "go rebuild", keys[1], PLACE, "rebuilt", "check", "quit"], box)
    assert "Rebuild: check, turn on, take back, " in again.text, again.text
    assert "7 rebuilt and read back equal" in again.text


def test_rebuild_without_an_import_adopts_flags_and_back_leads_where_the_walk_was(box: Sandbox) -> None:
    before = [*lines.to_plan(box, "unleash"), "ok all", "go rebuild", PLACE, "list", "apply", "report", "back"]
    walked = lines.asked(before, box)
    assert "To adopt one, type flag and its key, then adopt and its key." in walked.text
    assert "kill-payments, not opened" in walked.text
    assert "There is no import yet, so there is no report." in walked.text
    assert "Step 5 of 9: Plan" in walked.after("There is no import yet")
    assert writes(box) == []


def test_rebuild_before_its_answers_leads_to_what_is_missing(box: Sandbox) -> None:
    walked = lines.asked(["unleash", *lines.launchdarkly(box), "go rebuild"], box)
    assert "Rebuild needs your earlier answers. Go back to fix them." in walked.text
    assert "Step 3 of 9: Keys" in walked.after("Rebuild needs your earlier answers.")


def test_undo_keeps_rebuilt_flags_until_their_rebuild_is_taken_back(box: Sandbox) -> None:
    took = ("take back", "no", "take back", "take back")
    walked = rebuilt(box, *APPLY, "report", "undo", *took, "archive", "archive", "quit")
    assert walked.code == 0, walked.text
    assert "Warning: 8 flags have rebuilt targeting and are kept. Take that back first." in walked.text
    assert "10 flags to archive." in walked.after("OK: The rebuilt targeting is taken back.")
    assert "10 flags archived." in walked.text
