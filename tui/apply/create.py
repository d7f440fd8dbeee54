"""The create request with its journal: noted before it leaves, found again after any end of this program."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from tui.answers.lookup import Standing
from tui.answers.request import CreateRequest
from tui.apply import journal as journals
from tui.apply.account import caller_of, importer_of, must_be_of
from tui.apply.arrivals import newest, snapshot
from tui.apply.journal import Journal, Stage
from tui.apply.start_watch import Keep
from tui.apply.submission import Outcome, Submission
from tui.context import Tools
from tui.launchdarkly.client import LaunchDarkly
from tui.net.errors import Failure, Kind
from tui.net.events import Exchange, Note, Result, Sink, ignore, streamed
from tui.secrets.bag import Bag


@dataclass
class Creation:
    """One configuration of one journal. `reuse` takes one that stands there with the same settings."""

    journal: Journal
    request: CreateRequest
    bag: Bag
    tools: Tools
    keep: Keep
    reuse: bool = True
    sent: bool = field(default=False, init=False)
    """This process sent the request that creates, or was about to."""

    def submission(self) -> Submission:
        """An attempt that notes itself in the journal before it sends. What `keep` raises stops the sending."""
        return Submission(
            self.request, self.bag, self.tools, reuse=self.reuse, identify=self._identify, about_to_send=self._noted
        )

    async def _identify(self, ld: LaunchDarkly) -> None:
        """The account goes into the journal. Raises Failure CREDENTIAL if it isn't that of an earlier run."""
        account = (await caller_of(ld)).account_id
        must_be_of(self.journal, account, writes=True)
        self.journal = replace(self.journal, account=account)

    async def _noted(self, ld: LaunchDarkly, standing: Standing) -> None:
        """Creating may start the import, so the newest flags and LaunchDarkly's date are noted with it."""
        journal = self.journal
        if journal.expected:
            if journal.snapshot is None:
                found = await snapshot(ld, journal.identity.project, ignore)
                journal = journals.standing(journal, found, self.tools.now())
            importer = await importer_of(self.tools, self.bag, self.request.instance)
            journal = await newest(ld, replace(journal, importer=importer), ignore)
        self._note(journals.creating(journal, standing.ids, self.tools.now(), ld.date))
        self.sent = True

    def _note(self, journal: Journal) -> None:
        self.keep(journal)
        self.journal = journal

    async def created(self) -> AsyncGenerator[Exchange | Result[Outcome], None]:
        """Create it, unless the journal says that it is there; look first for one whose answer was never noted.

        The outcome comes last, and is in the journal. Raises OSError where the journal cannot be written, Failure
        where one that is there cannot be read.
        """
        for attempt in (self._there(), self._lost(), self.submission().send()):
            done: Outcome | None = None
            async with aclosing(attempt) as events:
                async for event in events:
                    if isinstance(event, Result):
                        done = event.value
                    else:
                        yield event
            if done is not None:
                self.note(done)
                yield Result(done)
                return

    async def _there(self) -> AsyncGenerator[Exchange | Result[Outcome | None] | Result[Outcome], None]:
        """The configuration that the journal names; no result where it names none, or somebody has deleted it."""
        if self.journal.configuration:
            async with aclosing(streamed(self._still_there)) as events:
                async for event in events:
                    yield event

    async def _lost(self) -> AsyncGenerator[Exchange | Result[Outcome], None]:
        """What became of a request whose answer was never noted; no result where it can be sent again."""
        if self.journal.stage is not Stage.CREATING:
            return
        async with aclosing(self.interrupted().look_again()) as events:
            async for event in events:
                if not (isinstance(event, Result) and event.value.may_send_again):
                    yield event

    def interrupted(self) -> Submission:
        """The attempt of an earlier start, whose answer was never noted."""
        sent_at = min(self.journal.sent_at, self.tools.now())  # a clock that was set back would have us wait
        made = Submission.interrupted(self.request, self.bag, self.tools, self.journal.ids_before, sent_at)
        made.identify, made.about_to_send = self._identify, self._noted
        return made

    async def _still_there(self, sink: Sink) -> Outcome | None:
        """The configuration that the journal names; None where somebody has deleted it: the way is free again."""
        identity = self.journal.identity
        async with self.tools.launchdarkly(self.bag, self.request.instance) as ld:
            try:
                there = await ld.get(identity.project, identity.integration, self.journal.configuration, sink=sink)
            except Failure as failure:
                if failure.kind is not Kind.NOT_FOUND or self.journal.stage in _RUNNING:
                    raise
                sink(Note("not there any more", "somebody has deleted it", level="warning"))
                self._note(journals.planned_again(self.journal))
                return None
        sink(Note("it is there", "going on with it"))
        return Outcome(configuration=there, reused=True)

    def note(self, outcome: Outcome) -> None:
        """Write down what came of an attempt. One whose fate is not known stays as it was noted."""
        if outcome.configuration is not None and outcome.configuration.id == self.journal.configuration:
            return
        if outcome.configuration is not None:
            self._note(journals.created(self.journal, outcome.configuration, reused=outcome.reused))
        elif outcome.may_send_again and self.journal.stage is Stage.CREATING:
            self._note(journals.planned_again(self.journal))


_RUNNING = frozenset({Stage.STARTING, Stage.STARTED})
