"""The real child process with the real keyring package, where there is no Secret Service."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.processes import eventually, soon
from tests.unit.commands.test_configs import configs
from tests.unit.headless_tools import recipe_in
from tests.unit.recipe_tools import planned
from tui.sandbox.server import Sandbox
from tui.secrets.keyring import Keyring, KeyringLimits
from tui.secrets.keyring_process import CHILD, KeyringState

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system's own keyring would answer")

CANARY = "api-canary-7d1f0c-0b2e"
SECRET = SecretStr(CANARY)
USER = "app.launchdarkly.com/token"
ROOMY = KeyringLimits(probe=30, call=30, unlock=30)


async def assert_state(store: Keyring, state: KeyringState, home: Path, *parts: str) -> None:
    """Each way to use the keyring comes to `state` within two seconds, and no key is in any file."""
    start = time.monotonic()
    probe, *others = (
        await store.probe(),
        await store.put(USER, SECRET),
        await store.get(USER),
        await store.forget(USER),
    )
    assert time.monotonic() - start < 4 * 2 + 4
    assert {result.state for result in (probe, *others)} == {state}
    assert all(part in probe.message for part in ("LD_ACCESS_TOKEN", *parts))
    assert await store.entries() == ()
    assert with_canary(home) == []


def configured(home: Path, text: str) -> Path:
    """The file that keyring reads, with `text` in it."""
    path = home / ".config" / "python_keyring" / "keyringrc.cfg"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def with_canary(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]


def environ_of(pid: str) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


async def test_no_bus_is_unavailable(own_world: Path) -> None:
    await assert_state(Keyring(limits=ROOMY), KeyringState.UNAVAILABLE, own_world)


@pytest.mark.parametrize("address", ["", "garbage", "unix:path=/dev/null", "tcp:host=127.0.0.1,port=1"])
async def test_a_broken_bus_address_is_unavailable(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    assert (await Keyring(limits=ROOMY).probe()).state is KeyringState.UNAVAILABLE


async def test_a_bus_that_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "bus")
    with socket.socket(socket.AF_UNIX) as bus:
        bus.bind(path)
        bus.listen()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={path}")
        start = time.monotonic()
        assert (await Keyring(limits=ROOMY).probe()).state in (KeyringState.UNAVAILABLE, KeyringState.TIMEOUT)
        assert time.monotonic() - start < 6


NULL = "keyring.backends.null.Keyring"


@pytest.mark.parametrize(
    ("backend", "state", "parts"),
    [
        (NULL, KeyringState.DISABLED, ()),
        ("no.such.Backend", KeyringState.ERROR, ("no.such.Backend", "ModuleNotFoundError")),
        ("keyring.backends.null.Nothing", KeyringState.ERROR, ("AttributeError",)),
        ("", KeyringState.ERROR, ("ValueError",)),
    ],
)
async def test_a_backend_that_a_variable_names(
    backend: str, state: KeyringState, parts: tuple[str, ...], own_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", backend)
    await assert_state(Keyring(limits=ROOMY), state, own_world, "PYTHON_KEYRING_BACKEND", *parts)


@pytest.mark.parametrize(
    ("content", "state", "parts"),
    [
        (f"[backend]\ndefault-keyring={NULL}\n", KeyringState.DISABLED, ()),
        ("garbage", KeyringState.ERROR, ("MissingSectionHeaderError",)),
    ],
)
async def test_a_configuration_of_keyring_is_named(
    content: str, state: KeyringState, parts: tuple[str, ...], own_world: Path
) -> None:
    path = configured(own_world, content)
    await assert_state(Keyring(limits=ROOMY), state, own_world, str(path), *parts)


@pytest.mark.parametrize("by_file", [True, False])
async def test_a_backend_that_was_left_over_is_named_to_a_command(
    by_file: bool, own_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if by_file:
        place = str(configured(own_world, "[backend]\ndefault-keyring=keyrings.somewhere.Else\n"))
    else:
        place = "PYTHON_KEYRING_BACKEND"
        monkeypatch.setenv(place, "keyrings.somewhere.Else")
    store = Keyring(limits=ROOMY)
    with Sandbox.start() as box:
        recipe = recipe_in(box, tmp_path)
        recipe.path.write_text(recipe.path.read_text().replace("env:LD_ACCESS_TOKEN", "keyring"))
        environ = {"LD_BASE_URI": box.addresses()["launchdarkly"]["url"]}
        ended = [
            await asyncio.to_thread(planned, recipe.path, recipe.environ, keyring=store, as_json=True),
            await asyncio.to_thread(configs, environ, "list", ring=store, as_json=True),
        ]
        assert box.requests == []
    for code, out, _ in ended:
        error = json.loads(out)
        assert (code, error["kind"], error["field"]) == (3, "credential", "token")
        for part in (place, "keyrings.somewhere.Else"):
            assert part in error["message"] + error["advice"]


async def test_the_child_inherits_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever variable a recipe keeps it in."""
    mark = tmp_path / "blocked"
    (tmp_path / "blocking.py").write_text(
        f"import os, pathlib, signal\n"
        f"pathlib.Path({str(mark) + '.new'!r}).write_text(str(os.getpid()))\n"
        f"pathlib.Path({str(mark) + '.new'!r}).rename({str(mark)!r})\nsignal.pause()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "blocking.Keyring")
    for name in ("LD_ACCESS_TOKEN", "LDFI_MINE", "PROD_UNLEASH", "XDG_TOKEN", "DBUS_KEY", "SSH_AUTH_SOCK", "LC_KEY"):
        monkeypatch.setenv(name, CANARY)
    call = asyncio.create_task(Keyring(limits=ROOMY).get(USER))
    await soon(mark.exists, "the child")
    environ = environ_of(mark.read_text())
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert b"PYTHON_KEYRING_BACKEND=blocking.Keyring" in environ
    assert b"HOME=" in environ
    assert CANARY.encode() not in environ


@pytest.mark.parametrize("named", [True, False])
async def test_a_backend_that_stores_readably_is_refused(
    named: bool, insecure_plugin: Path, own_world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if named:
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "in_the_open.InTheOpen")
    await assert_state(Keyring(limits=ROOMY), KeyringState.INSECURE, own_world, "in_the_open.InTheOpen")


def test_the_refused_backend_would_have_stored(insecure_plugin: Path) -> None:
    """Otherwise the test above could not fail."""
    code = "import keyring; keyring.set_password('s', 'u', 'x')"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert json.loads(insecure_plugin.read_text()) == {"u": "x"}


def test_a_parent_that_dies_takes_the_child_along(tmp_path: Path) -> None:
    mark = tmp_path / "blocked"
    (tmp_path / "blocking.py").write_text(
        f"import pathlib, signal\npathlib.Path({str(mark)!r}).touch()\nsignal.pause()\n"
    )
    environ = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHON_KEYRING_BACKEND": "blocking.Keyring"}
    request = json.dumps({"op": "probe", "service": "s", "unlock": False}).encode()
    with subprocess.Popen(CHILD, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ) as child:
        try:
            assert child.stdin is not None
            child.stdin.write(request + b"\n")
            child.stdin.flush()
            eventually(mark.exists, "the call to block")
            assert child.poll() is None
            child.stdin.close()  # what the kernel does for a parent that was killed
            assert child.wait(5) == 1
        finally:
            child.kill()
