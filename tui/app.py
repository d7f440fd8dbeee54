"""The Textual app: theme, global keys, signals, and a safe crash report. It has no step logic and no answers."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.console import Console, RenderableType
from rich.segment import Segments
from rich.text import Text
from textual import events, work
from textual._compositor import CompositorUpdate
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.filter import LineFilter, NoColor
from textual.geometry import Offset
from textual.screen import Screen

from tui.answers import steps
from tui.answers.saved_drafts import Saved
from tui.apply.heads import Head
from tui.manifests.cards import cards
from tui.screens.frame import Frame
from tui.screens.host import Host
from tui.screens.integration import IntegrationScreen
from tui.terminal.canvas import Canvas
from tui.terminal.parser import NextLines
from tui.text import locale
from tui.text.clean import clean
from tui.text.redact import Redactor
from tui.widgets.symbols import ASCII, choose
from tui.widgets.themes import THEMES, choose_theme, styles_dir
from tui.wizard import earlier, preferences
from tui.wizard.options import Options, PracticeServers

if TYPE_CHECKING:
    from textual.command import Provider

    from tui.answers.draft import Draft
    from tui.wizard.practice_folder import PracticeFolder
    from tui.wizard.session import Session


_LATER_STYLES = ("lists", "fields", "plan", "flag", "review", "submit", "run", "dialogs", "rebuild")
"""The style sheets that the first screen doesn't need, in the order that decides which rule wins."""
_NO_COLOR = NoColor()
_LONGEST_KEY = 1.0
"""Seconds after which a key no longer waits for the one before."""


def _actions() -> type[Provider]:
    from tui.screens.actions import ActionsProvider

    return ActionsProvider


