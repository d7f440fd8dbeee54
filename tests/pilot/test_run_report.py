"""The report on the step Run: its lists, its files, and a key that is replaced."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pilot.runs import (
    Brake,
    arrived,
    asked,
    buttons,
    ended,
    listed,
    on_run,
    report,
    reported,
    reporting,
    run_of,
    running,
    sent,
    strike,
    swapped,
    to_run,
    watched,
)
from tests.unit.manage_tools import patches
from tests.unit.run_tools import triggers
from tests.unit.sandbox_tools import launchdarkly
from tui.sandbox.keys import UNLEASH_KEYS
from tui.screens.configuration_edit import DifferenceQuestion, EditScreen
from tui.screens.dialogs import Question
from tui.screens.undo import UndoScreen
from tui.screens.write import WriteScreen
from tui.wizard.outcomes import report_of

# --- the report


async def test_a_key_is_replaced_and_the_import_started_again(tmp_path: Path) -> None:
    async with ended(tmp_path, "source-refused-at-import") as walk:
        assert walk.focused in buttons(walk)
        lines = report(walk)
        assert lines.index("Replace a key") < lines.index("Start again")
        await walk.push("#replace")
        await walk.opened(EditScreen)
        assert not walk.app.screen.query("#config-name")
        assert not patches(walk.box)
        walk.box.set_fault(None)
        await walk.paste("#field-sourceApiKey", UNLEASH_KEYS["sdk"].value)
        await walk.push("#difference")
        await walk.opened(DifferenceQuestion)
        await walk.push("#yes")
        await walk.closed("run")
        assert "The key was replaced" in walk.message()
        assert patches(walk.box) == 1
        await asked(walk, "#again")
        await walk.push("#yes")
        await walk.until(lambda: run_of(walk).verification is None, "the second start")
        assert "Ended COMPLETE" in await reported(walk)
        assert UNLEASH_KEYS["sdk"].value not in walk.app.export_screenshot()


async def test_the_lists_behind_the_buttons(tmp_path: Path) -> None:
    async with ended(tmp_path, "import-partial") as walk:
        made = report_of(run_of(walk), walk.app.session.forms)
        missing = await listed(walk, "#list-missing")
        assert missing.startswith("Missing")
        assert all(f"\n{each.key}\n  LaunchDarkly: " in f"\n{missing}\n" for each in made.missing)
        assert "tag is not valid" in missing
        errors = await listed(walk, "#list-errors")
        assert all(each.text in errors for each in made.errors)
        rebuild = await listed(walk, "#list-rebuild")
        assert all(row.key in rebuild for row in made.rebuild)
        cut_over = await listed(walk, "#list-cut-over")
        flags = [line.split()[0] for line in cut_over.splitlines()[1:] if not line.startswith(" ")]
        assert flags == [row.key for row in made.cut_over] != []
        assert bool(made.cut_over[0].cut_over_warning)
        assert "[ ]" not in cut_over, "a box that cannot be ticked"
        assert "Tags: " in await listed(walk, "#list-not-compared")
        assert walk.focused == "list-not-compared"


async def test_differences_stand_side_by_side(tmp_path: Path) -> None:
    async with ended(tmp_path, "default-swapped") as walk:
        different = await listed(walk, "#list-different")
        made = report_of(run_of(walk), walk.app.session.forms).different
        assert {key for key, _ in made} == swapped(walk) != set()
        for key, unlike in made:
            assert f"\n{key}\n  {unlike[0].what}\n    planned  " in different
        assert "    there    " in different


async def test_the_report_is_written_in_three_forms(tmp_path: Path) -> None:
    async with ended(tmp_path, "import-partial") as walk:
        before = set(walk.folder.iterdir())
        for kind in ("html", "md", "json"):
            if kind == "html":
                await walk.push("#write")
            else:
                await walk.press("w")
            await walk.opened(WriteScreen)
            await walk.push(f"#{kind}")
            await walk.closed("run")
            assert "Saved " in walk.message()
            assert "it holds no key" in walk.message()
        files = {path.suffix: path for path in set(walk.folder.iterdir()) - before}
        assert set(files) == {".html", ".md", ".json"}
        session = walk.app.session
        keys = [session.bag.peek(key) or "" for key in session.bag.keys()]  # noqa: SIM118 - a bag is no mapping
        assert len(keys) == 3
        for path in files.values():
            assert path.stat().st_mode & 0o777 == 0o600
            text = path.read_text("utf-8")
            assert "Ended PARTIAL" in text
            assert not [key for key in keys if key in text]
        counts = json.loads(files[".json"].read_text("utf-8"))["counts"]
        assert counts["arrived"] == arrived(walk)
        await walk.press("w")
        await walk.opened(WriteScreen)
        await walk.press("escape")
        await walk.closed("run")
        assert len(set(walk.folder.iterdir()) - before) == 3


async def test_a_report_before_the_end_says_that_nobody_has_compared(brake: Brake, tmp_path: Path) -> None:
    async with running(tmp_path, brake) as (walk, _):
        await walk.press("w")
        await walk.opened(WriteScreen)
        await walk.push("#md")
        await walk.closed("run")
        (path,) = walk.folder.glob("*.md")
        assert "nobody has seen its end" in path.read_text("utf-8")
        assert not reporting(walk)


async def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("no folder")
    async with ended(taken) as walk:
        await walk.press("w")
        await walk.opened(WriteScreen)
        await walk.push("#html")
        await walk.closed("run")
        assert "could not be written" in walk.message()


async def test_r_on_the_report_compares_once_more(tmp_path: Path) -> None:
    async with ended(tmp_path) as walk:
        key = run_of(walk).journal.expected[0].key
        with launchdarkly(walk.box) as other:
            assert other.delete(f"/api/v2/flags/web-shop/{key}").status_code == 204
        await walk.press("r")
        await walk.until(lambda: "1 missing" in report(walk), "the comparison")
        await walk.settled()
        assert key in await listed(walk, "#list-missing")
        assert triggers(walk.box) == 1


async def test_a_comparison_that_fails_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with sent(tmp_path) as (walk, _):
        strike(monkeypatch, walk.box, "GET", "/api/v2/projects/web-shop/environments", 500)
        await to_run(walk)
        await walk.until(lambda: "look-again" in buttons(walk), "the failure")
        assert "(500)" in watched(walk)
        walk.box.set_fault(None)
        await walk.push("#look-again")
        assert "Ended COMPLETE" in await reported(walk)


async def test_foreign_text_stays_text(tmp_path: Path) -> None:
    async with ended(tmp_path, "hostile-text") as walk:
        assert all(c.isprintable() or c == "\n" for c in walk.shown)
        assert "[bold red]x[/]" in await listed(walk, "#list-different")


async def test_the_list_of_undo_opens_from_the_report(tmp_path: Path) -> None:
    async with ended(tmp_path) as walk:
        await walk.push("#undo")
        await walk.opened(UndoScreen)
        await walk.press("escape")
        await walk.closed("run")
        assert not isinstance(walk.app.screen, Question)
        assert not [path for path in walk.posts() if path.startswith("/api/v2/flags")]
        await on_run(walk)
