"""Submit when things go wrong: each fault of the practice servers, and the way out of it."""

from __future__ import annotations

import time
import unicodedata
from pathlib import Path

import pytest

from tests.pilot.walking import BEFORE_SENDING, Walk, practice_app, practice_at
from tests.unit.sandbox_tools import Clock
from tui.answers import changes
from tui.answers import draft as drafts
from tui.net.errors import Kind
from tui.screens.dialogs import TextScreen


async def at_once(seconds: float) -> None:
    """Pauses between two looks, and those a server asks for, take no time here."""


def create_only(walk: Walk) -> None:
    """On Review: choose not to start the import, so that Submit stays on the screen."""
    walk.app.session.draft = changes.start_too(walk.draft, False)


REFUSED = {"unauthorized": (Kind.UNAUTHORIZED, 401, "token"), "bad-request": (Kind.BAD_REQUEST, 400, "ldTag")}
FIELDS = {"token": "token", "ldTag": "field-ldTag"}


@pytest.mark.parametrize("fault", REFUSED)
async def test_a_refusal_leads_to_the_field_at_fault_and_back_to_review(fault: str, tmp_path: Path) -> None:
    kind, status, field = REFUSED[fault]
    async with practice_at(tmp_path, "review") as walk:
        before = drafts.values(walk.draft)
        walk.box.set_fault(fault)
        await walk.send()

        assert walk.outcome is not None
        assert walk.outcome.failure is not None
        assert (walk.outcome.failure.kind, walk.outcome.failure.status_code) == (kind, status)
        assert f"({status})" in walk.shown
        assert "Nothing was created" in walk.message()
        assert walk.created() == []
        assert walk.focused == "go-to-field"
        assert walk.get("#go-to-field").has_class("primary")
        assert "Sent" in walk.text("#timeline")
        await walk.next()
        assert walk.on("submit")
        await walk.focus("#go-to-field")

        await walk.press("enter")
        await walk.at(drafts.step_of(walk.draft, field))
        await walk.until(lambda: walk.focused == FIELDS[field], "the focus in the field at fault")
        assert f"({status})" in walk.below(field)
        assert drafts.values(walk.draft) == before
        walk.box.set_fault(None)
        await walk.next()
        await walk.at("review")
        await walk.send()
        assert len(walk.created()) == 1


SAFE_TO_REPEAT = {"conflict": Kind.CONFLICT, "lost-request": Kind.UNREACHABLE}


@pytest.mark.parametrize("fault", SAFE_TO_REPEAT)
async def test_what_created_nothing_can_be_sent_again(fault: str, tmp_path: Path) -> None:
    async with practice_at(tmp_path, "review", sleep=at_once) as walk:
        walk.box.set_fault(fault)
        await walk.send()
        assert walk.outcome is not None
        assert walk.outcome.failure is not None
        assert walk.outcome.failure.kind is SAFE_TO_REPEAT[fault]
        assert walk.created() == []
        safe = ("go-to-field", "look-again", "back")
        await walk.until(lambda: walk.focused in safe, "the focus on what sends nothing")

        walk.box.set_fault(None)
        await walk.push("#send-again")
        await walk.until(lambda: walk.outcome is not None and walk.outcome.configuration, "the second attempt")
        assert len(walk.created()) == 1
        assert len(walk.creations()) == 2


async def test_a_long_pause_is_kept(tmp_path: Path) -> None:
    clock = Clock(time.time())
    async with practice_at(tmp_path, "review", now=clock) as walk:
        walk.box.set_fault("rate-limited-long")
        await walk.send()
        assert walk.outcome is not None
        assert walk.outcome.failure is not None
        assert walk.outcome.failure.kind is Kind.RATE_LIMITED
        assert walk.created() == []
        walk.box.set_fault(None)
        await walk.push("#send-again")
        await walk.until(lambda: "pause" in walk.message(), "the reason why not")
        assert len(walk.creations()) == 1
        clock.at += 200
        await walk.push("#send-again")
        await walk.until(lambda: walk.outcome is not None and walk.outcome.configuration, "the second attempt")
        assert len(walk.created()) == 1


@pytest.mark.parametrize("fault", ["slow", "rate-limited"])
async def test_patience_is_rewarded(fault: str, tmp_path: Path) -> None:
    async with practice_at(tmp_path, "review") as walk:
        walk.box.set_fault(fault)
        create_only(walk)
        await walk.push("#next")
        await walk.until(lambda: walk.on("submit") and not walk.get("#next").display, "the request to be under way")
        assert walk.get("#stop").display
        assert not walk.get("#back").display
        await walk.press("f7", "ctrl+o", "escape")
        assert walk.on("submit")
        await walk.ended()
        assert len(walk.created()) == 1
        asked_to_pause = "Pause" in walk.text("#timeline")
        assert asked_to_pause is (fault == "rate-limited")


