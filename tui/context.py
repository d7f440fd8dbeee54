"""What requests need: clock, redactor, log, and the connections of the session."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.instances import Instance
from tui.net.address import is_loopback
from tui.net.client import Connections, Http
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.secrets.bag import Bag
from tui.text.redact import Redactor


@dataclass(frozen=True, slots=True)
class Context:
    """Passed to everything that sends requests. Tests and the practice mode pass their own."""

    redactor: Redactor = field(default_factory=Redactor)
    now: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    timer: Callable[[], float] = time.perf_counter
    log: Callable[[str], None] | None = None
    loopback_only: bool = False
    """Practice: nothing leaves this machine, whatever address is typed."""
    deadline: float | None = None
    """When the whole run must be over, seconds since the epoch; None for no such limit."""
    connections: Connections = field(default_factory=Connections, repr=False, compare=False)
    """Shared by all requests. A front holds them for its whole session, so that requests reuse them."""

    def stays_here(self, url: str) -> None:
        """Raise Failure if practice would leave this machine."""
        if self.loopback_only and not is_loopback(urlsplit(url).hostname or ""):
            what = "Practice connects only to this machine."
            raise Failure(Kind.UNREACHABLE, what, "", Remedy.USE, about="the demo server's address")

    def http(self) -> Http:
        """Return a client, to be used as an async context manager."""
        return Http(
            now=self.now, sleep=self.sleep, deadline=self.deadline, log=self.log, timer=self.timer,
            redactor=self.redactor, connections=self.connections,
        )  # fmt: skip

    @asynccontextmanager
    async def launchdarkly(self, bag: Bag, instance: Instance, key: str = "token") -> AsyncIterator[LaunchDarkly]:
        """Open LaunchDarkly with the secret `key` of the bag. Raises Failure CREDENTIAL if the bag has none."""
        self.stays_here(instance.url)
        token = bag.get(key)
        if token is None:
            what = "There is no LaunchDarkly token yet."
            raise Failure(Kind.CREDENTIAL, what, "", Remedy.PASTE_FIRST, safe=Safe.NOTHING_SENT)
        async with self.http() as http:
            yield LaunchDarkly(http, instance, token, redactor=self.redactor)
