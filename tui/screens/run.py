"""Step 8: the import while it runs; then its report: the outcome, and what is left to do."""

from __future__ import annotations

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
from tui.net.errors import Failure
from tui.net.events import Counted, Note, Pausing, ProgressEvent
from tui.plan.words import flags
from tui.report.report import Report
from tui.report.sections import when
from tui.screens.run_deeds import RunDeeds
from tui.text.clean import clean
from tui.widgets.bar import Bar, Part
from tui.widgets.buttons import Plain
from tui.widgets.run_report import RunReport
from tui.widgets.sentences import Sentences
from tui.widgets.symbols import STYLES
from tui.wizard import remedies, run_words, running
from tui.wizard.outcomes import report_of

_PARTS = ("run-headline", "run-bar", "run-count", "run-times", "run-news", "run-trouble", "run-leave", "run-report")
"""Everything that is written to. Widgets are removed one by one when the program ends."""


class RunScreen(RunDeeds):
    """Watches while it is open. LaunchDarkly runs the import whatever happens here."""

    STEP: ClassVar[str] = "run"
    KEYS = (
        ("Enter", "press"),
        ("r", "check now"),
        ("w", "save report"),
        ("b", "browser"),
        ("F1", "help"),
        ("Ctrl+Q", "quit"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "look", show=False),
        Binding("w", "write", show=False),
        Binding("b", "browse", show=False),
        Binding("y", "copy_id", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._reported: Report | None = None
        """The report on the screen."""

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
        yield Plain("Start the import", id="start", classes="after primary")
        yield Plain("It started", id="it-started", classes="after")
        yield Plain("It didn't start", id="it-did-not", classes="after")
        yield Plain("Check again", id="look-again", classes="after")
        yield Plain("Compare now", id="compare-anyway", classes="after")
        yield Plain("Use another token", id="token", classes="after")
        yield Plain("Replace a key", id="replace-key", classes="after")
        yield Plain("Check now", id="look-now", classes="after")
        yield from super().compose_buttons()

    def next_label(self) -> str:
        return "Quit" if running.runs_on(self.session) else super().next_label()

    def summarize(self) -> None:
        """The message line belongs to the import here."""

    async def opened(self) -> None:
        run = self.run_
        if not self.stands:
            return
        self.query_one("#run-report").display = False
        if run is None:
            self.query_one("#run-watch").display = False
            self.say("note", "There is no import yet. Submit creates it.")
        elif running.is_compared(run):
            await self._show_report(run)
        elif running.waits_for_user(run):
            self._show_watch(run)
        else:
            self.go_on_with_it()

    @property
    def stands(self) -> bool:
        return super().stands and all(self.query(f"#{part}") for part in (*_PARTS, *running.ACTIONS))

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
        """Start it if `start` is set, watch it, and compare: whatever is left to do."""
        run = self.run_
        if run is None:
            return
        self._show_watch(run)
        self.focus_first()
        if start or run.journal.stage is Stage.STARTING:
            self.say("note", "Starting ..." if start else "Checking whether it started ...")

        def begun() -> None:
            self.say("note", "")
            self._show_watch(run)

        await running.to_its_end(run, begun, lambda: self._show_watch(run), self._show_start, start=start)
        if run.trouble is None and run.over:
            await self._compare(run)
        else:
            self._show_watch(run)
            self.focus_first()

    def _show_start(self, event: ProgressEvent) -> None:
        if isinstance(event, Note):
            self.say(event.level, clean(f"{event.text}: {event.detail}".rstrip(": ")))

    async def _compare(self, run: Import) -> None:
        self.say("note", "Comparing LaunchDarkly with the plan ...")

        def show(event: ProgressEvent) -> None:
            if isinstance(event, Counted):
                self.say("note", f"Comparing LaunchDarkly with the plan: {event.words}")
            elif isinstance(event, Pausing):
                self.say("warning", event.words)

        if await running.compared(run, show):
            await self._show_report(run)
        else:
            self._show_watch(run)
        self.focus_first()

    # --- what is shown

    def heading(self) -> str:
        """The outcome once there is a report; before that, how far the import has come."""
        if self._reported is None:
            return run_words.heading(self.run_)
        level, text = self._reported.summary
        return f"{getattr(self.symbols, level)} {clean(text)}"

    def purpose(self) -> str:
        if self._reported is None:
            return run_words.purpose(self.run_, practicing=self.app.practicing)
        return when(self._reported)

    def _show_heading(self) -> None:
        """Redraw title and purpose where they change: over SSH each line costs. A report's symbol has its color."""
        text = Content(self.heading())
        if self._reported is not None:
            text = text.stylize(STYLES[self._reported.summary[0]], 0, 1)
        for name, line in (("#heading", text), ("#purpose", Content(self.purpose()))):
            self._write(name, line, hides=False)

    def _show_watch(self, run: Import) -> None:
        if not self.stands:
            return
        self._reported = None
        self._show_heading()
        self.query_one("#run-watch").display = True
        self.query_one("#run-report").display = False
        self._write("#run-headline", Content(run_words.state(run)))
        self._show_count(run)
        self._write("#run-times", Content(run_words.times(run)))
        self.query_one("#run-news", Sentences).show(run_words.news(run))
        self.query_one("#run-trouble", Sentences).show(run_words.trouble(run))
        self._write("#run-leave", Content(run_words.coming_back(run, practicing=self.app.practicing)))
        if (message := run_words.message(run)) is not None:
            self.say(*message)
        self._show_buttons(run)

    def _write(self, selector: str, text: Content, *, hides: bool = True) -> None:
        """Redraw a line only where its text changes; with `hides` an empty one takes no room."""
        line = self.query_one(selector, Static)
        if str(line.content) != text.plain:
            line.update(text)
        if hides and line.display != bool(text.plain):
            line.display = bool(text.plain)

    def _show_count(self, run: Import) -> None:
        expected = len(run.journal.awaited)
        arrived = min(run.arrived, expected)
        parts = [Part(arrived, self.symbols.full, "$success"), Part(expected - arrived, self.symbols.empty, "$skipped")]
        self.query_one("#run-progress").display = run.begun and run.planned and run.journal.stage is not Stage.STARTING
        self.query_one("#run-bar", Bar).show(parts)
        self._write("#run-count", Content(f"{run.arrived:,} of {flags(expected)}"))

    async def _show_report(self, run: Import) -> None:
        if not self.stands:
            return
        self.query_one("#run-watch").display = False
        self._reported = report_of(run, self.session.forms, self.session.rebuild_records())
        self._show_heading()
        await self.query_one("#run-report", RunReport).show(self._reported)
        self._show_buttons(run)
        self.say("note", "Press w to save the report.")

    async def show_report_again(self) -> None:
        """Draw the report again, after something in its journal changed."""
        run = self.run_
        if run is not None and self._reported is not None:
            await self._show_report(run)
            self.focus_first()

    def _show_buttons(self, run: Import) -> None:
        if not self.stands:
            return
        reporting = self.query_one("#run-report").display
        shown = running.offered(run, reported=reporting)
        for name in running.ACTIONS:
            self.query_one(f"#{name}").display = name in shown
        self.query_one("#next", Plain).rename(self.next_label())

    # --- buttons and keys

    def commands(self) -> Iterable[SystemCommand]:
        """What the keys of this step do, by name."""
        if self.run_ is not None:
            yield SystemCommand("Check now", "r: check progress, or compare again", self.action_look)
            yield SystemCommand("Save the report", "w: HTML, Markdown, JSON, or CSV", self.action_write)
            yield SystemCommand("Open the report in a browser", "b: saves it as HTML first", self.action_browse)
            if self.query("#undo"):
                yield SystemCommand("Undo the import", "You see the list of flags first", self.action_undo)
            if self.run_.over and self.run_.journal.import_keys:
                what = "The key that the wizard created for this import"
                yield SystemCommand("Delete the import key", what, self.action_delete_key)

    @on(Button.Pressed, "#look-now")
    def action_look(self) -> None:
        """Check progress now; after the end, compare again."""
        run = self.run_
        if run is None or not run.begun:
            self.say("note", "The import isn't running.")
        elif run.over:
            self.compare_again()
        elif run.trouble is not None:
            self.go_on_with_it()
        else:
            run.look_now()

    @on(Button.Pressed, "#compare")
    @work(exclusive=True, group="run", exit_on_error=True)
    async def compare_again(self) -> None:
        """Compare the flags as they are now with the plan."""
        if self.run_ is not None:
            await self._compare(self.run_)

    @on(Button.Pressed, "#look-again")
    def _look_again(self, event: Button.Pressed) -> None:
        event.stop()
        self.go_on_with_it()

    @on(Button.Pressed, "#compare-anyway")
    def _compare_anyway(self, event: Button.Pressed) -> None:
        """Compare although its configuration was deleted: no more flags will be imported."""
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
        """Go to Rebuild. While the import runs, only focus Quit: one key press too many must not end the program."""
        if self.next_label() == "Quit":
            self.query_one("#next").focus()
        else:
            self.go_on()

    @on(Button.Pressed, "#next")
    def _pressed_next(self, event: Button.Pressed) -> None:
        """Go to Rebuild, or quit while LaunchDarkly continues the import."""
        event.stop()
        if self.next_label() == "Quit":
            self.app.action_leave()
        else:
            self.go_on()
