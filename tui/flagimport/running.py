"""Start an import, and watch it to its end, with its journal written before and after each step.

Creating may itself start the import (undocumented), so the status is read before the start. A start whose answer was
lost is looked up by the status; if that does not tell, the person is asked.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

from tui.flagimport import journal as journals
from tui.flagimport.journal import Journal, Mark, Stage
from tui.flagimport.tools import Tools
from tui.flagimport.watch import STUCK_AFTER, Moved, Watch
from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.instances import Instance
from tui.launchdarkly.models import Configuration
from tui.net.errors import Failure, Kind
from tui.net.events import Exchange, Note, Result, Sink, streamed
from tui.secrets.bag import Bag

Keep = Callable[[Journal], None]
"""Writes a journal down. Raises OSError."""

_NEWEST = 50
"""Flags on one page of the newest: one request for each fifty that have arrived."""
_LOOKS = 4
_CONFLICT = 409
_OUT_OF_TIME = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Started:
    """How the start went. `triggered` is False where the import ran already; `known` False where nobody can tell."""

    journal: Journal
    triggered: bool
    known: bool = True
    status_code: int | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Resting:
    """Nothing is asked until `until`, seconds since the epoch; `trouble` says why the last look failed, or ""."""

    until: float
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Stuck:
    """Nothing has moved for so many seconds."""

    seconds: float
    arrived: int
    expected: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The import has ended, or watching it was given up because it is stuck (`status` is "" then)."""

    journal: Journal
    status: str
    arrived: frozenset[str]
    errors: tuple[str, ...] = ()


Watched = Moved | Resting | Stuck


