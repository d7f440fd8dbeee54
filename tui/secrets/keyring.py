"""Keys in the keyring of the operating system, such as GNOME Keyring or macOS Keychain.

Every call is a process of its own with a time limit (`keyring_process`), one at a time, and none asks for a password
unless told to. Nothing here raises because a keyring doesn't work: each result has a state and a sentence, and the
import continues without.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tui.secrets.keyring_process import CHILD, KeyringReply, KeyringState, ask
from tui.secrets.names import SERVICE, variable_of_entry
from tui.text import limited_json
from tui.text.clean import clean
from tui.text.private_files import read_ordinary, state_dir, write_private

if TYPE_CHECKING:
    from pydantic import SecretStr, TypeAdapter

LONGEST = 1200
"""Characters of a key; Windows Credential Manager takes 1280."""

_INDEX_VERSION = 1
_LARGEST_INDEX = 1024 * 1024
_NOT_STORED = frozenset({
    KeyringState.LOCKED, KeyringState.NO_COLLECTION, KeyringState.UNAVAILABLE, KeyringState.DISABLED,
    KeyringState.INSECURE,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class KeyringLimits:
    """Seconds that a call may take. `unlock` is for calls that may open a password window."""

    probe: float = 3.0
    # macOS alone asks in the middle of a call, as after each update of Python; a person needs time to answer.
    call: float = 60.0 if sys.platform == "darwin" else 5.0
    unlock: float = 60.0


DEFAULT_LIMITS = KeyringLimits()


@dataclass(frozen=True, slots=True)
class KeyringResult:
    """What a call came to. `label` is the keyring's human name ("GNOME Keyring"); `message` says what happened and
    what to do, "" if there is nothing to say; `reason` is the first part of it.

    `value` is the key that was read; `present` says which of the entries in question exist, {} if that isn't known.
    """

    state: KeyringState
    label: str
    message: str
    reason: str = ""
    value: SecretStr | None = None
    present: Mapping[str, bool] = field(default_factory=dict)


def can_open_window(environ: Mapping[str, str]) -> bool:
    """Return whether a keyring can ask for its password: on Linux it needs a display."""
    return sys.platform != "linux" or any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


class Keyring:
    """The keyring of the operating system, called by the command `child`. The file `index` has the names of its
    entries."""

    def __init__(
        self,
        *,
        child: Sequence[str] | None = None,
        index: Path | None = None,
        now: Callable[[], float] = time.time,
        limits: KeyringLimits = DEFAULT_LIMITS,
        window: bool | None = None,
    ) -> None:
        """`window` says whether its password window can open; None decides by this process's variables."""
        self.window = can_open_window(os.environ) if window is None else window
        self.index = KeyIndex(index)
        self._child = tuple(child or CHILD)
        self._now = now
        self._limits = limits
        self._turn = asyncio.Lock()
        self._label = "the keyring"
        self.may_have_written: Callable[[], None] = lambda: None
        """Called after each answer for a key: its helpers may have written messages to the terminal meanwhile."""

    async def probe(self, *, unlock: bool = False) -> KeyringResult:
        """Return how the keyring is. With `unlock` it may open its password window first, for a minute."""
        return (await self._call("probe", unlock=unlock))[1]

    async def get(self, user: str, *, unlock: bool = False) -> KeyringResult:
        """Return the key with the entry name `user` (`names.entry_name`): OK or MISSING, or a problem."""
        from pydantic import SecretStr

        reply, result = await self._call("get", user, unlock=unlock, user=user)
        if reply.state is not KeyringState.OK or reply.secret is None:
            return result
        return replace(result, value=SecretStr(reply.secret))

    async def put(self, user: str, secret: SecretStr, *, unlock: bool = False) -> KeyringResult:
        """Store a key, replacing an earlier one, and read it back: OK only if that gives the same key.

        The entry's name is written first, so that the index lists everything that is ever stored.
        """
        if len(secret.get_secret_value()) > LONGEST:
            problem = f"The key is longer than {LONGEST:,} characters, which some keyrings can't store."
            return self._failed(f"{problem} It is kept until you quit.")
        try:
            is_new = user not in self.index.read()
            if is_new:
                self.index.add(KeyringEntry(user, self._label, self._now()))
        except IndexFileError as error:
            return self._failed(f"{error} The key was not saved. It is kept until you quit.")
        reply, result = await self._call("put", user, unlock=unlock, user=user, secret=secret.get_secret_value())
        # An error from before a keyring was chosen, which `by` shows, stored nothing either.
        stored_nothing = reply.state in _NOT_STORED or (reply.state is KeyringState.ERROR and bool(reply.by))
        try:
            if reply.state is KeyringState.OK:
                self.index.add(KeyringEntry(user, self._label, self._now()))
            elif is_new and stored_nothing:
                self.index.remove(user)
        except IndexFileError:
            pass  # the name that was written first stays
        return result

    async def forget(self, user: str, *, unlock: bool = False) -> KeyringResult:
        """Remove a key; OK or MISSING if it is gone, otherwise it stays in the index."""
        reply, result = await self._call("forget", user, unlock=unlock, user=user)
        if reply.state in (KeyringState.OK, KeyringState.MISSING):
            try:
                self.index.remove(user)
            except IndexFileError as error:
                return replace(result, message=f"The key was removed. {error}")
        return result

    async def entries(self) -> tuple[KeyringEntry, ...]:
        """Return the keys that were stored, by name, from the index alone; none if it can't be read."""
        try:
            return tuple(self.index.read().values())
        except IndexFileError:
            return ()

    async def presence(self, users: Sequence[str]) -> KeyringResult:
        """Return which of these entries still exist. No value leaves the child."""
        reply, result = await self._call("have", users=list(users))
        return replace(result, present=reply.present)

    async def _call(
        self, op: str, entry: str = "token", *, unlock: bool = False, **more: object
    ) -> tuple[KeyringReply, KeyringResult]:
        limits = self._limits
        seconds = limits.unlock if unlock else limits.probe if op == "probe" else limits.call
        async with self._turn:
            reply = await ask(self._child, {"op": op, "service": SERVICE, "unlock": unlock, **more}, seconds)
        if unlock or op in ("get", "put", "forget"):
            self.may_have_written()
        self._label = reply.label or self._label
        reply = replace(reply, label=self._label)
        variable = variable_of_entry(entry)
        reason, message = words(op, reply, seconds=seconds, variable=variable, unlocked=unlock, window=self.window)
        return reply, KeyringResult(reply.state, self._label, message, reason)

    def _failed(self, message: str) -> KeyringResult:
        return KeyringResult(KeyringState.ERROR, self._label, message)


