"""The import key that the wizard creates: its dialog, its faults, leaving, and the end of an import."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.containers import VerticalScroll

from tests.pilot.people import answers
from tests.pilot.runs import Clock, asked, buttons, report, reported, run_of, strike, to_run
from tests.pilot.walking import ENVIRON, Walk, practice_app, practice_at, real_app
from tests.unit.sandbox_tools import launchdarkly
from tui.answers.draft import answer
from tui.answers.remarks import problems
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox
from tui.sandbox.struck_request import StruckRequest
from tui.screens.configuration_edit import DifferenceQuestion, EditScreen
from tui.screens.dialogs import Question
from tui.screens.import_key import CreateKeyScreen, LeaveKeyScreen
from tui.widgets.sentences import Sentences
from tui.wizard import import_key
from tui.wizard.practice import Practice

TOKENS_PATH = "/api/v2/tokens"
SIZES = [(80, 24), (60, 16)]


def created(box: Sandbox) -> dict[str, str]:
    """The keys that the wizard created, as another client sees them: id by name."""
    with launchdarkly(box) as ld:
        items = ld.get(TOKENS_PATH, params={"limit": 1000}).json()["items"]
    return {each["name"]: each["_id"] for each in items if each["name"].startswith("ld-flag-import")}


def values(box: Sandbox) -> list[str]:
    return [token.value for token in box._accounts.tokens.values() if token.id]


def requests(box: Sandbox) -> int:
    return sum((method, path) == ("POST", TOKENS_PATH) for method, path, _ in box.requests)


def page(walk: Walk) -> str:
    """All that the dialog says, in one line."""
    facts = walk.text("#key-facts") if walk.app.screen.query("#key-facts") else ""
    said = [each.text for each in walk.app.screen.query(Sentences)]
    return " ".join(f"{walk.text('.dialog-title')} {facts} {' '.join(said)}".split())


def saved_in(folder: Path) -> str:
    return "".join(each.read_text() for each in folder.rglob("*") if each.is_file())


async def opened(walk: Walk) -> None:
    """Press "Create one", and wait for the dialog."""
    await walk.push("#row-ldApiKey .create")
    await walk.opened(CreateKeyScreen)
    await walk.has_focus("no")
    await walk.pilot.pause()


async def shows(walk: Walk, text: str) -> None:
    """Wait for a page with this text, whose first button has the focus."""
    await walk.until(lambda: text in page(walk) and walk.focused == "no", text)
    await walk.pilot.pause()


async def create(walk: Walk) -> None:
    """Press "Create one" and go through with it."""
    await opened(walk)
    await walk.push("#yes")
    await walk.closed("keys")
    await walk.settled()


# --- the question


@pytest.mark.parametrize("size", SIZES)
async def test_question_shows_name_project_and_rights_and_no_has_the_focus(
    size: tuple[int, int], tmp_path: Path
) -> None:
    async with practice_at(tmp_path, "keys", size=size) as walk:
        await opened(walk)
        assert walk.focused == "no"
        for text in (
            "ld-flag-import web-shop ",
            "createFlag on proj/web-shop:env/*:flag/*",
            "doesn't document which permissions",
            "Service token",
        ):
            assert text in page(walk)
        for part in ("createFlag on", "proj/web-shop:env/*:flag/*", "doesn't document", "Create key"):
            assert part in " ".join(walk.shown.split())
        assert walk.get("#yes").region.bottom <= size[1]
        assert walk.get(VerticalScroll, VerticalScroll).max_scroll_y == 0  # type: ignore[call-overload]
        await walk.press("enter")
        await walk.closed("keys")
        await opened(walk)
        await walk.press("escape")
        await walk.closed("keys")
        assert requests(walk.box) == 0


async def test_created_key_fills_the_field_and_is_never_shown(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "keys") as walk:
        await create(walk)
        (value,) = values(walk.box)
        assert walk.app.session.bag.peek("ldApiKey") == value
        assert "Created for you" in walk.below("ldApiKey")
        assert "can create flags" in walk.below("ldApiKey").lower()
        assert walk.focused == "field-sourceBaseUrl"
        picture = walk.app.export_screenshot()
        assert value not in picture
        assert value not in walk.shown
        assert value not in saved_in(tmp_path)
        assert value not in walk.app._redactor.foreign(f"Traceback: {value.removeprefix('api-')}")  # a crash report
        await walk.push("#row-ldApiKey .create")
        await walk.settled()
        assert walk.on("keys")
        assert walk.message().endswith(import_key.IN_THE_FIELD)
        assert requests(walk.box) == 1


async def test_action_creates_a_key_too(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "keys") as walk:
        await walk.open_actions("import key")
        await walk.press("down", "enter")
        await walk.opened(CreateKeyScreen)


async def test_without_a_project_it_says_what_is_missing(box: Sandbox, tmp_path: Path) -> None:
    async with real_app(box, tmp_path) as walk:
        await walk.choose("unleash")
        await walk.show("keys")
        await walk.push("#row-ldApiKey .create")
        await walk.settled()
        assert walk.message().endswith(import_key.NO_TOKEN)
        walk.app.session.put("host", box.addresses()["launchdarkly"]["url"])
        walk.app.session.put("token", TOKENS["writer"].value)
        await walk.push("#row-ldApiKey .create")
        await walk.settled()
        assert walk.message().endswith(import_key.NO_PROJECT)


@pytest.mark.parametrize("theme", ["mono", "ansi", "light"])
async def test_dialog_is_drawn_in_ascii_without_color(theme: str, tmp_path: Path) -> None:
    environ = {**ENVIRON, "LANG": "C", "NO_COLOR": "1"}
    async with practice_app(tmp_path, environ=environ, theme=theme, size=(60, 16)) as walk:
        await walk.jump("keys")
        await opened(walk)
        inside = [line for line in walk.shown.splitlines() if "createFlag" in line or "Create key" in line]
        assert len(inside) == 2
        assert all(text.isascii() for text in page(walk).splitlines())
        if theme != "light":
            assert "[ No ]" in walk.shown
            assert "[ Create key ]" in walk.shown


# --- refusals fall back to pasting


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("token-forbidden", "Ask an admin"),
        ("token-list-forbidden", "Ask an admin"),
        ("token-invalid", "not available on your plan"),
        ("token-rate-limited-long", "429"),
        ("token-server-error", "500"),
        ("token-lost-request", "was not created"),
    ],
)
async def test_refusal_says_why_and_pasting_goes_on(fault: str, words: str, tmp_path: Path) -> None:
    clock = Clock()
    async with practice_app(tmp_path, **clock.options()) as walk:
        await walk.jump("keys")
        walk.box.set_fault(fault)
        await opened(walk)
        await walk.push("#yes")
        await shows(walk, "No key was created")
        assert words in page(walk)
        assert "paste" in page(walk)
        walk.box.set_fault(None)
        await walk.press("enter")
        await walk.closed("keys")
        assert created(walk.box) == {}
        await walk.answer("unleash")
        assert not problems(walk.draft, "keys")


# --- a lost answer


@pytest.mark.parametrize("fault", ["token-lost-answer", "token-broken"])
async def test_lost_key_is_found_and_offered_for_deletion(fault: str, tmp_path: Path) -> None:
    clock = Clock()
    async with practice_app(tmp_path, **clock.options()) as walk:
        await walk.jump("keys")
        walk.box.set_fault(fault)
        await opened(walk)
        await walk.push("#yes")
        await shows(walk, "value lost")
        ((name, lost),) = created(walk.box).items()
        assert name in page(walk)
        walk.box.set_fault(None)
        await walk.press("enter")  # keep it
        await walk.closed("keys")
        assert name in walk.below("ldApiKey")
        await opened(walk)
        assert "already created" in page(walk)
        await walk.push("#yes")
        await shows(walk, f"Deleted {name}")
        assert created(walk.box) == {}
        await walk.push("#yes")
        await walk.closed("keys")
        await walk.settled()
        assert requests(walk.box) == 2
        (id_,) = created(walk.box).values()
        assert id_ != lost


async def test_waiting_can_be_stopped_and_is_then_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(struck: StruckRequest) -> None:
        await struck.captured()
        await struck.gone(30)

    clock = Clock()
    async with practice_app(tmp_path, **clock.options()) as walk:
        await walk.jump("keys")
        strike(monkeypatch, walk.box, "POST", TOKENS_PATH, hang)
        await opened(walk)
        await walk.push("#yes")
        await walk.until(lambda: created(walk.box), "the key at the server")
        assert walk.text("#no") == "Stop waiting"
        assert not walk.get("#yes").display
        await walk.press("escape")
        assert walk.focused == "no"
        await walk.press("enter")
        await shows(walk, "never got a response")
        walk.box.set_fault(None)
        await walk.push("#yes")
        await shows(walk, "value lost")
        await walk.push("#yes")
        await shows(walk, "Deleted")
        assert created(walk.box) == {}
        assert requests(walk.box) == 1


async def test_failed_deletion_says_who_can_help(tmp_path: Path) -> None:
    clock = Clock()
    async with practice_app(tmp_path, **clock.options()) as walk:
        await walk.jump("keys")
        walk.box.set_faults("token-lost-answer", "token-deletion-forbidden")
        await opened(walk)
        await walk.push("#yes")
        await shows(walk, "value lost")
        await walk.push("#yes")
        await shows(walk, "was not deleted")
        assert "Ask an admin" in page(walk)
        assert len(created(walk.box)) == 1


# --- leaving


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("deletes", [True, False])
async def test_leaving_asks_once_whether_to_delete_the_key(
    deletes: bool, size: tuple[int, int], tmp_path: Path
) -> None:
    async with practice_at(tmp_path, "keys", size=size) as walk:
        await create(walk)
        ((name, _),) = created(walk.box).items()
        await walk.press("ctrl+q")
        await walk.opened(LeaveKeyScreen)
        assert walk.focused == "no"
        assert name in " ".join(walk.shown.split()).replace("│ │ ", "")
        assert walk.get("#delete").region.right < size[0]
        assert walk.get("#delete").region.bottom < size[1]
        await walk.press("enter")
        await walk.closed("keys")
        await walk.press("ctrl+q")
        await walk.opened(LeaveKeyScreen)
        await walk.press("escape")
        await walk.closed("keys")
        await walk.press("ctrl+q")
        await walk.opened(LeaveKeyScreen)
        await walk.push("#delete" if deletes else "#keep")
        await walk.until(lambda: walk.left, "the end")
        assert (name in created(walk.box)) is not deletes
        assert (name in walk.app.farewell) is not deletes


async def test_key_that_can_not_be_deleted_does_not_hold_anyone(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "keys") as walk:
        await create(walk)
        walk.box.set_fault("token-deletion-forbidden")
        await walk.press("ctrl+q")
        await walk.opened(LeaveKeyScreen)
        await walk.push("#delete")
        await walk.until(lambda: "Ask an admin" in page(walk), "the reason")
        assert not walk.left
        await walk.push("#keep")
        await walk.until(lambda: walk.left, "the end")


async def test_starting_over_asks_too(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "keys") as walk:
        await create(walk)
        walk.app.begin_again()
        await walk.opened(LeaveKeyScreen)
        await walk.push("#delete")
        await walk.at("integration")
        assert created(walk.box) == {}


# --- after an import


@asynccontextmanager
async def imported(folder: Path, fault: str | None = None, **more: Any) -> AsyncIterator[Walk]:
    """An import with a key of the wizard's, watched to its report."""
    clock = Clock()
    with Sandbox.start() as box:
        clock.box = box
        async with practice_app(folder, box=box, **clock.options(), **more) as walk:
            practice = walk.app.session.practice
            assert isinstance(practice, Practice)
            await walk.jump("keys")
            await create(walk)
            for selector, value in answers(box, "unleash")["keys"].items():
                if selector != "#field-ldApiKey":
                    await walk.paste(selector, value)
            await walk.focus("#next")
            await walk.settled()
            await walk.next()
            await walk.at("fields")
            await walk.answer("unleash")
            await walk.over_plan()
            box.set_fault(fault)
            await walk.send()
            await to_run(walk)
            await reported(walk)
            yield walk


