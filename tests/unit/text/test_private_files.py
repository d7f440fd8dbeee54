"""Files of this program in folders that others can write to, and files that are none."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
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
from tui.text.private_files import state_dir, state_trouble, write_private
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


# --- the log


def test_a_log_that_others_could_read_no_longer_can_be(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("first\n")
    path.chmod(0o644)
    write, close = open_log(path, Redactor())
    assert write is not None
    write("second")
    close()
    assert mode(path) == 0o600
    assert path.read_text().startswith("first\n")
    assert path.read_text().endswith("second\n")


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


def test_nothing_else_is_removed(tmp_path: Path) -> None:
    left = killed_in_a_write(tmp_path / "file")
    machine, dead = left.name.split(".")[-4:-2]
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
    assert {each.name for each in tmp_path.iterdir()} == (before | {"new"}) - {left.name}


def test_what_another_machine_left_goes_after_a_day(tmp_path: Path) -> None:
    left = tmp_path / f".file.{int(private_files._machine(), 16) ^ 1:08x}.1.0123abcd.tmp"
    left.write_text("")
    os.utime(left, (0, 0))
    write_private(tmp_path / "new", "text")
    assert not left.exists()


# --- no regular files


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


def test_a_manifest_is_a_regular_file(odd: Path) -> None:
    with pytest.raises(ManifestError):
        load(odd)


def test_a_journal_is_a_regular_file(odd: Path, recipe: Recipe) -> None:
    with pytest.raises(Failure):
        store.load(odd)
    for command in (apply.run, verify.run, undo.run):
        ran = recipe.run(command, journal=odd)
        assert (ran.code, odd.name in ran.lines[0]["message"]) == (2, True)


def test_a_key_index_is_a_regular_file(odd: Path) -> None:
    with pytest.raises(IndexFileError):
        KeyIndex(odd).read()


def test_a_draft_is_a_regular_file(odd: Path) -> None:
    assert saved_drafts.load(odd) is None


def test_a_recipe_is_a_regular_file(odd: Path) -> None:
    code, _, err = run("plan", odd)
    assert code == 2
    assert odd.name in err
