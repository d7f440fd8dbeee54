"""One process at a time works on a journal, and a process that is killed keeps nobody out."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.unit.headless_tools import Command, Recipe
from tests.unit.run_tools import creates, is_held
from tui.apply import lock as journal_lock
from tui.apply import store
from tui.apply.heads import heads
from tui.commands import apply, undo, verify
from tui.net.errors import Failure, Remedy
from tui.sandbox.server import Sandbox

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks")

_HOLDS = """
import sys
from pathlib import Path
from tui.apply.lock import taken
lock = taken(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def another(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the lock, until it is ended."""
    command = [sys.executable, "-c", _HOLDS, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_another_process_is_kept_out_until_the_first_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "new" / "journal.json"
    with another(path) as process:
        assert is_held(path)
        assert is_held(path), "asking does not break it"
        assert stat.S_IMODE(journal_lock.lock_of(path).stat().st_mode) == 0o600
        assert not is_held(path.with_name("other.json"))
        with pytest.raises(Failure, match=f"process {process.pid}, since ") as refused:
            journal_lock.taken(path)
        assert (refused.value.remedy, refused.value.about) == (Remedy.END_OR_WAIT, str(process.pid))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert journal_lock.holder(path) is None
        assert not is_held(path)


def test_it_is_let_go_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "journal.json"
    with journal_lock.taken(path) as lock:
        assert is_held(path), "also for this process"
        assert not heads(tmp_path)
    assert not is_held(path)
    assert not [*tmp_path.iterdir()]
    with journal_lock.taken(path):
        lock.release()
        assert is_held(path), "a second release lets go of nobody else's"


def test_a_lock_whose_file_is_gone_is_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file may be removed by whoever had it, between its opening and its locking by the next."""
    path, open_, first = tmp_path / "journal.json", os.open, [journal_lock.taken(tmp_path / "journal.json")]

    def opens(*given: object, **more: object) -> int:
        handle = open_(*given, **more)  # type: ignore[arg-type]
        if first:
            first.pop().release()
        return handle

    monkeypatch.setattr(os, "open", opens)
    with journal_lock.taken(path):
        assert is_held(path)


def test_never_two_at_once(tmp_path: Path) -> None:
    path, inside, most, turns = tmp_path / "journal.json", [0], [0], [0]

    def work() -> None:
        while turns[0] < 300:
            try:
                lock = journal_lock.taken(path)
            except Failure:
                continue
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                turns[0] += 1
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_a_file_system_without_locks_keeps_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    def refuses(handle: int, how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuses)
    with journal_lock.taken(tmp_path / "journal.json"):
        assert not is_held(tmp_path / "journal.json")


# --- the commands


@pytest.mark.parametrize("command", [apply.run, verify.run, undo.run])
def test_a_command_keeps_away_from_a_journal_that_another_works_on(
    recipe: Recipe, box: Sandbox, command: Command
) -> None:
    assert recipe.run(create_only=True).code == 0
    (path,) = recipe.journals
    before, noted = len(box.requests), path.read_bytes()
    with another(path):
        ran = recipe.run(command)
        assert (ran.code, ran.lines[0]["event"], ran.lines[0]["kind"]) == (5, "error", "timeout")
        assert "This import is already running" in ran.lines[0]["message"]
        assert (len(box.requests), path.read_bytes()) == (before, noted)
    assert recipe.run().code == 0


def test_two_that_begin_at_once_make_one_configuration(
    recipe: Recipe, box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second begins while the first has noted nothing yet."""
    load, seconds = store.load, []

    def loads(path: Path) -> object:
        monkeypatch.setattr(store, "load", load)
        seconds.append(recipe.run())
        return load(path)

    monkeypatch.setattr(store, "load", loads)
    assert recipe.run().code == 0
    assert [ran.code for ran in seconds] == [5]
    assert creates(box) == 1


@pytest.mark.parametrize("command", [verify.run, undo.run])
def test_without_a_journal_nothing_is_locked_or_made(recipe: Recipe, command: Command, tmp_path: Path) -> None:
    before = {*tmp_path.rglob("*")}
    recipe.run(command, journal=tmp_path / "none" / "journal.json")
    assert {*tmp_path.rglob("*")} == before
