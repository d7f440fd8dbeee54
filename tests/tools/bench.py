"""What the wizard costs, measured in a real pseudo-terminal and printed beside the goal: no test, it never fails.

Subject and baseline take turns within one run, so that a busy machine slows both; medians are compared.
Run from a checkout with the `dev` extra: `python -m tests.tools.bench [--repeat N] [--minute]`. Linux and macOS.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import re
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyte

from tests.terminal.world import World
from tests.tools.bench_paint import paint
from tests.tools.bench_plan import plans
from tests.tools.rows import Row

COLUMNS, ROWS = 80, 24
PATIENCE = 30.0
"""Seconds after which what is waited for will not come any more."""

WIZARD = (str(Path(sys.executable).with_name("ld-flag-import")),)
PAINTED = "Choose where your flags"
ASKED = "Where are your flags now"
BARE = """
from textual.app import App, ComposeResult
from textual.widgets import Static
class Bare(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("A bare app")
Bare().run()
"""
BARE_PAINTED = "A bare app"
HEAVY = ("pydantic", "httpx", "keyring", "starlette", "uvicorn")
PROBE = f"""
import os, re, sys
from textual.drivers.linux_driver import LinuxDriver
write = LinuxDriver.write
def watching(self, data):
    if {PAINTED!r} in data:
        LinuxDriver.write = write
        with open(os.environ["PROBE_RESULT"], "w") as file:
            file.write(" ".join(name for name in {HEAVY!r} if name in sys.modules))
    write(self, data)
LinuxDriver.write = watching
from tui.cli import main
sys.exit(main([]))
"""
"""Notes which heavy packages are loaded at the moment the first frame is handed to the terminal."""

TOKEN = "api-00000000-0000-4000-8000-000000000000"


# --- a program in a pseudo-terminal


class Program:
    """A program in a pseudo-terminal of its own; every byte it writes is read as soon as it comes."""

    def __init__(self, command: Sequence[str], environ: dict[str, str]) -> None:
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._read_at = 0.0
        self.began = time.perf_counter()
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.execvpe(command[0], list(command), environ)

    def write(self, data: bytes) -> float:
        """Type. Returns the moment."""
        now = time.perf_counter()
        os.write(self._master, data)
        return now

    def read(self, seconds: float) -> bytes:
        """What comes next within that time, b"" for nothing."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        try:
            data = os.read(self._master, 65536) if ready else b""
        except OSError as error:  # EIO: it has ended
            raise SystemExit("The program ended while it was being measured.") from error
        if data:
            self._read_at = time.perf_counter()
            self._stream.feed(data)
        return data

    def until(self, pattern: str) -> float:
        """Read until the screen shows a text. Returns the moment at which its last part was read."""
        end = time.monotonic() + PATIENCE
        while not re.search(pattern, shown := "\n".join(self._screen.display)):
            if time.monotonic() > end:
                raise SystemExit(f"{pattern!r} did not come within {PATIENCE} s. The screen:\n{shown}")
            self.read(0.1)
        return self._read_at

    def rest(self, quiet: float = 0.4) -> int:
        """Read until nothing has come for `quiet` seconds. Returns the number of bytes."""
        count = 0
        while data := self.read(quiet):
            count += len(data)
        return count

    def count(self, seconds: float) -> int:
        """The number of bytes that come in that time."""
        end = time.monotonic() + seconds
        count = 0
        while (left := end - time.monotonic()) > 0:
            count += len(self.read(left))
        return count

    def memory(self) -> float:
        """Resident memory in MiB."""
        told = subprocess.run(["ps", "-o", "rss=", "-p", str(self.pid)], capture_output=True, check=True)
        return int(told.stdout) / 1024

    def stop(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def end(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._master)


@contextmanager
def running(command: Sequence[str], environ: dict[str, str]) -> Iterator[Program]:
    program = Program(command, environ)
    try:
        yield program
    finally:
        program.end()


# --- what is measured


def first_paint(environ: dict[str, str], repeat: int) -> Iterator[Row]:
    """Time and memory until the first screen stands, over an app with one line of text."""
    subjects = ((WIZARD, PAINTED), ((sys.executable, "-c", BARE), BARE_PAINTED))
    times: tuple[list[float], list[float]] = ([], [])
    sizes: tuple[list[float], list[float]] = ([], [])
    for turn in range(repeat + 1):
        for (command, painted), its_times, its_sizes in zip(subjects, times, sizes, strict=True):
            with running(command, environ) as program:
                moment = program.until(painted)
                program.stop()  # what is loaded after the first paint does not count
                if turn:  # the first turn only warms the files up
                    its_times.append((moment - program.began) * 1000)
                    its_sizes.append(program.memory())
    yield _over("first paint", "a bare Textual app", times, "ms", 1.3)
    yield _over("memory at first paint", "a bare Textual app", sizes, "MiB", 1.5)


def loaded_at_first_paint(environ: dict[str, str]) -> Iterator[Row]:
    """Heavy packages that are there already when the first screen is drawn."""
    result = Path(environ["TMPDIR"]) / "probe"
    with running([sys.executable, "-c", PROBE], {**environ, "PROBE_RESULT": str(result)}) as program:
        program.until(PAINTED)
        loaded = result.read_text()
    yield Row("loaded before first paint", loaded or "none", f"of {', '.join(HEAVY)}", "none", not loaded)


def first_prompt(environ: dict[str, str], repeat: int) -> Iterator[Row]:
    """Time until plain mode asks its first question, over a Python that asks one."""
    subjects = (((*WIZARD, "--plain"), ASKED), ((sys.executable, "-c", "input('Ready: ')"), "Ready:"))
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(2 * repeat + 1):
        for (command, asked), its_times in zip(subjects, times, strict=True):
            with running(command, environ) as program:
                moment = program.until(asked)
                if turn:
                    its_times.append((moment - program.began) * 1000)
    yield _over("first prompt of plain mode", "input()", times, "ms", 8)


def version(environ: dict[str, str], repeat: int) -> Iterator[Row]:
    """`--version` over a Python that does nothing."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(3 * repeat + 1):
        for command, its_times in zip(((*WIZARD, "--version"), (sys.executable, "-c", "pass")), times, strict=True):
            began = time.perf_counter()
            subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, check=True)
            if turn:
                its_times.append((time.perf_counter() - began) * 1000)
    yield _over("--version", "python -c pass", times, "ms", 2.5)


def typing(environ: dict[str, str], repeat: int, idle: float) -> Iterator[Row]:
    """At the step LaunchDarkly: what a key press costs, and what nothing costs."""
    with running((*WIZARD, "--demo"), environ) as program:
        program.until(PAINTED)
        program.rest()
        _settle(program, b"\r", "Next: LaunchDarkly")
        _settle(program, b"\x0f", "Your token")
        answers = sorted(answer for _ in range(repeat) for answer in _typed(program))
        p50, p95 = statistics.median(answers), answers[int(len(answers) * 0.95)]
        yield Row("key press to validation, p95", f"{p95:.1f} ms", f"median {p50:.1f} ms", "< 16 ms", p95 < 16)
        _settle(program, b"\x1b[Z", "▎ Address")  # Shift+Tab
        program.write(b"a")  # the line below answers: no port
        program.rest()
        costs = [_bytes_of(program, b"a") for _ in range(15)]
        most = max(costs)
        yield Row(
            "bytes a key press, same message", f"{most}", f"median {statistics.median(costs):.0f}", "< 300", most < 300
        )
        silent = program.count(idle)
        yield Row(f"bytes in {idle:.0f} s of nothing", f"{silent}", "focus in a field", "0", silent == 0)
        yield Row("memory of the whole demo", f"{program.memory():.0f} MiB", "three servers in it", "", None)


def _settle(program: Program, key: bytes, text: str) -> None:
    program.write(key)
    program.until(text)
    program.rest()


def _typed(program: Program) -> list[float]:
    """Milliseconds from each letter of a token to the line below that counts it; the field is blank again then."""
    answers = [_answered(program, count, key) for count, key in enumerate(TOKEN[:-1], 1)]
    program.write(b"\x15")  # Ctrl+U
    program.rest()
    return answers


def _answered(program: Program, count: int, key: str) -> float:
    began = program.write(key.encode())
    moment = program.until(rf"\b{count}(?: characters?\b|,)")
    program.rest(0.05)
    return (moment - began) * 1000


def _bytes_of(program: Program, key: bytes) -> int:
    program.write(key)
    return program.rest()


def _over(what: str, baseline: str, values: tuple[list[float], list[float]], unit: str, goal: float) -> Row:
    subject, base = map(statistics.median, values)
    ratio = subject / base
    return Row(
        what, f"{ratio:.2f} times", f"{baseline}: {subject:.0f} / {base:.0f} {unit}", f"< {goal:g}", ratio < goal
    )


# --- printing


def main(argv: Sequence[str] | None = None) -> None:
    """Measure everything and print one line for each, as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.bench", description=__doc__)
    parser.add_argument("--repeat", type=int, default=9, help="turns of subject and baseline (9)")
    parser.add_argument("--minute", action="store_true", help="look at an idle minute, not at ten seconds of it")
    parsed = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="ldfi-bench-") as folder:
        environ = World.made(Path(folder)).environ(COLORTERM="truecolor")
        _print(Row("", "measured", "against", "goal", None))
        measures: tuple[Callable[[], Iterable[Row]], ...] = (
            lambda: first_paint(environ, parsed.repeat),
            lambda: loaded_at_first_paint(environ),
            lambda: first_prompt(environ, parsed.repeat),
            lambda: version(environ, parsed.repeat),
            lambda: typing(environ, parsed.repeat, 60.0 if parsed.minute else 10.0),
            lambda: plans(environ, max(1, parsed.repeat // 3)),
            lambda: paint(max(1, parsed.repeat // 3)),
        )
        for measure in measures:
            for row in measure():
                _print(row)
    print(f"Load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors.")


def _print(row: Row) -> None:
    verdict = {True: "met", False: "MISSED", None: ""}[row.met]
    print(f"{row.what:33}{row.measured:>12}  {row.goal:>7}  {verdict:7}{row.against}", flush=True)


if __name__ == "__main__":
    main()
