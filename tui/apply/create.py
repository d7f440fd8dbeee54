"""The create request of an import: sent once, noted before it leaves, and looked up if its response is lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from tui.answers.lookup import Named, Standing, differences, differs, look_up
from tui.answers.request import CreateRequest
from tui.apply import journal as journals
from tui.apply.account import caller_of, importer_of, must_be_of
from tui.apply.arrivals import newest, snapshot
from tui.apply.journal import Stage
from tui.apply.record import Record
from tui.apply.watch import RUNS
from tui.launchdarkly.client import LaunchDarkly
from tui.launchdarkly.models import Configuration
from tui.net.errors import Failure, Kind, Remedy, Safe, joined
from tui.net.events import Answered, Note, ProgressEvent, Sent, Sink, ignore
from tui.net.lost_answer import looked_up, may_have_happened
from tui.net.messages import Response
from tui.secrets.names import inside
from tui.text.clean import clean

FOUND = "found"
NOT_THERE = "not there"
NOT_KNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt to create a configuration ended.

    With a `configuration`: it exists. `reused` means that it was there before, `fate` FOUND that it was found after
    its answer was lost. Without one: `failure` says why, and `fate` what is known about the request: NOT_THERE (nothing
    was created, and it is safe to send again) or NOT_KNOWN (don't send again yet).
    """

    configuration: Configuration | None = None
    answer: Response | None = field(default=None, repr=False)
    failure: Failure | None = None
    reused: bool = False
    fate: str = NOT_THERE
    conflict: Named | None = None

    @property
    def may_send_again(self) -> bool:
        """Sending once more cannot make a copy."""
        return self.configuration is None and self.fate == NOT_THERE


