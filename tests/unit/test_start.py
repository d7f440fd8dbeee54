"""How the program starts: what it loads before it must, what it says of itself, and where it will not open."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.terminal.world import World
from tests.tools.bench import HEAVY, loaded_at_first_paint
from tui import __version__

ROOT = Path(__file__).parents[2]
KEY = "api-00000000-0000-4000-8000-00000000abcd"
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


def _run(world: World, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=world.folder, env=world.environ(**variables), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_version_and_help_load_nothing_heavy(world: World, option: str) -> None:
    done = _run(world, "-c", LOADED, option)
    assert done.returncode == 0
    assert not {"textual", "rich", "asyncio", "pathlib", "typing", *HEAVY} & set(done.stderr.split())


def test_the_first_screen_is_painted_before_anything_heavy_is_loaded(world: World) -> None:
    (row,) = loaded_at_first_paint(world.environ())
    assert row.measured == "none"


def test_the_version_is_that_of_the_package(world: World) -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == __version__
    assert _run(world, "-m", "tui", "--version").stdout == f"ld-flag-import {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "variables", "said"),
    [
        ([], {}, "needs a terminal"),
        (["--demo"], {}, "needs a terminal"),
        ([], {"TERM": "dumb"}, "TERM=dumb"),
        (["nonsense"], {}, "nonsense"),
        (["--toke=x"], {}, "--toke=x"),
        (["keys"], {}, "ACTION"),
        (["sandbox", "--fault", "nonsense"], {}, "no such fault"),
    ],
)
def test_what_cannot_start_says_so_and_ends_with_2(
    world: World, arguments: list[str], variables: dict[str, str], said: str
) -> None:
    done = _run(world, "-m", "tui", *arguments, **variables)
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr


@pytest.mark.parametrize("arguments", [["--token", KEY], [f"--token={KEY}"], [KEY], ["keys", "forget", "--all", KEY]])
def test_a_key_in_the_wrong_place_is_not_repeated(world: World, arguments: list[str]) -> None:
    done = _run(world, "-m", "tui", *arguments)
    assert done.returncode == 2
    assert KEY not in done.stderr
    assert done.stderr


def test_a_reader_of_a_pipe_may_go_early(world: World) -> None:
    shell = f"{sys.executable} -m tui manifest {ROOT}/tui/manifests/split.json | head -n 0; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", shell], cwd=world.folder, env=world.environ(), capture_output=True, text=True, check=True
    )
    assert done.stdout == "0\n"
    assert done.stderr == ""
