"""What commands write: results to stdout, messages and progress to stderr, with `--json` only JSON to stdout."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TextIO

from tui.commands.remedies import RECIPE, FailureWording
from tui.net.errors import Failure
from tui.net.events import Counted, Pausing, ProgressEvent
from tui.net.times import time_of_day
from tui.secrets.names import outside
from tui.text.cells import cells, fitted, wrapped
from tui.text.clean import clean
from tui.text.redact import Redactor

_SECONDS_BETWEEN = 1.0


@dataclass(frozen=True, slots=True)
class Output:
    """The two streams of a command. Removes known secrets from everything it writes."""

    as_json: bool
    out: TextIO
    err: TextIO
    redactor: Redactor = field(default_factory=Redactor)

    def line(self, text: str) -> None:
        """Write a line of the result."""
        write(self.redactor(text), self.out)

    def lines(self, texts: Iterable[str]) -> None:
        """Write lines of the result."""
        for text in texts:
            self.line(text)

    def paragraph(self, text: str) -> None:
        """Write one text of the result, broken at the terminal's width."""
        self.lines(wrapped(clean(text), self.width))

    @property
    def width(self) -> int | None:
        return terminal_width(self.out)

    def document(self, value: dict[str, object]) -> None:
        """Write the result as one line of JSON."""
        write(json.dumps(self.redactor.document(value)), self.out)

    def say(self, text: str) -> None:
        """Write a message to stderr."""
        write(self.redactor(text), self.err)

    def fail(self, failure: Failure, wording: FailureWording = RECIPE, **more: object) -> int:
        """Write a failure in the words of `wording`, with `more` in its JSON object. Return its exit code."""
        if self.as_json:
            self.document(error_object(failure, wording) | more)
        else:
            self.say(wording.sentence(failure))
        return failure.exit_code


def error_object(failure: Failure, wording: FailureWording) -> dict[str, object]:
    """Return a failure as `--json` writes it."""
    field = outside(failure.field) if failure.field else None
    return {
        "event": "error", "kind": failure.kind.value, "status_code": failure.status_code,
        "message": wording.message(failure).strip(), "advice": wording.advice(failure), "field": field,
    }  # fmt: skip


def write(text: str, stream: TextIO) -> None:
    stream.write(encodable(text, stream) + "\n")


def encodable(text: str, stream: TextIO) -> str:
    """Replace characters that the stream's encoding lacks with `?`."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding, "replace")


class Progress:
    """How far a reading is, on one line of a terminal that is rewritten at most once a second. Writes nothing if the
    stream is no terminal."""

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

    def happened(self, event: ProgressEvent) -> None:
        """Show an event that says how far the reading is; ignore others."""
        if isinstance(event, Counted):
            self._counted[event.what] = event
            if self._at is None or self._timer() - self._at >= _SECONDS_BETWEEN:
                self._show("   ".join(count.words for count in self._counted.values()))
        elif isinstance(event, Pausing):
            until = time_of_day(event.until, self._now())
            limit = f" (limit of {event.limit})" if event.limit else ""
            self._show(f"{event.peer or 'The server'} asks for a pause: going on at {until}{limit}")

    def close(self) -> None:
        """Clear the line for the next message."""
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
    """Return the columns of the terminal behind `stream`, or None if it is no terminal."""
    try:
        return (os.get_terminal_size(stream.fileno()).columns or 80) if stream.isatty() else None
    except (OSError, ValueError):
        return None
