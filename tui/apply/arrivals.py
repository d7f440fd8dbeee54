"""Which flags are in a LaunchDarkly project: all of them right before a start, and what has arrived since."""

from __future__ import annotations

from contextlib import aclosing

from tui.apply import journal as journals
from tui.apply.journal import Journal
from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.models import Flag
from tui.net.events import Counted, Sink

_NEWEST = 50
"""Flags on one page of the newest: one request for each fifty that have arrived."""


async def newly_there(ld: LaunchDarkly, journal: Journal, known: frozenset[str], sink: Sink) -> list[Flag]:
    """Planned flags that are there now, neither before nor `known`: from the newest on, back to one seen before.

    Raises Failure.
    """
    wanted = journal.awaited - known
    found: list[Flag] = []
    offset = 0
    while wanted:
        page = await ld.newest_flags(journal.identity.project, offset, _NEWEST, sink=sink)
        fresh = [flag for flag in page.items if flag.key in wanted]
        found += fresh
        wanted -= {flag.key for flag in fresh}
        offset += len(page.items)
        whole = page.total_count is not None and offset >= page.total_count
        if not fresh or whole or _is_older(page.items, fresh, known | journal.before):
            break
    return found


def _is_older(page: tuple[Flag, ...], fresh: list[Flag], known: frozenset[str]) -> bool:
    """Whether the page reaches back to flags that were looked at before: what follows is no news.

    Flags made in one moment may stand in any order, so a known one must be older than all that is new.
    """
    oldest = min(flag.created or 0 for flag in fresh)
    return any(flag.key in known and (flag.created or 0) < oldest for flag in page)


async def newest(ld: LaunchDarkly, journal: Journal, sink: Sink) -> Journal:
    """The journal with the keys that came since its snapshot, read from the newest flag back to a page of known ones:
    the last look before a request that starts. Raises Failure."""
    known, found = journal.snapshot or journal.before, set[str]()
    offset = 0
    while True:
        page = await ld.newest_flags(journal.identity.project, offset, _NEWEST, sink=sink)
        fresh = {flag.key for flag in page.items} - known - found
        found |= fresh
        offset += len(page.items)
        if len(fresh) < len(page.items) or not page.items:
            return journals.joined(journal, found)


async def snapshot(ld: LaunchDarkly, project: str, sink: Sink) -> dict[str, int | None]:
    """The keys of all flags, archived ones too, with when each was made (ms). Raises Failure."""
    found: dict[str, int | None] = {}
    for archived in (False, True):
        async with aclosing(ld.every_flag(project, archived=archived, sink=sink)) as pages:
            async for page in pages:
                found |= {flag.key: flag.created for flag in page.fresh}
                for key in page.gone:
                    found.pop(str(key), None)
                what = "LaunchDarkly flags, archived" if archived else "LaunchDarkly flags"
                sink(Counted(what, page.read, page.total))
    return found


async def archived_of(ld: LaunchDarkly, project: str, keys: frozenset[str], sink: Sink) -> frozenset[str]:
    """Which of some keys are archived; nothing is asked where there are none. Raises Failure."""
    found: set[str] = set()
    if keys:
        async with aclosing(ld.every_flag(project, archived=True, sink=sink)) as pages:
            async for page in pages:
                found |= {flag.key for flag in page.fresh}
    return frozenset(found & keys)
