"""The wizard in a folder that was deleted, without a stderr of its own, and over damaged files."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from tests.terminal.pseudo import Pty
from tests.terminal.world import World

pytestmark = pytest.mark.terminal

_ROOT = Path(__file__).parents[2]
_CODE = f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from tui.cli import main; sys.exit(main())"
_PROGRAM = f"exec {shlex.quote(sys.executable)} -c {shlex.quote(_CODE)}"
_FIRST_SCREEN = "Choose where your flags are"


@pytest.mark.parametrize("more", ["", "--demo"])
@pytest.mark.parametrize(
    ("prepare", "redirect"),
    [("mkdir gone; cd gone; rmdir ../gone;", ""), ("", "2>&-"), ("", "2>/dev/null"), ("", "2>/dev/full")],
    ids=["deleted folder", "closed", "dropped", "full"],
)
def test_the_wizard_opens_and_quits(world: World, prepare: str, redirect: str, more: str) -> None:
    command = ("sh", "-c", f"{prepare} {_PROGRAM} {more} {redirect}")
    with Pty(command, world.environ(), world.folder) as term:
        term.wait(_FIRST_SCREEN)
        term.press("ctrl+q")
        assert term.end() == 0
        term.check_sane()
        assert b"Traceback" not in term.raw


@pytest.mark.parametrize("name", ["draft.json", "journals/unleash-web-shop.json"])
def test_the_wizard_opens_and_names_a_damaged_file(world: World, name: str) -> None:
    path = world.state / name
    path.parent.mkdir(mode=0o700, parents=True)
    world.state.chmod(0o700)
    path.write_text('{"version": 1, "saved_at": Infinity}')
    with Pty(("sh", "-c", _PROGRAM), world.environ(), world.folder) as term:
        term.wait(_FIRST_SCREEN, path.name)
        term.press("ctrl+q")
        assert term.end() == 0
        assert b"Traceback" not in term.raw


def test_the_wizard_opens_and_names_a_folder_that_others_can_write_to(world: World) -> None:
    world.state.mkdir(mode=0o700)
    world.state.chmod(0o777)
    with Pty(("sh", "-c", _PROGRAM), world.environ(), world.folder, size=(200, 40)) as term:
        term.wait(_FIRST_SCREEN, "chmod 700")
        term.press("ctrl+q")
        assert term.end() == 0
