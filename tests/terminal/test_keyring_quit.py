"""A keyring that hangs holds nobody up: leaving is as quick as ever, and nothing is stored afterwards."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import needed
from tests.processes import alive, eventually
from tests.real.session_bus import DBUS, GNOME_KEYRING, GnomeKeyring, gnome_keyring, session_bus
from tests.terminal import altered, walks
from tests.terminal.pseudo import Pty
from tests.terminal.world import PROGRAM, Watch, World, descendants
from tui.sandbox.server import Sandbox

pytestmark = [pytest.mark.terminal, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]

_BOUND = 3.0
"""Seconds that leaving may take on a busy machine; a person waits far less than one, see what is printed."""


def _leave(term: Pty) -> None:
    """Press Ctrl+Q, and wait for the end."""
    began = time.monotonic()
    term.press("ctrl+q")
    assert term.end(_BOUND) == 0
    print(f"left in {time.monotonic() - began:.2f} s while the keyring hung")


def test_leaving_while_the_first_look_at_the_keyring_hangs(world: World) -> None:
    command = [sys.executable, altered.__file__, "hanging-keyring"]
    with Pty(command, world.environ(), world.folder) as term:
        walks.choose(term, "Unleash")
        pids = Path(world.environ()["TMPDIR"]) / "pids"
        term.until(pids.exists, "the keyring's process")
        _leave(term)
        term.check_sane()
    for pid in map(int, pids.read_text().split()):
        eventually(lambda pid=pid: not alive(pid), "the end of the keyring's processes")  # type: ignore[misc]


@pytest.fixture
def keyring(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[GnomeKeyring]:
    """A real GNOME Keyring, unlocked."""
    needed(DBUS, "dbus-daemon")
    needed(GNOME_KEYRING, "gnome-keyring-daemon")
    environ = world.environ()
    with session_bus(environ) as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        environ["DBUS_SESSION_BUS_ADDRESS"] = address
        with gnome_keyring(address, world.root, environ) as service:
            yield service


@pytest.mark.secret_service
def test_leaving_while_a_key_is_being_stored_stores_nothing_later(
    world: World, keyring: GnomeKeyring, sandbox: Sandbox
) -> None:
    ours = sandbox.addresses()["launchdarkly"]
    environ = world.environ(DBUS_SESSION_BUS_ADDRESS=keyring.address, LD_ACCESS_TOKEN=ours["token"])
    command = [*PROGRAM, "--host", ours["url"]]
    with Pty(command, environ, world.folder) as term, Watch(term.pid) as watch:
        walks.choose(term, "Unleash")
        term.wait("( ) GNOME Keyring", "Ana Ruiz")
        term.until(lambda: not _keyring_processes(term.pid), "the end of the first look")
        term.to("Store token in")
        term.press("right")
        term.until(lambda: "GNOME Keyring" in term.focus().drawn, "the keyring in focus")
        with keyring.frozen():
            term.press("space")
            term.until(lambda: any(map(_talks, _keyring_processes(term.pid))), "a process that asks the keyring")
            _leave(term)
            term.check_sane()
        assert _stored() == []
    told = {pid: b"".join(seen) for pid, seen in watch.seen.items() if pid != term.pid}
    assert any(b"_keyring_child" in each for each in told.values())
    assert not any(ours["token"].encode() in each for each in told.values())


def _keyring_processes(pid: int) -> list[int]:
    found = []
    for child in descendants(pid):
        try:
            if b"_keyring_child" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(child)
        except OSError:
            continue
    return found


def _talks(pid: int) -> bool:
    """Whether it is connected to something beyond its three standard streams: the bus."""
    try:
        handles = [os.readlink(each) for each in Path(f"/proc/{pid}/fd").iterdir() if int(each.name) > 2]
    except OSError:
        return False
    return any(handle.startswith("socket:") for handle in handles)


def _stored() -> list[str]:
    """The labels of what stands in the keyring."""
    import secretstorage

    with closing(secretstorage.dbus_init()) as bus:
        collection = secretstorage.get_default_collection(bus)
        return [item.get_label() for item in collection.get_all_items()]
