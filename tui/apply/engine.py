"""One import from its plan to its verification, each step in its journal: begun, gone on with, or done once more.

Whoever shows it takes the events, and may close the stream at any of them: the next run goes on from the journal.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace

from tui.answers import lookup
from tui.answers.lookup import differs
from tui.answers.request import CreateRequest
from tui.apply import journal as journals
from tui.apply.account import caller_of, must_be_of
from tui.apply.arrivals import newly_there
from tui.apply.create import Creation
from tui.apply.journal import Journal, Stage
from tui.apply.start_watch import Ended, Keep, Runner, Started, Watched
from tui.apply.submission import Outcome
from tui.apply.verify import Verification, promise_of, verify
from tui.apply.watch import RUNS, STUCK_AFTER
from tui.context import Tools
from tui.launchdarkly.models import Configuration
from tui.launchdarkly.words import who_in_words
from tui.net.errors import Failure, Kind, Remedy
from tui.net.events import Exchange, Result
from tui.plan import reading
from tui.plan.plan import Counts, Plan
from tui.plan.request import PlanRequest
from tui.secrets.bag import Bag


@dataclass(frozen=True, slots=True)
class Planned:
    """What is to arrive. `plan` is None where an earlier run planned it, and this one goes on from there.

    Nothing was written until here, and nothing will be where `counts.arrive` is 0.
    """

    counts: Counts
    plan: Plan | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Created:
    """The configuration stands. `status_code` is that of the answer that created it, None where it was there."""

    id: str
    reused: bool
    status_code: int | None


@dataclass(frozen=True, slots=True)
class Triggered:
    """The import runs. `by_us` is False where it ran already; `status_code` None where nothing was sent for it."""

    by_us: bool
    status_code: int | None


@dataclass(frozen=True, slots=True)
class Verified:
    """What arrived was compared with what was planned."""

    journal: Journal
    verification: Verification = field(repr=False)


Event = Exchange | Planned | Created | Triggered | Watched | Ended | Verified
_Step = Callable[[], AsyncGenerator[Event, None]]


@dataclass
class Importing:
    """One import. `journal` is what was noted of it before, None for nothing.

    `request` says which and with what settings; it needs no secrets. `completed` gives the request that can be sent,
    with its secrets in the bag: it is asked only where something has to be created. `plan_request` says what is
    planned from; its keys are asked for by `readable`, only where it is planned anew.
    """

    request: CreateRequest
    references: Mapping[str, str]
    journal: Journal | None
    bag: Bag
    tools: Tools
    keep: Keep
    completed: Callable[[], Awaitable[CreateRequest]]
    readable: Callable[[], Awaitable[PlanRequest]]
    stuck_after: float = STUCK_AFTER
    _over: bool = field(default=False, init=False)
    _anew: bool = field(default=False, init=False)
    _who: str = field(default="", init=False)
    _account: str = field(default="", init=False)

    @property
    def goes_on(self) -> bool:
        """An earlier run has planned it, and has not come to its end."""
        noted = self.journal
        return noted is not None and noted.planned_at > 0 and noted.stage not in _PLANNED_ANEW

    @property
    def begun(self) -> bool:
        """The configuration is known: your token is enough, and the source's key where it is planned anew."""
        return self.journal is not None and bool(self.journal.configuration)

    async def run(self, *, create_only: bool = False) -> AsyncGenerator[Event, None]:
        """Plan, create, start, watch, verify; with `create_only` create alone, without a word to the source.

        Of an import that was begun only what is left. Raises Failure, and OSError where the journal cannot be
        written.
        """
        await self._identify()
        steps: tuple[_Step, ...] = (self._planned, self._created, self._started, self._watched, self._verified)
        for step in (self._created,) if create_only else steps:
            async with aclosing(step()) as events:
                async for event in events:
                    yield event
            if self._over:
                return

    @property
    def _noted(self) -> Journal:
        if self.journal is None:
            raise AssertionError("each step follows one that makes the journal")
        return self.journal

    def _note(self, journal: Journal) -> None:
        self.keep(journal)
        self.journal = journal

    # --- the plan

    async def _planned(self) -> AsyncGenerator[Event, None]:
        if self.goes_on:
            yield Planned(counts_of(self._noted), None)
            return
        plan: Plan | None = None
        request = await self.readable()
        async with aclosing(reading.Reading(request, self.bag, self.tools).read()) as events:
            async for event in events:
                if isinstance(event, Result):
                    plan = event.value
                else:
                    yield event
        if plan is None or not plan.whole:
            raise incomplete(plan)
        self._over = not plan.counts.arrive
        yield Planned(plan.counts, plan)
        if not self._over:
            self.journal = self._with(plan)
            self._anew = True

    def _with(self, plan: Plan) -> Journal:
        explained = reading.explanations(plan, self.tools.redactor)
        fresh = journals.begin(self.request, self.references, plan, explained, self._who, self._account)
        return journals.renewed(self.journal, fresh, plan, explained)

    async def _identify(self) -> None:
        """Whose token this is. Raises Failure CREDENTIAL if the journal belongs to another account."""
        async with self.tools.launchdarkly(self.bag, self.request.instance) as ld:
            caller = await caller_of(ld)
            member = None
            if caller.member_id and self.journal is None:
                with suppress(Failure):  # it is for the report alone
                    member = await ld.me()
        self._who, self._account = who_in_words(caller, member), caller.account_id
        if self.journal is not None:
            must_be_of(self.journal, self._account, writes=True)

    # --- the configuration

    async def _created(self) -> AsyncGenerator[Event, None]:
        if self.journal is None:
            self.journal = journals.unplanned(self.request, self.references, self._who, self._account)
        if self.journal.stage in _BEGUN:
            yield Created(self.journal.configuration, True, None)
            return
        if self.journal.configuration:
            there = await self._there(self.journal.configuration)
            if there is not None:
                self._use(there)
                yield Created(there.id, True, None)
                return
            self._note(journals.planned_again(self.journal))
        request, outcome = await self.completed(), Outcome()
        creation = Creation(self.journal, request, self.bag, self.tools, self._note)
        async with aclosing(creation.created()) as events:
            async for event in events:
                if isinstance(event, Result):
                    outcome = event.value
                else:
                    yield event
        if outcome.configuration is None:
            raise outcome.failure or Failure(Kind.INTERNAL, "Nothing came of creating.")
        code = outcome.answer.status_code if outcome.answer else None
        yield Created(outcome.configuration.id, not creation.sent, code)

    async def _there(self, configuration: str) -> Configuration | None:
        """The configuration as it is now; None where somebody has deleted it."""
        who = self.request
        try:
            async with self.tools.launchdarkly(self.bag, who.instance) as ld:
                return await ld.get(who.project, who.integration, configuration)
        except Failure as failure:
            if failure.kind is Kind.NOT_FOUND:
                return None
            raise

    def _use(self, there: Configuration) -> None:
        """Raises Failure CONFLICT where it is not what is asked for."""
        if unlike := lookup.differences(there, self.request):
            raise differs(lookup.Named(there, unlike))
        if self._anew and there.status.status != RUNS:  # what ran before the plan was read is no run of ours
            self.journal = replace(self._noted, mark=journals.mark_of(there.status))

    # --- the run

    def _runner(self) -> Runner:
        return Runner(self._noted, self.request.instance, self.bag, self.tools, self._note, self.stuck_after)

    async def _started(self) -> AsyncGenerator[Event, None]:
        started: Started | None = None
        async with aclosing(self._runner().start()) as events:
            async for event in events:
                if isinstance(event, Result):
                    started = event.value
                else:
                    yield event
        if started is None or not started.known:
            failure = started.failure if started else None
            raise failure or Failure(Kind.TIMEOUT, "Whether the import was started is not known.", sent=True)
        yield Triggered(started.triggered, started.status_code)

    async def _watched(self) -> AsyncGenerator[Event, None]:
        if self._noted.stage is Stage.ENDED:
            yield await self._ended()
            return
        async with aclosing(self._runner().watched()) as events:
            async for event in events:
                yield event

    async def _ended(self) -> Ended:
        """The end that an earlier run saw; what has arrived is counted once more."""
        noted = self._noted
        async with self.tools.launchdarkly(self.bag, self.request.instance) as ld:
            there = await newly_there(ld, noted, frozenset(), lambda event: None)
        return Ended(noted, noted.ended, frozenset(flag.key for flag in there), noted.errors)

    async def _verified(self) -> AsyncGenerator[Event, None]:
        found: Verification | None = None
        events = verify(promise_of(self._noted, self.request.instance), self.bag, self.tools)
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Result):
                    found = event.value
                else:
                    yield event
        if found is None:
            raise Failure(Kind.INTERNAL, "The comparison gave nothing.")
        self._note(journals.verified(self._noted, found.arrived.values(), self.tools.now()))
        yield Verified(self._noted, found)


_PLANNED_ANEW = (Stage.PLANNED, Stage.VERIFIED)
_BEGUN = (Stage.STARTING, Stage.STARTED, Stage.ENDED)


def incomplete(plan: Plan | None) -> Failure:
    """Why a plan that is not whole cannot be used."""
    if plan is None or plan.failure is None:
        why = plan.incomplete if plan else ""
        return Failure(Kind.INTERNAL, "The plan is not complete.", why, Remedy.RUN_AGAIN)
    return plan.failure


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
