"""This program's own files: for their owner alone, whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from tui.text.private_files import read_ordinary, state_dir, unused, write_private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_state_folder_that_cannot_be_made_is_an_os_error(own_world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (own_world / "file").write_text("")
    monkeypatch.setenv("HOME", str(own_world / "file"))
    monkeypatch.setenv("XDG_STATE_HOME", str(own_world / "file"))
    with pytest.raises(NotADirectoryError):
        state_dir()


def test_a_file_that_others_could_read_no_longer_can_be(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new ☃\n")
    assert (path.read_bytes(), mode(path)) == ("new ☃\n".encode(), 0o600)


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


def test_only_ordinary_files_are_read_and_not_without_end(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 100)
    os.mkfifo(tmp_path / "pipe")
    assert read_ordinary(tmp_path / "file", 100) == b"x" * 100
    assert read_ordinary(tmp_path / "file", 9) == b"x" * 10
    assert read_ordinary(tmp_path / "pipe", 9) is None
    assert read_ordinary(tmp_path, 9) is None
    with pytest.raises(FileNotFoundError):
        read_ordinary(tmp_path / "none", 9)
