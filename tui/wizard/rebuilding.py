"""One walk's rebuild in one environment: what was read, accepted, and adopted, and the outcomes.

Every front holds one and adds questions. Nothing is sent but by `apply`, `turn_on` and `take_back`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from tui.answers import draft as drafts
from tui.answers import remarks
from tui.answers.builtin import CONFIG_NAME, HOST, PROJECT, TOKEN
from tui.answers.finding import Finding
from tui.answers.plan_state import plan_request
from tui.answers.rebuild_settings import RebuildSettings
from tui.apply import store
from tui.apply.journal import Identity, Journal
from tui.apply.ours import account_of
from tui.launchdarkly.instances import Instance, instance
from tui.launchdarkly.models import Environment
from tui.launchdarkly.own_changes import OwnChanges
from tui.launchdarkly.rebuild_requests import EnvironmentRequests
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.events import Counted, Sink, ignore
from tui.plan.request import PlanRequest
from tui.rebuild import live, resume, take_back, turn_on
from tui.rebuild.apply import Application, note_results
from tui.rebuild.proposal import Proposal, Row, Selection, accepting
from tui.rebuild.read_back import Outcome
from tui.rebuild.reading import BothSides, named_flags, read
from tui.rebuild.record import Record, State, adopted, own_changes
from tui.rebuild.segments import removed_unused
from tui.rebuild.session import Session as Writing
from tui.rebuild.take_back import Removal
from tui.sources.registry import SOURCES
from tui.wizard import launch, rebuild_run
from tui.wizard.session import Session


@dataclass
class Rebuilding:
    """`adopted` and `accepted` are what the person has ticked, `seen` the flags of others that they have opened.

    `outcomes` are those of flags, by key, since both sides were read. `notes` are sentences about that.
    """

    walk: Session
    environments: tuple[Environment, ...] = ()
    environment: Environment | None = None
    sides: BothSides | None = None
    adopted: frozenset[str] = frozenset()
    accepted: frozenset[str] = frozenset()
    seen: set[str] = field(default_factory=set)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    writing: bool = False
    """A change may be on its way."""
    _proposal: Proposal | None = None
    _record: Record | None = None
    _account: str = ""
    _opened: dict[str, Row] = field(default_factory=dict)

    # --- what it is about

    @property
    def journal(self) -> Journal | None:
        """The import's journal, None if this walk has no import."""
        return self.walk.run.journal if self.walk.run is not None else None

    @property
    def identity(self) -> Identity:
        """Raises ValueError for an address that is none."""
        if self.walk.run is not None:
            return self.walk.run.journal.identity
        draft = self.walk.draft
        where = instance(drafts.value(draft, HOST.key))
        return Identity(where.url, drafts.value(draft, PROJECT.key), draft.integration, _name(self.walk))

    @property
    def source(self) -> str:
        """The source's name."""
        return SOURCES[self.identity.integration].name

    @property
    def instance(self) -> Instance:
        return instance(self.identity.host)

    @property
    def proposal(self) -> Proposal | None:
        """All flags, with the accepted names; None before both sides are read."""
        return accepting(self._proposal, self.accepted) if self._proposal is not None else None

    @property
    def rows(self) -> Mapping[str, Row]:
        """The flags by key."""
        proposal = self.proposal
        return {row.key: row for row in proposal.rows} if proposal is not None else {}

    @property
    def record(self) -> Record | None:
        """What rebuilds have written in the environment; None before both sides are read."""
        return self._record

    @property
    def others(self) -> tuple[str, ...]:
        """The keys of flags that both sides have and this import hasn't created: they can be adopted."""
        if self.sides is None or self._proposal is None:
            return ()
        ours = {row.key for row in self._proposal.rows} - self.adopted
        return tuple(key for key in self.sides.source if key in self.sides.flags and key not in ours)

    # --- what is missing

    def missing_key(self) -> str:
        """Return the field of a key that is needed and isn't there: your token's, or the source's; "" for none."""
        needed = (TOKEN.key, SOURCES[self.identity.integration].key_field)
        return next((key for key in needed if key not in self.walk.bag), "")

    def problems(self) -> tuple[Finding, ...]:
        """Return the answers that must be fixed first. An import's own are known to be good."""
        if self.walk.run is not None:
            return ()
        found = remarks.answer_problems(self.walk.draft)
        importing = {each.key for each in drafts.all_fields(self.walk.draft) if each.role == "import-key"}
        return tuple(each for each in found if each.field not in importing)

    def _request(self) -> PlanRequest:
        request = plan_request(self.walk.draft)
        identity = self.identity
        same = request is not None and (request.instance.url, request.project) == (identity.host, identity.project)
        if request is None or not same or request.integration != identity.integration:
            raise Failure(
                Kind.RECIPE,
                "Your answers have changed since the import, so its flags can't be read with them.",
                "",
                Remedy.LOOK_UNDER_CONFIGURATIONS,
                safe=Safe.NOTHING_SENT,
            )
        return request

    # --- reading

    async def list_environments(self, sink: Sink = ignore) -> None:
        """Read the environments of the project. Raises Failure."""
        async with self.walk.context.launchdarkly(self.walk.bag, self.instance) as ld:
            self.environments = await ld.environment_settings(self.identity.project, sink=sink)

    def choose(self, key: str) -> None:
        """Choose an environment. What was read in another one is forgotten."""
        self.environment = next(each for each in self.environments if each.key == key)
        self.sides = self._proposal = self._record = None
        self.adopted, self.accepted, self.outcomes, self.notes = frozenset(), frozenset(), {}, ()
        self.seen.clear()
        self._opened.clear()

    async def read(self, sink: Sink = ignore) -> None:
        """Read both sides, find the outcome of an interrupted run, translate, and prove. Raises Failure."""
        async with self._writing(sink, writes=False) as writing:
            await resume.settled(writing)
            self._record = writing.record
            reading = read(self._request(), self._key, "", self.walk.bag, self.walk.context)
            self.sides = await reading.finish(sink)
            self.outcomes, self.notes = {}, ()
            await self._propose(writing, sink)

    async def adopt(self, keys: Collection[str], sink: Sink = ignore) -> None:
        """Adopt these flags and no others, translate, and prove again. Raises Failure."""
        self.adopted = frozenset(keys)
        async with self._writing(sink, writes=False) as writing:
            await self._propose(writing, sink)

    async def _propose(self, writing: Writing, sink: Sink) -> None:
        sides, adopt = self.sides, self.adopted
        if sides is None:
            return
        ld, record = writing.requests.ld, writing.record
        selection = await rebuild_run.selection_of(ld, self.journal, record, sides, adopt, self._account)
        self._proposal = await _in_thread(sides, selection, record, sink)
        self._opened.clear()

    async def opened(self, key: str) -> Row | None:
        """Translate and prove one flag that may not be of this import, and note that it was seen."""
        if key in self.rows:
            return self.rows[key]
        sides = self.sides
        if sides is None or key not in sides.flags:
            return None
        if key not in self._opened:
            parents = [parent for parent in _parents(sides, key) if parent in self.rows]
            selection = Selection(dict.fromkeys([*parents, key], ""), frozenset({key}))
            proposal = await _in_thread(sides, selection, self._record, ignore)
            self._opened |= {row.key: row for row in proposal.rows if row.key == key}
        self.seen.add(key)
        return self._opened.get(key)

    # --- accepting

    def accept(self, names: Collection[str]) -> None:
        """Accept these names and no others."""
        self.accepted = frozenset(names)

    def planned(self) -> tuple[Row, ...]:
        """Return the flags that `apply` would change; those that failed are tried again."""
        open_ = (None, State.FAILED, State.PLANNED, State.SKIPPED)
        return tuple(row for row in self.rows.values() if row.state is State.PLANNED and self._state(row.key) in open_)

    def _state(self, key: str) -> State | None:
        return self.outcomes[key].state if key in self.outcomes else None

    def needing_approval(self) -> tuple[str, ...]:
        """Return the keys of flags that weren't changed because that needs an approval."""
        return tuple(key for key, outcome in self.outcomes.items() if outcome.needs_approval)

    def equal(self) -> tuple[str, ...]:
        """Return the keys of flags that were applied and read back equal."""
        return tuple(key for key, outcome in self.outcomes.items() if outcome.state is State.EQUAL)

    def unchecked(self) -> tuple[str, ...]:
        """Return the keys of flags that an earlier run has rebuilt, and that weren't read back since."""
        return tuple(key for key, row in self.rows.items() if row.recorded is State.APPLIED and not self._state(key))

    @property
    def standing(self) -> bool:
        """Whether a rebuild has left something in the environment that can be taken back."""
        return self._record is not None and any(entry.stands for entry in self._record.flags.values())

    # --- writing

    async def apply(self, *, approvals: bool = False, sink: Sink = ignore) -> AsyncGenerator[Outcome, None]:
        """Set the targeting of the planned flags, read back those that are rebuilt, and yield the outcome of each.

        With `approvals` request those that are needed. Raises Failure; it can be repeated.
        """
        if self.outcomes:  # what was read is older than what was written
            await self._read_again(sink)
        if (proposal := self.proposal) is not None:
            async with aclosing(self._applied(proposal, sink, approvals=approvals)) as outcomes:
                async for outcome in outcomes:
                    yield outcome

    async def check(self, sink: Sink = ignore) -> AsyncGenerator[Outcome, None]:
        """Read back what earlier runs have rebuilt, and yield how each flag is. Changes nothing. Raises Failure."""
        rebuilt = self.unchecked()
        if rebuilt and (proposal := self.proposal) is not None:
            async with aclosing(self._applied(proposal, sink, only=rebuilt)) as outcomes:
                async for outcome in outcomes:
                    yield outcome

    async def _applied(
        self, proposal: Proposal, sink: Sink, *, approvals: bool = False, only: Collection[str] = ()
    ) -> AsyncGenerator[Outcome, None]:
        sides = self.sides
        if sides is None:
            return
        async with self._writing(sink) as writing:
            application = Application(writing, proposal, sides, approvals=approvals, only=only)
            try:
                async with aclosing(application.run()) as outcomes:
                    async for outcome in outcomes:
                        self.outcomes[outcome.key] = outcome
                        yield outcome
                self._keep_notes(await application.finished())
            finally:
                with suppress(Failure):  # what ended the run matters more
                    note_results(writing, {row.key: row for row in proposal.rows}, self.outcomes)
                self._record = writing.record

    async def _read_again(self, sink: Sink) -> None:
        outcomes, notes = self.outcomes, self.notes
        await self.read(sink)
        self.outcomes, self.notes = outcomes, notes

    async def to_turn_on(self, sink: Sink = ignore) -> tuple[Row, ...]:
        """Read both sides again, and return the flags that may be turned on now. Raises Failure."""
        await self._read_again(sink)
        sides, proposal = self.sides, self.proposal
        if sides is None or proposal is None:
            return ()
        async with self._writing(sink, writes=False) as writing:
            return turn_on.to_turn_on(writing, proposal, sides, self.equal())

    async def turn_on(self, rows: Sequence[Row], sink: Sink = ignore) -> AsyncGenerator[Outcome, None]:
        """Turn on flags, and yield the outcome of each. Raises Failure."""
        if (proposal := self.proposal) is None:
            return
        async with self._writing(sink) as writing:
            try:
                async with aclosing(turn_on.turned_on(writing, rows, proposal)) as outcomes:
                    async for outcome in outcomes:
                        self.outcomes[outcome.key] = outcome
                        yield outcome
            finally:
                self._record = writing.record

    async def evaluate(self, rows: Sequence[Row], sink: Sink = ignore) -> AsyncGenerator[Outcome, None]:
        """Compare LaunchDarkly's own answers for flags that are on, and yield the outcome of each. Raises Failure."""
        if (proposal := self.proposal) is None:
            return
        async with self._writing(sink, writes=False) as writing:
            check = live.checked(writing, rows, proposal)
            async with aclosing(check.run()) as outcomes:
                async for outcome in outcomes:
                    self.outcomes[outcome.key] = outcome
                    yield outcome
            self.notes = (*self.notes, *check.notes)

    async def removals(self, sink: Sink = ignore) -> tuple[Removal, ...]:
        """Return what taking back would do with each rebuilt flag. Changes nothing. Raises Failure."""
        async with self._writing(sink, writes=False) as writing:
            return await take_back.listed(writing)

    async def take_back(self, removals: Sequence[Removal], sink: Sink = ignore) -> AsyncGenerator[Outcome, None]:
        """Take back what can be, and yield the outcome of each flag. Raises Failure; it can be repeated."""
        async with self._writing(sink) as writing:
            try:
                async with aclosing(take_back.carried_out(writing, removals)) as outcomes:
                    async for outcome in outcomes:
                        self.outcomes[outcome.key] = outcome
                        yield outcome
                self._keep_notes(await removed_unused(writing))
            finally:
                self._record = writing.record

    def _keep_notes(self, segments: Mapping[str, str]) -> None:
        self.notes = tuple(f"The helper segment {key} stays: {why}" for key, why in segments.items())

    # --- the record

    @property
    def _key(self) -> str:
        if self.environment is None:
            raise RuntimeError("no environment is chosen")
        return self.environment.key

    @asynccontextmanager
    async def _writing(self, sink: Sink, *, writes: bool = True) -> AsyncIterator[Writing]:
        """Open the environment with its record. Raises Failure; CREDENTIAL for a token of another account."""
        path, identity, walk = self._path(), self.identity, self.walk

        def keep(record: Record) -> None:
            rebuild_run.saved(record, path, walk.context.redactor)

        async with walk.context.launchdarkly(walk.bag, self.instance) as ld:
            self._account = await account_of(ld, self.journal, writes=writes, sink=sink)
            record = rebuild_run.record_of(path, identity, self._key, self._account, writes=writes)
            requests = EnvironmentRequests(ld, identity.project, self._key, sink)
            self.writing = writes
            try:
                yield Writing(record, requests, walk.context, keep)
            finally:
                self.writing = False

    def _path(self) -> Path:
        """The journal's file, locked against other processes. It need not exist. Raises Failure."""
        walk = self.walk
        if walk.run is not None and walk.run_path is not None:
            return walk.run_path
        path = store.path_of(self.identity, walk.journals)
        launch.lock_journal(walk, path)
        return path


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What rebuilds have done to the flags of an import, for an undo: `own` are changes that were taken back and so
    don't count, `standing` the keys of flags to take back first, `adopted` flags that an undo never touches."""

    own: OwnChanges = field(default_factory=dict)
    standing: frozenset[str] = frozenset()
    adopted: frozenset[str] = frozenset()


