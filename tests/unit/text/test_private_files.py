"""This program's own files: readable by their owner only, whole or not at all, and regular files."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.commands.test_fuzz_files import run
from tests.unit.headless_tools import Recipe
from tui.answers import saved_drafts
from tui.apply import lock, store
from tui.commands import apply, undo, verify
from tui.manifests.files import ManifestError, load
from tui.net.errors import Failure
from tui.secrets.keyring import IndexFileError, KeyIndex
from tui.text import private_files
from tui.text.log import open_log
from tui.text.private_files import read_ordinary, state_dir, state_trouble, unused, write_private
from tui.text.redact import Redactor

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes and pipes")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# --- folders


def test_no_umask_opens_a_folder_to_others(own_world: Path) -> None:
    before = os.umask(0)
    try:
        folder = state_dir()
        write_private(own_world / "a" / "b" / "file", "text")
    finally:
        os.umask(before)
    made = [path for path in own_world.rglob("*") if path.is_dir()]
    assert folder in made
    assert state_dir() == folder
    assert {mode(path) for path in made} == {0o700}
    assert mode(own_world / "a" / "b" / "file") == 0o600


@pytest.mark.parametrize("open_to", [0o770, 0o707])
@pytest.mark.parametrize("which", ["", "journals"])
def test_a_state_folder_that_others_can_write_to_is_reported(open_to: int, which: str) -> None:
    folder = state_dir() / which
    folder.mkdir(exist_ok=True)
    assert state_trouble() == ""
    folder.chmod(open_to)
    assert str(folder) in state_trouble()
    code, out, err = run("keys", "list", "--json")
    assert (code, json.loads(out)) == (0, {"keys": []})
    assert str(folder) in err


def test_a_state_folder_of_another_user_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = state_dir()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert str(folder) in state_trouble()


# --- writing


def test_a_state_folder_that_cannot_be_made_is_an_os_error(own_world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (own_world / "file").write_text("")
    monkeypatch.setenv("HOME", str(own_world / "file"))
    monkeypatch.setenv("XDG_STATE_HOME", str(own_world / "file"))
    with pytest.raises(NotADirectoryError):
        state_dir()


def test_a_file_that_others_could_read_no_longer_can_be(tmp_path: Path) -> None:
    path, log = tmp_path / "file", tmp_path / "log"
    for file in (path, log):
        file.write_text("old\n")
        file.chmod(0o644)
    write_private(path, "new ☃\n")
    write, close = open_log(log, Redactor())
    assert write is not None
    write("new")
    close()
    assert (path.read_bytes(), mode(path), mode(log)) == ("new ☃\n".encode(), 0o600, 0o600)
    first, second = log.read_text().splitlines()
    assert first == "old"
    assert second.endswith(" new")


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    (tmp_path / "link").symlink_to(target)
    write_private(tmp_path / "link", "new")
    assert target.read_text() == "mine"
    assert not (tmp_path / "link").is_symlink()


def full(handle: int) -> None:
    raise OSError(errno.ENOSPC, "full")


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_private(path, "old")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="full"):
            write_private(path, "new")
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        write_private(tmp_path / "folder", "new")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "folder"]


def test_a_reader_sees_the_old_text_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    texts = ["a" * 100_000, "b" * 100_000]
    write_private(path, texts[0])
    done = threading.Event()
    seen: set[str] = set()

    def read() -> None:
        while not done.is_set():
            seen.add(path.read_text())

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(30):
            write_private(path, texts[number % 2])
    finally:
        done.set()
        reader.join()
    assert seen <= set(texts)


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    assert unused(tmp_path, "a.toml") == tmp_path / "a.toml"
    (tmp_path / "a.toml").write_text("")
    (tmp_path / "a-2.toml").mkdir()
    assert unused(tmp_path, "a.toml") == tmp_path / "a-3.toml"


@pytest.mark.parametrize("what", ["link", "dangling", "pipe", "device", "folder"])
def test_a_log_is_a_regular_file(tmp_path: Path, what: str) -> None:
    path, other = tmp_path / "log", tmp_path / "other"
    other.write_text("mine")
    if what == "link":
        path.symlink_to(other)
    elif what == "dangling":
        path.symlink_to(tmp_path / "none")
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    else:
        path = Path("/dev/null")
    code, out, err = run("plan", "none.toml", "--log", path, "--json")
    assert (code, err) == (2, "")
    assert str(path) in json.loads(out)["message"]
    assert other.read_text() == "mine"
    assert not (tmp_path / "none").exists()


# --- what others plant


def test_a_lock_that_is_a_link_is_not_followed(recipe: Recipe, tmp_path: Path) -> None:
    for number, target in enumerate(("other", "none")):
        (tmp_path / "other").write_text("mine")
        path = tmp_path / f"journal{number}.json"
        lock.lock_of(path).symlink_to(tmp_path / target)
        assert recipe.run(journal=path).code == 2
    assert (tmp_path / "other").read_text() == "mine"
    assert not (tmp_path / "none").exists()


def test_a_lock_that_is_a_pipe_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.json"
    os.mkfifo(lock.lock_of(path))
    with pytest.raises(OSError, match="regular"):
        lock.taken(path)


def test_a_temporary_file_that_is_there_already_is_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "urandom", lambda count: bytes(count))
    (tmp_path / "other").write_text("mine")
    name = f".file.{private_files._machine()}.{os.getpid()}.00000000.tmp"
    (tmp_path / name).symlink_to(tmp_path / "other")
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "file", "new")
    assert (tmp_path / "other").read_text() == "mine"
    assert (tmp_path / name).is_symlink()


# --- what a killed process leaves

_DIES = """
import os, signal, sys
from pathlib import Path
from tui.text.private_files import write_private
os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
write_private(Path(sys.argv[1]), "new")
"""


def killed_in_a_write(path: Path) -> Path:
    """The temporary file of a process that was killed."""
    before = {*path.parent.iterdir()}
    done = subprocess.run([sys.executable, "-c", _DIES, str(path)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    (left,) = {*path.parent.iterdir()} - before
    return left


def test_the_next_write_removes_what_a_killed_process_left(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_private(path, "old")
    left = killed_in_a_write(path)
    assert path.read_text() == "old"
    write_private(tmp_path / "another", "text")
    assert not left.exists()
    assert {each.name for each in tmp_path.iterdir()} == {"file", "another"}


def test_nothing_else_is_removed_but_what_another_machine_left_for_a_day(tmp_path: Path) -> None:
    left = killed_in_a_write(tmp_path / "file")
    machine, dead = left.name.split(".")[-4:-2]
    old = tmp_path / f".file.{int(machine, 16) ^ 1:08x}.1.0123abcd.tmp"
    old.write_text("")
    os.utime(old, (0, 0))
    there = [
        f".file.{machine}.{os.getpid()}.0123abcd.tmp",  # a process that is running
        f".file.{machine}.{dead}.0123abcd.txt",
        f"file.{machine}.{dead}.0123abcd.tmp",
        f".file.{int(machine, 16) ^ 1:08x}.{dead}.0123abcd.tmp",  # another machine's, and fresh
        ".file.json.swp",
    ]
    for name in there:
        (tmp_path / name).write_text("")
    (tmp_path / f".file.{machine}.{dead}.aaaaaaaa.tmp").mkdir()
    (tmp_path / f".file.{machine}.{dead}.bbbbbbbb.tmp").symlink_to(tmp_path / there[0])
    before = {each.name for each in tmp_path.iterdir()}
    write_private(tmp_path / "new", "text")
    assert {each.name for each in tmp_path.iterdir()} == (before | {"new"}) - {left.name, old.name}


# --- no regular files


def test_only_ordinary_files_are_read_and_not_without_end(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 100)
    os.mkfifo(tmp_path / "pipe")
    assert read_ordinary(tmp_path / "file", 100) == b"x" * 100
    assert read_ordinary(tmp_path / "file", 9) == b"x" * 10
    assert read_ordinary(tmp_path / "pipe", 9) is None
    assert read_ordinary(tmp_path, 9) is None
    with pytest.raises(FileNotFoundError):
        read_ordinary(tmp_path / "none", 9)


@pytest.fixture(params=["pipe", "device", "endless", "huge"])
def odd(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """No file that could be read: it would be waited for, or fill the memory."""
    path = tmp_path / "odd.json"
    if request.param == "pipe":
        os.mkfifo(path)
    elif request.param == "huge":
        with path.open("wb") as file:
            file.truncate(1 << 40)
    else:
        path.symlink_to({"device": "/dev/null", "endless": "/dev/zero"}[request.param])
    return path


@pytest.mark.parametrize(
    ("read", "error"),
    [(load, ManifestError), (store.load, Failure), (lambda path: KeyIndex(path).read(), IndexFileError)],
    ids=["manifest", "journal", "key index"],
)
def test_what_is_no_regular_file_is_refused(odd: Path, read: Callable[[Path], object], error: type[Exception]) -> None:
    with pytest.raises(error):
        read(odd)
    assert saved_drafts.load(odd) is None


def test_commands_refuse_a_recipe_or_journal_that_is_no_regular_file(odd: Path, recipe: Recipe) -> None:
    for command in (apply.run, verify.run, undo.run):
        ran = recipe.run(command, journal=odd)
        assert (ran.code, odd.name in ran.lines[0]["message"]) == (2, True)
    code, _, err = run("plan", odd)
    assert (code, odd.name in err) == (2, True)
