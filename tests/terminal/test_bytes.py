"""What a terminal with 16 colors receives at 80x24: little, since it may be far away."""

from __future__ import annotations

import pytest

from tests.terminal import walks
from tests.terminal.pseudo import Pty
from tests.terminal.world import PROGRAM, World

pytestmark = pytest.mark.terminal

FIRST_PAINT, KEY_PRESS = 14_000, 260
IDLE_SECONDS = 2.0


def test_painting_typing_and_waiting_send_few_bytes(world: World) -> None:
    environ = world.environ(SSH_CONNECTION="192.0.2.1 50000 192.0.2.2 22")
    with Pty([*PROGRAM, "--demo"], environ, world.folder) as term:
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
