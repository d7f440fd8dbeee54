"""What the user can do with an import: start it again, replace a key, undo it, save its report."""

from __future__ import annotations

from pathlib import Path

from textual import on, work
from textual.widgets import Button

from tui.apply.engine import Import
from tui.configurations.listing import Account
from tui.launchdarkly.models import Configuration
from tui.net.errors import Failure
from tui.net.events import Pausing, ProgressEvent
from tui.report.sections import LISTS, list_text
from tui.report.words import to_come
from tui.screens.configuration_edit import EditScreen
from tui.screens.dialogs import Question, TextScreen
from tui.screens.import_key import CreateKeyScreen
from tui.screens.step import StepScreen
from tui.screens.token import TokenScreen
from tui.screens.undo import UndoScreen
from tui.screens.write import WriteScreen
from tui.wizard import import_key, import_key_words, remedies, run_words, saving
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
        there = await self._configuration(run)
        if there is None:
            return
        account = Account(run.instance, run.bag, run.context)
        screen = EditScreen(self.session, account, there, (), keys_alone=True)
        changed = await self.app.push_screen_wait(screen)
        self.say(*(import_key_words.REPLACED if changed else ("note", "")))

    async def _configuration(self, run: Import) -> Configuration | None:
        """Read the import's configuration; None, with the reason on the message line, if it can't be read."""
        self.say("note", "Reading the configuration ...")
        try:
            async with run.record.launchdarkly() as ld:
                return await run.record.configuration(ld)
        except Failure as failure:
            self.say("problem", remedies.sentence(failure))
            return None

    # --- import keys that the wizard created

    @on(Button.Pressed, "#delete-key")
    def _pressed_delete_key(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_delete_key()

    @work(exclusive=True, group="deed", exit_on_error=True)
    async def action_delete_key(self) -> None:
        """Ask, and delete an import key that the wizard created."""
        run = self.run_
        key = import_key.to_delete(run) if run is not None else None
        if run is None or key is None:
            self.say("note", import_key_words.NONE_CREATED)
            return
        title, text = import_key_words.delete_question(key)
        if not await self.app.push_screen_wait(Question(title, text, yes="Delete", no="No")):
            return
        self.say("note", import_key_words.DELETING)
        try:
            there = await import_key.keys_of_run(self.session, run).delete(key).finish(self._show_pause)
        except Failure as failure:
            self.say("problem", remedies.sentence(failure))
            return
        await self.show_report_again()
        stored = import_key.is_stored(self.session)
        self.say("ok", import_key_words.deleted(key, there=there, stored=stored))

    @on(Button.Pressed, "#wider-key")
    @work(exclusive=True, group="deed", exit_on_error=True)
    async def _wider_key(self, event: Button.Pressed) -> None:
        """Create a key with more rights, and replace the narrow one in the configuration."""
        event.stop()
        run = self.run_
        if run is None or (there := await self._configuration(run)) is None:
            return
        keys = import_key.keys_of_run(self.session, run)
        screen = CreateKeyScreen(keys, import_key.wider(run), self.symbols, import_key.earlier_wide(run))
        created = await self.app.push_screen_wait(screen)
        if created is None or created.value is None:
            await self.show_report_again()
            return
        field, account = import_key.field_of(self.session, run), Account(run.instance, run.bag, run.context)
        filled = {field: created.value}
        edit = EditScreen(self.session, account, there, (), keys_alone=True, filled=filled)
        changed = await self.app.push_screen_wait(edit)
        try:
            import_key.settle_wider(self.session, run, created, changed=bool(changed))
        except Failure as failure:
            self.say("problem", remedies.sentence(failure))
            return
        await self.show_report_again()
        self.say(*(import_key_words.REPLACED if changed else import_key_words.NOT_USED))

    def _show_pause(self, event: ProgressEvent) -> None:
        if isinstance(event, Pausing):
            self.say("warning", event.words)

    async def show_report_again(self) -> None:
        """Draw the report again, after something in its journal changed."""
        raise NotImplementedError

    # --- reading and writing

    @on(Button.Pressed, "#run-report Plain")
    def _list(self, event: Button.Pressed) -> None:
        key = (event.button.id or "").removeprefix("list-")
        if self.run_ is None or key not in LISTS:
            return
        event.stop()
        self.app.push_screen(
            TextScreen(*list_text(report_of(self.run_, self.session.forms, self.session.rebuild_records()), key))
        )

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
