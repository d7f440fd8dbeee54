"""What commands write: results to stdout, messages to stderr, and with `--json` only JSON to stdout."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from tui.commands.remedies import RECIPE, FailureWording
from tui.commands.style import PLAIN, Style
from tui.net.errors import Failure
from tui.secrets.names import outside
from tui.text.cells import cells, fitted, padded, wrapped
from tui.text.clean import clean
from tui.text.redact import Redactor

_WIDEST_CELL = 40


@dataclass(frozen=True, slots=True)
class Output:
    """The two streams of a command, and how each looks. Removes known secrets from everything it writes."""

    as_json: bool
    out: TextIO
    err: TextIO
    redactor: Redactor = field(default_factory=Redactor)
    style: Style = PLAIN
    err_style: Style = PLAIN

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

    def titled(self, level: str, text: str) -> None:
        """Write one text of the result, on a terminal after the symbol of a level."""
        self.lines(self.style.titled(level, clean(text), self.width))

    @property
    def width(self) -> int | None:
        return terminal_width(self.out)

    def document(self, value: dict[str, object]) -> None:
        """Write the result as one line of JSON."""
        write(json.dumps(self.redactor.document(value)), self.out)

    def say(self, text: str) -> None:
        """Write a message to stderr."""
        write(self.redactor(text), self.err)

    def warn(self, text: str, level: str = "warning") -> None:
        """Write a message to stderr, after the symbol of a level."""
        for line in self.err_style.marked(level, clean(text), terminal_width(self.err)):
            self.say(line)

    def fail(self, failure: Failure, wording: FailureWording = RECIPE, **more: object) -> int:
        """Write a failure in the words of `wording`, with `more` in its JSON object. Return its exit code."""
        if self.as_json:
            self.document(error_object(failure, wording) | more)
        else:
            sign = "".join(self.err_style.titled("problem", "")).rstrip()
            self.say(f"{sign} {wording.sentence(failure)}".lstrip())
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


def table(rows: Sequence[Sequence[str]], widest: int = _WIDEST_CELL) -> Iterator[str]:
    """Yield a line for each row, in columns. A cell over `widest` is cut; an empty one is a hyphen."""
    shown = [[fitted(cell, min(cells(cell), widest)).rstrip() or "-" for cell in row] for row in rows]
    widths = [max(map(cells, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        yield "  ".join(padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()


def terminal_width(stream: TextIO) -> int | None:
    """Return the columns of the terminal behind `stream`, or None if it is no terminal."""
    try:
        return (os.get_terminal_size(stream.fileno()).columns or 80) if stream.isatty() else None
    except (OSError, ValueError):
        return None
