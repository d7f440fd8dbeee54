"""The frame all steps share: route, stepper, the step itself, message line, buttons, keys."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual import getters, on, work
from textual.actions import SkipAction
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from tui.flagimport import steps, walk
from tui.flagimport.finding import Level
from tui.net.events import Connected, Pausing
from tui.net.times import moment
from tui.screens.help import HelpScreen, field_help, step_help
from tui.screens.host import Host
from tui.widgets.buttons import Plain
from tui.widgets.field_row import FieldRow
from tui.widgets.symbols import Symbols, sentence

if TYPE_CHECKING:
    from textual.worker import WorkType

    from tui.flagimport.session import Session

_KEYS = "Enter take   Ctrl+O next   Esc back   F1 Ctrl+G help   F2 actions   Ctrl+Q leave"


class StepScreen(Screen[None]):
    """One step. A subclass gives `STEP`, and composes what stands between the stepper and the message line."""

    STEP: ClassVar[str]
    KEYS: ClassVar[str] = _KEYS
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-normal")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]  # noqa: RUF012
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+o,f8", "next", "Next step", priority=True, show=False),
        Binding("f7", "back", "Back", priority=True, show=False),
        Binding("escape", "focus_back", "Back", show=False),
        Binding("f1,ctrl+g", "help", "Help", priority=True, show=False),
        Binding("question_mark", "help", "Help", show=False),
        Binding("up,shift+tab", "app.focus_previous", show=False),
        Binding("down,tab", "app.focus_next", show=False),
        # In a field these act before the next key or paste is looked at: typed ahead, a key pasted after Tab
        # would otherwise land in the field before, in plain sight.
        Binding("enter", "take", priority=True, show=False),
        Binding("tab,down", "field_next", priority=True, show=False),
        Binding("shift+tab,up", "field_previous", priority=True, show=False),
    ]
    app = getters.app(Host)

    def __init__(self) -> None:
        super().__init__(classes=f"step-{self.STEP}")  # no id: a step may take the place of itself
        self._said: Content | None = None
        self._held: Session | None = None
        self._going = False
        """`next` was pressed while a check was due: go on when it has answered."""

    # --- frame

    @property
    def session(self) -> Session:
        """The session this screen was made for; the app may have begun another one meanwhile."""
        if self._held is None:
            self._held = self.app.session
        return self._held

    @property
    def symbols(self) -> Symbols:
        return self.app.symbols

    def compose(self) -> ComposeResult:
        with Horizontal(id="top"):
            yield Static(self._title_line(), id="app-name", markup=False)
            yield Static(self._route(), id="route", markup=False)
        yield Static(self._stepper(), id="stepper", markup=False)
        with VerticalScroll(id="body", can_focus=False):
            yield from self.compose_step()
        yield Static("", id="message", markup=False)
        with Horizontal(id="buttons"):
            if steps.before(self.STEP) is not None:
                yield Plain("Back", id="back")
            yield Plain(self.next_label(), id="next")
            yield from self.compose_buttons()
        yield Static(Content(self.KEYS), id="keys", markup=False)

    def compose_step(self) -> ComposeResult:
        """The step itself."""
        yield from ()

    def compose_buttons(self) -> ComposeResult:
        """Buttons beside `back` and `next`; in practice, the ones that fill in and break things."""
        if self.app.practising and walk.fields(self.app.draft, self.STEP):
            yield Plain("Fill in", id="fill-in")
        if self.app.practising:
            yield Plain("Rehearse a fault", id="fault")

    def next_label(self) -> str:
        """The words on `next`: where it leads."""
        ahead = walk.following(self.app.draft)
        return f"Next: {ahead.title}" if ahead else "Done"

    def _title_line(self) -> Content:
        if self.app.practising:
            return Content.styled(" PRACTICE ", "$practice-foreground on $practice-background bold") + Content(" ")
        return Content("ld-flag-import")

    def _route(self) -> Content:
        origin, target = walk.route(self.app.draft)
        if not origin:
            return Content("nothing chosen yet")
        arrow = f" {self.symbols.arrow} "
        whole = arrow.join((origin, target or "LaunchDarkly"))
        room = self.size.width - 16
        return Content(whole if len(whole) <= room else arrow.join((origin, target.removeprefix("LaunchDarkly "))))

    def _stepper(self) -> Content:
        at = steps.index(self.STEP)
        if self.has_class("-narrow"):
            return Content(f"Step {at + 1} of {len(steps.STEPS)}: {steps.STEPS[at].title}")
        done = steps.index(self.app.draft.furthest)
        cells = [Content(f"{at + 1}/{len(steps.STEPS)}")]
        for i, each in enumerate(steps.STEPS):
            if i == at:
                cells.append(Content.styled(f"{self.symbols.focus}{each.title}", "reverse"))
            elif i <= done:
                well = (i < done or i < at) and not walk.problems(self.app.draft, each.key)
                tick = Content.styled(self.symbols.ok, "$success") if well else Content(self.symbols.note)
                cells.append((tick + Content(each.title)).stylize(f"@click=screen.goto('{each.key}')"))
            else:
                cells.append(Content(f"{self.symbols.note}{each.title}"))
        return Content(" ").join(cells)

    async def on_mount(self) -> None:
        self.summarize()
        await self.opened()
        self.call_after_refresh(self._focus_first_here)

    def _focus_first_here(self) -> None:
        if self.is_attached:  # a hurried person may have gone on already
            self.focus_first()

    async def opened(self) -> None:
        """The step is on the screen."""

    def on_resize(self) -> None:
        self.call_after_refresh(self._restep)

    def _restep(self) -> None:
        if self.is_attached:
            self.query_one("#stepper", Static).update(self._stepper())
            self.query_one("#route", Static).update(self._route())

    def focus_first(self) -> None:
        """Focus the first field that is not answered well, never `next`."""
        open_keys = {f.field for f in walk.problems(self.session.draft, self.STEP)}
        rows = list(self.query(FieldRow))
        row = next((r for r in rows if r.key in open_keys), next(iter(rows), None))
        if row is not None:
            row.control.focus()

    def refresh_frame(self) -> None:
        """The draft has changed: top line, `next` and message line follow."""
        self._restep()
        self.query_one("#next", Plain).rename(self.next_label())
        self.summarize()

    def refresh_rows(self) -> None:
        """The draft has changed under the fields."""
        for row in self.query(FieldRow):
            row.refresh_from_draft()
        self.refresh_frame()

    # --- message line

    def say(self, level: str, text: str) -> None:
        """Write the message line, if it says something else."""
        said = sentence(self.symbols, level, text) if text else Content("")
        if said != self._said:
            self._said = said
            self.set_class(bool(text), "speaking")
            self.query_one("#message", Static).update(said, layout=False)

    def summarize(self) -> None:
        """Problems first, then what is still to fill in, then warnings, in the message line."""
        told = walk.summary(self.app.draft, self.STEP)
        self.say(told.level, told.text)

    # --- fields

    @on(FieldRow.Edited)
    def _edited(self, event: FieldRow.Edited) -> None:
        self._going = False
        self.summarize()

    @on(FieldRow.Left)
    def _left(self, event: FieldRow.Left) -> None:
        self.refresh_frame()
        self._check_what_is_due()

    def _check_what_is_due(self) -> None:
        """An answer may be what the check of another field was waiting for; the one being typed is left alone."""
        row = self._row_of(self.focused)
        for each in walk.fields(self.session.draft, self.STEP):
            if row is None or each.key != row.key:
                self.begin_check(each.key)

    def hold_back(self) -> None:
        """Somebody types: nothing may move the focus away now."""
        self._going = False

    def action_take(self) -> None:
        """Enter takes the answer, has it checked, and goes to the next field; after the last, to `next`."""
        self._in_field()
        rows = list(self.query(FieldRow))
        at = next((i for i, row in enumerate(rows) if row.control is self.focused), len(rows))
        if at < len(rows):
            if self._plainly_wrong(rows[at]):
                return
            self.begin_check(rows[at].key, again=True)
        self.set_focus(rows[at + 1].control if at + 1 < len(rows) else self.query_one("#next"))

    def _plainly_wrong(self, row: FieldRow) -> bool:
        """A key that is known to be wrong without asking: stay, so that the next paste takes its place."""
        control = row.control
        key = row.variable.secret and isinstance(control, Input)
        wrong = key and any(f.level is Level.PROBLEM for f in walk.findings(self.session.draft, row.key))
        if wrong and isinstance(control, Input) and row.key not in self.session.draft.checks:
            row.show(settled=True)
            control.action_select_all()
            return True
        return False

    def action_field_next(self) -> None:
        """From a field to the next control."""
        self._in_field()
        self.focus_next()

    def action_field_previous(self) -> None:
        """From a field to the control before."""
        self._in_field()
        self.focus_previous()

    def _in_field(self) -> None:
        if not isinstance(self.focused, Input):
            raise SkipAction

    def begin_check(self, key: str, *, again: bool = False) -> bool:
        """Ask the server about a field, if there is something to ask. True if a check is under way."""
        if not self.session.due(key, again=again):
            return False
        self.session.ask_again(key)
        asking = cast("WorkType[None]", partial(self._check, key))  # a coroutine is made only if it begins
        self.run_worker(asking, group=f"check-{key}", exclusive=True, exit_on_error=True)
        return True

    async def _check(self, key: str) -> None:
        row = next((r for r in self.query(FieldRow) if r.key == key), None)
        if row is not None:
            row.busy("checking ...")
        try:
            async for event in self.session.check(key):
                if row is not None and isinstance(event, Connected):
                    row.busy(f"checking, connected to {event.host} ...")
                elif isinstance(event, Pausing):
                    self.say(
                        "warning",
                        f"A pause was asked for ({event.limit}): going on at {moment(event.until)}.",
                    )
        finally:
            if row is not None and row.is_attached:
                row.busy("")
        if self.is_attached:
            self.refresh_rows()
            await self.checked(key)
            self._maybe_go_on()

    async def checked(self, key: str) -> None:
        """A check has put its result into the draft."""

    def _maybe_go_on(self) -> None:
        """Go on by itself, unless a dialog is open above, or something is still being asked, or is not well."""
        if not self._going or self.app.screen is not self:
            return
        if any(self.session.due(v.key) for v in walk.fields(self.session.draft, self.STEP)):
            return
        self._going = False  # whoever typed meanwhile has taken it back already
        if not self.stopped_by_problem():
            self.go_on()

    def on_screen_resume(self) -> None:
        """A dialog above has closed."""
        if self._held is not None:
            self._maybe_go_on()

    # --- going on

    @on(Button.Pressed, "#next")
    def _pressed_next(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_next()

    @on(Button.Pressed, "#back")
    def _pressed_back(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_back()

    def action_next(self) -> None:
        """Go on; or say what is missing and go there; or check first and then go on."""
        fields = walk.fields(self.session.draft, self.STEP)
        due = [v.key for v in fields if not self._going and self.session.due(v.key, again=True)]
        for key in due:
            self.session.ask_again(key)  # a check that failed before may do better now
        if self.stopped_by_problem():
            return
        if due:
            self._going = True
            for key in due:
                self.begin_check(key)
            self.say("note", "Checking first, then going on by itself. Press again to go on without the answer.")
            return
        self._going = False
        self.go_on()

    def stopped_by_problem(self) -> bool:
        """Say what is missing on this step, and go there."""
        problems = walk.problems(self.session.draft, self.STEP)
        if not problems:
            return False
        self._going = False
        self.session.draft = walk.touch(self.session.draft, self.STEP)
        self.refresh_rows()
        row = next((r for r in self.query(FieldRow) if r.key == problems[0].field), None)
        if row is not None:
            row.control.focus()
            row.scroll_visible()
        return True

    def go_on(self) -> None:
        """To the next step."""
        self.session.draft = walk.next_step(self.session.draft)
        self.app.show_step()

    def action_back(self) -> None:
        """To the step before; all answers are kept."""
        self.session.draft = walk.back(self.session.draft)
        self.app.show_step()

    def action_focus_back(self) -> None:
        """Esc alone never leaves a step: an arrow key that arrives in two pieces looks like it."""
        for button in self.query("#back").results(Plain):
            button.focus()

    def action_goto(self, step: str) -> None:
        """To a step that was already reached."""
        if steps.index(step) <= steps.index(self.app.draft.furthest):
            self.session.draft = walk.go(self.session.draft, step)
            self.app.show_step()

    # --- help and practice

    def commands(self) -> Iterable[SystemCommand]:
        """Actions of this step alone, for the list of all actions."""
        return ()

    def action_help(self) -> None:
        """The page about the field at the cursor, or about the step."""
        row = self._row_of(self.focused)
        page = field_help(row.variable) if row else step_help(self.STEP)
        self.app.push_screen(HelpScreen(page))

    def _row_of(self, widget: Widget | None) -> FieldRow | None:
        return next((a for a in widget.ancestors_with_self if isinstance(a, FieldRow)), None) if widget else None

    @on(Button.Pressed, "#fill-in")
    def _fill_in(self, event: Button.Pressed) -> None:
        event.stop()
        self.session.fill_practice(self.STEP)
        self.refresh_rows()
        for each in walk.fields(self.session.draft, self.STEP):
            self.begin_check(each.key)
        self.query_one("#next").focus()

    @on(Button.Pressed, "#fault")
    @work
    async def _choose_fault(self, event: Button.Pressed) -> None:
        event.stop()
        from tui.screens.faults import FaultScreen

        practice = (await self.app.loaded()).practice
        if practice is None:
            return
        name = await self.app.push_screen_wait(FaultScreen(practice.faults, self.symbols))
        if name is not None:
            practice.set_fault(name or None)
            title = next((fault.title for fault in practice.faults if fault.name == name), name)
            self.say("warning" if name else "ok", f"Fault armed: {title}." if name else "All faults are off.")
