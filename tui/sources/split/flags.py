"""Split's flags, joined with their definitions in one environment while both lists are read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Hashable, Iterable, Mapping
from contextlib import aclosing

from tui.net.pages import AT_ONCE, ListProgress, passing
from tui.sources.base import Answers, Connection, answered
from tui.sources.flags import Batch, Listing, SourceFlag, strings
from tui.sources.lenient import Object, elements, members, objects, text
from tui.sources.phrases import left_out, short
from tui.sources.split.client import ENVIRONMENT_FIELD, NAME, TAG_FIELD, WORKSPACE_FIELD, SplitClient, identity
from tui.sources.split.rules import left_behind, losses, overtaken, shares, unknown

_FLAGS = "flags"
_DEFINITIONS = "definitions"
_NO_DEFINITION = "It has no definition in this environment: no variations are known, and it is off there."
_UNKNOWN_MATCHER = "One of its rules has the matcher {}, which is not known here: look at that rule in Split."

Pages = AsyncGenerator[ListProgress[Object], None]


async def list_flags(connection: Connection, answers: Answers) -> Listing:
    """The workspace's flags (with the tag, if one is set), each as soon as its definition has been read too.

    Those without a definition come last. A page that stays lost is raised after all others were yielded, a refusal
    at once: SOURCE with its status, of the flags before that of the definitions.
    """
    client, workspace = SplitClient(connection), answered(answers, WORKSPACE_FIELD)
    lists = {
        # The first request finds out which header the key needs, and whether there is such a workspace.
        _FLAGS: client.flags(workspace, answered(answers, TAG_FIELD)),
        _DEFINITIONS: client.definitions(workspace, answered(answers, ENVIRONMENT_FIELD)),
    }
    join = _Join()
    async with aclosing(_both(lists)) as pages:
        async for what, progress in pages:
            yield join.batch(what, progress)


# --- both lists at the same time


async def _both(lists: Mapping[str, Pages]) -> AsyncGenerator[tuple[str, ListProgress[Object] | None], None]:
    """What each list brings, as it comes, and None when it is at its end.

    If one loses a page the other is still read to its end; a refusal ends both.
    """
    news: asyncio.Queue[tuple[str, ListProgress[Object] | Exception | None]] = asyncio.Queue(AT_ONCE)

    async def read(what: str, pages: Pages) -> None:
        end: Exception | None = None
        try:
            async with aclosing(pages):
                async for progress in pages:
                    await news.put((what, progress))
        except Exception as problem:
            end = problem
        await news.put((what, end))

    tasks = [asyncio.create_task(read(what, pages)) for what, pages in lists.items()]
    lost: dict[str, Exception] = {}
    ended = 0
    try:
        while ended < len(lists):
            what, event = await news.get()
            ended += not isinstance(event, ListProgress)
            if not isinstance(event, Exception):
                yield what, event
                continue
            lost[what] = event
            if not passing(event):
                break
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for what in lists:
        if what in lost:
            raise lost[what]


# --- the join


class _Join:
    """Both lists as far as they have been read. Flags are told apart by their identity, definitions belong to names."""

    def __init__(self) -> None:
        self._flags: dict[Hashable, Object] = {}
        self._named: dict[str, dict[Hashable, None]] = {}
        self._definitions: dict[str, dict[Hashable, Object]] = {}
        self._names_by_definition: dict[Hashable, str] = {}
        self._given: dict[Hashable, SourceFlag] = {}
        self._nameless: set[Hashable] = set()
        self._all_defined = False
        self._read = {_FLAGS: 0, _DEFINITIONS: 0}
        self._total: dict[str, int | None] = {_FLAGS: None, _DEFINITIONS: None}

    def batch(self, what: str, progress: ListProgress[Object] | None) -> Batch:
        """What `progress` completes; None is the end of a list."""
        if progress is None:
            return self._ended(what)
        self._read[what], self._total[what] = progress.read, progress.total
        if what == _FLAGS:
            touched = self._take_flags(progress)
        else:
            names = self._take_definitions(progress)
            touched = {own: None for name in names for own in self._named.get(name, ())}
        return self._completed(touched)

    def _ended(self, what: str) -> Batch:
        if what == _DEFINITIONS:
            self._all_defined = True
            return self._completed([own for own in self._flags if own not in self._given])
        return self._completed((), (left_out(NAME, len(self._nameless)),) if self._nameless else ())

    def _take_flags(self, progress: ListProgress[Object]) -> dict[Hashable, None]:
        touched: dict[Hashable, None] = {}
        for own in progress.gone:
            self._forget(own)
            touched[own] = None
        for flag in progress.fresh:
            own, name = identity(flag), text(flag.get("name"))
            if not name:
                self._nameless.add(own)
                continue
            self._forget(own)  # it may have had another name
            self._flags[own] = flag
            self._named.setdefault(name, {})[own] = None
            touched[own] = None
        return touched

    def _forget(self, own: Hashable) -> None:
        flag = self._flags.pop(own, None)
        if flag is not None:
            self._named.get(text(flag.get("name")), {}).pop(own, None)

    def _take_definitions(self, progress: ListProgress[Object]) -> dict[str, None]:
        """The names whose definition is new, another or gone."""
        names: dict[str, None] = {}
        for own in progress.gone:
            name = self._names_by_definition.pop(own, "")
            self._definitions.get(name, {}).pop(own, None)
            names[name] = None
        for definition in progress.fresh:
            own, name = identity(definition), text(definition.get("name"))
            self._definitions.setdefault(name, {})[own] = definition
            self._names_by_definition[own] = name
            if self._definition(name) is definition:
                names[name] = None
        return names

    def _definition(self, name: str) -> Object | None:
        """The first of that name, as with flags: Split itself has no name twice."""
        return next(iter(self._definitions.get(name, {}).values()), None)

    def _completed(self, touched: Iterable[Hashable], notes: tuple[str, ...] = ()) -> Batch:
        flags, gone = [], []
        for own in touched:
            before = self._given.pop(own, None)
            if before is not None:
                gone.append(before)
            if (flag := self._made(own)) is not None:
                self._given[own] = flag
                flags.append(flag)
        return Batch(tuple(flags), dict(self._read), dict(self._total), notes, tuple(gone))

    def _made(self, own: Hashable) -> SourceFlag | None:
        flag = self._flags.get(own)
        if flag is None:
            return None
        definition = self._definition(text(flag.get("name")))
        return source_flag(flag, definition) if definition is not None or self._all_defined else None


# --- one flag


def source_flag(flag: Object, definition: Object | None) -> SourceFlag:
    """A flag of the workspace with its definition in the environment, None if it has none there.

    Split has no keys beside names. A treatment is imported as a string variation; on is the one with the largest
    share of the default rule, off the default treatment.
    """
    name = text(flag.get("name"))
    description = text(flag.get("description"))
    tags = tuple(tag for one in elements(flag.get("tags")) if (tag := text(one) or text(members(one).get("name"))))
    if definition is None:
        return SourceFlag(name, name, description, tags, (), None, None, False, (), (_NO_DEFINITION,))
    treatments = objects(definition.get("treatments"))
    names = tuple(text(treatment.get("name")) for treatment in treatments)
    by_share = shares(definition)
    largest = max(by_share, key=lambda treatment: by_share[treatment], default="")
    on = _index(names, largest if by_share.get(largest, 0) > 0 else "")
    rebuild = "" if on is None else overtaken(definition, names[on])
    users = (sorted({key for key in map(text, elements(treatment.get("keys"))) if key}) for treatment in treatments)
    return SourceFlag(
        key=name,
        name=name,
        description=description,
        tags=tags,
        variations=strings(names),
        on=on,
        off=_index(names, text(definition.get("defaultTreatment"))),
        on_at_source=definition.get("killed") not in (True, "true"),
        losses=tuple(sorted({kind for kind, _ in losses(definition)})),
        warnings=(*map(_UNKNOWN_MATCHER.format, unknown(definition)), *left_behind(definition)),
        cut_over_warning=(
            f'Turning this on serves "{short(names[on])}" to everyone until you rebuild its {rebuild}.'
            if on is not None and rebuild
            else ""
        ),
        definition=definition,
        targets=tuple((index, tuple(keys)) for index, keys in enumerate(users) if keys),
    )


def _index(names: tuple[str, ...], name: str) -> int | None:
    return names.index(name) if name and name in names else None
