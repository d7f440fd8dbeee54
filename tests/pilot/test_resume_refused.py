"""What cannot be gone on with says why and changes nothing; answers that were saved are left alone by what can."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.pilot.resuming import bag, begun_again, earlier_imports, listed, noted, renamed, row, started
from tests.pilot.runs import Brake, on_run, reported, run_of
from tests.unit.walk_tools import NAME
from tui.apply import lock
from tui.apply.journal import Stage
from tui.sandbox.server import Sandbox
from tui.screens.dialogs import Question
from tui.screens.resume import RunsScreen
from tui.screens.token import TokenScreen
from tui.text.private_files import state_dir

# --- what cannot be gone on with


def broken(path: Path) -> None:
    """The head is whole, the rest is not."""
    text = path.read_text("utf-8")
    path.write_text(text[: len(text) // 2], "utf-8")


async def test_locked_or_broken_journal_says_so_and_changes_nothing(box: Sandbox, tmp_path: Path) -> None:
    path = await noted(box, Stage.STARTED)
    async with started(box, tmp_path) as (walk, _):
        requests = len(box.requests)
        with lock.taken(path):
            await walk.push("#go-on-run")
            await walk.until(lambda: "This import is already running" in walk.message(), "the reason")
            await walk.settled()
            whole = " ".join(walk.shown.split())
            assert f"(process {os.getpid()}, since " in whole
            assert f"end it with: kill {os.getpid()}" in whole
        broken(path)
        before = path.read_bytes()
        await walk.push("#go-on-run")
        await walk.until(lambda: "can't be used" in walk.message(), "the reason")
        assert walk.on("integration")
        assert not walk.draft.integration
        assert walk.app.session.run is None
        assert (path.read_bytes(), len(box.requests)) == (before, requests)
        lock.taken(path).release()  # free
        await walk.choose("unleash")
        await walk.next()
        await walk.at("launchdarkly")


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
        await walk.until(lambda: any("can't be used" in each.message for each in walk.app._notifications), "why")
        assert run_of(walk) is held
        with pytest.raises(Exception, match="This import is already running"):
            lock.taken(path)
        lock.taken(other).release()


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
        assert "at Fields" in row(walk, "#resume")
        await walk.press("enter")
        assert "Import complete" in await reported(walk)
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
