"""Practice keeps its imports over a restart, apart from the user's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import OptionList, Static

from tests.pilot.resuming import earlier_imports, listed, row
from tests.pilot.runs import reported, run_of
from tests.pilot.walking import ENVIRON, Walk, practice_at, running
from tui.apply import lock, store
from tui.apply.heads import FOLDER, heads
from tui.sandbox.clock import QUICK, Pace
from tui.sandbox.server import Sandbox
from tui.screens.faults import FaultScreen
from tui.screens.token import TokenScreen
from tui.text.private_files import state_dir
from tui.wizard.options import Options

SLOW = Pace(step=0.3, slow=0.1, drip=0.1, pause=0.1)


@asynccontextmanager
async def demo(folder: Path, pace: Pace = QUICK) -> AsyncIterator[Walk]:
    """The wizard as `--demo` starts it: its servers are those that an earlier start has left."""
    started: list[Sandbox] = []

    def start(saved: str | None, save: Callable[[str], None]) -> Sandbox:
        started.append(Sandbox.start(saved=saved, save=save, pace=pace))
        return started[-1]

    options = Options(start_practice=start, demo=True, environ=dict(ENVIRON), theme="dark", folder=folder)
    with Sandbox.start() as stand_in:
        async with running(options, stand_in) as walk:
            walk.box = started[0]
            yield walk


async def quit_(walk: Walk) -> None:
    walk.app.exit(0)
    await walk.until(lambda: walk.left, "the wizard to end")


async def import_all(walk: Walk) -> None:
    await walk.jump("review")
    await walk.push("#next")
    await walk.until(lambda: walk.on("run"), "Run")


def practice() -> Path:
    return state_dir(practice=True)


async def test_import_quit_in_the_middle_resumes_after_restart(tmp_path: Path) -> None:
    async with demo(tmp_path, SLOW) as walk:
        before = len(walk.box.colleague().flags())
        await import_all(walk)
        await walk.until(lambda: len(walk.box.colleague().flags()) > before, "the first flags")
        first = walk.box.addresses()["launchdarkly"]["url"]
        configuration = run_of(walk).journal.configuration
        await quit_(walk)
    (left,) = heads(practice() / FOLDER)
    assert left.under_way
    assert left.host == first

    async with demo(tmp_path) as walk:
        await walk.has_focus("go-on-run")
        assert "127.0.0.1" not in row(walk)
        assert "web-shop" in row(walk)
        await walk.press("enter")
        await walk.opened(TokenScreen)
        await walk.press("f4")
        await reported(walk)
        assert run_of(walk).journal.configuration == configuration
        assert run_of(walk).journal.identity.host == walk.box.addresses()["launchdarkly"]["url"] != first
        assert run_of(walk).arrived == len(run_of(walk).journal.expected) > 0
        await walk.until(lambda: run_of(walk).journal.stage == "verified", "the verification")
        await quit_(walk)
    (left,) = heads(practice() / FOLDER)
    assert left.stage == "verified"
    assert not (state_dir() / FOLDER).exists()


async def test_finished_import_is_listed_and_start_fresh_deletes_it(tmp_path: Path) -> None:
    async with demo(tmp_path) as walk:
        fresh = walk.box.colleague().flags()
        await import_all(walk)
        await walk.until(lambda: walk.box.moves is None, "the end of the import")
        await quit_(walk)
    age = next((practice() / FOLDER).glob("*.json")).stat().st_mtime
    async with demo(tmp_path) as walk:
        assert walk.box.colleague().flags() != fresh
        (kept,) = (practice() / FOLDER).glob("*.json")
        assert kept.stat().st_mtime == pytest.approx(age)
        assert kept == store.path_of(store.load(kept).identity, kept.parent)  # type: ignore[union-attr]
        await earlier_imports(walk)
        assert len(listed(walk)) == 1
        await walk.press("escape")
        await walk.closed("integration")
        await walk.push("#start-fresh")
        await walk.until(lambda: walk.on("integration") and not walk.screen.query("#start-fresh"), "a fresh start")
        await walk.until(lambda: walk.app._session is not None, "its session")
        assert not list((practice() / FOLDER).glob("*.json"))
        await quit_(walk)
    async with demo(tmp_path) as walk:
        assert walk.box.colleague().flags() == fresh


@pytest.mark.parametrize("damage", ["", "{", None])
async def test_damaged_practice_is_dropped_with_a_warning(damage: str | None, tmp_path: Path) -> None:
    async with demo(tmp_path, SLOW) as walk:
        await import_all(walk)
        await quit_(walk)
    servers = practice() / "servers.json"
    if damage is None:
        servers.unlink()
    else:
        servers.write_text(damage)
    async with demo(tmp_path) as walk:
        await walk.until(lambda: "practice imports" in notices(walk), "the warning")
        await walk.until(lambda: not walk.screen.query("#go-on-run"), "nothing to resume")
        assert not heads(practice() / FOLDER)


def notices(walk: Walk) -> str:
    return " ".join(each.message for each in walk.app._notifications)


async def test_second_practice_uses_a_folder_of_its_own(tmp_path: Path) -> None:
    state_dir(practice=True)
    with lock.taken(practice() / "servers.json"):
        async with demo(tmp_path) as walk:
            await import_all(walk)
            folder = walk.app.session.journals
            assert folder is not None
            assert heads(folder)
            await quit_(walk)
        assert not folder.exists()
    assert not (practice() / FOLDER).exists()


async def test_nothing_of_the_user_is_touched(tmp_path: Path) -> None:
    user = state_dir()
    (user / FOLDER).mkdir()
    for name in ("draft.json", f"{FOLDER}/mine.json", "keys.json"):
        (user / name).write_text("mine")
    async with demo(tmp_path) as walk:
        await import_all(walk)
        await quit_(walk)
    assert {path.name for path in user.iterdir()} == {"draft.json", FOLDER, "keys.json", "practice"}
    for name in ("draft.json", f"{FOLDER}/mine.json", "keys.json"):
        assert (user / name).read_text() == "mine"


# --- simulated errors


async def test_errors_are_grouped_searched_and_marked(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "review") as walk:
        await walk.push("#fault")
        await walk.opened(FaultScreen)
        rows = walk.get("#faults", OptionList)
        assert rows.highlighted_option is not None
        assert rows.highlighted_option.id == "none"
        headings = [str(option.prompt) for option in rows.options if option.disabled]
        assert headings[0] == "Good first cases"
        assert "Submit" in headings
        first = [option.id for option in rows.options[2:12]]
        assert {fault.name for fault in Sandbox.faults() if fault.teaches} == set(first)
        assert len({option.id for option in rows.options if option.id}) == len(Sandbox.faults()) + 1
        await walk.press("/", *"stuck")
        assert [option.id for option in rows.options if option.id] == ["import-stuck"]
        assert "stays at importing" in str(walk.get("#explains", Static).content)
        await walk.press("enter", "enter")
        await walk.closed("review")
        assert walk.box.fault == "import-stuck"
        await walk.push("#fault")
        await walk.opened(FaultScreen)
        assert walk.get("#faults", OptionList).highlighted_option.id == "import-stuck"  # type: ignore[union-attr]
        await walk.press("/", *"zzz")
        assert "No error matches" in str(walk.get("#explains", Static).content)
        await walk.press("escape", "home", "enter")
        await walk.closed("review")
        assert walk.box.fault is None


async def test_faults_fit_a_small_window(tmp_path: Path) -> None:
    async with practice_at(tmp_path, "keys", size=(60, 16)) as walk:
        await walk.push("#fault")
        await walk.opened(FaultScreen)
        assert walk.get("#close").region.bottom <= 16
        assert walk.get("#faults").region.height >= 4
