"""The create request with its journal: noted before it leaves, found again after any end of this program."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from tui.flagimport import journal as journals
from tui.flagimport.journal import Journal, Stage
from tui.flagimport.lookup import Standing
from tui.flagimport.request import CreateRequest
from tui.flagimport.running import Keep
from tui.flagimport.submit import NOT_THERE, Outcome, Submission
from tui.flagimport.tools import Tools
from tui.net.events import Exchange, Result
from tui.secrets.bag import Bag


@dataclass
class Creation:
    """One configuration of one journal. `reuse` takes one that stands there with the same settings."""

    journal: Journal
    request: CreateRequest
    bag: Bag
    tools: Tools
    keep: Keep
    reuse: bool = True

    def submission(self) -> Submission:
        """An attempt that notes itself in the journal before it sends. What `keep` raises stops the sending."""
        return Submission(self.request, self.bag, self.tools, reuse=self.reuse, about_to_send=self._noted)

    def _noted(self, standing: Standing) -> None:
        self._note(journals.creating(self.journal, standing.ids, self.tools.now()))

    def _note(self, journal: Journal) -> None:
        self.keep(journal)
        self.journal = journal

    async def created(self) -> AsyncGenerator[Exchange | Result[Outcome], None]:
        """Create it, unless the journal says that it is there; look first for one whose answer was never noted.

        The outcome comes last, and is in the journal. Raises OSError where the journal cannot be written.
        """
        if self.journal.stage is Stage.CREATING:
            lost = Submission.interrupted(
                self.request, self.bag, self.tools, self.journal.ids_before, self.journal.sent_at
            )
            outcome: Outcome | None = None
            async with aclosing(lost.look_again()) as events:
                async for event in events:
                    if isinstance(event, Result):
                        outcome = event.value
                    else:
                        yield event
            if outcome is not None and (outcome.configuration is not None or outcome.fate != NOT_THERE):
                self.note(outcome)
                yield Result(outcome)
                return
        async with aclosing(self.submission().send()) as events:
            async for event in events:
                if isinstance(event, Result):
                    self.note(event.value)
                yield event

    def note(self, outcome: Outcome) -> None:
        """Write down what came of an attempt. One whose fate is not known stays as it was noted."""
        if outcome.configuration is not None:
            self._note(journals.created(self.journal, outcome.configuration, reused=outcome.reused))
        elif outcome.may_send_again and self.journal.stage is Stage.CREATING:
            self._note(journals.planned_again(self.journal))
