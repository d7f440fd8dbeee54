"""An import that an earlier start of the program has left is gone on with for the token alone, and stays one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import OptionList

from tests.pilot.runs import (
    Brake,
    Clock,
    asked,
    buttons,
    on_run,
    report,
    reported,
    resting,
    run_of,
    to_run,
    told,
    watched,
)
from tests.pilot.walking import ENVIRON, Walk, real_app
from tests.unit import run_tools
from tests.unit.run_tools import Time, creates, flags_of, triggers
from tests.unit.sandbox_tools import FI, launchdarkly
from tests.unit.walk_tools import NAME, configurations, values, walked
from tui.files import state_dir
from tui.flagimport import journal as journals
from tui.flagimport import journal_file, journal_lock
from tui.flagimport.journal import Journal, Mark, Stage
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox
from tui.screens.dialogs import Question
from tui.screens.integration import Row
from tui.screens.resume import RunsScreen
from tui.screens.token import TokenScreen
from tui.screens.undo import UndoScreen

TOKEN = TOKENS["writer"].value


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox.start() as servers:
        yield servers


@asynccontextmanager
async def started(
    box: Sandbox, folder: Path, *, token: str = TOKEN, clock: Clock | None = None
) -> AsyncIterator[tuple[Walk, Clock]]:
    """The wizard as it starts for a person whose environment has this token, or none."""
    clock = clock or Clock()
    clock.box = box
    given = {**ENVIRON, "LD_BASE_URI": box.addresses()["launchdarkly"]["url"]}
    given |= {"LD_ACCESS_TOKEN": token} if token else {}
    async with real_app(box, folder, environ=given, **clock.options()) as walk:
        yield walk, clock


async def at_review(walk: Walk, integration: str = "unleash") -> None:
    """Everything answered and planned, as on the screens."""
    given = {**values(walk.box, integration), "config-name": NAME}
    await walked(walk.app.session, integration, given, checks=True, plan=True)
    walk.app.show_step()
    await walk.at("review")


async def noted(box: Sandbox, upto: Stage) -> Path:
    """An import that was left at this stage by another front; its journal."""
    run = await run_tools.run_of(box, clock=Time(at=Clock().at))
    path = journal_file.path_of(run.journal.identity)
    run.keep = journal_file.keeper(path, run.tools.redactor)
    if upto is not Stage.PLANNED:
        assert (await run.create()).configuration is not None
    if upto in (Stage.STARTED, Stage.ENDED, Stage.VERIFIED):
        assert (await run.start()).known
    if upto in (Stage.ENDED, Stage.VERIFIED):
        await run.watch()
    if upto is Stage.VERIFIED:
        await run.verify()
    assert stage(path) is upto
    return path


async def creating(box: Sandbox, *, arrived: bool) -> Path:
    """An import whose create request left right before the end of the program, and got through or not."""
    clock = Time(at=Clock().at)
    run = await run_tools.run_of(box, clock=clock)
    path = journal_file.path_of(run.journal.identity)
    ids = [each["_id"] for each in configurations(box)]
    journal_file.save(journals.creating(run.journal, ids, clock.at), path)
    if arrived:
        with launchdarkly(box) as ld:
            assert ld.post(f"{FI}/web-shop/unleash", content=run.request.body(run.bag)).is_success
    return path


def journal_at(path: Path) -> Journal:
    journal = journal_file.load(path)
    assert journal is not None
    return journal


def stage(path: Path) -> Stage:
    return journal_at(path).stage


def renamed(path: Path, name: str, **changed: str) -> Path:
    """A copy of a journal as if it were of another import."""
    journal = journal_at(path)
    other = replace(journal, identity=replace(journal.identity, name=name, **changed))
    copy = journal_file.path_of(other.identity)
    journal_file.save(other, copy)
    return copy


def row(walk: Walk, selector: str = "#go-on-run") -> str:
    return " ".join(str(walk.get(selector, Row).content).split())


def listed(walk: Walk) -> list[str]:
    return [" ".join(str(option.prompt).split()) for option in walk.get("#runs", OptionList).options]


async def earlier_imports(walk: Walk) -> None:
    await walk.open_actions("earlier imports")
    await walk.press("enter")
    await walk.opened(RunsScreen)


async def begun_again(walk: Walk) -> None:
    """Back on the first screen, with nothing chosen."""
    await walk.until(lambda: walk.on("integration") and walk.app._session is not None, "the first screen")
    await walk.at("integration")
    assert not walk.draft.integration


def bag(walk: Walk) -> list[str]:
    """The keys that the session has."""
    return list(walk.app.session.bag.keys())


# --- left in the middle


@pytest.mark.parametrize("token", [TOKEN, ""], ids=["known", "asked for"])
async def test_left_in_the_middle_and_gone_on_with_to_its_report(
    box: Sandbox, brake: Brake, tmp_path: Path, token: str
) -> None:
    async with started(box, tmp_path) as (walk, clock):
        await at_review(walk)
        await walk.send()
        await walk.until(brake.holds.is_set, "the import to be held")
        clock.stops_at = clock.at + 5
        await to_run(walk)
        await resting(walk, clock)
        first = run_of(walk).journal.configuration
        await walk.press("ctrl+q")
        await walk.until(lambda: walk.left, "the wizard to be left")
        assert f"ld-flag-import configs watch {first}" in walk.app.farewell
    brake.let_off()
    async with started(box, tmp_path, token=token) as (walk, _):
        await walk.has_focus("go-on-run")
        assert row(walk).startswith("Go on with Unleash → ")
        assert "web-shop" in row(walk)
        assert row(walk).endswith(", importing")
        await walk.press("enter")
        if not token:
            await walk.opened(TokenScreen)
            await walk.has_focus("token")
            assert [each.id for each in walk.app.screen.query("Input")] == ["token"]
            await walk.paste("#token", TOKEN)
            await walk.press("enter")
        assert "Ended COMPLETE" in await reported(walk)
        assert run_of(walk).journal.configuration == first
        assert bag(walk) == ["token"], "no other key is needed"
        assert told(walk) == len(run_of(walk).journal.expected) == run_of(walk).arrived
        assert (creates(box), triggers(box)) == (1, 1)
        assert run_of(walk).journal.stage is Stage.VERIFIED
        await walk.press("ctrl+q")
        await walk.until(lambda: walk.left, "the wizard to be left")
    async with started(box, tmp_path) as (walk, _):
        assert not walk.app.screen.query("#go-on-run"), "it has come to its end"


async def test_the_token_alone_is_asked_for_and_esc_goes_back(box: Sandbox, tmp_path: Path) -> None:
    path = await noted(box, Stage.STARTED)
    async with started(box, tmp_path, token="") as (walk, _):
        before, requests = path.read_bytes(), len(box.requests)
        await walk.push("#go-on-run")
        await walk.opened(TokenScreen)
        await walk.press("escape")
        await begun_again(walk)
        assert walk.app.session.run is None
        assert (path.read_bytes(), len(box.requests)) == (before, requests)
        await walk.push("#go-on-run")
        await walk.opened(TokenScreen)
        await walk.press("enter")
        assert "token" in walk.text("#sheet-message")
        await walk.paste("#token", TOKEN)
        await walk.press("enter")
        assert "Ended COMPLETE" in await reported(walk)


async def test_one_that_was_only_created_is_started_after_a_question(box: Sandbox, tmp_path: Path) -> None:
    await noted(box, Stage.CREATED)
    async with started(box, tmp_path) as (walk, _):
        assert "created, not started" in row(walk)
        await walk.press("enter")
        await on_run(walk)
        assert "created, not started" in watched(walk)
        assert triggers(box) == 0
        await asked(walk, "#start")
        await walk.push("#yes")
        assert "Ended COMPLETE" in await reported(walk)
        assert (creates(box), triggers(box)) == (1, 1)


@pytest.mark.parametrize("through", [True, False])
async def test_a_start_whose_answer_was_never_noted_is_looked_up(box: Sandbox, tmp_path: Path, through: bool) -> None:
    path = await noted(box, Stage.CREATED)
    journal = journal_at(path)
    journal_file.save(journals.starting(journal, Mark("pending", None, None), Clock().at), path)
    if through:
        with launchdarkly(box) as ld:
            ld.post(f"{FI}/web-shop/unleash/{journal.configuration}/trigger")
    async with started(box, tmp_path) as (walk, _):
        assert "starting, not known" in row(walk)
        await walk.press("enter")
        if through:
            assert "Ended COMPLETE" in await reported(walk)
        else:
            await walk.until(lambda: "it-did-not" in buttons(walk), "the question")
            assert "whether it was started is not known" in watched(walk)
        assert triggers(box) == int(through)


# --- left while it was created


async def test_a_creation_whose_answer_was_lost_is_found(box: Sandbox, tmp_path: Path) -> None:
    await creating(box, arrived=True)
    async with started(box, tmp_path) as (walk, _):
        assert "creating, not known" in row(walk)
        await walk.press("enter")
        await walk.until(lambda: walk.on("submit") and walk.outcome, "the look-up")
        await walk.settled()
        assert "going on with it; nothing is sent twice" in walk.text("#timeline")
        assert "to-review" not in buttons(walk), "there is nothing left to send"
        await to_run(walk)
        assert "Ended COMPLETE" in await reported(walk)
        assert (creates(box), triggers(box)) == (1, 1)
        assert len(configurations(box, NAME)) == 1


async def test_a_creation_that_did_not_get_through_needs_the_keys_again(box: Sandbox, tmp_path: Path) -> None:
    path = await creating(box, arrived=False)
    async with started(box, tmp_path) as (walk, _):
        await walk.push("#go-on-run")
        await walk.until(lambda: walk.on("submit") and walk.outcome, "the look-up")
        await walk.settled()
        assert creates(box) == 0
        assert "not there" in walk.text("#timeline")
        assert stage(path) is Stage.PLANNED
        assert "send-again" not in buttons(walk), "the keys that the body needs are not here"
        await walk.push("#to-review")
        await walk.at("review")
        assert creates(box) == 0


# --- several, and those that are over


async def test_several_are_shown_in_a_list(box: Sandbox, tmp_path: Path) -> None:
    path = await noted(box, Stage.ENDED)
    renamed(path, "The other one", project="mobile")
    async with started(box, tmp_path) as (walk, _):
        assert row(walk).endswith(", and 1 more")
        requests = len(box.requests)
        await walk.press("enter")
        await walk.opened(RunsScreen)
        assert sorted(each.split(" Unleash")[0] for each in listed(walk)) == [NAME, "The other one"]
        assert all("ended, not verified" in each for each in listed(walk))
        await walk.press("escape")
        await walk.closed("integration")
        assert len(box.requests) == requests
        await walk.push("#go-on-run")
        await walk.opened(RunsScreen)
        at = next(i for i, each in enumerate(listed(walk)) if each.startswith(NAME))
        await walk.press(*["down"] * at, "enter")
        assert "Ended COMPLETE" in await reported(walk)
        assert stage(path) is Stage.VERIFIED
        assert (creates(box), triggers(box)) == (1, 1)


async def test_one_that_is_over_is_opened_by_its_action_and_undone(box: Sandbox, tmp_path: Path) -> None:
    path = await noted(box, Stage.VERIFIED)
    async with started(box, tmp_path) as (walk, _):
        assert not walk.app.screen.query("#go-on-run")
        await earlier_imports(walk)
        assert "verified" in listed(walk)[0]
        await walk.press("enter")
        text = await reported(walk)
        n = len(run_of(walk).journal.expected)
        assert f"All {n} arrived, nothing is missing or different." in text
        await walk.push("#undo")
        await walk.opened(UndoScreen)
        await walk.until(lambda: "archive" in buttons(walk), "the list")
        assert walk.text("#undo-counted") == f"{n} flags would be archived"
        await asked(walk, "#archive")
        await walk.push("#yes")
        await walk.until(lambda: "Done." in walk.text("#sheet-message"), "the end")
        await walk.push("#close")
        await walk.closed("run")
        await reported(walk)
        assert f"Undone {n} flags" in report(walk)
    assert len(journal_at(path).undone) == n
    assert not flags_of(box).keys() & journal_at(path).keys


# --- what cannot be gone on with


def broken(path: Path) -> None:
    """The head is whole, the rest is not."""
    text = path.read_text("utf-8")
    path.write_text(text[: len(text) // 2], "utf-8")


async def test_a_broken_journal_says_so_and_changes_nothing(box: Sandbox, tmp_path: Path) -> None:
    path = await noted(box, Stage.STARTED)
    broken(path)
    async with started(box, tmp_path) as (walk, _):
        before, requests = path.read_bytes(), len(box.requests)
        await walk.push("#go-on-run")
        await walk.until(lambda: "cannot be used" in walk.message(), "the reason")
        assert walk.on("integration")
        assert not walk.draft.integration
        assert walk.app.session.run is None
        assert (path.read_bytes(), len(box.requests)) == (before, requests)
        journal_lock.taken(path).release()  # nobody holds it
        await walk.choose("unleash")
        await walk.next()
        await walk.at("launchdarkly")


async def test_an_integration_that_is_not_known_says_so(box: Sandbox, tmp_path: Path) -> None:
    path = await noted(box, Stage.STARTED)
    other = renamed(path, NAME, integration="flagsmith")
    path.unlink()
    async with started(box, tmp_path) as (walk, _):
        await walk.push("#go-on-run")
        await walk.until(lambda: "knows no integration flagsmith" in walk.message(), "the reason")
        assert "--manifest" in walk.message()
        assert walk.app.session.run is None
        journal_lock.taken(other).release()


async def test_files_that_are_no_journals_are_left_out(box: Sandbox, tmp_path: Path) -> None:
    place = journal_file.folder()
    place.mkdir(parents=True)
    (place / "nonsense.json").write_text('{"head": 7', "utf-8")
    (place / "empty.json").touch()
    (place / "folder.json").mkdir()
    async with started(box, tmp_path) as (walk, _):
        assert not walk.app.screen.query("#go-on-run")
        assert walk.app.runs == ()


async def test_one_that_another_process_works_on_is_left_to_it(box: Sandbox, tmp_path: Path) -> None:
    path = await noted(box, Stage.STARTED)
    async with started(box, tmp_path) as (walk, _):
        requests = len(box.requests)
        with journal_lock.taken(path):
            await walk.push("#go-on-run")
            await walk.until(lambda: "Another run of this import is under way" in walk.message(), "the reason")
            assert len(box.requests) == requests
        await walk.push("#go-on-run")
        assert "Ended COMPLETE" in await reported(walk)


async def test_one_that_cannot_be_opened_leaves_the_run_on_the_screen_alone(
    box: Sandbox, tmp_path: Path, brake: Brake
) -> None:
    """The import on the screen stays this process's own, though another was asked for in vain."""
    path = await noted(box, Stage.CREATED)
    other = renamed(path, "The other one")
    broken(other)
    async with started(box, tmp_path) as (walk, _):
        await earlier_imports(walk)
        at = next(i for i, each in enumerate(listed(walk)) if each.startswith(NAME))
        await walk.press(*["down"] * at, "enter")
        await on_run(walk)
        held = run_of(walk)
        await earlier_imports(walk)
        at = next(i for i, each in enumerate(listed(walk)) if each.startswith("The other one"))
        await walk.press(*["down"] * at, "enter")
        await walk.until(lambda: any("cannot be used" in each.message for each in walk.app._notifications), "why")
        assert run_of(walk) is held
        with pytest.raises(Exception, match="Another run of this import is under way"):
            journal_lock.taken(path)
        journal_lock.taken(other).release()


