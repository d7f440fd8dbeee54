"""What may be done with an import that has run: start it again, replace a key, undo it, write its report."""

from __future__ import annotations

from textual import on, work
from textual.widgets import Button

from tui.apply.engine import Import
from tui.configurations.listing import Account
from tui.net.errors import Failure
from tui.report.documents import ReportFormat, file_name, save
from tui.report.sections import LISTS, list_text
from tui.report.words import to_come
from tui.screens.configuration_edit import EditScreen
from tui.screens.dialogs import Question, TextScreen
from tui.screens.step import StepScreen
from tui.screens.token import TokenScreen
from tui.screens.undo import UndoScreen
from tui.screens.write import FileKind, WriteScreen
from tui.wizard import remedies
from tui.wizard.outcomes import report_of


class RunDeeds(StepScreen):
    """A subclass shows the import, and goes on with it by `go_on_with_it`."""

    @property
    def run_(self) -> Import | None:
        return self.session.run

    def go_on_with_it(self, *, start: bool = False) -> object:
        """From where it stands; with `start` it is started first."""
        raise NotImplementedError

    def compare_again(self) -> object:
        """Hold what is there now against the plan."""
        raise NotImplementedError

    # --- starting

    @on(Button.Pressed, "#start, #again")
    @work(exclusive=True, group="deed", exit_on_error=True)
    async def _start(self, event: Button.Pressed) -> None:
        """Ask with project and count; then start."""
        event.stop()
        run = self.run_
        if run is None:
            return
        again = event.button.id == "again"
        project, number = run.journal.identity.project, len(run.journal.awaited)
        missing = to_come(run.journal, run.verification)
        if again:
            count = "1 flag is" if missing == 1 else f"{missing:,} flags are"
            text = f"{count} missing. A second start skips those that exist by then, and brings the rest."
        elif run.planned:
            text = f"{number:,} flags are planned to arrive, all of them off. It cannot be stopped once it runs."
        else:
            text = "Nobody planned what it brings. It cannot be stopped once it runs."
        title = f"Start the import into {project}{' again' if again else ''}?"
        if not await self.app.push_screen_wait(Question(title, text, yes="Start", no="No")):
            return
        try:
            if again:
                run.once_more()
        except Failure as failure:
            self.say("problem", remedies.sentence(failure))
            return
        self.go_on_with_it(start=True)

    # --- keys

    @on(Button.Pressed, "#token")
    @work(exclusive=True, group="deed", exit_on_error=True)
    async def _other_token(self, event: Button.Pressed) -> None:
        event.stop()
        if await self.app.push_screen_wait(TokenScreen(self.session, "Another token")):
            self.go_on_with_it()

    @on(Button.Pressed, "#replace, #replace-key")
    @work(exclusive=True, group="deed", exit_on_error=True)
    async def _replace_key(self, event: Button.Pressed) -> None:
        event.stop()
        run = self.run_
        if run is None:
            return
        self.say("note", "Reading the configuration ...")
        account = Account(run.instance, run.bag, run.context)
        try:
            async with run.record.launchdarkly() as ld:
                there = await run.record.configuration(ld)
        except Failure as failure:
            self.say("problem", remedies.sentence(failure))
            return
        screen = EditScreen(self.session, account, there, (), keys_alone=True)
        changed = await self.app.push_screen_wait(screen)
        said = ("ok", "The key was replaced. Start again brings what is missing.") if changed else ("note", "")
        self.say(*said)

    # --- reading and writing

    @on(Button.Pressed, "#run-report Plain")
    def _list(self, event: Button.Pressed) -> None:
        key = (event.button.id or "").removeprefix("list-")
        if self.run_ is None or key not in LISTS:
            return
        event.stop()
        self.app.push_screen(TextScreen(*list_text(report_of(self.run_, self.session.forms), key)))

    @on(Button.Pressed, "#write")
    def action_write(self) -> None:
        """Write the report; before the end it says that nobody has compared yet."""
        if self.run_ is not None:
            write_report(self, self.run_)

    def action_copy_id(self) -> None:
        """The configuration's id to the terminal's clipboard; it also stands on the screen."""
        if self.run_ is not None:
            self.app.copy_to_clipboard(self.run_.journal.configuration)
            self.say("ok", "The id was sent to your terminal's clipboard; not every terminal takes it.")

    # --- undoing

    @on(Button.Pressed, "#undo")
    @work(exclusive=True, group="deed", exit_on_error=True)
    async def _undo(self, event: Button.Pressed) -> None:
        event.stop()
        if self.run_ is None:
            return
        changed: bool | None = await self.app.push_screen_wait(UndoScreen(self.run_))
        if changed:
            self.compare_again()


def write_report(screen: RunDeeds, run: Import) -> None:
    """Ask in which form, write beside where the program was started, and tell what became of it."""
    told = report_of(run, screen.session.forms)

    def write(kind: str | None) -> None:
        if kind is None:
            return
        try:
            path = save(told, screen.app.folder, _KINDS[kind], run.context.redactor)
        except OSError as error:
            screen.say("problem", f"It could not be written ({error.strerror}). Start the wizard in a folder of yours.")
        else:
            screen.session.saved_report = str(path)
            screen.say("ok", f"Saved {path.name}; it holds no key.")

    kinds = [FileKind(kind, words, f"{file_name(told, kind)}\n  {what}") for kind, words, what in _FORMS]
    screen.app.push_screen(WriteScreen("Write the report to a file", kinds), write)


_FORMS: tuple[tuple[ReportFormat, str, str], ...] = (
    ("html", "HTML", "to read in a browser, print and pass on; one file, nothing is loaded"),
    ("md", "Markdown", "the same for a wiki or a ticket"),
    ("json", "JSON", "the same for programs"),
)
_KINDS: dict[str, ReportFormat] = {kind: kind for kind, _, _ in _FORMS}
