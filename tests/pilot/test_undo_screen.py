"""Undo from the report: the list first, then the question with count and project, then the work, which can be left."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import OptionList

from tests.pilot.runs import asked, buttons, ended, report, reported, run_of, strike
from tests.pilot.walking import Walk
from tests.unit.run_tools import flags_of, instructed
from tui.sandbox.company import Company, seeded
from tui.sandbox.struck_request import StruckRequest
from tui.screens.undo import UndoScreen

FLAG = "/api/v2/flags/web-shop/[^/]+"
SMALL = (60, 16)


def small() -> Company:
    """Enough flags to be counted."""
    company = seeded()
    return Company(company.segments, {"default": company.projects["default"][:12], "mobile-app": ()})


@asynccontextmanager
async def undoing(folder: Path, *, size: tuple[int, int] = (80, 24), change: str = "") -> AsyncIterator[Walk]:
    """The page of an import that came as planned, with its list read; somebody has switched on `change` before."""
    async with ended(folder, size=size, company=small()) as walk:
        assert "Import complete" in report(walk)
        if change:
            instructed(walk.box, change, "turnFlagOn", environmentKey="production")
        await opened(walk)
        yield walk


async def opened(walk: Walk) -> None:
    await walk.push("#undo")
    await walk.opened(UndoScreen)
    await walk.has_focus("close")
    await walk.until(lambda: message(walk) and "Reading" not in message(walk), "the list, or why there is none")


async def closed(walk: Walk) -> None:
    """Close the page; the report is made anew."""
    await walk.push("#close")
    await walk.closed("run")
    await reported(walk)


def rows(walk: Walk) -> list[str]:
    """The rows of flags, without the reasons above them."""
    return [str(option.prompt) for option in walk.get("#undo-list", OptionList).options if not option.disabled]


def row_of(walk: Walk, key: str) -> str:
    """The reason that a flag is listed under, and its row."""
    reason = ""
    for option in walk.get("#undo-list", OptionList).options:
        if option.disabled:
            reason = str(option.prompt)
        elif option.id == f"flag-{key}":
            return f"{reason} | {option.prompt}"
    raise AssertionError(key)


def counted(walk: Walk) -> str:
    return walk.text("#undo-counted")


def message(walk: Walk) -> str:
    return walk.text("#sheet-message")


def writes(walk: Walk) -> list[str]:
    """The flags that were changed or deleted by the wizard or by somebody else."""
    return [path for method, path, _ in walk.box.requests if method in ("PATCH", "DELETE")]


def planned(walk: Walk) -> list[str]:
    return [each.key for each in run_of(walk).journal.expected]


def gone(walk: Walk) -> set[str]:
    """The planned flags that are no longer among the live ones."""
    return set(planned(walk)) - flags_of(walk.box).keys()


async def confirmed(walk: Walk, selector: str = "#archive") -> None:
    await asked(walk, selector)
    await walk.push("#yes")
    await walk.until(lambda: isinstance(walk.app.screen, UndoScreen), "the page")


# --- the list


async def test_undo_is_in_the_list_of_actions(tmp_path: Path) -> None:
    async with ended(tmp_path, company=small()) as walk:
        await walk.open_actions("undo the import")
        await walk.press("enter")
        await walk.opened(UndoScreen)


async def test_list_and_question_change_nothing_and_r_reads_again(tmp_path: Path) -> None:
    async with undoing(tmp_path, size=SMALL) as walk:
        n = len(planned(walk))
        assert counted(walk) == f"{n} flags to archive"
        assert len(rows(walk)) == n
        assert row_of(walk, planned(walk)[0]).startswith(f"Archive {n}: created by this import")
        assert "unchanged" in row_of(walk, planned(walk)[0])
        assert "Nothing has been changed yet" in message(walk)
        assert buttons(walk) == {"close", "archive", "delete"}
        assert walk.text("#archive") == f"Archive {n}"
        assert walk.text("#delete") == f"Delete {n}"
        for selector, verb, consequence in (
            ("#archive", "Archive", "can restore"),
            ("#delete", "Delete", "can't restore"),
        ):
            for key in ("enter", "escape"):
                question = await asked(walk, selector)
                assert f"{verb} {n} flags in web-shop?" in question
                assert consequence in question
                await walk.press(key)
                await walk.opened(UndoScreen)
        requests = len(walk.box.requests)
        await walk.press("escape")
        await walk.closed("run")
        await walk.settled()
        assert writes(walk) == []
        assert len(walk.box.requests) == requests, "nothing has changed, so nothing is compared again"

        await opened(walk)
        instructed(walk.box, planned(walk)[0], "turnFlagOn", environmentKey="test")
        await walk.press("r")
        await walk.until(lambda: "1 to keep" in counted(walk), "the new list")
        assert walk.text("#archive") == f"Archive {n - 1}"


async def test_flags_switched_on_before_and_after_the_list_are_kept(tmp_path: Path) -> None:
    key = small().projects["default"][1].key
    async with undoing(tmp_path, change=key) as walk:
        n = len(planned(walk))
        assert counted(walk) == f"{n - 1} flags to archive, 1 to keep"
        assert key in rows(walk)[0], "exceptions come first"
        assert row_of(walk, key).startswith("Keep 1: on in production |")
        later = next(other for other in planned(walk)[3:] if other != key)
        await asked(walk, "#archive")
        instructed(walk.box, later, "turnFlagOn", environmentKey="test")
        await walk.push("#yes")
        await walk.until(lambda: "Done." in message(walk), "the end")
        assert counted(walk) == f"{n - 2} flags archived, 2 kept"
        assert "Kept 1: changed in the meantime |" in row_of(walk, later)
        assert gone(walk) == set(planned(walk)) - {key, later}
        assert flags_of(walk.box)[key]["environments"]["production"]["on"] is True


async def test_a_list_that_cannot_be_read_offers_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ended(tmp_path, company=small()) as walk:
        strike(monkeypatch, walk.box, "GET", "/api/v2/flags/web-shop", 403)
        await opened(walk)
        assert "(403)" in message(walk)
        assert buttons(walk) == {"close"}
        walk.box.set_fault(None)
        await walk.press("r")
        await walk.until(lambda: "archive" in buttons(walk), "the list")
        assert writes(walk) == []


async def test_up_and_down_pass_over_the_reasons_and_leave_the_list_at_its_ends(tmp_path: Path) -> None:
    async with undoing(tmp_path, change=small().projects["default"][1].key) as walk:
        page = walk.get("#undo-list", OptionList)
        page.focus()
        await walk.has_focus("undo-list")
        seen = []
        for _ in planned(walk):
            assert page.highlighted is not None
            seen.append(page.get_option_at_index(page.highlighted).id)
            await walk.press("down")
        assert sorted(filter(None, seen)) == sorted(f"flag-{key}" for key in planned(walk))
        assert walk.focused == "close", "after the last row"
        page.focus()
        page.action_first()
        await walk.press("up")
        assert walk.focused != "undo-list", "before the first row"


# --- the work


async def test_archives_and_tells_it_on_the_report(tmp_path: Path) -> None:
    async with undoing(tmp_path) as walk:
        n, others = len(planned(walk)), flags_of(walk.box).keys() - set(planned(walk))
        await confirmed(walk)
        await walk.until(lambda: "Done." in message(walk), "the end")
        assert counted(walk) == f"{n} flags archived"
        assert buttons(walk) == {"close"}
        assert flags_of(walk.box).keys() == others
        assert flags_of(walk.box, archived=True).keys() >= set(planned(walk))
        await closed(walk)
        assert f"Undone: {n} flags archived." in report(walk)
        assert "Rebuild" not in report(walk)
        assert "Cut over" not in report(walk)
        assert "undo" not in buttons(walk), "there is nothing more to take back"
        assert "Start again" not in report(walk), "archived keys are skipped: it would bring nothing"


async def test_deletes_where_that_is_wanted(tmp_path: Path) -> None:
    async with undoing(tmp_path) as walk:
        n = len(planned(walk))
        await confirmed(walk, "#delete")
        await walk.until(lambda: "Done." in message(walk), "the end")
        assert counted(walk) == f"{n} flags deleted"
        assert gone(walk) == set(planned(walk))
        assert not flags_of(walk.box, archived=True).keys() & set(planned(walk))


async def test_refused_token_ends_it_and_refused_flags_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with undoing(tmp_path) as walk:
        strike(monkeypatch, walk.box, "PATCH", FLAG, 401)
        await confirmed(walk)
        await walk.until(lambda: "(401)" in message(walk), "the refusal")
        assert "Archived flags stay archived" in message(walk)
        assert len(writes(walk)) == 1
        assert gone(walk) == set()

        walk.box.set_fault(None)
        await closed(walk)
        await opened(walk)
        walk.box.set_fault("patch-conflict")
        await confirmed(walk)
        await walk.until(lambda: "Done." in message(walk), "the end")
        assert counted(walk) == f"{len(planned(walk))} flags kept"
        assert "LaunchDarkly refused" in row_of(walk, planned(walk)[0])
        assert gone(walk) == set()


# --- left in the middle


class Gate:
    """Lets so many changes of flags through; the next one waits until it is opened, or given up."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
        self._monkeypatch = monkeypatch
        self._after = after
        self._open = threading.Event()
        self.reached = threading.Event()

    def close(self, walk: Walk) -> None:
        async def act(exchange: StruckRequest) -> None:
            if exchange.count > self._after:
                self.reached.set()
                while not self._open.is_set():  # noqa: ASYNC110 - opened in another thread
                    await asyncio.sleep(0.005)
            await exchange.go_on()

        strike(self._monkeypatch, walk.box, "PATCH", FLAG, act)

    def open(self) -> None:
        self._open.set()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    made = Gate(monkeypatch, after=4)
    yield made
    made.open()


