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
from enum import StrEnum
from pathlib import Path
from typing import Any

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


class KeyringState(StrEnum):
    """What a call of the keyring came to."""

    READY = "ready"
    """It answers and is unlocked, as far as that is known without asking for its password."""
    OK = "ok"
    LOCKED = "locked"
    NO_COLLECTION = "no-collection"
    """It answers, but was never set up: it has no password yet."""
    UNAVAILABLE = "unavailable"
    DISABLED = "disabled"
    INSECURE = "insecure"
    """The only one on this machine isn't the operating system's own, and isn't used."""
    TIMEOUT = "timeout"
    ERROR = "error"
    MISSING = "missing"
    VERIFY_FAILED = "verify-failed"
    """It took a key and doesn't give it back."""


@dataclass(frozen=True, slots=True)
class KeyringReply:
    """The child's reply. The names are cleaned, the secret is as it was stored.

    `label` is the keyring's human name; `by` is what chose it (a variable, a file, or ""); `backend` and `error` are
    names of classes.
    """

    state: KeyringState
    label: str = ""
    backend: str = ""
    by: str = ""
    error: str = ""
    secret: str | None = field(default=None, repr=False)
    present: Mapping[str, bool] = field(default_factory=dict)


async def ask(child: Sequence[str], request: Mapping[str, object], limit: float) -> KeyringReply:
    """Send one request to a new child and return its reply; KeyringState.TIMEOUT after `limit` seconds.

    However this ends, also by cancelling, the child is dead afterwards: nothing is stored later.
    """
    try:
        async with asyncio.timeout(limit):
            return _parse(await _exchange(child, json.dumps(request).encode() + b"\n"))
    except TimeoutError:
        return KeyringReply(KeyringState.TIMEOUT)
    except OSError as error:  # no process could be created
        return KeyringReply(KeyringState.ERROR, error=error.strerror or type(error).__name__)
    except (ValueError, RecursionError):
        return KeyringReply(KeyringState.ERROR, error="unreadable response")


async def _exchange(child: Sequence[str], line: bytes) -> bytes:
    creation = asyncio.ensure_future(_create(child))
    try:
        await _finish(creation)
        return await _talk(creation.result(), line)
    finally:
        if creation.exception() is None:
            await _finish(asyncio.ensure_future(_kill(creation.result())))


async def _finish(work: asyncio.Future[Any]) -> None:
    """Wait for `work` however often this is cancelled: a child that is half created, or half killed, would stay."""
    cancelled = False
    while not work.done():
        try:
            await asyncio.wait({work})
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        raise asyncio.CancelledError
    work.result()


async def _create(child: Sequence[str]) -> asyncio.subprocess.Process:
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    environ = {name: value for name, value in os.environ.items() if name in _FOR_THE_CHILD.split()}
    # A session of its own: no terminal to ask for passwords on, and one group to kill.
    return await asyncio.create_subprocess_exec(
        *child, stdin=pipe, stdout=pipe, stderr=nothing, env=environ, start_new_session=True
    )


async def _talk(process: asyncio.subprocess.Process, line: bytes) -> bytes:
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both are pipes
    process.stdin.write(line)
    with suppress(ConnectionError):  # it died, so that there is no reply
        await process.stdin.drain()
    # Its stdin stays open until we have the reply: it ends itself when we die.
    reply = b""
    while more := await process.stdout.read(65536):
        reply += more
        if len(reply) > _LARGEST:
            raise ValueError("reply too large")
    return reply


async def _kill(process: asyncio.subprocess.Process) -> None:
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


def _parse(raw: bytes) -> KeyringReply:
    """Raises ValueError for anything but a reply."""
    document = json.loads(raw)
    if not isinstance(document, dict):
        raise ValueError("no object")
    secret, present = document.get("secret"), document.get("present", {})
    if not isinstance(secret, str | None) or not isinstance(present, dict):
        raise ValueError("wrong type")
    names = {name: clean(str(document.get(name, ""))) for name in ("label", "backend", "by", "error")}
    exists = {str(user): value is True for user, value in present.items()}
    return KeyringReply(KeyringState(str(document.get("state"))), secret=secret, present=exists, **names)