async def test_waiting_for_an_answer_that_drips_can_be_stopped(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "review", sleep=at_once) as walk:
        walk.box.set_fault("drip")
        await walk.push("#next")
        await walk.until(lambda: walk.on("submit") and "Stop waiting" in walk.text("#stop"), "the request to be out")
        await walk.until(lambda: "Receiving" in walk.text("#timeline"), "the first bytes")
        await walk.push("#stop")
        await walk.ended()
        assert walk.outcome is not None
        assert walk.outcome.may_send_again
        assert walk.created() == []
        assert walk.get("#send-again").display


async def test_an_answer_that_is_lost_with_the_server_is_not_known(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "review", sleep=at_once) as walk:
        walk.box.set_fault("drip")
        await walk.push("#next")
        await walk.until(lambda: "Stop waiting" in walk.text("#stop"), "the request to be out")
        walk.box.stop()
        await walk.ended()
        assert walk.outcome is not None
        assert walk.outcome.fate == "not known"
        assert "Don't send it again" in walk.shown
        assert not walk.get("#send-again").display
        assert walk.focused == "look-again"


def controls(text: str) -> set[str]:
    """Characters that a terminal obeys, or that turn text around; none belongs on a screen."""
    return {each for each in text.replace("\n", "") if unicodedata.category(each) in ("Cc", "Cf", "Co", "Cs")}


async def test_hostile_names_stay_text_on_every_step(tmp_path: Path) -> None:
    async with practice_app(tmp_path) as walk:
        walk.box.set_fault("hostile-text")
        for step in BEFORE_SENDING[1:]:
            await walk.to(step)
            await walk.answer("unleash")
            assert controls(walk.shown) == set()
        create_only(walk)
        await walk.send()
        assert walk.outcome is not None
        assert walk.outcome.configuration is not None
        assert controls(walk.shown) == set()
        assert "[bold red]" in walk.text("#outcome")
        await walk.press("r")
        await walk.opened(TextScreen)
        assert controls(walk.shown) == set()


async def test_a_hostile_refusal_stays_text(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "review") as walk:
        walk.box.set_fault("hostile-error")
        await walk.send()
        assert "environmentId is not valid" in walk.shown
        assert "[bold red]" in walk.shown
        assert controls(walk.shown) == set()


def secrets_in(walk: Walk, text: str) -> list[str]:
    there = walk.box.addresses()
    keys = (there["launchdarkly"]["token"], there["launchdarkly"]["import_key"], there["unleash"]["key"])
    whole = text.replace("\n", "").replace(" ", "").replace("\u00a0", "")
    return [key for key in keys if key in whole or key[-12:] in whole]


@pytest.mark.parametrize("fault", ["echoed-secrets", "echoed-secrets-error"])
async def test_keys_that_the_server_shows_are_hidden(fault: str, tmp_path: Path) -> None:
    async with practice_app(tmp_path, size=(120, 40)) as walk:
        await walk.jump("review")
        walk.box.set_fault(fault)
        create_only(walk)
        await walk.send()
        assert secrets_in(walk, walk.shown) == []
        assert "••••" in walk.shown
        if fault == "echoed-secrets-error":
            await walk.push("#back")
            await walk.at("review")
        else:
            await walk.press("space", "down", "down", "space", "end")  # opens branches of the body
            assert secrets_in(walk, walk.shown) == []
            await walk.press("r")
            await walk.opened(TextScreen)
            assert secrets_in(walk, walk.text(".dialog-code")) == []
            assert "config" in walk.text(".dialog-code")
            await walk.press("escape")
        assert secrets_in(walk, walk.app.export_screenshot()) == []


async def test_a_source_that_refuses_stops_at_its_key(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "keys") as walk:
        walk.box.set_fault("source-unauthorized")
        await walk.answer("unleash")
        assert "401" in walk.below("sourceApiKey") + walk.below("sourceBaseUrl")
        await walk.next()
        await walk.until(lambda: walk.focused.startswith("field-source"), "the field at fault")
        assert walk.on("keys")
        walk.box.set_fault(None)
        await walk.push("#fill-in")
        await walk.settled()
