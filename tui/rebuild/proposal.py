"""What a rebuild would set in each flag: translated, proved, and graded. Pure; nothing is read or sent here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from tui.rebuild.compile import Options, compiled
from tui.rebuild.instructions import Json, instructions
from tui.rebuild.model import FlagTargeting, HelperSegment, Proof, Rebuilt
from tui.rebuild.precondition import obstacles, variation_ids
from tui.rebuild.proof import proved, settled
from tui.rebuild.reading import BothSides
from tui.targeting.approximations import PREREQUISITES_NOT_SHOWN
from tui.targeting.model import Targeting
from tui.text.phrases import short

State = Literal["planned", "skipped"]
"""Planned: the flag would be changed. As documented in JSON."""


@dataclass(frozen=True, slots=True)
class Row:
    """One flag of a rebuild. `targeting` is the source's, None if the source has no such flag.

    `variation_ids` are LaunchDarkly's in the order of `targeting.variations`, and `instructions` its semantic patch;
    both are () for a flag by hand. `not_accepted` are the names of approximations, its own and its parents', that
    still need a yes.
    """

    key: str
    targeting: Targeting | None
    rebuilt: Rebuilt
    proof: Proof = field(default_factory=Proof)
    variation_ids: tuple[str, ...] = ()
    instructions: tuple[Json, ...] = ()
    not_accepted: tuple[str, ...] = ()
    adopted: bool = False

    @property
    def state(self) -> State:
        return "skipped" if self.rebuilt.targeting is None or self.not_accepted else "planned"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which flags: by key, "" for one that may be changed, or the sentence that says why not.

    `adopted` are those that a person has named although no journal says that they are ours.
    """

    flags: Mapping[str, str]
    adopted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Proposal:
    """All rows, each after the flags that it depends on. `run_names` are approximations of the run as a whole."""

    rows: tuple[Row, ...]
    run_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def segments(self) -> dict[str, HelperSegment]:
        """The helper segments that the planned flags need, by key: equal content is shared."""
        planned = (row.rebuilt for row in self.rows if row.state == "planned")
        return {segment.key: segment for rebuilt in planned for segment in rebuilt.segments}


def by_hand(key: str, *reasons: str) -> Rebuilt:
    """Return a flag that isn't rebuilt."""
    return Rebuilt(key, "by-hand", reasons=reasons)


def propose(
    sides: BothSides,
    selection: Selection,
    options: Options,
    accepted: Collection[str],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Proposal:
    """Translate and prove the selected flags. `progress` gets how many of how many are done, from any thread."""
    work = _Work(sides, selection, options, frozenset(accepted))
    rows = []
    order = work.parents_first()
    for done, key in enumerate(order):
        progress(done, len(order))
        rows.append(work.row(key))
    progress(len(order), len(order))
    split = any(row.targeting is not None and row.targeting.origin == "split" for row in rows)
    return Proposal(tuple(rows), (PREREQUISITES_NOT_SHOWN,) if split else (), sides.notes)


@dataclass
class _Work:
    sides: BothSides
    selection: Selection
    options: Options
    accepted: frozenset[str]
    rows: dict[str, Row] = field(default_factory=dict)
    _compiled: dict[str, Rebuilt] = field(default_factory=dict)

    def parents_first(self) -> list[str]:
        """The selected flags in their order, each after those that it depends on; a circle is cut anywhere."""
        order: dict[str, None] = {}
        for start in self.selection.flags:
            stack: list[tuple[str, bool]] = [(start, False)]
            entered: set[str] = set()
            while stack:
                key, left = stack.pop()
                if left:
                    order[key] = None
                elif key not in order and key not in entered:
                    entered.add(key)
                    stack.append((key, True))
                    stack += [(parent, False) for parent in self._parents(key) if parent in self.selection.flags]
        return list(order)

    def _parents(self, key: str) -> Iterator[str]:
        rebuilt = self.compiled(key)
        if rebuilt.targeting is not None:
            yield from (prerequisite.flag for prerequisite in rebuilt.targeting.prerequisites)

    def compiled(self, key: str) -> Rebuilt:
        """Translate one flag, or say why that is needless."""
        if key not in self._compiled:
            targeting, blocked = self.sides.targeting.get(key), self.selection.flags.get(key, "")
            reasons = (blocked,) if blocked else tuple(obstacles(key, self.sides))
            if reasons or targeting is None:
                self._compiled[key] = by_hand(key, *reasons)
            else:
                self._compiled[key] = compiled(targeting, self.sides.targeting, self.options)
        return self._compiled[key]

    def row(self, key: str) -> Row:
        targeting, rebuilt, proof = self.sides.targeting.get(key), self.compiled(key), Proof()
        if rebuilt.targeting is not None and (reasons := tuple(self._without_parents(rebuilt.targeting))):
            rebuilt = by_hand(key, *reasons)
        if targeting is not None and rebuilt.targeting is not None:
            proof = proved(targeting, rebuilt, *self._proved_parents())
            rebuilt = settled(rebuilt, proof)
        ids: tuple[str, ...] = ()
        patch: tuple[Json, ...] = ()
        if targeting is not None and rebuilt.targeting is not None:
            ids = variation_ids(targeting, self.sides.flags[key]) or ()
            patch = instructions(rebuilt.targeting, ids, {other: row.variation_ids for other, row in self.rows.items()})
        row = Row(
            key, targeting, rebuilt, proof, ids, patch, self._not_accepted(rebuilt), key in self.selection.adopted
        )
        self.rows[key] = row
        return row

    def _not_accepted(self, rebuilt: Rebuilt) -> tuple[str, ...]:
        """The names that keep a flag from being changed: its own, and those of the flags it depends on."""
        names = [name for name in rebuilt.approximations if name not in self.accepted]
        for prerequisite in rebuilt.targeting.prerequisites if rebuilt.targeting else ():
            names += self.rows[prerequisite.flag].not_accepted
        return tuple(dict.fromkeys(names))

    def _without_parents(self, targeting: FlagTargeting) -> Iterator[str]:
        """A prerequisite must be rebuilt by the same run: one that someone else set up may serve anything."""
        for prerequisite in targeting.prerequisites:
            parent = self.rows.get(prerequisite.flag)
            if parent is None or parent.rebuilt.targeting is None:
                yield f"It depends on the flag {short(prerequisite.flag)}, which isn't rebuilt."

    def _proved_parents(self) -> tuple[dict[str, tuple[Targeting, FlagTargeting]], dict[str, HelperSegment]]:
        """The flags that are rebuilt so far, and their helper segments."""
        flags = {
            key: (row.targeting, row.rebuilt.targeting)
            for key, row in self.rows.items()
            if row.targeting is not None and row.rebuilt.targeting is not None
        }
        return flags, {segment.key: segment for row in self.rows.values() for segment in row.rebuilt.segments}


def narrowed(proposal: Proposal, keys: Collection[str]) -> Proposal:
    """Return the proposal of these flags alone."""
    return replace(proposal, rows=tuple(row for row in proposal.rows if row.key in keys))
