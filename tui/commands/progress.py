"""How far a reading is, on one line of a terminal that is written over; nothing where stderr is none."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TextIO

from tui.commands.output import encodable
from tui.net.events import Counted, Exchange, Pausing
from tui.net.times import time_of_day
from tui.text.cells import cells, fitted
from tui.text.clean import clean

_EVERY_SECONDS = 1.0


class Progress:
    """Takes the events of an exchange, and writes at most once a second."""

    def __init__(
        self,
        stream: TextIO,
        *,
        timer: Callable[[], float] = time.perf_counter,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._stream = stream
        self._timer, self._now = timer, now
        self._width = terminal_width(stream)
        self._counted: dict[str, Counted] = {}
        self._at: float | None = None
        self._written = 0

    def happened(self, event: Exchange) -> None:
        """Show what `event` tells, if it tells how far the reading is."""
        if isinstance(event, Counted):
            self._counted[event.what] = event
            if self._at is None or self._timer() - self._at >= _EVERY_SECONDS:
                self._show("   ".join(each.words for each in self._counted.values()))
        elif isinstance(event, Pausing):
            until = time_of_day(event.until, self._now())
            limit = f" (limit of {event.limit})" if event.limit else ""
            self._show(f"{event.peer or 'The server'} asks for a pause: going on at {until}{limit}")

    def close(self) -> None:
        """Leave an empty line, for what is said next."""
        if self._written:
            self._stream.write(f"\r{' ' * self._written}\r")
            self._stream.flush()
            self._written = 0

    def _show(self, text: str) -> None:
        if self._width is None:
            return
        self._at = self._timer()
        line = encodable(clean(text), self._stream)
        if cells(line) >= self._width:  # a full line would break
            line = fitted(line, self._width - 1, "")
        self._stream.write(f"\r{line}{' ' * max(0, self._written - cells(line))}")
        self._stream.flush()
        self._written = cells(line)


def terminal_width(stream: TextIO) -> int | None:
    """Cells in a line of the terminal behind `stream`, None where there is none."""
    try:
        return (os.get_terminal_size(stream.fileno()).columns or 80) if stream.isatty() else None
    except (OSError, ValueError):
        return None
