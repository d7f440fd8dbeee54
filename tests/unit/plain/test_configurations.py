"""The configurations of an account at the prompts: list, watch, edit, replace a key, start, delete."""

from __future__ import annotations

from tests.terminal.world import configurations
from tests.unit.plain import lines
from tui.sandbox.server import Sandbox

NEW_KEY = "api-00000000-0000-4000-8000-00000000cafe"


def created(box: Sandbox) -> None:
    """A configuration that was created and not started."""
    answers = [*lines.to_review(box, "unleash"), "create only", "web-shop", "quit"]
    assert lines.asked(answers, box).code == 0


def page(box: Sandbox, *answers: str) -> lines.Lines:
    """Open the configuration of the practice project from the first question, and answer there."""
    url, token, _ = lines.launchdarkly(box)
    return lines.asked(["configurations", url, token, "web-shop", "1", *answers, "close", "back", "quit", "yes"], box)


def test_list_opens_a_configuration_by_its_name_and_hides_keys() -> None:
    with Sandbox.start() as box:
        created(box)
        shown = page(box)
        keys = box.addresses()["launchdarkly"]
    assert "Imports: from Unleash into web-shop" in shown.text
    assert "Import key: (hidden)" in shown.text
    assert keys["import_key"] not in shown.text
    assert shown.code == 0


def test_edit_sends_only_what_changed_and_only_after_a_word() -> None:
    with Sandbox.start() as box:
        created(box)
        declined = page(box, "edit", "Renamed", "next", "no")
        assert "Name: Unleash default production to Renamed" in declined.text
        assert [each["name"] for each in configurations(box.addresses())] == ["Unleash default production"]
        changed = page(box, "edit", "Renamed", "next", "save")
        assert "OK: Changed." in changed.text
        assert [each["name"] for each in configurations(box.addresses())] == ["Renamed"]


def test_key_is_replaced_without_being_shown() -> None:
    with Sandbox.start() as box:
        created(box)
        changed = page(box, "replace", "", NEW_KEY, "save")
    assert "Import key: stored in LaunchDarkly to replaced, 40 characters" in changed.text
    assert "OK: Changed." in changed.text
    assert NEW_KEY not in changed.text


def test_start_watches_to_the_end() -> None:
    with Sandbox.start() as box:
        created(box)
        started = page(box, "start", "no", "start", "start")
    assert started.text.count("Type start to confirm") == 2
    assert "OK: Import started." in started.text
    assert "OK: Import complete" in started.text


def test_delete_takes_the_name() -> None:
    with Sandbox.start() as box:
        created(box)
        kept = page(box, "delete", "yes")
        assert "Nothing was sent." in kept.text
        assert len(configurations(box.addresses())) == 1
        url, token, _ = lines.launchdarkly(box)
        answers = [
            "configurations",
            url,
            token,
            "web-shop",
            "1",
            "delete",
            "Unleash default production",
            "back",
            "quit",
        ]
        gone = lines.asked(answers, box)
        assert "The flags it imported are still in LaunchDarkly." in gone.text
        assert configurations(box.addresses()) == []


def test_practice_needs_no_token() -> None:
    shown = lines.asked(["configurations", "1", "close", "back", "quit"], demo=True)
    assert "Settings:" in shown.text
    assert shown.code == 0
