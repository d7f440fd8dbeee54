"""`plan` and `apply` where the source's answer contradicts the recipe: an error before anything is created."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.headless_tools import Recipe, recipe_in
from tests.unit.recipe_tools import planned
from tests.unit.source_thread import answering
from tests.unit.sources_server import Asked, Reply
from tests.unit.walk_tools import SOURCE_KEY
from tui.commands import apply, verify
from tui.sandbox.server import Sandbox
from tui.secrets.names import proposed_variable

EVERY = "*:production.0123456789abcdef0123456789abcdef0123456789abcdef"
WRONG = [("sourceEnvironmentId", "development"), ("sourceProjectId", "web-shop")]


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox.start() as made:
        yield made


def writes(box: Sandbox) -> list[tuple[str, str]]:
    return [(method, path) for method, path, _ in box.requests if method != "GET"]


def plan(recipe: Recipe) -> tuple[int, dict[str, Any]]:
    code, out, _ = planned(recipe.path, recipe.environ, as_json=True)
    return code, json.loads(out)


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_key_of_another_scope_is_an_error_and_nothing_is_written(
    box: Sandbox, tmp_path: Path, field: str, value: str
) -> None:
    recipe = recipe_in(box, tmp_path, **{field: value})
    code, error = plan(recipe)
    failures = [(code, error)]
    for command in (apply.run, verify.run):
        ran = recipe.run(command)
        failures.append((ran.code, ran.one("error")))
    assert [(code, error["kind"], error["field"]) for code, error in failures] == [(3, "credential", field)] * 3
    assert writes(box) == []


def test_create_only_reads_no_source_and_creates(box: Sandbox, tmp_path: Path) -> None:
    recipe = recipe_in(box, tmp_path, sourceEnvironmentId="development")
    ran = recipe.run(create_only=True)
    assert (ran.code, len(writes(box))) == (0, 1)


# --- a server such as Unleash Edge, which ignores project and tag


def feature(name: str, project: str) -> dict[str, object]:
    return {"name": name, "type": "release", "enabled": True, "project": project, "strategies": [], "variants": []}


def edge(asked: Asked) -> Reply:
    query: Mapping[str, object] = {"tags": None, "projects": ["*"], "namePrefix": None, "environment": "production"}
    features = [feature("a", "default"), feature("b", "default"), feature("c", "web-shop")]
    return Reply(200, {"version": 2, "features": features, "query": query})


def behind(box: Sandbox, folder: Path, url: str, **answers: str) -> Recipe:
    recipe = recipe_in(box, folder, sourceBaseUrl=url, **answers)
    name = proposed_variable("unleash", SOURCE_KEY["unleash"])
    return replace(recipe, environ={**recipe.environ, name: EVERY})


def test_tag_that_was_ignored_is_an_error_before_anything_is_created(box: Sandbox, tmp_path: Path) -> None:
    with answering(edge) as server:
        recipe = behind(box, tmp_path, server.url, sourceTag="simple:payments")
        code, planned_error = plan(recipe)
        ran = recipe.run()
    for error in (planned_error, ran.one("error")):
        assert (error["kind"], error["field"]) == ("source", "sourceTag")
    assert (code, ran.code, writes(box)) == (5, 5, [])


def test_flags_of_other_projects_are_left_out_with_a_note(box: Sandbox, tmp_path: Path) -> None:
    with answering(edge) as server:
        code, document = plan(behind(box, tmp_path, server.url, sourceTag=""))
    assert (code, [flag["key"] for flag in document["flags"]]) == (0, ["a", "b"])
    assert any("web-shop" in note for note in document["notes"])


def test_flags_outside_the_projects_that_the_answer_names_are_left_out(box: Sandbox, tmp_path: Path) -> None:
    query = {"project": ["default"], "environment": "production"}
    features = [feature("a", "default"), feature("c", "web-shop")]
    with answering(lambda _: Reply(200, {"version": 2, "features": features, "query": query})) as server:
        code, document = plan(behind(box, tmp_path, server.url, sourceTag=""))
    assert (code, [flag["key"] for flag in document["flags"]]) == (0, ["a"])


SCOPE: Mapping[str, object] = {"project": ["default"], "environment": "production"}


@pytest.mark.parametrize(
    ("query", "noted"), [(SCOPE, True), (None, True), ({**SCOPE, "tag": [["simple", "payments"]]}, False)]
)
def test_answer_that_does_not_show_its_tag_has_a_note(
    box: Sandbox, tmp_path: Path, query: Mapping[str, object] | None, noted: bool
) -> None:
    body = {"version": 2, "features": [feature("a", "default")], **({"query": query} if query else {})}
    with answering(lambda _: Reply(200, body)) as server:
        code, document = plan(behind(box, tmp_path, server.url, sourceTag="simple:payments"))
    assert code == 0
    assert any("payments" in note for note in document["notes"]) is noted


# --- notes of the plan, where only apply is run


@pytest.mark.parametrize("as_json", [True, False])
def test_apply_prints_the_notes_of_its_plan_beside_its_results(box: Sandbox, tmp_path: Path, as_json: bool) -> None:
    recipe = recipe_in(box, tmp_path)
    notes = plan(recipe)[1]["notes"]
    assert notes
    ran = recipe.run(as_json=as_json)
    assert ran.code == 0
    printed = " ".join(ran.err.split())
    assert all(note in printed for note in notes)
    assert not any(note in ran.out for note in notes)
