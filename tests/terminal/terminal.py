"""Drives the real program in a real terminal: in tmux, or in a pseudo-terminal that keeps every byte."""

from __future__ import annotations

import fcntl
import os
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyte

from tests.conftest import needed
from tests.processes import alive, eventually

PATIENCE = 20.0
"""Seconds after which what a test waits for will not come any more."""

_KEYS: dict[str, tuple[str, bytes]] = {
    "enter": ("Enter", b"\r"),
    "tab": ("Tab", b"\t"),
    "escape": ("Escape", b"\x1b"),
    "space": ("Space", b" "),
    "down": ("Down", b"\x1b[B"),
    "right": ("Right", b"\x1b[C"),
    "shift+home": ("S-Home", b"\x1b[1;2H"),
    "f1": ("F1", b"\x1bOP"),
    "f2": ("F2", b"\x1bOQ"),
    "f7": ("F7", b"\x1b[18~"),
    "backspace": ("BSpace", b"\x7f"),
    **{f"ctrl+{c}": (f"C-{c}", bytes([ord(c) - 96])) for c in "clopquwx"},
}
"""Each key as tmux names it, and the bytes a terminal sends for it."""


class Terminal(ABC):
    """What a person does and sees. All waiting ends after `PATIENCE` seconds with the screen in the message."""

    @abstractmethod
    def write(self, data: str) -> None:
        """Type characters."""

    @abstractmethod
    def press(self, *keys: str) -> None:
        """Press keys by name."""

    @abstractmethod
    def paste(self, text: str) -> None:
        """Paste, between the marks of a bracketed paste."""

    @abstractmethod
    def resize(self, columns: int, rows: int) -> None:
        """Change the window's size."""

    @abstractmethod
    def screen(self) -> pyte.Screen:
        """What the terminal shows, with its attributes."""

    @abstractmethod
    def _settle(self) -> None:
        """Wait for the end of a frame, where the terminal itself does not tell it."""

    @abstractmethod
    def _pause(self) -> None:
        """Give the program some milliseconds."""

    def text(self) -> str:
        """What the terminal shows, as lines."""
        return "\n".join(line.rstrip() for line in self.screen().display)

    def until(self, true: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
        """Wait until something holds."""
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, f"{what}: not within {seconds} s. The screen:\n{self.text()}"
            self._pause()

    def wait(self, *texts: str) -> None:
        """Wait until all of these stand on the screen. A text may be broken over lines."""
        self.until(lambda: all(self.shows(each) for each in texts), f"waiting for {texts}")

    def type(self, text: str) -> None:
        """Type, and wait until it stands on the screen."""
        self.write(text)
        self.wait(text)

    def wait_for_one(self, *patterns: str) -> None:
        """Wait until one of these regular expressions matches the screen."""
        either = re.compile("|".join(patterns), re.MULTILINE)
        self.until(lambda: either.search(self.text()), f"waiting for one of {patterns}")

    def wait_gone(self, text: str) -> None:
        """Wait until this stands on the screen no more."""
        self.until(lambda: not self.shows(text), f"waiting for the end of {text!r}")

    def shows(self, text: str) -> bool:
        """Whether a text is on the screen, wherever its lines are broken."""
        return _squeezed(text) in _squeezed(self.text())

    def to(self, name: str) -> None:
        """Go with Tab to the field with this label, or to the button with these words."""
        for _ in range(40):
            at = self.focus()
            if (name in at.label and not at.button) or name in at.drawn:
                return
            self.press("tab")
            self._until_moved(at)
        raise AssertionError(f"Tab does not lead to {name!r}. The screen:\n{self.text()}")

    def _until_moved(self, at: Focus) -> None:
        """Wait for another focus; the same one again is a rare coincidence, which costs a second."""
        with suppress(AssertionError):
            self.until(lambda: self.focus() != at, "a step of the focus", 1.0)
        self._settle()

    def focus(self) -> Focus:
        """Where the cursor is, or the button or row that a key would act on. Waits until there is one."""
        found: list[Focus] = []

        def any_marked() -> bool:
            found[:] = self.marked()
            return bool(found)

        self.until(any_marked, "something in focus")
        return found[0]

    def marked(self) -> list[Focus]:
        """What is drawn as being in focus below the stepper, from above."""
        screen, found = self.screen(), []
        for y in range(2, screen.lines):
            cells = (screen.buffer[y][x] for x in range(screen.columns - 1))  # the last may be a scrollbar
            drawn = "".join(c.data if _marked(c) else "\0" for c in cells).strip("\0")
            if drawn:  # the cursor is one cell, whatever stands under it
                found.append(Focus(screen.display[y][:23].strip("▸ "), drawn if len(drawn) > 1 else _CURSOR))
        return found


def _marked(cell: Any) -> bool:
    """Whether a cell is drawn in reverse, or as the chosen row of a list in the terminal's own colours."""
    return (cell.reverse and cell.data not in _SCROLLBAR) or (cell.bold and cell.underscore)


@dataclass(frozen=True)
class Focus:
    """What has the focus: the label of its row, and the part of it that is drawn in reverse."""

    label: str
    drawn: str

    @property
    def button(self) -> bool:
        return self.drawn.startswith("[")


_CURSOR = "cursor"
_SCROLLBAR = "▁▂▃▄▅▆▇█▔"


def _squeezed(text: str) -> str:
    return re.sub(r"[\s│]+", "", text)


class Pty(Terminal):
    """The program alone in a pseudo-terminal. Everything it writes is kept in `raw`."""

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        folder: Path,
        size: tuple[int, int] = (80, 24),
    ) -> None:
        self._master, slave = os.openpty()
        self._stop, self._stopped = os.pipe()
        self._changed = threading.Condition()
        self._raw = bytearray()
        self._shown = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._shown)
        self._fed = 0
        self._resize(*size)
        self._settings = termios.tcgetattr(slave)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _LAUNCHER, *command], stdin=slave, stdout=slave, stderr=slave,
            env=dict(environ), cwd=folder, start_new_session=True,
        )  # fmt: skip
        self._slave: int | None = slave  # kept, so that its settings can be read after the end
        self._drain = threading.Thread(target=self._read, daemon=True)
        self._drain.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait(10)
        self._close_slave()
        self._end_drain()
        for handle in (self._master, self._stop, self._stopped):
            os.close(handle)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def raw(self) -> bytes:
        """Every byte written so far."""
        with self._changed:
            return bytes(self._raw)

    def _read(self) -> None:
        while True:
            ready, _, _ = select.select([self._master, self._stop], [], [])
            if self._master not in ready:
                return
            try:
                data = os.read(self._master, 65536)
            except OSError:  # EIO: nobody has the other end any more
                return
            with self._changed:
                self._raw += data
                self._changed.notify_all()
            if _ASKS_FOR_FRAMES in data:
                os.write(self._master, b"\x1b[?2026;2$y")

    def write(self, data: str) -> None:
        self._send(data.encode())

    def press(self, *keys: str) -> None:
        for key in keys:
            self._send(_KEYS[key][1] if key in _KEYS else key.encode())

    def paste(self, text: str) -> None:
        self._send(b"\x1b[200~" + text.encode() + b"\x1b[201~")

    def _send(self, data: bytes) -> None:
        os.write(self._master, data)

    def resize(self, columns: int, rows: int) -> None:
        self.screen()
        self._shown.resize(rows, columns)
        self._resize(columns, rows)

    def _resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def screen(self) -> pyte.Screen:
        with self._changed:
            end = len(self._raw)
            if 2026 in modes(self._raw[self._fed :]):  # in the middle of a frame
                end = self._raw.rindex(b"\x1b[?2026h")
            new = bytes(self._raw[self._fed : end])
            self._fed = end
        self._stream.feed(new)
        return self._shown

    def _settle(self) -> None:
        with self._changed:
            while self._changed.wait(0.04):
                pass

    def _pause(self) -> None:
        with self._changed:
            self._changed.wait(0.02)

    def silent(self, seconds: float) -> int:
        """The bytes written in so many seconds, after the screen has come to rest."""
        self.until(self._at_rest, "a screen at rest")
        before = len(self.raw)
        with self._changed:
            self._changed.wait_for(lambda: len(self._raw) > before, seconds)
            return len(self._raw) - before

    def _at_rest(self) -> bool:
        with self._changed:
            before = len(self._raw)
            return not self._changed.wait_for(lambda: len(self._raw) > before, 0.5)

    # --- its end

    def farewell(self) -> str:
        """What was written after the alternate screen was left, without line breaks and sequences."""
        after = self.raw.rpartition(b"\x1b[?1049l")[2].decode()
        return _squeezed(re.sub(r"\x1b\[[0-9;?<>]*[a-zA-Z]", "", after))

    def said(self, text: str) -> bool:
        """Whether the plain screen shows this after the end."""
        return _squeezed(text) in self.farewell()

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def hang_up(self) -> None:
        """Take the terminal away, as a lost connection does: the kernel sends SIGHUP."""
        self._close_slave()
        self._end_drain()  # a terminal that is being read from does not go away
        os.close(self._master)
        self._master = os.open(os.devnull, os.O_RDWR)

    def _end_drain(self) -> None:
        os.write(self._stopped, b".")
        self._drain.join(10)

    def end(self, seconds: float = PATIENCE) -> int:
        """Wait until the program has ended by itself. Returns its exit code, negative for a signal."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {seconds} s. The screen:\n{self.text()}") from None
        if self._slave is not None:
            self._settings_after = termios.tcgetattr(self._slave)
        self._close_slave()  # the drain ends when it has read all
        self._drain.join(10)
        return code

    def _close_slave(self) -> None:
        if self._slave is not None:
            os.close(self._slave)
            self._slave = None

    @property
    def frames(self) -> bytes:
        """What was written up to the end of the last whole frame."""
        return self.raw.rpartition(b"\x1b[?2026l")[0]

    def check_sane(self) -> None:
        """After the end: no private mode is on that was not on before, and the line settings are back."""
        raw = self.raw
        assert b"\x1b[?1049h" in raw, "the alternate screen was never used"
        assert modes(raw) == modes(b"")
        assert raw.count(b"\x1b[<u") == len(re.findall(rb"\x1b\[>\d+u", raw)), "kitty's key reports stayed on"
        assert self._settings_after == self._settings


_LAUNCHER = """
import fcntl, os, resource, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
most = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (most, most))
os.execvp(sys.argv[1], sys.argv[1:])
"""
"""Makes the pty the controlling terminal, so that window changes and hang-ups arrive, and allows core dumps."""

_MODE = re.compile(rb"\x1b\[\?([\d;]+)([hl])")


_ASKS_FOR_FRAMES = b"\x1b[?2026$p"
"""Whether the terminal can hold a frame back until it is whole. Modern ones can, and then none is seen half done."""


def modes(raw: bytes | bytearray) -> set[int]:
    """The private modes that are on after these bytes: a terminal starts with cursor (25) and line wrap (7)."""
    on = {7, 25}
    for numbers, switch in _MODE.findall(raw):
        for number in map(int, numbers.split(b";")):
            (on.add if switch == b"h" else on.discard)(number)
    return on


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
        self._tmux("send-keys", "--", *(_KEYS[key][0] if key in _KEYS else key for key in keys))

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
