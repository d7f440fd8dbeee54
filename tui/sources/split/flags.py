"""Split's flags, joined with their definitions in one environment while both lists are read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Hashable, Iterable, Mapping
from contextlib import aclosing

from tui.net.pages import AT_ONCE, ListProgress, passing
from tui.sources.base import Answers, Connection, answered
from tui.sources.flags import Batch, Listing, SourceFlag, strings
from tui.sources.lenient import Object, elements, members, objects, text
from tui.sources.split.client import ENVIRONMENT_FIELD, NAME, TAG_FIELD, WORKSPACE_FIELD, SplitClient, identity
from tui.sources.split.rules import left_behind, overtaken, shares, unknown
from tui.sources.split.targeting import targeting_of
from tui.targeting.losses import losses
from tui.text.phrases import left_out, short

_FLAGS = "flags"
_DEFINITIONS = "definitions"

Pages = AsyncGenerator[ListProgress[Object], None]


async def list_flags(connection: Connection, answers: Answers) -> Listing:
    """Read the workspace's flags (with the tag, if one is set), each as soon as its definition has been read too.

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


async def _both(lists: Mapping[str, Pages]) -> AsyncGenerator[tuple[str, ListProgress[Object] | None], None]:
    """Yield the progress of each list as it comes, and None at its end.

    If one loses a page the other is still read to its end; a refusal ends both.
    """
    events: asyncio.Queue[tuple[str, ListProgress[Object] | Exception | None]] = asyncio.Queue(AT_ONCE)

    async def read(what: str, pages: Pages) -> None:
        end: Exception | None = None
        try:
            async with aclosing(pages):
                async for progress in pages:
                    await events.put((what, progress))
        except Exception as error:
            end = error
        await events.put((what, end))

    tasks = [asyncio.create_task(read(what, pages)) for what, pages in lists.items()]
    errors: dict[str, Exception] = {}
    ended = 0
    try:
        while ended < len(lists):
            what, event = await events.get()
            ended += not isinstance(event, ListProgress)
            if not isinstance(event, Exception):
                yield what, event
                continue
            errors[what] = event
            if not passing(event):
                break
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for what in lists:
        if what in errors:
            raise errors[what]


class _Join:
    """Both lists as far as they have been read. Identities distinguish flags; definitions belong to names."""

    def __init__(self) -> None:
        self._flags: dict[Hashable, Object] = {}
        self._flags_by_name: dict[str, dict[Hashable, None]] = {}
        self._definitions: dict[str, dict[Hashable, Object]] = {}
        self._names_by_definition: dict[Hashable, str] = {}
        self._yielded: dict[Hashable, SourceFlag] = {}
        self._nameless: set[Hashable] = set()
        self._all_defined = False
        self._read = {_FLAGS: 0, _DEFINITIONS: 0}
        self._total: dict[str, int | None] = {_FLAGS: None, _DEFINITIONS: None}

    def batch(self, what: str, progress: ListProgress[Object] | None) -> Batch:
        """Return what `progress` completes; None is the end of a list."""
        notes: tuple[str, ...] = ()
        changed: Iterable[Hashable] = ()
        if progress is not None:
            self._read[what], self._total[what] = progress.read, progress.total
            changed = (self._add_flags if what == _FLAGS else self._add_definitions)(progress)
        elif what == _DEFINITIONS:
            self._all_defined = True
            changed = [own for own in self._flags if own not in self._yielded]
        elif self._nameless:
            notes = (left_out(NAME, len(self._nameless)),)
        flags, gone = [], []
        for own in changed:
            if before := self._yielded.pop(own, None):
                gone.append(before)
            flag = self._flags.get(own)
            definition = self._definition(text(flag.get("name"))) if flag else None
            if flag is not None and (definition is not None or self._all_defined):
                self._yielded[own] = source_flag(flag, definition)
                flags.append(self._yielded[own])
        return Batch(tuple(flags), dict(self._read), dict(self._total), notes, tuple(gone))

    def _add_flags(self, progress: ListProgress[Object]) -> Iterable[Hashable]:
        """Return the flags that are new, changed or gone."""
        changed: dict[Hashable, None] = {}
        for own in progress.gone:
            self._forget(own)
            changed[own] = None
        for flag in progress.fresh:
            own, name = identity(flag), text(flag.get("name"))
            if not name:
                self._nameless.add(own)
                continue
            self._forget(own)  # it may have had another name
            self._flags[own] = flag
            self._flags_by_name.setdefault(name, {})[own] = None
            changed[own] = None
        return changed

    def _forget(self, own: Hashable) -> None:
        flag = self._flags.pop(own, None)
        if flag is not None:
            self._flags_by_name.get(text(flag.get("name")), {}).pop(own, None)

    def _add_definitions(self, progress: ListProgress[Object]) -> Iterable[Hashable]:
        """Return the flags whose definition is new, changed or gone."""
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
        return {own: None for name in names for own in self._flags_by_name.get(name, ())}

    def _definition(self, name: str) -> Object | None:
        """The first of that name, as with flags: Split itself has no name twice."""
        return next(iter(self._definitions.get(name, {}).values()), None)


def source_flag(flag: Object, definition: Object | None) -> SourceFlag:
    """Return a flag of the workspace with its definition in the environment, None if it has none there.

    Split has no keys beside names. A treatment is imported as a string variation; on is the one with the largest
    share of the default rule, off the default treatment.
    """
    name = text(flag.get("name"))
    description = text(flag.get("description"))
    tags = tuple(tag for item in elements(flag.get("tags")) if (tag := text(item) or text(members(item).get("name"))))
    if definition is None:
        warning = "This flag has no definition in this environment. It is off there, and its variations are unknown."
        return SourceFlag(name, name, description, tags, (), None, None, False, (), (warning,))
    targeting = targeting_of(definition)
    treatments = objects(definition.get("treatments"))
    names = tuple(text(treatment.get("name")) for treatment in treatments)

    def index(treatment: object) -> int | None:
        return names.index(treatment) if isinstance(treatment, str) and treatment and treatment in names else None

    by_share = shares(targeting)
    largest = max(by_share, key=lambda treatment: by_share[treatment], default="")
    on = index(largest) if by_share.get(largest, 0) > 0 else None
    cut_over = ""
    if on is not None and (rebuild := overtaken(targeting, names[on])):
        cut_over = f'Turning this on serves "{short(names[on])}" to everyone until you rebuild its {rebuild}.'
    strange = (f"A rule has an unknown matcher ({kind}). Check that rule in Split." for kind in unknown(targeting))
    users = (sorted({key for key in map(text, elements(treatment.get("keys"))) if key}) for treatment in treatments)
    return SourceFlag(
        key=name,
        name=name,
        description=description,
        tags=tags,
        variations=strings(names),
        on=on,
        off=index(targeting.off),
        on_at_source=targeting.on,
        losses=tuple(sorted({kind for kind, _ in losses(targeting)})),
        warnings=(*strange, *left_behind(definition, targeting)),
        cut_over_warning=cut_over,
        definition=definition,
        targets=tuple((place, tuple(keys)) for place, keys in enumerate(users) if keys),
    )