# --- the names of the entries: keyrings can't list them


class IndexFileError(Exception):
    """The file of names can't be read or written. `str()` is a sentence."""


@dataclass(frozen=True, slots=True)
class KeyringEntry:
    """One key in the keyring: its user name there, the keyring's human name, when it was stored (epoch s)."""

    user: str
    label: str
    created: float


class KeyIndex:
    """The file `keys.json` in this program's state folder (0600): names and dates, never a part of a key."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path

    def read(self) -> dict[str, KeyringEntry]:
        """Return all entries by their user name, in the order of names. Raises IndexFileError."""
        path = self._file()
        try:
            raw = read_ordinary(path, _LARGEST_INDEX)
            if raw is None or len(raw) > _LARGEST_INDEX:
                raise ValueError
            document = limited_json.parse_file(raw)
            if document["version"] != _INDEX_VERSION:
                raise ValueError
            entries = _entries().validate_python(document["keys"])
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise _unusable(path, error.strerror or "no access") from None
        except (ValueError, LookupError, TypeError):
            raise _unusable(path, "it is damaged") from None
        cleaned = (KeyringEntry(clean(e.user), clean(e.label), e.created) for e in entries)
        return {entry.user: entry for entry in sorted(cleaned, key=lambda entry: entry.user)}

    def add(self, entry: KeyringEntry) -> None:
        """Write an entry, replacing one with the same user name. Raises IndexFileError."""
        self._write({**self.read(), entry.user: entry})

    def remove(self, user: str) -> None:
        """Remove an entry, if it is listed. Raises IndexFileError."""
        entries = self.read()
        if entries.pop(user, None) is not None:
            self._write(entries)

    def _write(self, entries: Mapping[str, KeyringEntry]) -> None:
        document = {"version": _INDEX_VERSION, "keys": [asdict(entry) for entry in entries.values()]}
        path = self._file()
        try:
            write_private(path, json.dumps(document, indent=1) + "\n")
        except OSError as error:
            raise _unusable(path, error.strerror or "no access") from None

    def _file(self) -> Path:
        if self._path is None:
            try:
                self._path = state_dir() / "keys.json"
            except OSError as error:
                problem = f"Can't create this program's folder ({error.strerror or 'no access'})."
                raise IndexFileError(problem) from None
        return self._path


@cache
def _entries() -> TypeAdapter[list[KeyringEntry]]:
    from pydantic import TypeAdapter

    return TypeAdapter(list[KeyringEntry])


def _unusable(path: Path, reason: str) -> IndexFileError:
    problem = f"Can't use the list of stored keys, {clean(str(path))}: {reason}."
    return IndexFileError(f"{problem} Move it away, or fix its permissions.")


# --- sentences

_WINDOW = "Its password window may open on that machine's desktop, not here."
_SESSION = "keep the key for this session. The import doesn't need it stored."
_REASONS = {
    KeyringState.OK: "{Label} responded.",
    KeyringState.READY: "{Label} is ready.",
    KeyringState.MISSING: "{Label} doesn't have this key.",
    KeyringState.LOCKED: "Your keyring is locked.",
    KeyringState.NO_COLLECTION: "Your keyring has no password yet.",
    KeyringState.UNAVAILABLE: "This host has no keyring, which is normal over SSH.",
    KeyringState.DISABLED: "{by} turns the keyring off.",
    KeyringState.INSECURE: "The keyring {backend} is not the operating system's own and may store keys "
    "unprotected, so it is not used.",
    KeyringState.TIMEOUT: "{Label} did not respond within {seconds:.0f} s, so {undone}. "
    "You can close its password window if it is still open.",
    KeyringState.ERROR: "{Label} failed ({error}), so {undone}.",
    KeyringState.VERIFY_FAILED: "{Label} accepted the key but doesn't return it, so it is not used.",
}
_STILL_LOCKED = "Your keyring is still locked. Its password window was closed or could not open."
_UNDONE = {
    "probe": "it is not used",
    "get": "no key was read",
    "put": "the key may not be saved",
    "forget": "the key may still be there",
    "have": "no key was checked",
}
_DONE = {
    ("probe", KeyringState.READY): "",
    ("put", KeyringState.OK): "Saved in {label}.",
    ("get", KeyringState.OK): "",
    ("get", KeyringState.MISSING): "The key is no longer in {label}. Paste it again.",
    ("forget", KeyringState.OK): "Removed from {label}.",
    ("forget", KeyringState.MISSING): "It was no longer in {label}. Its name was removed from the list.",
    ("have", KeyringState.OK): "",
}
_NEXT = {
    "probe": "Keys are kept until you quit. To keep one longer, set {variable}.",
    "get": "Paste the key, or set {variable} before you start.",
    "put": "The key is kept until you quit. To keep it longer, set {variable}.",
    "forget": "Its entry stays in the list. Forget it again when the keyring responds.",
    "have": "Can't tell which keys are still there.",
}
_NEXT_UNLOCK = {
    "probe": f"{_WINDOW} Unlock it, or {_SESSION}",
    "get": f"{_WINDOW} Unlock it, or paste the key.",
    "put": f"{_WINDOW} Unlock it, or {_SESSION}",
    "forget": "Unlock it on that machine's desktop, then forget the entry again. It stays in the list.",
    "have": "Can't tell which keys are still there.",
}


def words(
    op: str,
    reply: KeyringReply,
    *,
    seconds: float = 0.0,
    variable: str = "LD_ACCESS_TOKEN",
    unlocked: bool = False,
    window: bool = True,
) -> tuple[str, str]:
    """Return what happened and why, and that with the next thing to do ("" if there is nothing to say).

    `variable` is an environment variable that can hold the key; `unlocked` says that the keyring's password window had
    the chance to open, `window` that it can.
    """
    fields = {
        "label": reply.label, "Label": reply.label[:1].upper() + reply.label[1:], "by": reply.by,
        "backend": reply.backend, "error": reply.error or "no reason given", "seconds": seconds,
        "variable": variable, "undone": _UNDONE[op],
    }  # fmt: skip
    wrong_setup = _wrong_setup(reply)
    still_locked = reply.state is KeyringState.LOCKED and unlocked
    reason = (wrong_setup or (_STILL_LOCKED if still_locked else _REASONS[reply.state])).format(**fields)
    if (op, reply.state) in _DONE:
        return reason, _DONE[op, reply.state].format(**fields)
    closed = reply.state in (KeyringState.LOCKED, KeyringState.NO_COLLECTION) and not wrong_setup
    if closed and not window:
        reason = f"{reason[:-1]}, and its window can't open here."
    may_unlock = closed and window and not unlocked
    return reason, f"{reason} {(_NEXT_UNLOCK if may_unlock else _NEXT)[op].format(**fields)}"


def _wrong_setup(reply: KeyringReply) -> str:
    """What is wrong with how the keyring was set up, and what to do about it; "" for nothing."""
    if reply.state is KeyringState.ERROR and reply.by:
        if reply.backend:
            return (
                "{by} selects the keyring backend {backend}, which can't be used here ({error})."
                " Install that backend's package, or remove the setting."
            )
        return "{by} selects a keyring backend that can't be used ({error}). Fix or remove it."
    if reply.state is KeyringState.NO_COLLECTION and reply.by:
        return "{by} selects a collection that {label} doesn't have. Fix or remove it."
    if reply.state is KeyringState.NO_COLLECTION and reply.error:
        return "{Label} has no default collection. Choose one in its own program, such as Passwords and Keys."
    return ""
