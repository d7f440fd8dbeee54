"""The recipe: whole, without a key, and never over another file."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.unit.made_manifests import options, variable, written
from tests.unit.walk_tools import built_forms
from tui.answers import changes, recipe
from tui.answers import draft as drafts
from tui.answers import form as forms
from tui.answers.draft import Draft
from tui.answers.recipe import Recipe
from tui.manifests.files import load
from tui.sandbox.keys import SPLIT_KEYS, TOKENS, UNLEASH_KEYS
from tui.secrets.bag import Bag
from tui.secrets.references import parse

SECRETS = {
    "token": TOKENS["writer"].value,
    "ldApiKey": TOKENS["import-key"].value,
    "sourceApiKey": UNLEASH_KEYS["sdk"].value,
    "workspaceApiKey": SPLIT_KEYS["admin"].value,
}
PLAIN = {
    "unleash": {
        "sourceBaseUrl": "https://unleash.example.com",
        "sourceProjectId": "default",
        "sourceEnvironmentId": "production",
    },
    "split": {
        "workspaceId": "8f2c4b10-5a4d-4b0c-8500-000000000001",
        "environmentId": "3d9e7a60-5a4d-4b0c-8500-000000000011",
    },
}


def answered(integration: str = "unleash", **changed: str) -> tuple[Draft, Bag]:
    draft, bag = changes.choose(Draft(), built_forms()[integration]), Bag()
    changed = {key.replace("_", "-"): text for key, text in changed.items()}
    for key, text in {"project": "web-shop", "config-name": "Mine", **PLAIN[integration], **changed}.items():
        draft = changes.put(draft, key, text)
    for key, text in SECRETS.items():
        if drafts.asks(draft, key):
            draft = changes.put_secret(draft, bag, key, text)
    return draft, bag


def read(draft: Draft) -> dict[str, Any]:
    return tomllib.loads(recipe.write(draft).text)


def test_the_recipe_of_unleash() -> None:
    draft, _ = answered(config_tags="migration, team-a", host="https://app.eu.launchdarkly.com")
    assert read(draft) == {
        "version": 1,
        "launchdarkly": {"host": "eu", "project": "web-shop", "token": "env:LD_ACCESS_TOKEN"},
        "import": {
            "integration": "unleash",
            "name": "Mine",
            "tags": ["migration", "team-a"],
            "config": {
                "sourceBaseUrl": "https://unleash.example.com",
                "sourceApiKey": "env:UNLEASH_SDK_KEY",
                "sourceProjectId": "default",
                "sourceEnvironmentId": "production",
                "sourceTag": "",
                "ldApiKey": "env:LD_IMPORT_API_KEY",
                "ldTag": "imported-from-unleash",
            },
        },
    }


def test_the_recipe_of_split_with_an_address_of_its_own() -> None:
    assert "source" not in read(answered("split")[0])
    draft, _ = answered("split", source_api="https://split.example.com/api/v2")
    document = read(draft)
    assert document["source"] == {"api": "https://split.example.com/api/v2"}
    assert document["import"]["config"]["workspaceApiKey"] == "env:SPLIT_ADMIN_KEY"
    assert "source-api" not in document["import"]["config"]


@pytest.mark.parametrize("integration", ["split", "unleash"])
def test_no_key_is_in_it_and_every_reference_can_be_read(integration: str) -> None:
    draft, _ = answered(integration)
    made = recipe.write(draft)
    assert not any(secret in made.text for secret in SECRETS.values())
    document = tomllib.loads(made.text)
    config = document["import"]["config"]
    secrets = [v.key for v in built_forms()[integration].variables if v.secret]
    references = [document["launchdarkly"]["token"], *(config[key] for key in secrets)]
    assert [f"env:{name}" for name in made.must_be_set] == [str(parse(each)) for each in references]


def test_a_key_is_referred_to_by_where_it_really_is() -> None:
    draft, bag = answered()
    draft = changes.put_secret(draft, bag, "sourceApiKey", SECRETS["sourceApiKey"], source="x", reference="env:MY_KEY")
    draft = changes.was_kept(draft, "ldApiKey", "", in_keyring=True)
    made = recipe.write(draft)
    document = tomllib.loads(made.text)
    assert document["import"]["config"]["sourceApiKey"] == "env:MY_KEY"
    assert document["import"]["config"]["ldApiKey"] == "keyring"
    assert made.must_be_set == ("LD_ACCESS_TOKEN", "MY_KEY")


def test_a_key_only_wished_into_the_keyring_is_not_said_to_be_there() -> None:
    draft = changes.keep(answered()[0], "ldApiKey", drafts.KEYRING)
    assert read(draft)["import"]["config"]["ldApiKey"] == "env:LD_IMPORT_API_KEY"


def test_without_an_integration_there_is_none() -> None:
    with pytest.raises(ValueError, match="integration"):
        recipe.write(Draft())


def test_kinds_keep_their_types_and_blank_optional_keys_are_left_out(tmp_path: Path) -> None:
    variables = (
        variable(key="plain"),
        variable(key="on", type="boolean"),
        variable(key="many", type="multiselect", multiselectOptions=options("a", "b c"), isOptional=True),
        variable(key="needed-key", isSecret=True),
        variable(key="optional-key", isSecret=True, isOptional=True, defaultValue=""),
    )
    made = forms.build(load(written(tmp_path, *variables)))
    draft = changes.choose(Draft(), made)
    for key, text in (("project", "web"), ("plain", "x"), ("on", "true"), ("many", "a\nb c")):
        draft = changes.put(draft, key, text)
    draft = changes.put_secret(draft, Bag(), "needed-key", "a-secret-of-some-length")
    document = read(draft)
    assert document["import"]["config"] == {
        "plain": "x",
        "on": True,
        "many": ["a", "b c"],
        "needed-key": "env:LDFI_NEEDED_KEY",
    }
    assert "LDFI_OPTIONAL_KEY" not in recipe.write(draft).must_be_set
    filled = changes.put_secret(draft, Bag(), "optional-key", "another-secret-of-some-length")
    assert read(filled)["import"]["config"]["optional-key"] == "env:LDFI_OPTIONAL_KEY"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Unleash default production", "unleash-default-production.toml"),
        ("  ../../etc/passwd ", "etc-passwd.toml"),
        ("☃", "unleash.toml"),
        ("x" * 200, f"{'x' * 60}.toml"),
    ],
)
def test_the_files_name(name: str, file: str) -> None:
    assert recipe.file_name(answered(config_name=name)[0]) == file


def test_saving_never_overwrites(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text("of somebody else")
    (tmp_path / "mine-2.toml").mkdir()
    path = recipe.save(Recipe("version = 1\n", ()), tmp_path, "mine.toml")
    assert mine.read_text() == "of somebody else"
    assert path == tmp_path / "mine-3.toml"
    assert path.read_text() == "version = 1\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_same_recipe_is_not_saved_twice(tmp_path: Path) -> None:
    made = Recipe("version = 1\n", ())
    first = recipe.save(made, tmp_path, "mine.toml")
    assert recipe.save(made, tmp_path, "mine.toml") == first
    assert [each.name for each in tmp_path.iterdir()] == ["mine.toml"]
