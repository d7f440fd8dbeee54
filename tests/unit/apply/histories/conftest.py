"""Practice servers with few flags, and recipes of imports from them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.headless_tools import Recipe, recipe_in
from tests.unit.history_tools import (
    some_flags,
)
from tui.sandbox.server import Sandbox


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox.start(company=some_flags()) as made:
        yield made


@pytest.fixture(params=["unleash", "split"])
def recipe(box: Sandbox, tmp_path: Path, request: pytest.FixtureRequest) -> Recipe:
    return recipe_in(box, tmp_path, request.param)


@pytest.fixture
def one(box: Sandbox, tmp_path: Path) -> Recipe:
    """A recipe for one integration, where the other would show nothing new."""
    return recipe_in(box, tmp_path)
