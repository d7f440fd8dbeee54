"""Split's flags, joined with their definitions in one environment while both lists are read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Hashable, Iterable, Mapping
from contextlib import aclosing

from pydantic import SecretStr

from tui.net.client import Http
from tui.net.errors import Failure
from tui.net.events import Sink, ignore
from tui.net.pages import AT_ONCE, Fetch, Progress, passing, read_all
from tui.sources.flags import Batch, Listing, SourceFlag, Targets, strings
from tui.sources.foreign import left_out, short
from tui.sources.shapes import Object, elements, members, objects, text
from tui.sources.split.client import (
    ENVIRONMENT_FIELD,
    NAME,
    PAGE,
    TAG_FIELD,
    Door,
    broader_key,
    flags_path,
    has_name,
    identity,
    in_path,
    no_environment,
    not_allowed,
    workspace,
)
from tui.sources.split.finding import flags_denied
from tui.sources.split.rules import found, left_behind, overtaken, shares, unknown

FLAGS = "flags"
DEFINITIONS = "definitions"
_NO_DEFINITION = "It has no definition in this environment: no variations are known, and it is off there."


async def list_flags(
    http: Http, address: str, key: SecretStr, *, answers: Mapping[str, str], sink: Sink = ignore
) -> Listing:
    """The workspace's flags (with the tag, where one is set), each as soon as its definition has been read too.

    Those without a definition come last. A page that stays lost is raised after all others were given, a refusal
    at once: SOURCE with its status, of the flags before that of the definitions.
    """
    door = Door(http, address, key, sink)
    place, environment = workspace(answers), answers.get(ENVIRONMENT_FIELD, "").strip()
    flags = door.pages(flags_path(place, PAGE, answers.get(TAG_FIELD, "").strip()), FLAGS, flags_denied(place))
    path = f"/splits/ws/{in_path(place)}/environments/{in_path(environment)}?limit={PAGE}"
    definitions = door.pages(path, DEFINITIONS, _definitions_denied(environment))
    join = _Join()
    # The first request finds out which header the key needs; that of the flags also whether there is a workspace.
    async with aclosing(_both(door, {FLAGS: flags, DEFINITIONS: definitions})) as pages:
        async for what, progress in pages:
            yield join.batch(what, progress)


def _definitions_denied(environment: str) -> Callable[[int], Failure | None]:
    def denied(status_code: int) -> Failure | None:
        if status_code == 404:
            return no_environment(environment)
        if status_code != 403:
            return None
        return not_allowed(f"the definitions in {short(environment)}", broader_key("this environment"))

    return denied


# --- both lists at the same time

_News = tuple[str, Progress[Object] | Exception | None]


async def _both(
    door: Door, lists: Mapping[str, Fetch[Object]]
) -> AsyncGenerator[tuple[str, Progress[Object] | None], None]:
    """What each list brings, as it comes, and None when it is at its end.

    Where one loses a page the other is still read to its end; a refusal ends both.
    """
    news: asyncio.Queue[_News] = asyncio.Queue(AT_ONCE)
    tasks = [asyncio.create_task(_read(door, what, fetch, news)) for what, fetch in lists.items()]
    lost: dict[str, Exception] = {}
    ended = 0
    try:
        while ended < len(lists):
            what, came = await news.get()
            ended += not isinstance(came, Progress)
            if not isinstance(came, Exception):
                yield what, came
                continue
            lost[what] = came
            if not passing(came):
                break
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for what in lists:
        if what in lost:
            raise lost[what]


async def _read(door: Door, what: str, fetch: Fetch[Object], news: asyncio.Queue[_News]) -> None:
    end: Exception | None = None
    pages = read_all(
        door.http, fetch, identity, what=f"Split's list of {what}", size=PAGE, named=has_name, sink=door.sink
    )
    try:
        async with aclosing(pages) as progresses:
            async for progress in progresses:
                await news.put((what, progress))
    except Exception as problem:
        end = problem
    await news.put((what, end))


# --- the join


class _Join:
    """Both lists as far as they have been read. Flags are told apart by their identity, definitions belong to names."""

    def __init__(self) -> None:
        self._flags: dict[Hashable, Object] = {}
        self._named: dict[str, dict[Hashable, None]] = {}
        self._definitions: dict[str, dict[Hashable, Object]] = {}
        self._definition_names: dict[Hashable, str] = {}
        self._given: dict[Hashable, SourceFlag] = {}
        self._nameless: set[Hashable] = set()
        self._all_defined = False
        self._read = {FLAGS: 0, DEFINITIONS: 0}
        self._total: dict[str, int | None] = {FLAGS: None, DEFINITIONS: None}

    def batch(self, what: str, progress: Progress[Object] | None) -> Batch:
        """What `progress` completes; None is the end of a list."""
        if progress is None:
            return self._ended(what)
        self._read[what], self._total[what] = progress.read, progress.total
        if what == FLAGS:
            touched = self._take_flags(progress)
        else:
            names = self._take_definitions(progress)
            touched = {own: None for name in names for own in self._named.get(name, ())}
        return self._completed(touched)

    def _ended(self, what: str) -> Batch:
        if what == DEFINITIONS:
            self._all_defined = True
            return self._completed([own for own in self._flags if own not in self._given])
        return self._completed((), (left_out(NAME, len(self._nameless)),) if self._nameless else ())

    def _take_flags(self, progress: Progress[Object]) -> dict[Hashable, None]:
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

    def _take_definitions(self, progress: Progress[Object]) -> dict[str, None]:
        """The names whose definition is new, another or gone."""
        names: dict[str, None] = {}
        for own in progress.gone:
            name = self._definition_names.pop(own, "")
            self._definitions.get(name, {}).pop(own, None)
            names[name] = None
        for definition in progress.fresh:
            own, name = identity(definition), text(definition.get("name"))
            self._definitions.setdefault(name, {})[own] = definition
            self._definition_names[own] = name
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
    """A flag of the workspace with its definition in the environment, None where it has none there.

    Split has no keys beside names. A treatment arrives as a string variation; on is the one with the largest
    share of the default rule, off the default treatment.
    """
    name = text(flag.get("name"))
    description = text(flag.get("description"))
    tags = tuple(tag for one in elements(flag.get("tags")) if (tag := text(one) or text(members(one).get("name"))))
    if definition is None:
        return SourceFlag(name, name, description, tags, (), None, None, False, (), (_NO_DEFINITION,))
    treatments = tuple(text(one.get("name")) for one in objects(definition.get("treatments")))
    by_share = shares(definition)
    largest = max(by_share, key=lambda treatment: by_share[treatment], default="")
    on = _place(treatments, largest if by_share.get(largest, 0) > 0 else "")
    return SourceFlag(
        key=name,
        name=name,
        description=description,
        tags=tags,
        variations=strings(treatments),
        on=on,
        off=_place(treatments, text(definition.get("defaultTreatment"))),
        on_at_source=definition.get("killed") not in (True, "true"),
        losses=tuple(sorted({kind for kind, _ in found(definition)})),
        warnings=(*map(_NOT_KNOWN.format, unknown(definition)), *left_behind(definition)),
        cut_over_warning="" if on is None else _cut_over_warning(definition, treatments[on]),
        definition=definition,
        targets=_targets(definition),
    )


def _cut_over_warning(definition: Object, on: str) -> str:
    rebuild = overtaken(definition, on)
    return f'Turning this on serves "{short(on)}" to everyone until you rebuild its {rebuild}.' if rebuild else ""


def _targets(definition: Object) -> Targets:
    listed = enumerate(elements(one.get("keys")) for one in objects(definition.get("treatments")))
    found = ((place, tuple(sorted({key for key in map(text, keys) if key}))) for place, keys in listed)
    return tuple((place, users) for place, users in found if users)


_NOT_KNOWN = "One of its rules has the matcher {}, which is not known here: look at that rule in Split."


def _place(treatments: tuple[str, ...], treatment: str) -> int | None:
    return treatments.index(treatment) if treatment and treatment in treatments else None
