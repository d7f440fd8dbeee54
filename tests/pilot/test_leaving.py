"""Leaving, and going on after a restart."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input

from tests.pilot.people import answers
from tests.pilot.walking import Walk, practice_at, real_app
from tui.answers.draft import values
from tui.sandbox.server import Sandbox
from tui.screens.dialogs import Question
from tui.text.private_files import state_dir


async def question(walk: Walk) -> None:
    await walk.opened(Question)
    assert walk.focused == "no"  # the harmless answer


async def test_leaving_asks_where_a_key_would_be_lost(box: Sandbox, tmp_path: Path) -> None:
    async with real_app(box, tmp_path) as walk:
        await walk.to("launchdarkly")
        await walk.paste("#host", box.addresses()["launchdarkly"]["url"])
        await walk.paste("#token", box.addresses()["launchdarkly"]["token"])
        for keys in (("enter",), ("escape",)):  # both stay
            await walk.press("ctrl+c")
            await question(walk)
            assert "Stay" in walk.text("#no")
            assert "Your token" in walk.shown
            await walk.press(*keys)
            await walk.closed("launchdarkly")
            assert not walk.left
            await walk.settled()
        await walk.press("ctrl+q")
        await question(walk)
        await walk.press("tab", "enter")
        await walk.until(lambda: walk.left, "the wizard to end")


async def test_ctrl_c_copies_what_is_selected_and_stays(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "fields") as walk:
        await walk.focus("#config-name")
        await walk.press("home", "shift+end")
        assert walk.get("#config-name", Input).selected_text
        await walk.press("ctrl+c")
        await walk.until(lambda: walk.app.clipboard == walk.text("#config-name"), "the copy")
        assert not walk.left
        assert walk.on("fields")


async def test_keys_that_come_back_by_themselves_are_not_lost(box: Sandbox, tmp_path: Path) -> None:
    ld = box.addresses()["launchdarkly"]
    environ = {"LANG": "C.UTF-8", "LD_BASE_URI": ld["url"], "LD_ACCESS_TOKEN": ld["token"]}
    async with real_app(box, tmp_path, environ=environ) as walk:
        await walk.choose("unleash")
        await walk.next()
        await walk.at("launchdarkly")
        assert len(walk.text("#token")) == 40
        await walk.press("ctrl+c")
        await walk.until(lambda: walk.left, "the wizard to end")


async def test_leaving_after_the_work_is_done_asks_nothing(box: Sandbox, tmp_path: Path) -> None:
    async with real_app(box, tmp_path) as walk:
        await walk.to("review")
        await walk.send()
        connections = walk.app.session.context.connections
        between_requests = connections.is_open
        await walk.press("ctrl+c")
        await walk.until(lambda: walk.left, "the wizard to end")
        assert walk.outcome is not None
        assert walk.outcome.configuration is not None
        assert walk.outcome.configuration.id in walk.app.farewell
    assert between_requests
    assert not connections.is_open
    async with real_app(box, tmp_path) as walk:
        assert not walk.app.screen.query("#resume")  # there is nothing to go on with


async def test_quitting_a_running_practice_import_asks(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "review") as walk:
        walk.box.set_fault("import-stuck")
        await walk.push("#next")
        await walk.until(lambda: walk.on("run") and walk.app.session.run and walk.app.session.run.begun, "the start")
        await walk.press("ctrl+q")
        await question(walk)
        assert "practice" in walk.text(".dialog-text")
        await walk.press("enter")
        await walk.closed("run")
        assert not walk.left
        await walk.press("ctrl+q")
        await question(walk)
        await walk.press("tab", "enter")
        await walk.until(lambda: walk.left, "the wizard to end")


async def test_leaving_while_a_request_is_under_way_asks(tmp_path: Path) -> None:
    with Sandbox.start() as box:
        async with real_app(box, tmp_path) as walk:
            await walk.to("review")
            box.set_fault("drip")
            await walk.push("#next")
            await walk.until(lambda: walk.on("submit") and walk.get("#stop").display, "the request")
            await walk.press("ctrl+q")
            await question(walk)
            await walk.press("escape")
            await walk.until(lambda: walk.on("submit"), "Submit again")
            assert not walk.left


async def test_answers_are_offered_at_the_next_start_and_keys_are_not(box: Sandbox, tmp_path: Path) -> None:
    async with real_app(box, tmp_path) as walk:
        await walk.to("fields")
        await walk.paste("#config-name", "Kept name")
        await walk.paste("#field-sourceTag", "simple:payments")
        before = values(walk.draft)
        await walk.press("ctrl+q")
        await question(walk)
        await walk.press("tab", "enter")
        await walk.until(lambda: walk.left, "the wizard to end")
        assert "answers are saved" in walk.app.farewell
    draft = state_dir() / "draft.json"
    assert draft.stat().st_mode & 0o777 == 0o600
    there = box.addresses()
    for key in (there["launchdarkly"]["token"], there["launchdarkly"]["import_key"], there["unleash"]["key"]):
        assert key not in draft.read_text("utf-8")

    async with real_app(box, tmp_path) as walk:
        assert walk.focused == "resume"
        assert "Unleash" in walk.text("#resume")
        assert "Fields" in walk.text("#resume")
        await walk.press("enter")
        await walk.at("launchdarkly")  # the first step that lacks a key
        assert walk.text("#project") == "web-shop"
        assert walk.text("#token") == ""
        await walk.paste("#token", there["launchdarkly"]["token"])
        await walk.focus("#next")
        await walk.settled()
        await walk.next()
        await walk.at("keys")
        for selector, value in answers(box, "unleash")["keys"].items():
            await walk.paste(selector, value)
        await walk.focus("#next")
        await walk.settled()
        await walk.next()
        await walk.at("fields")
        assert walk.text("#config-name") == "Kept name"
        assert values(walk.draft) == before
        await walk.over_plan()
        await walk.send()
        assert walk.created() == ["Kept name"]


async def test_practice_keeps_its_draft_apart_and_begins_from_the_first_screen(box: Sandbox, tmp_path: Path) -> None:
    async with practice_at(tmp_path, "fields") as walk:
        await walk.press("ctrl+q")
        await walk.until(lambda: walk.left, "practice loses no key of anybody's")
    assert [path.name for path in state_dir().iterdir()] == ["practice"]
    assert [path.name for path in state_dir(practice=True).iterdir()] == ["draft.json"]
    async with real_app(box, tmp_path) as walk:
        assert not walk.app.screen.query("#resume")
        await walk.push("#practice")
        await walk.until(lambda: "PRACTICE" in walk.shown, "practice")
        await walk.until(lambda: walk.app._session is not None and walk.app.session.practice, "its session")
        await walk.at("integration")
        await walk.to("review")
        await walk.send()
        assert len(walk.created()) == 1
