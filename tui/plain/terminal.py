"""The terminal of plain mode, or a pipe: whole lines in and out, keys without echo, not one control sequence.

A terminal's own line editor is used, so braille displays and screen readers follow it. What is typed ahead is kept. The
echo is on only while a question is open that isn't for a key: a key pasted too early is not shown.
"""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from tui.plain.signals import Signals
from tui.text import locale
from tui.text.cells import wrapped
from tui.text.clean import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LONGEST = 4_095
"""Bytes of a line that a terminal passes on; it drops the rest without a word (Linux, N_TTY)."""
_LONGEST_IN_PIPE = 64 * 1024
_AFTER_A_KEY = 0.05
"""Seconds to wait for the rest of a paste after a key."""
_SHORTEST_KEY = 16
_MASK = "••••"
"""What stands for a key on the screens: a screen reader would read four bullets."""
_MOST_SHOWN = 24
"""Characters of a line typed ahead that are shown again. A longer one could be a key."""
_ASCII = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "…": "...", "→": "->", "·": "-", "–": "-"})


class InputEnded(BaseException):
    """There is no more input. No error: only the front itself catches it."""


class LineTooLongError(Exception):
    """A line has more bytes than the terminal passes on, so its end is missing."""


class Terminal:
    """`out` takes the lines. `handle` is the descriptor of the answers."""

    def __init__(self, signals: Signals, out: TextIO | None = None, handle: int = 0) -> None:
        self._out = sys.stdout if out is None else out
        self._handle = handle
        self._signals = signals
        self._bytes = bytearray()
        self._ahead: list[str] = []
        """Whole lines that were read while something else was waited for."""
        self._ended = False
        self._ascii = locale.is_plain(locale.chosen(os.environ)) or not _can_write(self._out)
        self.is_terminal = os.isatty(handle)
        self._settings = _settings(handle) if self.is_terminal else None
        self._hides = False
        self._prompt = ""
        """The question that is open."""
        self.when_asked: Callable[[], object] | None = None
        """Called once, as soon as a question is open: the user reads it meanwhile."""
        self.redact: Callable[[str], str] = lambda text: text
        """Takes known keys out of all that is written."""

    # --- writing

    def say(self, text: str = "", *, indent: int = 0) -> None:
        """Write a line. A terminal gets it broken at blanks."""
        first = " " * indent
        for line in wrapped(clean(self.redact(text)), self._width(), first=first, rest=f"{first}  "):
            self._write(f"{line.rstrip()}\n")
        self._flush()

    def copy(self, text: str) -> None:
        """Write a text that may be copied as it is: its lines are not broken."""
        self._write(f"{clean(self.redact(text), multiline=True)}\n")
        self._flush()

    def _width(self) -> int | None:
        """Columns of a terminal; None for a pipe, whose lines are not broken."""
        try:
            columns = os.get_terminal_size(self._out.fileno()).columns if self._out.isatty() else 0
        except (OSError, ValueError):
            return None
        return columns if columns >= 20 else None

    def _write(self, text: str) -> None:
        text = text.replace(_MASK, "(hidden)")
        if self._ascii:
            text = text.translate(_ASCII).encode("ascii", "replace").decode()
        with self._signals.waiting():  # a stopped terminal (Ctrl+S) takes nothing
            self._out.write(text.encode("utf-8", "replace").decode())

    def _flush(self) -> None:
        with self._signals.waiting():
            self._out.flush()

    # --- reading

    def ask(self, prompt: str) -> str:
        """Write a prompt and return the line that answers it, without its end.

        Raises InputEnded, LineTooLongError, and Ended for a signal.
        """
        ahead = bool(self._ahead) or (self._hides and self._is_ready(0))
        if not ahead:
            self._echo(on=True)
        self._open(prompt)  # after the echo is on: whoever answers at once sees the answer
        try:
            line = self._line()
        except BaseException:
            self._write("\n")
            self._flush()
            raise
        finally:
            self._prompt = ""
            self._echo(on=False)
        if ahead:
            self._write(f"{self._shown(line)}\n")
        elif not self.is_terminal:
            self._write("\n")
        return line

    def ask_hidden(self, prompt: str) -> tuple[str, bool]:
        """Do the same without echo. Also returns whether a second pasted line was dropped; a pipe's lines are kept."""
        self._echo(on=False)
        self._open(prompt)
        try:
            line = self._line()
        finally:
            self._prompt = ""
            self._write("\n")
            self._flush()
        pasted = self.is_terminal and len(line) >= _SHORTEST_KEY  # a word of the prompt is typed, and more after it
        return line, pasted and self._drop_pasted()

    def _open(self, prompt: str) -> None:
        text = "\n".join(wrapped(clean(self.redact(prompt)), self._width(), rest="  "))
        self._write(text)
        self._flush()
        self._prompt = text
        if (begin := self.when_asked) is not None:
            self.when_asked = None
            begin()

    def _shown(self, line: str) -> str:
        """A line that was typed ahead, as it may be shown."""
        from tui.text.key_shapes import without_keys

        return clean(self.redact(without_keys(line))) if len(line) <= _MOST_SHOWN else "(typed ahead)"

    def _line(self) -> str:
        if self._ahead:
            return self._ahead.pop(0)
        with self._signals.waiting():
            while b"\n" not in self._bytes and not self._ended:
                self._signals.wait_for(self._handle)
                self._read()
        return self._next()

    def _read(self) -> None:
        try:
            data = os.read(self._handle, 65_536)
        except OSError:  # EIO: the terminal is gone
            data = b""
        if b"\n" not in self._bytes:
            del self._bytes[_LONGEST_IN_PIPE:]  # the line is refused, however long it gets
        self._bytes += data
        self._ended = not data

    def _next(self) -> str:
        """Take the first line of what was read."""
        if not self._bytes and self._ended:
            raise InputEnded
        line, _, rest = bytes(self._bytes).partition(b"\n")
        self._bytes[:] = rest
        if len(line) >= (LONGEST if self.is_terminal else _LONGEST_IN_PIPE):
            raise LineTooLongError
        return line.decode("utf-8", "replace").removesuffix("\r")

    def _is_ready(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._handle], [], [], seconds)
        return bool(ready)

    # --- while something else is waited for

    def watch(self, words: dict[str, Callable[[], object]]) -> None:
        """Read what has been typed. A line that is one of `words` is carried out, any other one answers what is asked
        next."""
        self._read()
        while b"\n" in self._bytes:
            try:
                line = self._next()
            except LineTooLongError:
                continue
            if (do := words.get(line.strip().casefold())) is not None:
                do()
            else:
                self._ahead.append(line)

    @property
    def watchable(self) -> int | None:
        """The descriptor to watch for words; None for a pipe, whose lines all answer questions."""
        return self._handle if self.is_terminal and not self._ended else None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show what is typed while the block runs."""
        self._echo(on=True)
        try:
            yield
        finally:
            self._echo(on=False)

    # --- the terminal's settings

    def _echo(self, *, on: bool) -> None:
        """Switch the echo, and keep what was typed ahead."""
        if self._settings is None:
            return
        import termios

        self._hides = not on
        changed = list(self._settings)
        changed[3] = changed[3] | termios.ECHO if on else changed[3] & ~termios.ECHO
        _apply(self._handle, changed)

    def continued(self) -> None:
        """After a stop the shell has changed the settings and written lines of its own."""
        self._echo(on=not self._hides)
        self._write(self._prompt)
        self._flush()

    def restore(self) -> None:
        """Leave the terminal as it was, without waiting for it."""
        if self._settings is not None:
            _apply(self._handle, self._settings, drains=False)

    def give_up(self) -> None:
        """Discard what a stopped terminal doesn't take, so that the program can end."""
        with suppress(OSError, ValueError):
            handle = self._out.fileno()
            if not select.select([], [handle], [], 0)[1]:
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, handle)
                os.close(null)

    def part(self, text: str) -> None:
        """Write a last line after a signal, if there is still someone to read it."""
        with suppress(OSError, ValueError):
            if text:
                self._out.write(f"\n{clean(self.redact(text))}\n")
                self._out.flush()

    def _drop_pasted(self) -> bool:
        """Drop what comes right after a key: the next line of the same paste, whole or in part."""
        if self._settings is None:
            return False
        import termios

        time.sleep(_AFTER_A_KEY)
        raw = list(self._settings)
        raw[3] &= ~(termios.ECHO | termios.ICANON)
        raw[6] = [*raw[6]]
        raw[6][termios.VMIN], raw[6][termios.VTIME] = 0, 0
        _apply(self._handle, raw)  # without lines the terminal gives what has no end yet, too
        try:
            dropped = bytes(self._bytes)
            self._bytes.clear()
            while self._is_ready(0) and (data := os.read(self._handle, 65_536)):
                dropped += data
        except OSError:
            return False
        finally:
            self._echo(on=False)
        return bool(dropped.strip())


def _can_write(out: TextIO) -> bool:
    """Whether the output's encoding has every character."""
    try:
        "✓".encode(getattr(out, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _settings(handle: int) -> list[Any] | None:
    try:
        import termios
    except ImportError:  # Windows: keys are shown as they are typed
        return None
    try:
        return termios.tcgetattr(handle)
    except termios.error:
        return None


def _apply(handle: int, settings: list[Any], *, drains: bool = True) -> None:
    import termios

    try:
        termios.tcsetattr(handle, termios.TCSADRAIN if drains else termios.TCSANOW, settings)
    except termios.error:
        return  # the terminal is gone