def rebuilt_flags(session: Session) -> Rebuilt:
    """Return what rebuilds have done to the flags of the session's import. Raises Failure for a damaged record."""
    if session.run is None or session.run_path is None:
        return Rebuilt()
    records = rebuild_run.records_beside(session.run_path, session.run.journal.identity)
    standing = frozenset(key for record in records for key, entry in record.flags.items() if entry.stands)
    own = {key: changes for key, changes in own_changes(records).items() if key not in standing}
    return Rebuilt(own, standing, adopted(records))


def rebuilding_of(session: Session) -> Rebuilding:
    """Return the session's rebuild, a new one if it is about another import or other answers."""
    held = session.rebuilding
    run, values = session.run, drafts.values(session.draft)
    if held is None or session.rebuilding_of != (run, values):
        held = session.rebuilding = Rebuilding(session)
        session.rebuilding_of = run, values
    return held


def _name(session: Session) -> str:
    """The name that the import has, or would have: the record is kept under it."""
    return drafts.value(session.draft, CONFIG_NAME.key)


def _parents(sides: BothSides, key: str) -> list[str]:
    """The flags that a flag depends on, through others too."""
    found: dict[str, None] = {}
    pending = [key]
    while pending:
        targeting = sides.targeting.get(pending.pop())
        names = [name for name in (named_flags(targeting) if targeting else ()) if name not in found and name != key]
        found |= dict.fromkeys(names)
        pending += names
    return [*found]


async def _in_thread(sides: BothSides, selection: Selection, record: Record | None, sink: Sink) -> Proposal:
    loop, stopped = asyncio.get_running_loop(), Event()

    def count(done: int, total: int) -> None:
        loop.call_soon_threadsafe(sink, Counted("Flags translated and proved", done, total))

    settings, entries = RebuildSettings(), record.flags if record is not None else {}
    try:
        return await asyncio.to_thread(rebuild_run.proposed, sides, selection, settings, entries, count, stopped.is_set)
    finally:
        stopped.set()
