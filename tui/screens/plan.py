"""Step 5: read both sides, and show what the import will do with each flag before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widgets import Button
from textual.worker import Worker

from tui.answers import changes, plan_state, remarks
from tui.answers import draft as drafts
from tui.answers.finding import Level
from tui.net.events import Pausing
from tui.plan import words
from tui.screens.flag import FlagScreen, Looking
from tui.screens.in_fields import SlashSearches
from tui.screens.losses import LossesScreen
from tui.screens.step import StepScreen
from tui.screens.write import write_plan
from tui.text.clean import clean
from tui.widgets.choices import ChoiceOption, TickList
from tui.widgets.flag_browser import FlagBrowser
from tui.widgets.flag_list import FlagList
from tui.widgets.plan_head import PlanHead
from tui.wizard import plan_words, remedies
from tui.wizard.flag_facts import flag_page, why
from tui.wizard.flag_view import FILTERS, View
from tui.wizard.help import HelpPage, Section

_PAINT_SECONDS = 1.0
_MANY_NOTES = 2


class PlanScreen(SlashSearches, StepScreen):
    """Reads both sides unless the plan is complete and recent. The user confirms each kind of loss before Review."""

    STEP: ClassVar[str] = "plan"
    KEYS = (
        ("Enter", "open"),
        ("Ctrl+O", "next"),
        ("F1", "help"),
        ("l", "losses"),
        ("/", "search"),
        ("f", "filter"),
        ("s", "sort"),
        ("w", "save"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "browse('filter')", show=False),
        Binding("s", "browse('sort')", show=False),
        Binding("o", "browse('on_now')", show=False),
        Binding("l", "losses", show=False),
        Binding("r", "read_again", show=False),
        Binding("w", "write", show=False),
    ]
    head = getters.query_one("#plan-head", PlanHead)
    browser = getters.query_one("#flags", FlagBrowser)

    def __init__(self) -> None:
        super().__init__()
        self._asked = False
        """Whether the user pressed `next`: then everything missing is a problem."""
        self._worker: Worker[None] | None = None
        self._ticker: Timer | None = None
        self._pause: Pausing | None = None
        self._painted: float | None = None
        self._at: tuple[str, View, int] | None = None
        """The flag at the cursor, the view, and the cells for a reason, for which the message line was written."""
        self._begun = 0.0
        """When reading started, by the context's timer."""

    def compose_step(self) -> ComposeResult:
        s = self.symbols
        yield PlanHead(s, id="plan-head")
        without = ChoiceOption("go", "Continue without a complete plan")
        yield TickList((without,), (), s, told=self._go_without, many=True, id="go-without")
        yield FlagBrowser(s, id="flags")

    def heading(self) -> str:
        return plan_words.READING if self.reading else plan_words.heading(self.session.draft)

    def purpose(self) -> str:
        if self.reading:
            return plan_words.READING_PURPOSE
        plan = self.session.draft.plan
        if plan is None or plan_words.never(self.session.draft) is not None:
            return super().purpose()
        return (
            " ".join((words.when_read(plan), *plan.notes[:1]))
            if len(plan.notes) < _MANY_NOTES
            else (f"{words.when_read(plan)} {len(plan.notes)} notes: press F1.")
        )

    def help_page(self) -> HelpPage:
        """Return the page of the flag at the cursor in the list, else that of the step with the plan's notes."""
        planned, plan = self.browser.list.current, self.session.draft.plan
        if self.focused is self.browser.list and planned is not None and self.has_class("-wide"):
            return flag_page(planned, self.session.draft)
        page = super().help_page()
        notes = plan.notes if plan is not None else ()
        return replace(page, parts=(*([Section("Notes on this plan", notes)] if notes else ()), *page.parts))

    @on(FlagList.CursorMoved)
    def _moved(self) -> None:
        """Show the flag in the pane, and a reason that is cut in its row in the message line."""
        planned = self.browser.list.current
        self._show_help()
        if planned is None:
            return
        at, self._at = self._at, (planned.flag.key, self.browser.view, self.browser.list.columns.why)
        if at == self._at or self.focused is not self.browser.list or self.reading:
            return  # a longer message makes the list smaller, and isn't to be overwritten by that
        text = why(planned, self.browser.view.loses)
        if len(text) > self.browser.list.columns.why:
            self.say("note", f"{clean(planned.flag.key)}: {text}")
        else:
            self.summarize()

    async def opened(self) -> None:
        if self.opens_at in FILTERS:
            self.browser.look(View(only=self.opens_at))
        self.session.look_at_clock()
        if plan_words.usable(self.session.draft):
            self._show()
        else:
            self._begin()

    def focus_first(self) -> None:
        """Focus a widget on which an Enter held too long does no harm; in a small window the numbers stay in view."""
        if self.query_one("#plan-losses").display and plan_state.unseen(self.session.draft):
            self.query_one("#review-losses").focus(scroll_visible=False)
        elif self.browser.display:
            self.browser.list.focus(scroll_visible=False)
        else:
            without = self.query_one("#go-without")
            (without if without.display else self.query_one("#back")).focus(scroll_visible=False)

    # --- reading: one at a time, until the step closes

    @property
    def reading(self) -> bool:
        """Whether the step is reading both sides."""
        return self._worker is not None and not self._worker.is_finished

    def _begin(self) -> None:
        self._asked = False
        if plan_words.never(self.session.draft) is None:
            self.begin_reading()
        else:
            self._show()

    @on(Button.Pressed, "#read-again")
    def action_read_again(self) -> None:
        """Read both sides again."""
        if not self.reading:
            self._begin()

    def begin_reading(self) -> None:
        """Read both sides again."""
        self._painted, self._pause, self.session.reading = None, None, None
        self._begun = self.session.context.timer()
        self._ticker = self.set_interval(_PAINT_SECONDS, self._paint)
        self._worker = self._read()
        self._paint()

    @work(exclusive=True, group="plan", exit_on_error=True)
    async def _read(self) -> None:
        async with aclosing(self.session.read_plan()) as events:
            async for event in events:
                if isinstance(event, Pausing):
                    self._pause = event
                if self._painted is None or self.session.context.timer() - self._painted >= _PAINT_SECONDS:
                    self._paint()
        self._stop_ticking()
        self._worker = None
        if self.is_attached:
            self.show_plan()

    def _paint(self) -> None:
        """Show the progress, at most once a second: faster numbers can't be read, and drawing costs."""
        if not self.is_attached or not self.reading:
            return
        reading, context = self.session.reading, self.session.context
        if reading is not None:
            self._painted = context.timer()
        if self._pause is not None and self._pause.until <= context.now():
            self._pause = None
        self.head.reading(reading.counted if reading else (), self._pause, context.now())
        self._offer_without()
        waited = context.timer() - self._begun
        source = self.session.draft.form.title if self.session.draft.form else "the source"
        self.browser.list.empty = f"Waiting for {source} {self.symbols.cut} {waited:.0f} s"
        if reading is not None:
            self.browser.show(reading.so_far(), reading=True)
        self.refresh_frame()

    def _stop_ticking(self) -> None:
        if self._ticker is not None:
            self._ticker.stop()

    def on_unmount(self) -> None:
        """Stop reading, however the user leaves the step."""
        self._stop_ticking()
        if self._worker is not None:
            self._worker.cancel()

    @on(Button.Pressed, "#stop-reading")
    def _stop(self, event: Button.Pressed) -> None:
        event.stop()
        if self.session.reading is not None and self.reading:
            self.session.reading.stop()

    # --- a plan

    def show_plan(self) -> None:
        held = self.focused
        self._show()
        untouched = held is self.browser.list and self.browser.list.at == 0 and self.browser.view == View()
        gone = held is None or untouched or not held.display or held.id in ("stop-reading", "read-again")
        if gone or not self.browser.display:
            self.focus_first()

    def _show(self) -> None:
        self._show_plan()
        self._offer_without()
        self.refresh_frame()
        plan = self.session.draft.plan
        if plan is not None and plan.whole and plan.prospects is None and plan_words.never(self.session.draft) is None:
            self._grade()

    def _show_plan(self) -> None:
        """Show the plan without a word in the message line, which may have the result of something else."""
        draft = self.session.draft
        plan, never = draft.plan, plan_words.never(draft)
        if never is not None:
            self.head.nothing(never[0], never[2], again=False)
        elif plan is None:
            self.head.nothing("problem", "", again=True)
        else:
            unconfirmed, field = len(plan_state.unseen(draft)), plan_words.field_at_fault(draft, plan)
            label = remarks.label(draft, field) if field else ""
            self.head.plan(plan, why=plan_words.fault(draft), unconfirmed=unconfirmed, field=label)
        shown = plan if never is None else None
        if shown is not None:
            self.browser.list.empty = "No flags match"
            self.browser.show(shown, reading=False)

    @work(exclusive=True, group="grades", exit_on_error=True)
    async def _grade(self) -> None:
        """Work out how far the flags can be rebuilt: seconds for 10,000 of them, in a thread."""
        if await self.session.grade_plan() and self.is_attached:
            self._show_plan()

    @on(Button.Pressed, "#to-field")
    def _to_field(self, event: Button.Pressed) -> None:
        event.stop()
        plan = self.session.draft.plan
        if plan is not None and (field := plan_words.field_at_fault(self.session.draft, plan)):
            self.session.draft = changes.go(self.session.draft, drafts.step_of(self.session.draft, field))
            self.app.show_step()
            self.app.focus_field(field)

    def _offer_without(self) -> None:
        """Offer to continue without a complete plan, where there is none; nothing while reading."""
        draft = self.session.draft
        without = self.query_one("#go-without", TickList)
        without.display = not self.reading and plan_words.may_go_without(draft)
        without.show(("go",) if draft.without_plan else ())
        plan = draft.plan if plan_words.never(draft) is None else None
        self.browser.display = self.reading or bool(plan is not None and plan.flags)

    @on(Button.Pressed, "#review-losses")
    @work(exclusive=True, group="losses", exit_on_error=True)
    async def action_losses(self) -> None:
        """Ask for each kind of loss; list the flags of one kind on request."""
        plan = self.session.draft.plan
        if self.reading or plan is None or not plan.losses:
            return
        screen = LossesScreen(plan.losses, self.session.draft.seen, self.symbols, self._confirm)
        kind = await self.app.push_screen_wait(screen)
        self._show()
        if kind:
            self.browser.losses(kind)
        self.browser.list.focus()

    def _confirm(self, kinds: frozenset[str]) -> None:
        self.session.draft = plan_state.see(self.session.draft, kinds)

    @on(TickList.OptionOpened, "#go-without")
    def _only_by_space(self, event: TickList.OptionOpened) -> None:
        event.stop()
        self.say("note", "Press Space to select it.")

    def _go_without(self, keys: tuple[str, ...]) -> None:
        self.session.draft = plan_state.go_without(self.session.draft, bool(keys))
        self.refresh_frame()

    # --- next

    def summarize(self) -> None:
        """Show what is missing. It is a warning until the user presses `next`."""
        if self.reading and self._asked:
            self.say("warning", "Still reading. Stop reading keeps the flags read so far.")
            return
        if self.reading:
            self.say("note", "Reading. You can open the flags that are already listed.")
            return
        draft = self.session.draft
        summary = remarks.summary(draft, self.STEP)
        unconfirmed = plan_state.unseen(draft)
        if not summary.text:
            self.say("ok", "All losses confirmed. Press Ctrl+O to continue." if draft.seen else "")
        elif plan_state.out_of_date(draft):
            self.say(summary.level, remedies.text(summary))
        elif draft.without_plan:
            self.say(summary.level, "You are continuing without a complete plan. Review repeats this.")
        elif self.query_one("#go-without").display:
            self.say(summary.level, "Reload (r), or press Space to continue without a complete plan.")
        elif unconfirmed:
            text = f"{plan_words.unconfirmed(len(unconfirmed))} (l)."
            self.say(Level.PROBLEM if self._asked else Level.WARNING, text)
        else:
            self.say(Level.PROBLEM if self._asked else Level.WARNING, remedies.text(summary))

    def action_next(self) -> None:
        if self.reading:
            self._asked = True
            self.summarize()
            return
        self.session.look_at_clock()
        super().action_next()

    def stopped_by_problem(self) -> bool:
        """Show what is missing, and focus it. Returns whether something is."""
        draft = self.session.draft
        if not remarks.problems(draft, self.STEP):
            return False
        self._asked = True
        if found := remarks.answer_problems(draft):
            self.session.draft = changes.touch(draft, drafts.step_of(draft, found[0].field))
            self.session.draft = changes.go(self.session.draft, drafts.step_of(draft, found[0].field))
            self.app.show_step()
            return True
        self._show()
        if self.query_one("#go-without").display and not plan_state.out_of_date(draft):
            self.query_one("#go-without").focus()
        elif self.query_one("#plan-again").display:
            self.query_one("#read-again").focus()
        elif plan_state.unseen(draft):
            self.query_one("#review-losses").focus()
        return True

    def action_take(self) -> None:
        """Keep the result of the search."""
        self.in_field()
        self.browser.keep_search()

    # --- the list

    def action_search(self) -> None:
        """Search in the list."""
        self.browser.search()

    def action_browse(self, what: str) -> None:
        """Change the filter or the order of the list, and focus it."""
        getattr(self.browser, what)()
        self.browser.list.focus()

    @on(FlagList.Opened)
    def _open(self, event: FlagList.Opened) -> None:
        event.stop()
        reading = self.session.reading
        plan = reading.so_far() if self.reading and reading is not None else self.session.draft.plan
        if plan is None:
            return
        rows = self.browser.list.rows
        looking = Looking(plan, self.session, self.symbols, reading=self.reading)
        looked_at = FlagScreen(rows, event.at, looking)
        self.app.push_screen(looked_at, lambda _: self.browser.list.go_to(looked_at.planned))

    def action_write(self) -> None:
        """Save the plan to a file."""
        plan = self.session.draft.plan
        if self.reading or plan is None:
            self.say("warning", "There is no plan to save yet.")
        else:
            write_plan(self.app, self.session, plan, self.say)

    def commands(self) -> Iterable[SystemCommand]:
        yield SystemCommand("Review losses", "l: confirm what isn't imported", self.action_losses)
        yield SystemCommand("Save the plan", "w: as Markdown or JSON", self.action_write)
        yield SystemCommand("Reload", "r: read both sides again", self.action_read_again)
        yield SystemCommand("Search flags", "/", self.action_search)
        yield SystemCommand("Flags that are on now", "o: off after the import", partial(self.action_browse, "on_now"))
