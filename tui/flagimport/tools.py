"""What a check or a submission works with: the network, the clock, and what may be shown and kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.instances import Instance
from tui.net.client import Http
from tui.net.errors import Failure, Kind
from tui.secrets.bag import Bag
from tui.text import Redactor


@dataclass(frozen=True, slots=True)
class Tools:
    """Passed down to everything that talks to a server; a test or the practice mode passes its own."""

    redactor: Redactor = field(default_factory=Redactor)
    now: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    timer: Callable[[], float] = time.perf_counter
    log: Callable[[str], None] | None = None

    def http(self) -> Http:
        """A client to be used as an async context manager."""
        return Http(now=self.now, sleep=self.sleep, log=self.log, timer=self.timer)

    @asynccontextmanager
    async def launchdarkly(self, bag: Bag, instance: Instance, key: str = "token") -> AsyncIterator[LaunchDarkly]:
        """LaunchDarkly as the secret `key` of the bag sees it. Raises Failure CREDENTIAL where it is not there."""
        token = bag.get(key)
        if token is None:
            raise Failure(
                Kind.CREDENTIAL,
                "There is no LaunchDarkly token yet.",
                "",
                "Paste it first; nothing was sent.",
            )
        async with self.http() as http:
            yield LaunchDarkly(http, instance, token, redact=self.redactor)
