"""What a rebuild writes, each after a question of its own: apply, request approvals, turn on, take back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing

from textual import on, work
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Button, Static
from textual.worker import Worker

from tui.net.errors import Failure
from tui.net.events import Pausing, ProgressEvent
from tui.rebuild.read_back import Outcome
from tui.screens.dialogs import Question
from tui.screens.step import StepScreen
from tui.widgets.bar import Bar, Part
from tui.widgets.rebuild_list import RebuildList
from tui.wizard import rebuild_deeds, rebuild_words, remedies
from tui.wizard.rebuilding import Rebuilding, rebuilding_of

_TICK_SECONDS = 0.5


class RebuildDeeds(StepScreen):
    """A subclass shows the flags. One piece of work runs at a time, and ends with the step."""

    def __init__(self) -> None:
        super().__init__()
        self._worker: Worker[None] | None = None
        self._ticker: Timer | None = None
        self._fresh: list[Outcome] = []
        self.rests_on = ""
        """The flag on which the cursor was last seen: only another one is a reason to replace the message."""
        self._verb, self._counted, self._total = "", 0, 0

    @property
    def rebuilding(self) -> Rebuilding:
        return rebuilding_of(self.session)

    @property
    def busy(self) -> bool:
        """Whether something is being read or written."""
        return self._worker is not None and not self._worker.is_finished

    def show_flags(self) -> None:
        """Show the flags as they are by now."""
        raise NotImplementedError

    def show_buttons(self) -> None:
        """Show the buttons that make sense now."""
        raise NotImplementedError

    def happened(self, event: ProgressEvent) -> None:
        """Show progress."""
        raise NotImplementedError

    # --- one piece of work

    def begin(self, work: Coroutine[object, object, None]) -> None:
        """Run a piece of work, and show its failure or what it has changed."""
        self._worker = self.run_worker(self._carried_out(work), group="rebuild", exclusive=True, exit_on_error=True)
        self.show_buttons()
        self.refresh_frame()
        stop = self.query_one("#stop")
        if self.focused is None or not self.focused.display:
            self.set_focus(None)  # a key held down too long must not stop what it has just begun
        stop.display = True

    async def _carried_out(self, work: Coroutine[object, object, None]) -> None:
        failed = ""
        try:
            await work
        except Failure as failure:
            failed = remedies.sentence(failure)
        except asyncio.CancelledError:
            self.call_after_refresh(self._ended, rebuild_words.stopped(writing=bool(self._verb)), stopped=True)
            raise
        self.call_after_refresh(self._ended, failed)

    def _ended(self, trouble: str, *, stopped: bool = False) -> None:
        self._worker = None
        if self._ticker is not None:
            self._ticker.stop()
            self._ticker = None
        if not self.stands:
            return
        self.query_one("#rebuild-bar", Bar).show(())
        self.show_flags()
        flags = self.query_one("#rebuild-list", RebuildList)
        if self._verb:  # the cursor followed the work
            self._verb = ""
            flags.go_home()
        self.rests_on = flags.current.key if flags.current is not None else ""
        if trouble:
            self.say("warning" if stopped else "problem", trouble)
        if self.app.screen is self and (self.focused is None or not self.focused.display):
            self.focus_first()

    @on(Button.Pressed, "#stop")
    def _stop(self, event: Button.Pressed) -> None:
        event.stop()
        if self._worker is not None:
            self._worker.cancel()

    def action_back(self) -> None:
        """Go back, unless something is being written."""
        if self.busy and self._verb:
            self.say("warning", "Flags are being changed. Stop that before you leave this step.")
            self.query_one("#stop").focus()
        else:
            super().action_back()

    def on_unmount(self) -> None:
        """Stop, however the user leaves the step. A request that is out is looked up when the step opens again."""
        if self._ticker is not None:
            self._ticker.stop()
        if self._worker is not None:
            self._worker.cancel()

    async def _watched(self, verb: str, total: int, outcomes: AsyncGenerator[Outcome, None]) -> None:
        """Show what becomes of each flag, as it is known."""
        self._verb, self._counted, self._total, self._fresh = verb, 0, total, []
        self._ticker = self.set_interval(_TICK_SECONDS, self._tick)
        async with aclosing(outcomes):
            async for outcome in outcomes:
                self._counted += 1
                self._fresh.append(outcome)

    def _tick(self) -> None:
        if not self.stands or not self._fresh:
            return
        changed = {outcome.key for outcome in self._fresh}
        self._fresh = []
        flags = self.query_one("#rebuild-list", RebuildList)
        for line in rebuild_words.lines(self.rebuilding):
            if line.key in changed:
                flags.update_line(line)
                flags.go_to(line.key)
        text = rebuild_deeds.progress(self._verb, self._counted, self._total)
        self.query_one("#rebuild-count", Static).update(Content(text))
        s, left = self.symbols, max(0, self._total - self._counted)
        self.query_one("#rebuild-bar", Bar).show(
            [Part(self._counted, s.full, "$success"), Part(left, s.empty, "$skipped")]
        )

    # --- what is written

    async def _confirmed(self, question: tuple[str, str], yes: str) -> bool:
        title, text = question
        confirmed: bool | None = await self.app.push_screen_wait(Question(title, text, yes=yes, no="No"))
        return bool(confirmed)

    @on(Button.Pressed, "#apply")
    @work(exclusive=True, group="ask", exit_on_error=True)
    async def _ask_to_apply(self, event: Button.Pressed) -> None:
        event.stop()
        rebuilding = self.rebuilding
        if self.busy or not rebuilding.planned():
            self.say("problem", rebuild_words.nothing_to_apply(rebuilding))
            return
        if not await self._confirmed(rebuild_words.apply_question(rebuilding), "Apply"):
            return
        critical = rebuilding.environment is not None and rebuilding.environment.critical
        if critical and not await self._confirmed(rebuild_words.critical_question(rebuilding), "Apply"):
            return
        self.begin(self._apply(approvals=False))

    @on(Button.Pressed, "#approvals")
    @work(exclusive=True, group="ask", exit_on_error=True)
    async def _ask_for_approvals(self, event: Button.Pressed) -> None:
        event.stop()
        if not self.busy and await self._confirmed(rebuild_words.approvals_question(self.rebuilding), "Request"):
            self.begin(self._apply(approvals=True))

    async def _apply(self, *, approvals: bool) -> None:
        rebuilding = self.rebuilding
        self.say("note", rebuild_deeds.CAN_STOP)
        outcomes = rebuilding.apply(approvals=approvals, sink=self._only_pauses)
        await self._watched("Done", len(rebuilding.rows), outcomes)
        self.say(*rebuild_words.applied(rebuilding))

    def _only_pauses(self, event: ProgressEvent) -> None:
        if isinstance(event, Pausing):
            self.happened(event)

    @on(Button.Pressed, "#turn-on")
    def _turn_on(self, event: Button.Pressed) -> None:
        """Read both sides again; then ask, with the flags that may be turned on."""
        event.stop()
        if not self.busy:
            self.begin(self._turned_on())

    async def _turned_on(self) -> None:
        rebuilding = self.rebuilding
        self.say("note", rebuild_deeds.BEFORE_TURNING_ON)
        if rebuilding.unchecked():
            await self._watched("Checked", len(rebuilding.unchecked()), rebuilding.check(self._only_pauses))
        rows = await rebuilding.to_turn_on(self._only_pauses)
        if not rows:
            self.say("note", rebuild_deeds.nothing_to_turn_on(rebuilding))
            return
        if not await self._confirmed(rebuild_words.turn_on_question(rebuilding, rows), "Turn on"):
            self.say("note", rebuild_words.NOTHING_CHANGED)
            return
        await self._watched("Turned on", len(rows), rebuilding.turn_on(rows, self._only_pauses))
        on_now = rebuild_deeds.turned_on(rebuilding, rows)
        self.say("ok", rebuild_deeds.turned_on_words(len(on_now)))
        if on_now and await self._confirmed(rebuild_words.evaluate_question(len(on_now)), "Evaluate"):
            await self._watched("Evaluated", len(on_now), rebuilding.evaluate(on_now, self._only_pauses))

    @on(Button.Pressed, "#take-back")
    def _take_back(self, event: Button.Pressed) -> None:
        """Look at each rebuilt flag first; then ask."""
        event.stop()
        if not self.busy:
            self.begin(self._taken_back())

    async def _taken_back(self) -> None:
        rebuilding = self.rebuilding
        self.say("note", rebuild_deeds.BEFORE_TAKING_BACK)
        removals = await rebuilding.removals(self._only_pauses)
        possible = sum(removal.possible for removal in removals)
        if not possible:
            self.say("note", rebuild_deeds.NOTHING_TO_TAKE_BACK)
            return
        question = rebuild_words.take_back_question(rebuilding, possible, len(removals) - possible)
        if not await self._confirmed(question, "Take back"):
            self.say("note", rebuild_words.NOTHING_CHANGED)
            return
        await self._watched("Taken back", len(removals), rebuilding.take_back(removals, self._only_pauses))
        self.say("ok", rebuild_deeds.TAKEN_BACK)
