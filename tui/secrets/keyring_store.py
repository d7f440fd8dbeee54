"""Keys in the keyring of the operating system, such as GNOME Keyring or macOS Keychain.

Every call is a process of its own with a time limit (`child_process`), one at a time, and none asks for a
password unless told to. Nothing here raises for a keyring that does not work: each result has a state and a
sentence, and the import goes on without.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tui.secrets.child_process import CHILD, Reply, ask
from tui.secrets.key_index import Entry, Index, IndexFileError
from tui.secrets.names import SERVICE, variable_of_entry
from tui.secrets.states import NO_NAME, Circumstances, State, reason, sentence

if TYPE_CHECKING:
    from pydantic import SecretStr

LONGEST = 1200
"""Characters of a key; Windows Credential Manager takes 1280."""

_NOT_STORED = frozenset({State.LOCKED, State.NO_COLLECTION, State.UNAVAILABLE, State.DISABLED, State.INSECURE})


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that a call may take. `unlock` holds where a password window may open."""

    probe: float = 3.0
    # macOS alone asks in the middle of a call, as after each update of Python; a person needs time to answer.
    call: float = 60.0 if sys.platform == "darwin" else 5.0
    unlock: float = 60.0


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Probe:
    """How the keyring stands, its human name ("GNOME Keyring"), and the sentence for it, "" when ready."""

    state: State
    label: str
    advice: str


@dataclass(frozen=True, slots=True)
class Got:
    """A key from the keyring; without a value, `said` tells why and what to do, `why` the first of it alone."""

    state: State
    value: SecretStr | None
    said: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of storing or forgetting a key, and the sentence for it."""

    state: State
    said: str


@dataclass(frozen=True, slots=True)
class Presence:
    """Which entries are in the keyring. `present` is empty where it could not be asked; `said` tells why."""

    state: State
    present: Mapping[str, bool]
    said: str


class Keyring:
    """The keyring of the operating system.

    It is called by the command `child`; the names of its entries are kept in the file `index`.
    """

    def __init__(
        self,
        *,
        child: Sequence[str] | None = None,
        index: Path | None = None,
        now: Callable[[], float] = time.time,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self.index = Index(index)
        self._child = tuple(child or CHILD)
        self._now = now
        self._limits = limits
        self._turn = asyncio.Lock()
        self._label = NO_NAME

    async def probe(self, *, unlock: bool = False) -> Probe:
        """How the keyring stands. With `unlock` it may open its password window first, for a minute."""
        reply = await self._ask("probe", unlock=unlock, limit=self._limits.probe)
        return Probe(reply.state, self._label, self._say("probe", reply, unlock=unlock))

    async def get(self, user: str, *, unlock: bool = False) -> Got:
        """The key with the entry name `user` (`names.entry_name`): State.OK or State.MISSING, or trouble."""
        from pydantic import SecretStr

        reply = await self._ask("get", unlock=unlock, user=user)
        value = SecretStr(reply.secret) if reply.state is State.OK and reply.secret is not None else None
        about = self._about("get", reply, user, unlock=unlock)
        return Got(reply.state, value, sentence(reply.state, about), reason(reply.state, about))

    async def put(self, user: str, secret: SecretStr, *, unlock: bool = False) -> Outcome:
        """Store a key, in place of an earlier one, and read it back; State.OK only if that gave the same.

        Its name is written down first, so that nothing is ever stored that `entries` does not tell.
        """
        if len(secret.get_secret_value()) > LONGEST:
            what = f"The key is longer than {LONGEST:,} characters; not every keyring takes that."
            return Outcome(State.ERROR, f"{what} It is kept until you quit.")
        try:
            is_new = user not in self.index.read()
            if is_new:
                self.index.add(Entry(user, self._label, self._now()))
        except IndexFileError as unreadable:
            return Outcome(State.ERROR, f"{unreadable} The key was not saved; it is kept until you quit.")
        reply = await self._ask("put", unlock=unlock, user=user, secret=secret.get_secret_value())
        try:
            if reply.state is State.OK:
                self.index.add(Entry(user, self._label, self._now()))
            elif is_new and _stored_nothing(reply):
                self.index.remove(user)
        except IndexFileError:
            pass  # the name written before stands
        return Outcome(reply.state, self._say("put", reply, user, unlock=unlock))

    async def forget(self, user: str, *, unlock: bool = False) -> Outcome:
        """Remove a key; State.OK or State.MISSING where it is gone, otherwise it stays in `entries`."""
        reply = await self._ask("forget", unlock=unlock, user=user)
        if reply.state in (State.OK, State.MISSING):
            try:
                self.index.remove(user)
            except IndexFileError as unreadable:
                return Outcome(reply.state, f"The key is gone. {unreadable}")
        return Outcome(reply.state, self._say("forget", reply, user, unlock=unlock))

    async def entries(self) -> tuple[Entry, ...]:
        """The keys that were stored, by name, from the list alone; none where that cannot be read."""
        try:
            return tuple(self.index.read().values())
        except IndexFileError:
            return ()

    async def presence(self, users: Sequence[str]) -> Presence:
        """Which of these entries are still there. No value leaves the child."""
        reply = await self._ask("have", users=list(users))
        return Presence(reply.state, reply.present, self._say("have", reply))

    async def _ask(self, op: str, *, unlock: bool = False, limit: float | None = None, **more: object) -> Reply:
        request = {"op": op, "service": SERVICE, "unlock": unlock, **more}
        async with self._turn:
            reply = await ask(self._child, request, self._limit(unlock, limit))
        self._label = reply.label or self._label
        return reply

    def _limit(self, unlock: bool, limit: float | None) -> float:
        return self._limits.unlock if unlock else limit or self._limits.call

    def _say(self, op: str, reply: Reply, user: str = "token", *, unlock: bool = False) -> str:
        return sentence(reply.state, self._about(op, reply, user, unlock=unlock))

    def _about(self, op: str, reply: Reply, user: str, *, unlock: bool) -> Circumstances:
        limit = self._limit(unlock, self._limits.probe if op == "probe" else None)
        variable = variable_of_entry(user)
        return Circumstances(op, self._label, reply.by, reply.backend, reply.error, limit, variable, unlock)


def _stored_nothing(reply: Reply) -> bool:
    """Whether that is certain: also of an error from before a keyring was chosen, which `by` tells."""
    return reply.state in _NOT_STORED or (reply.state is State.ERROR and bool(reply.by))
