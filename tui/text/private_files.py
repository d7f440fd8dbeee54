"""The program's own files: readable by their owner only, and written whole or not at all."""

from __future__ import annotations

import os
import re
import stat
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
_ALONE = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOCTTY", 0)
_TEMPORARY = re.compile(r"\..+\.([0-9a-f]{8})\.(\d{1,10})\.[0-9a-f]{8}\.tmp")
"""A temporary file of `write_private`: the machine and the process that made it."""
_ABANDONED_AFTER = 24 * 3600.0
"""Seconds after which a temporary file of another machine is abandoned."""


def working_folder() -> Path:
    """Return the folder the program was started in; "." if it has been deleted since."""
    try:
        return Path.cwd()
    except OSError:
        return Path()


PRACTICE = "practice"


def state_dir(*, practice: bool = False) -> Path:
    """Return the folder of drafts, journals, and the key index; with `practice` the one of the practice mode.

    Creates it, and its parents, with mode 0700. Raises OSError if it can't be created.
    """
    path = state_path() / PRACTICE if practice else state_path()
    make_folder(path)
    return path


def state_path() -> Path:
    """Return the folder of drafts, journals, and the key index. It may not exist."""
    import platformdirs  # deferred: `--version` and the first paint do without it

    return Path(platformdirs.user_state_dir("ld-flag-import", appauthor=False))


def state_trouble() -> str:
    """Return a warning if others can change what the state folder contains, or "". Creates nothing."""
    folder = state_path()
    for path in (folder, *_folders_in(folder)):
        with suppress(OSError):
            status = path.stat()
            if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
                return f"Warning: {path} belongs to another user, who can change your journals and drafts."
            if os.name == "posix" and status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                return (
                    f"Warning: other users can write to {path}, and change your journals and drafts."
                    f" Fix it with: chmod 700 {path}"
                )
    return ""


def _folders_in(folder: Path) -> list[Path]:
    with suppress(OSError), os.scandir(folder) as entries:
        return [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    return []


def make_folder(path: Path) -> None:
    """Create a folder and its missing parents, each with mode 0700 under any umask. Raises OSError."""
    try:
        path.mkdir(mode=0o700)
    except FileNotFoundError:
        if path.parent == path:
            raise
        make_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        if not path.is_dir():
            raise


def unused(folder: Path, name: str) -> Path:
    """Return `folder/name`, or with -2, -3 ... before its ending if that exists."""
    path, number = folder / name, 1
    while path.exists() or path.is_symlink():
        number += 1
        path = folder / f"{Path(name).stem}-{number}{Path(name).suffix}"
    return path


def open_ordinary(path: Path, flags: int) -> int:
    """Open a regular file without waiting for it: a pipe could keep the program waiting. `flags` are those of
    `os.open`; a file that they create has mode 0600. Returns its descriptor, or -1 for anything but a regular file.

    Raises OSError, and ValueError if `path` is not a path.
    """
    handle = os.open(path, flags | _NO_WAIT | _ALONE, 0o600)
    try:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            return handle
    except BaseException:
        os.close(handle)
        raise
    os.close(handle)
    return -1


def read_ordinary(path: Path, most: int) -> bytes | None:
    """Return the bytes of a regular file, at most `most` and one more; None for anything else, such as a pipe.

    Raises OSError, and ValueError if `path` is not a path.
    """
    handle = open_ordinary(path, os.O_RDONLY)
    if handle < 0:
        return None
    with os.fdopen(handle, "rb") as file:
        return file.read(most + 1)


def append_private(path: Path) -> int:
    """Open a regular file to append to, with mode 0600 whatever it had before. A link is not followed.

    Raises OSError.
    """
    handle = open_ordinary(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | _NO_FOLLOW)
    if handle < 0:
        raise OSError(0, "it is not a regular file")
    try:
        if hasattr(os, "fchmod"):
            os.fchmod(handle, 0o600)
    except BaseException:
        os.close(handle)
        raise
    return handle


def write_private(path: Path, text: str) -> None:
    """Replace `path` with `text` (UTF-8) in one step, readable and writable by its owner only (0600).

    A lone surrogate, which a server may send and UTF-8 can't hold, becomes `?`. A reader sees the old text or the new
    text, never a part. Raises OSError; the old file is then unchanged.
    """
    make_folder(path.parent)
    _remove_abandoned(path.parent)
    with _temporary(path) as (handle, name):
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        name.replace(path)


@contextmanager
def _temporary(path: Path) -> Iterator[tuple[int, Path]]:
    """Create a file beside `path`, and remove it if the block raises."""
    name = path.with_name(f".{path.name[:40]}.{_machine()}.{os.getpid()}.{os.urandom(4).hex()}.tmp")
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | _ALONE, 0o600)
    try:
        yield handle, name
    except BaseException:
        with suppress(OSError):
            name.unlink()
        raise


def _machine() -> str:
    name = os.uname().nodename if hasattr(os, "uname") else ""
    return f"{zlib.crc32(name.encode('utf-8', 'replace')):08x}"


def _remove_abandoned(folder: Path) -> None:
    """Remove temporary files that killed processes of this user left in `folder`."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if name := _TEMPORARY.fullmatch(entry.name):
                with suppress(OSError):
                    if _is_abandoned(entry.stat(follow_symlinks=False), machine=name[1], process=int(name[2])):
                        Path(entry.path).unlink()


def _is_abandoned(status: os.stat_result, *, machine: str, process: int) -> bool:
    if not stat.S_ISREG(status.st_mode) or (hasattr(os, "geteuid") and status.st_uid != os.geteuid()):
        return False
    if machine != _machine() or os.name != "posix":
        return time.time() - status.st_mtime > _ABANDONED_AFTER
    return not is_running(process)


def is_running(process: int) -> bool:
    """Return whether this machine has a process of that number, as far as that can be told."""
    try:
        os.kill(process, 0)  # signal 0 is only a question
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True
