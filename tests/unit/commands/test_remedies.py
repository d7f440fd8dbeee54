"""Every remedy has words in each front, and no command speaks of what only the wizard has: fields to paste into, lists
to pick from, answers that are kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.headless_tools import Command, Recipe, recipe_in
from tui.commands import apply, plan, undo, verify
from tui.commands.remedies import ACCOUNT, RECIPE, FailureWording
from tui.net import remedies
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.sandbox.server import Sandbox
from tui.wizard import remedies as wizard

WIZARD = re.compile(
    r"\bpaste|your answers|answers are|\bpick\b|\bchoose\b|\bgo to\b|\bF1\b|the step\b|\bfield\b|send (it )?again", re.I
)
ADVICE = [{"remedy": remedy, "about": "ABOUT"} for remedy in Remedy] + [{"safe": safe} for safe in Safe]


@pytest.mark.parametrize("words", [wizard.WORDS, RECIPE.words, ACCOUNT.words])
def test_every_remedy_has_words_in_each_front(words: dict[Remedy, str]) -> None:
    assert {*words, *remedies.WORDS} == {*Remedy}


@pytest.mark.parametrize("reader", [RECIPE, ACCOUNT])
@pytest.mark.parametrize("advice", ADVICE, ids=str)
def test_no_command_speaks_of_the_wizard(reader: FailureWording, advice: dict[str, str]) -> None:
    text = reader.sentence(Failure(Kind.INTERNAL, "What.", **advice))  # type: ignore[arg-type]
    assert not WIZARD.search(text), text
    assert re.fullmatch(r"What\.( [A-Z`].*\.)?", text), "whole sentences"


@pytest.mark.parametrize("advice", ADVICE, ids=str)
def test_the_wizard_speaks_in_whole_sentences(advice: dict[str, str]) -> None:
    text = wizard.sentence(Failure(Kind.INTERNAL, "What.", **advice))  # type: ignore[arg-type]
    assert re.fullmatch(r"What\. [A-Z`].*[^.]\.", text), text


def test_what_a_remedy_is_about_is_named_in_its_words() -> None:
    failure = Failure(Kind.TLS, "What.", "Why.", Remedy.CHECK, about="HTTPS_PROXY", safe=Safe.NOTHING_SENT)
    for text in (wizard.sentence(failure), RECIPE.sentence(failure), ACCOUNT.sentence(failure)):
        assert text == "What. Why. Check HTTPS_PROXY. Nothing was sent."


@pytest.mark.parametrize(
    ("fault", "command"),
    [
        ("unauthorized", apply.run),
        ("bad-request", apply.run),
        ("lost-request", apply.run),
        ("lost-trigger-request", apply.run),
        ("source-rate-limited-long", plan.run),
        ("source-down", verify.run),
    ],
)
def test_a_fault_is_worded_for_a_command(recipe: Recipe, box: Sandbox, fault: str, command: Command) -> None:
    box.set_fault(fault)
    ran = recipe.run(command, as_json=False)
    assert ran.code not in (0, 1)
    assert ran.err
    assert not WIZARD.search(ran.err), ran.err


@pytest.mark.parametrize("name", ["UNLEASH_SDK_KEY", "SPLIT_ADMIN_KEY"])
def test_a_refused_key_is_corrected_where_the_recipe_refers_to(box: Sandbox, tmp_path: Path, name: str) -> None:
    recipe = recipe_in(box, tmp_path, "unleash" if name.startswith("UNLEASH") else "split")
    wrong = {**recipe.environ, name: f"{recipe.environ[name][:-1]}0"}
    ran = recipe.run(environ=wrong, as_json=False)
    assert ran.code == 3
    assert "the recipe reads it from" in ran.err
    assert not WIZARD.search(ran.err), ran.err


@pytest.mark.parametrize("command", [apply.run, plan.run, verify.run, undo.run])
def test_a_problem_of_a_recipe_has_its_own_advice(box: Sandbox, tmp_path: Path, command: Command) -> None:
    ran = recipe_in(box, tmp_path, ldMaintainer="ana@example.com").run(command, as_json=False)
    assert ran.code == 2
    problem, advice = ran.err.splitlines()
    assert problem.endswith("Look up the member in LaunchDarkly, or leave it out.")
    assert advice == "Fix it and run it again. Nothing was sent."


def test_a_refused_token_says_what_became_of_the_import(recipe: Recipe, box: Sandbox) -> None:
    token = recipe.environ["LD_ACCESS_TOKEN"]
    ran = recipe.run(environ={**recipe.environ, "LD_ACCESS_TOKEN": f"{token[:-1]}0"})
    assert ran.one("error")["advice"].endswith("--host. Nothing was changed.")
    box.set_fault("unauthorized")  # at the creation, which is noted before it is sent
    ran = recipe.run()
    assert ran.one("error")["advice"].endswith("--host. Then run it again to resume.")