@dataclass
class Runner:
    """One import of one journal. `keep` writes the journal down at each step."""

    journal: Journal
    instance: Instance
    bag: Bag
    tools: Tools
    keep: Keep
    stuck_after: float = STUCK_AFTER
    watch: Watch | None = field(default=None, init=False)
    _hurry: bool = field(default=False, init=False)

    def _note(self, journal: Journal) -> Journal:
        self.keep(journal)
        self.journal = journal
        return journal

    # --- the start

    def start(self, *, again: bool = False) -> AsyncGenerator[Exchange | Result[Started], None]:
        """Start the import unless it runs already. With `again` also one that has ended is started once more.

        Raises Failure where the status could not be read, or the start was refused; OSError where the journal
        cannot be written: then nothing was started.
        """

        async def run(sink: Sink) -> Started:
            async with self.tools.launchdarkly(self.bag, self.instance) as ld:
                if self.journal.stage is Stage.STARTING:
                    return await self._look_whether_started(ld, sink, None)
                there = await self._get(ld, sink)
                if self.journal.stage is Stage.CREATED and self._started_by_itself(there):
                    sink(Note("started by itself", there.status.status))
                    began = Mark("", None, None) if not self.journal.reused else journals.mark_of(there)
                    return Started(self._note(journals.started(self.journal, began, self.tools.now())), False)
                if self.journal.stage is Stage.STARTED and not again:
                    return Started(self.journal, False)
                return await self._trigger(ld, journals.mark_of(there), sink)

        return streamed(run)

    def _started_by_itself(self, there: Configuration) -> bool:
        """A new configuration that runs, or has run; one that was reused counts only while it runs."""
        status = there.status
        moved = status.last_import is not None or status.last_error is not None
        return status.status == "importing" or (moved and not self.journal.reused)

    async def _trigger(self, ld: LaunchDarkly, mark: Mark, sink: Sink) -> Started:
        self._note(journals.starting(self.journal, mark))
        who = self.journal.identity
        try:
            code = await ld.trigger(who.project, who.integration, self.journal.configuration, sink=sink)
        except Failure as failure:
            if failure.status_code == _CONFLICT:
                sink(Note("it runs already", "409"))
                return Started(
                    self._note(journals.started(self.journal, mark, self.tools.now())), False, True, _CONFLICT
                )
            if failure.sent and failure.kind not in _REFUSALS:
                return await self._look_whether_started(ld, sink, failure)
            self._note(journals.created_again(self.journal))
            raise
        return Started(self._note(journals.started(self.journal, mark, self.tools.now())), True, True, code)

    async def _look_whether_started(self, ld: LaunchDarkly, sink: Sink, failure: Failure | None) -> Started:
        """Whether the start got through: the status runs, or one of its times has moved, or flags have arrived."""
        sink(Note("sent, no answer", "looking at the status ...", level="unknown"))
        mark = self.journal.mark or Mark("", None, None)
        for look in range(_LOOKS):
            if look:
                await self.tools.sleep(1.0 * look)
            there = await self._get(ld, sink)
            now_mark = journals.mark_of(there)
            times = (now_mark.last_import, now_mark.last_error) != (mark.last_import, mark.last_error)
            begun = times or there.status.status == "importing" or (there.status.status != mark.status)
            if begun or await self._newly_there(ld, sink, frozenset()):
                sink(Note("it has started", there.status.status))
                return Started(self._note(journals.started(self.journal, mark, self.tools.now())), False)
        sink(Note("not known", "whether it has started", level="unknown"))
        return Started(self.journal, False, known=False, failure=failure or _NOT_KNOWN)

    def assume(self, started: bool) -> Journal:
        """The person says whether the start got through, where nobody else can."""
        if started:
            mark = self.journal.mark or Mark("", None, None)
            return self._note(journals.started(self.journal, mark, self.tools.now()))
        return self._note(journals.created_again(self.journal))

    # --- watching

    async def watched(self) -> AsyncGenerator[Watched | Ended, None]:
        """Look again and again until the end, which comes last. A look that failed is tried again: the import is not
        affected. After `Stuck` it goes on looking; the caller stops where that is wanted."""
        watch = Watch(self.journal.keys, self.journal.mark, self.tools.now(), self.stuck_after)
        self.watch = watch
        told_stuck = False
        async with self.tools.launchdarkly(self.bag, self.instance) as ld:
            while True:
                trouble = ""
                try:
                    moved = await self._look(ld, watch)
                except Failure as failure:
                    if failure.kind not in _PASSING:
                        raise
                    moved, trouble = None, failure.what
                if moved is not None:
                    told_stuck = False
                    yield moved
                if watch.ended:
                    done = journals.ended(self.journal, watch.ended, watch.errors, self.tools.now())
                    yield Ended(self._note(done), watch.ended, frozenset(watch.arrived), watch.errors)
                    return
                if watch.stuck(self.tools.now()) and not told_stuck:
                    told_stuck = True
                    quiet = self.tools.now() - watch.moved_at
                    yield Stuck(quiet, len(watch.arrived), len(watch.expected))
                pause = watch.pause
                yield Resting(self.tools.now() + pause, trouble)
                await self.tools.sleep(pause)

    async def _look(self, ld: LaunchDarkly, watch: Watch) -> Moved | None:
        there = await self._get(ld)
        fresh = await self._newly_there(ld, _ignore, frozenset(watch.arrived))
        return watch.look(there.status, fresh, self.tools.now())

    async def _newly_there(self, ld: LaunchDarkly, sink: Sink, known: frozenset[str]) -> list[str]:
        """Planned keys that are there now and were not before, from the newest flag on until nothing is new."""
        wanted = self.journal.keys - self.journal.before - known
        found: list[str] = []
        offset = 0
        while wanted:
            page = await ld.newest_flags(self.journal.identity.project, offset, _NEWEST, sink=sink)
            fresh = [flag.key for flag in page.items if flag.key in wanted]
            found += fresh
            wanted -= set(fresh)
            offset += len(page.items)
            if not fresh or len(page.items) < _NEWEST:
                break
        return found

    async def _get(self, ld: LaunchDarkly, sink: Sink | None = None) -> Configuration:
        who = self.journal.identity
        return await ld.get(who.project, who.integration, self.journal.configuration, sink=sink or _ignore)


def _ignore(event: Exchange) -> None:
    """Nobody watches the single requests of a watch."""


_PASSING = frozenset({Kind.UNREACHABLE, Kind.TIMEOUT, Kind.SERVER_ERROR, Kind.RATE_LIMITED, Kind.NOT_JSON})
_REFUSALS = frozenset({Kind.BAD_REQUEST, Kind.NOT_FOUND, Kind.FORBIDDEN, Kind.UNAUTHORIZED, Kind.RATE_LIMITED})
_NOT_KNOWN = Failure(
    Kind.TIMEOUT,
    "Whether the import was started is not known: its request was sent, and no answer came.",
    "Its status does not tell. A second start skips flags that exist by then.",
    "Look at it in LaunchDarkly, then start it again or watch it.",
    sent=True,
)
