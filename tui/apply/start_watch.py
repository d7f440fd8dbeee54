"""Start an import, and watch it to its end, with its journal written before and after each step.

Creating may itself start the import (undocumented), so the status is read before the start. A start whose answer was
lost is looked up by the status; if that doesn't show it, the user is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from tui.apply import journal as journals
from tui.apply.account import caller_of, importer_of, must_be_of
from tui.apply.arrivals import newest, newly_there, snapshot
from tui.apply.journal import NEVER_RUN, Journal, Mark, Stage
from tui.apply.record import Record
from tui.apply.watch import ENDS, FASTEST, RUNS, STUCK_AFTER, WAITS, Moved, Watch
from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.models import ImportStatus
from tui.net import lost_answer
from tui.net.errors import Failure, Kind, Remedy
from tui.net.events import Answered, Note, Pausing, ProgressEvent, Sink, Stream
from tui.net.pauses import requested_pause
from tui.text.times import span

SNAPSHOT_FRESH = 120.0
"""Seconds after which a start takes a new snapshot: what someone else created meanwhile isn't ours."""
_CONFLICT = 409
_LONGEST_WINDOW = 60.0
_BEGUN = frozenset({Stage.STARTED, Stage.ENDED, Stage.VERIFIED})
_PASSING = frozenset({Kind.UNREACHABLE, Kind.TIMEOUT, Kind.SERVER_ERROR, Kind.RATE_LIMITED, Kind.NOT_JSON})
"""Failures of a look that may be over at the next one."""


@dataclass(frozen=True, slots=True)
class Started:
    """How the start went. `triggered` is False if the import ran already. `known` is False if LaunchDarkly doesn't show
    whether it started, and `failure` says so. `status_code` is that of the answer to the start, None without one."""

    triggered: bool
    known: bool = True
    status_code: int | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Resting:
    """No request until `until`, seconds since the epoch. `trouble` says why the last look failed, or "".

    `left` counts the requests left in LaunchDarkly's window, None if it doesn't say.
    """

    until: float
    trouble: str = ""
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Stuck:
    """No progress for this many seconds; `since` is the last change that was seen, or when watching began (seconds
    since the epoch)."""

    seconds: float
    arrived: int
    expected: int
    status: str = ""
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class Ended:
    """The import has ended in `status`."""

    status: str
    arrived: frozenset[str]
    errors: tuple[str, ...] = ()


Watched = Moved | Resting | Stuck


