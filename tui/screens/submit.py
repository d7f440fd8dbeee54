"""Step 7: the request as it happens, then LaunchDarkly's answer."""

from __future__ import annotations

import contextlib
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widgets import Button, Static
from textual.worker import Worker

from tui.answers import changes, remarks
from tui.apply.create import NOT_KNOWN, Creation, Outcome
from tui.apply.engine import Import
from tui.net.events import ProgressEvent, Sent
from tui.screens.dialogs import TextScreen
from tui.screens.step import StepScreen
from tui.text.clean import clean
from tui.widgets.buttons import Plain
from tui.widgets.key_line import key_line
from tui.widgets.outcome_view import OutcomeView
from tui.widgets.timeline import Timeline
from tui.wizard import launch, outcomes, sending

_RAW_SHOWN = 200_000
_WAYS_OUT = ("go-to-field", "look-again", "to-review")
"""Buttons after a failure, the first one that is shown in the accent color. None of them sends."""
_KEYS_CREATED = (("Enter", "open"), ("y", "copy ID"), ("r", "raw response"), ("F1", "help"), ("Ctrl+Q", "quit"))


class SubmitScreen(StepScreen):
    """Sends the reviewed request once, on opening. Opened again, it shows the result."""

    STEP: ClassVar[str] = "submit"
    KEYS = (
        ("Enter", "press or open"),
        ("Tab", "next"),
        ("F1", "help"),
        ("F2", "actions"),
        ("Ctrl+Q", "quit"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy_id", show=False),
        Binding("r", "raw", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._worker: Worker[None] | None = None
        self._ticker: Timer | None = None
        self._began = 0.0

    def compose_step(self) -> ComposeResult:
        yield Timeline(self.symbols, id="timeline")
        yield OutcomeView(self.symbols, self.session.context.redactor, id="outcome")

    def compose_buttons(self) -> ComposeResult:
        yield Plain("Cancel", id="stop")
        yield Plain("Use that one", id="use-that", classes="after")
        yield Plain("Go to the field", id="go-to-field", classes="after")
        yield Plain("Check again", id="look-again", classes="after")
        yield Plain("Send again", id="send-again", classes="after")
        yield Plain("Go to Review", id="to-review", classes="after")
        yield from super().compose_buttons()

    def next_label(self) -> str:
        return "Next: Run"

    def summarize(self) -> None:
        """The message line belongs to the request here."""

    @property
    def creation(self) -> Creation | None:
        """The latest attempt to create a configuration."""
        return self.session.attempt.creation if self.session.attempt is not None else None

    @property
    def outcome(self) -> Outcome | None:
        return self.creation.outcome if self.creation is not None else None

    @property
    def running(self) -> bool:
        """A request is running."""
        return self._worker is not None and not self._worker.is_finished

    async def opened(self) -> None:
        creation = self.creation
        self._show_buttons()
        if creation is None:
            self._without_one()
        elif creation.outcome is not None:
            for event in creation.events:
                self.query_one(Timeline).add(event)
            self._show(creation.outcome)
        elif not creation.begun:
            self._start(looking=creation.out)

    def _without_one(self) -> None:
        """This start of the program has sent nothing; an earlier one may have."""
        run = self.session.run
        if run is None:
            self.say("note", sending.NOTHING_SENT)
            return
        self.query_one(OutcomeView).headline(f"Created in an earlier session: {run.journal.configuration}")
        self.say("note", "Go to Run to see its progress.")

    def focus_first(self) -> None:
        if not self.running:
            self._focus_after()

    # --- while it happens

    def _start(self, *, looking: bool) -> None:
        if self.session.attempt is None:
            return
        self.query_one(OutcomeView).clear()
        self._began = self.session.context.now()
        self._ticker = self.set_interval(1.0, self._tick)
        self._worker = self._run(self.session.attempt, looking=looking)
        self._show_buttons()
        self.set_focus(None)  # a key held down too long must not cancel what it just started

    @work(exclusive=True, group="submit", exit_on_error=True)
    async def _run(self, attempt: Import, *, looking: bool) -> None:
        timeline = self.query_one(Timeline)

        def show(event: ProgressEvent) -> None:
            timeline.add(event)
            if isinstance(event, Sent) and self.stands:
                self._show_buttons()

        await sending.sent(self.session, attempt, show, looking=looking)
        self._ended()
        if self.outcome is not None:
            self._show(self.outcome)
            self._continue_to_run()

    def _continue_to_run(self) -> None:
        """A create that started needs no further question: Run shows it. After anything else the user reads first."""
        if self.app.screen is self and sending.leads_to_run(self.session):
            self.action_next()

    def _tick(self) -> None:
        seconds = int(self.session.context.now() - self._began)
        self.query_one(Timeline).waiting(f"{seconds:>4} s ..." if seconds > 0 else "")

    def _ended(self) -> None:
        if self._ticker is not None:
            self._ticker.stop()
        for timeline in self.query(Timeline):  # none while the program ends
            timeline.waiting("")

    @on(Button.Pressed, "#stop")
    async def _stop(self, event: Button.Pressed) -> None:
        """Cancel before the bytes are out; after that only stop waiting, and look up the result."""
        event.stop()
        creation, worker = self.creation, self._worker
        if creation is None or worker is None or not self.running:
            return
        worker.cancel()
        with contextlib.suppress(Exception):
            await worker.wait()
        self._ended()
        launch.settled(self.session)
        ended_by_itself = not worker.is_cancelled and creation.outcome is not None
        outcome = creation.outcome if ended_by_itself else creation.stop()
        if outcome is None:
            self._start(looking=True)
        else:
            self._show(outcome)

    # --- the result

    def _show(self, outcome: Outcome) -> None:
        if not self.stands:
            return
        self.query_one(OutcomeView).show(outcome, self.creation, self.session.draft)
        if outcome.configuration is not None:
            self.session.forget_draft()
            self.query_one("#keys", Static).update(key_line(_KEYS_CREATED, self.size.width - 4))
            self.say(*sending.created(self.session, outcomes.verb(outcome)))
        elif outcome.fate == NOT_KNOWN:
            self.say("unknown", sending.UNKNOWN)
        else:
            self.say("problem", sending.NOT_CREATED)
        self._worker = None
        self._show_buttons()
        self.call_after_refresh(self._focus_after)

    def _safe(self, text: str) -> str:
        return clean(self.session.context.redactor(text))

    # --- buttons

    def _show_buttons(self) -> None:
        """Show those that make sense now."""
        outcome, creation = self.outcome, self.creation
        failure = outcome.failure if outcome and not self.running else None
        stop = self.query_one("#stop", Plain)
        stop.display = self.running
        out = outcome is not None or (creation is not None and creation.out)
        stop.rename("Stop waiting" if out else "Cancel")
        offered = outcomes.offered(outcome, current=not self.session.outdated) if outcome and not self.running else ()
        shown = {
            "next": not self.running and failure is None and self.session.run is not None,
            "back": not self.running,
            "to-review": not self.running and creation is not None and sending.asks_for_review(self.session),
            **{button: button in offered for button in outcomes.OFFERS},
        }
        for button, display in shown.items():
            self.query_one(f"#{button}").display = display
        first = next((button for button in _WAYS_OUT if shown[button]), "")
        for button in _WAYS_OUT:
            self.query_one(f"#{button}").set_class(button == first, "primary")
        if failure is not None and failure.field:
            self.query_one("#go-to-field", Plain).rename(f"Go to {remarks.label(self.session.draft, failure.field)}")

    def _focus_after(self) -> None:
        if not self.stands or (self.focused is not None and self.focused.display):
            return  # the user may have moved on already
        candidates = (*(f"#{name}" for name in _WAYS_OUT), "JsonTree", "#back")
        for selector in candidates:  # none of them sends; none is left once the step is being left
            for control in self.query(selector):
                if control.display:
                    control.focus()
                    return

    @on(Button.Pressed, "#go-to-field")
    def _go_to_field(self, event: Button.Pressed) -> None:
        event.stop()
        failure = self.outcome.failure if self.outcome else None
        if failure is not None and (field := sending.to_field(self.session, failure)):
            self.app.show_step()
            self.app.focus_field(field)

    @on(Button.Pressed, "#send-again, #use-that")
    def _again(self, event: Button.Pressed) -> None:
        event.stop()
        if self.creation is None or self.running:
            return
        if wait := sending.pause(self.session, self.outcome.failure if self.outcome else None):
            self.say("warning", wait)
            return
        self.creation.renew(reuse=event.button.id == "use-that")
        self.query_one(Timeline).restart()
        self._start(looking=False)

    @on(Button.Pressed, "#to-review")
    def _to_review(self, event: Button.Pressed) -> None:
        """The answers have changed since: what they ask for now is reviewed before it is sent."""
        event.stop()
        self.session.draft = changes.go(self.session.draft, "review")
        self.app.show_step()

    @on(Button.Pressed, "#look-again")
    def _look_again(self, event: Button.Pressed) -> None:
        event.stop()
        if not self.running:
            self._start(looking=True)

    def action_next(self) -> None:
        """To Run. While a request is running nothing leaves this step."""
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
            self.say("warning", sending.STILL_RUNNING)
        return self.running

    def action_copy_id(self) -> None:
        """Copy the configuration's id to the terminal's clipboard; it is on the screen, too."""
        outcome = self.outcome
        if outcome is not None and outcome.configuration is not None:
            self.app.copy_to_clipboard(self._safe(outcome.configuration.id))
            self.say("ok", "Copied the ID. Not every terminal supports copying.")

    def action_raw(self) -> None:
        """Show the response's body, cleaned and with keys hidden."""
        outcome = self.outcome
        answer = outcome.answer if outcome else None
        if answer is None:
            self.say("note", "There is no raw response to show. The message of an error is quoted above.")
            return
        hidden = self.creation.request.secrets if self.creation else ()
        text = outcomes.raw(answer.text(), hidden, self.session.context.redactor)
        note = "Control characters are removed and keys are hidden."
        self.app.push_screen(TextScreen("Raw response", text[:_RAW_SHOWN], note=note))
