"""Step 7: the request as it happens, then LaunchDarkly's answer."""

from __future__ import annotations

import contextlib
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Button, Static
from textual.worker import Worker

from tui.answers import changes, remarks
from tui.answers import draft as drafts
from tui.answers.finding import Level
from tui.apply.journal import Stage
from tui.apply.submission import NOT_KNOWN, Outcome, Submission
from tui.net.errors import Failure
from tui.net.events import Note, Pausing, Result, Sent
from tui.net.times import time_of_day
from tui.screens.dialogs import TextScreen
from tui.screens.step import StepScreen
from tui.text.clean import clean
from tui.widgets.buttons import Plain
from tui.widgets.json_tree import JsonTree
from tui.widgets.outcome_view import OutcomeView
from tui.widgets.timeline import Timeline
from tui.wizard import launch, outcomes, remedies, walk

_RAW_SHOWN = 200_000
_KEYS_CREATED = "Enter open   y copy the id   r raw body   F1 Ctrl+G help   Ctrl+Q leave"


class SubmitScreen(StepScreen):
    """Sends once, on opening, what Review's button asked for; opened again it shows what came of it."""

    STEP: ClassVar[str] = "submit"
    KEYS = "Enter press or open   Tab next   F1 Ctrl+G help   F2 actions   Ctrl+Q leave"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy_id", show=False),
        Binding("r", "raw", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._worker: Worker[None] | None = None
        self._ticker: Timer | None = None
        self._began = 0.0
        self._looking = False
        self._starting = False
        self._trouble: Failure | None = None

    def compose_step(self) -> ComposeResult:
        yield Timeline(self.symbols, id="timeline")
        yield OutcomeView(self.symbols, self.session.tools.redactor, id="outcome")

    def compose_buttons(self) -> ComposeResult:
        yield Plain("Cancel", id="stop")
        yield Plain("Use that one", id="use-that", classes="after")
        yield Plain("Go to the field", id="go-to-field", classes="after")
        yield Plain("Look again", id="look-again", classes="after")
        yield Plain("Send again", id="send-again", classes="after")
        yield Plain("Go to Review", id="to-review", classes="after")
        yield from super().compose_buttons()

    def next_label(self) -> str:
        return "Next: Run"

    def summarize(self) -> None:
        """The message line belongs to the request here."""

    @property
    def submission(self) -> Submission | None:
        return self.session.submission

    @property
    def running(self) -> bool:
        """A request is under way."""
        return self._worker is not None and not self._worker.is_finished

    async def opened(self) -> None:
        submission = self.submission
        self._show_buttons()
        if submission is None:
            self._without_one()
        elif submission.outcome is not None:
            for event in submission.events:
                self.query_one(Timeline).add(event)
            self._show(submission.outcome)
        elif not submission.begun:
            self._start(submission, looking=submission.out)

    def _without_one(self) -> None:
        """This start of the program has sent nothing; an earlier one may have."""
        run = self.session.run
        if run is None:
            self.say("note", "Nothing was sent. Review has the button that sends.")
            return
        self.query_one(OutcomeView).headline(f"Created by an earlier start: {run.journal.configuration}")
        self.say("note", "Run shows how it stands.")

    def focus_first(self) -> None:
        if not self.running:
            self._focus_after()

    # --- while it happens

    def _start(self, submission: Submission, *, looking: bool) -> None:
        self.query_one(OutcomeView).clear()
        self._looking = looking
        self._began = self.session.tools.now()
        self._ticker = self.set_interval(1.0, self._tick)
        self._worker = self._run(submission, looking=looking)
        self._show_buttons()
        self.set_focus(None)  # a key held down a little too long must not stop what it has just begun

    @work(exclusive=True, group="submit", exit_on_error=True)
    async def _run(self, submission: Submission, *, looking: bool) -> None:
        timeline = self.query_one(Timeline)
        events = submission.look_again() if looking else submission.send()
        async with contextlib.aclosing(events):
            async for event in events:
                if isinstance(event, Result):
                    break
                timeline.add(event)
                if isinstance(event, Sent):
                    self._show_buttons()
        if submission.outcome is not None:
            self._trouble = launch.settled(self.session, submission.outcome)
            made = submission.outcome.configuration is not None
            if made and self._trouble is None and self.session.draft.starts:
                await self._start_import(submission, timeline)
        self._ended()
        if submission.outcome is not None:
            self._show(submission.outcome)

    async def _start_import(self, submission: Submission, timeline: Timeline) -> None:
        """Start what was just created, unless creating has started it by itself."""
        run = self.session.run
        if run is None:
            return
        self._starting = True
        if self.stands:
            self._show_buttons()
        async with contextlib.aclosing(run.start()) as events:
            async for event in events:
                told = outcomes.start_told(event.value) if isinstance(event, Result) else event
                if isinstance(told, (Note, Pausing)):
                    submission.events.append(told)  # shown again when this step is
                    timeline.add(told)
        self._starting = False

    def _tick(self) -> None:
        seconds = int(self.session.tools.now() - self._began)
        self.query_one(Timeline).waiting(f"{seconds:>4} s ..." if seconds > 0 else "")

    def _ended(self) -> None:
        if self._ticker is not None:
            self._ticker.stop()
        for timeline in self.query(Timeline):  # none once the program is being left
            timeline.waiting("")

    @on(Button.Pressed, "#stop")
    async def _stop(self, event: Button.Pressed) -> None:
        """Cancel before the bytes are out; afterwards only stop waiting, and find out what became of it."""
        event.stop()
        submission, worker = self.submission, self._worker
        if submission is None or worker is None or not self.running:
            return
        worker.cancel()
        with contextlib.suppress(Exception):
            await worker.wait()
        self._ended()
        if self._starting and submission.outcome is not None:
            self._starting = False  # Run finds out whether it got through
            self._show(submission.outcome)
        elif not worker.is_cancelled and submission.outcome is not None:
            self._show(submission.outcome)  # it ended by itself at that moment
        elif self._looking:
            self._show(submission.given_up())
        elif submission.out:
            self._start(submission, looking=True)
        else:
            outcome = submission.cancelled()
            launch.settled(self.session, outcome)
            self._show(outcome)

    # --- what came of it

    def _show(self, outcome: Outcome) -> None:
        if not self.stands:
            return
        self.query_one(OutcomeView).show(outcome, self.submission, self.session.draft)
        if outcome.configuration is not None:
            self.session.forget_draft()
            self.query_one("#keys", Static).update(Content(_KEYS_CREATED))
            self.say(*self._what_next(outcomes.verb(outcome)))
        elif outcome.fate == NOT_KNOWN:
            self.say("unknown", "Do not send again yet.")
        else:
            self.say("problem", "Nothing was created; your answers are kept.")
        self._worker = None
        self._show_buttons()
        self.call_after_refresh(self._focus_after)

    def _what_next(self, verb: str) -> tuple[str, str]:
        """The message line after a configuration was created: how far it has come."""
        run = self.session.run
        trouble = self._trouble or (run.trouble if run is not None else None)
        if trouble is not None:
            return ("unknown" if run is not None and run.unsure else "problem", self._safe(remedies.sentence(trouble)))
        if run is not None and run.journal.stage is Stage.STARTING:
            return ("unknown", f"{verb}; whether it was started is not known. Run looks.")
        if run is not None and run.begun:
            return ("ok", f"{verb} and {'started' if run.by_us else 'running'}. Run shows what arrives.")
        project = self.submission.request.project if self.submission else ""
        return ("ok", f"{verb} in {project}, not started. Run starts it when you say so.")

    def _safe(self, text: str) -> str:
        return clean(self.session.tools.redactor(text))

    # --- buttons

    def _show_buttons(self) -> None:
        """Show those that make sense now."""
        outcome = self.submission.outcome if self.submission else None
        failure = outcome.failure if outcome and not self.running else None
        stop = self.query_one("#stop", Plain)
        stop.display = self.running
        out = self._starting or (self.submission is not None and self.submission.out)
        stop.rename("Stop waiting" if out else "Cancel")
        offered = outcomes.offered(outcome, current=not self.session.outdated) if outcome and not self.running else ()
        shown = {
            "next": not self.running and failure is None and self.session.run is not None,
            "back": not self.running,
            "to-review": not self.running and self.submission is not None and self._other_answers(outcome),
            **{button: button in offered for button in outcomes.OFFERS},
        }
        for button, display in shown.items():
            self.query_one(f"#{button}").display = display
        if failure is not None and failure.field:
            self.query_one("#go-to-field", Plain).rename(f"Go to {remarks.label(self.session.draft, failure.field)}")

    def _other_answers(self, outcome: Outcome | None) -> bool:
        """The answers ask for something else than what was sent; those of a journal lack the keys alone."""
        found = outcome is not None and outcome.configuration is not None and self.session.of_journal
        return self.session.outdated and not found

    def _focus_after(self) -> None:
        if not self.is_attached or (self.focused is not None and self.focused.display):
            return  # a hurried person has gone somewhere already
        for name in ("go-to-field", "look-again", "to-review"):  # none of them sends
            button = self.query_one(f"#{name}")
            if button.display:
                button.focus()
                return
        for tree in self.query(JsonTree):
            tree.focus()
            return
        self.query_one("#back").focus()

    @on(Button.Pressed, "#go-to-field")
    def _go_to_field(self, event: Button.Pressed) -> None:
        event.stop()
        outcome = self.submission.outcome if self.submission else None
        failure = outcome.failure if outcome else None
        field = failure.field if failure else None
        if failure and field:
            # The field repeats what was said of it, until its answer changes.
            said = drafts.Check(field, Level.WARNING, failure.what, facts=failure)
            self.session.draft = changes.checked(self.session.draft, said)
            self.session.draft = walk.change(self.session.draft, drafts.step_of(self.session.draft, field))
            self.app.show_step()
            self.app.focus_field(field)

    @on(Button.Pressed, "#send-again, #use-that")
    def _again(self, event: Button.Pressed) -> None:
        event.stop()
        submission = self.submission
        if submission is None or self.running:
            return
        failure = submission.outcome.failure if submission.outcome else None
        if failure and failure.until and failure.until > self.session.tools.now():
            until = time_of_day(failure.until, self.session.tools.now())
            self.say("warning", f"LaunchDarkly asked for a pause until {until}. Press again after that.")
            return
        self.session.submission = submission.again(reuse=event.button.id == "use-that")
        self.query_one(Timeline).restart()
        self._start(self.session.submission, looking=False)

    @on(Button.Pressed, "#to-review")
    def _to_review(self, event: Button.Pressed) -> None:
        """The answers have changed since: what they ask for now is reviewed before it is sent."""
        event.stop()
        self.session.draft = changes.go(self.session.draft, "review")
        self.app.show_step()

    @on(Button.Pressed, "#look-again")
    def _look_again(self, event: Button.Pressed) -> None:
        event.stop()
        if self.submission is not None and not self.running:
            self._start(self.submission, looking=True)

    def action_next(self) -> None:
        """To Run. While a request is under way nothing leaves this step."""
        if self._busy():
            return
        if self.session.run is not None:
            self.session.draft = changes.go(self.session.draft, "run")  # though keys are missing that it does not need
            self.app.show_step()

    def action_back(self) -> None:
        if not self._busy():
            super().action_back()

    def action_goto(self, step: str) -> None:
        if not self._busy():
            super().action_goto(step)

    def _busy(self) -> bool:
        if self.running:
            self.say("warning", "The request is under way: cancel it or stop waiting first.")
        return self.running

    def action_copy_id(self) -> None:
        """The configuration's id to the terminal's clipboard; it also stands on the screen."""
        outcome = self.submission.outcome if self.submission else None
        if outcome is not None and outcome.configuration is not None:
            self.app.copy_to_clipboard(self._safe(outcome.configuration.id))
            self.say("ok", "The id was sent to your terminal's clipboard; not every terminal takes it.")

    def action_raw(self) -> None:
        """The body as it came, cleaned and with keys hidden."""
        outcome = self.submission.outcome if self.submission else None
        answer = outcome.answer if outcome else None
        if answer is None:
            self.say("note", "Only the body of a success is kept; an error's message is quoted above.")
            return
        hidden = self.submission.request.secrets if self.submission else ()
        text = outcomes.raw(answer.text(), hidden, self.session.tools.redactor)
        note = "Cleaned of what a terminal would obey; keys are hidden."
        self.app.push_screen(TextScreen("The body, raw", text[:_RAW_SHOWN], note=note))
