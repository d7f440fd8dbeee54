"""Form variables that are called like the wizard's own fields: in recipes, requests, the keyring and errors."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.headless_tools import Recipe
from tests.unit.made_manifests import options, variable, written
from tests.unit.source_thread import answering
from tests.unit.sources_server import Asked, Reply
from tui.answers.draft import BUILT_IN
from tui.commands.manifest import run
from tui.sandbox.keys import TOKENS
from tui.sandbox.server import Sandbox
from tui.secrets.names import OWN_FIELDS, entry_name, inside, outside, proposed_variable, variable_of_entry

NAMES = sorted(OWN_FIELDS)
SECRET = "a-key-of-a-source-nobody-knows"


def test_own_fields_are_those_that_the_program_asks_for() -> None:
    assert BUILT_IN.keys() == OWN_FIELDS


@pytest.mark.parametrize("name", [*NAMES, "ldApiKey", "a.b"])
def test_form_variable_has_a_key_of_its_own_inside_and_its_name_outside(name: str) -> None:
    assert inside(name) not in BUILT_IN
    assert outside(inside(name)) == name
    assert outside(name) == name


def test_keys_of_both_are_kept_and_proposed_apart() -> None:
    ours, theirs = (
        entry_name("example.com"),
        entry_name("example.com", project="p", integration="made-up", variable=inside("token")),
    )
    assert (ours, theirs) == ("example.com/token", "example.com/p/made-up/token")
    assert proposed_variable("made-up", "token") == variable_of_entry(ours) == "LD_ACCESS_TOKEN"
    assert proposed_variable("made-up", inside("token")) == variable_of_entry(theirs) == "LDFI_TOKEN"


def test_manifest_prints_names_as_they_are_and_options_by_label(tmp_path: Path) -> None:
    many = variable(key="many", type="multiselect", multiselectOptions=options("First"), isOptional=True)
    path = written(tmp_path, *(variable(key=name) for name in NAMES), many)
    out = io.StringIO()
    assert run([path], True, out, io.StringIO()) == 0
    *plain, last = json.loads(out.getvalue())["manifests"][0]["variables"]
    assert [each["key"] for each in plain] == NAMES
    assert (last["choices"], last["choice_labels"]) == (["first"], ["First"])


def test_create_sends_both_tokens_where_they_belong(tmp_path: Path) -> None:
    manifest = written(
        tmp_path, *(variable(key=name, isSecret=name == "token") for name in NAMES), name="own.json", key="unleash"
    )
    heads, bodies = list[Asked](), list[dict[str, Any]]()

    def handler(asked: Asked) -> Reply:
        heads.append(asked)
        if asked.method == "GET":
            return Reply(200, {"items": [], "_links": {}})
        return Reply(200, {"_id": "12ab3c4d5ef1a2345bcde67f", "name": "n", "integrationKey": "unleash", "version": 1})

    with answering(handler, bodies=bodies) as server:
        config = "".join(f'{name} = "{name} of mine"\n' for name in NAMES if name != "token")
        path = tmp_path / "own.toml"
        path.write_text(
            f'version = 1\n[launchdarkly]\nhost = "{server.url}"\nproject = "p"\ntoken = "env:LD_ACCESS_TOKEN"\n'
            f'[import]\nintegration = "unleash"\nname = "n"\n[import.config]\n{config}token = "env:LDFI_TOKEN"\n'
        )
        with Sandbox.start() as box:
            environ = {"LD_ACCESS_TOKEN": TOKENS["writer"].value, "LDFI_TOKEN": SECRET}
            recipe = Recipe(box, "unleash", path, environ)
            ran = recipe.run(create_only=True, manifests=(manifest,))
    assert ran.code == 0, ran.out
    (sent,) = bodies
    assert sent["config"] == {**{name: f"{name} of mine" for name in NAMES}, "token": SECRET}
    assert {asked.headers["authorization"] for asked in heads} == {TOKENS["writer"].value}
