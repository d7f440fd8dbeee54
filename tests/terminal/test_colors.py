"""Text can be read in any terminal: no cell has the color of its background, and NO_COLOR turns colors off."""

from __future__ import annotations

import itertools
import re

import pytest

from tests.terminal import walks
from tests.terminal.pseudo import Pty
from tests.terminal.world import PROGRAM, World

pytestmark = pytest.mark.terminal

SSH = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
TRUECOLOR = {"COLORTERM": "truecolor"}
TERMINALS = {
    "xterm-256color": TRUECOLOR,
    "xterm": SSH,
    "screen": {**SSH, **TRUECOLOR},
    "tmux-256color": TRUECOLOR,
    "linux": {},
    "vt100": SSH,
}
"""What each terminal says of itself, beside its name. `tests/unit/widgets/test_themes.py` has every combination."""

_GRAPHICS = re.compile(rb"\x1b\[([\d;]*)m")


def colors(raw: bytes) -> set[int]:
    """The codes in these bytes that set a color; 39 and 49, which take one away, are none."""
    codes = {int(code) for found in _GRAPHICS.findall(raw) for code in found.split(b";") if code}
    return {code for code in codes if 30 <= code <= 38 or 40 <= code <= 48 or 90 <= code <= 107}


def check_readable(term: Pty) -> None:
    screen = term.screen()
    cells = [screen.buffer[y][x] for y in range(screen.lines) for x in range(screen.columns)]
    hidden = [c.data for c in cells if c.data.strip() and c.fg == c.bg != "default"]
    assert hidden == [], term.text()
    assert not any(c.italics for c in cells), "GNU screen shows them as reverse, which marks the focus"
    assert sum(bool(c.data.strip()) for c in cells) > 200


CASES = [*itertools.product(TERMINALS, ({"NO_COLOR": "1"}, {})), ("xterm", {"NO_COLOR": ""})]


@pytest.mark.parametrize(("name", "no_color"), CASES, ids=str)
def test_text_and_focus_are_seen_and_no_color_is_obeyed(name: str, no_color: dict[str, str], world: World) -> None:
    with Pty(PROGRAM, world.environ(TERM=name, **TERMINALS[name], **no_color), world.folder) as term:
        walks.choose(term, "Unleash")
        check_readable(term)
        for key, shows in (("f2", "Search for actions"), ("f1", "Esc close")):
            term.press(key)
            term.wait(shows)
            check_readable(term)
            term.press("escape")
            term.wait_gone(shows)
        for label in ("Instance", "Your token", "Back"):
            term.to(label)  # fails where the focus is not seen
            check_readable(term)
        assert any(cell.reverse for row in term.screen().buffer.values() for cell in row.values())
        term.press("ctrl+q")
        assert term.end() == 0
        assert bool(colors(term.raw)) is (not no_color.get("NO_COLOR"))


def test_no_step_has_a_color_under_no_color(world: World) -> None:
    with Pty([*PROGRAM, "--demo"], world.environ(NO_COLOR="1", **SSH), world.folder) as term:
        walks.practice(term, "Split")
        check_readable(term)
        walks.send(term)
        check_readable(term)
        walks.run_to_its_end(term)
        check_readable(term)
        assert colors(term.raw) == set()
