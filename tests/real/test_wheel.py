"""The package as others install it: a wheel, built through the source distribution, alone in an environment."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import textual

from tests.conftest import needed
from tests.terminal.pseudo import Pty
from tests.terminal.world import World

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of an environment that has the wheel; what it depends on comes from this one."""
    needed(find_spec("hatchling"), "hatchling")
    needed(find_spec("pip"), "pip")
    folder = tmp_path_factory.mktemp("wheel")
    fresh, sdist, dist = folder / "fresh", folder / "sdist", folder / "dist"
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder)}  # pip and what it asks leave files in a home

    def python(*arguments: str | Path) -> None:
        subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, env=environ, check=True, capture_output=True)

    offline = ("-q", "--no-deps", "--no-index")
    python("hatchling", "build", "-t", "sdist", "-d", sdist)
    python("pip", "wheel", *offline, "--no-build-isolation", "-w", dist, *sdist.iterdir())
    python("venv", "--without-pip", fresh)
    python("pip", "--python", fresh, "install", *offline, *dist.iterdir())
    (packages,) = fresh.glob("lib/*/site-packages")
    # A path in a .pth file is searched for modules, not for .pth files: the checkout stays out of sight.
    # Where they lie says one of them: the environment of the checkout may itself point to another one.
    (packages / "dependencies.pth").write_text(f"{Path(textual.__file__).parents[1]}\n")
    return fresh / "bin"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.made(tmp_path / "world")


def test_the_package_is_the_one_in_the_wheel(commands: Path, world: World) -> None:
    said = subprocess.run(
        [commands / "python", "-c", "import tui; print(tui.__file__)"],
        cwd=world.folder, env=world.environ(), check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert Path(said.stdout.strip()).is_relative_to(commands.parent)


def test_the_manifests_are_in_it(commands: Path, world: World) -> None:
    program = str(commands / "ld-flag-import")
    manifests = commands.parent.glob("lib/*/site-packages/tui/manifests/*.json")
    printed = subprocess.run(
        [program, "manifest", *map(str, manifests)],
        cwd=world.folder, env=world.environ(), check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert "sourceApiKey" in printed.stdout
    assert "workspaceApiKey" in printed.stdout


def test_templates_are_in_it(commands: Path) -> None:
    (package,) = commands.parent.glob("lib/*/site-packages/tui")
    packed, ours = ({path.relative_to(root) for path in root.glob("*/templates/*")} for root in (package, ROOT / "tui"))
    assert packed == ours
    assert {path.name for path in packed} >= {"report.html", "report.css", "report.md", "plan.md"}


def test_the_wizard_opens_with_its_styles(commands: Path, world: World) -> None:
    environ = world.environ(COLORTERM="truecolor")
    with Pty([str(commands / "ld-flag-import"), "--demo"], environ, world.folder) as term:
        term.wait("( ) Split", "( ) Unleash")
        assert term.text().splitlines()[-1].split()[:2] == ["Enter", "choose"], "the keys stand in the last row"
        term.press("ctrl+q")
        assert term.end() == 0
