"""One import of the wizard from its configuration on: started, watched, compared, started again, its report.

What happened is kept, so that a screen can be left and shown again, and the journal is written at each step: another
start of this program goes on from there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from itertools import zip_longest

from tui.answers.fields import Form
from tui.apply import journal as journals
from tui.apply.account import caller_of, must_be_of
from tui.apply.import_errors import foreseen
from tui.apply.journal import Journal, Stage
from tui.apply.start_watch import Ended, Keep, Resting, Runner, Started, Stuck, Watched
from tui.apply.verify import Verification, promise_of, verify
from tui.apply.watch import STUCK_AFTER, Moved
from tui.context import Tools
from tui.launchdarkly.instances import Instance
from tui.net.errors import Failure, Kind
from tui.net.events import Exchange, Result
from tui.plan.words import named
from tui.report.report import Report, redacted, report
from tui.secrets.bag import Bag

_MOST_NEWS = 200


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened at a moment: LaunchDarkly's own if it gives one, else when it was seen (seconds since the
    epoch). `why` is behind it, "" where not known."""

    at: float
    level: str
    text: str
    why: str = ""
    key_refused: bool = False
    """It ends only when a key is replaced."""
    expected: bool = False
    """The plan foresaw it."""


@dataclass
class Run:
    """One import. `form` is None where its integration is not known here; `keep` writes the journal down.

    `news` has the newest first. `trouble` is why it cannot be gone on with at the moment, None while it can;
    `unsure` that nobody knows whether its start got through: the person is asked.
    """

    journal: Journal
    instance: Instance
    bag: Bag
    tools: Tools
    keep: Keep
    form: Form | None = None
    stuck_after: float = STUCK_AFTER
    news: deque[News] = field(default_factory=lambda: deque(maxlen=_MOST_NEWS))
    status: str = ""
    arrived: int = 0
    changed_at: float = 0.0
    """When something changed last, seconds since the epoch; 0 if no change was seen."""
    resting: Resting | None = None
    stuck: Stuck | None = None
    trouble: Failure | None = None
    unsure: bool = False
    by_us: bool = True
    """This program's own request has started it, as far as it is known."""
    verification: Verification | None = None
    _runner: Runner | None = None
    _known: set[str] = field(default_factory=set)
    _identified: bool = False

    @property
    def planned(self) -> bool:
        """It is known which flags are to arrive."""
        return bool(self.journal.expected)

    @property
    def begun(self) -> bool:
        """It runs, or has run; or a request to start it has left."""
        return self.journal.stage in (Stage.STARTING, Stage.STARTED, Stage.ENDED, Stage.VERIFIED)

    @property
    def over(self) -> bool:
        """Its end was seen."""
        return self.journal.stage in (Stage.ENDED, Stage.VERIFIED)

    @property
    def key_refused(self) -> bool:
        """An error was reported that ends only when a key is replaced."""
        return any(each.key_refused for each in self.news)

    def note(self, journal: Journal) -> None:
        """Write the journal down. Raises Failure where that cannot be."""
        self.keep(journal)
        self.journal = journal

    def _new_runner(self) -> Runner:
        self._runner = Runner(self.journal, self.instance, self.bag, self.tools, self.note, self.stuck_after)
        return self._runner

    # --- the start

    async def start(self) -> AsyncGenerator[Exchange | Result[Started], None]:
        """Start it, unless it runs already, or find out whether a start of before got through. Never raises Failure:
        then `trouble` tells, or `unsure` asks."""
        self.trouble, self.unsure = None, False
        try:
            async with aclosing(self._new_runner().start()) as events:
                async for event in events:
                    if isinstance(event, Result):
                        self.unsure, self.trouble = not event.value.known, event.value.failure
                        self.by_us = event.value.triggered
                    yield event
        except Failure as failure:
            self.trouble = failure
            if failure.kind is Kind.NOT_FOUND and self.journal.stage is Stage.CREATED:
                self._gone()

    def _gone(self) -> None:
        """Somebody has deleted the configuration before it was started: nothing is under way any more."""
        with suppress(Failure):  # the trouble that is told already matters more
            self.note(journals.planned_again(self.journal))

    def lost(self) -> None:
        """Somebody has deleted the configuration in the middle: what has arrived by now is all that will. Raises
        Failure."""
        self.note(journals.ended(self.journal, journals.GONE, self.journal.errors, 0.0))
        self.trouble = None

    def once_more(self) -> None:
        """Make ready for another start: flags that exist by then are skipped, so it brings what is missing."""
        self.note(journals.created_again(self.journal))
        self.verification, self.stuck, self.trouble, self.resting = None, None, None, None
        self.news.clear()

    def assume(self, started: bool) -> None:
        """The person says whether the start got through."""
        self._new_runner().assume(started)
        self.unsure, self.trouble, self.by_us = False, None, True

    # --- watching and comparing

    async def watched(self) -> AsyncGenerator[Watched | Ended, None]:
        """Look until the end, or until the stream is closed. Never raises Failure: then `trouble` tells."""
        self.trouble, self.resting, self.stuck = None, None, None
        try:
            await self._identify()
            async with aclosing(self._new_runner().watched()) as events:
                async for event in events:
                    self._take(event)
                    yield event
        except Failure as failure:
            self.trouble, self.resting, self.stuck = failure, None, None

    async def _identify(self) -> None:
        """Raises Failure CREDENTIAL if the journal belongs to another account than your token. If that can't be read,
        the watch says why."""
        if self._identified:
            return
        try:
            async with self.tools.launchdarkly(self.bag, self.instance) as ld:
                caller = await caller_of(ld)
        except Failure:
            return
        must_be_of(self.journal, caller.account_id, writes=False)
        self._identified = True

    def look_now(self) -> None:
        """Look at once, or as soon as that may be."""
        if self._runner is not None:
            self._runner.look_now()

    def _take(self, event: Watched | Ended) -> None:
        if isinstance(event, Resting):
            self.resting = event
        elif isinstance(event, Stuck):
            self.stuck = event
        elif isinstance(event, Ended):
            self.status, self.arrived, self.resting, self.stuck = event.status, len(event.arrived), None, None
        else:
            self._moved(event)

    def _moved(self, event: Moved) -> None:
        self.status, self.arrived, self.stuck = event.status, event.arrived, None
        self.changed_at = event.changed_at or self.changed_at
        fresh = [key for key in event.fresh if key not in self._known]
        self._known.update(fresh)
        if fresh:
            self._happened(News(event.at if event.came_at is None else event.came_at, "ok", named(fresh)))
        plan = foreseen(self.journal)
        for error, at in zip_longest(event.errors, event.errors_at):
            told = plan.explain(error)
            if all(told.text != each.text for each in self.news):
                level = "note" if told.expected else "warning"
                when = event.at if at is None else at
                self._happened(News(when, level, told.text, told.cause, told.key_refused, told.expected))

    def _happened(self, news: News) -> None:
        """Note it by its own time, the newest first; one look may bring what happened long before."""
        self.news.appendleft(news)
        self.news = deque(sorted(self.news, key=lambda each: -each.at), maxlen=_MOST_NEWS)

    async def compared(self) -> AsyncGenerator[Exchange | Result[Verification], None]:
        """Hold what arrived against what was planned; nothing where nobody has planned it. Never raises Failure: then
        `trouble` tells."""
        self.trouble = None
        try:
            if not self.journal.planned_at:
                self.note(journals.verified(self.journal, (), self.tools.now()))
                return
            async with aclosing(verify(promise_of(self.journal, self.instance), self.bag, self.tools)) as events:
                async for event in events:
                    if isinstance(event, Result):
                        self.verification = event.value
                        arrived = event.value.arrived.values()
                        self.note(journals.verified(self.journal, arrived, self.tools.now()))
                    yield event
        except Failure as failure:
            self.trouble = failure

    def report(self) -> Report:
        """What there is to tell so far, without any secret that is known."""
        return redacted(report(self.journal, self.verification, self.tools.now(), form=self.form), self.tools.redactor)
