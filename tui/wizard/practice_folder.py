"""Where practice keeps its files: a draft and journals like the user's own, and the state of the demo servers."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from tui.apply import lock
from tui.apply.heads import FOLDER, heads
from tui.apply.lock import Lock
from tui.net.errors import Failure
from tui.text.private_files import read_ordinary, state_dir, write_private
from tui.wizard.options import PracticeServers

_SERVERS = "servers.json"
_LARGEST = 64 * 1024 * 1024

StartServers = Callable[[str | None, Callable[[str], None]], PracticeServers]
"""Starts the demo servers. Takes their saved state, and a function that saves a later one. Raises OSError."""


class PracticeFolder:
    """One process at a time uses `practice` in the state directory; any other one practices in a temporary folder."""

    def __init__(self) -> None:
        self._lock: Lock | None = None
        try:
            self.path = state_dir(practice=True)
            self._lock = lock.taken(self.path / _SERVERS)
        except (OSError, Failure):
            import tempfile  # deferred, as all that the first screen does without

            self.path = Path(tempfile.mkdtemp(prefix="ld-flag-import-"))

    def start(self, start_servers: StartServers) -> tuple[PracticeServers, str]:
        """Start the servers where the last practice ended. Returns them, and a warning if its files were damaged.

        The servers listen on other ports at each start: the journals follow. Without a usable state of the servers
        the journals are deleted, because what they describe is gone. Raises OSError.
        """
        saved = self._saved()
        servers = start_servers(saved, self._save)
        moved = servers.moved()
        if moved is not None:
            self._renew(moved)
            return servers, ""
        imports = self.drop()
        if saved is None and not imports:
            return servers, ""
        return servers, "Can't read the saved practice imports. They were deleted, and the demo account starts fresh."

    def drop(self) -> bool:
        """Delete the journals and the servers' state. Returns whether there were journals."""
        with suppress(OSError):
            (self.path / _SERVERS).unlink()
        imports = any((self.path / FOLDER).glob("*.json"))
        _remove(self.path / FOLDER)
        return imports

    def close(self) -> None:
        """Let other processes use the folder. The servers have stopped."""
        if self._lock is not None:
            self._lock.release()
        else:
            _remove(self.path)

    def _saved(self) -> str | None:
        """Return the servers' state, None if there is none; a file that can't be read counts as damaged."""
        try:
            raw = read_ordinary(self.path / _SERVERS, _LARGEST)
        except FileNotFoundError:
            return None
        except OSError:
            return ""
        return (raw or b"").decode("utf-8", "replace")

    def _save(self, state: str) -> None:
        with suppress(OSError):  # then this practice can't be resumed; it works all the same
            write_private(self.path / _SERVERS, state)

    def _renew(self, moved: Mapping[str, str]) -> None:
        """Replace the servers' addresses in all journals. A journal's name depends on them, its age stays."""
        from tui.apply import store  # deferred: it needs pydantic

        addresses = re.compile("|".join(rf"{re.escape(old)}(?!\d)" for old in moved))
        for head in heads(self.path / FOLDER):
            with suppress(OSError, ValueError, Failure):
                status = head.path.stat()
                text = head.path.read_text("utf-8")
                write_private(head.path, addresses.sub(lambda found: moved[found[0]], text))
                journal = store.load(head.path)
                if journal is not None:
                    path = store.path_of(journal.identity, head.path.parent)
                    head.path.replace(path)
                    os.utime(path, (status.st_atime, status.st_mtime))


def _remove(folder: Path) -> None:
    import shutil  # deferred, as above

    shutil.rmtree(folder, ignore_errors=True)
