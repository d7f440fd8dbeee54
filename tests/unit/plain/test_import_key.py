"""The import key that the wizard creates, at the prompts: the question, lost answers, leaving, and after an import."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.history_tools import some_flags
from tests.unit.plain import lines
from tests.unit.plain.lines import Lines
from tests.unit.sandbox_tools import launchdarkly
from tui.sandbox.server import Sandbox

NAME = "ld-flag-import web-shop "


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox.start(company=some_flags(14)) as made:
        yield made


def to_key(box: Sandbox) -> list[str]:
    """Up to the question for the import key."""
    there = box.addresses()["unleash"]
    return ["unleash", *lines.launchdarkly(box), there["url"], there["key"]]


def at_key(box: Sandbox, *answers: str, **more: Any) -> Lines:
    return lines.asked([*to_key(box), *answers], box, **more)


def imported(box: Sandbox, *answers: str, **more: Any) -> Lines:
    """An import with a created key, and what is answered to its report."""
    walk = ["create", "yes", "no", *lines.fields(box, "unleash"), *lines.PLAN, "create", "web-shop"]
    return at_key(box, *walk, *answers, **more)


def created(box: Sandbox) -> list[str]:
    """The names of the keys that the wizard created, as another client sees them."""
    with launchdarkly(box) as ld:
        items = ld.get("/api/v2/tokens", params={"limit": 1000}).json()["items"]
    return [each["name"] for each in items if each["name"].startswith(NAME)]


def test_question_shows_what_is_created_and_enter_declines(box: Sandbox) -> None:
    walked = at_key(box, "create", "", "create", "back")
    for text in ("Paste an import key, or type create.", f"Name: {NAME}", "Policy: allow createFlag on proj/web-shop:"):
        assert text in walked.text
    assert walked.text.count("Create key? yes or no [no]: ") == 2
    assert walked.text.count("Import key (hidden): ") == 3
    assert created(box) == []


def test_created_key_is_used_and_never_shown(box: Sandbox) -> None:
    walked = imported(box, "quit")
    assert "OK: Key created and filled in." in walked.text
    assert "Can create flags in this project only." in walked.text
    assert "OK: Import complete" in walked.text, walked.text
    assert walked.code == 0
    (value,) = [token.value for token in box._accounts.tokens.values() if token.id]
    assert value not in walked.text


def test_second_create_says_that_the_key_is_in_the_field(box: Sandbox) -> None:
    walked = at_key(box, "create", "yes", "back", "create", "", "no")
    assert "The key that the wizard created is in the field." in walked.text
    assert "Step 4 of 9: Fields" in walked.text
    assert len(created(box)) == 1


@pytest.mark.parametrize(
    ("fault", "text", "answers", "count"),
    [
        ("token-forbidden", "Problem: LaunchDarkly", (), 0),
        ("token-server-error", "No key was created.", (), 0),
        ("token-lost-answer", "Key created, value lost.", ("yes", "no"), 0),
        ("token-lost-answer", "Warning: The key exists, but its value never arrived", ("no",), 1),
        ("token-lost-request", "No key was created.", (), 0),
    ],
)
def test_failures_are_said_with_what_to_do(
    box: Sandbox, fault: str, text: str, answers: tuple[str, ...], count: int
) -> None:
    box.set_fault(fault)
    walked = at_key(box, "create", "yes", *answers)
    assert text in walked.after("Create key? yes or no [no]: "), walked.text
    assert len(created(box)) == count
    assert walked.text.endswith("Your answers are saved. Start again to resume.\n")
    assert "The input ended at this question: Import key." in walked.text


def test_key_whose_creation_was_interrupted_is_looked_up_first(box: Sandbox) -> None:
    def end(method: str, path: str) -> None:
        if (method, path) == ("POST", "/api/v2/tokens"):
            os.kill(os.getpid(), signal.SIGTERM)

    box.on_request = end
    assert at_key(box, "create", "yes").code == 143
    box.on_request = None
    there = box.addresses()
    keys = (there["launchdarkly"]["token"], there["unleash"]["key"])
    walked = lines.asked(["", "", keys[0], "", "", keys[1], "create", "yes", "yes", "yes"], box)
    assert "was created. Type create to check." in walked.text, walked.text
    assert "Was this key created?" in walked.text
    assert walked.text.count("Check? yes or no [no]: ") == 1
    assert "OK: Key created and filled in." in walked.text
    assert len(created(box)) == 1


@pytest.mark.parametrize(("choice", "left"), [("keep", 1), ("delete", 0)])
def test_quitting_asks_about_a_key_that_no_import_uses(box: Sandbox, choice: str, left: int) -> None:
    walked = at_key(box, "create", "yes", "quit", "", "quit", choice)
    assert walked.text.count("Delete the import key before you quit? Number [1]: ") == 2
    assert walked.code == 0
    assert len(created(box)) == left
    assert ("Not used yet, but still in LaunchDarkly" in walked.text) is bool(left)


def test_key_is_deleted_after_the_import_by_its_word(box: Sandbox) -> None:
    walked = imported(box, "delete-key", "no", "delete-key", "delete", "quit")
    assert "LaunchDarkly uses it each time this import runs." in walked.text
    assert f"OK: Deleted {NAME}" in walked.text
    assert created(box) == []
    assert "Import key: " not in walked.text.partition("OK: Deleted ")[2]


def test_too_narrow_key_is_replaced_by_a_wider_one(box: Sandbox) -> None:
    box.set_fault("import-key-too-narrow")
    wider = ("wider-key", "yes", "", "", "save", "again", "start")
    walked = imported(box, *wider, "quit")
    assert "Policy: allow * on proj/web-shop:env/*:flag/*" in walked.text
    after = walked.after("OK: Key replaced. Start again to import the missing flags.")
    assert "OK: Import complete" in after
    assert "This import doesn't use it" in after
    assert len(created(box)) == 2


def test_wider_key_that_is_not_used_is_offered_for_deletion(box: Sandbox) -> None:
    box.set_fault("import-key-too-narrow")
    walked = imported(box, "wider-key", "yes", "back", "delete-key", "delete", "quit")
    after = walked.after("Warning: The wider key exists, but the import doesn't use it.")
    assert "isn't used by this import." in after
    assert len(created(box)) == 1
