"""The frame all steps share: route, stepper, the step itself, message line, buttons, keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tui.answers import draft as drafts
from tui.answers import remarks, steps
from tui.screens.host import Host
from tui.text.cells import cells
from tui.widgets.buttons import Plain
from tui.widgets.field_row import FieldRow
from tui.widgets.moving import Page
from tui.widgets.symbols import Symbols, sentence
from tui.wizard import remedies, walk

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
        with Page(id="body", can_focus=False):
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
        if self.app.practising and drafts.fields(self.app.draft, self.STEP):
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
        origin, target = drafts.route(self.app.draft)
        if not origin:
            return Content("nothing chosen yet")
        arrow = f" {self.symbols.arrow} "
        whole = arrow.join((origin, target or "LaunchDarkly"))
        room = self.size.width - 16
        return Content(whole if cells(whole) <= room else arrow.join((origin, target.removeprefix("LaunchDarkly "))))

    def _stepper(self) -> Content:
        at = steps.index(self.STEP)
        if self.has_class("-narrow"):
            return Content(f"Step {at + 1} of {len(steps.STEPS)}: {steps.STEPS[at].title}")
        done = steps.index(self.app.draft.furthest)
        shown = [Content(f"{at + 1}/{len(steps.STEPS)}")]
        for i, each in enumerate(steps.STEPS):
            if i == at:
                shown.append(Content.styled(f"{self.symbols.focus}{each.title}", "reverse"))
            elif i <= done:
                well = (i < done or i < at) and not remarks.problems(self.app.draft, each.key)
                tick = Content.styled(self.symbols.ok, "$success") if well else Content(self.symbols.note)
                shown.append((tick + Content(each.title)).stylize(f"@click=screen.goto('{each.key}')"))
            else:
                shown.append(Content(f"{self.symbols.note}{each.title}"))
        return Content(" ").join(shown)

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
        """Focus the first field that is not answered well, never `next`."""
        open_keys = {f.field for f in remarks.problems(self.session.draft, self.STEP)}
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
            for line in self.query("#message").results(Static):  # none while the program ends
                line.update(said, layout=False)

    def summarize(self) -> None:
        """Problems first, then what is still to fill in, then warnings, in the message line."""
        told = remarks.summary(self.app.draft, self.STEP)
        self.say(told.level, remedies.text(told))
