"""Which flags of a plan are listed, and in which order. Nothing here draws, and nothing changes the plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tui.plan.plan import CANNOT, PlannedFlag, Verdict
from tui.text.clean import clean
from tui.wizard.review import ON_AT_SOURCE

FlagTest = Callable[[PlannedFlag], bool]
Sorter = Callable[[PlannedFlag], object]


@dataclass(frozen=True, slots=True)
class Filter:
    """`label` is its chip: "import 46"."""

    label: str
    keep: FlagTest


ALL = "all"
ON = ON_AT_SOURCE
FILTERS: Mapping[str, Filter] = {
    ALL: Filter("all", lambda planned: True),
    "arrive": Filter("import", lambda planned: planned.arrives),
    "lossy": Filter("lose targeting", lambda planned: planned.arrives and bool(planned.flag.losses)),
    ON: Filter("on now", lambda planned: planned.goes_off),
    "exist": Filter("exist", lambda planned: planned.verdict is Verdict.SKIP_EXISTS),
    "archived": Filter("archived", lambda planned: planned.verdict is Verdict.SKIP_ARCHIVED),
    "cannot": Filter("can't", lambda planned: planned.verdict in CANNOT),
}
_ORDER = {verdict: place for place, verdict in enumerate(Verdict)}
AS_LISTED = "source order"
SORTS: Mapping[str, Sorter | None] = {
    "result": lambda each: (_ORDER[each.verdict], each.flag.key.casefold()),
    "key": lambda each: each.flag.key.casefold(),
    AS_LISTED: None,
    "losses": lambda each: (-len(each.flag.losses) if each.arrives else 1, each.flag.key.casefold()),
}


@dataclass(frozen=True, slots=True)
class View:
    """`only` is one of `FILTERS`; `loses` is a kind of loss and replaces it; `sort` is one of `SORTS`."""

    only: str = ALL
    loses: str = ""
    sort: str = "result"
    query: str = ""

    def keeps(self, each: PlannedFlag) -> bool:
        """Whether the filter lets a flag through; the search apart."""
        if self.loses:
            return each.arrives and self.loses in each.flag.losses
        return FILTERS[self.only].keep(each)


class SortableFlags:
    """The flags of one plan, made ready to be sorted and searched at each key press."""

    def __init__(self, flags: Sequence[PlannedFlag]) -> None:
        self.all = tuple(flags)
        self._sorted: dict[str, tuple[int, ...]] = {}

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        """What a search looks through."""
        texts = ((each.flag.key, each.flag.name, each.flag.description) for each in self.all)
        return tuple("\n".join(map(clean, each)).casefold() for each in texts)

    @cached_property
    def longest(self) -> int:
        """Characters of the longest key."""
        return max((len(each.flag.key) for each in self.all), default=0)

    def _order(self, sort: str) -> tuple[int, ...]:
        if sort not in self._sorted:
            by = SORTS[sort]
            places = range(len(self.all))
            flags = self.all
            self._sorted[sort] = tuple(
                places if by is None else sorted(places, key=lambda i: by(flags[i]))  # type: ignore[arg-type,return-value]
            )
        return self._sorted[sort]

    def seen(self, view: View) -> tuple[PlannedFlag, ...]:
        """The flags that are listed, in their order."""
        flags, wanted = self.all, view.query.casefold()
        order = self._order(view.sort)
        if view.only != ALL or view.loses:
            order = tuple(i for i in order if view.keeps(flags[i]))
        if view.only == ON:
            order = tuple(sorted(order, key=lambda i: not flags[i].cut_over_warning))
        if wanted:
            texts = self._texts
            order = tuple(i for i in order if wanted in texts[i])
        return tuple(flags[i] for i in order)

    @cached_property
    def chips(self) -> tuple[tuple[str, str, int], ...]:
        """Each filter that lets flags through: its key, its label, and how many."""
        counted = ((key, kind.label, sum(map(kind.keep, self.all))) for key, kind in FILTERS.items())
        return tuple(chip for chip in counted if chip[2])

    def next_filter(self, view: View) -> View:
        """The next filter that lets something through."""
        names = [key for key, _, _ in self.chips] or [ALL]
        at = names.index(view.only) if view.only in names and not view.loses else -1
        return replace(view, only=names[(at + 1) % len(names)], loses="")


def next_sort(view: View) -> View:
    """The next way to sort."""
    names = tuple(SORTS)
    return replace(view, sort=names[(names.index(view.sort) + 1) % len(names)])
