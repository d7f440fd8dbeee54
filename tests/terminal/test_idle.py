"""Nothing moves when nothing happens: a slow line and a reader of the screen are left in peace."""

from __future__ import annotations

import pytest

from tests.terminal import walks
from tests.terminal.pseudo import Pty
from tests.terminal.world import PROGRAM, World

pytestmark = pytest.mark.terminal

_IDLE = 3.0
"""Seconds; whatever blinks or ticks does so within them."""


def test_an_idle_screen_writes_nothing(world: World) -> None:
    with Pty([*PROGRAM, "--demo"], world.environ(COLORTERM="truecolor"), world.folder) as term:
        walks.choose(term, "Unleash")
        walks.fill_in(term, "Ana Ruiz")
        term.to("Your token")  # a cursor stands in a field
        assert term.silent(_IDLE) == 0
        for last in ("same account", "Suggested"):
            term.press("ctrl+o")
            walks.fill_in(term, last)
        walks.review(term)
        walks.send(term)
        term.wait(walks.RUN, "Next steps")
        assert term.silent(_IDLE) == 0
        term.press("ctrl+q")
        assert term.end() == 0
