"""The flags of a LaunchDarkly project: all of them right before a start, and those created since."""

from __future__ import annotations

from contextlib import aclosing

from tui.apply import journal as journals
from tui.apply.journal import Journal
from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.models import Flag
from tui.net.events import Counted, Sink

_NEWEST = 50
"""Flags a page."""


async def newly_there(ld: LaunchDarkly, journal: Journal, known: frozenset[str], sink: Sink) -> list[Flag]:
    """Return planned flags that are new in the project: neither there before nor `known`. Raises Failure."""
    wanted = journal.awaited - known
    found: list[Flag] = []
    offset = 0
    while wanted:
        page = await ld.newest_flags(journal.identity.project, offset, _NEWEST, sink=sink)
        fresh = [flag for flag in page.items if flag.key in wanted]
        found += fresh
        wanted -= {flag.key for flag in fresh}
        offset += len(page.items)
        if not fresh or (page.total_count is not None and offset >= page.total_count):
            break
        # Flags of one moment come in any order: only a known flag older than all new ones ends the news.
        oldest, seen = min(flag.created or 0 for flag in fresh), known | journal.before
        if any(flag.key in seen and (flag.created or 0) < oldest for flag in page.items):
            break
    return found


async def newest(ld: LaunchDarkly, journal: Journal, sink: Sink) -> Journal:
    """Return the journal with the keys created since its snapshot: the last look before a request that starts.

    Reads from the newest flag back to a page with a known one. Raises Failure.
    """
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
    """Return the keys of all flags, archived ones too, with when each was created (ms). Raises Failure."""
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
    """Return which of `keys` are archived. Raises Failure."""
    found: set[str] = set()
    if keys:
        async with aclosing(ld.every_flag(project, archived=True, sink=sink)) as pages:
            async for page in pages:
                found |= {flag.key for flag in page.fresh}
    return frozenset(found & keys)
