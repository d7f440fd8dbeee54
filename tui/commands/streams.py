"""The standard streams of a command: results that can't be written are an error, messages that can't are not."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # importing typing takes as long as all the rest of `--version`
if TYPE_CHECKING:
    from typing import Any, TextIO


class ResultsLostError(Exception):
    """Results can't be written to stdout. `str()` is the reason, without a period."""


def open_missing() -> None:
    """Give each standard stream that was closed before the start a descriptor of its own.

    Otherwise the next file that is opened gets the number, and a message ends up in a journal. A write to a closed
    stdout fails, a message to a closed stderr is dropped, and a closed stdin is empty.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            mode = os.O_WRONLY if number == 2 else os.O_RDONLY
            os.set_inheritable(os.open(os.devnull, mode), True)  # it gets the lowest number that is free: this one
    if sys.stdin is None:
        sys.stdin = sys.__stdin__ = _text_stream(0, "r")  # type: ignore[misc]
    if sys.stdout is None:
        sys.stdout = sys.__stdout__ = _text_stream(1, "w")  # type: ignore[misc]
    if sys.stderr is None:
        sys.stderr = sys.__stderr__ = _text_stream(2, "w")  # type: ignore[misc]


def _text_stream(number: int, mode: str) -> Any:
    return open(number, mode, encoding="utf-8", errors="replace", closefd=False)


class _Wrapped:
    """A stream whose errors are handled by `_failed`."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError as error:
            self._failed(error)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self._failed(error)

    def _failed(self, error: OSError) -> None:
        raise NotImplementedError


class Results(_Wrapped):
    """A stream for results. Raises ResultsLostError if they can't be written, and BrokenPipeError if the reader has
    gone."""

    def _failed(self, error: OSError) -> None:
        if isinstance(error, BrokenPipeError):
            raise error
        raise ResultsLostError(error.strerror or "no reason given") from None


class Messages(_Wrapped):
    """A stream for messages. It drops those that can't be written: the work continues, and the exit code tells."""

    def _failed(self, error: OSError) -> None:
        return


def drop_rest(stream: TextIO) -> None:
    """Discard what `stream` still holds. Otherwise Python tries to write it again at exit, and exits with 120."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def draw_on_stdout() -> None:
    """Let the wizard draw on stdout if stderr is not a terminal: Textual draws on stderr."""
    if sys.__stderr__ is None or not sys.__stderr__.isatty():
        sys.__stderr__ = sys.__stdout__  # type: ignore[misc]
