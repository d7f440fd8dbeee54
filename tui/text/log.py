"""A log of what happened on the way, for its owner alone and without keys."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from tui.text.clean import clean
from tui.text.redact import Redactor


def open_log(path: Path | None, redactor: Redactor) -> tuple[Callable[[str], None] | None, Callable[[], None]]:
    """A function that writes one redacted line, and one that closes the file (0600). Raises OSError."""
    if path is None:
        return None, lambda: None
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    file = os.fdopen(handle, "a", encoding="utf-8")

    def write(line: str) -> None:
        from datetime import datetime

        # A full disk must not take the answer to a request along with it.
        with contextlib.suppress(OSError, ValueError):
            file.write(f"{datetime.now().astimezone().isoformat(timespec='milliseconds')} {clean(redactor(line))}\n")
            file.flush()

    def close() -> None:
        with contextlib.suppress(OSError):
            file.close()

    return write, close
