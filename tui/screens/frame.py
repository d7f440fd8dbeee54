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
from tui.text.cells import cells
from tui.widgets.buttons import Plain
from tui.widgets.moving import ScrollingBody
from tui.widgets.symbols import Symbols, sentence

if TYPE_CHECKING:
    from tui.wizard.session import Session

_KEYS = "Enter take   Ctrl+O next   Esc back   F1 Ctrl+G help   F2 actions   Ctrl+Q leave"


class Frame(Screen[None]):
    """A step's frame. A subclass gives `STEP`, and composes what stands between the stepper and the message line."""

    STEP: ClassVar[str]
    KEYS: ClassVar[str] = _KEYS
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-normal")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]  # noqa: RUF012
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,shift+tab", "app.focus_previous", show=False),
        Binding("down,tab", "app.focus_next", show=False),
        Binding("ctrl+o,f8", "next", "Next step", priority=True, show=False),
        Binding("f1,ctrl+g", "help", "Help", priority=True, show=False),
        Binding("question_mark", "help", "Help", show=False),
    ]
    app = getters.app(Host)

    def __init__(self) -> None:
        super().__init__(classes=f"step-{self.STEP}")  # no id: a step may take the place of itself
        self.opens_at = ""
        """The part of the step that it shall open at, as the step knows it; "" for the usual one."""
        self._said: Content | None = None
        self._held: Session | None = None

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
        with ScrollingBody(id="body", can_focus=False):
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
        """Buttons beside `back` and `next`; in practice, the one that breaks things."""
        if self.app.practising:
            yield Plain("Rehearse a fault", id="fault")

    def next_label(self) -> str:
        """The words on `next`: where it leads."""
        return "Next"

    def _title_line(self) -> Content:
        if self.app.practising:
            return Content.styled(" PRACTICE ", "$practice-foreground on $practice-background bold") + Content(" ")
        return Content("ld-flag-import")

    def _route(self) -> Content:
        draft = self.app.draft
        if draft is None or not draft.integration:
            return Content("nothing chosen yet")
        from tui.answers.draft import route

        origin, target = route(draft)
        arrow = f" {self.symbols.arrow} "
        whole = arrow.join((origin, target or "LaunchDarkly"))
        room = self.size.width - 16
        return Content(whole if cells(whole) <= room else arrow.join((origin, target.removeprefix("LaunchDarkly "))))

    def _stepper(self) -> Content:
        at = steps.index(self.STEP)
        if self.has_class("-narrow"):
            return Content(f"Step {at + 1} of {len(steps.STEPS)}: {steps.STEPS[at].title}")
        draft = self.app.draft
        furthest = steps.index(draft.furthest) if draft is not None else 0
        titles = [Content(f"{at + 1}/{len(steps.STEPS)}")]
        for i, step in enumerate(steps.STEPS):
            if i == at:
                titles.append(Content.styled(f"{self.symbols.focus}{step.title}", "reverse"))
            elif draft is not None and i <= furthest:
                from tui.answers.remarks import problems

                done = (i < furthest or i < at) and not problems(draft, step.key)
                tick = Content.styled(self.symbols.ok, "$success") if done else Content(self.symbols.note)
                titles.append((tick + Content(step.title)).stylize(f"@click=screen.goto('{step.key}')"))
            else:
                titles.append(Content(f"{self.symbols.note}{step.title}"))
        return Content(" ").join(titles)

    async def on_mount(self) -> None:
        self.summarize()
        if self.stands:  # Enter held down may have led on already
            await self.opened()
        self.call_after_refresh(self._focus_first_here)

    def _focus_first_here(self) -> None:
        if self.is_attached and self.focused is None:  # the user may have moved on already
            self.focus_first()

    async def opened(self) -> None:
        """The step is on the screen."""

    def on_resize(self) -> None:
        self.call_after_refresh(self._restep)

    @property
    def stands(self) -> bool:
        """The step is on the screen with all its parts: those of one that is being left go before it does."""
        return self.is_attached and bool(self.query("#stepper")) and bool(self.query("#keys"))

    def _restep(self) -> None:
        if self.stands:
            self.query_one("#stepper", Static).update(self._stepper())
            self.query_one("#route", Static).update(self._route())

    def focus_first(self) -> None:
        """Focus what the user needs first, never `next`."""

    def refresh_frame(self) -> None:
        """The draft has changed: top line, `next` and message line follow."""
        self._restep()
        self.query_one("#next", Plain).rename(self.next_label())
        self.summarize()

    # --- message line

    def say(self, level: str, text: str) -> None:
        """Write the message line, if it says something else."""
        said = sentence(self.symbols, level, text) if text else Content("")
        if said != self._said:
            self._said = said
            # Only a short window looks different: elsewhere the whole screen would be styled again for nothing.
            self.set_class(bool(text), "speaking", update=self.has_class("-short"))
            for line in self.query("#message").results(Static):  # none while the program ends
                line.update(said, layout=False)

    def summarize(self) -> None:
        """Write what the message line says of the step as a whole."""

    # --- going on

    @on(Button.Pressed, "#next")
    def _pressed_next(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_next()

    def action_next(self) -> None:
        """Go on, or say what is missing."""
        raise NotImplementedError

    def go_on(self) -> None:
        """To the next step."""
        from tui.wizard.walk import next_step

        self.session.draft = next_step(self.session.draft)
        self.app.show_step()

    def action_goto(self, step: str) -> None:
        """To a step that was already reached."""
        from tui.answers.changes import go

        if steps.index(step) <= steps.index(self.session.draft.furthest):
            self.session.draft = go(self.session.draft, step)
            self.app.show_step()

    # --- help and practice

    def commands(self) -> Iterable[SystemCommand]:
        """Actions of this step alone, for the list of all actions."""
        return ()

    def action_help(self) -> None:
        """The page about the step."""
        from tui.screens.help import HelpScreen, step_help

        self.app.push_screen(HelpScreen(step_help(self.STEP)))

    @on(Button.Pressed, "#fault")
    @work
    async def _choose_fault(self, event: Button.Pressed) -> None:
        event.stop()
        from tui.screens.dialogs import FaultScreen

        practice = (await self.app.loaded()).practice
        if practice is None:
            return
        name = await self.app.push_screen_wait(FaultScreen(practice.faults, self.symbols))
        if name is not None:
            practice.set_fault(name or None)
            title = next((fault.title for fault in practice.faults if fault.name == name), name)
            self.say("warning" if name else "ok", f"Fault armed: {title}." if name else "All faults are off.")
