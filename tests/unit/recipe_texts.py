"""Texts of recipes, changed in one place, and the problems that reading them tells."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import pytest
import tomlkit

from tests.unit.answers.test_recipe import answered
from tests.unit.walk_tools import built_forms
from tui.answers import recipe
from tui.answers.fields import Form
from tui.answers.recipe_reader import Overrides, RecipeError, read_text
from tui.net.errors import Kind, Safe

CANARY = "canary-7d1f0c-which-may-be-a-key"
UNLEASH = recipe.write(answered("unleash", config_tags="migration")[0]).text
SPLIT = recipe.write(answered("split")[0]).text
REMOVED = object()


def named_case(value: object) -> str:
    """The same in every process that runs tests."""
    return "removed" if value is REMOVED else str(value)[:30]


LITERAL = "contains a value. Keys are never read from a recipe. Write env:NAME, file:PATH, or keyring."


def changed(path: str, value: object, text: str = UNLEASH) -> str:
    """The recipe with another value at `path`, or without it."""
    document: Any = tomllib.loads(text)
    *tables, key = path.split(".")
    here = document
    for table in tables:
        here = here.setdefault(table, {})
    if value is REMOVED:
        del here[key]
    else:
        here[key] = value
    return tomlkit.dumps(document)


def problems(text: str, said: Overrides | None = None, known: Mapping[str, Form] | None = None) -> list[str]:
    with pytest.raises(RecipeError) as refused:
        read_text(text, known or built_forms(), said or Overrides())
    assert refused.value.kind is Kind.RECIPE
    assert refused.value.exit_code == 2
    assert refused.value.safe is Safe.NOTHING_SENT
    assert refused.value.what.splitlines() == [str(each) for each in refused.value.problems]
    return [str(each) for each in refused.value.problems]
