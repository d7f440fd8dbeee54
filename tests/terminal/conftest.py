"""What the terminal tests share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.world import World
from tui.sandbox.server import Sandbox

collect_ignore_glob = ["test_*.py"] if sys.platform == "win32" else []  # there are no pseudo-terminals


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Empty folders for one program."""
    return World.made(tmp_path / "world")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The practice servers, in this process, in a hurry."""
    with Sandbox.start() as box:
        yield box