async def test_a_token_for_one_instance_is_not_sent_to_another(box: Sandbox, tmp_path: Path) -> None:
    with Sandbox.start() as elsewhere:
        await noted(elsewhere, Stage.STARTED)
        async with started(box, tmp_path) as (walk, _):
            await walk.choose("unleash")
            await walk.next()
            await walk.at("launchdarkly")
            assert bag(walk) == ["token"]
            requests = len(elsewhere.requests)
            await earlier_imports(walk)
            await walk.press("enter")
            await walk.until(lambda: not isinstance(walk.app.screen, RunsScreen), "the list to close")
            await walk.opened(TokenScreen)
            assert len(elsewhere.requests) == requests
            await walk.press("escape")
            await begun_again(walk)
            assert len(elsewhere.requests) == requests


# --- answers that were saved


async def test_saved_answers_are_neither_lost_nor_overwritten(box: Sandbox, tmp_path: Path) -> None:
    async with started(box, tmp_path) as (walk, _):
        await walk.to("fields", "split")
        await walk.press("ctrl+q")
        await walk.opened(Question)
        await walk.push("#yes")
        await walk.until(lambda: walk.left, "the wizard to be left")
    draft = state_dir() / "draft.json"
    before = draft.read_bytes()
    assert json.loads(before)["integration"] == "split"
    await noted(box, Stage.STARTED)
    async with started(box, tmp_path) as (walk, _):
        await walk.has_focus("go-on-run")
        assert "stopped at Fields" in row(walk, "#resume")
        await walk.press("enter")
        assert "Ended COMPLETE" in await reported(walk)
        assert draft.read_bytes() == before
        await walk.press("f7")
        await walk.at("submit")
        await walk.press("f7")
        await walk.at("review")
        assert draft.read_bytes() == before
        await walk.press("ctrl+q")
        await walk.until(lambda: walk.left, "the wizard to be left")
    assert draft.read_bytes() == before
    async with started(box, tmp_path) as (walk, _):
        await walk.push("#resume")
        await walk.until(lambda: walk.draft.integration == "split", "the answers")


