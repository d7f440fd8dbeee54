"""The recipe's table `[rebuild]`: read, refused with every problem, and kept when the wizard saves."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.unit.recipe_texts import CANARY, SPLIT, problems
from tests.unit.walk_tools import built_forms
from tui.answers import recipe
from tui.answers.rebuild_settings import RebuildSettings
from tui.answers.recipe import Recipe
from tui.answers.recipe_reader import read_text

WHOLE = """
[rebuild]
environment = "production"
accept = ["rebucketed", "app-must-send:appName"]
helper_segments = false
source_sdk = "python"
[rebuild.context_kinds]
account = "organization"
"""


def test_settings_are_read() -> None:
    assert read_text(SPLIT + WHOLE, built_forms()).rebuild == RebuildSettings(
        "production", frozenset({"rebucketed", "app-must-send:appName"}), False, "python", {"account": "organization"}
    )


def test_settings_are_optional() -> None:
    assert read_text(SPLIT, built_forms()).rebuild == RebuildSettings()
    assert read_text(SPLIT + "\n[rebuild]\n", built_forms()).rebuild == RebuildSettings()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('enviroment = "x"', "rebuild.enviroment isn't a known entry. Did you mean environment?"),
        ("environment = 7", "rebuild.environment must be text in quotes."),
        (f'environment = "{CANARY} {CANARY}"', "rebuild.environment isn't the key of a LaunchDarkly environment."),
        ('accept = "rebucketed"', 'rebuild.accept must be a list of strings, such as ["rebucketed"].'),
        (
            'accept = ["rebucketed", "rebuckted"]',
            "rebuild.accept[1] isn't a known approximation. Did you mean rebucketed?",
        ),
        ('accept = ["app-must-send:"]', "rebuild.accept[0] isn't a known approximation."),
        ("helper_segments = 1", "rebuild.helper_segments must be true or false, without quotes."),
        ('source_sdk = "Python"', "rebuild.source_sdk must be one of: javascript, python, go, ruby, java."),
        ("source_sdk = true", "rebuild.source_sdk must be text in quotes."),
        (
            "context_kinds = 1",
            "rebuild.context_kinds must be a table: write [rebuild.context_kinds] on its own line.",
        ),
        (
            '[rebuild.context_kinds]\naccount = "multi"',
            "rebuild.context_kinds.account isn't the key of a LaunchDarkly context kind.",
        ),
        ("[rebuild.context_kinds]\naccount = 1", "rebuild.context_kinds.account must be text in quotes."),
        (f'[rebuild.context_kinds]\n"{CANARY} x" = 1', "rebuild.context_kinds.#1 must be text in quotes."),
    ],
)
def test_each_problem_is_named_by_its_path(lines: str, expected: str) -> None:
    found = problems(f"{SPLIT}\n[rebuild]\n{lines}\n")
    assert found == [expected]
    assert CANARY not in str(found)


def test_problems_are_reported_together() -> None:
    assert len(problems(f'{SPLIT}\n[rebuild]\naccept = ["no", 1]\nhelper_segments = "no"\nsource_sdk = "php"\n')) == 3


def test_saving_again_keeps_the_table(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SPLIT + WHOLE)
    assert recipe.save(Recipe(SPLIT, ()), tmp_path, path.name) == path
    assert path.read_text() == SPLIT + WHOLE
    other = recipe.save(Recipe(SPLIT.replace("web-shop", "kiosk"), ()), tmp_path, path.name)
    assert other.name == "mine-2.toml"
    read_back = tomllib.loads(other.read_text())
    assert read_back["rebuild"] == tomllib.loads(WHOLE)["rebuild"]
    assert read_back["launchdarkly"]["project"] == "kiosk"


def test_a_damaged_recipe_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("rebuild = [")
    assert recipe.save(Recipe(SPLIT, ()), tmp_path, "mine.toml").read_text() == SPLIT
