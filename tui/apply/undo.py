"""Take back what one import made: archive it (or delete it), and nothing that is not certainly its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from enum import StrEnum

from tui.apply import journal as journals
from tui.apply.account import caller_of, must_be_of
from tui.apply.arrivals import archived_of
from tui.apply.journal import Journal, trace_of
from tui.apply.ownership import Owner, audit_window, evidence, judge
from tui.apply.start_watch import Keep
from tui.context import Tools
from tui.launchdarkly.audit import AuditEntry
from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.instances import Instance
from tui.launchdarkly.whole_flags import WholeFlag
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.events import Counted, Exchange, Result, Sink, streamed
from tui.secrets.bag import Bag

_COMMENT = "Undo of a flag import: made by it, and not changed since."
_SAVED_EVERY = 5.0
"""Seconds between two writings of the journal: what is noted late is found again by looking."""


class Action(StrEnum):
    """What is done with one flag."""

    ARCHIVE = "archive"
    DELETE = "delete"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one flag, and why; `reason` is a part of a sentence. `refused`: LaunchDarkly did not do it.

    `not_certain`: it is kept for lack of evidence alone, so a person may choose it.
    """

    key: str
    action: Action
    reason: str
    refused: bool = False
    not_certain: bool = False


def without_journal() -> Failure:
    """Nobody noted what this import made."""
    return Failure(
        Kind.RECIPE,
        "There is no journal of this import: nobody noted what it has made.",
        "Without it flags of others could be taken for its own.",
        Remedy.FIND_MACHINE,
        safe=Safe.NOTHING_CHANGED,
    )


