"""The calls about flags of a project."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from tui.launchdarkly import models
from tui.launchdarkly.door import Door, part, query
from tui.launchdarkly.models import Flag, Page
from tui.launchdarkly.whole_flags import WholeFlag, read_whole_flag, read_whole_flags
from tui.net.errors import Safe
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
            untold = page.total_count is None and bool(fresh)  # then the list ends at a page that has nothing new
            more = untold or bool(page.next) or (page.total_count or 0) > len(found)
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

    async def whole_flags(
        self, project: str, environments: Sequence[str], *, tag: str = "", sink: Sink = ignore
    ) -> AsyncGenerator[Progress[WholeFlag], None]:
        """All flags that are not archived (with `tag`, where given), with their state in `environments`."""
        asked = self._asked(of="flags", project=project)
        more: dict[str, object] = {"tag": tag} if tag else {}

        async def fetch(offset: int, told: Sink) -> Part[WholeFlag]:
            # `summary=0` adds rules, targets and prerequisites (OpenAPI).
            wanted = query(limit=_PAGE, offset=offset, sort="creationDate", env=list(environments), summary=0, **more)
            answer = await self._get(f"/api/v2/flags/{part(project)}{wanted}", asked, told)
            page = read_whole_flags(answer.json())
            return Part(page.items, page.total_count)

        what = "LaunchDarkly's list of flags"
        async with aclosing(
            read_all(self._http, fetch, lambda flag: flag.key, what=what, size=_PAGE, sink=sink)
        ) as pages:
            async for progress in pages:
                yield progress

    async def newest_flags(self, project: str, offset: int, limit: int, *, sink: Sink = ignore) -> Page[Flag]:
        """Flags from the newest on, so that what has just been made is on the first page."""
        asked = self._asked(of="flags", project=project)
        wanted = query(limit=limit, offset=offset, sort="-creationDate")
        return models.read_flags((await self._get(f"/api/v2/flags/{part(project)}{wanted}", asked, sink)).json())

    async def whole_flag(self, project: str, key: str, *, sink: Sink = ignore) -> WholeFlag | None:
        """One flag with its state in every environment; None where there is none of this key."""
        answer = await self._answer(self._request("GET", _flag_path(project, key)), sink)
        if answer.status_code == _NOT_FOUND:
            return None
        return read_whole_flag(self._accepted(answer, self._asked(of="flags", project=project)).json())

    async def environments(self, project: str, *, sink: Sink = ignore) -> tuple[str, ...]:
        """The keys of a project's environments."""
        asked = self._asked(of="environments", project=project)

        async def fetch(offset: int, told: Sink) -> Part[str]:
            wanted = query(limit=_PAGE, offset=offset)
            answer = await self._get(f"/api/v2/projects/{part(project)}/environments{wanted}", asked, told)
            page = models.read_environments(answer.json())
            return Part(page.items, page.total_count)

        what = "LaunchDarkly's list of environments"
        found: list[str] = []
        async with aclosing(read_all(self._http, fetch, str, what=what, size=_PAGE, sink=sink)) as pages:
            async for progress in pages:
                found += progress.fresh
        return tuple(found)

    async def archive_flag(self, project: str, key: str, comment: str, *, sink: Sink = ignore) -> None:
        """Archive a flag; it can be restored. One that others depend on is refused (400)."""
        body = json.dumps({"comment": comment, "instructions": [{"kind": "archiveFlag"}]}).encode()
        asked = self._asked(of="flags", project=project, safe=Safe.NOTHING_ARCHIVED, writes=True)
        path = _flag_path(project, key)
        request = self._request("PATCH", path, body=body)
        semantic = replace(request, headers={**request.headers, "Content-Type": _SEMANTIC_PATCH})
        await self._send(semantic, asked, sink)

    async def delete_flag(self, project: str, key: str, *, sink: Sink = ignore) -> None:
        """Delete a flag for good; one that is not there any more is fine."""
        asked = self._asked(of="flags", project=project, safe=Safe.NOTHING_DELETED, writes=True)
        answer = await self._answer(self._request("DELETE", _flag_path(project, key)), sink)
        if answer.status_code != _NOT_FOUND:
            self._accepted(answer, asked)


_NOT_FOUND = 404
_SEMANTIC_PATCH = "application/json; domain-model=launchdarkly.semanticpatch"


def _flag_path(project: str, key: str) -> str:
    return f"/api/v2/flags/{part(project)}/{part(key)}"
