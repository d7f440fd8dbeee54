"""The killable process in which the keyring is called, since a call can block for ever."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tui.secrets.states import State
from tui.text.clean import clean

CHILD = (sys.executable, "-P", str(Path(__file__).with_name("_keyring_child.py")))
"""-P keeps this folder off the child's import path; -I would hide a user's own site-packages as well."""

# What keyring, D-Bus, KWallet, and a password window need, and nothing else: a recipe may keep a key in any variable.
# Of SSH_* they use nothing. Python's own are there so that the child finds the packages that we found.
_FOR_THE_CHILD = (
    "DBUS_SESSION_BUS_ADDRESS DBUS_SYSTEM_BUS_ADDRESS DISPLAY WAYLAND_DISPLAY XAUTHORITY GNOME_KEYRING_CONTROL"
    " XDG_RUNTIME_DIR XDG_CONFIG_HOME XDG_CONFIG_DIRS XDG_DATA_HOME XDG_DATA_DIRS XDG_CACHE_HOME XDG_STATE_HOME"
    " XDG_CURRENT_DESKTOP XDG_SESSION_DESKTOP XDG_SESSION_TYPE XDG_SESSION_CLASS XDG_SESSION_ID XDG_SEAT XDG_VTNR"
    " KDE_FULL_SESSION KDE_SESSION_VERSION KDE_SESSION_UID KDEHOME"
    " PYTHON_KEYRING_BACKEND KEYRING_PROPERTY_PREFERRED_COLLECTION KEYRING_PROPERTY_APPID KEYRING_PROPERTY_SCHEME"
    " KEYCHAIN_PATH HOME USER LOGNAME PATH TMPDIR LANG LANGUAGE LC_ALL LC_CTYPE LC_MESSAGES"
    " PYTHONPATH PYTHONHOME PYTHONUSERBASE PYTHONNOUSERSITE PYTHONUTF8 PYTHONDONTWRITEBYTECODE"
    " LD_LIBRARY_PATH DYLD_LIBRARY_PATH DYLD_FALLBACK_LIBRARY_PATH __CF_USER_TEXT_ENCODING"
    " SYSTEMROOT WINDIR COMSPEC PATHEXT TEMP TMP USERNAME USERDOMAIN USERPROFILE HOMEDRIVE HOMEPATH APPDATA"
    " LOCALAPPDATA PROGRAMDATA ALLUSERSPROFILE COMPUTERNAME"
)

_LARGEST = 1024 * 1024
_AFTER_KILL = 0.5  # seconds; a killed process is gone at once unless the kernel holds it


@dataclass(frozen=True, slots=True)
class Reply:
    """What the child said. The names are cleaned, the secret is as it was stored."""

    state: State
    label: str = ""
    backend: str = ""
    by: str = ""
    error: str = ""
    secret: str | None = field(default=None, repr=False)
    present: Mapping[str, bool] = field(default_factory=dict)


async def ask(child: Sequence[str], request: Mapping[str, object], limit: float) -> Reply:
    """Send one request to a new child and return its reply; State.TIMEOUT after `limit` seconds.

    However this ends, also by cancelling, the child is dead afterwards: nothing is stored later.
    """
    try:
        async with asyncio.timeout(limit):
            return _parse(await _exchange(child, json.dumps(request).encode() + b"\n"))
    except TimeoutError:
        return Reply(State.TIMEOUT)
    except OSError as error:  # no process to be had
        return Reply(State.ERROR, error=error.strerror or type(error).__name__)
    except (ValueError, RecursionError):
        return Reply(State.ERROR, error="no readable answer")


async def _exchange(child: Sequence[str], line: bytes) -> bytes:
    making = asyncio.ensure_future(_made(child))
    try:
        await _whole(making)
        return await _talk(making.result(), line)
    finally:
        if making.exception() is None:
            await _whole(asyncio.ensure_future(_end(making.result())))


async def _whole(work: asyncio.Future[Any]) -> None:
    """Wait for its end, however often this is cancelled: a child that is half made, or half ended, would stay."""
    given_up = False
    while not work.done():
        try:
            await asyncio.wait({work})
        except asyncio.CancelledError:
            given_up = True
    if given_up:
        raise asyncio.CancelledError
    work.result()


async def _made(child: Sequence[str]) -> asyncio.subprocess.Process:
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    environ = {name: value for name, value in os.environ.items() if name in _FOR_THE_CHILD.split()}
    # A session of its own: no terminal to ask for passwords on, and one group to kill.
    return await asyncio.create_subprocess_exec(
        *child, stdin=pipe, stdout=pipe, stderr=nothing, env=environ, start_new_session=True
    )


async def _talk(process: asyncio.subprocess.Process, line: bytes) -> bytes:
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both are pipes
    process.stdin.write(line)
    with suppress(ConnectionError):  # it died; that there is no reply says so
        await process.stdin.drain()
    # Its end of stdin stays open: that is how it notices our death.
    reply = b""
    while more := await process.stdout.read(65536):
        reply += more
        if len(reply) > _LARGEST:
            raise ValueError("reply too large")
    return reply


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    if process.stdin is not None:
        process.stdin.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(_AFTER_KILL):
            await process.communicate()


def _parse(raw: bytes) -> Reply:
    """Raises ValueError for what is no reply."""
    said = json.loads(raw)
    if not isinstance(said, dict):
        raise ValueError("no object")
    secret, present = said.get("secret"), said.get("present", {})
    if not isinstance(secret, str | None) or not isinstance(present, dict):
        raise ValueError("wrong type")
    words = {name: clean(str(said.get(name, ""))) for name in ("label", "backend", "by", "error")}
    there = {str(user): value is True for user, value in present.items()}
    return Reply(State(str(said.get("state"))), secret=secret, present=there, **words)
