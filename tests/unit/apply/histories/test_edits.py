"""Undo after somebody edited imported flags, at any moment: these stay, the others are taken back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.headless_tools import Recipe, recipe_in
from tests.unit.history_tools import (
    DELETE,
    ENVIRONMENTS,
    KEY,
    OTHER,
    TRIGGER,
    actions,
    just_before,
    killed_at,
    planned_keys,
    taken_back,
)
from tui.apply.journal import Stage
from tui.commands import undo
from tui.sandbox.colleague import Colleague
from tui.sandbox.server import Sandbox


def switched_on_and_off(greta: Colleague) -> None:
    greta.switch(KEY)
    greta.switch(KEY, on=False)


def described_and_back(greta: Colleague) -> None:
    before = greta.flag(KEY).description
    greta.describe(KEY, "Mine")
    greta.describe(KEY, before)


EDITS: dict[str, Callable[[Colleague], object]] = {
    "renamed": lambda greta: greta.rename(KEY, "Mine"),
    "described": lambda greta: greta.describe(KEY, "Mine"),
    "described and back": described_and_back,
    "tagged": lambda greta: greta.tag(KEY, "mine"),
    "untagged": lambda greta: greta.untag(KEY, *greta.flag(KEY).tags),
    "targeting rule": lambda greta: greta.add_rule(KEY),
    "individual target": lambda greta: greta.add_target(KEY, "u-1"),
    "context target": lambda greta: greta.add_target(KEY, "o-1", kind="organization"),
    "prerequisite": lambda greta: greta.require(KEY, "invoice-pdf"),
    "switched on": lambda greta: greta.switch(KEY),
    "switched on and off": switched_on_and_off,
    "off variation": lambda greta: greta.edit_in(KEY, "staging", off=0),
    "default variations": lambda greta: greta.edit(KEY, off=0),
    "variation renamed": lambda greta: greta.change_variation(KEY, 0, greta.flag(KEY).variations[0][0], "Mine"),
    "maintainer": lambda greta: greta.edit(KEY, maintainer="5a4db0c50001000000000002"),
    "archived and restored": lambda greta: (greta.archive(KEY), greta.restore(KEY)),
}


def before_it_was_seen(recipe: Recipe, edit: Callable[[], object]) -> None:
    killed_at(recipe, Stage.STARTED)
    edit()
    recipe.run()


def between_the_end_and_the_verification(recipe: Recipe, edit: Callable[[], object]) -> None:
    done = just_before(recipe.box, ENVIRONMENTS, edit, after=TRIGGER)
    recipe.run()
    assert done


def after_the_verification(recipe: Recipe, edit: Callable[[], object]) -> None:
    recipe.run()
    edit()


def after_undo_listed_it(recipe: Recipe, edit: Callable[[], object]) -> None:
    """The edit comes before the flag is read once more."""
    recipe.run()
    later = just_before(recipe.box, ("GET", f"/api/v2/flags/web-shop/{KEY}"), edit)
    ran = recipe.run(undo.run)
    assert (ran.code, actions(ran)[KEY], bool(later)) == (0, "keep", True)
    for key, action in actions(ran).items():
        assert action == ("keep" if key == KEY else "archive"), key


MOMENTS = [before_it_was_seen, between_the_end_and_the_verification, after_the_verification]


@pytest.mark.parametrize("moment", MOMENTS, ids=[each.__name__ for each in MOMENTS])
@pytest.mark.parametrize("edit", EDITS)
def test_edited_flag_stays_and_the_others_are_taken_back(
    one: Recipe, edit: str, moment: Callable[[Recipe, Callable[[], object]], None]
) -> None:
    """Without the audit log, which names the colleague."""
    one.box.set_fault("audit-log-missing")
    moment(one, lambda: EDITS[edit](one.box.colleague()))
    assert taken_back(one) == planned_keys(one) - {KEY}


@pytest.mark.parametrize("edit", EDITS)
def test_flag_edited_after_undo_listed_it_stays(one: Recipe, edit: str) -> None:
    after_undo_listed_it(one, lambda: EDITS[edit](one.box.colleague()))


@DELETE
def test_split_flags_edited_before_they_were_seen_stay(box: Sandbox, tmp_path: Path, delete: bool) -> None:
    recipe = recipe_in(box, tmp_path, "split")
    killed_at(recipe, Stage.STARTED)
    box.colleague().add_rule(KEY)
    box.colleague().describe(OTHER, "Mine")
    recipe.run()
    assert taken_back(recipe, delete=delete) == planned_keys(recipe) - {KEY, OTHER}
