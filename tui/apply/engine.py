"""One import from its plan to its verified end, for every front: new, resumed, or started once more.

A front chooses what to ask and how to show it. `Import` holds the journal, the creation, the state of the run, and why
it cannot continue.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Protocol, TypeVar

from tui.answers.request import CreateRequest
from tui.apply import journal as journals
from tui.apply.account import caller_of, must_be_of
from tui.apply.arrivals import newly_there
from tui.apply.create import Creation, Outcome
from tui.apply.import_errors import foreseen
from tui.apply.journal import Journal, Stage
from tui.apply.new_journal import journal_of
from tui.apply.record import Keep, Record
from tui.apply.start_watch import Ended, Resting, Run, Started, Stuck, Watched
from tui.apply.verify import Verification, promise_of, verify
from tui.apply.watch import STUCK_AFTER
from tui.context import Context
from tui.launchdarkly.instances import Instance
from tui.launchdarkly.own_changes import OwnChanges
from tui.launchdarkly.words import who_in_words
from tui.net.errors import Failure, Kind, Remedy
from tui.net.events import ProgressEvent, Sink, Stream, ignore
from tui.plan import reading
from tui.plan.plan import Counts, Plan
from tui.plan.request import PlanRequest
from tui.plan.words import named
from tui.secrets.bag import Bag

T = TypeVar("T")
_MOST_NEWS = 200
_PLANNED_ANEW = (Stage.PLANNED, Stage.VERIFIED)
_BEGUN = (Stage.STARTING, Stage.STARTED, Stage.ENDED)


@dataclass(frozen=True, slots=True)
class Planned:
    """What is to be imported. `plan` is None if an earlier run planned it and this one resumes.

    Nothing was written until here, and nothing will be if `counts.arrive` is 0.
    """

    counts: Counts
    plan: Plan | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Created:
    """The configuration exists. `status_code` is that of the answer that created it, None without one."""

    id: str
    reused: bool
    status_code: int | None


@dataclass(frozen=True, slots=True)
class Triggered:
    """The import runs. `by_us` is False if it ran already; `status_code` is None if nothing was sent for it."""

    by_us: bool
    status_code: int | None


@dataclass(frozen=True, slots=True)
class Verified:
    """What was imported was compared with the plan."""

    journal: Journal
    verification: Verification = field(repr=False)


Event = ProgressEvent | Planned | Created | Triggered | Watched | Ended | Verified


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened at a moment: LaunchDarkly's own if it gives one, else when it was seen (seconds since
    the epoch). `why` is the cause, "" if not known."""

    at: float
    level: str
    text: str
    why: str = ""
    key_refused: bool = False
    """It ends only when a key is replaced."""
    expected: bool = False
    """The plan foresaw it."""


class Inputs(Protocol):
    """What a whole run is made from. Secrets are fetched only when they are needed."""

    @property
    def references(self) -> Mapping[str, str]:
        """Where each secret is kept."""

    async def readable(self) -> PlanRequest:
        """What is planned from, its keys in the bag. Raises Failure."""

    async def completed(self) -> CreateRequest:
        """The request that can be sent, its secrets in the bag. Raises Failure."""


