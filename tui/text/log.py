"""A log of the requests and their answers, readable by its owner only and without keys."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from tui.text.clean import clean
from tui.text.private_files import append_private
from tui.text.redact import Redactor


def open_log(path: Path | None, redactor: Redactor) -> tuple[Callable[[str], None] | None, Callable[[], None]]:
    """Return a function that writes one redacted line, and one that closes the file (0600).

    A file that exists becomes 0600. A link, a pipe, or a device is refused. Raises OSError, and ValueError if `path`
    is not a path.
    """
    if path is None:
        return None, lambda: None
    file = os.fdopen(append_private(path), "a", encoding="utf-8", errors="replace")

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
