"""Review: changing an answer and coming back, the exact request, names that are taken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.pilot.walking import Walk, practice_app, practice_at
from tests.unit.sandbox_tools import FI, launchdarkly
from tui.answers import changes as walks
from tui.answers import recipe
from tui.screens.dialogs import TextScreen
from tui.screens.review import ReviewLine, ReviewScreen

CHANGES = {"launchdarkly": "#project", "keys": "#field-ldApiKey", "fields": "#config-name"}


async def test_change_goes_to_its_step_and_comes_back_without_problems(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "review") as walk:
        for step in CHANGES:
            await walk.push(f".to-{step}")
            await walk.at(step)
            assert "Review" in walk.text("#next")
            await walk.next()
            await walk.at("review")

        await walk.push(".to-keys")
        await walk.at("keys")
        await walk.paste("#field-ldApiKey", "mob-00000000-0000-4000-8000-000000000000")
        await walk.open_actions("go to launchdarkly")
        await walk.press("enter")
        await walk.at("launchdarkly")
        await walk.next()
        await walk.at("keys")
        await walk.paste("#field-ldApiKey", walk.box.addresses()["launchdarkly"]["import_key"])
        await walk.next()
        await walk.at("review")

        await walk.push(".to-fields")
        await walk.at("fields")
        await walk.paste("#config-name", "Another name")
        await walk.paste("#field-ldTag", "not a tag")
        await walk.next()
        await walk.until(lambda: walk.focused == "field-ldTag", "the field at fault")
        assert walk.on("fields")
        await walk.paste("#field-ldTag", "a-tag")
        await walk.next()
        await walk.at("review")
        for words in ("a-tag", "Another name", "available"):
            assert words in said(walk)
        assert walk.posts() == []
        await walk.send()
        assert walk.created() == ["Another name"]


async def test_import_key_is_checked_again_after_the_token(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "review") as walk:
        session, screen = walk.app.session, walk.app.screen
        assert isinstance(screen, ReviewScreen)
        session.ask_again("token")  # as after resuming, where the import key's check may end before the token's
        screen.begin_check("token")
        await walk.until(lambda: not session.due("token"), "the token's check")
        await walk.until(lambda: not session.pending(), "the import key's check")
        await walk.send()
        assert len(walk.created()) == 1


def said(walk: Walk) -> str:
    return "\n".join(row.line.text for row in walk.app.screen.query(ReviewLine))


async def test_review_reached_with_a_problem_does_not_send(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "review") as walk:
        walk.app.session.put("ldTag", "not a tag")
        walk.app.show_step()
        await walk.at("review")
        assert walk.message().startswith("✗")
        await walk.push("#next")
        await walk.at("fields")
        await walk.settled()
        assert walk.focused == "field-ldTag"
        assert walk.posts() == []


async def test_the_request_shown_is_the_one_that_is_sent(tmp_path: Path) -> None:
    async with practice_app(tmp_path) as walk:
        await walk.jump("review")
        await walk.push("#details")
        await walk.opened(TextScreen)
        shown = walk.text(".dialog-code")
        there = walk.box.addresses()
        keys = (there["launchdarkly"]["token"], there["launchdarkly"]["import_key"], there["unleash"]["key"])
        assert not any(key in shown for key in keys)
        head, _, body = shown.partition("\n\n")
        document: dict[str, Any] = json.loads(body)
        await walk.press("escape")
        await walk.closed("review")
        await walk.send()
        path = walk.posts()[0]
        assert head.startswith(f"POST {there['launchdarkly']['url']}{path}\n")
        assert "LD-API-Version: beta" in head
        with launchdarkly(walk.box) as client:
            listed = client.get(FI).json()["items"]
            made = next(each for each in listed if each["projectKey"] == "web-shop")
            whole = client.get(f"{FI}/web-shop/unleash/{made['_id']}").json()
        assert whole["name"] == document["name"]
        config = document["config"]
        kept = {key: value for key, value in whole["config"].items() if key not in ("sourceApiKey", "ldApiKey")}
        assert {key: config.get(key, "") for key in kept} == kept


async def test_curl_and_recipe_hold_no_key(tmp_path: Path) -> None:
    async with practice_app(tmp_path) as walk:
        await walk.jump("review")
        there = walk.box.addresses()
        keys = (there["launchdarkly"]["token"], there["launchdarkly"]["import_key"], there["unleash"]["key"])
        await walk.press("y")
        await walk.opened(TextScreen)
        curl = walk.text(".dialog-code")
        assert "${UNLEASH_SDK_KEY}" in curl
        assert not any(key in curl for key in keys)
        await walk.press("escape")
        await walk.closed("review")
        await walk.press("w")
        path = tmp_path / recipe.file_name(walk.draft)
        await walk.until(path.exists, "the recipe")
        text = path.read_text("utf-8")
        assert 'sourceApiKey = "env:UNLEASH_SDK_KEY"' in text
        assert not any(key in text for key in keys)


async def test_a_name_that_is_taken_with_the_same_settings_can_be_used(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "review") as walk:
        walk.app.session.draft = walks.start_too(walk.draft, False)
        await walk.send()
        await walk.press("f7")
        await walk.at("review")
        assert walk.get("#use-that").display
        assert "same settings" in walk.text("#name-looked-up")
        await walk.send()  # the other button: it is looked up again right before sending
        assert walk.outcome is not None
        assert walk.outcome.conflict is not None
        assert len(walk.creations()) == 1
        await walk.push("#use-that")
        await walk.until(lambda: walk.outcome is not None and walk.outcome.reused, "the existing one")
        assert len(walk.creations()) == 1
        assert len(walk.created()) == 1


async def test_an_import_under_way_is_not_begun_once_more(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "review") as walk:
        walk.box.set_fault("import-stuck")
        await walk.send()
        await walk.show("review")
        await walk.push("#use-that")
        await walk.opened(TextScreen)
        assert "must be resumed" in walk.text(".dialog-code")
        await walk.press("escape")
        await walk.closed("review")
        assert len(walk.posts()) == 2  # the one that created it, and the one that started it


async def test_a_name_that_is_taken_with_other_settings_is_refused_with_the_difference(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "review") as walk:
        await walk.send()
        walk.app.session.put("sourceTag", "simple:payments")
        await walk.show("review")
        assert walk.message().startswith("✗")
        assert "sourceTag" in walk.text("#name-looked-up")
        await walk.push("#next")
        await walk.at("fields")
        assert len(walk.creations()) == 1
