"""Where this program keeps its own files, and how it writes them: for their owner alone, whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path


def state_dir() -> Path:
    """The folder of drafts and of the index of stored keys; made with mode 0700 if it is not there.

    Raises OSError where it cannot be made.
    """
    import platformdirs  # deferred: `--version` and the first paint do without it

    path = Path(platformdirs.user_state_dir("ld-flag-import", appauthor=False))
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def unused(folder: Path, name: str) -> Path:
    """`folder/name`, or with -2, -3 ... before its ending where that is taken."""
    path, number = folder / name, 1
    while path.exists():
        number += 1
        path = folder / f"{Path(name).stem}-{number}{Path(name).suffix}"
    return path


def read_ordinary(path: Path, most: int) -> bytes | None:
    """The bytes of a file, at most `most` and one more; None for what is no ordinary file: a pipe could keep us
    waiting. Raises OSError, and ValueError for what is no path."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        return None
    with os.fdopen(handle, "rb") as file:
        return file.read(most + 1)


def write_private(path: Path, text: str) -> None:
    """Replace `path` by `text` (UTF-8) in one step, readable and writable by its owner alone (0600).

    A reader sees the old text or the new one, never a part. Raises OSError; the old file then stands as it was.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
