"""Text can be read in any terminal: no cell is drawn in the color of its ground, and NO_COLOR means none."""

from __future__ import annotations

import re

import pytest

from tests.terminal import walks
from tests.terminal.pseudo import Pty
from tests.terminal.world import PROGRAM, World

pytestmark = pytest.mark.terminal

TERMS = ("xterm-256color", "xterm", "screen", "tmux-256color", "linux", "vt100")
SSH = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
TRUECOLOR = {"COLORTERM": "truecolor"}
AROUND = {"ssh": SSH, "ssh-truecolor": {**SSH, **TRUECOLOR}, "truecolor": TRUECOLOR, "plain": {}}

_GRAPHICS = re.compile(rb"\x1b\[([\d;]*)m")


def colors(raw: bytes) -> set[int]:
    """The codes in these bytes that set a color; 39 and 49, which take one away, are none."""
    codes = {int(each) for found in _GRAPHICS.findall(raw) for each in found.split(b";") if each}
    return {each for each in codes if 30 <= each <= 38 or 40 <= each <= 48 or 90 <= each <= 107}


def check_readable(term: Pty) -> None:
    screen = term.screen()
    cells = [screen.buffer[y][x] for y in range(screen.lines) for x in range(screen.columns)]
    hidden = [c.data for c in cells if c.data.strip() and c.fg == c.bg != "default"]
    assert hidden == [], term.text()
    assert sum(bool(c.data.strip()) for c in cells) > 200


def look_around(term: Pty) -> None:
    """The first screen, the list of actions, a help page, and the next step."""
    term.wait("Where are they now?")
    term.to("Unleash")
    check_readable(term)
    for key, shows in (("f2", "Begin again"), ("f1", "[ Close ]")):
        term.press(key)
        term.wait(shows)
        check_readable(term)
        term.press("escape")
        term.wait_gone(shows)
    walks.choose(term, "Unleash")
    for name in ("its address", "Your token", "Back"):
        term.to(name)  # fails where the focus is not seen
        check_readable(term)


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND.keys())
@pytest.mark.parametrize("name", TERMS)
def test_no_color_is_obeyed_and_the_focus_is_seen(name: str, around: dict[str, str], world: World) -> None:
    environ = world.environ(TERM=name, NO_COLOR="1", **around)
    with Pty(PROGRAM, environ, world.folder) as term:
        look_around(term)
        assert any(each.reverse for row in term.screen().buffer.values() for each in row.values())
        term.press("ctrl+q")
        assert term.end() == 0
        assert colors(term.raw) == set()


@pytest.mark.parametrize("around", [SSH, TRUECOLOR], ids=["ssh", "truecolor"])
@pytest.mark.parametrize("name", TERMS)
def test_colors_can_be_told_apart(name: str, around: dict[str, str], world: World) -> None:
    with Pty(PROGRAM, world.environ(TERM=name, **around), world.folder) as term:
        look_around(term)
        assert colors(term.raw)


def test_an_empty_no_color_is_none(world: World) -> None:
    with Pty(PROGRAM, world.environ(NO_COLOR="", **SSH), world.folder) as term:
        look_around(term)
        assert colors(term.raw)


def test_no_step_has_a_color_under_no_color(world: World) -> None:
    with Pty([*PROGRAM, "--demo"], world.environ(NO_COLOR="1", **SSH), world.folder) as term:
        walks.practise(term, "Split")
        check_readable(term)
        walks.send(term)
        check_readable(term)
        walks.run_to_its_end(term)
        check_readable(term)
        assert colors(term.raw) == set()
