"""Read both sides afresh for one LaunchDarkly environment: what a rebuild is made from. Nothing is written."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from tui.context import Context
from tui.launchdarkly.models import Environment
from tui.launchdarkly.targeting import TargetedFlag
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.events import Counted, Sink, Stream
from tui.plan.reading import without_keys
from tui.plan.request import PlanRequest
from tui.secrets.bag import Bag
from tui.sources.base import Connection
from tui.sources.flags import SourceFlag
from tui.sources.registry import SOURCES
from tui.targeting.model import InSegment, Segment, Serves, Targeting
from tui.text.clean import clean


@dataclass(frozen=True, slots=True)
class BothSides:
    """What both sides have, by flag key. `environment` is LaunchDarkly's; the source's is that of the answers.

    Of a key that the source lists twice the first counts. `waiting` are flags for which a change waits for approval
    or for its time. `with_keys` are flags whose definition contains a key that this program knows: their targeting
    lacks it, so it must not be sent. `notes` are sentences about what couldn't be read.
    """

    environment: Environment
    flags: Mapping[str, TargetedFlag]
    source: Mapping[str, SourceFlag]
    targeting: Mapping[str, Targeting]
    waiting: frozenset[str] = frozenset()
    with_keys: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


def read(request: PlanRequest, environment: str, sdk: str, bag: Bag, context: Context) -> Stream[BothSides]:
    """Read LaunchDarkly's `environment` and the source's, with the segments that its flags name.

    `sdk` is Split's SDK in use, "" if not known. Raises Failure for either side; a segment that can't be read, or
    approvals, are no failure.
    """
    return Stream(_Reading(request, environment, sdk, bag, context).run)


@dataclass
class _Reading:
    request: PlanRequest
    environment: str
    sdk: str
    bag: Bag
    context: Context
    with_keys: frozenset[str] = frozenset()
    notes: dict[str, None] = field(default_factory=dict)

    async def run(self, sink: Sink) -> BothSides:
        jobs = asyncio.create_task(self._launchdarkly(sink)), asyncio.create_task(self._source(sink))
        try:
            (environment, flags, waiting), (source, targeting) = await asyncio.gather(*jobs)
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
        return BothSides(environment, flags, source, targeting, waiting, self.with_keys, tuple(self.notes))

    # --- LaunchDarkly

    async def _launchdarkly(self, sink: Sink) -> tuple[Environment, dict[str, TargetedFlag], frozenset[str]]:
        project = self.request.project
        async with self.context.launchdarkly(self.bag, self.request.instance) as ld:
            environments = {each.key: each for each in await ld.environment_settings(project, sink=sink)}
            if self.environment not in environments:
                raise _no_environment(self.environment, project, environments)
            flags: dict[str, TargetedFlag] = {}
            async with aclosing(ld.targeted_flags(project, self.environment, sink=sink)) as pages:
                async for page in pages:
                    flags |= {flag.key: flag for flag in page.fresh}
                    for key in page.gone:
                        flags.pop(str(key), None)
                    sink(Counted("LaunchDarkly flags", page.read, page.total))
            try:
                waiting = await ld.pending_approvals(project, self.environment, sink=sink)
            except Failure as failure:
                if failure.kind is Kind.UNAUTHORIZED:
                    raise
                waiting = frozenset()
                self.notes[f"Can't tell whether changes wait for approval in LaunchDarkly: {failure.what}"] = None
        return environments[self.environment], flags, waiting

    # --- the source

    async def _source(self, sink: Sink) -> tuple[dict[str, SourceFlag], dict[str, Targeting]]:
        source, answers = SOURCES[self.request.integration], dict(self.request.answers)
        key = self.bag.get(source.key_field)
        if key is None:
            raise Failure(Kind.CREDENTIAL, f"There is no {source.name} key yet.", "", Remedy.PASTE_FIRST)
        address = self.request.address or source.default_address
        self.context.stays_here(address)
        flags: dict[str, list[SourceFlag]] = {}
        async with self.context.http() as http:
            connection = Connection(http, address, key, sink)
            async with aclosing(source.list_flags(connection, answers)) as batches:
                async for batch in batches:
                    for flag in batch.gone:
                        flags[flag.key].remove(flag)
                    for flag in batch.flags:
                        flags.setdefault(flag.key, []).append(flag)
                    self.notes |= dict.fromkeys(map(self.context.redactor.foreign, batch.notes))
                    for what, count in batch.read.items():
                        sink(Counted(f"{source.name} {what}", count, batch.total.get(what)))
            first = {key: same[0] for key, same in flags.items() if same}
            redactor = self.context.redactor
            self.with_keys = frozenset(key for key, flag in first.items() if redactor.suspects(flag.definition))
            targeting = {key: source.targeting(without_keys(flag, redactor), self.sdk) for key, flag in first.items()}
            if source.read_segments is not None:
                segments = await source.read_segments(connection, answers, targeting.values(), self.sdk)
                targeting = {key: with_segments(each, segments) for key, each in targeting.items()}
        return first, targeting


def named_segments(targeting: Targeting) -> Iterator[str]:
    """Yield the keys of the segments that a flag names itself."""
    for target in targeting.targets:
        yield from target.segments
    for rule in (*targeting.rules, *targeting.variant_overrides):
        yield from (part.segment for part in rule.conditions if isinstance(part, InSegment))


def named_flags(targeting: Targeting) -> Iterator[str]:
    """Yield the keys of the flags that a flag depends on itself."""
    yield from (parent.flag for parent in targeting.parents)
    for rule in targeting.rules:
        yield from (part.flag for part in rule.conditions if isinstance(part, Serves))


def with_segments(targeting: Targeting, segments: Mapping[str, Segment]) -> Targeting:
    """Add the segments that a flag names, and those that these name."""
    wanted, names = dict[str, Segment](), list(named_segments(targeting))
    while names:
        name = names.pop()
        if name in segments and name not in wanted:
            wanted[name] = segment = segments[name]
            names += segment.excluded_segments
            names += [part.segment for rule in segment.rules for part in rule if isinstance(part, InSegment)]
    return replace(targeting, segments=wanted) if wanted else targeting


def _no_environment(environment: str, project: str, known: Collection[str]) -> Failure:
    return Failure(
        Kind.NOT_FOUND,
        f"The LaunchDarkly project {clean(project)} has no environment {clean(environment)}.",
        f"It has {', '.join(map(clean, known))}." if known else "Your token sees none there.",
        Remedy.CHECK,
        about="--environment, or rebuild.environment in the recipe",
        safe=Safe.NOTHING_CHANGED,
    )
