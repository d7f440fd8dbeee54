"""Undo after somebody else started the same configuration: the flags of their run stay."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.headless_tools import Recipe
from tests.unit.history_tools import (
    NEWEST,
    TRIGGER,
    applied,
    deletes,
    idle,
    just_before,
    killed_at,
    planned_keys,
    taken_back,
)
from tests.unit.run_tools import creates, triggers
from tests.unit.sandbox_tools import create, launchdarkly, path_of
from tui.apply.journal import Stage


def a_colleagues_configuration(recipe: Recipe) -> str:
    """One with the recipe's name and settings; its id."""
    with launchdarkly(recipe.box) as ld:
        made = create(ld, recipe.box, recipe.integration)
        renamed = ld.patch(path_of(made), json=[{"op": "replace", "path": "/name", "value": "Practice plan"}])
        assert renamed.status_code == 200
        return str(made.json()["_id"])


def started_right_before_us(recipe: Recipe) -> None:
    """LaunchDarkly answers our start with 409."""
    configuration = a_colleagues_configuration(recipe)
    done = just_before(recipe.box, TRIGGER, lambda: recipe.box.colleague().trigger(configuration))
    assert applied(recipe).one("triggered")["status_code"] == 409
    assert done


def importing_when_we_came(recipe: Recipe) -> None:
    configuration = a_colleagues_configuration(recipe)
    done = just_before(recipe.box, NEWEST, lambda: recipe.box.colleague().trigger(configuration))
    assert applied(recipe).one("created")["id"] == configuration
    assert done


def pending_when_we_came(recipe: Recipe) -> None:
    """Somebody else's start may be queued: a second one (201) owns nothing."""
    a_colleagues_configuration(recipe)
    assert applied(recipe).one("triggered")["status_code"] == 201


def run_between_our_runs(recipe: Recipe) -> None:
    """It ended before we came back, and we started nothing."""
    killed_at(recipe, Stage.CREATED)
    recipe.box.colleague().trigger(recipe.journal.configuration)
    idle(recipe.box)
    applied(recipe)
    assert triggers(recipe.box) == 0


def running_again_after_our_start_failed(recipe: Recipe) -> None:
    """Our own import failed; the flags are those of a run that a colleague started later."""
    recipe.box.set_fault("import-failed")
    killed_at(recipe, Stage.STARTED)
    recipe.box.set_fault(None)
    recipe.box.clock.shift += 1
    recipe.box.colleague().trigger(recipe.journal.configuration)
    idle(recipe.box)
    recipe.run()


STARTED_BY_OTHERS = [
    started_right_before_us,
    importing_when_we_came,
    pending_when_we_came,
    run_between_our_runs,
    running_again_after_our_start_failed,
]


@pytest.mark.parametrize("history", STARTED_BY_OTHERS, ids=[each.__name__ for each in STARTED_BY_OTHERS])
def test_flags_of_a_run_that_somebody_else_started_stay(recipe: Recipe, history: Callable[[Recipe], None]) -> None:
    history(recipe)
    assert planned_keys(recipe) <= recipe.box.colleague().flags().keys()
    assert taken_back(recipe, delete=deletes(recipe)) == set()


def test_of_a_reused_configuration_only_the_flags_of_this_run_are_taken_back(recipe: Recipe) -> None:
    """It ran long ago. Of its flags some were deleted since, and come again."""
    configuration = a_colleagues_configuration(recipe)
    greta = recipe.box.colleague()
    greta.trigger(configuration)
    idle(recipe.box)
    gone = sorted(planned_keys(recipe))[:4]
    for key in gone:
        greta.delete(key)
    created = applied(recipe).one("created")
    assert (created["id"], created["reused"], creates(recipe.box)) == (configuration, True, 1)
    assert taken_back(recipe) == set(gone)
