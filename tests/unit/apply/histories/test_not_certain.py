"""Flags that the import may have created, without proof: they stay unless the user names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.headless_tools import Recipe, recipe_in
from tests.unit.history_tools import (
    DELETE,
    KEY,
    TRIGGER,
    WITHOUT_LOG,
    actions,
    applied,
    create_equal,
    just_before,
    planned_keys,
    taken_back,
)
from tui.commands import undo
from tui.sandbox.server import Sandbox


@pytest.mark.parametrize("fault", [None, *WITHOUT_LOG])
@pytest.mark.parametrize("integration", ["unleash", "split"])
def test_without_a_flag_tag_the_audit_log_alone_makes_certain(
    box: Sandbox, tmp_path: Path, integration: str, fault: str | None
) -> None:
    recipe = recipe_in(box, tmp_path, integration, ldTag="")
    done = just_before(box, TRIGGER, lambda: create_equal(recipe, KEY))
    applied(recipe)
    assert done
    box.set_fault(fault)
    assert taken_back(recipe) == (set() if fault else planned_keys(recipe) - {KEY})


def not_certain(recipe: Recipe) -> None:
    """An import of which nothing is certain."""
    recipe.box.set_fault("no-creation-date")
    applied(recipe)


@DELETE
def test_a_flag_that_is_not_certain_is_taken_back_only_by_name(one: Recipe, delete: bool) -> None:
    not_certain(one)
    assert taken_back(one) == set()
    assert taken_back(one, flags=[KEY], delete=delete) == {KEY}
    assert taken_back(one) == set()


def test_a_named_flag_that_is_somebody_elses_stays(one: Recipe) -> None:
    not_certain(one)
    one.box.colleague().switch(KEY)
    assert taken_back(one, flags=[KEY]) == set()


def test_a_named_flag_that_is_edited_after_the_list_stays(one: Recipe) -> None:
    """The server gives no version that would move."""
    one.box.set_fault("no-version")
    applied(one)
    read_again = ("GET", f"/api/v2/flags/web-shop/{KEY}")
    done = just_before(one.box, read_again, lambda: one.box.colleague().describe(KEY, "Mine"))
    ran = one.run(undo.run, flags=[KEY])
    assert (ran.code, actions(ran)[KEY], bool(done)) == (0, "keep", True)


def test_a_key_that_was_not_planned_cannot_be_named(one: Recipe) -> None:
    applied(one)
    ran = one.run(undo.run, flags=["invoice-pdf"])
    assert (ran.code, ran.lines[0]["kind"]) == (2, "recipe")
    assert not any(method in ("PATCH", "DELETE") for method, _, _ in one.box.requests)