class Undo:
    """One undo of one import. First `listed`, then, if that is wanted, `carried_out`.

    `chosen` are keys of flags that are not certain, and that a person wants taken back all the same.
    """

    def __init__(
        self,
        journal: Journal,
        instance: Instance,
        bag: Bag,
        tools: Tools,
        keep: Keep,
        *,
        delete: bool = False,
        chosen: frozenset[str] = frozenset(),
    ) -> None:
        self.journal = journal
        self.chosen = chosen
        self._instance = instance
        self._bag = bag
        self._tools = tools
        self._keep = keep
        self.action = Action.DELETE if delete else Action.ARCHIVE
        self._evidence = evidence(journal, (), None, same_account=False)
        self._seen: dict[str, WholeFlag] = {}
        self._account = ""

    def choose(self, decision: Decision, *, wanted: bool) -> Decision:
        """Include a flag that is kept for lack of evidence, or leave it out again."""
        self.chosen = self.chosen | {decision.key} if wanted else self.chosen - {decision.key}
        return replace(decision, action=self.action if wanted else Action.KEEP)

    def listed(self) -> AsyncGenerator[Exchange | Result[tuple[Decision, ...]], None]:
        """What would be done with each planned flag. Nothing is changed. Raises Failure, CREDENTIAL for a token of
        another account."""
        return streamed(self._list)

    async def _list(self, sink: Sink) -> tuple[Decision, ...]:
        project, keys = self.journal.identity.project, self.journal.keys
        async with self._tools.launchdarkly(self._bag, self._instance) as ld:
            self._account = (await caller_of(ld, sink=sink)).account_id
            must_be_of(self.journal, self._account, writes=False)
            environments = await ld.environments(project, sink=sink)
            there: dict[str, WholeFlag] = {}
            async with aclosing(ld.whole_flags(project, environments, sink=sink)) as pages:
                async for page in pages:
                    there |= {flag.key: flag for flag in page.fresh if flag.key in keys}
                    for key in page.gone:
                        there.pop(str(key), None)
                    sink(Counted("LaunchDarkly flags", page.read, page.total))
            archived = await archived_of(ld, project, keys - there.keys(), sink)
            entries = await self._audited(ld, sink) if there else None
        self._evidence = evidence(self.journal, there.values(), entries, same_account=bool(self._account))
        self._seen = there
        return tuple(self._judged(each.key, there, archived) for each in self.journal.expected)

    async def _audited(self, ld: LaunchDarkly, sink: Sink) -> tuple[AuditEntry, ...] | None:
        """The audit log of the time in which this import ran; None if it can't be read."""
        window = audit_window(self.journal)
        if window is None:
            return None
        try:
            return await ld.flag_changes(self.journal.identity.project, window[0], window[1] + 1_000, sink=sink)
        except Failure:
            return None

    def _judged(self, key: str, there: Mapping[str, WholeFlag], archived: frozenset[str]) -> Decision:
        if key in archived and key not in self.journal.before:
            return Decision(key, Action.KEEP, "it is archived already")
        return self._decided(key, there.get(key))

    def _decided(self, key: str, flag: WholeFlag | None) -> Decision:
        found = judge(flag, self._evidence)
        if found.owner is Owner.OURS:
            return Decision(key, self.action, found.reason)
        if found.owner is Owner.NOT_CERTAIN and key in self.chosen:
            return Decision(key, self.action, f"chosen by you, {found.reason}", not_certain=True)
        return Decision(key, Action.KEEP, found.reason, not_certain=found.owner is Owner.NOT_CERTAIN)

    async def carried_out(self, decisions: tuple[Decision, ...]) -> AsyncGenerator[Decision, None]:
        """Do it, one flag after the other, each read once more right before; give what was done with each.

        It can be given up at any time, and begun again: what is done stays done. Raises Failure for trouble that
        would meet every flag; one flag's refusal is its reason to be kept.
        """
        if self.journal.account:  # without one, as in a journal of 1.1.0, a person has chosen each flag
            must_be_of(self.journal, self._account, writes=True)
        done: dict[str, str] = {}
        project = self.journal.identity.project
        saved_at = self._tools.timer()
        self._learn()
        try:
            async with self._tools.launchdarkly(self._bag, self._instance) as ld:
                for wanted in decisions:
                    decided = wanted
                    if wanted.action is not Action.KEEP:
                        decided = await self._one(ld, project, wanted.key)
                    if decided.action is not Action.KEEP:
                        done[decided.key] = decided.action.value
                    if self._tools.timer() - saved_at >= _SAVED_EVERY:
                        self._note(done)
                        saved_at = self._tools.timer()
                    yield decided
        finally:
            self._note(done)

    def _learn(self) -> None:
        """Note how the importer writes flags before there are too few to tell."""
        noted, habits = self.journal.habits, self._evidence.habits
        learned = replace(habits, version=noted.version if habits.version is None else habits.version)
        if learned != noted:
            self.journal = replace(self.journal, habits=learned)
            self._keep(self.journal)

    def _note(self, done: dict[str, str]) -> None:
        if done:
            self.journal = journals.undone(self.journal, done)
            self._keep(self.journal)
            done.clear()

    async def _one(self, ld: LaunchDarkly, project: str, key: str) -> Decision:
        flag = await ld.whole_flag(project, key)
        if flag is not None and _looks(flag) != _looks(self._seen.get(key)):
            return Decision(key, Action.KEEP, "it was changed meanwhile")
        decided = self._decided(key, flag)
        if decided.action is Action.KEEP:
            return decided
        try:
            if decided.action is Action.DELETE:
                await ld.delete_flag(project, key)
            else:
                await ld.archive_flag(project, key, _COMMENT)
        except Failure as failure:
            if failure.kind in (Kind.BAD_REQUEST, Kind.CONFLICT, Kind.NOT_FOUND):
                return Decision(key, Action.KEEP, f"LaunchDarkly refused: {failure.what}", refused=True)
            if failure.sent and _is_gone(await ld.whole_flag(project, key)):
                return decided  # the answer was lost, not the request
            raise
        return decided


def _looks(flag: WholeFlag | None) -> object:
    """What must be as it was when it was listed; a server may leave out versions."""
    if flag is None:
        return None
    return trace_of(flag), flag.name, flag.description, flag.tags, flag.variations, flag.on, flag.off


def _is_gone(flag: WholeFlag | None) -> bool:
    return flag is None or flag.archived
