"""A session and the keyring of the operating system, which a process of its own stands in for."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tests.unit.echoes import left_of
from tests.unit.secrets.test_keyring import FAKE, ROOMY
from tests.unit.walk_tools import session
from tui.answers import draft as drafts
from tui.answers import remarks
from tui.sandbox.keys import TOKENS
from tui.secrets.keyring import Keyring, can_open_window
from tui.secrets.keyring_process import KeyringState
from tui.wizard import keys
from tui.wizard.session import Session

TOKEN, IMPORT_KEY = TOKENS["writer"].value, TOKENS["import-key"].value
US = "app.launchdarkly.com"


def begun(folder: Path, mode: str = "store", *rest: str) -> Session:
    child = [sys.executable, "-I", FAKE, mode, str(folder), *rest]
    keyring = Keyring(child=child, index=folder / "keys.json", now=lambda: 1.0, limits=ROOMY, window=True)
    made = session(keyring=keyring)
    made.choose("unleash")
    made.put("project", "web-shop")
    return made


def stored(folder: Path) -> dict[str, str]:
    held: dict[str, str] = json.loads((folder / "store.json").read_text())
    return held


async def kept(folder: Path, key: str, value: str) -> None:
    """An earlier session has stored the key."""
    made = begun(folder)
    made.put(key, value)
    await keys.store(made, key)


async def test_a_key_is_stored_under_its_own_name(tmp_path: Path) -> None:
    made = begun(tmp_path)
    made.put("token", TOKEN)
    made.put("ldApiKey", IMPORT_KEY)
    assert await keys.store(made, "token") == "Saved in Fake Keyring."
    assert await keys.store(made, "ldApiKey") == "Saved in Fake Keyring."
    assert stored(tmp_path) == {f"{US}/token": TOKEN, f"{US}/web-shop/unleash/ldApiKey": IMPORT_KEY}
    assert drafts.answer(made.draft, "token").reference == drafts.KEYRING
    assert not made.needs_unlocking


async def test_every_key_that_is_kept_for_an_instance_is_known_to_the_redactor(tmp_path: Path) -> None:
    await kept(tmp_path, "ldApiKey", IMPORT_KEY)
    made = begun(tmp_path)
    made.choose("split")  # whose keys are others
    await keys.ask_keyring(made)
    assert left_of(IMPORT_KEY, made.context.redactor.foreign(IMPORT_KEY[4:30]))
    await keys.overhear_stored(made)
    assert left_of(IMPORT_KEY, made.context.redactor.foreign(IMPORT_KEY[4:30])) == ""
    assert "ldApiKey" not in made.bag


async def test_a_stored_key_comes_back_in_the_next_walk(tmp_path: Path) -> None:
    await kept(tmp_path, "token", TOKEN)
    made = begun(tmp_path)
    assert await keys.fetch_stored(made, "launchdarkly")
    assert made.bag.peek("token") == TOKEN
    given = drafts.answer(made.draft, "token")
    assert (given.source, given.reference) == ("from Fake Keyring", drafts.KEYRING)
    assert not await keys.fetch_stored(made, "launchdarkly")  # it is there
    assert not await keys.fetch_stored(made, "keys")  # nothing was kept for these


async def test_a_key_typed_while_the_keyring_answers_stays(tmp_path: Path) -> None:
    await kept(tmp_path, "token", TOKEN)
    made = begun(tmp_path)
    fetching = asyncio.ensure_future(keys.fetch(made, "token"))
    await asyncio.sleep(0)
    made.put("token", IMPORT_KEY)
    await fetching
    assert made.bag.peek("token") == IMPORT_KEY


@pytest.mark.parametrize(("key", "text"), [("host", "eu"), ("project", "another")])
async def test_a_key_of_another_place_is_not_taken(tmp_path: Path, key: str, text: str) -> None:
    """The instance or the project changed while the keyring was asked."""
    await kept(tmp_path, "ldApiKey", IMPORT_KEY)
    made = begun(tmp_path)
    fetching = asyncio.ensure_future(keys.fetch(made, "ldApiKey"))
    await asyncio.sleep(0)
    made.put(key, text)
    await fetching
    assert "ldApiKey" not in made.bag


async def test_a_key_changed_while_it_is_stored_is_not_said_to_be_there(tmp_path: Path) -> None:
    made = begun(tmp_path)
    made.put("token", TOKEN)
    storing = asyncio.ensure_future(keys.store(made, "token"))
    await asyncio.sleep(0)
    made.put("token", IMPORT_KEY)
    await storing
    assert stored(tmp_path)[f"{US}/token"] == TOKEN
    assert drafts.answer(made.draft, "token").reference == ""


async def test_a_kept_key_is_not_said_to_be_kept_for_another_place(tmp_path: Path) -> None:
    made = begun(tmp_path)
    made.put("ldApiKey", IMPORT_KEY)
    await keys.store(made, "ldApiKey")
    made.put("project", "another")
    assert drafts.answer(made.draft, "ldApiKey").reference == ""
    assert made.bag.peek("ldApiKey") == IMPORT_KEY


@pytest.mark.parametrize(
    ("reply", "unlocks"),
    [
        ({"state": "locked"}, True),
        ({"state": "unavailable"}, False),
        ({"state": "verify-failed"}, False),
        (None, False),
    ],
)
async def test_what_cannot_be_stored_does_not_stop_anything(tmp_path: Path, reply: object, *, unlocks: bool) -> None:
    made = begun(tmp_path, "say", json.dumps(reply)) if reply else begun(tmp_path, "die")
    assert not await keys.fetch_stored(made, "launchdarkly")
    assert made.may_store == unlocks
    made.put("token", TOKEN)
    said = await keys.store(made, "token")
    assert said
    assert made.needs_unlocking == unlocks
    given = drafts.answer(made.draft, "token")
    assert (given.reference, given.keep) == ("", drafts.SESSION)
    assert said.rstrip(".") in remarks.line(made.draft, "token").text
    assert made.bag.peek("token") == TOKEN
    assert not remarks.problems(made.draft, "launchdarkly")


@pytest.mark.parametrize("state", ["locked", "no-collection"])
async def test_without_a_window_no_one_can_unlock_the_keyring(tmp_path: Path, state: str) -> None:
    await kept(tmp_path, "token", TOKEN)
    made = begun(tmp_path, "say", json.dumps({"state": state}))
    assert made.keyring is not None
    made.keyring.window = False
    assert not await keys.fetch_stored(made, "launchdarkly")
    assert not keys.offers_keyring(made)
    assert not made.held_but_locked("token")
    assert "its window can't open here" in keys.store_note(made, "launchdarkly")
    made.put("token", TOKEN)
    assert "can't open here" in await keys.store(made, "token")
    assert not made.needs_unlocking


@pytest.mark.parametrize(
    ("environ", "opens"),
    [({}, False), ({"DISPLAY": ""}, False), ({"DISPLAY": ":0"}, True), ({"WAYLAND_DISPLAY": "w"}, True)],
)
def test_a_password_window_needs_a_display(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], *, opens: bool
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert can_open_window(environ) is opens
    monkeypatch.setattr(sys, "platform", "darwin")
    assert can_open_window(environ)


async def test_a_locked_keyring_is_not_asked_for_keys(tmp_path: Path) -> None:
    await kept(tmp_path, "token", TOKEN)
    made = begun(tmp_path, "say", '{"state": "locked"}')
    assert not await keys.fetch_stored(made, "launchdarkly")
    assert made.held_but_locked("token")
    assert not made.held_but_locked("ldApiKey")
    assert made.may_store
    assert made.probe is not None
    assert made.probe.state is KeyringState.LOCKED


async def test_without_a_keyring_there_is_nobody_to_ask() -> None:
    made = session()
    made.choose("unleash")
    made.put("token", TOKEN)
    assert not await keys.ask_keyring(made)
    assert not await keys.fetch_stored(made, "launchdarkly")
    assert (await keys.fetch(made, "token"), await keys.store(made, "token")) == ("", "")
    assert not made.may_store
    assert not made.held_but_locked("token")
    assert drafts.answer(made.draft, "token").reference == ""


def test_names_of_entries(tmp_path: Path) -> None:
    made = begun(tmp_path)
    assert made.entry("token") == f"{US}/token"
    made.put("host", "https://LD.example.com:8443")
    assert made.entry("ldApiKey") == "ld.example.com:8443/web-shop/unleash/ldApiKey"
    made.put("host", "nonsense at all")
    assert made.host_name() == ""
    assert made.entry("token") == "/token"
