"""What the user can do with an import: start it again, replace a key, undo it, save its report."""

from __future__ import annotations

from pathlib import Path

from textual import on, work
from textual.widgets import Button

from tui.apply.engine import Import
from tui.configurations.listing import Account
from tui.net.errors import Failure
from tui.report.sections import LISTS, list_text
from tui.report.words import to_come
from tui.screens.configuration_edit import EditScreen
from tui.screens.dialogs import Question, TextScreen
from tui.screens.step import StepScreen
from tui.screens.token import TokenScreen
from tui.screens.undo import UndoScreen
from tui.screens.write import WriteScreen
from tui.wizard import remedies, run_words, saving
from tui.wizard.outcomes import report_of


class RunDeeds(StepScreen):
    """A subclass shows the import, and continues it with `go_on_with_it`."""

    @property
    def run_(self) -> Import | None:
        return self.session.run

    def go_on_with_it(self, *, start: bool = False) -> object:
        """Continue the import; with `start` it is started first."""
        raise NotImplementedError

    def compare_again(self) -> object:
        """Compare the flags as they are now with the plan."""
        raise NotImplementedError

    # --- starting

    @on(Button.Pressed, "#start, #again")
    @work(exclusive=True, group="deed", exit_on_error=True)
    async def _start(self, event: Button.Pressed) -> None:
        """Ask with project and count, then start."""
        event.stop()
        run = self.run_
        if run is None:
            return
        again = event.button.id == "again"
        title, text = run_words.start_question(run, to_come(run.journal, run.verification), again=again)
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
        if await self.app.push_screen_wait(TokenScreen(self.session, "Use another token")):
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
        said = ("ok", "Key replaced. Start again to import the missing flags.") if changed else ("note", "")
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
        """Save the report. Before the end it says that nothing was compared yet."""
        if self.run_ is not None:
            write_report(self, self.run_)

    def action_browse(self) -> None:
        """Save the report as HTML, and open it in a browser."""
        if self.run_ is not None and (path := save_report(self, self.run_, "html")) is not None:
            self.app.open_page(path.absolute().as_uri())

    def action_copy_id(self) -> None:
        """Send the configuration's ID to the terminal's clipboard."""
        if self.run_ is not None:
            self.app.copy_to_clipboard(self.run_.journal.configuration)
            self.say("ok", f"Sent {self.run_.journal.configuration} to your clipboard. Some terminals ignore it.")

    # --- undoing

    @on(Button.Pressed, "#undo")
    @work(exclusive=True, group="deed", exit_on_error=True)
    async def action_undo(self) -> None:
        """List the flags that this import created, and archive or delete them on request."""
        if self.run_ is None:
            return
        changed: bool | None = await self.app.push_screen_wait(UndoScreen(self.run_))
        if changed:
            self.compare_again()


def write_report(screen: RunDeeds, run: Import) -> None:
    """Ask for the format, save the report in the folder the wizard was started in, and show the result."""

    def write(kind: str | None) -> None:
        if kind is not None:
            save_report(screen, run, kind)

    kinds = saving.report_kinds(screen.session, run, screen.app.folder)
    screen.app.push_screen(WriteScreen("Save the report", kinds), write)


def save_report(screen: RunDeeds, run: Import, kind: str) -> Path | None:
    """Save the report in the folder the wizard was started in, and show the result. Returns its file, None on
    failure."""
    try:
        path = saving.save_report(screen.session, run, screen.app.folder, kind)
    except OSError as error:
        screen.say("problem", saving.not_saved(error))
        return None
    screen.say("ok", saving.saved(path, screen.app.size.width, screen.symbols.cut))
    return path
