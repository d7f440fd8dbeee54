"""Undo with servers that leave something out, or write flags in their own way."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from tests.unit.headless_tools import KilledError, Recipe, recipe_in
from tests.unit.history_tools import (
    KEY,
    OTHER,
    applied,
    deletes,
    planned_keys,
    taken_back,
)
from tui.commands import undo
from tui.launchdarkly.client import LaunchDarkly
from tui.sandbox.server import Sandbox


@pytest.mark.parametrize(
    "fault", ["no-creation-date", "no-version", "no-environment-versions", "written-twice", "written-thrice"]
)
@pytest.mark.parametrize("log", [None, "audit-log-missing"], ids=["audit log", "no audit log"])
def test_flag_created_again_stays_whatever_the_server_leaves_out(one: Recipe, fault: str, log: str | None) -> None:
    one.box.set_faults(*filter(None, (fault, log)))
    applied(one)
    greta = one.box.colleague()
    greta.recreate(KEY, lacks=greta.flag(KEY).lacks)
    greta.edit_in(OTHER, "test", off=0)
    certain = fault.startswith("written")
    assert taken_back(one) == (planned_keys(one) - {KEY, OTHER} if certain else set())


def test_without_a_date_nothing_is_certain(one: Recipe) -> None:
    one.box.clock.minute = False
    applied(one)
    assert taken_back(one) == set()


ODD = ["written-twice", "written-thrice", "modified-after-creation", "split-defaults-zero", "started-by-create"]


@pytest.mark.parametrize("log", [None, "audit-log-missing"], ids=["audit log", "no audit log"])
@pytest.mark.parametrize("fault", ODD)
def test_undisturbed_flags_of_an_odd_importer_are_taken_back(recipe: Recipe, fault: str, log: str | None) -> None:
    recipe.box.set_faults(*filter(None, (fault, log)))
    recipe.run()
    assert taken_back(recipe, delete=deletes(recipe)) == planned_keys(recipe)


@pytest.mark.parametrize("faults", itertools.product(["written-twice", "written-thrice"], ["split-defaults-zero"]))
def test_undo_that_was_killed_takes_back_the_rest(
    box: Sandbox, tmp_path: Path, faults: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last two flags alone would be too few to tell how the importer writes."""
    recipe = recipe_in(box, tmp_path, "split")
    box.set_faults(*faults)
    recipe.run()
    left = len(planned_keys(recipe)) - 2
    archive, count = LaunchDarkly.archive_flag, [0]

    async def dies(self: LaunchDarkly, *more: str) -> None:
        count[0] += 1
        if count[0] > left:
            raise KilledError
        await archive(self, *more)

    with monkeypatch.context() as patch:
        patch.setattr(LaunchDarkly, "archive_flag", dies)
        with pytest.raises(KilledError):
            recipe.run(undo.run)
    assert len(taken_back(recipe)) == 2