@dataclass
class Run:
    """The start of one import, and watching it. `record` has its journal."""

    record: Record
    stuck_after: float = STUCK_AFTER
    _wake: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _meter: Mapping[str, str] = field(default_factory=dict, init=False)

    @property
    def _journal(self) -> Journal:
        return self.record.journal

    # --- the start

    async def start(self, sink: Sink, *, again: bool = False) -> Started:
        """Start the import unless it runs already, or find out whether an earlier start succeeded.

        With `again` an import that was started before is started once more. Raises Failure if the status can't be read
        or the start is refused, and what writing the journal raises: then nothing was started.
        """
        if self._journal.stage in _BEGUN and not again:
            return Started(False)
        async with self.record.launchdarkly() as ld:
            if self._journal.stage is Stage.STARTING:
                return await self._look_whether_started(ld, sink, None)
            await self._must_be_ours(ld, sink)
            return await self._start(ld, sink)

    async def _must_be_ours(self, ld: LaunchDarkly, sink: Sink) -> None:
        """Raises Failure CREDENTIAL if the token belongs to another account than the journal."""
        if self._journal.expected:
            must_be_of(self._journal, (await caller_of(ld, sink=sink)).account_id, writes=True)

    async def _start(self, ld: LaunchDarkly, sink: Sink) -> Started:
        journal, now = self._journal, self.record.context.now()
        status = (await self.record.configuration(ld, sink)).status
        if self._runs(status):
            return self._by_itself(status, sink)
        if journal.expected:
            after_last_start = journal.started_at < journal.snapshot_at
            fresh = after_last_start and 0 <= now - journal.snapshot_at <= SNAPSHOT_FRESH
            if journal.snapshot is None or not fresh:
                journal = journals.standing(journal, await snapshot(ld, journal.identity.project, sink), now)
            status = (await self.record.configuration(ld, sink)).status
            if self._runs(status):  # it may have created some flags of the snapshot
                return self._by_itself(status, sink)
            if not journal.importer.token:
                importer = await importer_of(self.record.context, self.record.bag, self.record.instance)
                journal = replace(journal, importer=importer)
            journal = await newest(ld, journal, sink)
            if journal.born_here and journal.before - self._journal.before & journal.keys:
                status = (await self.record.configuration(ld, sink)).status
                if self._runs(status):  # the creation has started it, and the newest flags are its own
                    return self._by_itself(status, sink)
                journal = await newest(ld, journal, sink)
        # A run that someone else has queued may hide behind `pending`: it would be theirs.
        queued = status.status == WAITS and self._journal.reused
        return await self._trigger(ld, journal, journals.mark_of(status), None if queued else ld.date, sink)

    def _runs(self, status: ImportStatus) -> bool:
        """Whether it runs now, or, if it wasn't started from here, has run since it was last seen."""
        mark = self._journal.mark
        unstarted = self._journal.stage is Stage.CREATED and mark is not None
        return status.status == RUNS or (unstarted and self._has_new_end(status))

    def _has_new_end(self, status: ImportStatus) -> bool:
        """Whether a time of the status has moved since the journal's mark, and isn't older than the latest start."""
        mark, since = self._journal.mark or NEVER_RUN, self._journal.opened
        pairs = ((status.last_import, mark.last_import), (status.last_error, mark.last_error))
        return any(at is not None and at != before and (since is None or at >= since) for at, before in pairs)

    def _by_itself(self, status: ImportStatus, sink: Sink) -> Started:
        """It runs already: the creation has started it, or someone else has."""
        sink(Note("already running", status.status))
        if not self._journal.born_here:
            self.record.journal = journals.found_running(self._journal)
        return self._started(self._journal.mark or NEVER_RUN, triggered=False)

    def _started(self, mark: Mark, *, triggered: bool, code: int | None = None) -> Started:
        # A start of ours may be found to have succeeded long after it was sent.
        at = (self._journal.start_sent_at if triggered else 0.0) or self.record.context.now()
        self.record.note(journals.started(self._journal, mark, at))
        return Started(triggered, True, code)

    async def _trigger(self, ld: LaunchDarkly, journal: Journal, mark: Mark, opened: int | None, sink: Sink) -> Started:
        before = self._journal
        self.record.note(journals.starting(journal, mark, self.record.context.now(), opened))
        who = self._journal.identity
        try:
            code = await ld.trigger(who.project, who.integration, self._journal.configuration, sink=sink)
        except Failure as failure:
            if failure.status_code == _CONFLICT:
                sink(Note("already running", "409"))
                self.record.journal = before if before.born_here else journals.found_running(before)
                return self._started(mark, triggered=False, code=_CONFLICT)
            if lost_answer.may_have_happened(failure):
                return await self._look_whether_started(ld, sink, failure)
            self.record.note(journals.created_again(self._journal))
            raise
        return self._started(mark, triggered=True, code=code)

    async def _look_whether_started(self, ld: LaunchDarkly, sink: Sink, lost: Failure | None) -> Started:
        """Find out whether the start succeeded: the status has changed, or new flags are there."""

        async def look() -> str | None:
            if lost is None:  # an earlier process sent it
                await self._must_be_ours(ld, sink)
            return await self._has_started(ld, sink)

        sink(Note("sent, no response", "checking its status ...", level="unknown"))
        try:
            status = await lost_answer.looked_up(look, self._journal.start_sent_at, self.record.context, sink)
        except Failure as failure:
            if failure.kind not in _PASSING:
                raise
            sink(Note("can't check", "don't start it again yet", level="unknown"))
            return Started(False, known=False, failure=self._not_known(failure))
        if status is not None:
            sink(Note("it started", status))
            return self._started(self._journal.mark or NEVER_RUN, triggered=True)
        sink(Note("unknown", "can't tell whether it started", level="unknown"))
        return Started(False, known=False, failure=self._not_known(lost))

    async def _has_started(self, ld: LaunchDarkly, sink: Sink) -> str | None:
        """The status, if it or the flags show that the import has begun. Raises Failure."""
        status = (await self.record.configuration(ld, sink)).status
        before = (self._journal.mark or NEVER_RUN).status
        timeless = not status.last_import and not status.last_error
        changed = status.status != before and (status.status not in ENDS or timeless)
        if status.status == RUNS or changed or self._has_new_end(status):
            return status.status
        ran_before = self._journal.started_at > 0  # then what has arrived may be of that run
        first = not ran_before and await newly_there(ld, self._journal, frozenset(), sink)
        return status.status if first else None

    def _not_known(self, cause: Failure | None) -> Failure:
        return Failure(
            cause.kind if cause is not None and cause.kind in _PASSING else Kind.TIMEOUT,
            "Can't tell whether the import started: the request was sent, but no response arrived.",
            cause.what if cause is not None else "Its status doesn't show it.",
            Remedy.START_OR_WATCH,
            about=self._journal.configuration,
            sent=True,
        )

    def assume(self, started: bool) -> None:
        """Record whether the start succeeded, as the user says. Raises what writing the journal raises."""
        if started:
            self._started(self._journal.mark or NEVER_RUN, triggered=True)
        else:
            self.record.note(journals.created_again(self._journal))

    # --- watching

    async def watch(self) -> AsyncGenerator[Watched | Ended, None]:
        """Look until the end, which comes last. A failed look is repeated: the import isn't affected. After `Stuck`
        watching continues, unless the caller stops.

        Raises Failure if looking again is no use, and STUCK at the deadline of the run.
        """
        now, kept = self.record.context.now, self._journal
        redact = self.record.context.redactor.foreign
        watch = Watch(kept.awaited, kept.mark, now(), self.stuck_after, redact, since=self._journal.opened)
        stuck_told = False
        try:
            async with self.record.launchdarkly() as ld:
                while True:
                    trouble: Failure | None = None
                    try:
                        async with Stream(lambda sink: self._look(ld, watch, sink)) as events:
                            async for event in events:
                                if isinstance(event, Pausing):
                                    asked = f"LaunchDarkly asks for a pause of {span(event.seconds)} (429)."
                                    yield Resting(event.until, asked)
                        if events.result is not None:
                            stuck_told = False
                            yield events.result
                    except Failure as failure:
                        if failure.kind not in _PASSING:
                            raise
                        watch.missed()
                        trouble = failure
                    if watch.ended is not None:
                        self.record.note(journals.ended(self._journal, watch.ended, watch.errors, now()))
                        yield Ended(watch.ended.status, frozenset(watch.arrived), watch.errors)
                        return
                    if watch.stuck(now()) and not stuck_told:
                        stuck_told = True
                        quiet = now() - watch.moved_at
                        since = watch.changed_at or watch.began
                        yield Stuck(quiet, len(watch.arrived), len(watch.expected), watch.status, since)
                    looked_at = now()
                    until = self._next_look(watch, trouble)
                    yield Resting(until, trouble.what if trouble else "", _left(self._meter))
                    await self._rest(until, looked_at + FASTEST)
        finally:
            if self._journal is not kept and self._journal.stage is Stage.STARTED:
                with suppress(Failure, OSError):  # without it ownership is judged by what the next look sees
                    self.record.keep(self._journal)

    def look_now(self) -> None:
        """End the pause; the next look comes at once, or as soon as it may."""
        self._wake.set()

    def _next_look(self, watch: Watch, trouble: Failure | None) -> float:
        """When to look again, seconds since the epoch, after any pause that LaunchDarkly asked for. Raises STUCK."""
        now, deadline = self.record.context.now(), self.record.context.deadline
        asked = (trouble.until or 0.0) if trouble else 0.0
        spent = requested_pause(self._meter, now).seconds if _left(self._meter) == 0 else 0.0
        until = max(now + watch.pause, now + min(spent, _LONGEST_WINDOW), asked)
        if deadline is None:
            return until
        if now >= deadline:
            raise Failure(
                Kind.STUCK,
                f"The import didn't finish in time: {len(watch.arrived):,} of {len(watch.expected):,} flags imported,"
                f" status {watch.status or 'unknown'}.",
                "LaunchDarkly continues the import.",
                Remedy.WATCH_LATER,
                about=self._journal.configuration,
            )
        return min(until, deadline)

    async def _rest(self, until: float, earliest: float) -> None:
        """Sleep until then; `look_now` ends the sleep, but not before `earliest`."""
        self._wake.clear()
        sleeping = asyncio.ensure_future(self.record.context.sleep(max(0.0, until - self.record.context.now())))
        waking = asyncio.create_task(self._wake.wait())
        try:
            await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            woken = not sleeping.done()
            sleeping.cancel()
            waking.cancel()
            await asyncio.gather(sleeping, waking, return_exceptions=True)
        if woken and (early := min(earliest, until) - self.record.context.now()) > 0:
            await self.record.context.sleep(early)

    async def _look(self, ld: LaunchDarkly, watch: Watch, sink: Sink) -> Moved | None:
        self._meter = {}

        def metered(event: ProgressEvent) -> None:
            if isinstance(event, Answered):
                self._meter = dict(event.headers)
            sink(event)

        status = (await self.record.configuration(ld, metered)).status
        if status.status == RUNS:  # a configuration that was never started is pending, too
            self.record.journal = journals.seen_running(self._journal, ld.date)
        fresh = await newly_there(ld, self._journal, frozenset(watch.arrived), metered)
        self.record.journal = journals.first_seen(self._journal, fresh)
        created = {flag.key: flag.created for flag in fresh}
        return watch.look(status, created, self.record.context.now(), created)


def watch_command(configuration: str) -> str:
    """The command that watches an import without the wizard."""
    return f"ld-flag-import configs watch {configuration}"


def _left(meter: Mapping[str, str]) -> int | None:
    """The requests left in the window with the fewest, None if LaunchDarkly doesn't say."""
    left = [value for name, value in meter.items() if name.startswith("x-ratelimit-") and name.endswith("-remaining")]
    return min((int(value) for value in left if value.isascii() and value.isdigit()), default=None)
