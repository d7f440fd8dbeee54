"""The frame all steps share: route, stepper, the step itself, message line, buttons, keys.

The first screen is painted by this and `integration` alone: what needs an answer is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import getters, on, work
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Button, Static

from tui.answers import steps
from tui.screens.host import Host
from tui.widgets.buttons import Plain
from tui.widgets.help_pane import HelpPane
from tui.widgets.key_line import KeyHints, key_line
from tui.widgets.moving import ScrollingBody
from tui.widgets.symbols import Symbols, sentence
from tui.widgets.top_line import TopLine

if TYPE_CHECKING:
    from tui.wizard.help import HelpPage
    from tui.wizard.session import Session

_KEYS = (
    ("Enter", "accept"),
    ("Ctrl+O", "next"),
    ("Esc", "to Back"),
    ("F1", "help"),
    ("F2", "actions"),
    ("Ctrl+Q", "quit"),
)


_STEPPER_MARGINS = 2
_LEAST_WIDTH, _LEAST_HEIGHT = 60, 16
"""In a smaller window the user is asked to enlarge it."""
_NORMAL = 80
_WIDE = 110
"""The columns from which on the help pane is shown."""


class Frame(Screen[None]):
    """A step's frame. A subclass sets `STEP`, and composes what is between the stepper and the message line."""

    STEP: ClassVar[str]
    KEYS: ClassVar[KeyHints] = _KEYS
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_NORMAL, "-normal"), (_WIDE, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall"), (36, "-roomy")]  # noqa: RUF012
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,shift+tab", "app.focus_previous", show=False),
        Binding("down,tab", "app.focus_next", show=False),
        Binding("ctrl+o,f8", "next", "Next step", priority=True, show=False),
        Binding("f1,ctrl+g", "help", "Help", priority=True, show=False),
        Binding("f4", "fill_in", "Fill in everything", priority=True, show=False),
        Binding("question_mark", "help", "Help", show=False),
    ]
    app = getters.app(Host)

    def __init__(self) -> None:
        super().__init__(classes=f"step-{self.STEP}")  # no id: a step may take the place of itself
        self.opens_at = ""
        """The part of the step to open; "" for the usual one."""
        self.announcement = ""
        """A message for the opening of the step; it stays until the user does something."""
        self._said: Content | None = None
        self._held: Session | None = None

    @property
    def session(self) -> Session:
        """The session this screen was opened with; the app may have another one by now."""
        if self._held is None:
            self._held = self.app.session
        return self._held

    @property
    def symbols(self) -> Symbols:
        return self.app.symbols

    def compose(self) -> ComposeResult:
        yield TopLine(self._routes(), practice=self.app.practicing)
        yield Static(self._stepper(), id="stepper", markup=False)
        with Horizontal(id="main"):
            with ScrollingBody(id="body", can_focus=False):
                yield Static(Content(self.heading()), id="heading", markup=False)
                yield Static(Content(self.purpose()), id="purpose", markup=False)
                yield from self.compose_step()
            if self.app.size.width >= _WIDE:
                yield HelpPane()
        yield Static("", id="message", markup=False)
        with Horizontal(id="buttons"):
            if steps.before(self.STEP) is not None:
                yield Plain("Back", id="back")
            yield Plain(self.next_label(), id="next")
            yield from self.compose_buttons()
        self._keys = self._key_line()
        yield Static(self._keys, id="keys", markup=False)

    def heading(self) -> str:
        """Return the title above the step."""
        return steps.step(self.STEP).heading

    def purpose(self) -> str:
        """Return the sentence below the title."""
        return steps.step(self.STEP).purpose

    def key_hints(self) -> KeyHints:
        """Return the keys at the foot, for the widget that has the focus."""
        return self.KEYS

    def compose_step(self) -> ComposeResult:
        """Compose the step itself."""
        yield from ()

    def compose_buttons(self) -> ComposeResult:
        """Compose buttons beside `back` and `next`; in practice, the one that simulates errors."""
        if self.app.practicing:
            yield Plain("Simulate an error", id="fault")

    def next_label(self) -> str:
        """Return the label of `next`: where it leads."""
        return "Next"

    def _routes(self) -> tuple[Content, ...]:
        """Return the route in ever shorter forms; all of them have the project."""
        draft = self.app.draft
        if draft is None or draft.form is None:
            return (Content(""),)
        from tui.answers.draft import route, value

        origin, target = route(draft)
        project = value(draft, "project")
        if not project:
            return (Content(f"{origin} {self.symbols.arrow} {target or 'LaunchDarkly'}"), Content(origin))
        account = "LaunchDarkly " if self.app.practicing else target.removesuffix(project)
        heads = (
            f"{origin} {self.symbols.arrow} {account}",
            f"{origin} {self.symbols.arrow} {account.removeprefix('LaunchDarkly ')}",
            f"{draft.form.title} {self.symbols.arrow} {account.removeprefix('LaunchDarkly ')}",
            f"{self.symbols.arrow} ",
        )
        return tuple(Content(head) + Content.styled(project, "bold") for head in heads)

    def _stepper(self) -> Content:
        at = steps.index(self.STEP)
        if self.has_class("-narrow"):
            return self._short_stepper(at)
        draft = self.app.draft
        furthest = steps.index(draft.furthest) if draft is not None else 0
        done = self._done(furthest)
        reached = furthest if draft is not None else -1
        titles = [self._step_title(i, at, done, reached) for i in range(len(steps.STEPS))]
        room = self.app.size.width - _STEPPER_MARGINS
        for i in (i for i in range(min(done, len(titles))) if i != at):
            if Content(" ").join(titles).cell_length > room:
                titles[i] = self._step_title(i, at, done, reached, short=True)
        if Content(" ").join(titles).cell_length > room:
            titles = [self._step_title(i, at, done, reached, short=True, gap="") for i in range(len(titles))]
        return Content(" ").join(titles)

    def _step_title(self, i: int, at: int, done: int, reached: int, *, short: bool = False, gap: str = " ") -> Content:
        """A step in the stepper. A done one is a tick alone if `short`; `gap` is between a symbol and its title."""
        step, s = steps.STEPS[i], self.symbols
        if i == at:
            return Content.styled(f"{s.current} {step.title}", "bold $primary")
        mark = Content.styled(s.ok, "$success") if i < done and i <= reached else Content(s.open)
        title = mark if short and i < done else mark + Content.styled(f"{gap}{step.title}", "$muted")
        return title.stylize(f"@click=screen.goto('{step.key}')") if i <= reached else title.stylize("$muted")

    def _done(self, furthest: int) -> int:
        """Return how many steps are done. All of them are up to the first that has a problem, and on Run and after it,
        since the import exists."""
        draft, at = self.app.draft, steps.index(self.STEP)
        if draft is None or self.STEP == "run" or (self.STEP == "rebuild" and self.session.run is not None):
            return at
        from tui.answers.remarks import problems

        upto = max(furthest, at)
        return next((i for i, step in enumerate(steps.STEPS[:upto]) if problems(draft, step.key)), upto)

    def _short_stepper(self, at: int) -> Content:
        step = f"Step {at + 1} of {len(steps.STEPS)}"
        size = self.app.size
        if size.width < _LEAST_WIDTH or size.height < _LEAST_HEIGHT:
            text = f"Enlarge the terminal to {_LEAST_WIDTH}x{_LEAST_HEIGHT}."
            return Content.styled(text, "bold $warning") + Content(f" {step}")
        return Content.styled(f"{step}: {steps.STEPS[at].title}", "bold $primary")

    async def on_mount(self) -> None:
        self.summarize()
        if self.announcement and self._said != sentence(self.symbols, "ok", self.announcement):
            self.app.notify(self.announcement, markup=False)  # the message line has something more important
        if self.stands:  # if Enter is held down, another step may have opened already
            await self.opened()
        self.call_after_refresh(self._focus_first_here)

    def _focus_first_here(self) -> None:
        if self.is_attached and self.focused is None:  # the user may have moved on already
            self.focus_first()

    async def opened(self) -> None:
        """Run what the step does once it is on the screen."""

    async def on_resize(self) -> None:
        wide = self.size.width >= _WIDE
        if self.stands and wide and not self.query(HelpPane):
            await self.query_one("#main").mount(HelpPane())
        self.call_after_refresh(self._restep)

    def on_descendant_focus(self) -> None:
        """The keys at the foot and the help pane follow the focus."""
        if self.stands:
            self._show_keys()
            self._show_help()

    def _key_line(self) -> Content:
        return key_line(self.key_hints(), self.app.size.width - 4)

    def _show_keys(self) -> None:
        keys = self._key_line()
        if keys != self._keys:
            self._keys = keys
            self.query_one("#keys", Static).update(keys, layout=False)

    def _show_help(self) -> None:
        if self.has_class("-wide"):
            for pane in self.query(HelpPane):
                pane.show(self.help_page())

    @property
    def stands(self) -> bool:
        """Whether the step is on the screen with all its parts, which are removed before the screen is."""
        return self.is_attached and bool(self.query("#stepper")) and bool(self.query("#keys"))

    def _restep(self) -> None:
        if self.stands:
            self.query_one("#stepper", Static).update(self._stepper())
            self.show_route()
            self._show_keys()
            self._show_help()
            self._fit_message()

    def show_route(self) -> None:
        """Show the route of the current answers in the top line."""
        self.query_one(TopLine).show(self._routes())

    def focus_first(self) -> None:
        """Focus what the user needs first, never `next`."""

    def refresh_frame(self) -> None:
        """Update top line, `next` and message line after a change of the draft."""
        self._restep()
        for name, text in (("#heading", self.heading()), ("#purpose", self.purpose())):
            line = self.query_one(name, Static)
            if str(line.content) != text:
                line.update(Content(text))
        self.query_one("#next", Plain).rename(self.next_label())
        self.summarize()

    # --- message line

    def say(self, level: str, text: str) -> None:
        """Write the message line, unless it has this text already."""
        said = sentence(self.symbols, level, text) if text else Content("")
        if said != self._said:
            self._said = said
            # Only a short window looks different: elsewhere the whole screen would be styled again for nothing.
            self.set_class(bool(text), "speaking", update=self.has_class("-short"))
            for line in self.query("#message").results(Static):  # none while the program ends
                line.update(said, layout=False)
                self._fit_message()

    def _fit_message(self) -> None:
        """Give the message more rows if it doesn't fit into one: its end says what to do."""
        line = self.query_one("#message", Static)
        room = self.app.size.width - line.gutter.width
        line.set_class(self._said is not None and self._said.cell_length > room, "long")

    def summarize(self) -> None:
        """Write the message about the step as a whole."""

    # --- to other steps

    @on(Button.Pressed, "#next")
    def _pressed_next(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_next()

    def action_next(self) -> None:
        """Go to the next step, or show what is missing."""
        raise NotImplementedError

    def go_on(self) -> None:
        """Go to the next step."""
        from tui.wizard.walk import next_step

        self.session.draft = next_step(self.session.draft)
        self.app.show_step()

    def action_goto(self, step: str) -> None:
        """Go to a step that was reached before."""
        from tui.answers.changes import go

        if steps.index(step) <= steps.index(self.session.draft.furthest):
            self.session.draft = go(self.session.draft, step)
            self.app.show_step()

    def action_rebuild(self) -> None:
        """Go to Rebuild from anywhere."""
        from tui.wizard.walk import to_rebuild

        self.session.draft = to_rebuild(self.session.draft, imported=self.session.run is not None)
        self.app.show_step()

    # --- help and practice

    def commands(self) -> Iterable[SystemCommand]:
        """Return the actions of this step, for the list of all actions."""
        return ()

    def help_page(self) -> HelpPage:
        """Return the help page of what has the focus."""
        from tui.wizard.help import step_help

        return step_help(self.STEP)

    def action_help(self) -> None:
        """Show the help page over the step."""
        from tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self.help_page()))

    def integration_at_cursor(self) -> str:
        """Return the integration to practice with if none is chosen yet."""
        return str(self.app.cards[0]["key"])

    @work(exclusive=True, group="fill-in", exit_on_error=True)
    async def action_fill_in(self) -> None:
        """In practice, answer every step up to Plan with the demo account's values, and go there."""
        session = await self.app.loaded()
        if session.practice is None:
            self.say("note", "F4 fills in demo values. It works only in practice.")
            return
        if steps.index(self.STEP) >= steps.index("submit"):
            self.say("note", "Nothing to fill in here.")
            return
        from tui.wizard.filling import fill_in_everything

        self.say("note", "Filling in the demo values ...")
        if not session.draft.integration:
            session.choose(self.integration_at_cursor())
        await fill_in_everything(session)
        if self.app.screen is self:
            self.app.show_step()

    @on(Button.Pressed, "#fault")
    @work
    async def action_fault(self) -> None:
        """In practice, choose an error that the demo servers simulate."""
        from tui.screens.faults import FaultScreen

        practice = (await self.app.loaded()).practice
        if practice is None:
            return
        name = await self.app.push_screen_wait(FaultScreen(practice.faults, practice.fault(), self.symbols))
        if name is not None:
            practice.set_fault(name or None)
            title = next((fault.title for fault in practice.faults if fault.name == name), name)
            self.say("warning" if name else "ok", f"Simulating: {title}." if name else "No error is simulated.")
