"""How the program starts, in processes of its own: what it has loaded by then."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.terminal.world import World
from tests.tools.bench import HEAVY, loaded_at_first_paint
from tui import __version__

ROOT = Path(__file__).parents[3]
LOADED = """
import sys
from tui.cli import main
code = main(sys.argv[1:])
print(*sorted(sys.modules), file=sys.stderr)
sys.exit(code)
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.made(tmp_path / "world")


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_version_and_help_load_next_to_nothing(world: World, option: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, option],
        cwd=world.folder, env=world.environ(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert not {"textual", "rich", "asyncio", "pathlib", "typing", *HEAVY} & set(done.stderr.split())


def test_the_first_screen_stands_before_anything_heavy_is_loaded(world: World) -> None:
    """In a real terminal, with all that happens on the way; the benchmark looks in the same manner."""
    (row,) = loaded_at_first_paint(world.environ())
    assert row.measured == "none"


def test_the_version_is_that_of_the_package() -> None:
    """A literal, for to look it up takes longer than all the rest of `--version`."""
    assert tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"] == __version__
