"""The program in a pseudo-terminal that keeps every byte it writes."""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

from tests.terminal.terminal import KEYS, PATIENCE, Terminal, squeezed


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
        # The launcher is Python too, which sets LC_CTYPE in the C locale.
        as_given = () if "LC_CTYPE" in environ else ("env", "-u", "LC_CTYPE")
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _LAUNCHER, *as_given, *command], stdin=slave, stdout=slave, stderr=slave,
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
        self.send(data.encode())

    def press(self, *keys: str) -> None:
        for key in keys:
            self.send(KEYS[key][1] if key in KEYS else key.encode())

    def paste(self, text: str) -> None:
        self.send(b"\x1b[200~" + text.encode() + b"\x1b[201~")

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
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
        return squeezed(re.sub(r"\x1b\[[0-9;?<>]*[a-zA-Z]", "", after))

    def said(self, text: str) -> bool:
        """Whether the plain screen shows this after the end."""
        return squeezed(text) in self.farewell()

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def hang_up(self) -> None:
        """Take the terminal away, as a lost connection does: the kernel sends SIGHUP."""
        self._close_slave()
        self._end_drain()  # a terminal that is being read from does not go away
        os.close(self._master)
        self._master = os.open(os.devnull, os.O_RDWR)

    def stop_reading(self) -> None:
        """Take no more output, as a terminal that hangs. The kernel still has room for some kilobytes."""
        self._end_drain()

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
