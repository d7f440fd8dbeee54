"""The keyring's child process: what it may do wrong, and that nobody waits for it or is left with it."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from tests.processes import alive, soon
from tui.secrets import keyring_process
from tui.secrets.keyring import LONGEST, IndexFileError, KeyIndex, Keyring, KeyringEntry, KeyringLimits, words
from tui.secrets.keyring_process import KeyringReply, KeyringState

CANARY = "api-canary-7d1f0c"
SECRET = SecretStr(CANARY)
USER = "app.launchdarkly.com/web/unleash/sourceApiKey"
FAKE = str(Path(__file__).parents[1] / "fake_keyring_child.py")
SHORT = KeyringLimits(probe=0.5, call=0.5, unlock=1.5)
ROOMY = KeyringLimits(probe=20, call=20, unlock=20)


def keyring(
    folder: Path, mode: str, *rest: str, limits: KeyringLimits = ROOMY, now: float = 1_700_000_000.0
) -> Keyring:
    child = [sys.executable, "-I", FAKE, mode, str(folder), *rest]
    return Keyring(child=child, index=folder / "keys.json", now=lambda: now, limits=limits, window=True)


async def test_keyring_stores_returns_and_forgets_a_key(tmp_path: Path) -> None:
    store = keyring(tmp_path, "store")
    probe = await store.probe()
    assert (probe.state, probe.label, probe.message) == (KeyringState.READY, "Fake Keyring", "")
    stored = await store.put(USER, SECRET)
    assert (stored.state, stored.message) == (KeyringState.OK, "Saved in Fake Keyring.")
    got = await store.get(USER)
    assert got.value is not None
    assert got.value.get_secret_value() == CANARY
    assert CANARY not in repr(got)
    (entry,) = await store.entries()
    assert (entry.user, entry.label, entry.created) == (USER, "Fake Keyring", 1_700_000_000.0)
    assert (await store.presence([USER, "other"])).present == {USER: True, "other": False}
    assert (await store.forget(USER)).state is KeyringState.OK
    assert await store.entries() == ()
    gone = await store.get(USER)
    assert (gone.state, gone.value) == (KeyringState.MISSING, None)


async def test_what_a_keyring_may_have_written_over_is_drawn_again(tmp_path: Path) -> None:
    drawn: list[str] = []
    store = keyring(tmp_path, "store")
    store.may_have_written = lambda: drawn.append("all")
    await store.probe()
    assert drawn == []
    await store.put(USER, SECRET)
    await store.get(USER)
    assert drawn == ["all", "all"]


async def test_storing_again_renews_the_date_and_a_vanished_entry_can_be_forgotten(tmp_path: Path) -> None:
    await keyring(tmp_path, "store", now=1.0).put(USER, SECRET)
    store = keyring(tmp_path, "store", now=2.0)
    await store.put(USER, SecretStr("new"))
    assert [entry.created for entry in await store.entries()] == [2.0]
    (tmp_path / "store.json").unlink()
    assert (await store.forget(USER)).state is KeyringState.MISSING
    assert await store.entries() == ()


@pytest.mark.parametrize(
    ("mode", "rest"),
    [("say", "Password for keyring:"), ("say", "[1]"), ("say", '{"state": 1}'), ("say", "[" * 100_000),
     ("say", '{"state": "ok", "secret": 1}'), ("die", ""), ("flood", "")],
)  # fmt: skip
async def test_garbage_is_an_error_and_no_key(tmp_path: Path, mode: str, rest: str) -> None:
    got = await keyring(tmp_path, mode, rest).get(USER)
    assert (got.state, got.value) == (KeyringState.ERROR, None)
    assert "unreadable response" in got.message
    assert "UNLEASH_SDK_KEY" in got.message


async def test_what_the_child_says_is_cleaned(tmp_path: Path) -> None:
    reply = json.dumps({"state": "insecure", "backend": "evil\x1b]52;c;YQ==\x07.Keyring", "label": "\u202e"})
    probe = await keyring(tmp_path, "say", reply).probe()
    assert probe.state is KeyringState.INSECURE
    assert (probe.message + probe.label).isprintable()
    assert "]52;" in probe.message


async def test_no_program_to_run_is_an_error(tmp_path: Path) -> None:
    probe = await Keyring(child=[str(tmp_path / "none")], index=tmp_path / "keys.json").probe()
    assert probe.state is KeyringState.ERROR
    assert "No such file or directory" in probe.message


async def test_a_frozen_keyring_is_given_up_and_its_processes_are_gone(tmp_path: Path) -> None:
    store = keyring(tmp_path, "hang", limits=KeyringLimits(call=2))  # time enough to start the processes
    start = time.monotonic()
    stored = await store.put(USER, SECRET)
    assert time.monotonic() - start < 2 + 1
    assert stored.state is KeyringState.TIMEOUT
    await soon(lambda: not any(map(alive, pids(tmp_path))), "the end of both", seconds=1)
    (entry,) = await store.entries()  # it may have been stored after all: forget must be able to find it
    assert entry.user == USER


async def test_unlocking_has_more_time(tmp_path: Path) -> None:
    store = keyring(tmp_path, "hang", limits=SHORT)
    start = time.monotonic()
    assert (await store.probe(unlock=True)).state is KeyringState.TIMEOUT
    assert time.monotonic() - start > SHORT.probe + 0.5


async def test_cancelling_ends_within_a_second(tmp_path: Path) -> None:
    task = asyncio.create_task(keyring(tmp_path, "hang").put(USER, SECRET))
    await soon((tmp_path / "pids").exists, "the child")
    assert all(alive(pid) for pid in pids(tmp_path))
    start = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - start < 1
    await soon(lambda: not any(map(alive, pids(tmp_path))), "the end of both", seconds=1)


@pytest.mark.parametrize("turns", [0, 1, 3, 10, 100])
async def test_cancelled_again_and_again_the_child_is_gone_at_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    """At any moment: before it is made, while it is made, while it answers; and once more while it is being ended."""
    made: list[asyncio.subprocess.Process] = []
    make = keyring_process._create

    async def noted(child: Sequence[str]) -> asyncio.subprocess.Process:
        made.append(await make(child))
        return made[-1]

    monkeypatch.setattr(keyring_process, "_create", noted)
    task = asyncio.create_task(keyring(tmp_path, "hang").probe())
    for _ in range(turns):
        await asyncio.sleep(0)
    while not task.done():
        task.cancel()
        await asyncio.sleep(0)
    assert task.cancelled()
    assert all(each.returncode is not None for each in made)


def pids(folder: Path) -> list[int]:
    return [int(word) for word in (folder / "pids").read_text().split()]


async def test_one_child_at_a_time(tmp_path: Path) -> None:
    store = keyring(tmp_path, "alone")
    got = await asyncio.gather(*(store.get(USER) for _ in range(4)))
    assert [each.state for each in got] == [KeyringState.MISSING] * 4


async def test_secrets_go_by_stdin_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LD_ACCESS_TOKEN", "LDFI_MINE", "MY_OWN_TOKEN", "SSH_AUTH_SOCK"):
        monkeypatch.setenv(variable, CANARY)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1")
    await keyring(tmp_path, "environment").put(USER, SECRET)
    seen = json.loads((tmp_path / "seen.json").read_text())
    assert seen["secret"] == CANARY
    assert seen["environ"]["HOME"] == os.environ["HOME"]
    assert seen["environ"]["XDG_RUNTIME_DIR"] == "/run/user/1"
    assert CANARY not in json.dumps([seen["environ"], seen["argv"]])
    assert os.environ["LD_ACCESS_TOKEN"] == CANARY


@pytest.mark.parametrize("state", ["locked", "no-collection", "unavailable", "disabled", "insecure"])
async def test_failed_put_lists_no_new_entry_and_keeps_an_older_one(tmp_path: Path, state: str) -> None:
    failing = keyring(tmp_path, "say", json.dumps({"state": state, "by": "PYTHON_KEYRING_BACKEND", "backend": "a.B"}))
    assert (await failing.put(USER, SECRET)).state == state
    assert await failing.entries() == ()
    await keyring(tmp_path, "store").put(USER, SECRET)
    assert (await failing.put(USER, SECRET)).state == (await failing.forget(USER)).state == state
    assert [entry.user for entry in await failing.entries()] == [USER]


async def test_nothing_is_stored_that_could_not_be_listed(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("damaged")
    store = keyring(tmp_path, "store")
    stored = await store.put(USER, SECRET)
    assert stored.state is KeyringState.ERROR
    assert "it is damaged" in stored.message
    assert await store.entries() == ()
    assert not (tmp_path / "store.json").exists()


async def test_a_key_too_long_for_windows_is_not_stored(tmp_path: Path) -> None:
    store = keyring(tmp_path, "store")
    assert (await store.put(USER, SecretStr("x" * LONGEST))).state is KeyringState.OK
    stored = await store.put("h/token", SecretStr("x" * (LONGEST + 1)))
    assert stored.state is KeyringState.ERROR
    assert "1,200 characters" in stored.message
    assert len(await store.entries()) == 1


@pytest.mark.parametrize("state", list(KeyringState))
@pytest.mark.parametrize("op", ["probe", "get", "put", "forget", "have"])
def test_every_state_has_its_sentence(op: str, state: KeyringState) -> None:
    reply = KeyringReply(state, "GNOME {Keyring}", backend="a.B", by="PYTHON_KEYRING_BACKEND", error="E")
    reason, message = words(op, reply, seconds=5)
    fine = (op, state) in {("probe", "ready"), ("get", "ok"), ("have", "ok")}
    assert (message == "") is fine
    assert all(text[0].isupper() and text.endswith(".") for text in (reason, message) if text)


ANY = (
    st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text()) | st.dictionaries(st.text(), st.none())
)
REPLIES = st.fixed_dictionaries(
    {"state": st.sampled_from([*KeyringState]) | ANY}, optional={"secret": ANY, "present": ANY, "label": ANY}
)


@given(st.binary() | ANY.map(json.dumps).map(str.encode) | REPLIES.map(json.dumps).map(str.encode))
def test_any_reply_is_read_or_refused(raw: bytes) -> None:
    try:
        reply = keyring_process._parse(raw)
    except ValueError:
        return
    assert isinstance(reply.state, KeyringState)
    assert reply.label.isprintable()


def test_the_room_is_light_until_a_key_is_there() -> None:
    """The first paint does without pydantic and keyring."""
    code = (
        "import sys\n"
        "import tui.secrets.bag, tui.secrets.environment, tui.secrets.hardening, tui.secrets.keyring\n"
        "import tui.secrets.names, tui.secrets.references\n"
        "tui.secrets.bag.Bag(); tui.secrets.keyring.Keyring()\n"
        "heavy = {'pydantic', 'keyring', 'httpx', 'platformdirs'}\n"
        "print(*heavy & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


# --- the names of its entries


def test_index_adds_replaces_and_removes(tmp_path: Path) -> None:
    index = KeyIndex(tmp_path / "keys.json")
    assert index.read() == {}
    index.add(KeyringEntry("b/token", "KWallet", 1.0))
    index.add(KeyringEntry("a/token", "KWallet", 2.0))
    index.add(KeyringEntry("b/token", "GNOME Keyring", 3.0))
    index.remove("none")
    assert list(index.read().values()) == [
        KeyringEntry("a/token", "KWallet", 2.0),
        KeyringEntry("b/token", "GNOME Keyring", 3.0),
    ]
    index.remove("a/token")
    assert list(KeyIndex(tmp_path / "keys.json").read()) == ["b/token"]
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600


def test_index_is_in_the_state_folder(own_world: Path) -> None:
    KeyIndex().add(KeyringEntry("a/token", "KWallet", 2.0))
    assert list(KeyIndex().read()) == ["a/token"]
    (path,) = own_world.rglob("keys.json")
    assert path.parent.name == "ld-flag-import"


DAMAGED = [
    b"", b"[]", b"{}", b'{"version": 2, "keys": []}', b'{"version": 1, "keys": [{"user": 1}]}', b"\xff", b"[" * 100_000,
    b'{"version": 1, "keys": [{"user": "a", "label": "b", "created": "today"}]}', b'{"version": 1, "keys": {"a": 1}}',
]  # fmt: skip


@pytest.mark.parametrize("content", DAMAGED, ids=lambda content: repr(content[-30:]))
def test_damaged_index_is_reported_and_not_overwritten(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(content)
    index = KeyIndex(path)
    for action in (index.read, lambda: index.remove("a"), lambda: index.add(KeyringEntry("a", "b", 0))):
        with pytest.raises(IndexFileError, match="damaged"):
            action()
    assert path.read_bytes() == content


def test_index_cleans_names_and_reports_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text('{"version": 1, "keys": [{"user": "a\\u001b[2J", "label": "\\u202e", "created": 1}]}')
    (entry,) = KeyIndex(path).read().values()
    assert (entry.user + entry.label).isprintable()
    with pytest.raises(IndexFileError, match="Can't use"):
        KeyIndex(path / "keys.json").add(entry)


@given(st.one_of(st.binary(max_size=100), st.from_regex(rb'\{"version": 1, "keys": \[.*\]\}', fullmatch=True)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_any_content_is_read_or_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(content)
    with suppress(IndexFileError):
        assert isinstance(KeyIndex(path).read(), dict)
