"""Recipes whose import has ended, for commands that come after one. `box` is the module's own, or a whole company."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.headless_tools import Recipe, recipe_in
from tui.sandbox.server import Sandbox


def _imported(box: Sandbox, folder: Path, integration: str) -> Recipe:
    made = recipe_in(box, folder, integration)
    assert made.run().code == 0
    return made


@pytest.fixture(params=["unleash", "split"])
def imported(request: pytest.FixtureRequest, box: Sandbox, tmp_path: Path) -> Recipe:
    return _imported(box, tmp_path, request.param)


@pytest.fixture
def unleash(box: Sandbox, tmp_path: Path) -> Recipe:
    return _imported(box, tmp_path, "unleash")


@pytest.fixture
def split(box: Sandbox, tmp_path: Path) -> Recipe:
    return _imported(box, tmp_path, "split")