class Import:
    """One import. `request` is None if its configuration exists and was created elsewhere. `grade` adds to a plan how
    far its flags can be rebuilt; `own` returns what rebuilds have changed in its flags since.

    Steps raise Failure, and what `keep` raises; `trouble` keeps the latest Failure for whoever shows the import
    later. Each step writes the journal before and after, so a stream may be closed at any event: the next process
    resumes from the journal.
    """

    def __init__(
        self,
        journal: Journal,
        instance: Instance,
        bag: Bag,
        context: Context,
        keep: Keep,
        request: CreateRequest | None = None,
        *,
        stuck_after: float = STUCK_AFTER,
        grade: Callable[[Plan], Awaitable[Plan]] | None = None,
        own: Callable[[], OwnChanges] = dict,
    ) -> None:
        self._grade, self._own = grade, own
        self.record = Record(journal, instance, bag, context, keep)
        self._creation = Creation(self.record, request) if request is not None else None
        self._run = Run(self.record, stuck_after)
        self.trouble: Failure | None = None
        """Why it cannot continue at the moment."""
        self.unsure = False
        """It is not known whether the start succeeded: ask the user."""
        self.by_us = True
        """This program's own request started it, as far as that is known."""
        self.status = ""
        self.arrived = 0
        self.changed_at = 0.0
        """When something last changed, seconds since the epoch; 0 if no change was seen."""
        self.resting: Resting | None = None
        self.stuck: Stuck | None = None
        self.news: deque[News] = deque(maxlen=_MOST_NEWS)
        """The newest first."""
        self.verification: Verification | None = None
        self._seen_keys: set[str] = set()
        self._identified = False

    @property
    def journal(self) -> Journal:
        return self.record.journal

    @property
    def instance(self) -> Instance:
        return self.record.instance

    @property
    def bag(self) -> Bag:
        return self.record.bag

    @property
    def context(self) -> Context:
        return self.record.context

    def note(self, journal: Journal) -> None:
        """Write a new state of the journal. Raises what `keep` raises."""
        self.record.note(journal)

    @property
    def creation(self) -> Creation:
        """The attempts to create its configuration."""
        if self._creation is None:
            raise AssertionError("its configuration was created elsewhere")
        return self._creation

    # --- where it stands

    @property
    def planned(self) -> bool:
        """It is known which flags are to be imported."""
        return bool(self.journal.expected)

    @property
    def resumes(self) -> bool:
        """An earlier run planned it and didn't verify its end."""
        return self.journal.planned_at > 0 and self.journal.stage not in _PLANNED_ANEW

    @property
    def begun(self) -> bool:
        """It runs or has run, or a request to start it was sent."""
        return self.journal.stage in (*_BEGUN, Stage.VERIFIED)

    @property
    def over(self) -> bool:
        """Its end was seen."""
        return self.journal.stage in (Stage.ENDED, Stage.VERIFIED)

    @property
    def key_refused(self) -> bool:
        """An error was reported that ends only when a key is replaced."""
        return any(each.key_refused for each in self.news)

    # --- creating

    def create(self, complete: Callable[[], Awaitable[CreateRequest]] | None = None) -> Stream[Outcome]:
        """Use the configuration of the journal, look for one whose answer was lost, or send: as `Creation.create`."""
        return self._step(lambda sink: self.creation.create(sink, complete))

    def send(self) -> Stream[Outcome]:
        """Send the create request once, as `Creation.send`."""
        return self._step(self.creation.send)

    def look_again(self) -> Stream[Outcome]:
        """Find out whether a create request succeeded whose answer was lost or given up."""
        return self._step(self.creation.look_again)

    # --- starting

    def start(self, *, again: bool = False) -> Stream[Started]:
        """Start it, unless it runs already, or find out whether an earlier start got through, as `Run.start`.

        If that is not known, `unsure` is true and `trouble` says why.
        """

        async def work(sink: Sink) -> Started:
            self.unsure = False
            started = await self._run.start(sink, again=again)
            self.unsure, self.trouble = not started.known, started.failure
            self.by_us = started.triggered
            return started

        return self._step(work)

    def assume(self, started: bool) -> None:
        """The person says whether the start got through."""
        self._run.assume(started)
        self.unsure, self.trouble, self.by_us = False, None, True

    def once_more(self) -> None:
        """Prepare another start. It skips flags that exist by then, so it imports what is missing."""
        self.note(journals.created_again(self.journal))
        self.verification, self.stuck, self.trouble, self.resting = None, None, None, None
        self.news.clear()

    def forget_deleted(self) -> None:
        """Note that nothing is running, if a start failed because someone deleted the configuration."""
        deleted = self.trouble is not None and self.trouble.kind is Kind.NOT_FOUND
        if deleted and self.journal.stage is Stage.CREATED:
            with suppress(Failure):  # the trouble matters more
                self.note(journals.planned_again(self.journal))

    def lost(self) -> None:
        """Someone deleted the configuration while it ran: no more flags will be imported."""
        self.note(journals.ended(self.journal, journals.GONE, self.journal.errors, 0.0))
        self.trouble = None

    # --- watching and comparing

    async def watch(self) -> AsyncGenerator[Watched | Ended, None]:
        """Look until the end, as `Run.watch`; closing the stream ends the looking alone."""
        self.trouble, self.resting, self.stuck = None, None, None
        try:
            if self.journal.account and not self._identified:
                caller = None
                with suppress(Failure):  # if the account can't be read, watching says why
                    async with self.record.launchdarkly() as ld:
                        caller = await caller_of(ld)
                if caller is not None:
                    must_be_of(self.journal, caller.account_id, writes=False)
                    self._identified = True
            async with aclosing(self._run.watch()) as events:
                async for event in events:
                    self._take(event)
                    yield event
        except Failure as failure:
            self.trouble, self.resting, self.stuck = failure, None, None
            raise

    def look_now(self) -> None:
        """Look at once, or as soon as that is allowed."""
        self._run.look_now()

    def compare(self) -> Stream[Verification | None]:
        """Compare what was imported with the plan. None without a plan."""

        async def work(sink: Sink) -> Verification | None:
            if not self.journal.planned_at:
                self.note(journals.verified(self.journal, (), self.context.now()))
                return None
            promise = promise_of(self.journal, self.instance, self._own())
            found = await verify(promise, self.bag, self.context).finish(sink)
            self.verification = found
            self.note(journals.verified(self.journal, found.arrived.values(), self.context.now()))
            return found

        return self._step(work)

    def _step(self, work: Callable[[Sink], Awaitable[T]]) -> Stream[T]:
        """A stream whose Failure is kept as the trouble."""

        async def guarded(sink: Sink) -> T:
            self.trouble = None
            try:
                return await work(sink)
            except Failure as failure:
                self.trouble = failure
                raise

        return Stream(guarded)

    def _take(self, event: Watched | Ended) -> None:
        """Keep what watching shows, so that it can be shown again. Each piece of news is kept once."""
        if isinstance(event, Resting):
            self.resting = event
        elif isinstance(event, Stuck):
            self.stuck = event
        elif isinstance(event, Ended):
            self.status, self.arrived, self.resting, self.stuck = event.status, len(event.arrived), None, None
        else:
            self.status, self.arrived, self.stuck = event.status, event.arrived, None
            self.changed_at = event.changed_at or self.changed_at
            fresh = [key for key in event.fresh if key not in self._seen_keys]
            self._seen_keys.update(fresh)
            news = [News(event.at if event.came_at is None else event.came_at, "ok", named(fresh))] if fresh else []
            plan, texts = foreseen(self.journal), {earlier.text for earlier in self.news}
            for error, at in zip_longest(event.errors, event.errors_at):
                explained = plan.explain(error)
                if explained.text in texts:
                    continue
                texts.add(explained.text)
                level, when = "note" if explained.expected else "warning", event.at if at is None else at
                news.append(
                    News(when, level, explained.text, explained.cause, explained.key_refused, explained.expected)
                )
            by_time = sorted([*reversed(news), *self.news], key=lambda news: -news.at)
            self.news = deque(by_time[:_MOST_NEWS], maxlen=_MOST_NEWS)

    # --- all of it

    async def run(self, inputs: Inputs, *, create_only: bool = False) -> AsyncGenerator[Event, None]:
        """Plan, create, start, watch, verify; with `create_only` create alone, without reading the source.

        An import that was begun is resumed. A caller that is asked to confirm `Planned` closes the stream to decline.
        """
        who, account = await self._identify()
        self.creation.planned_anew = not create_only and not self.resumes
        if self.creation.planned_anew:
            request = await inputs.readable()
            async with reading.Reading(request, self.bag, self.context).read() as reads:
                async for event in reads:
                    yield event
            plan = reads.result
            if not plan.whole:
                raise incomplete(plan)
            if self._grade is not None:
                plan = await self._grade(plan)
            yield Planned(plan.counts, plan)
            if not plan.counts.arrive:
                return
            self.record.journal = journal_of(
                self.journal, self.creation.request, inputs.references, plan, self.context.redactor, who, account
            )
        elif not create_only:
            yield Planned(counts_of(self.journal), None)
        if self.journal.stage in _BEGUN:
            yield Created(self.journal.configuration, True, None)
        else:
            async with self.create(inputs.completed) as creating:
                async for event in creating:
                    yield event
            outcome = creating.result
            if outcome.configuration is None:
                raise outcome.failure or Failure(Kind.INTERNAL, "Creating the configuration gave no result.")
            code = outcome.answer.status_code if outcome.answer else None
            yield Created(outcome.configuration.id, not self.creation.sent, code)
        if create_only:
            return
        async with self.start() as starting:
            async for event in starting:
                yield event
        if not starting.result.known:
            raise starting.result.failure or Failure(Kind.TIMEOUT, "Can't tell whether the import started.", sent=True)
        yield Triggered(starting.result.triggered, starting.result.status_code)
        if self.journal.stage is Stage.ENDED:
            async with self.record.launchdarkly() as ld:
                present = await newly_there(ld, self.journal, frozenset(), ignore)
            yield Ended(self.journal.ended, frozenset(flag.key for flag in present), self.journal.errors)
        else:
            async with aclosing(self.watch()) as looks:
                async for look in looks:
                    yield look
        async with self.compare() as comparing:
            async for event in comparing:
                yield event
        if comparing.result is not None:
            yield Verified(self.journal, comparing.result)

    async def _identify(self) -> tuple[str, str]:
        """Whose token this is, in words, and the id of its account. Raises Failure CREDENTIAL if the journal belongs
        to another one."""
        async with self.record.launchdarkly() as ld:
            caller = await caller_of(ld)
            member = None
            if caller.member_id and not self.journal.who:
                with suppress(Failure):  # it is for the report alone
                    member = await ld.me()
        must_be_of(self.journal, caller.account_id, writes=True)
        who = who_in_words(caller, member)
        self._identified = True
        self.record.journal = replace(self.journal, who=self.journal.who or who)
        return who, caller.account_id


def incomplete(plan: Plan) -> Failure:
    """Why a plan that is not whole cannot be used."""
    return plan.failure or Failure(Kind.INTERNAL, "The plan is incomplete.", plan.incomplete, Remedy.RUN_AGAIN)


def counts_of(journal: Journal) -> Counts:
    """What was planned, as the plan itself counted it."""
    skipped = sum(each.verdict.startswith("skip-") for each in journal.left_out)
    return Counts(
        source=len(journal.expected) + len(journal.left_out),
        arrive=len(journal.expected),
        skip=skipped,
        invalid=len(journal.left_out) - skipped,
        lossy=sum(bool(each.lost) for each in journal.expected),
        on_at_source=sum(each.on_at_source for each in journal.expected),
    )
