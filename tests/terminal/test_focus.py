"""A person sees at each moment where they are, without any color."""

from __future__ import annotations

import pytest

from tests.terminal import walks
from tests.terminal.pseudo import Pty
from tests.terminal.world import PROGRAM, World

pytestmark = pytest.mark.terminal


def test_every_stop_of_tab_is_seen_and_so_is_the_chosen_row_of_a_list(world: World) -> None:
    with Pty([*PROGRAM, "--demo"], world.environ(), world.folder) as term:
        walks.choose(term, "Split")
        walks.fill_in(term, "Ana Ruiz")
        for name in ("Simulate an error", "Demo server", "Address", "Your token", "Show end", "Project",
                     "api-gateway", "Back", "Next: Keys", "Fill in"):  # fmt: skip
            term.to(name)  # fails where nothing is in focus
        term.press("f2")
        term.wait("Search for actions")
        term.write("start over")
        row = "the row of the palette that Enter would take"
        term.until(lambda: any("Start over" in each.drawn for each in term.marked()), row)


@pytest.mark.parametrize("size", [(60, 16), (80, 20), (80, 24)], ids=str)
def test_keys_pressed_as_soon_as_the_rows_are_seen_act_on_them(world: World, size: tuple[int, int]) -> None:
    with Pty(PROGRAM, world.environ(), world.folder, size) as term:
        term.wait("( ) Unleash")
        term.press("down", "enter")
        term.wait("(o) Unleash")


@pytest.mark.parametrize("name", ["xterm-256color", "linux"])
def test_the_terminals_own_cursor_is_in_the_field_and_hidden_elsewhere(world: World, name: str) -> None:
    with Pty([*PROGRAM, "--demo"], world.environ(TERM=name), world.folder) as term:
        term.wait("( ) Unleash")
        assert term.screen().cursor.hidden
        walks.choose(term, "Unleash")
        term.to("Your token")
        for text, cells in (("abc", 3), ("\x1b[D", 2), ("\x1b[H", 0)):  # three letters, Left, Home
            term.write(text)
            term.until(lambda at=cells: term.screen().cursor.x == 25 + at, f"the cursor {cells} cells from the start")  # type: ignore[misc]
            screen = term.screen()
            assert not screen.cursor.hidden
            assert screen.buffer[screen.cursor.y][screen.cursor.x].reverse
        term.to("Back")
        term.until(lambda: term.screen().cursor.hidden, "a hidden cursor")
        assert (b"\x1b[4 q" in term.raw) is (name != "linux")
        term.to("Your token")
        term.press("ctrl+q")
        term.end()
        term.check_sane()
        assert term.raw.count(b"\x1b[4 q") == term.raw.count(b"\x1b[0 q")
