"""`ld-flag-import verify`: one document about what arrived, with the journal and without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.headless_tools import ERROR, Recipe, killed, recipe_in
from tests.unit.run_tools import deleted, flags_of, instructed
from tests.unit.walk_tools import INTEGRATIONS
from tui.apply.journal import Stage
from tui.commands import verify
from tui.plan.plan import Verdict
from tui.sandbox.server import Sandbox

FIELDS = ["missing", "unexpected", "different", "on_in_launchdarkly"]


def token_alone(recipe: Recipe) -> dict[str, str]:
    return {"LD_ACCESS_TOKEN": recipe.environ["LD_ACCESS_TOKEN"]}


def test_what_agrees_is_an_empty_document_and_needs_your_token_alone(recipe: Recipe, box: Sandbox) -> None:
    assert recipe.run().code == 0
    before = len(box.requests)
    ran = recipe.run(verify.run, environ=token_alone(recipe), yes=False)
    assert (ran.code, ran.lines, ran.err) == (0, [{name: [] for name in FIELDS}], "")
    assert {method for method, _, _ in box.requests[before:]} == {"GET"}
    told = recipe.run(verify.run, as_json=False)
    assert (told.code, told.err) == (0, "")
    assert told.out.splitlines()[0] == f"Verified: {len(recipe.journal.expected)} as planned."
    assert "Not compared" in told.out


def test_every_difference_is_told_and_is_6(recipe: Recipe, box: Sandbox) -> None:
    assert recipe.run().code == 0
    gone, other, on, *_ = [each.key for each in recipe.journal.expected]
    deleted(box, gone)
    instructed(box, other, "updateName", value="Renamed")
    instructed(box, on, "turnFlagOn", environmentKey="staging")
    ran = recipe.run(verify.run)
    (document,) = ran.lines
    assert (ran.code, [*document]) == (6, FIELDS)
    assert document["on_in_launchdarkly"] == [{"key": on, "environments": ["staging"]}]
    assert document["missing"] == [{"key": gone}]
    (unlike,) = document["different"]
    assert unlike["key"] == other
    assert unlike["properties"] == [{"what": "name", "planned": other, "there": "Renamed"}]
    told = recipe.run(verify.run, as_json=False)
    assert told.code == 6
    assert f"  x missing  {gone}" in told.out.splitlines()
    assert "1 missing, 1 different, 1 on in LaunchDarkly" in told.out


def test_without_a_journal_every_flag_with_a_legal_key_is_expected(box: Sandbox, tmp_path: Path) -> None:
    recipe = recipe_in(box, tmp_path)
    assert recipe.run().code == 0
    (path,) = recipe.journals
    breaking = {each.key for each in recipe.journal.left_out if each.verdict == Verdict.BREAKS_CONVENTION.value}
    path.unlink()
    ran = recipe.run(verify.run)
    (document,) = ran.lines
    assert {each["key"] for each in document["missing"]} == breaking, "skipped ones lack the tag; those could not come"
    assert (document["unexpected"], document["different"]) == ([], [])
    assert ran.code == (6 if breaking else 0)
    assert not recipe.journals, "a comparison alone begins no journal"


@pytest.mark.parametrize("integration", INTEGRATIONS)
def test_before_any_import_all_are_missing(box: Sandbox, tmp_path: Path, integration: str) -> None:
    recipe = recipe_in(box, tmp_path, integration)
    ran = recipe.run(verify.run)
    assert ran.code == 6
    missing = {each["key"] for each in ran.lines[0]["missing"]}
    assert missing
    assert not missing & flags_of(box).keys()


def test_after_creating_alone_there_is_no_expected_set_yet(recipe: Recipe) -> None:
    assert recipe.run(create_only=True).code == 0
    (path,) = recipe.journals
    before = path.read_bytes()
    assert recipe.run(verify.run).code == 6
    assert path.read_bytes() == before


def test_the_first_comparison_leaves_its_traces_in_the_journal(recipe: Recipe) -> None:
    killed(recipe, Stage.VERIFIED, noted=False)
    assert not any(each.environments for each in recipe.journal.traces.values())
    assert recipe.run(verify.run).code == 0
    assert recipe.journal.traces.keys() == recipe.journal.keys
    assert all(each.environments for each in recipe.journal.traces.values())
    assert recipe.journal.stage is Stage.VERIFIED


def test_a_failure_is_one_error_and_no_document(recipe: Recipe, box: Sandbox) -> None:
    missing = recipe.run(verify.run, environ={})
    assert (missing.code, len(missing.lines), [*missing.lines[0]]) == (3, 1, ERROR)
    assert not box.requests
    box.set_fault("launchdarkly-flags-lost-page")
    ran = recipe.run(verify.run)
    assert (ran.code, ran.one("error")["kind"], len(ran.lines)) == (5, "server-error", 1)