async def test_saved_answers_outlive_a_creation_that_is_found(box: Sandbox, tmp_path: Path) -> None:
    async with started(box, tmp_path) as (walk, _):
        await walk.to("fields", "split")
        walk.app.session.save()
    draft = state_dir() / "draft.json"
    before = draft.read_bytes()
    await creating(box, arrived=True)
    async with started(box, tmp_path) as (walk, _):
        await walk.push("#go-on-run")
        await walk.until(lambda: walk.on("submit") and walk.outcome, "the look-up")
        await walk.settled()
        await to_run(walk)
        await reported(walk)
    assert draft.read_bytes() == before


async def test_a_creation_that_was_refused_is_not_gone_on_with(box: Sandbox, tmp_path: Path) -> None:
    async with started(box, tmp_path) as (walk, _):
        await at_review(walk)
        box.set_fault("bad-request")
        await walk.send()
        assert "(400)" in walk.shown
        await walk.press("ctrl+q")
        await walk.opened(Question)
        await walk.push("#yes")
        await walk.until(lambda: walk.left, "the wizard to be left")
    async with started(box, tmp_path) as (walk, _):
        assert not walk.app.screen.query("#go-on-run")
        assert "stopped at Review" in row(walk, "#resume"), "the answers are kept"


async def test_an_import_that_was_begun_takes_its_answers_from_the_first_screen(box: Sandbox, tmp_path: Path) -> None:
    async with started(box, tmp_path) as (walk, _):
        await at_review(walk)
        await walk.send()
        await walk.press("ctrl+q")
        await walk.until(lambda: walk.left, "the wizard to be left")
    async with started(box, tmp_path) as (walk, _):
        assert not walk.app.screen.query("#resume"), "what was answered has been sent"
        assert walk.app.screen.query("#go-on-run")
