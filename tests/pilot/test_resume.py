"""An import that an earlier start of the program has left is gone on with for the token alone, and stays one."""

from __future__ import annotations

from pathlib import Path

from tests.pilot.resuming import (
    TOKEN,
    at_review,
    bag,
    begun_again,
    creating,
    earlier_imports,
    journal_at,
    listed,
    noted,
    renamed,
    row,
    stage,
    started,
)
from tests.pilot.runs import Brake, Clock, asked, buttons, report, reported, resting, run_of, to_run, told, watched
from tests.unit.run_tools import creates, flags_of, triggers
from tests.unit.walk_tools import NAME, configurations
from tui.apply import journal as journals
from tui.apply import store
from tui.apply.journal import Mark, Stage
from tui.sandbox.server import Sandbox
from tui.screens.resume import RunsScreen
from tui.screens.token import TokenScreen
from tui.screens.undo import UndoScreen
from tui.text.private_files import state_dir

# --- left in the middle


async def test_import_left_in_the_middle_resumes_to_its_report(box: Sandbox, brake: Brake, tmp_path: Path) -> None:
    async with started(box, tmp_path) as (walk, clock):
        await at_review(walk)
        clock.stops_at = clock.at
        await walk.send(watched=False)
        await walk.until(brake.holds.is_set, "the import to be held")
        clock.stops_at = clock.at + 5
        await to_run(walk)
        await resting(walk, clock)
        first = run_of(walk).journal.configuration
        await walk.press("ctrl+q")
        await walk.until(lambda: walk.left, "the wizard to be left")
        assert f"ld-flag-import configs watch {first}" in walk.app.farewell
    brake.let_off()
    async with started(box, tmp_path) as (walk, _):
        await walk.has_focus("go-on-run")
        assert not walk.app.screen.query("#resume"), "the answers have been sent"
        assert row(walk).startswith("Resume started, not finished, ")
        assert "web-shop" in row(walk)
        assert row(walk).endswith("Unleash → web-shop")
        await walk.press("enter")
        assert "Import complete" in await reported(walk)
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
        await walk.has_focus("token")
        assert [field.id for field in walk.app.screen.query("Input")] == ["token"]
        await walk.press("enter")
        assert "token" in walk.text("#sheet-message")
        await walk.paste("#token", TOKEN)
        await walk.press("enter")
        assert "Import complete" in await reported(walk)


async def test_start_whose_answer_was_never_noted_is_asked_about(box: Sandbox, tmp_path: Path) -> None:
    path = await noted(box, Stage.CREATED)
    store.save(journals.starting(journal_at(path), Mark("pending", None, None), Clock().at), path)
    async with started(box, tmp_path) as (walk, _):
        assert "start not confirmed" in row(walk)
        await walk.press("enter")
        await walk.until(lambda: "it-did-not" in buttons(walk), "the question")
        assert "can't tell whether it started" in watched(walk)
        assert triggers(box) == 0


# --- left while it was created


async def test_creation_whose_answer_was_lost_is_found_and_saved_answers_stay(box: Sandbox, tmp_path: Path) -> None:
    async with started(box, tmp_path) as (walk, _):
        await walk.to("fields", "split")
        walk.app.session.save()
    draft = state_dir() / "draft.json"
    before = draft.read_bytes()
    await creating(box, arrived=True)
    async with started(box, tmp_path) as (walk, _):
        assert "create not confirmed" in row(walk)
        await walk.push("#go-on-run")
        await walk.until(lambda: walk.on("submit") and walk.outcome, "the look-up")
        await walk.settled()
        assert "using it; nothing is sent twice" in walk.text("#timeline")
        assert "to-review" not in buttons(walk), "there is nothing left to send"
        await to_run(walk)
        assert "Import complete" in await reported(walk)
        assert (creates(box), triggers(box)) == (1, 1)
        assert len(configurations(box, NAME)) == 1
    assert draft.read_bytes() == before


async def test_a_creation_that_did_not_get_through_needs_the_keys_again(box: Sandbox, tmp_path: Path) -> None:
    path = await creating(box, arrived=False)
    async with started(box, tmp_path) as (walk, _):
        await walk.push("#go-on-run")
        await walk.until(lambda: walk.on("submit") and walk.outcome, "the look-up")
        await walk.settled()
        assert creates(box) == 0
        assert "Not created" in walk.text("#timeline")
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
        assert sorted(each.split(" ended")[0] for each in listed(walk)) == [NAME, "The other one"]
        assert all("ended, not compared" in each for each in listed(walk))
        await walk.press("escape")
        await walk.closed("integration")
        assert len(box.requests) == requests
        await walk.push("#go-on-run")
        await walk.opened(RunsScreen)
        at = next(i for i, each in enumerate(listed(walk)) if each.startswith(NAME))
        await walk.press(*["down"] * at, "enter")
        assert "Import complete" in await reported(walk)
        assert stage(path) is Stage.VERIFIED
        assert (creates(box), triggers(box)) == (1, 1)


async def test_one_that_is_over_is_opened_by_its_action_and_undone(box: Sandbox, tmp_path: Path) -> None:
    path = await noted(box, Stage.VERIFIED)
    async with started(box, tmp_path) as (walk, _):
        assert not walk.app.screen.query("#go-on-run")
        await earlier_imports(walk)
        assert "compared with the plan" in listed(walk)[0]
        await walk.press("enter")
        text = await reported(walk)
        n = len(run_of(walk).journal.expected)
        assert f"all {n} flags created as planned" in text
        await walk.push("#undo")
        await walk.opened(UndoScreen)
        await walk.until(lambda: "archive" in buttons(walk), "the list")
        assert walk.text("#undo-counted") == f"{n} flags to archive"
        await asked(walk, "#archive")
        await walk.push("#yes")
        await walk.until(lambda: "Done." in walk.text("#sheet-message"), "the end")
        await walk.push("#close")
        await walk.closed("run")
        await reported(walk)
        assert f"Undone: {n} flags archived." in report(walk)
    assert len(journal_at(path).undone) == n
    assert not flags_of(box).keys() & journal_at(path).keys
