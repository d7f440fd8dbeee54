"""What commands without a screen write: results to stdout, messages to stderr, with `--json` JSON alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TextIO

from tui.commands.remedies import RECIPE, Reader
from tui.net.errors import Failure
from tui.secrets.names import outside
from tui.text.redact import Redactor


@dataclass(frozen=True, slots=True)
class Output:
    """The two streams of a command. Whatever goes through here has no known secret in it."""

    as_json: bool
    out: TextIO
    err: TextIO
    redactor: Redactor = field(default_factory=Redactor)

    def line(self, text: str) -> None:
        """A line of the result."""
        write(self.redactor(text), self.out)

    def document(self, value: dict[str, object]) -> None:
        """The result as one line of JSON."""
        write(json.dumps(self.redactor.document(value)), self.out)

    def say(self, text: str) -> None:
        """A message beside the result."""
        write(self.redactor(text), self.err)

    def fail(self, failure: Failure, reader: Reader = RECIPE, **more: object) -> int:
        """Tell a failure in the words for `reader`, with `more` in its JSON object. Returns its exit code."""
        if self.as_json:
            self.document(error_object(failure, reader) | more)
        else:
            self.say(reader.sentence(failure))
        return failure.exit_code


def error_object(failure: Failure, reader: Reader) -> dict[str, object]:
    """A failure as `--json` writes it (contract §4)."""
    field = outside(failure.field) if failure.field else None
    return {
        "event": "error", "kind": failure.kind.value, "status_code": failure.status_code,
        "message": reader.message(failure).strip(), "advice": reader.advice(failure), "field": field,
    }  # fmt: skip


def write(text: str, stream: TextIO) -> None:
    """A line."""
    stream.write(encodable(text, stream) + "\n")


def encodable(text: str, stream: TextIO) -> str:
    """A stream in another encoding gets `?` for what it has no sign for, never an error."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding, "replace")
