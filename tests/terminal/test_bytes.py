"""What a terminal with 16 colors receives at 80x24: little, since it may be far away."""

from __future__ import annotations

import os
import signal

import pytest

from tests.terminal import walks
from tests.terminal.pseudo import Pty
from tests.terminal.world import PROGRAM, World

pytestmark = pytest.mark.terminal

FIRST_PAINT, KEY_PRESS, TAB, STEP = 14_000, 260, 800, 14_000
IDLE_SECONDS = 2.0
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
