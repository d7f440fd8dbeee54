"""Send the one create request, once; and when its answer is lost, find out what became of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tui.answers.lookup import Named, Standing, differs, look_up
from tui.answers.request import CreateRequest
from tui.apply.lost_answer import looked_up, may_have_happened
from tui.net.errors import Failure, Kind, Remedy, Safe, joined
from tui.net.events import Answered, Exchange, Note, Result, Sent, Sink, streamed
from tui.text.clean import clean

if TYPE_CHECKING:
    from tui.context import Tools
    from tui.launchdarkly.client import LaunchDarkly
    from tui.launchdarkly.models import Configuration
    from tui.net.messages import Answer
    from tui.secrets.bag import Bag
from tui.secrets.names import inside

FOUND = "found"
NOT_THERE = "not there"
NOT_KNOWN = "not known"


async def _unasked(ld: LaunchDarkly) -> None:
    """Nobody keeps a journal."""


async def _unnoted(ld: LaunchDarkly, standing: Standing) -> None:
    """Nobody keeps a journal."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a submission ended.

    With a `configuration`: it exists; `reused` says that it stood there before, `fate` FOUND that it was found
    after its answer was lost. Without: `failure` says why, and `fate` what is known of the request — NOT_THERE
    (nothing was created, safe to send again) or NOT_KNOWN (do not send again yet).
    """

    configuration: Configuration | None = None
    answer: Answer | None = field(default=None, repr=False)
    failure: Failure | None = None
    reused: bool = False
    fate: str = NOT_THERE
    conflict: Named | None = None

    @property
    def may_send_again(self) -> bool:
        """Sending once more cannot make a copy."""
        return self.configuration is None and self.fate == NOT_THERE


class Submission:
    """One attempt to create one configuration. Its events can be watched; it can be given up at any time.

    `out` is True once the request's bytes have left: what was given up after that must be looked up.
    """

    def __init__(
        self,
        request: CreateRequest,
        bag: Bag,
        tools: Tools,
        *,
        reuse: bool = False,
        identify: Callable[[LaunchDarkly], Awaitable[None]] = _unasked,
        about_to_send: Callable[[LaunchDarkly, Standing], Awaitable[None]] = _unnoted,
    ) -> None:
        """Whoever keeps a journal is asked twice: `identify` before anything else, `about_to_send` right before the
        request leaves, with what stood there until then. What they raise stops the sending; a Failure becomes the
        outcome."""
        self.identify = identify
        self.about_to_send = about_to_send
        self.request = request
        self.out = False
        self._answered = False
        self._sent_at: float | None = None
        self.begun = False
        self.outcome: Outcome | None = None
        self.events: list[Exchange] = []
        self._bag = bag
        self._tools = tools
        self._reuse = reuse
        self._before: Standing | None = None

    def send(self) -> AsyncGenerator[Exchange | Result[Outcome], None]:
        """Look the name up, send, and look again if the answer was lost. Never raises Failure: it is an outcome."""
        return self._recorded(streamed(self._send))

    def again(self, *, reuse: bool = False) -> Submission:
        """A new attempt at the same request."""
        made = Submission(self.request, self._bag, self._tools, reuse=reuse)
        made.identify, made.about_to_send = self.identify, self.about_to_send
        return made

    @classmethod
    def interrupted(
        cls, request: CreateRequest, bag: Bag, tools: Tools, ids_before: frozenset[str], sent_at: float
    ) -> Submission:
        """An attempt of an earlier start of this program, which ended in the middle of it: `look_again` tells what
        became of it. `sent_at` in seconds since the epoch."""
        made = cls(request, bag, tools)
        made.out, made._sent_at, made._before = True, sent_at, Standing(ids_before, (), ())
        return made

    def cancelled(self) -> Outcome:
        """It was given up before its bytes were out."""
        self.outcome = Outcome(
            failure=Failure(
                Kind.TIMEOUT,
                "You cancelled before the request was sent.",
                safe=Safe.NOTHING_CREATED_ANSWERS_KEPT,
            )
        )
        return self.outcome

    async def _recorded(
        self, events: AsyncGenerator[Exchange | Result[Outcome], None]
    ) -> AsyncGenerator[Exchange | Result[Outcome], None]:
        """Keep what happened, so that it can be shown again."""
        self.begun = True
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Result):
                    self.outcome = event.value
                else:
                    self.events.append(event)
                yield event

    def look_again(self) -> AsyncGenerator[Exchange | Result[Outcome], None]:
        """After an answer was lost or given up: is the configuration there?"""

        async def look(sink: Sink) -> Outcome:
            if (failure := await self._another_account()) is not None:
                return Outcome(failure=failure, fate=NOT_KNOWN)
            return await self._after_loss(_LOST, sink)

        return self._recorded(streamed(look))

    async def _another_account(self) -> Failure | None:
        """Return the failure if your token belongs to another account, None otherwise or if that can't be read."""
        try:
            async with self._tools.launchdarkly(self._bag, self.request.instance) as ld:
                await self.identify(ld)
        except Failure as failure:
            return failure if failure.kind is Kind.CREDENTIAL else None
        return None

    async def _send(self, sink: Sink) -> Outcome:
        try:
            found = await self._look_before(sink)
        except Failure as failure:
            return Outcome(failure=failure)
        if found is not None:
            return found

        def noting(event: Exchange) -> None:
            if isinstance(event, Sent) and not self.out:
                self.out, self._sent_at = True, self._tools.now()
            self._answered = self._answered or isinstance(event, Answered)
            sink(event)

        try:
            async with self._tools.launchdarkly(self._bag, self.request.instance) as ld:
                if self._before is not None:
                    await self.about_to_send(ld, self._before)
                created = await ld.create(
                    self.request.project, self.request.integration, self.request.body(self._bag), sink=noting
                )
        except Failure as failure:
            if failure.kind is Kind.BAD_REQUEST and failure.field:  # the name of a setting, not of a field of ours
                failure = failure.replaced(field=inside(failure.field))
            return await self._failed(failure, sink)
        return Outcome(configuration=created.configuration, answer=created.answer)

    async def _look_before(self, sink: Sink) -> Outcome | None:
        began = self._tools.timer()
        async with self._tools.launchdarkly(self._bag, self.request.instance) as ld:
            await self.identify(ld)
            self._before = await look_up(ld, self.request)
        seconds = self._tools.timer() - began
        if self._before.same is not None:
            if self._reuse:
                sink(Note("name looked up", "exists with the same settings: used", seconds))
                return Outcome(configuration=self._before.same, reused=True)
            sink(Note("name looked up", "exists with the same settings", seconds, "warning"))
            same = next(named for named in self._before.named if not named.differences)
            return Outcome(failure=self._exists(same.configuration.id), conflict=same)
        if self._before.different is not None:
            sink(Note("name looked up", "exists with other settings", seconds, "problem"))
            return Outcome(failure=differs(self._before.different), conflict=self._before.different)
        sink(Note("name looked up", f"none in {self.request.project}", seconds))
        return None

    def _exists(self, identity: str) -> Failure:
        return Failure(
            Kind.CONFLICT,
            f'"{clean(self.request.name)}" already exists in {self.request.project}, with the same settings'
            f" ({identity}).",
            "A second one would be a copy.",
            Remedy.USE_OR_RENAME,
            safe=Safe.NOTHING_SENT,
            field="config-name",
        )

    async def _failed(self, failure: Failure, sink: Sink) -> Outcome:
        """A refusal created nothing. Any other failure after the bytes were out may have: look."""
        lost = failure.replaced(sent=failure.sent or self.out)
        if may_have_happened(lost):
            return await self._after_loss(failure, sink)
        return Outcome(failure=_with_hindsight(failure))

    async def _after_loss(self, lost: Failure, sink: Sink) -> Outcome:
        """Look for a new configuration of that name until the grace period is over."""
        what = "incomplete answer" if self._answered else "sent, no answer"
        sink(Note(what, "looking for the configuration ...", level="unknown"))
        began = self._tools.timer()
        sent_at = self._sent_at if self._sent_at is not None else self._tools.now()
        try:
            ours = await looked_up(self._created_meanwhile, sent_at, self._tools, sink)
        except Failure as failure:
            sink(Note("could not look", "do not send again yet", self._tools.timer() - began, "unknown"))
            return self.given_up(lost, f"It could not be looked up: {failure.what}")
        if ours is not None:
            return self._found(lost, ours, sink, self._tools.timer() - began)
        sink(Note("not there", "safe to send again", self._tools.timer() - began))
        unsent = lost.replaced(
            why=joined(lost.why, "Looked up: it was not created."),
            remedy=Remedy.SEND_AGAIN,
            about="",
            safe=Safe.ANSWERS_KEPT,
            sent=False,
        )
        return Outcome(failure=unsent)

    def _found(self, lost: Failure, ours: Named, sink: Sink, seconds: float) -> Outcome:
        """A new configuration of that name. With other settings it is most likely somebody else's."""
        if not ours.differences:
            sink(Note("found", "going on with it; nothing is sent twice", seconds))
            return Outcome(configuration=ours.configuration, fate=FOUND)
        sink(Note("found another", "with this name, and other settings", seconds, "unknown"))
        return self.given_up(lost, str(differs(ours)))

    def given_up(self, lost: Failure | None = None, why: str = "You stopped looking.") -> Outcome:
        """What became of the request is not known."""
        lost = lost or _LOST
        failure = lost.replaced(why=joined(lost.why, why), remedy=Remedy.LOOK_AGAIN, about="", safe=None)
        self.outcome = Outcome(failure=failure, fate=NOT_KNOWN)
        return self.outcome

    async def _created_meanwhile(self) -> Named | None:
        """A configuration of this name that was not there before, rather one with the same settings. Raises Failure."""
        known = self._before.ids if self._before else frozenset()
        async with self._tools.launchdarkly(self._bag, self.request.instance) as ld:
            after = await look_up(ld, self.request)
        fresh = [named for named in after.named if named.configuration.id not in known]
        return min(fresh, key=lambda named: len(named.differences), default=None)


_LOST = Failure(
    Kind.TIMEOUT, "You stopped waiting for LaunchDarkly's answer.", "The request was out, so it may exist.", sent=True
)


def _with_hindsight(failure: Failure) -> Failure:
    """The look-up right before the create went well with the same token at the same address."""
    if failure.kind is Kind.UNAUTHORIZED:
        return failure.replaced(
            why="It worked a moment ago: most likely it was just deleted or reset.",
            remedy=Remedy.REPLACE_TOKEN,
            about="",
            safe=Safe.NOTHING_CREATED_ANSWERS_KEPT,
            field="token",
        )
    return failure.replaced(field="host") if failure.kind is Kind.REDIRECT else failure