@dataclass
class Creation:
    """The creation of one import's configuration. Everything it shows of the latest attempt is here.

    Its steps take a sink for their events, and raise Failure or OSError only if the journal cannot be read or
    written; any other failure is an outcome.
    """

    record: Record
    request: CreateRequest
    reuse: bool = False
    """Use an existing configuration with the same name and settings."""
    planned_anew: bool = True
    """The plan was read in this process, so what ran before is no run of this import."""
    events: list[ProgressEvent] = field(default_factory=list, init=False)
    """What happened in the latest attempt, and in looking for it."""
    outcome: Outcome | None = field(default=None, init=False)
    begun: bool = field(default=False, init=False)
    out: bool = field(default=False, init=False)
    """The request's bytes have left, so an attempt that is given up must be looked up."""
    looking: bool = field(default=False, init=False)
    """The latest step looks for a configuration whose answer was lost."""
    sent: bool = field(default=False, init=False)
    """This process sent the request, or was about to."""
    _answered: bool = field(default=False, init=False)
    _sent_at: float | None = field(default=None, init=False)
    _ids_before: frozenset[str] = field(default=frozenset(), init=False)

    def __post_init__(self) -> None:
        journal = self.record.journal
        if journal.stage is Stage.CREATING:  # an earlier process sent it, and its answer was never noted
            self.out, self._ids_before = True, journal.ids_before
            self._sent_at = min(journal.sent_at, self.record.context.now())  # the clock may have been set back

    async def create(self, sink: Sink, complete: Callable[[], Awaitable[CreateRequest]] | None = None) -> Outcome:
        """Use the configuration that the journal names, look for one whose answer was lost, or send the request.

        `complete` returns the request once its secrets are in the bag; it is called only if that is needed. Raises
        Failure CONFLICT if the settings of the journal's configuration differ.
        """
        if self.record.journal.configuration:
            try:
                async with self.record.launchdarkly() as ld:
                    present = await self.record.configuration(ld, sink)
            except Failure as failure:
                if failure.kind is not Kind.NOT_FOUND:
                    raise
                self.record.note(journals.planned_again(self.record.journal))  # someone deleted it
            else:
                if unlike := differences(present, self.request):
                    raise differs(Named(present, unlike))
                return self._settled(Outcome(configuration=present, reused=True))
        if complete is not None:
            self.request = await complete()
        if self.record.journal.stage is Stage.CREATING:
            outcome = await self._recorded(self._look, sink)
            if not outcome.may_send_again:
                return self._settled(outcome)
        self.reuse = True
        return await self.send(sink)

    async def send(self, sink: Sink) -> Outcome:
        """Look the name up, send the request once, and look for the configuration if the answer was lost."""
        self.renew(reuse=self.reuse)
        return self._settled(await self._recorded(self._send, sink))

    def renew(self, *, reuse: bool) -> None:
        """Forget the latest attempt, before another one."""
        self.reuse, self.events, self.outcome = reuse, [], None
        self.begun = self.out = self.looking = self._answered = False
        self._sent_at = None

    async def look_again(self, sink: Sink) -> Outcome:
        """Find out whether a request succeeded whose answer was lost or given up."""
        self.looking = True
        return self._settled(await self._recorded(self._look, sink))

    def stop(self) -> Outcome | None:
        """The person stopped waiting for the latest step, which is over. Returns None if the request is out: look for
        whether it succeeded."""
        if self.outcome is not None and self.outcome.configuration is not None:
            return self.outcome
        if self.looking:
            return self._given_up()
        if self.out:
            return None
        what = "You cancelled before the request was sent."
        self.outcome = Outcome(failure=Failure(Kind.TIMEOUT, what, safe=Safe.NOTHING_CREATED_ANSWERS_KEPT))
        with suppress(Failure):
            self._settled(self.outcome)
        return self.outcome

    async def _recorded(self, step: Callable[[Sink], Awaitable[Outcome]], sink: Sink) -> Outcome:
        """Run a step and keep what happened, so that it can be shown again."""

        def record(event: ProgressEvent) -> None:
            self.events.append(event)
            sink(event)

        self.begun = True
        self.outcome = await step(record)
        return self.outcome

    def _settled(self, outcome: Outcome) -> Outcome:
        """Note the result of an attempt. If it isn't known, the journal stays as it is."""
        present, journal = outcome.configuration, self.record.journal
        if present is None:
            if outcome.may_send_again and journal.stage is Stage.CREATING:
                self.record.note(journals.planned_again(journal))
        elif present.id != journal.configuration:
            made = journals.created(journal, present, reused=outcome.reused)
            try:
                self.record.note(made)
            except Failure:
                self.record.journal = made  # it exists, whatever the file says
                raise
        elif outcome.reused and self.planned_anew and present.status.status != RUNS:
            self.record.journal = replace(journal, mark=journals.mark_of(present.status))
        return outcome

    # --- sending

    async def _send(self, sink: Sink) -> Outcome:
        try:
            outcome = await self._look_before(sink)
        except Failure as failure:
            return Outcome(failure=failure)
        if not isinstance(outcome, Standing):
            return outcome

        def watched(event: ProgressEvent) -> None:
            if isinstance(event, Sent) and not self.out:
                self.out, self._sent_at = True, self.record.context.now()
            self._answered = self._answered or isinstance(event, Answered)
            sink(event)

        request = self.request
        try:
            async with self.record.launchdarkly() as ld:
                await self._note_before(ld, outcome)
                body = request.body(self.record.bag)
                created = await ld.create(request.project, request.integration, body, sink=watched)
        except Failure as failure:
            if failure.kind is Kind.BAD_REQUEST and failure.field:  # the name of a setting, not of a field of ours
                failure = failure.replaced(field=inside(failure.field))
            if may_have_happened(failure.replaced(sent=failure.sent or self.out)):
                return await self._look_for(failure, sink)
            if failure.kind is Kind.UNAUTHORIZED:  # the look-up with the same token went well a moment ago
                failure = failure.replaced(
                    why="It worked a moment ago. Most likely it was just deleted or reset.",
                    remedy=Remedy.REPLACE_TOKEN,
                    about="",
                    safe=Safe.NOTHING_CREATED_ANSWERS_KEPT,
                    field="token",
                )
            elif failure.kind is Kind.REDIRECT:
                failure = failure.replaced(field="host")
            return Outcome(failure=failure)
        return Outcome(configuration=created.configuration, answer=created.answer)

    async def _look_before(self, sink: Sink) -> Outcome | Standing:
        """Return the configurations of this name, or an outcome if nothing will be sent. Raises Failure."""
        began = self.record.context.timer()
        async with self.record.launchdarkly() as ld:
            await self._identify(ld)
            before = await look_up(ld, self.request)
        self._ids_before = before.ids
        seconds = self.record.context.timer() - began
        if before.same is not None and self.reuse:
            sink(Note("name checked", "exists with the same settings: used", seconds))
            return Outcome(configuration=before.same, reused=True)
        if before.same is not None:
            sink(Note("name checked", "exists with the same settings", seconds, "warning"))
            same = next(named for named in before.named if not named.differences)
            exists = Failure(
                Kind.CONFLICT,
                f'"{clean(self.request.name)}" already exists in {self.request.project}, with the same settings'
                f" ({same.configuration.id}).",
                "Another one would be a copy.",
                Remedy.USE_OR_RENAME,
                safe=Safe.NOTHING_SENT,
                field="config-name",
            )
            return Outcome(failure=exists, conflict=same)
        if before.different is not None:
            sink(Note("name checked", "exists with different settings", seconds, "problem"))
            return Outcome(failure=differs(before.different), conflict=before.different)
        sink(Note("name checked", f"not used in {self.request.project}", seconds))
        return before

    async def _identify(self, ld: LaunchDarkly) -> None:
        """Put the token's account into the journal. Raises Failure CREDENTIAL if an earlier run had another one."""
        account = (await caller_of(ld)).account_id
        must_be_of(self.record.journal, account, writes=True)
        self.record.journal = replace(self.record.journal, account=account)

    async def _note_before(self, ld: LaunchDarkly, before: Standing) -> None:
        """Creating may start the import, so the newest flags and LaunchDarkly's date are noted with it."""
        record, journal = self.record, self.record.journal
        if journal.expected:
            if journal.snapshot is None:
                keys = await snapshot(ld, journal.identity.project, ignore)
                journal = journals.standing(journal, keys, record.context.now())
            importer = await importer_of(record.context, record.bag, self.request.instance)
            journal = await newest(ld, replace(journal, importer=importer), ignore)
        record.note(journals.creating(journal, before.ids, record.context.now(), ld.date))
        self.sent = True

    # --- looking for it

    async def _look(self, sink: Sink) -> Outcome:
        try:
            async with self.record.launchdarkly() as ld:
                await self._identify(ld)
        except Failure as failure:
            if failure.kind is Kind.CREDENTIAL:
                return Outcome(failure=failure, fate=NOT_KNOWN)
        return await self._look_for(_LOST, sink)

    async def _look_for(self, lost: Failure, sink: Sink) -> Outcome:
        """Look for a new configuration of that name until the grace period is over."""

        async def look() -> Named | None:
            async with self.record.launchdarkly() as ld:
                after = await look_up(ld, self.request)
            fresh = [named for named in after.named if named.configuration.id not in self._ids_before]
            return min(fresh, key=lambda named: len(named.differences), default=None)

        context = self.record.context
        what = "cut off" if self._answered else "no response"
        sink(Note(what, "checking whether it was created ...", level="unknown"))
        began = context.timer()
        sent_at = self._sent_at if self._sent_at is not None else context.now()
        try:
            ours = await looked_up(look, sent_at, context, sink)
        except Failure as failure:
            sink(Note("can't check", "don't send it again yet", context.timer() - began, "unknown"))
            return self._given_up(lost, f"Can't check whether it was created: {failure.what}")
        seconds = context.timer() - began
        if ours is None:
            sink(Note("not created", "safe to send again", seconds))
            why = joined(lost.why, "The wizard checked: it was not created.")
            return Outcome(
                failure=lost.replaced(why=why, remedy=Remedy.SEND_AGAIN, about="", safe=Safe.ANSWERS_KEPT, sent=False)
            )
        if ours.differences:  # most likely someone else's
            sink(Note("found another", "same name, different settings", seconds, "unknown"))
            return self._given_up(lost, str(differs(ours)))
        sink(Note("found", "using it; nothing is sent twice", seconds))
        return Outcome(configuration=ours.configuration, fate=FOUND)

    def _given_up(self, lost: Failure | None = None, why: str = "You stopped checking.") -> Outcome:
        """The result of the request isn't known."""
        lost = lost or _LOST
        failure = lost.replaced(why=joined(lost.why, why), remedy=Remedy.LOOK_AGAIN, about="", safe=None)
        self.outcome = Outcome(failure=failure, fate=NOT_KNOWN)
        return self.outcome


_LOST = Failure(
    Kind.TIMEOUT, "You stopped waiting for LaunchDarkly.", "The request was sent, so the import may exist.", sent=True
)