async def test_report_offers_to_delete_the_key_and_says_what_then_fails(tmp_path: Path) -> None:
    async with imported(tmp_path) as walk:
        ((name, id_),) = created(walk.box).items()
        journal = run_of(walk).journal
        assert [(key.name, key.id) for key in journal.import_keys] == [(name, id_)]
        assert journal.importer.token == id_
        assert name in report(walk)
        assert "running this import again fails" in await asked(walk, "#delete-key")
        await walk.press("enter")
        await walk.closed("run")
        assert name in created(walk.box)
        await asked(walk, "#delete-key")
        await walk.push("#yes")
        await walk.until(lambda: f"Deleted {name}" in walk.message(), "the deletion")
        assert created(walk.box) == {}
        assert run_of(walk).journal.import_keys == ()
        assert "delete-key" not in buttons(walk)
        await walk.press("ctrl+q")  # nothing is left to ask
        await walk.until(lambda: walk.left, "the end")


async def test_action_deletes_the_key_which_may_be_gone(tmp_path: Path) -> None:
    async with imported(tmp_path) as walk:
        ((name, id_),) = created(walk.box).items()
        with launchdarkly(walk.box) as ld:
            assert ld.delete(f"{TOKENS_PATH}/{id_}").status_code == 204
        await walk.open_actions("delete the")
        await walk.press("down", "enter")
        await walk.opened(Question)
        await walk.push("#yes")
        await walk.until(lambda: f"{name} was already deleted" in walk.message(), "the news")
        assert run_of(walk).journal.import_keys == ()


