"""A lock for each journal: two processes at once could start its import twice and overwrite each other.

The lock's file contains the number of the process that has it, for whoever meets the lock.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.text.private_files import is_running, make_folder, open_ordinary, read_ordinary
from tui.text.times import moment

if sys.platform != "win32":
    import fcntl

_HELD = frozenset({errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES})


_LONGEST_NUMBER = 20


def lock_of(path: Path) -> Path:
    """Return the file beside a journal that exists and is locked while a process works on it."""
    return path.with_name(f"{path.name}.lock")


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that has a lock, and since when (seconds since the epoch)."""

    process: int
    since: float

    def __str__(self) -> str:
        return f"process {self.process}, since {moment(self.since)}"


def holder(path: Path) -> Holder | None:
    """Return who has the lock of the journal at `path`. None if no running process has, or if that can't be told."""
    file = lock_of(path)
    with suppress(OSError, ValueError):
        process = int(read_ordinary(file, _LONGEST_NUMBER) or b"")
        if process > 0 and sys.platform != "win32" and is_running(process):
            return Holder(process, file.stat().st_mtime)
    return None


class Lock:
    """A journal that only this process uses until `release`, or until it ends in any way."""

    def __init__(self, file: Path, handle: int) -> None:
        self._file, self._handle = file, handle

    def release(self) -> None:
        """Let other processes use the journal. A second call does nothing."""
        if self._handle < 0:
            return
        handle, self._handle = self._handle, -1
        try:
            if _is_at(handle, self._file):
                self._file.unlink(missing_ok=True)
        except OSError:
            pass  # an empty file that stays does no harm
        finally:
            os.close(handle)

    def __enter__(self) -> Lock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def taken(path: Path) -> Lock:
    """Lock the journal at `path`, which need not exist yet; load it only afterwards.

    Raises Failure TIMEOUT while anyone else has the lock, this process included, and OSError if no file can be created
    beside the journal. Has no effect on Windows and on file systems without locks.
    """
    file = lock_of(path)
    make_folder(file.parent)
    while True:
        handle = open_ordinary(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0))
        if handle < 0:
            raise OSError(errno.EINVAL, "its lock is not a regular file")
        try:
            _hold(handle)
            if _is_at(handle, file):
                _write(handle)
                return Lock(file, handle)
        except Failure:
            os.close(handle)
            raise under_way(path) from None
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # its owner has just removed it: a lock on a file without a name protects nothing


def _write(handle: int) -> None:
    with suppress(OSError):  # a full disk is no reason not to resume an import
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())


def _hold(handle: int) -> None:
    """Lock the open file. Raises Failure TIMEOUT if another process has it locked."""
    if sys.platform != "win32":
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _HELD:
                raise under_way() from None


def _is_at(handle: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), file.lstat())
    except FileNotFoundError:
        return False


def under_way(path: Path | None = None) -> Failure:
    """The failure if another process uses the journal at `path`."""
    other = holder(path) if path else None
    return Failure(
        Kind.TIMEOUT,
        f"This import is already running on this machine{f' ({other})' if other else ''}.",
        "A second run could start it twice.",
        Remedy.END_OR_WAIT if other else Remedy.WAIT_OR_WATCH,
        about=str(other.process) if other else "",
        safe=Safe.NOTHING_SENT,
    )
