"""What a terminal with 16 colors receives at 80x24: little, since it may be far away."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.processes import eventually
from tests.terminal import walks
from tests.terminal.pseudo import Pty
from tests.terminal.world import PROGRAM, World, blocked
from tui.sandbox.clock import QUICK
from tui.sandbox.server import Sandbox

pytestmark = pytest.mark.terminal

FIRST_PAINT, KEY_PRESS, TAB, STEP = 14_000, 260, 800, 14_000
WAITING_A_SECOND, WATCHING_A_MINUTE, WHOLE_WALK = 60, 10_000, 160_000
CHECKS_A_MINUTE = 30
"""How often the wizard asks for the status of an import that moves."""
IDLE_SECONDS = 2.0
NOWHERE = "http://127.0.0.1:9"
SSH = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}


def test_painting_typing_and_waiting_send_few_bytes(world: World) -> None:
    with Pty([*PROGRAM, "--demo"], world.environ(**SSH), world.folder) as term:
        term.wait("Unleash", "F1")
        assert len(term.frames) <= FIRST_PAINT
        walks.choose(term, "Unleash")
        term.to("Project")
        assert term.silent(IDLE_SECONDS) == 0
        term.press("w")  # changes the message line: a field less to fill in
        term.silent(0.3)
        for letter in "eb-":
            before = len(term.raw)
            term.press(letter)
            term.until(lambda start=before: len(term.raw) > start, "an echo")  # type: ignore[misc]
            term.silent(0.3)
            assert len(term.raw) - before <= KEY_PRESS, term.raw[before:]


def test_moving_about_sends_only_what_changes(world: World) -> None:
    with Pty([*PROGRAM, "--demo"], world.environ(**SSH), world.folder) as term:
        term.wait("Unleash", "F1")
        walks.choose(term, "Unleash")
        for _ in range(6):
            assert sent(term, "tab") <= TAB
        walks.fill_in(term, "Ana Ruiz")
        assert sent(term, "ctrl+o") <= STEP
        term.press("f2")
        term.wait("Search for actions")
        assert term.silent(IDLE_SECONDS) == 0
        term.press("escape")
        term.wait_gone("Search for actions")
        whole(term)


@pytest.mark.parametrize("stop", [signal.SIGTSTP, signal.SIGSTOP])
def test_everything_is_drawn_after_the_program_was_stopped(world: World, stop: signal.Signals) -> None:
    with Pty([*PROGRAM, "--demo"], world.environ(**SSH), world.folder) as term:
        term.wait("Unleash", "F1")
        for _ in range(3):
            before = len(term.raw)
            term.signal(stop)
            term.until(lambda: os.waitid(os.P_PID, term.pid, os.WSTOPPED | os.WNOHANG) is not None, "it to stop")
            term.signal(signal.SIGCONT)
            term.until(lambda start=before: b"Import your feature flags" in term.raw[start:], "the whole screen")  # type: ignore[misc]
        walks.choose(term, "Unleash")


def test_waiting_for_an_answer_and_watching_an_import_send_little(world: World) -> None:
    with Sandbox.start(fault="slow", pace=replace(QUICK, slow=6.0, step=1.0)) as box:
        there = box.addresses()
        keys = walks.variables(there)
        with Pty(PROGRAM, world.environ(**keys, **SSH), world.folder) as term:
            walks.choose(term, "Unleash")
            walks.to_fields(term, there)
            walks.review(term)
            walks.press_create(term)
            term.wait("1 s ...")
            before = len(term.raw)
            term.wait("4 s ...")
            assert 0 < (len(term.raw) - before) / 3 <= WAITING_A_SECOND, term.raw[before:]
            box.set_fault("import-slow")
            term.wait(walks.RUN, "naming convention")  # one error of four in a minute, and the lines below it move
            next_check(term)
            before = len(term.raw)
            for _ in range(3):
                next_check(term)
            assert 0 < (len(term.raw) - before) / 3 * CHECKS_A_MINUTE <= WATCHING_A_MINUTE, term.raw[before:]


@pytest.mark.parametrize("title", ["Split", "Unleash"])
def test_whole_practice_walk_sends_little(world: World, title: str) -> None:
    with Pty([*PROGRAM, "--demo"], world.environ(**SSH), world.folder) as term:
        walks.practice(term, title)
        walks.send(term)
        walks.run_to_its_end(term)
        term.press("ctrl+q")
        assert term.end() == 0
        assert len(term.raw) <= WHOLE_WALK


@pytest.mark.skipif(not Path("/proc/self/syscall").exists(), reason="shows what a process waits for, on Linux")
def test_signal_ends_a_program_whose_output_nobody_takes(world: World) -> None:
    redraws = iter(range(200))  # more than a queue of some dozens takes

    def full() -> bool:
        term.press("ctrl+l")
        return next(redraws, None) is None and blocked(term.pid)

    with Pty(PROGRAM, world.environ(**SSH), world.folder) as term:
        walks.choose(term, "Unleash")
        walks.address(term, NOWHERE)
        term.stop_reading()
        eventually(full, "output that is not taken")
        began = time.monotonic()
        term.signal(signal.SIGTERM)
        assert term.end() == 128 + signal.SIGTERM
        assert time.monotonic() - began < 2
    assert json.loads(world.draft.read_text())["answers"]["host"]["value"] == NOWHERE


def next_check(term: Pty) -> None:
    """Wait until the wizard has asked for the import's status once more."""
    text = r"Next check (\S+)"
    at = re.search(text, term.text())
    term.until(lambda: (now := re.search(text, term.text())) and at and now[1] != at[1], "another check")


def sent(term: Pty, key: str) -> int:
    """Press a key, and return how many bytes come of it."""
    term.silent(0.2)
    before = len(term.raw)
    term.press(key)
    term.until(lambda: len(term.raw) > before, "an answer")
    term.silent(0.3)
    return len(term.raw) - before


def whole(term: Pty) -> None:
    """What was sent in parts shows the same as a whole screen."""
    term.silent(0.3)
    shown = term.text()
    assert sent(term, "ctrl+l") > len(shown) // 2
    assert term.text() == shown
