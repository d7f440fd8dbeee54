"""Undo after somebody created flags by hand under planned keys: theirs stay, ours are taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.headless_tools import Recipe
from tests.unit.history_tools import (
    CREATE,
    KEY,
    TRIGGER,
    WITHOUT_LOG,
    applied,
    create_equal,
    deletes,
    just_before,
    killed_at,
    planned_keys,
    taken_back,
)
from tests.unit.run_tools import creates, triggers
from tui.apply.journal import Stage
from tui.commands import verify


def before_the_start(recipe: Recipe) -> set[str]:
    done = just_before(recipe.box, TRIGGER, lambda: create_equal(recipe, KEY))
    applied(recipe)
    assert done
    return {KEY}


def before_the_create(recipe: Recipe) -> set[str]:
    done = just_before(recipe.box, CREATE, lambda: create_equal(recipe, KEY))
    applied(recipe)
    assert done
    return {KEY}


def after_the_plan_with_the_clock_set_back(recipe: Recipe) -> set[str]:
    """The snapshot of the plan lies in the future by the client's clock."""

    def act() -> None:
        recipe.time.at -= 86_400
        create_equal(recipe, KEY)

    done = just_before(recipe.box, CREATE, act)
    applied(recipe)
    assert done
    return {KEY}


def created_killed_and_the_clock_set_back(recipe: Recipe) -> set[str]:
    killed_at(recipe, Stage.CREATED)
    recipe.time.at -= 86_400
    create_equal(recipe, KEY)
    applied(recipe)
    return {KEY}


def killed_and_created_by_hand_before_resuming(recipe: Recipe) -> set[str]:
    killed_at(recipe, Stage.CREATING)
    create_equal(recipe, KEY)
    applied(recipe)
    return {KEY}


def while_it_runs(recipe: Recipe) -> set[str]:
    """The last flags are not there yet when the colleague creates one of them."""
    late: list[str] = []
    there = recipe.box.colleague().flags().keys()

    def act(method: str, path: str) -> None:
        flags = recipe.box.colleague().flags().keys()
        missing = planned_keys(recipe) - flags
        if not late and missing and len(flags) > len(there):
            late.append(sorted(missing)[-1])
            create_equal(recipe, late[0])

    recipe.box.set_fault("import-slow")
    recipe.box.on_request = act
    applied(recipe)
    assert late
    return set(late)


def killed_failed_and_created_later(recipe: Recipe) -> set[str]:
    """The import of before ended without a flag."""
    recipe.box.set_fault("import-failed")
    killed_at(recipe, Stage.STARTED)
    recipe.box.clock.shift += 1  # later than the end, by LaunchDarkly's clock
    create_equal(recipe, KEY)
    recipe.box.set_fault(None)
    applied(recipe, 6)
    return planned_keys(recipe)


def stuck_and_created_later(recipe: Recipe) -> set[str]:
    recipe.box.set_fault("import-stuck")
    applied(recipe, 7)
    missing = sorted(planned_keys(recipe) - recipe.box.colleague().flags().keys())
    recipe.box.clock.shift += 5
    create_equal(recipe, missing[0])
    recipe.run(verify.run)
    return set(missing)


def deleted_and_created_again(recipe: Recipe) -> set[str]:
    applied(recipe)
    recipe.box.colleague().recreate(KEY)
    return {KEY}


def recreated_before_it_was_seen(recipe: Recipe) -> set[str]:
    """Nobody saw the import's own flag."""
    killed_at(recipe, Stage.STARTED)
    recipe.box.colleague().recreate(KEY)
    applied(recipe)
    return {KEY}


def configuration_deleted_and_created_anew(recipe: Recipe) -> set[str]:
    killed_at(recipe, Stage.CREATED)
    recipe.box.colleague().delete_configuration(recipe.journal.configuration)
    create_equal(recipe, KEY)
    applied(recipe)
    assert creates(recipe.box) == 2
    return {KEY}


def created_before_a_second_start(recipe: Recipe) -> set[str]:
    """Undone by deletion; before the second start a colleague creates one of the deleted flags."""
    applied(recipe)
    assert taken_back(recipe, delete=True) == planned_keys(recipe)
    done = just_before(recipe.box, TRIGGER, lambda: create_equal(recipe, KEY))
    applied(recipe)
    assert done
    assert triggers(recipe.box) == 2
    return {KEY}


