"""Compare the imported flags with the plan, flag by flag."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from tui.apply.account import caller_of, must_be_same
from tui.apply.arrivals import archived_of
from tui.apply.journal import Expected, Journal
from tui.context import Context
from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.instances import Instance
from tui.launchdarkly.models import FlagVariation, WholeFlag
from tui.launchdarkly.own_changes import NO_CHANGES, OwnChanges, untouched
from tui.launchdarkly.tags import is_tag
from tui.net.events import Counted, Sink, Stream
from tui.secrets.bag import Bag
from tui.sources.flags import Variation
from tui.text.clean import clean
from tui.text.redact import MASK


@dataclass(frozen=True, slots=True)
class Promise:
    """What an import was meant to create in a project.

    `before` are the keys that were there before the start: such a flag was skipped, whoever created it. None if they
    weren't recorded: then a flag that lacks `flag_tag` counts as skipped. `maintainer` is a member's id, "" for none.
    """

    instance: Instance
    project: str
    expected: tuple[Expected, ...]
    before: frozenset[str] | None
    flag_tag: str
    maintainer: str
    name: str = ""
    account: str = ""
    """The account of the journal, "" if it is not recorded."""
    undone: frozenset[str] = frozenset()
    """Flags that an undo took back."""
    own: OwnChanges = field(default_factory=dict, repr=False)
    """What rebuilds have changed since: such a flag must stand as they left it."""


def promise_of(journal: Journal, instance: Instance, own: OwnChanges = NO_CHANGES) -> Promise:
    """Return what a journal's import was meant to create, with what rebuilds have changed since."""
    return Promise(
        instance, journal.identity.project, journal.expected, journal.before, journal.flag_tag, journal.maintainer,
        name=journal.identity.name, account=journal.account, undone=frozenset(journal.undone), own=own,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unlike:
    """One property in which a flag is not as planned, both sides in words."""

    what: str
    planned: str
    there: str


@dataclass(frozen=True)
class Verification:
    """The comparison. Lists are of keys, in the order of the plan; `arrived` are the flags that this import created.

    `on` has the environments in which a key is on. `not_compared` are sentences about what couldn't be read. `skipped`
    counts planned flags that were there before, or count as that without a snapshot.
    """

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    different: tuple[tuple[str, tuple[Unlike, ...]], ...]
    on: tuple[tuple[str, tuple[str, ...]], ...]
    as_planned: int
    environments: tuple[str, ...]
    not_compared: tuple[str, ...] = ()
    skipped: int = 0
    arrived: Mapping[str, WholeFlag] = field(default_factory=dict, repr=False)
    taken_back: frozenset[str] = frozenset()
    """Those of the missing that an undo took back."""
    archived: frozenset[str] | None = None
    """Those of the missing that are archived: no start imports them. None if not checked."""
    notes: tuple[str, ...] = ()
    """Sentences about differences that the whole run shares: they count against no flag."""
    at: float = 0.0
    """When the flags were read, seconds since the epoch; 0 if not recorded."""

    @property
    def agrees(self) -> bool:
        """Everything is as planned, and nothing else was created."""
        return not (self.missing or self.unexpected or self.different or self.on)


def verify(promise: Promise, bag: Bag, context: Context) -> Stream[Verification]:
    """Read the project's flags in every environment and compare. Raises Failure."""

    async def run(sink: Sink) -> Verification:
        async with context.launchdarkly(bag, promise.instance) as ld:
            if promise.account:
                must_be_same(promise.name, promise.account, (await caller_of(ld, sink=sink)).account_id, writes=False)
            environments, flags = await read_flags(ld, promise.project, sink)
            compared = compare(promise, flags, environments, context.redactor.foreign)
            archived = await archived_of(ld, promise.project, frozenset(compared.missing), sink)
        return replace(compared, archived=archived, at=context.now())

    return Stream(run)


async def read_flags(
    ld: LaunchDarkly, project: str, sink: Sink, only: frozenset[str] | None = None
) -> tuple[tuple[str, ...], dict[str, WholeFlag]]:
    """Return a project's environments, and its flags in every one of them by key, or `only` these. Raises Failure."""
    environments = await ld.environments(project, sink=sink)
    flags: dict[str, WholeFlag] = {}
    async with aclosing(ld.whole_flags(project, environments, sink=sink)) as pages:
        async for page in pages:
            flags |= {flag.key: flag for flag in page.fresh if only is None or flag.key in only}
            for key in page.gone:
                flags.pop(str(key), None)
            sink(Counted("LaunchDarkly flags", page.read, page.total))
    return environments, flags


def compare(
    promise: Promise,
    flags: Mapping[str, WholeFlag],
    environments: Sequence[str],
    redact: Callable[[str], str] = str,
) -> Verification:
    """Compare without reading anything. `redact` takes keys out of the descriptions that are quoted."""

    def existed(flag: WholeFlag | None) -> bool:
        """Without a snapshot, a flag that lacks the tag was there before."""
        if flag is None:
            return False
        if promise.before is not None:
            return flag.key in promise.before
        return bool(promise.flag_tag) and promise.flag_tag not in flag.tags

    expected = {each.key: each for each in promise.expected if not existed(flags.get(each.key))}
    arrived = {key: untouched(flags[key], promise.own.get(key, {})) for key in expected if key in flags}
    differences = {
        key: (*_unlike(expected[key], flag, promise, redact), *_unlike_rebuilt(flags[key], promise))
        for key, flag in arrived.items()
    }
    note = _shared_defaults([(expected[key], flag) for key, flag in arrived.items()])
    if note:
        differences = {
            key: tuple(each for each in unlike if each.what not in _DEFAULTS) for key, unlike in differences.items()
        }
    different = tuple((key, unlike) for key, unlike in differences.items() if unlike)
    on = {key: tuple(name for name, s in (flag.environments or {}).items() if s.on) for key, flag in arrived.items()}
    missing = tuple(key for key in expected if key not in flags)
    unexpected: tuple[str, ...] = ()
    if promise.before is not None and promise.flag_tag:  # without a tag the origin of a flag can't be known
        known = {flag.key for flag in promise.expected} | promise.before
        unexpected = tuple(key for key, flag in flags.items() if key not in known and promise.flag_tag in flag.tags)
    return Verification(
        missing=missing,
        unexpected=unexpected,
        different=different,
        on=tuple((key, names) for key, names in on.items() if names),
        as_planned=sum(not differences[key] and not on[key] for key in arrived),
        environments=tuple(environments),
        not_compared=tuple(_not_compared(promise, expected.values(), arrived, environments)),
        skipped=len(promise.expected) - len(expected),
        arrived=arrived,
        taken_back=promise.undone.intersection(missing),
        notes=(note,) if note else (),
    )


_RUN = 3
"""Flags of a run needed to compare their defaults with each other."""
_SHARED_BY = 2
"""Flags that must differ from the plan: a single one is that flag's own difference."""
_DEFAULTS = ("on variation", "off variation")


def _shared_defaults(flags: Iterable[tuple[Expected, WholeFlag]]) -> str:
    """A sentence if all flags of the run have the same default variations, and not those of the plan. "" if they don't
    share them, or if too few differ to tell the importer's own way from someone's edit."""
    comparable = [
        (planned, flag)
        for planned, flag in flags
        if (planned.on, planned.off) != (None, None)
        and [each.value for each in planned.variations] == [each.value for each in flag.variations]
    ]
    defaults = {(flag.on, flag.off) for _, flag in comparable}
    unlike = sum(any(True for _ in _unlike_defaults(planned, flag)) for planned, flag in comparable)
    if len(comparable) < _RUN or len(defaults) != 1 or unlike < _SHARED_BY:
        return ""
    on, off = ("none" if place is None else f"variation {place + 1}" for place in defaults.pop())
    return (
        f"Default variations: every flag of this import serves {on} when on and {off} when off; {unlike:,} were planned"
        " differently. Check what a flag serves before you turn it on."
    )


def _unlike(planned: Expected, flag: WholeFlag, promise: Promise, redact: Callable[[str], str]) -> Iterator[Unlike]:
    if flag.name != planned.name:
        yield Unlike("name", planned.name, flag.name)
    if not _same_text(clean(planned.description).strip(), clean(flag.description).strip()):
        yield Unlike("description", redact(planned.description), redact(flag.description))
    yield from _unlike_variations(planned, flag)
    wanted = {promise.flag_tag} - {""} | {tag for tag in planned.tags or () if is_tag(tag)}
    tags = set(flag.tags)
    # LaunchDarkly doesn't document what becomes of a tag that it refuses: each may be there in another form.
    altered = {tag for tag in planned.tags or () if not is_tag(tag)}
    if not wanted <= tags or (planned.tags is not None and len(tags - wanted) > len(altered)):
        yield Unlike("tags", _listed(wanted), _listed(tags))
    if promise.maintainer and flag.maintainer != promise.maintainer:
        yield Unlike("maintainer", promise.maintainer, flag.maintainer)


def _unlike_rebuilt(flag: WholeFlag, promise: Promise) -> Iterator[Unlike]:
    """Compare a rebuilt flag with what the rebuild left."""
    for environment, change in promise.own.get(flag.key, {}).items():
        if (flag.environments or {}).get(environment) != change.after:
            yield Unlike(f"targeting in {environment}", "as the rebuild left it", "changed since")


def _same_text(planned: str, there: str) -> bool:
    """Whether two texts are equal. What a journal has masked may be anything."""
    if MASK not in planned:
        return planned == there
    return re.fullmatch(".+".join(map(re.escape, planned.split(MASK))), there, re.DOTALL) is not None


def _unlike_variations(planned: Expected, flag: WholeFlag) -> Iterator[Unlike]:
    if not planned.variations:
        return
    if _typed_values(planned.variations) != _typed_values(flag.variations):
        yield Unlike("variations", _values(planned.variations), _values(flag.variations))
        return
    names = [(a.name, b.name) for a, b in zip(planned.variations, flag.variations, strict=True)]
    if any(b and a != b for a, b in names):
        yield Unlike("variation names", _listed(a for a, _ in names), _listed(b for _, b in names))
    yield from _unlike_defaults(planned, flag)


def _unlike_defaults(planned: Expected, flag: WholeFlag) -> Iterator[Unlike]:
    for what, wanted, actual in zip(_DEFAULTS, (planned.on, planned.off), (flag.on, flag.off), strict=True):
        if wanted is not None and wanted != actual:
            yield Unlike(what, _at(planned.variations, wanted), _at(flag.variations, actual))


def _typed_values(variations: Iterable[Variation | FlagVariation]) -> list[tuple[type, object]]:
    return [(type(each.value), each.value) for each in variations]


def _at(variations: Sequence[Variation | FlagVariation], place: int | None) -> str:
    if place is None or not 0 <= place < len(variations):
        return "none"
    return variations[place].name or _json(variations[place].value)


def _values(variations: Iterable[Variation | FlagVariation]) -> str:
    return ", ".join(_json(each.value) for each in variations)


def _json(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(sorted(texts)) or "none"


def _not_compared(
    promise: Promise, expected: Iterable[Expected], arrived: Mapping[str, WholeFlag], environments: Sequence[str]
) -> Iterator[str]:
    planned = tuple(expected)
    if any(each.tags is None for each in planned):
        yield "Tags: the source's key can't read them. The flag tag was compared."
    if unfit := sorted({tag for each in planned for tag in each.tags or () if not is_tag(tag)}):
        yield f"Tags that LaunchDarkly doesn't allow: {', '.join(unfit[:5])}."
    if any(each.variations and (each.on is None or each.off is None) for each in planned):
        yield "On and off variations of flags with variants: LaunchDarkly doesn't document which ones it uses."
    if any(not each.variations for each in planned):
        yield "Variations of flags that aren't defined in the source's environment."
    if not promise.maintainer:
        yield "Maintainers: none was chosen for this import."
    unknown = [key for key in environments if any(key not in (flag.environments or {}) for flag in arrived.values())]
    if unknown or (arrived and not environments):
        where = f" in {', '.join(unknown[:5])}" if unknown else ""
        yield f"Whether flags are on{where}: LaunchDarkly didn't report it for every flag."
    if promise.before is None:
        yield "Flags that existed before the import: they weren't recorded."
    elif not promise.flag_tag:
        yield "Unplanned flags: without a flag tag they can't be told apart from others."
