"""Read both sides completely, at the same time, into a plan.

That is every flag of the source that the answers select, every key of the LaunchDarkly project, archived ones included,
and the project's naming convention. A reading that was stopped or lost a page gives a plan that says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from functools import partial

from tui.context import Context
from tui.launchdarkly.models import Flag, NamingConvention
from tui.net.errors import Failure, Kind, Remedy
from tui.net.events import Counted, Sink, Stream
from tui.plan.conventions import not_understood
from tui.plan.plan import Plan, decide
from tui.plan.request import PlanRequest
from tui.secrets.bag import Bag
from tui.sources.base import Connection
from tui.sources.flags import SourceFlag
from tui.sources.lenient import members
from tui.sources.registry import SOURCES
from tui.targeting.losses import Lost, explained
from tui.text.redact import Redactor, tree


def can_be_read(integration: str) -> bool:
    """Return whether this program can ask that source for its flags; it accepts manifests of others too."""
    return integration in SOURCES


def explain(request: PlanRequest, flag: SourceFlag, redactor: Redactor) -> tuple[Lost, ...]:
    """Return what the import leaves behind of a flag, each as a sentence from which it can be rebuilt by hand.

    Secrets are taken out of its definition first, since the sentences quote values and cut them.
    """
    return explained(SOURCES[request.integration].targeting(without_keys(flag, redactor), ""))


def without_keys(flag: SourceFlag, redactor: Redactor) -> SourceFlag:
    """Return a flag without secrets in its definition."""
    if not redactor.suspects(flag.definition):
        return flag
    return replace(flag, definition=members(tree(flag.definition, redactor.setting)))


def explanations(plan: Plan, redactor: Redactor) -> dict[str, tuple[Lost, ...]]:
    """Return the same for each imported flag of a plan that loses something, by key."""
    lossy = (planned.flag for planned in plan.arriving if planned.flag.losses)
    return {flag.key: explain(plan.request, flag, redactor) for flag in lossy}


class Reading:
    """One reading of both sides, to be used once."""

    def __init__(self, request: PlanRequest, bag: Bag, context: Context) -> None:
        self.request = request
        self._bag = bag
        self._context = context
        self._flags: dict[str, list[SourceFlag]] = {}
        self._existing: dict[str, Flag] = {}
        self._convention: NamingConvention | None = None
        self._notes: dict[str, None] = {}
        self._failures: list[Failure] = []
        self._counted: dict[str, Counted] = {}
        self._stopped = False
        self._jobs: list[asyncio.Task[None]] = []

    @property
    def counted(self) -> tuple[Counted, ...]:
        """The progress of each list, in the order in which they began."""
        return tuple(self._counted.values())

    def read(self) -> Stream[Plan]:
        """Read both sides, and report progress. A server's failure is put into the plan, not raised."""
        return Stream(self._run)

    def stop(self) -> None:
        """Stop the reading. The plan has what was read, and says that it is incomplete."""
        self._stopped = True
        for job in self._jobs:
            job.cancel()

    def so_far(self) -> Plan:
        """Return a plan of what has been read until now."""
        flags = tuple(flag for same in self._flags.values() for flag in same)
        counted = self._counted.values()
        totals = [count.total for count in counted if count.what.endswith(" flags")]
        incomplete = ""
        if self._failures:
            incomplete = str(self._failures[0])
        elif self._stopped:
            unread = ", ".join(count.words for count in counted if count.read != count.total)
            incomplete = f"You stopped reading{f' at {unread}' if unread else ''}."
        elif not self._jobs or not all(job.done() for job in self._jobs):
            incomplete = "Reading hasn't finished."
        return Plan(
            request=self.request,
            flags=decide(flags, self._existing, self._convention),
            existing=dict(self._existing),
            notes=tuple(self._notes),
            read_at=self._context.now(),
            incomplete=incomplete,
            failure=next(iter(self._failures), None),
            announced=totals[0] if totals else len(flags),
        )

    async def _run(self, sink: Sink) -> Plan:
        async def guarded(read: Callable[[Sink], Awaitable[None]]) -> None:
            try:
                await read(sink)
            except Failure as failure:
                self._failures.append(failure)

        lists = (self._source, partial(self._keys, archived=False), partial(self._keys, archived=True), self._naming)
        self._jobs = [asyncio.create_task(guarded(read)) for read in lists]
        try:
            await asyncio.wait(self._jobs)
        finally:
            for job in self._jobs:
                job.cancel()
            await asyncio.gather(*self._jobs, return_exceptions=True)
        for job in self._jobs:
            if not job.cancelled() and (problem := job.exception()):
                raise problem
        return self.so_far()

    # --- the source

    async def _source(self, sink: Sink) -> None:
        source = SOURCES[self.request.integration]
        key = self._bag.get(source.key_field)
        if key is None:
            raise Failure(Kind.CREDENTIAL, f"There is no {source.name} key yet.", "", Remedy.PASTE_FIRST)
        address = self.request.address or source.default_address
        self._context.stays_here(address)
        redact = self._context.redactor.foreign
        async with self._context.http() as http:
            listing = source.list_flags(Connection(http, address, key, sink), dict(self.request.answers))
            async with aclosing(listing) as batches:
                async for batch in batches:
                    for flag in batch.gone:
                        self._flags[flag.key].remove(self._shown(flag))
                    for flag in batch.flags:
                        self._flags.setdefault(flag.key, []).append(self._shown(flag))
                    self._notes |= dict.fromkeys(map(redact, batch.notes))
                    for what, read in batch.read.items():
                        self._count(sink, Counted(f"{source.name} {what}", read, batch.total.get(what)))

    def _shown(self, flag: SourceFlag) -> SourceFlag:
        """Return the flag without secrets in its warnings, which may quote a server."""
        warnings = tuple(map(self._context.redactor.foreign, flag.warnings))
        return flag if warnings == flag.warnings else replace(flag, warnings=warnings)

    # --- LaunchDarkly

    async def _keys(self, sink: Sink, *, archived: bool) -> None:
        what = f"LaunchDarkly {'archived keys' if archived else 'keys'}"
        async with self._context.launchdarkly(self._bag, self.request.instance) as ld:
            pages = ld.every_flag(self.request.project, archived=archived, sink=sink)
            async with aclosing(pages) as listing:
                async for page in listing:
                    fresh = (replace(flag, archived=True) if archived else flag for flag in page.fresh)
                    self._existing |= {flag.key: flag for flag in fresh}
                    for key in page.gone:
                        self._existing.pop(str(key), None)
                    self._count(sink, Counted(what, page.read, page.total))

    async def _naming(self, sink: Sink) -> None:
        async with self._context.launchdarkly(self._bag, self.request.instance) as ld:
            try:
                project = await ld.project(self.request.project, sink=sink)
            except Failure as failure:
                if failure.kind in (Kind.UNAUTHORIZED, Kind.NOT_FOUND):
                    raise  # the lists of flags would fail too
                self._notes[_CONVENTION_NOT_READ.format(failure.what)] = None
                return
        self._convention = project.naming_convention
        if note := not_understood(self._convention):
            self._notes[note] = None

    def _count(self, sink: Sink, counted: Counted) -> None:
        self._counted[counted.what] = counted
        sink(counted)


_CONVENTION_NOT_READ = "Can't read the project's naming convention: {} Flags whose keys break it can't be imported."