def lost_start_answer(recipe: Recipe) -> set[str]:
    recipe.box.set_fault("lost-trigger-answer")
    just_before(recipe.box, TRIGGER, lambda: create_equal(recipe, KEY))
    applied(recipe)
    return {KEY}


HAND_MADE: list[Callable[[Recipe], set[str]]] = [
    before_the_start,
    before_the_create,
    after_the_plan_with_the_clock_set_back,
    created_killed_and_the_clock_set_back,
    killed_and_created_by_hand_before_resuming,
    while_it_runs,
    killed_failed_and_created_later,
    stuck_and_created_later,
    deleted_and_created_again,
    recreated_before_it_was_seen,
    configuration_deleted_and_created_anew,
    created_before_a_second_start,
    lost_start_answer,
]


@pytest.mark.parametrize("history", HAND_MADE, ids=[each.__name__ for each in HAND_MADE])
def test_flag_made_by_hand_stays_and_ours_are_taken_back(recipe: Recipe, history: Callable[[Recipe], set[str]]) -> None:
    theirs = history(recipe)
    assert taken_back(recipe, delete=deletes(recipe)) == planned_keys(recipe) - theirs


WITHOUT_WINDOW = [
    created_killed_and_the_clock_set_back,
    killed_and_created_by_hand_before_resuming,
    killed_failed_and_created_later,
    stuck_and_created_later,
    deleted_and_created_again,
    configuration_deleted_and_created_anew,
]
"""Without the audit log these are known by the snapshot, the window or the trace alone."""


@pytest.mark.parametrize("history", WITHOUT_WINDOW, ids=[each.__name__ for each in WITHOUT_WINDOW])
@pytest.mark.parametrize("fault", WITHOUT_LOG)
def test_without_the_audit_log_a_flag_made_outside_the_window_stays(
    one: Recipe, history: Callable[[Recipe], set[str]], fault: str
) -> None:
    theirs = history(one)
    one.box.set_fault(fault)
    assert taken_back(one) == planned_keys(one) - theirs


DIFFERENT: dict[str, dict[str, Any]] = {
    "name": {"name": "Google Pay"},
    "description": {"description": "Made by hand"},
    "tag": {"tags": ("imported",)},
    "values": {"variations": ((False, "off"), (True, "on"))},
    "kind": {"variations": (("true", "on"), ("false", "off"))},
    "defaults": {"on": 1, "off": 0},
}


@pytest.mark.parametrize("what", DIFFERENT)
def test_without_the_audit_log_a_different_flag_made_before_the_start_stays(one: Recipe, what: str) -> None:
    done = just_before(one.box, TRIGGER, lambda: create_equal(one, KEY, **DIFFERENT[what]))
    one.run()
    assert done
    one.box.set_fault("audit-log-missing")
    assert taken_back(one) == planned_keys(one) - {KEY}


def start_never_ran(recipe: Recipe) -> None:
    """The start got lost. A colleague's flag looks like its first one."""
    recipe.box.set_fault("lost-trigger-request")
    applied(recipe, 5)
    recipe.box.clock.shift += 2
    create_equal(recipe, KEY)
    recipe.box.set_fault("audit-log-missing")
    applied(recipe, 7)


def test_without_the_audit_log_a_flag_made_after_a_lost_start_stays(one: Recipe) -> None:
    start_never_ran(one)
    assert one.run(verify.run).code == 6
    assert taken_back(one) == set()


def test_without_the_audit_log_flags_made_one_by_one_before_the_start_stay(one: Recipe) -> None:
    """The newest flags are read once more after each look at the status."""
    one.box.set_fault("audit-log-missing")
    made: list[str] = []

    def act(method: str, path: str) -> None:
        if creates(one.box) and not triggers(one.box) and method == "GET" and path.rpartition("/")[2] != "web-shop":
            missing = sorted(planned_keys(one) - one.box.colleague().flags().keys())
            if len(missing) > 4:
                made.append(missing[0])
                create_equal(one, missing[0])

    one.box.on_request = act
    applied(one)
    assert len(made) > 2
    assert taken_back(one) == planned_keys(one) - set(made)