async def test_too_narrow_key_is_replaced_by_a_wider_one(tmp_path: Path) -> None:
    async with imported(tmp_path, "import-key-too-narrow") as walk:
        ((narrow, _),) = created(walk.box).items()
        assert "wider-key" in buttons(walk)
        await walk.push("#wider-key")
        await walk.opened(CreateKeyScreen)
        await walk.pilot.pause()
        assert "allow * on proj/web-shop:env/*:flag/*" in page(walk)
        await walk.push("#yes")
        await walk.opened(EditScreen)
        await walk.push("#difference")
        await walk.opened(DifferenceQuestion)
        await walk.push("#yes")
        await walk.closed("run")
        await walk.settled()
        wide = next(name for name in created(walk.box) if name != narrow)
        assert [(key.name, key.replaced) for key in run_of(walk).journal.import_keys] == [(narrow, True), (wide, False)]
        assert f"{narrow}. This import doesn't use it" in report(walk)
        assert answer(walk.draft, "ldApiKey").secret is not None
        for value in values(walk.box):
            assert value not in walk.app.export_screenshot()

        assert "isn't used" in await asked(walk, "#delete-key")
        await walk.push("#yes")
        await walk.until(lambda: narrow not in created(walk.box), "the narrow key to be deleted")
        await walk.settled()
        await asked(walk, "#again")
        await walk.push("#yes")
        await walk.until(lambda: run_of(walk).journal.ended == "complete", "the second run")
        await reported(walk)
        assert not run_of(walk).verification.missing  # type: ignore[union-attr]
        assert "wider-key" not in buttons(walk)


async def test_wider_key_that_is_not_used_is_offered_for_deletion(tmp_path: Path) -> None:
    async with imported(tmp_path, "import-key-too-narrow") as walk:
        ((narrow, _),) = created(walk.box).items()
        await walk.push("#wider-key")
        await walk.opened(CreateKeyScreen)
        await walk.pilot.pause()
        await walk.push("#yes")
        await walk.opened(EditScreen)
        await walk.press("escape")
        await walk.opened(Question)
        await walk.push("#yes")
        await walk.closed("run")
        await walk.settled()
        wide = next(name for name in created(walk.box) if name != narrow)
        assert f"{wide}. This import doesn't use it" in report(walk)
        assert "wider-key" in buttons(walk)
