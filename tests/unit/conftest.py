"""Practice servers of a test's own, and clients of others that speak to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.unit.headless_tools import Recipe, recipe_in
from tests.unit.sandbox_tools import launchdarkly, split, unleash
from tui.sandbox.server import Sandbox


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox.start() as made:
        yield made


@pytest.fixture
def ld(box: Sandbox) -> Iterator[httpx.Client]:
    with launchdarkly(box) as client:
        yield client


@pytest.fixture
def admin(box: Sandbox) -> Iterator[httpx.Client]:
    """Speaks to Split with its Admin API key."""
    with split(box) as client:
        yield client


@pytest.fixture
def sdk(box: Sandbox) -> Iterator[httpx.Client]:
    """Speaks to Unleash with its SDK key."""
    with unleash(box) as client:
        yield client


@pytest.fixture
def recipe(box: Sandbox, tmp_path: Path) -> Recipe:
    """A recipe of the practice company, and the variables it names."""
    return recipe_in(box, tmp_path)
