"""What each step of an import shares: its journal, keys, clock and connections."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from tui.apply.journal import Journal
from tui.context import Context
from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.instances import Instance
from tui.launchdarkly.models import Configuration
from tui.net.events import Sink, ignore
from tui.secrets.bag import Bag

Keep = Callable[[Journal], None]
"""Writes a journal to its file. Raises Failure or OSError."""


@dataclass
class Record:
    """One import's journal, shared by all its steps. `keep` writes each new state before the next step."""

    journal: Journal
    instance: Instance
    bag: Bag
    context: Context
    keep: Keep

    def note(self, journal: Journal) -> Journal:
        """Write a new state of the journal. Raises what `keep` raises; the state then stays as it was."""
        self.keep(journal)
        self.journal = journal
        return journal

    def launchdarkly(self) -> AbstractAsyncContextManager[LaunchDarkly]:
        return self.context.launchdarkly(self.bag, self.instance)

    async def configuration(self, ld: LaunchDarkly, sink: Sink = ignore) -> Configuration:
        """Read the import's configuration. Raises Failure."""
        who = self.journal.identity
        return await ld.get(who.project, who.integration, self.journal.configuration, sink=sink)
