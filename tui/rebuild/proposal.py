"""What a rebuild would set in each flag: translated, proved, and graded. Pure; nothing is read or sent here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from tui.launchdarkly.models import data_of, whole_of
from tui.launchdarkly.targeting import TargetedFlag
from tui.rebuild.compile import Options, compiled
from tui.rebuild.instructions import Json, instructions
from tui.rebuild.model import FlagTargeting, HelperSegment, Proof, Rebuilt
from tui.rebuild.precondition import CONTAINS_A_KEY, obstacles, places, variation_ids
from tui.rebuild.proof import proved, settled
from tui.rebuild.reading import BothSides
from tui.rebuild.record import FlagEntry, State
from tui.rebuild.recorded import recorded
from tui.rebuild.standing import alike, reindexed
from tui.targeting.approximations import PREREQUISITES_NOT_SHOWN
from tui.targeting.model import Targeting
from tui.text.phrases import short
from tui.text.redact import MASK

_CHANGED_AT_SOURCE = (
    "Its targeting at the source has changed since it was rebuilt. To rebuild it again, take it back first (--undo)."
)


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
    recorded: State | None = None
    """The result of an earlier run, if it is still in place; None if it is to be rebuilt."""

    @property
    def state(self) -> State:
        if self.recorded is not None:
            return self.recorded
        return State.SKIPPED if self.rebuilt.targeting is None or self.not_accepted else State.PLANNED


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
        planned = (row.rebuilt for row in self.rows if row.state is State.PLANNED)
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
    stopped: Callable[[], bool] = lambda: False,
    entries: Mapping[str, FlagEntry] = {},
) -> Proposal:
    """Translate and prove the selected flags: about 15 ms each. For use in a thread: `progress` gets how many of how
    many are done, and `stopped` ends the work with the flags that are.

    `entries` are those of earlier runs. A flag that stands as one of them left it needs no selection.
    """
    work = _Work(sides, selection, options, frozenset(accepted), entries)
    rows = []
    order = work.parents_first()
    for done, key in enumerate(order):
        if stopped():
            break
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
    entries: Mapping[str, FlagEntry]
    rows: dict[str, Row] = field(default_factory=dict)
    _compiled: dict[str, Rebuilt] = field(default_factory=dict)
    _recorded: dict[str, State] = field(default_factory=dict)

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
            known = recorded(self.entries[key], self.sides.flags.get(key)) if key in self.entries else None
            if known is not None:
                self._recorded[key] = known[0]
                self._compiled[key] = self._standing(key, targeting, known[1])
                return self._compiled[key]
            reasons = (blocked,) if blocked else tuple(obstacles(key, self.sides))
            if reasons or targeting is None:
                self._compiled[key] = by_hand(key, *reasons)
            else:
                rebuilt = compiled(targeting, self.sides.targeting, self.options)
                # A key that a segment contained was taken out when it was read: what is left must not be sent.
                self._compiled[key] = by_hand(key, CONTAINS_A_KEY) if MASK in repr(rebuilt) else rebuilt
        return self._compiled[key]

    def _standing(self, key: str, targeting: Targeting | None, reason: str) -> Rebuilt:
        """Translate a flag that is rebuilt already: it counts only if it would be rebuilt in the same way today."""
        if reason:
            return by_hand(key, reason)
        rebuilt = by_hand(key) if targeting is None else compiled(targeting, self.sides.targeting, self.options)
        meant = rebuilt.targeting and self.in_launchdarkly(key, rebuilt.targeting)
        return rebuilt if meant and alike(meant, self.entries[key].meant) else by_hand(key, _CHANGED_AT_SOURCE)

    def in_launchdarkly(self, key: str, targeting: FlagTargeting) -> FlagTargeting | None:
        """Return a flag's targeting by LaunchDarkly's indexes, None if variations don't match."""
        parents = {each.flag for each in targeting.prerequisites}
        if not {key, *parents} <= self.sides.flags.keys() & self.sides.targeting.keys():
            return None
        found = {name: places(self.sides.targeting[name], self.sides.flags[name]) for name in {key, *parents}}
        known = {name: one for name, one in found.items() if one is not None}
        return reindexed(targeting, known[key], known) if known.keys() == found.keys() else None

    def row(self, key: str) -> Row:
        targeting, rebuilt, proof = self.sides.targeting.get(key), self.compiled(key), Proof()
        if rebuilt.targeting is not None and (reasons := tuple(self._without_parents(rebuilt.targeting))):
            rebuilt = by_hand(key, *reasons)
        if targeting is not None and rebuilt.targeting is not None:
            proof = proved(targeting, rebuilt, *proved_parents(rebuilt.targeting, self.rows))
            rebuilt = settled(rebuilt, proof)
        ids: tuple[str, ...] = ()
        patch: tuple[Json, ...] = ()
        if targeting is not None and rebuilt.targeting is not None:
            flag = self.sides.flags[key]
            ids = variation_ids(targeting, flag) or ()
            parent_ids = {other: row.variation_ids for other, row in self.rows.items()}
            patch = instructions(rebuilt.targeting, ids, parent_ids, individual_targets(targeting, flag))
        not_accepted = () if key in self._recorded else self._not_accepted(rebuilt)
        adopted, known = key in self.selection.adopted, self._recorded.get(key)
        row = Row(key, targeting, rebuilt, proof, ids, patch, not_accepted, adopted, known)
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


def proved_parents(
    targeting: FlagTargeting, rows: Mapping[str, Row]
) -> tuple[dict[str, tuple[Targeting, FlagTargeting]], dict[str, HelperSegment]]:
    """Return the rebuilt flags that a flag depends on, through others too, and their helper segments."""
    flags, segments = dict[str, tuple[Targeting, FlagTargeting]](), dict[str, HelperSegment]()
    names = [prerequisite.flag for prerequisite in targeting.prerequisites]
    while names:
        row = rows.get(names.pop())
        if row is None or row.key in flags or row.targeting is None or row.rebuilt.targeting is None:
            continue
        flags[row.key] = row.targeting, row.rebuilt.targeting
        segments |= {segment.key: segment for segment in row.rebuilt.segments}
        names += [prerequisite.flag for prerequisite in row.rebuilt.targeting.prerequisites]
    return flags, segments


def individual_targets(targeting: Targeting, flag: TargetedFlag) -> Iterator[tuple[int, str]]:
    """Yield the keys that a flag in LaunchDarkly targets, each after the source's index of its variation."""
    order, shown = places(targeting, flag), flag.targeting
    for target in shown.targets if shown is not None and order is not None else ():
        if order is not None and (place := whole_of(target.get("variation"))) in order:
            yield from ((order.index(place), data_of(key)) for key in target.get("values") or ())


def narrowed(proposal: Proposal, keys: Collection[str]) -> Proposal:
    """Return the proposal of these flags alone."""
    return replace(proposal, rows=tuple(row for row in proposal.rows if row.key in keys))


def accepting(proposal: Proposal, names: Collection[str]) -> Proposal:
    """Return the proposal with more names accepted."""
    rows = (
        replace(row, not_accepted=tuple(each for each in row.not_accepted if each not in names))
        for row in proposal.rows
    )
    return replace(proposal, rows=tuple(rows))
