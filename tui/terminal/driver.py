"""The driver of a POSIX terminal: Textual's own, except for reading input and encoding output."""

from __future__ import annotations

import asyncio
import os
import selectors
import signal
import sys
from codecs import getincrementaldecoder
from collections.abc import Iterable
from typing import Any

from textual import events
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from tui.terminal.output import writable
from tui.terminal.parser import TerminalParser

_TICK = 0.1
"""Seconds between two checks for silence, which ends a lone Escape key or a paste."""
_LAST_WORDS = 1.0
"""Seconds that a terminal has at the end to take what is written: without it, it isn't restored."""


class TerminalDriver(LinuxDriver):
    """Reads input that may be anything, and writes only what the output's encoding has.

    Overrides `run_input_thread`, in which Textual decodes strictly. The version is pinned, and a test holds it.
    """

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._encoding = sys.__stderr__.encoding if sys.__stderr__ is not None else "utf-8"  # where Textual writes
        if getattr(app, "ascii_alone", False):
            self._encoding = "ascii"
        self._cursor = False
        if self._size is None:
            # If the terminal does not know its size, the app takes it from Rich, which assumes another one than the
            # driver: the app would lay itself out again and again.
            self._size = self._get_terminal_size()
        # Textual handles them wherever the program is, and waits for a lock for ever if that is inside a write.
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTSTP, self._sigtstp_application)
        loop.add_signal_handler(signal.SIGCONT, self._continue)

    def _continue(self) -> None:
        """After `fg`. SIGSTOP left the threads running: a second set would share the input with them."""
        if self._auto_restart and not self._must_signal_resume:
            self.suspend_application_mode()
            self._must_signal_resume = True
        self._sigcont_application()

    def run_input_thread(self) -> None:
        """Read until the driver stops input. If the terminal is gone, end the program as a hang-up does."""
        parser = TerminalParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(_TICK):
                    data = self._read()
                    if not data:
                        self._hang_up()
                        return
                    self._process(parser.feed(decode(data)))
                self._process(parser.tick())

    def _read(self) -> bytes:
        """Return the input so far; nothing at its end, and from a terminal that is gone."""
        try:
            return os.read(self.fileno, 4096)
        except OSError:
            return b""

    def _hang_up(self) -> None:
        if not self.exit_event.is_set():
            os.kill(os.getpid(), signal.SIGHUP)

    def _process(self, messages: Iterable[Message]) -> None:
        for event in messages:
            if self._mouse or not isinstance(event, events.MouseEvent):  # a terminal may send unrequested reports
                self.process_message(event)

    def show_cursor(self, *, on: bool) -> None:
        """Show the terminal's own cursor, which braille displays follow. It is a line, since a block would be drawn
        over the reverse cell that marks the same place. A Linux console has no other shape, and prints unknown ones."""
        if on != self._cursor:
            self._cursor = on
            shape = "" if os.environ.get("TERM", "").startswith(("linux", "vt")) else f"\x1b[{4 if on else 0} q"
            self.write(f"{shape}\x1b[?25{'h' if on else 'l'}")

    def stop_application_mode(self) -> None:
        """Stop, with the shape of the cursor as it was."""
        self.show_cursor(on=False)
        super().stop_application_mode()

    def start_application_mode(self) -> None:
        """Let writes wait in a queue without a limit: a terminal that takes none must not hold up the program."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._writer_thread is not None:
            self._writer_thread._queue.maxsize = 0  # private: Textual's is 30, and then it blocks

    def suspend_application_mode(self) -> None:
        self.stop_application_mode()
        super().close()  # the same terminal is used again, so it may take its time

    def close(self) -> None:
        """Write what is left. A terminal that doesn't take it can't keep the program from ending."""
        writer = self._writer_thread
        if writer is None:
            return
        writer._queue.put(None)
        writer.join(_LAST_WORDS)
        if writer.is_alive():
            _write_nowhere()
            before = signal.signal(signal.SIGUSR1, lambda number, frame: None)
            if writer.ident is not None:
                signal.pthread_kill(writer.ident, signal.SIGUSR1)  # what waits in a write tries it again, there
            writer.join()
            signal.signal(signal.SIGUSR1, before)

    def write(self, data: str) -> None:
        """Write, with a substitute for each character that the output can't encode."""
        super().write(writable(data, self._encoding))


def _write_nowhere() -> None:
    """Discard what is written from now on to stdout and stderr, where they are terminals."""
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None and stream.isatty():
            os.dup2(null, stream.fileno())
    os.close(null)
