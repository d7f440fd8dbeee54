"""What a command runs in: its context, variables, keyring, streams, and signals."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from tui.commands.output import Output
from tui.commands.style import style_of
from tui.context import Context
from tui.net.client import Connections
from tui.secrets import environment
from tui.secrets.keyring import Keyring
from tui.text.private_files import working_folder

_SIGNALS = ("SIGHUP", "SIGINT", "SIGTERM")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Context, variables, the keyring and the streams of a command. Reports are saved in `folder`."""

    context: Context = field(default_factory=Context)
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)
    keyring: Keyring = field(default_factory=Keyring)
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    input: TextIO = field(default_factory=lambda: sys.stdin)
    folder: Path = field(default_factory=working_folder)

    def __post_init__(self) -> None:
        for secret in environment.all_secrets(self.environ):
            self.context.redactor.add(secret)

    def output(self, as_json: bool) -> Output:
        styles = (style_of(stream, self.environ) for stream in (self.out, self.err))
        return Output(as_json, self.out, self.err, self.context.redactor, *styles)

    def can_ask(self, as_json: bool) -> bool:
        """Whether there is a terminal to ask in. With JSON nothing is asked."""
        return not as_json and self.input.isatty() and self.err.isatty()

    def prompt(self, text: str) -> None:
        """Write a question and leave the cursor after it."""
        self.err.write(self.context.redactor(text))
        self.err.flush()

    async def confirm(self, question: str) -> bool:
        """Ask a question. Only y or yes means yes. A signal cancels the question."""
        self.prompt(f"{question} [y/N] ")
        loop, ready, handle = asyncio.get_running_loop(), asyncio.Event(), self.input.fileno()
        loop.add_reader(handle, ready.set)  # a terminal gives whole lines, so reading one doesn't block
        try:
            await ready.wait()
        except asyncio.CancelledError:
            self.err.write("\n")  # the next message has a line of its own
            raise
        finally:
            loop.remove_reader(handle)
        return self.input.readline().strip().lower() in ("y", "yes")

    def run(self, main: Callable[[], Coroutine[Any, Any, int]], ended: Callable[[], None]) -> int:
        return run_until_signal(main, ended=ended, connections=self.context.connections)


def run_until_signal(
    main: Callable[[], Coroutine[Any, Any, int]], *, ended: Callable[[], None], connections: Connections
) -> int:
    """Run `main` in a loop of its own and return its exit code. Its requests share `connections`, closed at the end.

    Ctrl+C, SIGTERM and SIGHUP cancel it, and it may clean up. Then `ended` is called, and the exit code is 128 plus
    the signal's number.
    """
    return asyncio.run(_until_signal(main(), ended, connections))


async def _until_signal(main: Coroutine[Any, Any, int], ended: Callable[[], None], connections: Connections) -> int:
    loop, received = asyncio.get_running_loop(), []
    task = loop.create_task(main)

    def end(number: int) -> None:
        received.append(number)
        task.cancel()

    for number in (getattr(signal, name, None) for name in _SIGNALS):
        if number is not None:
            with suppress(NotImplementedError, RuntimeError, ValueError):  # no such thing on Windows, or in a thread
                loop.add_signal_handler(number, end, int(number))
    connections.hold()
    try:
        return await task
    except asyncio.CancelledError:
        if not received:
            raise
    finally:
        await connections.release()
    ended()
    return 128 + received[0]
