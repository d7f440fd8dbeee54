"""Step 8: the import as it runs, to its end; then what arrived, what did not, and what is left to do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from tui.apply.engine import Import
from tui.apply.journal import Stage
from tui.apply.start_watch import Stuck, watch_command
from tui.net.errors import Failure, Kind
from tui.net.events import Counted, Note, Pausing
from tui.net.times import time_of_day
from tui.plan.words import LeveledText
from tui.screens.run_deeds import RunDeeds
from tui.text.clean import clean
from tui.widgets.bar import Bar, Part
from tui.widgets.buttons import Plain
from tui.widgets.run_report import RunReport
from tui.widgets.sentences import Sentences
from tui.wizard import remedies
from tui.wizard.outcomes import report_of

_NEWS_SHOWN = 8
_FEW_LEFT = 100
"""Requests left in LaunchDarkly's window below which a person is told: the limit is shared by the account."""
_BUTTONS = ("start", "it-started", "it-did-not", "look-again", "compare-anyway", "token", "replace-key", "look-now")
_PARTS = ("run-headline", "run-bar", "run-count", "run-times", "run-news", "run-trouble", "run-leave", "run-report")
"""All that is written to; they go one after the other when the program ends."""


class RunScreen(RunDeeds):
    """Watches as long as it is open; the import itself goes on at LaunchDarkly whatever happens here."""

    STEP: ClassVar[str] = "run"
    KEYS = (
        ("Enter", "press"),
        ("r", "refresh"),
        ("w", "save report"),
        ("F1", "help"),
        ("Ctrl+Q", "quit"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "look", show=False),
        Binding("w", "write", show=False),
        Binding("y", "copy_id", show=False),
    ]

    def compose_step(self) -> ComposeResult:
        with Vertical(id="run-watch"):
            yield Static("", id="run-headline", markup=False)
            with Horizontal(id="run-progress"):
                yield Bar(id="run-bar")
                yield Static("", id="run-count", markup=False)
            yield Static("", id="run-times", markup=False)
            yield Sentences(self.symbols, id="run-news")
            yield Sentences(self.symbols, id="run-trouble")
            yield Static("", id="run-leave", markup=False)
        yield RunReport(self.symbols, id="run-report")

    def compose_buttons(self) -> ComposeResult:
        yield Plain("Start the import", id="start", classes="after")
        yield Plain("It has started", id="it-started", classes="after")
        yield Plain("It has not", id="it-did-not", classes="after")
        yield Plain("Look again", id="look-again", classes="after")
        yield Plain("Compare what is there", id="compare-anyway", classes="after")
        yield Plain("Another token", id="token", classes="after")
        yield Plain("Replace a key", id="replace-key", classes="after")
        yield Plain("Look now", id="look-now", classes="after")
        yield from super().compose_buttons()

    def next_label(self) -> str:
        run = self.app.session.run
        return "Leave it running" if run is not None and run.journal.stage is Stage.STARTED else "Done"

    def summarize(self) -> None:
        """The message line belongs to the import here."""

    async def opened(self) -> None:
        run = self.run_
        if not self.stands:
            return
        self.query_one("#run-report").display = False
        if run is None:
            self.query_one("#run-watch").display = False
            self.say("note", "There is no import yet. Submit creates it, and leads here.")
        elif run.verification is not None and run.trouble is None:
            await self._show_report(run)
        elif not run.begun or run.unsure:
            self._show_watch(run)
        else:
            self.go_on_with_it()

    @property
    def stands(self) -> bool:
        return super().stands and all(self.query(f"#{part}") for part in (*_PARTS, *_BUTTONS))

    def focus_first(self) -> None:
        if not self.stands:
            return
        names = ("start", "look-again", "token", "look-now")
        buttons = [self.query_one(f"#{name}") for name in names]
        lines = list(self.query("#run-report Plain")) if self.query_one("#run-report").display else []
        first = next((each for each in (*lines, *buttons) if each.display), self.query_one("#back"))
        first.focus()

    # --- to its end

    @work(exclusive=True, group="run", exit_on_error=True)
    async def go_on_with_it(self, *, start: bool = False) -> None:
        """Start it if that is wanted, watch it, compare: from where it stands."""
        run = self.run_
        if run is None:
            return
        run.trouble = None
        self._show_watch(run)
        self.focus_first()
        with contextlib.suppress(Failure):  # it is the run's trouble from here on
            if start or run.journal.stage is Stage.STARTING:
                await self._start_now(run, looking=not start)
            if run.trouble is None and run.journal.stage is Stage.STARTED:
                self.say("note", "")
                self._show_watch(run)
                async with contextlib.aclosing(run.watch()) as looks:
                    async for _ in looks:
                        self._show_watch(run)
        if run.trouble is None and run.over:
            await self._compare(run)
        else:
            self._show_watch(run)
            self.focus_first()

    async def _start_now(self, run: Import, *, looking: bool) -> None:
        self.say("note", "Looking whether it has started ..." if looking else "Starting ...")
        try:
            async with run.start() as events:
                async for event in events:
                    if isinstance(event, Note):
                        self.say(event.level, clean(f"{event.text}: {event.detail}".rstrip(": ")))
        except Failure:
            run.forget_deleted()
            raise

    async def _compare(self, run: Import) -> None:
        self.say("note", "Ended. Comparing what arrived with the plan ...")
        with contextlib.suppress(Failure):  # it is the run's trouble from here on
            async with run.compare() as events:
                async for event in events:
                    if isinstance(event, Counted):
                        self.say("note", f"Comparing what arrived with the plan: {event.words}")
                    elif isinstance(event, Pausing):
                        self.say("warning", event.words)
        if run.trouble is None:
            await self._show_report(run)
        else:
            self._show_watch(run)
        self.focus_first()

    # --- what is shown

    def _show_watch(self, run: Import) -> None:
        if not self.stands:
            return
        self.query_one("#run-watch").display = True
        self.query_one("#run-report").display = False
        self._write("#run-headline", self._headline(run))
        self._show_count(run)
        self._write("#run-times", self._times(run))
        self.query_one("#run-news", Sentences).show(self._news(run))
        self.query_one("#run-trouble", Sentences).show(self._trouble(run))
        self._write("#run-leave", _may_leave(run, practising=self.app.practising))
        self._tell(run)
        self._show_buttons(run)

    def _write(self, selector: str, text: str) -> None:
        """Draw a line anew only where it says something else: over SSH each one costs."""
        line = self.query_one(selector, Static)
        if str(line.content) != text:
            line.update(Content(text))

    def _headline(self, run: Import) -> str:
        name = clean(run.journal.identity.name)
        if not run.journal.configuration:
            return f"{name}   its configuration is not there any more"
        if not run.begun:
            return f"{name}   {'not started again' if run.journal.ended else 'created, not started'}"
        if run.journal.stage is Stage.STARTING:
            return f"{name}   whether it was started is not known"
        whose = "started" if run.by_us else "was running already,"
        at = time_of_day(run.journal.started_at, self.session.context.now())
        status = clean(self.session.context.redactor(run.status)) or "first look"
        return f"{name}   {status}, {whose} {at}"

    def _show_count(self, run: Import) -> None:
        expected = len(run.journal.awaited)
        arrived = min(run.arrived, expected)
        parts = [Part(arrived, self.symbols.full, "$success"), Part(expected - arrived, self.symbols.empty)]
        self.query_one("#run-progress").display = run.begun and run.planned
        self.query_one("#run-bar", Bar).show(parts)
        self._write("#run-count", f"{run.arrived:,} of {expected:,} arrived")

    def _times(self, run: Import) -> str:
        now, said = self.session.context.now(), []
        if run.changed_at:
            said.append(f"last change {time_of_day(run.changed_at, now)}")
        if run.resting is not None:
            said.append(f"next look {time_of_day(run.resting.until, now)}")
            if run.resting.left is not None and run.resting.left < _FEW_LEFT:
                said.append(f"{run.resting.left:,} requests left in this window")
        return "  " + "   ".join(said) if said else ""

    def _news(self, run: Import) -> list[LeveledText]:
        said: list[LeveledText] = []
        for each in list(run.news)[:_NEWS_SHOWN]:
            own = each.level != "ok"  # an error says itself when it was
            at = "" if own else f"{time_of_day(each.at, self.session.context.now())}  "
            lead = "expected: " if each.expected else at
            said.append((each.level, self._safe(f"{lead}{each.text}{f'. {each.why}' if each.why else ''}")))
        return said

    def _trouble(self, run: Import) -> list[LeveledText]:
        said: list[LeveledText] = []
        if run.stuck is not None:
            said.append(("problem", self._safe(_stuck(run, self._since(run.stuck)))))
        if run.trouble is not None:
            said.append(("unknown" if run.unsure else "problem", self._safe(run.trouble.what)))
            advice = remedies.advice(run.trouble.advice)
            said += [("note", self._safe(text)) for text in (run.trouble.why, advice) if text]
        return said

    def _since(self, stuck: Stuck) -> str:
        """A time of day: it stays true however long it is shown."""
        return time_of_day(stuck.since, self.session.context.now())

    def _tell(self, run: Import) -> None:
        """The message line, of what is under way."""
        if run.resting is not None and run.resting.trouble and run.trouble is None:
            at = time_of_day(run.resting.until, self.session.context.now())
            trouble = self._safe(run.resting.trouble)
            self.say("warning", f"{trouble} Trying again at {at}; the import is not affected.")
        elif run.trouble is not None:
            self.say("unknown" if run.unsure else "problem", self._safe(run.trouble.what))
        elif run.stuck is not None:
            self.say("problem", f"Stuck: nothing has moved since {self._since(run.stuck)}.")
        elif run.resting is not None:
            self.say("note", "")
        elif not run.begun:
            self.say("note", "Nothing runs yet. Start the import when you want to.")

    async def _show_report(self, run: Import) -> None:
        if not self.stands:
            return
        self.query_one("#run-watch").display = False
        told = report_of(run, self.session.forms)
        await self.query_one("#run-report", RunReport).show(told)
        self._show_buttons(run)
        compared = run.verification is not None
        said = "Compared with the plan." if compared else "Nobody planned this import here, so nothing was compared."
        self.say("note", f"{said} The report can be written to a file.")

    def _show_buttons(self, run: Import) -> None:
        if not self.stands:
            return
        reporting = self.query_one("#run-report").display
        watching = run.begun and not run.over and run.trouble is None and not reporting
        shown = {
            "start": not run.begun and bool(run.journal.configuration),
            "compare-anyway": run.begun and run.trouble is not None and run.trouble.kind is Kind.NOT_FOUND,
            "it-started": run.unsure,
            "it-did-not": run.unsure,
            "look-again": run.begun and run.trouble is not None,
            "token": run.trouble is not None and run.trouble.status_code in (401, 403),
            "replace-key": watching and run.key_refused,
            "look-now": watching,
        }
        for name in _BUTTONS:
            self.query_one(f"#{name}").display = shown[name]
        self.query_one("#next", Plain).rename(self.next_label())

    def _safe(self, text: str) -> str:
        return clean(self.session.context.redactor(text))

    # --- buttons and keys

    def commands(self) -> Iterable[SystemCommand]:
        """What the keys of this step do, by name."""
        if self.run_ is not None:
            yield SystemCommand("Look now", "r: look at once, or compare once more", self.action_look)
            yield SystemCommand("Write the report", "w: HTML, Markdown or JSON", self.action_write)

    @on(Button.Pressed, "#look-now")
    def action_look(self) -> None:
        """Look at once; after the end compare once more."""
        run = self.run_
        if run is None or not run.begun:
            self.say("note", "Nothing runs yet.")
        elif run.over:
            self.compare_again()
        elif run.trouble is not None:
            self.go_on_with_it()
        else:
            run.look_now()

    @on(Button.Pressed, "#compare")
    @work(exclusive=True, group="run", exit_on_error=True)
    async def compare_again(self) -> None:
        """Hold what is there now against the plan."""
        if self.run_ is not None:
            await self._compare(self.run_)

    @on(Button.Pressed, "#look-again")
    def _look_again(self, event: Button.Pressed) -> None:
        event.stop()
        self.go_on_with_it()

    @on(Button.Pressed, "#compare-anyway")
    def _compare_anyway(self, event: Button.Pressed) -> None:
        """Its configuration was deleted: what has arrived by then is all there will be."""
        event.stop()
        run = self.run_
        if run is None:
            return
        try:
            run.lost()
        except Failure as failure:
            self.say("problem", remedies.sentence(failure))
            return
        self.compare_again()

    @on(Button.Pressed, "#it-started, #it-did-not")
    def _assumed(self, event: Button.Pressed) -> None:
        event.stop()
        run = self.run_
        if run is None:
            return
        try:
            run.assume(event.button.id == "it-started")
        except Failure as failure:
            self.say("problem", remedies.sentence(failure))
            return
        if run.begun:
            self.go_on_with_it()
        else:
            self._show_watch(run)
            self.query_one("#start").focus()

    def action_next(self) -> None:
        """Ctrl+O only puts the focus on the button: one key press too many must not end the program."""
        self.query_one("#next").focus()

    @on(Button.Pressed, "#next")
    def _pressed_next(self, event: Button.Pressed) -> None:
        """Leave; the import goes on at LaunchDarkly."""
        event.stop()
        self.app.action_leave()


def _stuck(run: Import, since: str) -> str:
    return (
        f"Nothing has moved since {since} ({run.arrived:,} of {len(run.journal.awaited):,}), and the status still"
        f" says {run.status or 'nothing'}. Most likely LaunchDarkly cannot reach the source. Do not start again: leave,"
        " and look later."
    )


def _may_leave(run: Import, *, practising: bool) -> str:
    if not run.journal.configuration or run.journal.stage is Stage.STARTING:
        return ""
    if not run.begun:
        return "The configuration exists, and nothing has been imported. It can be started from here, now or later."
    if run.over:
        return ""
    if practising:
        return "With an account you could leave now: the import goes on at LaunchDarkly, and can be come back to."
    command = watch_command(run.journal.configuration)
    return (
        "You may leave. The import goes on at LaunchDarkly; start this program again to come back here, or:"
        f" {command}\nIt cannot be stopped: LaunchDarkly has no way to."
    )
