"""The report on the step Run: its lists, its files, and a key that is replaced."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pilot.runs import (
    FOREVER,
    arrived,
    asked,
    buttons,
    ended,
    listed,
    report,
    reported,
    reporting,
    run_of,
    sent,
    strike,
    swapped,
    to_run,
    told,
    watched,
)
from tests.pilot.walking import Walk
from tests.unit.manage_tools import patches
from tests.unit.run_tools import creates, flags_of, triggers
from tui.sandbox.keys import UNLEASH_KEYS
from tui.screens.configuration_edit import DifferenceQuestion, EditScreen
from tui.screens.write import WriteScreen
from tui.wizard.outcomes import report_of


async def test_a_key_is_replaced_and_the_import_started_again(tmp_path: Path) -> None:
    async with ended(tmp_path, "source-refused-at-import") as walk:
        assert walk.focused in buttons(walk)
        lines = report(walk)
        for words in ("Import failed: 0 of ", "The source refused the request (401)"):
            assert words in lines
        assert arrived(walk) == 0
        assert {"again", "list-missing", "replace"} <= buttons(walk)
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
        await walk.until(lambda: "Key replaced" in walk.message(), "the message")
        assert patches(walk.box) == 1
        await asked(walk, "#again")
        await walk.push("#yes")
        await walk.until(lambda: run_of(walk).verification is None, "the second start")
        assert "Import complete" in await reported(walk)
        assert UNLEASH_KEYS["sdk"].value not in walk.app.export_screenshot()


async def reach_by_tab(walk: Walk) -> None:
    """Tab reaches every button, and each one scrolls into view."""
    wanted = buttons(walk)
    seen = set()
    for _ in range(2 * len(wanted)):
        await walk.press("tab")
        await walk.in_view()
        seen.add(walk.focused)
    assert wanted <= seen


async def open_lists(walk: Walk) -> None:
    """Each button opens the list that it names."""
    made = report_of(run_of(walk), walk.app.session.forms)
    missing = await listed(walk, "#list-missing")
    assert missing.startswith("Missing")
    assert all(f"\n{row.key}\n  LaunchDarkly: " in f"\n{missing}\n" for row in made.missing)
    assert "tag is not valid" in missing
    errors = await listed(walk, "#list-errors")
    assert all(error.text in errors for error in made.errors)
    rebuild = await listed(walk, "#list-rebuild")
    assert all(row.key in rebuild for row in made.rebuild)
    cut_over = await listed(walk, "#list-cut-over")
    flags = [line for line in cut_over.splitlines()[1:] if not line.startswith(" ")]
    assert flags == [row.key for row in made.cut_over] != []
    assert bool(made.cut_over[0].cut_over_warning)
    assert "[ ]" not in cut_over, "a box that cannot be ticked"
    assert "Tags: " in await listed(walk, "#list-not-compared")
    assert walk.focused == "list-not-compared"


async def test_partial_import_is_listed_saved_and_started_again(tmp_path: Path) -> None:
    async with ended(tmp_path, "import-partial", size=(60, 16)) as walk:
        n = len(run_of(walk).journal.expected)
        came = n - n // 4
        assert arrived(walk) == told(walk) == came
        for words in (
            f"Import partly complete: {came} of {n} flags created, {n - came} missing.",
            f"the {n - came} missing flags",
        ):
            assert words in report(walk)
        await reach_by_tab(walk)
        await open_lists(walk)
        await save_reports(walk)

        before = {key: flag["creationDate"] for key, flag in flags_of(walk.box).items()}
        walk.box.set_fault("stale-complete")
        question = await asked(walk, "#again")
        assert "into web-shop again?" in question
        assert f"{n - came} flags are missing" in question
        await walk.press("enter")
        await walk.closed("run")
        assert triggers(walk.box) == 1
        assert reporting(walk)
        await asked(walk, "#again")
        await walk.push("#yes")
        await walk.until(lambda: run_of(walk).verification is None, "the second start")
        text = await reported(walk)
        assert "Import complete" in text
        assert f"all {n} flags created as planned" in text
        assert told(walk) == n - came
        after = {key: flag["creationDate"] for key, flag in flags_of(walk.box).items()}
        assert {key: after[key] for key in before} == before
        assert (triggers(walk.box), creates(walk.box)) == (2, 1)


async def test_partial_report_fits_with_its_next_steps_and_is_saved_before_undo(tmp_path: Path) -> None:
    async with ended(tmp_path, "import-partial") as walk:
        await walk.pilot.pause()
        body = walk.get("#body").region
        save, undo = walk.get("#write").region, walk.get("#undo").region
        assert save.y < undo.y < body.bottom
        assert walk.get("#body").scroll_offset.y == 0
        assert walk.text("#heading").startswith("✗ Import partly complete: ")
        assert walk.text("#purpose").startswith("Ended at ")


async def test_differences_are_listed_side_by_side(tmp_path: Path) -> None:
    async with ended(tmp_path, "default-swapped") as walk:
        n = len(run_of(walk).journal.expected)
        assert f"all {n} flags created, {len(swapped(walk))} different." in report(walk)
        assert arrived(walk) == n
        assert "again" not in buttons(walk)
        different = await listed(walk, "#list-different")
        made = report_of(run_of(walk), walk.app.session.forms).different
        assert {key for key, _ in made} == swapped(walk) != set()
        for key, unlike in made:
            assert f"\n{key}\n  {unlike[0].what}\n    planned  " in different
        assert "    actual   " in different


async def save_reports(walk: Walk) -> None:
    """Save the report in its three forms, cancel once, and fail where the folder is a file."""
    before = set(walk.folder.iterdir())
    for kind in ("html", "md", "json", "csv"):
        if kind == "html":
            await walk.push("#write")
        else:
            await walk.press("w")
        await walk.opened(WriteScreen)
        assert f"{walk.folder / 'unleash-web-shop-'}" in walk.text(".dialog-text"), "the whole path"
        await walk.push(f"#{kind}")
        await walk.closed("run")
        assert walk.message().startswith("✓ Saved ")
        assert f"{kind}" in walk.message()
        assert "without keys." in walk.shown, "a long folder is shortened in its middle"
    files = {path.suffix: path for path in set(walk.folder.iterdir()) - before}
    assert set(files) == {".html", ".md", ".json", ".csv"}
    session = walk.app.session
    keys = [session.bag.peek(key) or "" for key in session.bag.keys()]  # noqa: SIM118 - a bag is no mapping
    assert len(keys) == 3
    for path in files.values():
        assert path.stat().st_mode & 0o777 == 0o600
        text = path.read_text("utf-8")
        assert path.suffix == ".csv" or "Import partly complete" in text
        assert not [key for key in keys if key in text]
    counts = json.loads(files[".json"].read_text("utf-8"))["counts"]
    assert counts["arrived"] == arrived(walk)
    await walk.press("w")
    await walk.opened(WriteScreen)
    await walk.press("escape")
    await walk.closed("run")
    assert len(set(walk.folder.iterdir()) - before) == 4
    await walk.press("b")
    opened = walk.app.session.saved_report
    assert Path(opened) in set(walk.folder.iterdir()) - before
    await walk.until(
        lambda: any(Path(opened).as_uri() in each.message for each in walk.app._notifications), "its address"
    )
    walk.app.folder = files[".md"]
    await walk.press("w")
    await walk.opened(WriteScreen)
    await walk.push("#html")
    await walk.closed("run")
    assert "Can't save the file" in walk.message()


async def test_a_comparison_that_fails_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with sent(tmp_path, stops=0.0) as (walk, clock):
        strike(monkeypatch, walk.box, "GET", "/api/v2/projects/web-shop/environments", 500)
        clock.stops_at = FOREVER
        await to_run(walk)
        await walk.until(lambda: "look-again" in buttons(walk), "the failure")
        assert "(500)" in watched(walk)
        walk.box.set_fault(None)
        await walk.push("#look-again")
        assert "Import complete" in await reported(walk)


async def test_foreign_text_stays_text(tmp_path: Path) -> None:
    async with ended(tmp_path, "hostile-text") as walk:
        assert all(c.isprintable() or c == "\n" for c in walk.shown)
        assert "[bold red]x[/]" in await listed(walk, "#list-different")
