"""The keyring's child process: what it may do wrong, and that nobody waits for it or is left with it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from tests.processes import alive, eventually, soon
from tui.secrets import child_process
from tui.secrets.keyring_store import LONGEST, Keyring, Limits
from tui.secrets.states import Circumstances, State, sentence

CANARY = "api-canary-7d1f0c"
SECRET = SecretStr(CANARY)
USER = "app.launchdarkly.com/web/unleash/sourceApiKey"
FAKE = str(Path(__file__).parents[1] / "fake_keyring_child.py")
SHORT = Limits(probe=0.5, call=0.5, unlock=1.5)
ROOMY = Limits(probe=20, call=20, unlock=20)


def keyring(folder: Path, mode: str, *rest: str, limits: Limits = ROOMY, now: float = 1_700_000_000.0) -> Keyring:
    child = [sys.executable, "-I", FAKE, mode, str(folder), *rest]
    return Keyring(child=child, index=folder / "keys.json", now=lambda: now, limits=limits)


async def test_stores_gives_and_forgets(tmp_path: Path) -> None:
    store = keyring(tmp_path, "store")
    probe = await store.probe()
    assert (probe.state, probe.label, probe.advice) == (State.READY, "Fake Keyring", "")
    stored = await store.put(USER, SECRET)
    assert (stored.state, stored.said) == (State.OK, "Saved in Fake Keyring.")
    got = await store.get(USER)
    assert got.value is not None
    assert got.value.get_secret_value() == CANARY
    assert CANARY not in repr(got)
    (entry,) = await store.entries()
    assert (entry.user, entry.label, entry.created) == (USER, "Fake Keyring", 1_700_000_000.0)
    assert (await store.presence([USER, "other"])).present == {USER: True, "other": False}
    assert (await store.forget(USER)).state is State.OK
    assert await store.entries() == ()
    gone = await store.get(USER)
    assert (gone.state, gone.value) == (State.MISSING, None)


async def test_stored_again_has_the_new_date(tmp_path: Path) -> None:
    await keyring(tmp_path, "store", now=1.0).put(USER, SECRET)
    await keyring(tmp_path, "store", now=2.0).put(USER, SecretStr("new"))
    (entry,) = await keyring(tmp_path, "store").entries()
    assert entry.created == 2.0


async def test_an_entry_that_vanished_is_forgotten_too(tmp_path: Path) -> None:
    store = keyring(tmp_path, "store")
    await store.put(USER, SECRET)
    (tmp_path / "store.json").unlink()
    forgotten = await store.forget(USER)
    assert forgotten.state is State.MISSING
    assert "was not in Fake Keyring any more" in forgotten.said
    assert await store.entries() == ()


@pytest.mark.parametrize(
    ("mode", "rest"),
    [
        ("say", "Password for keyring:"),
        ("say", "[1]"),
        ("say", '{"state": 1}'),
        ("say", '{"state": "ok", "secret": 1}'),
        ("say", "[" * 100_000),
        ("die", ""),
        ("flood", ""),
    ],
)
async def test_garbage_is_an_error_and_no_key(tmp_path: Path, mode: str, rest: str) -> None:
    got = await keyring(tmp_path, mode, rest).get(USER)
    assert (got.state, got.value) == (State.ERROR, None)
    assert got.said == (
        "The keyring failed (no readable answer); no key was read. "
        "Paste the key, or set UNLEASH_SDK_KEY before you start."
    )


async def test_what_the_child_says_is_cleaned(tmp_path: Path) -> None:
    reply = json.dumps({"state": "insecure", "backend": "evil\x1b]52;c;YQ==\x07.Keyring", "label": "\u202e"})
    probe = await keyring(tmp_path, "say", reply).probe()
    assert probe.state is State.INSECURE
    assert (probe.advice + probe.label).isprintable()
    assert "]52;" in probe.advice


async def test_no_program_to_run_is_an_error(tmp_path: Path) -> None:
    store = Keyring(child=[str(tmp_path / "none")], index=tmp_path / "keys.json")
    probe = await store.probe()
    assert probe.state is State.ERROR
    assert "The keyring failed (No such file or directory); it is not used." in probe.advice


async def test_a_frozen_keyring_is_given_up_and_its_processes_are_gone(tmp_path: Path) -> None:
    store = keyring(tmp_path, "hang", limits=Limits(call=2))  # time enough to start the processes
    start = time.monotonic()
    stored = await store.put(USER, SECRET)
    assert time.monotonic() - start < 2 + 1
    assert stored.state is State.TIMEOUT
    assert "the key does not count as saved" in stored.said
    assert "safe to close" in stored.said
    await soon(lambda: not any(map(alive, pids(tmp_path))), "the end of both", seconds=1)
    (entry,) = await store.entries()  # it may have been stored after all: forget must be able to find it
    assert entry.user == USER


async def test_unlocking_has_more_time(tmp_path: Path) -> None:
    store = keyring(tmp_path, "hang", limits=SHORT)
    start = time.monotonic()
    assert (await store.probe(unlock=True)).state is State.TIMEOUT
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
    make = child_process._made

    async def noted(child: Sequence[str]) -> asyncio.subprocess.Process:
        made.append(await make(child))
        return made[-1]

    monkeypatch.setattr(child_process, "_made", noted)
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
    assert [each.state for each in got] == [State.MISSING] * 4


async def test_secrets_go_by_stdin_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_ACCESS_TOKEN", CANARY)
    monkeypatch.setenv("LDFI_MINE", CANARY)
    monkeypatch.setenv("MY_OWN_TOKEN", CANARY)
    monkeypatch.setenv("SSH_AUTH_SOCK", CANARY)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1")
    await keyring(tmp_path, "environment").put(USER, SECRET)
    seen = json.loads((tmp_path / "seen.json").read_text())
    assert seen["secret"] == CANARY
    assert seen["environ"]["HOME"] == os.environ["HOME"]
    assert seen["environ"]["XDG_RUNTIME_DIR"] == "/run/user/1"
    assert CANARY not in json.dumps([seen["environ"], seen["argv"]])
    assert os.environ["LD_ACCESS_TOKEN"] == CANARY


@pytest.mark.parametrize(
    "state", [State.LOCKED, State.NO_COLLECTION, State.UNAVAILABLE, State.DISABLED, State.INSECURE]
)
async def test_what_was_not_stored_is_not_listed(tmp_path: Path, state: State) -> None:
    reply = json.dumps({"state": state, "by": "PYTHON_KEYRING_BACKEND", "backend": "some.Backend"})
    store = keyring(tmp_path, "say", reply)
    assert (await store.put(USER, SECRET)).state is state
    assert await store.entries() == ()


async def test_an_older_entry_stays_listed_when_storing_fails(tmp_path: Path) -> None:
    await keyring(tmp_path, "store").put(USER, SECRET)
    locked = keyring(tmp_path, "say", '{"state": "locked"}')
    await locked.put(USER, SECRET)
    assert (await locked.forget(USER)).state is State.LOCKED
    assert [each.user for each in await locked.entries()] == [USER]


async def test_nothing_is_stored_that_could_not_be_listed(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("damaged")
    store = keyring(tmp_path, "store")
    stored = await store.put(USER, SECRET)
    assert stored.state is State.ERROR
    assert "it is damaged" in stored.said
    assert await store.entries() == ()
    assert not (tmp_path / "store.json").exists()


async def test_a_key_too_long_for_windows_is_not_stored(tmp_path: Path) -> None:
    store = keyring(tmp_path, "store")
    assert (await store.put(USER, SecretStr("x" * LONGEST))).state is State.OK
    stored = await store.put("h/token", SecretStr("x" * (LONGEST + 1)))
    assert stored.state is State.ERROR
    assert "1,200 characters" in stored.said
    assert len(await store.entries()) == 1


def test_the_locked_sentence() -> None:
    assert sentence(State.LOCKED, Circumstances("put", "GNOME Keyring")) == (
        "Your keyring is locked. A password window may open on that machine's desktop, not here. "
        "Unlock it, or keep the key for this session; the import does not need it stored."
    )
    again = sentence(State.LOCKED, Circumstances("put", "GNOME Keyring", unlocked=True))
    assert again.startswith("Your keyring is still locked: ")


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("op", ["probe", "get", "put", "forget", "have"])
def test_every_state_has_its_sentence(op: str, state: State) -> None:
    about = Circumstances(op, "GNOME {Keyring}", by="PYTHON_KEYRING_BACKEND", backend="a.B", error="E", seconds=5)
    said = sentence(state, about)
    fine = (op, state) in {("probe", State.READY), ("get", State.OK), ("have", State.OK)}
    assert (said == "") is fine
    assert fine or (said[0].isupper() and said.endswith("."))


ANY = (
    st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text()) | st.dictionaries(st.text(), st.none())
)
REPLIES = st.fixed_dictionaries(
    {"state": st.sampled_from([*State]) | ANY}, optional={"secret": ANY, "present": ANY, "label": ANY}
)


@given(st.binary() | ANY.map(json.dumps).map(str.encode) | REPLIES.map(json.dumps).map(str.encode))
def test_any_reply_is_read_or_refused(raw: bytes) -> None:
    try:
        reply = child_process._parse(raw)
    except ValueError:
        return
    assert isinstance(reply.state, State)
    assert reply.label.isprintable()


def test_the_room_is_light_until_a_key_is_there() -> None:
    """The first paint does without pydantic and keyring."""
    import subprocess

    code = (
        "import sys\n"
        "import tui.secrets.bag, tui.secrets.found, tui.secrets.hardening, tui.secrets.keyring_store\n"
        "import tui.secrets.names, tui.secrets.references\n"
        "tui.secrets.bag.Bag(); tui.secrets.keyring_store.Keyring()\n"
        "heavy = {'pydantic', 'keyring', 'httpx', 'platformdirs'}\n"
        "print(*heavy & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_alive_tells_the_dead_from_the_living() -> None:
    import subprocess

    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert alive(process.pid)
    process.kill()
    eventually(lambda: not alive(process.pid), "its end")
    process.communicate()
    assert not alive(process.pid)
