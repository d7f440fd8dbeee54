"""The real GNOME Keyring on a real bus, well and unwell."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.conftest import needed
from tests.processes import alive, soon
from tests.real.session_bus import (
    DBUS,
    GNOME_KEYRING,
    WITHOUT_SERVICES,
    GnomeKeyring,
    gnome_keyring,
    provider,
    session_bus,
)
from tui.commands import keys
from tui.secrets.keyring import Keyring, KeyringLimits
from tui.secrets.keyring_process import KeyringState

pytestmark = pytest.mark.secret_service

CANARY = "api-canary-7d1f0c-0b2e"
SECRET = SecretStr(CANARY)
USER = "app.launchdarkly.com/token"
ROOMY = KeyringLimits(probe=30, call=30, unlock=30)
"""Where an answer comes at once, a busy machine must not make it a timeout."""
IMPATIENT = KeyringLimits(probe=1, call=1, unlock=1)
"""Where no answer comes, the tests need not wait as long as a person may."""
SLOW_MACHINE = 4.0  # seconds on top of a time: starting Python on a busy machine


@pytest.fixture
def environ(own_world: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """An environment in which nothing of the developer's desktop can be met."""
    needed(DBUS, "dbus-daemon (package dbus)")
    needed(GNOME_KEYRING, "gnome-keyring-daemon (package gnome-keyring)")
    runtime = tempfile.mkdtemp(prefix="ldfi-")  # short: paths of sockets have a limit
    monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("GNOME_KEYRING_CONTROL", raising=False)
    yield dict(os.environ)
    shutil.rmtree(runtime)


