"""The program in tmux."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

from tests.conftest import needed
from tests.processes import alive, eventually
from tests.terminal.terminal import KEYS, PATIENCE, Terminal


class Tmux(Terminal):
    """The program in a tmux server of its own."""

    def __init__(
        self, command: Sequence[str], environ: Mapping[str, str], folder: Path, size: tuple[int, int] = (80, 24)
    ) -> None:
        needed(shutil.which("tmux"), "tmux")
        self._size = size
        self._folder = folder
        self._environ = {**environ, "TMUX_TMPDIR": environ["TMPDIR"]}
        self._environ.pop("TMUX", None)
        self._code = Path(environ["TMPDIR"]) / "exit-code"
        columns, rows = size
        inside = ("sh", "-c", f'"$@"; echo $? >{self._code}.new; mv {self._code}.new {self._code}; exec cat', "sh")
        self._tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), "--", *inside, *command)
        self._server = int(self._ask("#{pid}"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tmux("kill-server", check=False)
        with suppress(AssertionError):
            eventually(lambda: not alive(self._server), "the end of tmux", 5)
            return
        os.kill(self._server, signal.SIGKILL)

    def _tmux(self, *arguments: str, check: bool = True, given: str | None = None) -> str:
        command = ["tmux", "-L", "ldfi", "-f", "/dev/null", *arguments]
        done = subprocess.run(
            command, env=self._environ, cwd=self._folder, check=False, capture_output=True, text=True,
            input=given, timeout=PATIENCE,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"{arguments[0]}: {done.stderr}"
        return done.stdout

    def _ask(self, what: str) -> str:
        return self._tmux("display-message", "-p", what).strip()

    def write(self, data: str) -> None:
        self._tmux("send-keys", "-l", "--", data)

    def press(self, *keys: str) -> None:
        self._tmux("send-keys", "--", *(KEYS[key][0] if key in KEYS else key for key in keys))

    def paste(self, text: str) -> None:
        self._tmux("load-buffer", "-", given=text)
        self._tmux("paste-buffer", "-p", "-d")

    def resize(self, columns: int, rows: int) -> None:
        self._size = (columns, rows)
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def screen(self) -> pyte.Screen:
        shown = pyte.Screen(*self._size)
        pyte.Stream(shown).feed(self._tmux("capture-pane", "-p", "-e").rstrip("\n").replace("\n", "\r\n"))
        return shown

    def _pause(self) -> None:
        time.sleep(0.02)

    def _settle(self) -> None:
        shown = ""

        def same() -> bool:
            nonlocal shown
            before, shown = shown, self._tmux("capture-pane", "-p", "-e")
            return before == shown

        self.until(same, "a screen at rest")

    def end(self) -> int:
        """Wait until the program has ended by itself. Returns its exit code."""
        self.until(self._code.exists, "the end of the program")
        return int(self._code.read_text())

    def modes(self) -> dict[str, str]:
        """What tmux knows of the terminal's state: "1" where it is on."""
        names = ("alternate_on", "cursor_flag", "mouse_any_flag", "mouse_sgr_flag", "wrap_flag")
        return {name: self._ask(f"#{{{name}}}") for name in names}
