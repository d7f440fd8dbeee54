"""The calls about flags of a project."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from tui.launchdarkly import models
from tui.launchdarkly.door import Door, part, query
from tui.launchdarkly.models import Flag, Page
from tui.net.events import Sink, ignore
from tui.net.pages import Part, Progress, read_all

_PAGE = 100


class FlagCalls(Door):
    """Every method raises Failure."""

    async def flags(self, project: str, *, tag: str = "", most: int = 10_000, sink: Sink = ignore) -> Page[Flag]:
        """Up to `most` flags of a project, all pages followed; `next` is not "" where more are left.

        `most=1` with `tag` is the cheap way to `total_count`. Archived flags are not among them.
        """
        asked = self._asked(of="flags", project=project)
        found: dict[str, Flag] = {}
        while True:
            limit = max(1, min(_PAGE, most - len(found)))
            wanted = {"tag": tag} if tag else {}
            path = f"/api/v2/flags/{part(project)}{query(limit=limit, offset=len(found), **wanted)}"
            page = models.read_flags((await self._get(path, asked, sink)).json())
            fresh = {flag.key: flag for flag in page.items if flag.key not in found}
            found |= fresh
            more = bool(page.next) or (page.total_count or 0) > len(found)
            if not fresh or not more or len(found) >= most:
                following = f"offset={len(found)}" if more else ""
                return Page(tuple(found.values())[:most], page.total_count, following)

    async def every_flag(
        self, project: str, *, archived: bool = False, sink: Sink = ignore
    ) -> AsyncGenerator[Progress[Flag], None]:
        """All flags of a project, or all archived ones, several pages at once, with how far the reading is.

        LaunchDarkly lists archived flags only where they are asked for, and their keys are taken all the same.
        The oldest come first, so that one made meanwhile moves no other to another page.
        """
        asked = self._asked(of="flags", project=project)
        state = {"filter": "state:archived"} if archived else {}

        async def fetch(offset: int, told: Sink) -> Part[Flag]:
            wanted = query(limit=_PAGE, offset=offset, sort="creationDate", **state)
            page = models.read_flags((await self._get(f"/api/v2/flags/{part(project)}{wanted}", asked, told)).json())
            return Part(page.items, page.total_count)

        what = f"LaunchDarkly's list of {'archived ' if archived else ''}flags"
        async with aclosing(
            read_all(self._http, fetch, lambda flag: flag.key, what=what, size=_PAGE, sink=sink)
        ) as pages:
            async for progress in pages:
                yield progress