@pytest.fixture
def bus(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with session_bus(environ) as address:
        environ["DBUS_SESSION_BUS_ADDRESS"] = address
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield address


@pytest.fixture
def service(bus: str, own_world: Path, environ: dict[str, str]) -> Iterator[GnomeKeyring]:
    with gnome_keyring(bus, own_world, environ) as running:
        yield running
    assert not alive(running.pid)


@pytest.fixture
def store() -> Keyring:
    return Keyring(limits=ROOMY, window=False)


class Timed:
    """Asserts that what it holds ends within `seconds` and the allowance for a slow machine."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __enter__(self) -> None:
        self.start = time.monotonic()

    def __exit__(self, *_: object) -> None:
        took = time.monotonic() - self.start
        assert took < self.seconds + SLOW_MACHINE, f"took {took:.1f} s, allowed {self.seconds} s"


def found_under(home: Path) -> list[Path]:
    """The files under HOME with the canary in their bytes or name."""
    files = [path for path in home.rglob("*") if path.is_file()]
    assert files
    return [path for path in files if CANARY.encode() in path.read_bytes() or CANARY in path.name]


async def test_ready_stores_gives_lists_and_forgets(service: GnomeKeyring, store: Keyring) -> None:
    with Timed(1):
        probe = await store.probe()
    assert (probe.state, probe.label, probe.message) == (KeyringState.READY, "GNOME Keyring", "")
    with Timed(1):
        stored = await store.put(USER, SECRET)
    assert (stored.state, stored.message) == (KeyringState.OK, "Saved in GNOME Keyring.")
    other = Keyring(limits=ROOMY)  # as a later start would find it
    got = await other.get(USER)
    assert got.value is not None
    assert got.value.get_secret_value() == CANARY
    (entry,) = await other.entries()
    assert (entry.user, entry.label) == (USER, "GNOME Keyring")
    assert (await other.presence([USER, "nobody"])).present == {USER: True, "nobody": False}
    assert found_under(service.home) == []
    assert (await other.forget(USER)).state is KeyringState.OK
    assert (await other.get(USER)).state is KeyringState.MISSING
    assert (await other.forget(USER)).state is KeyringState.MISSING
    assert await other.entries() == ()


async def test_a_key_is_overwritten_in_place(service: GnomeKeyring, store: Keyring) -> None:
    await store.put(USER, SecretStr("the old one"))
    odd = SecretStr('"quotes" \\ ключ \U0001f511')
    assert (await store.put(USER, odd)).state is KeyringState.OK
    assert (await store.get(USER)).value == odd
    assert (await store.forget(USER)).state is KeyringState.OK
    assert (await store.get(USER)).state is KeyringState.MISSING


def test_the_command_lists_and_forgets(service: GnomeKeyring, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(Keyring(limits=ROOMY).put(USER, SECRET))
    assert keys.run("list") == 0
    assert keys.run("forget", [USER]) == 0
    assert keys.run("list") == 0
    said = capsys.readouterr()
    assert said.err == ""
    _, entry, removed, nothing = said.out.splitlines()
    assert entry.split()[0] == USER
    assert removed.startswith(f"{USER}: ")
    assert USER not in nothing
    assert CANARY not in said.out


async def test_locked_is_told_and_nothing_asked(service: GnomeKeyring, store: Keyring) -> None:
    await store.put(USER, SecretStr("before"))
    service.lock()
    with Timed(1):
        probe = await store.probe()
    assert (probe.state, probe.label) == (KeyringState.LOCKED, "GNOME Keyring")
    assert "its window can't open here" in probe.message
    with Timed(3):
        assert (await store.get(USER)).state is KeyringState.LOCKED
        assert (await store.put("h/web/split/ldApiKey", SECRET)).state is KeyringState.LOCKED
        assert (await store.forget(USER)).state is KeyringState.LOCKED
    assert [entry.user for entry in await store.entries()] == [USER]
    assert found_under(service.home) == []


async def test_unlocking_without_a_desktop_says_so(service: GnomeKeyring, store: Keyring) -> None:
    service.lock()
    with Timed(1):
        stored = await store.put(USER, SECRET, unlock=True)
    assert stored.state is KeyringState.LOCKED
    assert "still locked" in stored.message


async def test_frozen_is_given_up_and_nothing_is_stored_late(service: GnomeKeyring, store: Keyring) -> None:
    impatient = Keyring(limits=IMPATIENT)
    with service.frozen():
        with Timed(IMPATIENT.probe):
            assert (await impatient.probe()).state is KeyringState.TIMEOUT
        with Timed(IMPATIENT.call):
            stored = await impatient.put(USER, SECRET)
        assert stored.state is KeyringState.TIMEOUT
        assert stored.message.startswith("The keyring did not respond within 1 s, so the key may not be saved. ")
    assert (await store.get(USER)).state is KeyringState.MISSING
    assert found_under(service.home) == []


async def test_quitting_while_it_hangs_takes_less_than_a_second(service: GnomeKeyring) -> None:
    store = Keyring()
    before = children()
    with service.frozen():
        task = asyncio.create_task(store.put(USER, SECRET))
        await soon(lambda: children() - before, "the child")
        started = children() - before
        # Wait until it is past its imports and blocked at the keyring, or has had ample time to be.
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(task), 1.0)
        start = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - start < 1
        assert not any(map(alive, started))
    assert (await store.get(USER)).state is KeyringState.MISSING
    assert found_under(service.home) == []


def children() -> set[int]:
    """The living processes that this one started."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return {int(pid) for pid in listed if alive(int(pid))}


async def test_killed_comes_back_locked(service: GnomeKeyring, store: Keyring) -> None:
    await store.put(USER, SECRET)
    service.kill()
    with Timed(1):
        got = await store.get(USER)
    assert got.state is KeyringState.LOCKED
    assert got.value is None
    successor = provider(service.address)
    assert successor not in (None, service.pid)
    assert found_under(service.home) == []


async def test_never_set_up_is_told_and_nothing_asked(bus: str, store: Keyring, own_world: Path) -> None:
    with Timed(1):
        probe = await store.probe()
    assert (probe.state, probe.label) == (KeyringState.NO_COLLECTION, "GNOME Keyring")
    assert "no password yet" in probe.message
    with Timed(1):
        assert (await store.put(USER, SECRET)).state is KeyringState.NO_COLLECTION
    with Timed(1):
        assert (await store.put(USER, SECRET, unlock=True)).state in (KeyringState.NO_COLLECTION, KeyringState.LOCKED)
    assert await store.entries() == ()


async def test_a_collection_that_was_left_over_is_named(
    service: GnomeKeyring, store: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.put(USER, SECRET)
    gone = "/org/freedesktop/secrets/collection/gone"
    monkeypatch.setenv("KEYRING_PROPERTY_PREFERRED_COLLECTION", gone)
    for unlock in (False, True):
        got = await store.get(USER, unlock=unlock)
        assert (got.state, got.value) == (KeyringState.NO_COLLECTION, None)
        assert "KEYRING_PROPERTY_PREFERRED_COLLECTION" in got.reason
    monkeypatch.delenv("KEYRING_PROPERTY_PREFERRED_COLLECTION")
    assert (await store.get(USER)).value == SECRET


async def test_a_default_collection_that_was_left_over_is_named(
    bus: str, environ: dict[str, str], own_world: Path, store: Keyring
) -> None:
    with gnome_keyring(bus, own_world, environ):
        await store.put(USER, SECRET)
        assert (await store.probe()).state is KeyringState.READY
    default = own_world / ".local" / "share" / "keyrings" / "default"
    assert default.with_name("login.keyring").exists()
    default.write_text("gone")
    with gnome_keyring(bus, own_world, environ):
        got = await store.get(USER)
        assert (got.state, got.value) == (KeyringState.NO_COLLECTION, None)
        assert str(default) in got.reason
        default.unlink()
    with gnome_keyring(bus, own_world, environ):
        assert (await store.get(USER)).value == SECRET


async def test_a_bus_that_dies_leaves_no_keyring(
    environ: dict[str, str], own_world: Path, store: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session_bus(environ) as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        with gnome_keyring(address, own_world, {**environ, "DBUS_SESSION_BUS_ADDRESS": address}):
            assert (await store.probe()).state is KeyringState.READY
    with Timed(1):
        assert (await store.probe()).state is KeyringState.UNAVAILABLE


async def test_a_bus_without_a_keyring_is_unavailable(
    environ: dict[str, str], tmp_path: Path, store: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "bus.conf"
    config.write_text(WITHOUT_SERVICES)
    with session_bus(environ, config) as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        with Timed(1):
            probe = await store.probe()
        with Timed(1):
            stored = await store.put(USER, SECRET)
    assert (probe.state, stored.state) == (KeyringState.UNAVAILABLE, KeyringState.UNAVAILABLE)
    assert probe.message.startswith("This host has no keyring, which is normal over SSH. ")
    assert await store.entries() == ()


async def test_an_insecure_backend_beside_it_is_passed_over(
    service: GnomeKeyring, store: Keyring, insecure_plugin: Path
) -> None:
    assert (await store.put(USER, SECRET)).message == "Saved in GNOME Keyring."
    assert (await store.get(USER)).value == SECRET
    with service.frozen():
        assert (await Keyring(limits=IMPATIENT).put(USER, SECRET)).state is KeyringState.TIMEOUT
    assert found_under(service.home) == []
