"""Ctrl+C, SIGTERM and SIGHUP: they end the program where it waits, and cancel the work that it is doing."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_NAMES = ("SIGHUP", "SIGINT", "SIGTERM")


class Ended(BaseException):
    """A signal ends the program. No error: nothing but the front itself catches it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Signals:
    """Handlers for the signals that end a program. A second signal has no effect of its own."""

    def __init__(self) -> None:
        self.received = 0
        """The number of the signal that ends the program, 0 before one."""
        self.descriptor = -1
        """Readable after a signal: one that comes right before a wait would not interrupt it. -1 without handlers."""
        self._waits = self._stopped = False
        self._continued: Callable[[], object] = lambda: None
        self._cancel: Callable[[], object] | None = None

    @contextmanager
    def handled(self, continued: Callable[[], object] = lambda: None) -> Iterator[None]:
        """Handle the signals while the block runs, which is in the main thread.

        `continued` is called after `fg`, as soon as the program waits.
        """
        handlers: dict[str, Callable[[int, object], object]] = dict.fromkeys(_NAMES, self._handle)
        handlers["SIGCONT"] = self._continue
        self._continued = continued
        self.descriptor, writing = os.pipe()
        os.set_blocking(self.descriptor, False)
        os.set_blocking(writing, False)
        earlier_descriptor = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        before = {}
        for name, handler in handlers.items():
            number = getattr(signal, name, None)  # Windows has not all of them
            if number is not None:
                before[number] = signal.signal(number, handler)
        try:
            yield
        finally:
            for number, earlier in before.items():
                signal.signal(number, earlier)
            signal.set_wakeup_fd(earlier_descriptor)
            os.close(self.descriptor)
            os.close(writing)
            self.descriptor = -1

    def _continue(self, number: int, frame: object) -> None:
        self._stopped = True  # nothing is written from here: it would break into a line that is being written

    def _handle(self, number: int, frame: object) -> None:
        if self.received:
            return
        self.received = number
        if self._waits:
            raise Ended(number)
        if self._cancel is not None:
            self._cancel()

    def drain(self) -> None:
        """Read what the signals wrote. Their handlers have run, or run next."""
        with suppress(OSError):
            os.read(self.descriptor, 64)

    def wait_for(self, handle: int) -> None:
        """Wait until a descriptor can be read, or raise Ended. Call it within `waiting`."""
        watched = [handle] if self.descriptor < 0 else [handle, self.descriptor]
        while handle not in (ready := select.select(watched, [], [])[0]):
            if self.descriptor in ready:
                self.drain()
            self._repeat()

    def check(self) -> None:
        """Raise Ended if a signal has come."""
        if self.received:
            raise Ended(self.received)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Let a signal interrupt the block: it only waits, and leaves nothing half done."""
        before, self._waits = self._waits, True
        try:
            self.check()
            self._repeat()
            yield
        finally:
            self._waits = before

    def _repeat(self) -> None:
        if self._stopped:
            self._stopped = False
            self._continued()

    @contextmanager
    def working(self, cancel: Callable[[], object]) -> Iterator[None]:
        """Let a signal cancel the work of the block."""
        self._cancel = cancel
        try:
            self.check()
            yield
        finally:
            self._cancel = None
