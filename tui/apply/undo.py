"""Take back what one import created: archive it (or delete it), and nothing that isn't certainly its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum

from tui.apply import journal as journals
from tui.apply.account import caller_of, must_be_of
from tui.apply.arrivals import archived_of
from tui.apply.journal import Journal, trace_of
from tui.apply.ownership import Owner, audit_window, evidence, judge
from tui.apply.record import Keep
from tui.apply.verify import read_flags
from tui.context import Context
from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.instances import Instance
from tui.launchdarkly.models import WholeFlag
from tui.launchdarkly.own_changes import NO_CHANGES, OwnChanges
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.events import Sink, Stream
from tui.secrets.bag import Bag

_COMMENT = "Undo of a flag import: created by it, and not changed since."
_SAVED_EVERY = 5.0
"""Seconds between two writings of the journal: an undo that is repeated finds what was noted too late."""


class UndoAction(StrEnum):
    """What is done with one flag."""

    ARCHIVE = "archive"
    DELETE = "delete"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done with one flag, and why; `reason` is a part of a sentence. `refused`: LaunchDarkly refused.

    `not_certain`: only for lack of evidence it is kept, so a person may choose it.
    """

    key: str
    action: UndoAction
    reason: str
    refused: bool = False
    not_certain: bool = False


def without_journal() -> Failure:
    """The failure of an undo without a journal."""
    return Failure(
        Kind.RECIPE,
        "No journal found for this import.",
        "Without a journal, its flags can't be told apart from others.",
        Remedy.FIND_MACHINE,
        safe=Safe.NOTHING_CHANGED,
    )


class Undo:
    """One undo of one import: first `listed`, then, if a person wants that, `carried_out`.

    `chosen` are keys of flags that aren't certain, and that a person wants to take back all the same. `own` is what
    rebuilds have changed, and `adopted` are flags that they changed although the import didn't create them.
    """

    def __init__(
        self,
        journal: Journal,
        instance: Instance,
        bag: Bag,
        context: Context,
        keep: Keep,
        *,
        delete: bool = False,
        chosen: frozenset[str] = frozenset(),
        own: OwnChanges = NO_CHANGES,
        adopted: frozenset[str] = frozenset(),
    ) -> None:
        self.journal = journal
        self._own, self._adopted = own, adopted
        self.chosen = chosen
        self._instance = instance
        self._bag = bag
        self._context = context
        self._keep = keep
        self.action = UndoAction.DELETE if delete else UndoAction.ARCHIVE
        self._evidence = evidence(journal, (), None, same_account=False, own=own)
        self._seen: dict[str, WholeFlag] = {}
        self._account = ""

    def choose(self, decision: Decision, *, wanted: bool) -> Decision:
        """Include a flag that is kept for lack of evidence, or exclude it again."""
        self.chosen = self.chosen | {decision.key} if wanted else self.chosen - {decision.key}
        return replace(decision, action=self.action if wanted else UndoAction.KEEP)

    def listed(self) -> Stream[tuple[Decision, ...]]:
        """Return what would be done with each planned flag, and change nothing. Raises Failure, CREDENTIAL for a token
        of another account."""
        return Stream(self._list)

    async def _list(self, sink: Sink) -> tuple[Decision, ...]:
        project, keys = self.journal.identity.project, self.journal.keys
        async with self._context.launchdarkly(self._bag, self._instance) as ld:
            self._account = (await caller_of(ld, sink=sink)).account_id
            must_be_of(self.journal, self._account, writes=False)
            _, flags = await read_flags(ld, project, sink, keys)
            archived = await archived_of(ld, project, keys - flags.keys(), sink)
            entries, window = None, audit_window(self.journal)
            if flags and window is not None:
                with suppress(Failure):  # a log that can't be read is no evidence
                    entries = await ld.flag_changes(project, window[0], window[1] + 1_000, sink=sink)
        same_account = bool(self._account)
        self._evidence = evidence(self.journal, flags.values(), entries, same_account=same_account, own=self._own)
        self._seen = flags
        return tuple(
            Decision(flag.key, UndoAction.KEEP, "already archived")
            if flag.key in archived and flag.key not in self.journal.before
            else self._decide(flag.key, flags.get(flag.key))
            for flag in self.journal.expected
        )

    def _decide(self, key: str, flag: WholeFlag | None) -> Decision:
        if key in self._adopted:
            return Decision(key, UndoAction.KEEP, "adopted for a rebuild, not created by this import")
        judgment = judge(flag, self._evidence)
        if judgment.owner is Owner.OURS:
            return Decision(key, self.action, judgment.reason)
        if judgment.owner is Owner.NOT_CERTAIN and key in self.chosen:
            return Decision(key, self.action, f"chosen by you, {judgment.reason}", not_certain=True)
        return Decision(key, UndoAction.KEEP, judgment.reason, not_certain=judgment.owner is Owner.NOT_CERTAIN)

    async def carried_out(self, decisions: tuple[Decision, ...]) -> AsyncGenerator[Decision, None]:
        """Archive or delete one flag after the other, each read once more right before, and yield what was done.

        The caller can stop at any time and start again: what is done stays done. Raises Failure for a problem that
        would meet every flag; one flag's refusal is its reason to be kept.
        """
        if self.journal.account:  # without one, as in a journal of 1.1.0, a person has chosen each flag
            must_be_of(self.journal, self._account, writes=True)
        done: dict[str, str] = {}
        project = self.journal.identity.project
        saved_at = self._context.timer()
        # How the importer writes flags is noted before too few are left to tell.
        earlier, habits = self.journal.habits, self._evidence.habits
        learned = replace(habits, version=earlier.version if habits.version is None else habits.version)
        if learned != earlier:
            self.journal = replace(self.journal, habits=learned)
            self._keep(self.journal)
        try:
            async with self._context.launchdarkly(self._bag, self._instance) as ld:
                for planned in decisions:
                    decision = planned
                    if planned.action is not UndoAction.KEEP:
                        decision = await self._take_back(ld, project, planned.key)
                    if decision.action is not UndoAction.KEEP:
                        done[decision.key] = decision.action.value
                    if self._context.timer() - saved_at >= _SAVED_EVERY:
                        self._note(done)
                        saved_at = self._context.timer()
                    yield decision
        finally:
            self._note(done)

    def _note(self, done: dict[str, str]) -> None:
        if done:
            self.journal = journals.undone(self.journal, done)
            self._keep(self.journal)
            done.clear()

    async def _take_back(self, ld: LaunchDarkly, project: str, key: str) -> Decision:
        flag = await ld.whole_flag(project, key)
        if flag is not None and _looks(flag) != _looks(self._seen.get(key)):
            return Decision(key, UndoAction.KEEP, "changed in the meantime")
        decision = self._decide(key, flag)
        if decision.action is UndoAction.KEEP:
            return decision
        try:
            if decision.action is UndoAction.DELETE:
                await ld.delete_flag(project, key)
            else:
                await ld.archive_flag(project, key, _COMMENT)
        except Failure as failure:
            if failure.kind in (Kind.BAD_REQUEST, Kind.CONFLICT, Kind.NOT_FOUND):
                return Decision(key, UndoAction.KEEP, f"LaunchDarkly refused: {failure.what}", refused=True)
            if failure.sent:
                now = await ld.whole_flag(project, key)
                if now is None or now.archived:
                    return decision  # the answer was lost, not the request
            raise
        return decision


def _looks(flag: WholeFlag | None) -> object:
    """What must be as it was when it was listed; a server may leave out versions."""
    if flag is None:
        return None
    return trace_of(flag), flag.name, flag.description, flag.tags, flag.variations, flag.on, flag.off
