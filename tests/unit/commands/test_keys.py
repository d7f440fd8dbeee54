"""`keys list` and `keys forget`, against the keyring's stand-in."""

from __future__ import annotations

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tests.unit.secrets.test_keyring import CANARY, keyring
from tui.commands.keys import run
from tui.secrets.keyring import Keyring

TOKEN, IMPORT_KEY = "app.launchdarkly.com/token", "app.launchdarkly.com/web/unleash/ldApiKey"
LOCKED = '{"state": "locked", "label": "GNOME Keyring"}'


@pytest.fixture
def filled(tmp_path: Path) -> Keyring:
    store = keyring(tmp_path, "store")

    async def fill() -> None:
        await store.put(TOKEN, SecretStr(CANARY))
        await store.put(IMPORT_KEY, SecretStr(CANARY))

    asyncio.run(fill())
    return store


def keys(*args: Any, **options: Any) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = run(*args, **options, out=out, err=err)
    assert CANARY not in out.getvalue() + err.getvalue()
    return code, out.getvalue(), err.getvalue()


def test_lists_names_places_and_dates(filled: Keyring) -> None:
    code, out, err = keys("list", keyring=filled)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "NAME                                       STORED IN     SINCE             NOTE",
        "app.launchdarkly.com/token                 Fake Keyring  2023-11-14 22:13  -",
        "app.launchdarkly.com/web/unleash/ldApiKey  Fake Keyring  2023-11-14 22:13  -",
    ]


def test_lists_as_one_document_with_what_is_missing(filled: Keyring, tmp_path: Path) -> None:
    (tmp_path / "store.json").write_text(json.dumps({TOKEN: CANARY}))
    code, out, err = keys("list", keyring=filled, as_json=True)
    assert (code, err) == (0, "")
    entry = {"where": "Fake Keyring", "created": 1_700_000_000_000, "created_at": "2023-11-14T22:13:20+00:00"}
    assert json.loads(out) == {
        "keys": [{"name": TOKEN, **entry, "present": True}, {"name": IMPORT_KEY, **entry, "present": False}]
    }
    assert "no longer in the keyring" in keys("list", keyring=filled)[1]


def test_lists_also_what_a_locked_keyring_does_not_show(filled: Keyring, tmp_path: Path) -> None:
    locked = keyring(tmp_path, "say", LOCKED)
    code, out, err = keys("list", keyring=locked)
    assert code == 0
    assert out.count("can't tell whether it's still there") == 2
    assert err == "Your keyring is locked. Can't tell which keys are still there.\n"
    document = json.loads(keys("list", keyring=locked, as_json=True)[1])
    assert [each["present"] for each in document["keys"]] == [None, None]


def test_an_empty_list_asks_no_keyring(tmp_path: Path) -> None:
    dead = keyring(tmp_path, "die")
    assert keys("list", keyring=dead) == (0, "No keys are stored in the keyring.\n", "")
    assert json.loads(keys("list", keyring=dead, as_json=True)[1]) == {"keys": []}
    code, out, _ = keys("forget", everything=True, keyring=dead)
    assert code == 0
    assert "nothing was removed" in out


def test_forgets_by_name(filled: Keyring, tmp_path: Path) -> None:
    code, out, err = keys("forget", [TOKEN, TOKEN], keyring=filled)
    assert (code, out, err) == (0, f"{TOKEN}: Removed from Fake Keyring.\n", "")
    assert list(filled.index.read()) == [IMPORT_KEY]
    assert list(json.loads((tmp_path / "store.json").read_text())) == [IMPORT_KEY]


def test_forgets_everything_and_says_what_was_gone_already(filled: Keyring, tmp_path: Path) -> None:
    (tmp_path / "store.json").write_text(json.dumps({TOKEN: CANARY}))
    code, out, _ = keys("forget", everything=True, keyring=filled, as_json=True)
    assert code == 0
    assert json.loads(out) == {
        "keys": [{"name": TOKEN, "action": "forgotten"}, {"name": IMPORT_KEY, "action": "was-missing"}]
    }
    assert filled.index.read() == {}


def test_an_unknown_name_removes_nothing(filled: Keyring) -> None:
    code, out, err = keys("forget", [TOKEN, "nobody\x1b[2J"], keyring=filled)
    assert (code, out) == (2, "")
    assert "\x1b" not in err
    assert len(filled.index.read()) == 2
    code, out, err = keys("forget", ["nobody"], keyring=filled, as_json=True)
    assert (code, err) == (2, "")
    error = json.loads(out)
    assert (error["event"], error["kind"], error["status_code"], error["field"]) == ("error", "recipe", None, None)


@pytest.mark.parametrize(("names", "everything"), [([], False), ([TOKEN], True)])
def test_names_or_all(filled: Keyring, names: list[str], everything: bool) -> None:
    code, _, err = keys("forget", names, everything=everything, keyring=filled)
    assert code == 2
    assert "--all" in err
    assert len(filled.index.read()) == 2


def test_a_locked_keyring_keeps_its_entries(filled: Keyring, tmp_path: Path) -> None:
    locked = keyring(tmp_path, "say", LOCKED)
    code, out, err = keys("forget", everything=True, keyring=locked)
    assert (code, out) == (5, "")
    assert err.startswith(f"{TOKEN} wasn't removed. Your keyring is locked. Unlock it on that machine's desktop")
    error = json.loads(keys("forget", [TOKEN], keyring=locked, as_json=True)[1])
    assert (error["kind"], error["keys"]) == ("unreachable", [])
    assert len(filled.index.read()) == 2


def test_a_damaged_list_is_told(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("damaged")
    code, out, err = keys("list", keyring=keyring(tmp_path, "store"))
    assert (code, out) == (2, "")
    assert "keys.json" in err


def test_a_terminal_in_another_encoding_gets_a_question_mark(tmp_path: Path) -> None:
    index = tmp_path / "keys.json"
    index.write_text(json.dumps({"version": 1, "keys": [{"user": "ü", "label": "ключи", "created": 1e300}]}))
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    assert run("list", keyring=keyring(tmp_path, "die"), out=out, err=io.StringIO()) == 0
    out.flush()
    assert raw.getvalue().splitlines()[1].startswith(b"?     ?????      date unknown")
