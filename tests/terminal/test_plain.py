"""Plain mode as a process: in a pseudo-terminal and from a pipe; keys, signals, the end of the input, and resuming."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.processes import eventually
from tests.terminal.world import PROGRAM, World, blocked, configurations, descendants
from tests.unit.history_tools import some_flags
from tests.unit.plain import lines
from tests.unit.rebuild_tools import PLACE, content, on_change
from tui.sandbox.server import Sandbox

PLAIN = (*PROGRAM, "--plain")
PATIENCE = 60.0


class Pty:
    """Plain mode in a pseudo-terminal; everything it writes is kept."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], folder: Path) -> None:
        self._master, slave = os.openpty()
        launcher = (
            "import fcntl, os, sys, termios\nfcntl.ioctl(0, termios.TIOCSCTTY, 0)\nos.execvp(sys.argv[1], sys.argv[1:])"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-c", launcher, *command], stdin=slave, stdout=slave, stderr=slave,
            env=dict(environ), cwd=folder, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.raw = b""
        self._seen = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait(10)
        with suppress(OSError):
            os.close(self._master)

    def _read(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self._master, 65_536)
        except OSError:  # EIO: it has ended
            return False
        self.raw += data
        return bool(data)

    def wait(self, *patterns: str) -> None:
        """Read until each pattern was written, in this order, after what was waited for before."""
        for pattern in patterns:
            end = time.monotonic() + PATIENCE
            while (found := re.search(pattern, self._text(self._seen))) is None:
                assert time.monotonic() < end, f"{pattern!r} did not come:\n{self._text(0)[-3000:]}"
                if not self._read(0.1):
                    found = re.search(pattern, self._text(self._seen))
                    assert found, f"{pattern!r} did not come before the end:\n{self._text(0)[-3000:]}"
                    break
            self._seen += len(self._text(self._seen)[: found.end()].encode())

    def _text(self, start: int) -> str:
        return self.raw[start:].decode(errors="replace")

    def types(self, *answers: str) -> None:
        """Type lines, each at a prompt of its own."""
        for answer in answers:
            self.wait(r": $")
            os.write(self._master, f"{answer}\n".encode())
            self.wait("\n")

    def send(self, data: bytes) -> None:
        os.write(self._master, data)

    def hang_up(self) -> None:
        os.close(self._master)

    def end(self) -> int:
        """Read to the end. Returns the exit code."""
        end = time.monotonic() + PATIENCE
        while self._read(0.1):
            if self.process.poll() is not None and not select.select([self._master], [], [], 0)[0]:
                break
            assert time.monotonic() < end, self._text(0)[-3000:]
        return self.process.wait(PATIENCE)


def piped(world: World, answers: Sequence[str], *options: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
    """Plain mode with its answers in a pipe, as over `ssh` without a terminal."""
    text = "".join(f"{answer}\n" for answer in answers)
    return subprocess.run(
        [*PLAIN, *options], input=text.encode(), capture_output=True, cwd=world.folder, timeout=120, check=False,
        env=world.environ(**environ),
    )  # fmt: skip


@pytest.mark.parametrize("integration", ["split", "unleash"])
def test_whole_walk_through_a_pipe(world: World, sandbox: Sandbox, integration: str) -> None:
    done = piped(world, lines.to_the_end(sandbox, integration))
    assert (done.returncode, done.stderr) == (0, b""), done.stdout.decode()
    assert b"Import complete" in done.stdout
    assert b"\x1b" not in done.stdout
    assert len(configurations(sandbox.addresses())) == 1


@pytest.mark.parametrize("integration", ["split", "unleash"])
def test_whole_walk_in_a_terminal_writes_no_sequence_and_no_key(
    world: World, sandbox: Sandbox, integration: str
) -> None:
    answers = lines.to_the_end(sandbox, integration)
    with Pty(PLAIN, world.environ(), world.folder) as term:
        term.types(*answers[:-1])
        term.wait("Import complete")
        term.types("quit")
        assert term.end() == 0
    assert b"\x1b" not in term.raw
    there = sandbox.addresses()
    source = there[integration]["key"]
    for key in (there["launchdarkly"]["token"], there["launchdarkly"]["import_key"], source):
        assert key.encode() not in term.raw
    assert len(configurations(there)) == 1


def test_demo_walk_in_a_terminal_that_types_far_ahead(world: World) -> None:
    with Pty([*PLAIN, "--demo"], world.environ(), world.folder) as term:
        term.wait("Number: $")
        term.send(b"unleash\n")
        term.wait("Step 2 of 9")
        for answer in ("fill all", "ok all", "next", "create", "web-shop"):
            term.send(f"{answer}\n".encode())
        term.wait("all 46 flags created as planned")
        term.types("quit")
        assert term.end() == 0
    assert b"\x1b" not in term.raw
    assert len(term.raw) < 10_000


def test_second_pasted_line_of_a_key_is_dropped_and_said(world: World, sandbox: Sandbox) -> None:
    url, token, project = lines.launchdarkly(sandbox)
    with Pty(PLAIN, world.environ(), world.folder) as term:
        term.types("unleash", url)
        term.wait(r"hidden\): $")
        term.send(f"{token}\nand a second line\n".encode())
        term.wait("You pasted more than one line. Only the first one is used.", "OK: Ana Ruiz")
        term.types(project)
        term.wait("OK: Web Shop")
    assert token.encode() not in term.raw
    assert b"and a second line" not in term.raw


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=lambda each: str(each)
)
@pytest.mark.parametrize("count", [0, 1, 2, 3, 10, 16])
def test_signal_saves_the_draft_and_ends(
    world: World, sandbox: Sandbox, number: signal.Signals, code: int, count: int
) -> None:
    answers = lines.to_review(sandbox, "unleash")[:count]
    with Pty(PLAIN, world.environ(), world.folder) as term:
        term.types(*answers)
        term.wait(r": $")
        children = descendants(term.process.pid)
        os.kill(term.process.pid, number)
        assert term.end() == code
        assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    assert world.draft.exists() is (count >= 2)


@pytest.mark.skipif(not Path("/proc/self/syscall").exists(), reason="shows what a process waits for, on Linux")
def test_signal_ends_a_program_whose_output_is_stopped(world: World, sandbox: Sandbox) -> None:
    with Pty(PLAIN, world.environ(), world.folder) as term:
        term.types("unleash", *lines.launchdarkly(sandbox))
        term.wait("Unleash address: $")
        term.send(b"\x13")  # Ctrl+S
        term.send(b"help\n" * 3)
        eventually(lambda: blocked(term.process.pid), "output that is not taken")
        began = time.monotonic()
        os.kill(term.process.pid, signal.SIGTERM)
        assert term.process.wait(10) == 143
        assert time.monotonic() - began < 2
    assert world.draft.exists()


def test_ctrl_c_at_a_hidden_prompt_restores_the_echo(world: World, sandbox: Sandbox) -> None:
    script = f"{' '.join(PLAIN)}; stty -a; echo ended"
    with Pty(["sh", "-c", f"trap : INT; {script}"], world.environ(), world.folder) as term:
        term.types("unleash", lines.launchdarkly(sandbox)[0])
        term.wait(r"hidden\): $")
        term.send(b"\x03")
        term.wait("ended")
    assert re.search(rb"[ ;]echo[ ;]", term.raw)
    assert b" -echo " not in term.raw


def test_lost_connection_saves_the_draft(world: World, sandbox: Sandbox) -> None:
    with Pty(PLAIN, world.environ(), world.folder) as term:
        term.types("unleash", *lines.launchdarkly(sandbox))
        term.wait("Unleash address: $")
        term.hang_up()
        assert term.process.wait(PATIENCE) == 129
    assert json.loads(world.draft.read_text())["step"] in ("launchdarkly", "keys")


@pytest.mark.parametrize("count", [2, 5, 9, 16, 18])
def test_killed_walk_is_resumed_with_its_answers(world: World, sandbox: Sandbox, count: int) -> None:
    answers = lines.to_review(sandbox, "unleash")
    with Pty(PLAIN, world.environ(), world.folder) as term:
        term.types(*answers[:count])
        term.wait(r": $")
        os.kill(term.process.pid, signal.SIGTERM if count == 2 else signal.SIGKILL)
        term.end()
    if not world.draft.exists():
        return  # nothing but the instance was answered, and nothing saved it
    with Pty(PLAIN, world.environ(), world.folder) as term:
        term.wait("Resume your answers: stopped at ")
        term.types("")
        term.wait("Saved answers don't include keys", "Step 2 of 9", sandbox.addresses()["launchdarkly"]["url"])


def test_killed_import_is_resumed_with_the_token_alone(world: World) -> None:
    with Sandbox.start(fault="import-slow") as box:
        with Pty(PLAIN, world.environ(), world.folder) as term:
            term.types(*lines.to_the_end(box, "unleash")[:-1])
            term.wait("Step 8 of 9: Run")
            os.kill(term.process.pid, signal.SIGKILL)
            term.end()
        box.set_fault(None)
        with Pty(PLAIN, world.environ(), world.folder) as term:
            term.wait("Resume Unleash default production: started")
            term.types("")
            term.wait("You don't need any other key", r"hidden\): $")
            term.send(f"{box.addresses()['launchdarkly']['token']}\n".encode())
            term.wait("Import complete: all 46 flags created")
            term.types("quit")
            assert term.end() == 0
        posts = [path for method, path, _ in box.requests if method == "POST"]
        assert len(posts) == 2, "one create, one start"


def test_demo_import_is_resumed_from_the_practice_folder(world: World) -> None:
    with Pty([*PLAIN, "--demo"], world.environ(), world.folder) as term:
        term.types("unleash", "fill all", "ok all", "next", "create", "web-shop")
        term.wait("Step 8 of 9: Run")
        os.kill(term.process.pid, signal.SIGTERM)
        assert term.end() == 143
    done = piped(world, ["", "fill", "quit"], "--demo")
    text = done.stdout.decode()
    assert "Resume Unleash default production" in text
    assert "all 46 flags created as planned" in text, text
    assert done.returncode == 0


def test_undo_archives_after_a_word(world: World, sandbox: Sandbox) -> None:
    walk = lines.to_the_end(sandbox, "unleash")[:-1]
    done = piped(world, [*walk, "undo", "archive", "no", "archive", "archive", "quit"])
    assert done.returncode == 0, done.stdout.decode()
    assert b"46 flags archived." in done.stdout


REBUILD = ("rebuild", PLACE, "ok all", "apply", PLACE, "turn on", PLACE, "no", "take back", PLACE, "report", "quit")


@pytest.mark.parametrize("integration", ["split", "unleash"])
def test_rebuild_through_a_pipe_up_to_taken_back(world: World, integration: str) -> None:
    with Sandbox.start(company=some_flags(14)) as box:
        done = piped(world, [*lines.to_the_end(box, integration)[:-1], *REBUILD])
        on = [key for key, flag in content(box)["flags"].items() if flag["on"] or flag["rules"]]
    assert (done.returncode, done.stderr) == (0, b""), done.stdout.decode()
    assert b"\x1b" not in done.stdout
    assert b"OK: Applied and read back. All flags stay off." in done.stdout
    assert b"OK: Taken back: these flags are as they were before." in done.stdout
    assert set(on) <= {"kill-payments", "invoice-pdf", "guest-checkout"}


def test_rebuild_in_a_terminal_writes_no_sequence_and_stops_at_a_word(world: World) -> None:
    with Sandbox.start(company=some_flags(14)) as box, Pty(PLAIN, world.environ(), world.folder) as term:
        term.types(*lines.to_the_end(box, "unleash")[:-1], "rebuild", PLACE, "ok all", "apply")
        go_on = threading.Event()
        box.on_request = _held(go_on)
        term.types(PLACE)
        term.wait("You can stop at any time. What is done stays. Type stop to stop.")
        term.send(b"stop\n")
        term.wait("Stopped. What is done stays as it is. Type reload to read both sides, then continue.")
        go_on.set()
        box.on_request = None
        term.types("reload", "apply", PLACE)
        term.wait("OK: 8 rebuilt and read back equal, 2 left by hand.")
        term.types("take back", PLACE)
        term.wait("OK: 8 taken back, 2 left by hand.")
        term.types("quit")
        assert term.end() == 0
    assert b"\x1b" not in term.raw


def _held(go_on: threading.Event) -> Callable[[str, str], None]:
    """What holds each change of a flag until the event is set."""

    def hold(method: str, path: str) -> None:
        if method == "PATCH" and "/flags/" in path:
            assert go_on.wait(PATIENCE)

    return hold


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_rebuild_that_ends_in_the_middle_is_continued(world: World, number: signal.Signals, code: int) -> None:
    with Sandbox.start(company=some_flags(14)) as box:
        keys = (box.addresses()["launchdarkly"]["token"], box.addresses()["unleash"]["key"])
        with Pty(PLAIN, world.environ(), world.folder) as term:
            term.types(*lines.to_the_end(box, "unleash")[:-1], "rebuild", PLACE, "ok all", "apply")
            box.on_request = on_change(lambda: os.kill(term.process.pid, number), 2)
            term.types(PLACE)
            assert term.end() == code
            assert (b"To continue, start the wizard again, type imports" in term.raw) is (number != signal.SIGKILL)
            box.on_request = None
        again = ["imports", "1", keys[0], "rebuild", keys[1], PLACE, "ok all", "apply", PLACE, "check"]
        done = piped(world, [*again, "take back", PLACE, "quit"])
        text = done.stdout.decode()
        assert done.returncode == 0, text
        assert "OK: 8 rebuilt and read back equal, 2 left by hand." in text, text
        assert "OK: 8 taken back, 2 left by hand." in text
        assert not any(flag["rules"] for flag in content(box)["flags"].values())
        assert content(box)["segments"] == {}
    assert b"\x1b" not in done.stdout + term.raw


def test_end_of_input_while_nothing_runs_ends_with_2(world: World, sandbox: Sandbox) -> None:
    done = piped(world, lines.to_review(sandbox, "unleash"))
    assert done.returncode == 2
    assert b"The input ended at this question: Review: create" in done.stdout
    assert b"Your answers are saved." in done.stdout
    assert configurations(sandbox.addresses()) == []


def test_stopped_and_continued_program_repeats_its_question(world: World) -> None:
    with Pty(PLAIN, world.environ(), world.folder) as term:
        for _ in range(10):  # also while the question is still being written
            term.wait("Number: $")
            os.kill(term.process.pid, signal.SIGSTOP)
            os.kill(term.process.pid, signal.SIGCONT)
        term.wait("Number: $")
        term.send(b"quit\n")
        assert term.end() == 0
