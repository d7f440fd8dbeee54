"""The keys a recipe refers to: fetched from where it says, named when they are not there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.processes import alive, soon
from tests.unit.answers.test_recipe import SECRETS, answered
from tests.unit.secrets.test_keyring import keyring as stand_in
from tests.unit.walk_tools import built_forms
from tui.answers import changes, recipe, remarks
from tui.answers import draft as drafts
from tui.answers.draft import Draft
from tui.answers.recipe_keys import entry_of, fetched
from tui.answers.recipe_reader import RecipeAnswers, RecipeError, read_text
from tui.answers.request import build
from tui.net.errors import Failure, Kind, Safe
from tui.sandbox.keys import UNLEASH_KEYS
from tui.secrets.bag import Bag
from tui.secrets.keyring import Keyring
from tui.text.redact import Redactor

ENVIRON = {
    "LD_ACCESS_TOKEN": SECRETS["token"],
    "UNLEASH_SDK_KEY": SECRETS["sourceApiKey"],
    "LD_IMPORT_API_KEY": SECRETS["ldApiKey"],
}
ALL = ("token", "sourceApiKey", "ldApiKey")
DEAD = Keyring(child=["/nonexistent"])


def answers(**references: str) -> RecipeAnswers:
    """The recipe of Unleash, with some keys elsewhere than in their variables."""
    draft = answered(host="eu")[0]
    for key, reference in references.items():
        draft = changes.put_secret(draft, Bag(), key, SECRETS[key], source="x", reference=reference)
    return read_text(recipe.write(draft).text, built_forms())


async def fetch(
    made: RecipeAnswers, wanted: Sequence[str], environ: Mapping[str, str], keyring: Keyring = DEAD
) -> tuple[Draft, Bag]:
    bag = Bag(Redactor())
    return await fetched(made, wanted, bag, environ=environ, keyring=keyring, warn=print), bag


async def refused(made: RecipeAnswers, environ: Mapping[str, str], keyring: Keyring = DEAD) -> Failure:
    with pytest.raises(Failure) as failed:
        await fetch(made, ALL, environ, keyring)
    assert not any(secret in str(failed.value) for secret in SECRETS.values())
    assert failed.value.safe is Safe.NOTHING_SENT
    return failed.value


async def test_with_all_keys_a_recipe_is_a_request() -> None:
    draft, bag = await fetch(answers(), ALL, ENVIRON)
    assert set(bag.keys()) == set(ALL)
    assert not remarks.answer_problems(draft)
    assert build(draft) == build(answered(host="eu")[0])
    assert recipe.write(draft).text == recipe.write(answered(host="eu")[0]).text


async def test_only_what_is_wanted_is_fetched() -> None:
    draft, bag = await fetch(answers(), ("token",), {"LD_ACCESS_TOKEN": SECRETS["token"]})
    assert bag.keys() == ("token",)
    assert set(drafts.secret_facts(draft)) == {"token"}


async def test_files_and_the_keyring_are_asked_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{SECRETS['sourceApiKey']}\n")
    made = answers(token="keyring", ldApiKey="keyring", sourceApiKey=f"file:{tmp_path / 'key'}")
    store = stand_in(tmp_path, "store")
    assert entry_of(made.draft, "token") == "app.eu.launchdarkly.com/token"
    assert entry_of(made.draft, "ldApiKey") == "app.eu.launchdarkly.com/web-shop/unleash/ldApiKey"
    for key in ("token", "ldApiKey"):
        await store.put(entry_of(made.draft, key), SecretStr(SECRETS[key]))
    draft, bag = await fetch(made, ALL, {}, store)
    assert [bag.peek(key) for key in ALL] == [SECRETS[key] for key in ALL]
    assert drafts.answer(draft, "token").reference == "keyring"


async def test_every_missing_key_is_named_at_once() -> None:
    failure = await refused(answers(), {"UNLEASH_SDK_KEY": SECRETS["sourceApiKey"]})
    assert (failure.kind, failure.exit_code, failure.field) == (Kind.CREDENTIAL, 3, "token")
    assert "LD_ACCESS_TOKEN" in failure.what
    assert "LD_IMPORT_API_KEY" in failure.what
    assert "UNLEASH_SDK_KEY" not in failure.what


@pytest.mark.parametrize(
    ("mode", "rest", "why"),
    [
        ("store", (), "app.eu.launchdarkly.com/token"),
        ("say", ('{"state": "locked", "label": "GNOME Keyring"}',), "locked"),
        ("say", ('{"state": "unavailable"}',), "SSH"),
        ("say", ('{"state": "error", "error": "Odd"}',), "Odd"),
        ("say", ('{"state": "error", "error": "E", "by": "/a/keyringrc.cfg", "backend": "x.y"}',), "/a/keyringrc.cfg"),
        ("say", ('{"state": "error", "error": "E", "by": "/a/keyringrc.cfg", "backend": "x.y"}',), "x.y"),
        ("say", ('{"state": "no-collection", "by": "THE_VARIABLE"}',), "THE_VARIABLE"),
    ],
)
async def test_a_keyring_that_gives_nothing(tmp_path: Path, mode: str, rest: tuple[str, ...], why: str) -> None:
    failure = await refused(answers(token="keyring"), ENVIRON, stand_in(tmp_path, mode, *rest))
    assert why in failure.what
    assert (failure.exit_code, failure.field) == (3, "token")
    assert failure.about == "env:LD_ACCESS_TOKEN"


@pytest.mark.parametrize(
    ("variable", "value", "field", "said"),
    [
        (
            "UNLEASH_SDK_KEY",
            UNLEASH_KEYS["admin"].value,
            "sourceApiKey",
            "An admin token would silently read the wrong environment.",
        ),
        ("LD_ACCESS_TOKEN", "sdk-5a4db0c5-0000-4000-8000-5a4db0c5a11a", "token", "This is an SDK key"),
        ("LD_IMPORT_API_KEY", "api-****-5a4d-1396", "ldApiKey", "Part of this key is masked."),
    ],
)
async def test_a_key_of_another_kind_is_not_sent(variable: str, value: str, field: str, said: str) -> None:
    failure = await refused(answers(), ENVIRON | {variable: value})
    assert (failure.kind, failure.field) == (Kind.CREDENTIAL, field)
    assert f"from {variable} can't be used. {said}" in failure.what
    assert value not in str(failure)


async def test_a_key_that_stands_in_the_recipe_itself_is_found_by_comparing() -> None:
    """Split's keys have no shape to know them by."""
    key = "qqphxwnrlkvuzygtbmdecfsjaoi1234567890abc"
    draft = answered("split", config_name=key)[0]
    made = read_text(recipe.write(draft).text, built_forms())
    environ = {"LD_ACCESS_TOKEN": SECRETS["token"], "SPLIT_ADMIN_KEY": key}
    with pytest.raises(RecipeError) as failed:
        await fetch(made, ("token", "workspaceApiKey"), environ)
    assert [each.place for each in failed.value.problems] == ["import.name"]
    assert key not in str(failed.value)
    assert failed.value.exit_code == 2


async def test_a_keyring_that_hangs_can_be_left(tmp_path: Path) -> None:
    waiting = asyncio.create_task(fetch(answers(token="keyring"), ("token",), {}, stand_in(tmp_path, "hang")))
    await soon((tmp_path / "pids").exists, "the keyring is being asked")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    pids = (tmp_path / "pids").read_text().split()
    await soon(lambda: not any(alive(int(pid)) for pid in pids), "its processes are gone")
