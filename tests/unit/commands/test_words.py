"""No sentence of a command without a screen speaks of what only the wizard has: fields to paste into, lists to pick
from, answers that are kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import tui
from tests.unit.headless_tools import Command, Recipe, recipe_in
from tui.commands import apply, plan, undo, verify, words
from tui.commands.words import for_account, for_recipe
from tui.launchdarkly.instances import EU
from tui.launchdarkly.problems import Asked, refusal
from tui.net.errors import Failure
from tui.net.messages import Answer
from tui.sandbox.server import Sandbox
from tui.sources.split.client import no_environment, no_workspace

WIZARD = re.compile(
    r"\bpaste|your answers|answers are|\bpick\b|\bchoose\b|\bgo to\b|\bF1\b|the step\b|\bfield\b|send (it )?again", re.I
)
ROOMS = ("answers", "plan", "apply", "configurations", "wizard", "launchdarkly", "net", "sources")
STATUSES = (400, 401, 403, 404, 409, 500)
"""Of LaunchDarkly's refusals."""
ASKED = [
    Asked(EU),
    Asked(EU, project="web-shop", of="flags"),
    Asked(EU, project="web-shop", configuration="12ab"),
    Asked(EU, "nothing was created", writes=True, project="web-shop", fields=("ldApiKey",)),
]
"""Of what could have been asked."""


def refused() -> list[Failure]:
    bodies = (b"{}", b'{"message": "ldApiKey is not valid"}')
    answers = [Answer(status, "", {}, body, 0.0) for status in STATUSES for body in bodies]
    return [refusal(answer, asked, str) for answer in answers for asked in ASKED]


@pytest.mark.parametrize("said", [for_recipe, for_account])
def test_a_refusal_is_told_as_to_somebody_who_runs_a_command(said: Callable[[Failure], Failure]) -> None:
    failures = refused()
    assert any(WIZARD.search(str(each)) for each in failures), "there is something to say otherwise"
    for failure in failures:
        told = said(failure)
        assert not WIZARD.search(str(told)), str(told)
        assert (told.kind, told.status_code, told.field) == (failure.kind, failure.status_code, failure.field)


@pytest.mark.parametrize("failure", [no_workspace("w"), no_environment("e")])
def test_what_split_does_not_have_is_corrected_in_the_recipe(failure: Failure) -> None:
    assert not WIZARD.search(str(for_recipe(failure)))


@pytest.mark.parametrize("phrase", sorted({*words._RECIPE, *words._ACCOUNT}))
def test_each_phrase_that_is_said_otherwise_is_one_that_is_said(phrase: str) -> None:
    """A sentence that was changed below would be shown as it is, unseen."""
    root = Path(tui.__file__).parent
    below = [path.read_text() for room in ROOMS for path in sorted((root / room).glob("*.py"))]
    below.append((root / "context.py").read_text())
    assert any(phrase in said for said in (*below, *map(str, refused())))


@pytest.mark.parametrize(
    ("fault", "command"),
    [
        ("unauthorized", apply.run),
        ("forbidden", apply.run),
        ("bad-request", apply.run),
        ("not-found", apply.run),
        ("conflict", apply.run),
        ("server-error", apply.run),
        ("rate-limited-long", apply.run),
        ("lost-request", apply.run),
        ("lost-trigger-request", apply.run),
        ("source-unauthorized", plan.run),
        ("source-rate-limited-long", plan.run),
        ("source-garbage", plan.run),
        ("source-down", verify.run),
    ],
)
def test_a_fault_is_told_so_too(recipe: Recipe, box: Sandbox, fault: str, command: Command) -> None:
    box.set_fault(fault)
    ran = recipe.run(command, as_json=False)
    assert ran.code not in (0, 1)
    assert ran.err
    assert not WIZARD.search(ran.err), ran.err


@pytest.mark.parametrize("name", ["UNLEASH_SDK_KEY", "SPLIT_ADMIN_KEY"])
def test_a_key_that_the_source_refuses_is_corrected_where_the_recipe_refers_to(
    box: Sandbox, tmp_path: Path, name: str
) -> None:
    recipe = recipe_in(box, tmp_path, "unleash" if name.startswith("UNLEASH") else "split")
    wrong = {**recipe.environ, name: f"{recipe.environ[name][:-1]}0"}
    ran = recipe.run(environ=wrong, as_json=False)
    assert ran.code == 3
    assert "put it where the recipe refers to" in ran.err
    assert not WIZARD.search(ran.err), ran.err


def test_what_is_wrong_in_a_recipe_is_told_so_too(box: Sandbox, tmp_path: Path) -> None:
    recipe = recipe_in(box, tmp_path, ldMaintainer="ana@example.com")
    for command in (apply.run, plan.run, verify.run, undo.run):
        ran = recipe.run(command, as_json=False)
        assert ran.code == 2
        assert "Look it up in LaunchDarkly." in ran.err
        assert len(ran.err.splitlines()) == 2, "a line for each problem, and what to do"


def test_a_refused_token_says_what_became_of_the_import(recipe: Recipe, box: Sandbox) -> None:
    token = recipe.environ["LD_ACCESS_TOKEN"]
    ran = recipe.run(environ={**recipe.environ, "LD_ACCESS_TOKEN": f"{token[:-1]}0"})
    assert ran.one("error")["advice"].endswith("--host; nothing was changed.")
    box.set_fault("unauthorized")  # at the creation, which is noted before it is sent
    ran = recipe.run()
    assert ran.one("error")["advice"].endswith("--host; then run it again: what was done is noted.")
