"""Imports that an earlier start of the program has left, and the wizard started anew."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from textual.widgets import OptionList

from tests.pilot.runs import Clock
from tests.pilot.walking import ENVIRON, Walk, real_app
from tests.unit import run_tools
from tests.unit.run_tools import Time
from tests.unit.sandbox_tools import FI, launchdarkly
from tests.unit.walk_tools import NAME, configurations, values, walked
from tui.apply import journal as journals
from tui.apply import store
from tui.apply.journal import Journal, Stage
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox
from tui.screens.integration import IntegrationRow
from tui.screens.resume import RunsScreen

TOKEN = TOKENS["writer"].value


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
    path = store.path_of(run.journal.identity)
    run.keep = lambda journal: store.save(journal, path, run.context.redactor)
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
    path = store.path_of(run.journal.identity)
    ids = [each["_id"] for each in configurations(box)]
    store.save(journals.creating(run.journal, ids, clock.at), path)
    if arrived:
        with launchdarkly(box) as ld:
            assert ld.post(f"{FI}/web-shop/unleash", content=run.request.body(run.bag)).is_success
    return path


def journal_at(path: Path) -> Journal:
    journal = store.load(path)
    assert journal is not None
    return journal


def stage(path: Path) -> Stage:
    return journal_at(path).stage


def renamed(path: Path, name: str, **changed: str) -> Path:
    """A copy of a journal as if it were of another import."""
    journal = journal_at(path)
    other = replace(journal, identity=replace(journal.identity, name=name, **changed))
    copy = store.path_of(other.identity)
    store.save(other, copy)
    return copy


def row(walk: Walk, selector: str = "#go-on-run") -> str:
    return " ".join(str(walk.get(selector, IntegrationRow).content).split())


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
