"""Set the targeting of a proposal's flags, parents first, each after its helper segments. Flags stay off."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from dataclasses import dataclass, field, replace

from tui.launchdarkly.rebuild_requests import needs_approval
from tui.launchdarkly.targeting import TargetedFlag
from tui.net.errors import Failure
from tui.rebuild.flag_changes import Fate, changed, requested
from tui.rebuild.instructions import Json, instructions
from tui.rebuild.model import FlagTargeting
from tui.rebuild.precondition import places, variation_ids
from tui.rebuild.proposal import Proposal, Row, individual_targets, narrowed
from tui.rebuild.read_back import Outcome, read_back
from tui.rebuild.reading import BothSides
from tui.rebuild.record import FlagEntry, Result, Stage, State, with_results
from tui.rebuild.recorded import MIXED, WAITS
from tui.rebuild.segments import ensured, removed_unused
from tui.rebuild.session import Session, concerns_one
from tui.rebuild.standing import Standing, reindexed, standing_of, unlike_parts
from tui.text.phrases import short

_CHANGED = "It has changed in LaunchDarkly since it was read. Run the rebuild again."
_NEEDS_APPROVAL = "Changes of it need an approval in LaunchDarkly."


@dataclass
class Application:
    """One run over the rows of a proposal, or over `only` some of them.

    With `approvals` a change that needs an approval is requested.

    `outcomes` has the flags that are done so far. A run can be stopped at any time and started again: nothing is sent
    twice.
    """

    session: Session
    proposal: Proposal
    sides: BothSides
    approvals: bool = False
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    only: Collection[str] = ()

    def __post_init__(self) -> None:
        self._rows = {row.key: row for row in self.proposal.rows}
        self._flags = dict(self.sides.flags)

    async def run(self) -> AsyncGenerator[Outcome, None]:
        """Apply each planned flag, read back each applied one, and yield its outcome.

        Raises Failure for what would meet every flag, or if the outcome of a change can't be found out.
        """
        for row in narrowed(self.proposal, self.only).rows if self.only else self.proposal.rows:
            outcome = await self._row(row)
            self.outcomes[row.key] = outcome
            yield outcome

    async def finished(self) -> dict[str, str]:
        """Note the outcomes, and remove helper segments that no flag uses. Return those that stay, and why."""
        note_results(self.session, self._rows, self.outcomes)
        return await removed_unused(self.session)

    async def _row(self, row: Row) -> Outcome:
        if row.recorded is State.APPLIED and row.key in self._flags:
            return await self._read_back(row, self._flags[row.key])
        if row.state is not State.PLANNED or row.targeting is None or row.rebuilt.targeting is None:
            return Outcome(row.key, row.state, "".join(row.rebuilt.reasons[:1]))
        try:
            return self._without_parents(row.rebuilt.targeting, row.key) or await self._applied(row)
        except Failure as failure:
            if not concerns_one(failure):
                raise
            return Outcome(row.key, State.FAILED, str(failure))

    def _without_parents(self, targeting: FlagTargeting, key: str) -> Outcome | None:
        for parent in (each.flag for each in targeting.prerequisites):
            entry = self.session.record.flags.get(parent)
            if entry is None or entry.stage is not Stage.APPLIED:
                return Outcome(key, State.FAILED, f"It depends on the flag {short(parent)}, which isn't rebuilt yet.")
        return None

    async def _applied(self, row: Row) -> Outcome:
        """Apply one flag. Raises Failure; then nothing of it was applied, or the record says what isn't known."""
        fresh, key = await self.session.requests.flag(row.key), row.key
        prepared = self._prepared(row, fresh)
        for segment in row.rebuilt.segments if prepared is not None else ():
            if problem := await ensured(self.session, segment):
                return Outcome(key, State.FAILED, problem)
        if row.rebuilt.segments and prepared is not None:  # that took a while
            fresh = await self.session.requests.flag(row.key)
            prepared = self._prepared(row, fresh)
        if fresh is None or prepared is None:
            return Outcome(key, State.FAILED, _CHANGED)
        entry, patch = prepared
        if not unlike_parts(entry.meant, fresh):  # there is nothing to change
            self.session.note_flag(key, replace(entry, stage=Stage.APPLIED))
            return await self._read_back(row, fresh)
        try:
            fate, flag = await changed(self.session, key, entry, patch)
        except Failure as failure:
            if not needs_approval(failure):
                raise
            return await self._requested(key, entry, patch)
        if fate is not Fate.DONE or flag is None:
            return Outcome(key, State.DIFFERS, MIXED)
        return await self._read_back(row, flag)

    def _prepared(self, row: Row, fresh: TargetedFlag | None) -> tuple[FlagEntry, tuple[Json, ...]] | None:
        """Return what will be noted and sent; None if the flag isn't as it was when the plan was made."""
        planned, rebuilt, targeting = self.sides.flags.get(row.key), row.rebuilt.targeting, row.targeting
        now, then = standing_of(fresh), standing_of(planned)
        if fresh is None or planned is None or rebuilt is None or targeting is None or now is None or then is None:
            return None
        same = now.as_it_was(then) and fresh.flag.variations == planned.flag.variations and not fresh.deprecated
        ids, place = variation_ids(targeting, fresh), places(targeting, fresh)
        if not same or ids is None or place is None:
            return None
        parents = {each.flag: self._rows[each.flag] for each in rebuilt.prerequisites}
        parent_places = {
            key: places(parent.targeting, self._flags[key]) or () for key, parent in parents.items() if parent.targeting
        }
        parent_ids = {key: parent.variation_ids for key, parent in parents.items()}
        meant = reindexed(rebuilt, place, parent_places)
        patch = instructions(rebuilt, ids, parent_ids, individual_targets(targeting, fresh))
        return self._entry(row, now, meant), patch

    def _entry(self, row: Row, now: Standing, meant: FlagTargeting) -> FlagEntry:
        segments = tuple(segment.key for segment in row.rebuilt.segments)
        earlier = self.session.record.flags.get(row.key)
        entry = FlagEntry(Stage.APPLYING, now, now, meant, row.rebuilt.approximations, segments, adopted=row.adopted)
        entry = replace(entry, grade=row.rebuilt.grade)
        if earlier is None or not earlier.after.as_it_was(now):
            return entry
        # It was taken back, and no one has changed it since: its state before our first change still counts.
        adopted = earlier.adopted or row.adopted
        return replace(entry, before=earlier.before, writes=earlier.writes, moments=earlier.moments, adopted=adopted)

    async def _requested(self, key: str, entry: FlagEntry, patch: tuple[Json, ...]) -> Outcome:
        if not self.approvals:
            return Outcome(key, State.FAILED, _NEEDS_APPROVAL, needs_approval=True)
        if await requested(self.session, key, entry, patch):
            waits = self.session.record.flags[key].stage is Stage.WAITING
            return Outcome(key, State.PENDING_APPROVAL, WAITS) if waits else Outcome(key, State.DIFFERS, MIXED)
        return Outcome(key, State.PENDING_APPROVAL, "Another change of it already waits for approval in LaunchDarkly.")

    async def _read_back(self, row: Row, flag: TargetedFlag) -> Outcome:
        self._flags[row.key] = flag
        return await read_back(self.session, row, flag, self._rows, self._flags)


def note_results(session: Session, rows: dict[str, Row], outcomes: dict[str, Outcome]) -> None:
    """Note the outcomes of flags, for reports."""
    results = {
        key: Result(outcome.state, rows[key].rebuilt.grade, rows[key].rebuilt.approximations, outcome.reason)
        for key, outcome in outcomes.items()
        if key in rows
    }
    session.note(with_results(session.record, results, session.context.now()))