class WizardApp(Host):
    """Shows the screen of the draft's step."""

    TITLE = "ld-flag-import"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    COMMANDS: ClassVar[set[Callable[[], type[Provider]]]] = {_actions}  # type: ignore[assignment]
    CSS_PATH: ClassVar[list[str | Path]] = [styles_dir() / "app.tcss"]  # type: ignore[assignment]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2,ctrl+p", "command_palette", "Actions", priority=True, show=False),
        Binding("colon", "command_palette", "Actions", show=False),
        Binding("ctrl+q", "leave", "Leave", priority=True, show=False),
        Binding("ctrl+c", "leave", "Leave", show=False),
        Binding("q", "leave", "Leave", show=False),
        Binding("ctrl+l", "redraw", "Draw again", priority=True, show=False),
    ]

    def __init__(self, options: Options, redactor: Redactor, log: Callable[[str], None] | None = None) -> None:
        super().__init__()
        self._options = options
        self._redactor = redactor
        self._log_line = log
        self._session: Session | None = None
        self._loaded = asyncio.Event()
        self._servers: PracticeServers | None = None
        self._practice: PracticeFolder | None = None
        self.practicing = options.demo
        self._preferences_path = preferences.path(options.environ)
        chosen, self._damaged_settings = preferences.read(self._preferences_path)
        self._instance = chosen.instance
        self._canvas = Canvas()
        self.symbols = choose(options.environ, sys.stdout.encoding, chosen.symbols)
        self.ascii_alone = self.symbols is ASCII and locale.is_plain(locale.chosen(options.environ))
        """The user's locale has no other characters, so borders and scrollbars have none either."""
        self.folder = options.folder
        self.saved: Saved | None = None
        self.runs: tuple[Head, ...] = ()
        self._damaged: list[str] = []
        """Sentences about files of earlier starts that can't be used."""
        self.farewell = ""
        """Printed on the plain screen after quitting."""
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = options.theme or choose_theme(options.environ, chosen.theme)

    def _display(self, screen: Screen[object], renderable: Any) -> None:
        """Write only the cells that changed, and show the cursor in a field. Overrides Textual's own method; a test
        holds its name."""
        at: Offset | None = getattr(self.focused, "cursor_screen_offset", None)
        if at is not None:
            self.cursor_position = at
        if isinstance(renderable, CompositorUpdate):
            renderable = self._canvas.changes(renderable)
        super()._display(screen, renderable)
        if (driver := self._driver) is not None and hasattr(driver, "show_cursor"):
            driver.show_cursor(on=at is not None)

    def on_resize(self) -> None:
        self._canvas.forget()  # terminals move the text when their size changes

    async def on_event(self, event: events.Event) -> None:
        """Let the widget in focus take a key or paste before the next one is looked at, which may be bound to an action
        or change the focus."""
        if isinstance(event, NextLines):
            from tui.widgets.inputs import SecretInput

            if not isinstance(self.focused, SecretInput):
                for key in event.keys:
                    await self.on_event(key)
                return
            event = events.Paste(event.text)  # Textual finds a handler by the name of the class
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded and self.focused is not None:
            taken = asyncio.Event()
            if self.focused.call_later(taken.set):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(taken.wait(), _LONGEST_KEY)
        await super().on_event(event)

    def get_driver_class(self) -> type[Driver]:
        """Textual's driver, on a POSIX terminal with our own reading and writing."""
        if sys.platform == "win32":
            return super().get_driver_class()
        from tui.terminal.driver import TerminalDriver

        return TerminalDriver

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Under NO_COLOR, also remove the colors of Textual's own widgets."""
        filters = super().get_line_filters()
        return [*filters, _NO_COLOR] if self.theme == "mono" else filters

    # --- the walk

    @property
    def session(self) -> Session:
        if self._session is None:
            raise RuntimeError("the session is still being loaded")
        return self._session

    @property
    def draft(self) -> Draft | None:
        return self._session.draft if self._session else None

    @functools.cached_property
    def cards(self) -> list[dict[str, str]]:
        return cards(self._options.manifests)

    @property
    def now(self) -> float:
        return self._options.now()

    async def loaded(self) -> Session:
        await self._loaded.wait()
        return self.session

    def on_load(self) -> None:
        self._catch_signals()

    def get_default_screen(self) -> IntegrationScreen:
        """The first step: no empty screen is styled and laid out before it."""
        self._look_for_earlier()
        screen = IntegrationScreen()
        screen._push_result_callback(self, None)  # private: what pushing does, and switching takes away again
        return screen

    def on_mount(self) -> None:
        self.app_resume_signal.subscribe(self, lambda _: self.action_redraw())  # after Ctrl+Z and `fg`
        self._tell_damaged()
        self.call_after_refresh(self._load)

    def _look_for_earlier(self) -> None:
        """Look for answers and imports of earlier sessions."""
        found = earlier.look(self._folder())
        self.saved, self.runs = found.saved, found.runs
        self._damaged = [*self._damaged_settings, *found.damaged]

    def _folder(self) -> Path | None:
        """The folder of drafts and journals, None if it can't be created. Practice has one of its own."""
        if self.practicing:
            if self._practice is None:
                from tui.wizard.practice_folder import PracticeFolder

                self._practice = PracticeFolder()
            return self._practice.path
        from tui.text.private_files import state_dir

        with contextlib.suppress(OSError):
            return state_dir()
        return None

    def _earlier_runs(self) -> tuple[Head, ...]:
        found, damaged = earlier.runs(self._folder())
        self._damaged += damaged
        return found

    def _tell_damaged(self) -> None:
        """Name the files that can't be used."""
        while self._damaged:
            self.notify(self._damaged.pop(), severity="warning", markup=False, timeout=30)

    @work(exclusive=True, group="load", exit_on_error=True)
    async def _load(self) -> None:
        """After the first paint: read the other style sheets; in a thread import the engine, start the practice
        servers and make the session."""
        self._read_styles()
        if self._practice is not None and self._servers is None:
            start = functools.partial(self._practice.start, self._options.start_practice)
            try:
                self._servers, damaged = await asyncio.to_thread(start)
            except OSError as error:
                self.farewell = f"Can't start the demo servers ({error.strerror}). Nothing was sent."
                self.exit(1)
                return
            self.runs = self._earlier_runs()  # their addresses are new
            if damaged:
                self._damaged.append(damaged)
                self._tell_damaged()
                if isinstance(self.screen, IntegrationScreen):
                    self.switch_screen(IntegrationScreen())  # without imports to resume
        self._session = await asyncio.to_thread(self._build)
        if self._session.keyring is not None:
            self._session.keyring.may_have_written = self.action_redraw
        self._session.context.connections.hold()
        given = self._options.integration
        self._loaded.set()
        if given and given in self._session.forms and isinstance(self.screen, IntegrationScreen):
            self._session.choose(given)
            from tui.answers.changes import go

            self._session.draft = go(self._session.draft, "launchdarkly")
            self.show_step()
        if not gc.isenabled():  # `cli` switched the garbage collector off
            gc.freeze()  # what exists now stays: collecting it would delay a key press
            gc.enable()

    def _read_styles(self) -> None:
        self.stylesheet.read_all([styles_dir() / f"{name}.tcss" for name in _LATER_STYLES])
        self.stylesheet.parse()
        if len(self.screen_stack) > 1:  # a dialog was opened in the meantime; nothing on the first screen needs them
            self.stylesheet.update(self)

    def _build(self) -> Session:
        from tui.wizard import setup

        servers = self._servers if self.practicing else None
        return setup.build(self._options, self._redactor, self._log_line, servers, self._folder(), self._instance)

    def show_step(self, *, at: str = "", message: str = "") -> None:
        from tui.screens.registry import SCREENS

        trouble = self.session.save()
        screen = SCREENS[self.session.draft.step]()
        screen.opens_at, screen.announcement = at, message
        self.switch_screen(screen)
        if trouble:
            self.notify(trouble, severity="warning", markup=False)

    def focus_field(self, key: str) -> None:
        from tui.widgets.field_row import FieldRow

        def focus() -> None:
            for row in self.screen.query(FieldRow):
                if row.key == key:
                    row.control.focus()

        self.call_after_refresh(lambda: self.call_after_refresh(focus))

    def begin_again(self) -> None:
        self._begin(practicing=self.practicing)

    def begin_practice(self) -> None:
        self._begin(practicing=True)

    def reset_practice(self) -> None:
        self._begin(practicing=True, fresh=True)

    @work(exclusive=True, group="leave", exit_on_error=True)
    async def _begin(self, *, practicing: bool, fresh: bool = False) -> None:
        """Start over; ask first if something would be lost, as on quitting. `fresh` deletes all practice imports."""
        from tui.screens.import_key import may_leave

        if fresh:
            await self.loaded()
        if not await may_leave(self, self._session, quits=False):
            return
        if self._session is not None:
            self._session.save()
            self._session.release()
            await self._session.context.connections.release()
        if fresh and self._practice is not None and self._servers is not None:
            await asyncio.to_thread(self._servers.stop)
            self._servers = None
            self._practice.drop()
        self.practicing = practicing
        self._loaded.clear()
        self._session = None
        self._look_for_earlier()
        self.switch_screen(IntegrationScreen())
        self._tell_damaged()
        self.call_after_refresh(self._load)

    # --- leaving

    def action_leave(self) -> None:
        """Quit; ask only if something would be lost."""
        from tui.screens.dialogs import Question
        from tui.screens.import_key import LeaveKeyScreen

        if not isinstance(
            self.screen, Question | LeaveKeyScreen
        ):  # the question is open already; a second one would close the first
            self._leave()

    @work(exclusive=True, group="leave", exit_on_error=True)
    async def _leave(self) -> None:
        from tui.screens.import_key import may_leave

        if not await may_leave(self, self._session):
            return
        if self._session is not None:
            self.farewell = self._session.farewell()
        self.exit(0)

    def _catch_signals(self) -> None:
        """SIGTERM, SIGHUP and SIGINT save the answers and restore the terminal; Textual alone would not."""
        loop = asyncio.get_running_loop()
        for name in ("SIGHUP", "SIGTERM", "SIGINT"):
            number = getattr(signal, name, None)
            if number is not None:
                with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                    loop.add_signal_handler(number, self._ended_by, int(number))

    def _ended_by(self, number: int) -> None:
        if self._session is not None:
            self._session.save()
        self.exit(return_code=128 + number)

    async def on_unmount(self) -> None:
        if self._session is not None:
            self._session.release()
            await self._session.context.connections.release()
        if self._servers is not None:
            await asyncio.to_thread(self._servers.stop)
        if self._practice is not None:
            self._practice.close()

    # --- actions

    def on_command_palette_opened(self) -> None:
        from textual.widgets import Input

        for search in self.screen.query(Input):
            search.cursor_blink = False  # a blinking cursor is output while nothing happens

    def action_redraw(self) -> None:
        """Redraw, after another program wrote over the screen."""
        self._canvas.forget()
        self.screen.refresh(layout=True, repaint=True)
        self.refresh(repaint=True, layout=True)

    def action_command_palette(self) -> None:
        """Open the list of all actions."""
        from textual.command import CommandPalette

        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(placeholder="Search for actions", id="--command-palette"))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """All actions by name, the step's own first. Textual's screenshot is left out: it doesn't hide keys."""
        from tui.screens.step import StepScreen

        if isinstance(screen, Frame):
            yield from screen.commands()
            yield SystemCommand("Next step", "Ctrl+O", screen.action_next)
            if isinstance(screen, StepScreen):
                yield SystemCommand("Back", "F7", screen.action_back)
            if self.practicing:
                yield SystemCommand("Fill in everything", "F4: demo values, up to Plan", screen.action_fill_in)
                yield SystemCommand("Simulate an error", "See how the wizard handles it", screen.action_fault)
            yield SystemCommand("Help", "F1: help for the current field", screen.action_help)
            reached = steps.STEPS[: steps.index(self.draft.furthest) + 1] if self.draft is not None else ()
            for step in reached:
                if step.key != screen.STEP:
                    yield SystemCommand(f"Go to {step.title}", step.purpose, lambda s=step.key: screen.action_goto(s))
            if screen.STEP != "rebuild" and self.draft is not None and self.draft.form is not None:
                what = "Set the rules that imports leave behind, also in flags of another import"
                yield SystemCommand("Rebuild targeting", what, screen.action_rebuild)
            yield SystemCommand("Earlier imports", "Resume, inspect or undo one", self.show_runs)
            yield SystemCommand("Configurations", "Import configurations in your account", self.show_configurations)
        if self.practicing:
            what = "Restore the demo account; its imports are deleted"
            yield SystemCommand("Start fresh", what, self.reset_practice)
        else:
            yield SystemCommand("Practice", "The same steps with demo servers on this machine", self.begin_practice)
        yield SystemCommand("Start over", "First step; your saved answers are offered there", self.begin_again)
        yield SystemCommand("Save a picture of this screen", "SVG, keys hidden", self.action_picture)
        for theme in THEMES:
            yield SystemCommand(f"Theme: {theme.name}", "", lambda name=theme.name: self._take_theme(name))
        yield SystemCommand("Quit", "Ctrl+Q", self.action_leave)

    @work(exclusive=True, group="runs", exit_on_error=True)
    async def show_runs(self) -> None:
        """Show the imports of earlier sessions, and resume the one that is chosen."""
        from tui.screens.import_key import may_leave
        from tui.screens.resume import RunsScreen, resume

        await self.loaded()  # in practice the journals follow the servers first
        self.runs = self._earlier_runs()
        self._tell_damaged()
        head = await self.push_screen_wait(RunsScreen(self.runs))
        if head is None:
            return
        if not await may_leave(self, self._session, quits=False):
            return
        if self._session is not None:
            self._session.save()
        if trouble := await resume(self, head):
            self.notify(trouble, severity="error", markup=False)

    @work(group="browser", exit_on_error=True)
    async def open_page(self, address: str) -> None:
        """Open an address in a browser; show it if there is none here."""
        from tui.wizard.browser import opened

        if await asyncio.to_thread(opened, address, self._options.environ):
            self.notify(f"Opened {address}", markup=False)
        else:
            self.notify(f"No browser here. Open this address: {address}", markup=False, timeout=60)

    def show_configurations(self) -> None:
        """All flag import configurations of the account, over the step."""
        from tui.screens.configurations import ConfigurationsScreen

        self.push_screen(ConfigurationsScreen())

    def _take_theme(self, name: str) -> None:
        """Use a theme, now and at later starts."""
        self.theme = name
        if name not in preferences.THEMES or self._preferences_path is None:
            return
        try:
            preferences.remember_theme(self._preferences_path, name)
        except (OSError, UnicodeDecodeError):
            self.notify(f"Can't write {self._preferences_path}. The theme is used until you quit.", markup=False)

    def action_picture(self) -> None:
        """Save the screen as an SVG in the folder the program was started in, without any key."""
        from tui.text.private_files import write_private
        from tui.widgets.field_row import FieldRow

        for row in self.screen.query(FieldRow):
            row.hide_end()
        self.call_after_refresh(self._write_picture, write_private)

    def _write_picture(self, write: Callable[[Path, str], None]) -> None:
        from tui.text.private_files import unused

        path = unused(self.folder, "ld-flag-import.svg")
        try:
            write(path, self._redactor(self.export_screenshot()))
        except OSError as error:
            self.notify(f"Can't save the picture ({error.strerror}).", severity="warning", markup=False)
        else:
            self.notify(f"Saved {path}. Keys are hidden in it.", markup=False)

    # --- a crash

    def _fatal_error(self) -> None:
        """Textual's own report prints every local variable, keys included. This one has none, and is redacted.

        Overrides a private method of Textual: the version is pinned, and a test holds it.
        """
        self.bell()
        self._tell("".join(traceback.format_exception(*sys.exc_info())))

    def panic(self, *renderables: RenderableType) -> None:
        """Replace Textual's report of an error, also of its input thread, by a redacted one."""
        self._return_code = 1
        if sys.exc_info()[0] is not None:
            self._fatal_error()
            return
        drawn = Console(file=StringIO(), width=10_000, color_system=None)  # a broken line could hide a key
        with drawn.capture() as captured:
            drawn.print(*renderables)
        self._tell(captured.get())

    def _tell(self, report: str) -> None:
        """Print the first report after the wizard closes. Later ones are mostly its consequences."""
        saved, made = False, ""
        if self._session is not None:
            with contextlib.suppress(Exception):
                saved = not self._session.save()
                made = self._session.made()
        kept = "Your answers are saved. Start again to continue." if saved else ""
        said = " ".join(filter(None, ("ld-flag-import failed. This is a bug.", made, kept)))
        text = f"{said} The report below contains no keys.\n\n{clean(self._redactor.foreign(report), multiline=True)}"
        if not self._exit_renderables:
            self._exit_renderables.append(Segments(self.console.render(Text(text), self.console.options)))
        self._close_messages_no_wait()


def run(options: Options, redactor: Redactor, log: Callable[[str], None] | None = None) -> int:
    """Run the wizard in this terminal. Returns the exit code of contract: 0, 1, 129, 130 or 143."""
    os.environ.pop("NO_COLOR", None)  # the theme obeys it; Textual would turn colors of its own into black and gray
    app = WizardApp(options, redactor, log)
    result = app.run(mouse=not os.environ.get("LDFI_NO_MOUSE"))
    if app.farewell:
        print(app.farewell)
    return result if result is not None else (app.return_code or 0)