async def in_the_middle(walk: Walk, gate: Gate) -> None:
    gate.close(walk)
    await confirmed(walk)
    await walk.until(gate.reached.is_set, "the fifth flag")
    await walk.until(lambda: counted(walk) == f"Archived 4 of {len(planned(walk))} flags", "the count")
    assert [row.split()[0] for row in rows(walk)] == ["✓"] * 4 + ["○"] * (len(planned(walk)) - 4)
    assert walk.get("#undo-bar").display
    assert buttons(walk) == {"stop"}
    assert walk.focused == "", "a key held down must not stop what it has begun"


async def went_on(walk: Walk, gate: Gate, done: int) -> None:
    """Opened again, the rest is listed, taken back, and told."""
    n = len(planned(walk))
    assert len(gone(walk)) == done
    walk.box.set_fault(None)
    await opened(walk)
    assert counted(walk) == f"{n - done} flags to archive, {done} to keep"
    assert row_of(walk, min(gone(walk))).startswith(f"Keep {done}: already archived |")
    await confirmed(walk)
    await walk.until(lambda: "Done." in message(walk), "the end")
    assert gone(walk) == set(planned(walk))
    await closed(walk)
    assert f"Undone: {n} flags archived." in report(walk)
    patched = [path for method, path, status in walk.box.requests if method == "PATCH" and status == 200]
    assert len(patched) == len(set(patched)) == n, "each was changed once"


async def test_stopped_in_the_middle_and_gone_on_with(gate: Gate, tmp_path: Path) -> None:
    async with undoing(tmp_path) as walk:
        await in_the_middle(walk, gate)
        await walk.press("escape")
        assert isinstance(walk.app.screen, UndoScreen)
        assert buttons(walk) == {"stop"}, "Esc stops nothing"
        await walk.push("#stop")
        await walk.until(lambda: "Stopped. Archived flags stay archived" in message(walk), "the stop")
        assert counted(walk) == f"4 flags archived, {len(planned(walk)) - 4} not reached"
        assert buttons(walk) == {"close"}
        await closed(walk)
        await went_on(walk, gate, 4)
