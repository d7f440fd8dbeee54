"""Step 5: what the import will do with each flag, read from both sides before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import aclosing
from functools import partial
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Button, Static
from textual.worker import Worker

from tui.answers import changes, plan_state, remarks
from tui.answers import draft as drafts
from tui.answers.finding import Level
from tui.net.errors import joined
from tui.net.events import Pausing
from tui.plan.plan import Plan
from tui.plan.reading import can_be_read
from tui.plan.request import not_accepted
from tui.screens.flag import FlagScreen, Looking
from tui.screens.step import StepScreen
from tui.screens.write import write_plan
from tui.widgets.choices import ChoiceOption, TickList
from tui.widgets.flag_browser import FlagBrowser
from tui.widgets.flag_list import FlagList
from tui.widgets.flag_view import FILTERS, View
from tui.widgets.plan_head import PlanHead
from tui.wizard import remedies

_PAINT_SECONDS = 1.0


class PlanScreen(StepScreen):
    """Reads by itself on opening, unless a whole plan is still fresh; each kind of loss is ticked before going on."""

    STEP: ClassVar[str] = "plan"
    KEYS = (
        ("Enter", "open"),
        ("/", "search"),
        ("f", "filter"),
        ("s", "sort"),
        ("w", "save"),
        ("r", "refresh"),
        ("Ctrl+O", "next"),
        ("F1", "help"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", show=False),
        Binding("f", "browse('filter')", show=False),
        Binding("s", "browse('sort')", show=False),
        Binding("o", "browse('on_now')", show=False),
        Binding("l", "losses", show=False),
        Binding("r", "read_again", show=False),
        Binding("w", "write", show=False),
    ]
    head = getters.query_one("#plan-head", PlanHead)
    kinds = getters.query_one("#loss-kinds", TickList)
    browser = getters.query_one("#flags", FlagBrowser)

    def __init__(self) -> None:
        super().__init__()
        self._asked = False
        """`next` was pressed: what is missing is a problem from now on."""
        self._worker: Worker[None] | None = None
        self._ticker: Timer | None = None
        self._pause: Pausing | None = None
        self._painted: float | None = None

    def compose_step(self) -> ComposeResult:
        s = self.symbols
        yield PlanHead(s, id="plan-head")
        without = ChoiceOption("go", "Go on without a whole plan")
        yield TickList((without,), (), s, told=self._go_without, many=True, id="go-without")
        yield Static("", id="loss-title", markup=False)
        yield TickList((), (), s, told=self._ticked, many=True, id="loss-kinds")
        yield FlagBrowser(s, id="flags")

    async def opened(self) -> None:
        if self.opens_at in FILTERS:
            self.browser.look(View(only=self.opens_at))
        self.session.look_at_clock()
        draft = self.session.draft
        believed = draft.plan is not None and not plan_state.out_of_date(draft)
        if believed and draft.plan is not None and (draft.plan.whole or draft.without_plan):
            self._show()
        else:
            self._begin()

    def _restep(self) -> None:
        super()._restep()
        if self.stands:
            asks = _ASKS_SHORT if self.has_class("-narrow") else _ASKS_FOR_TICKS
            self.query_one("#loss-title", Static).update(Content(asks))

    def focus_first(self) -> None:
        """Where an Enter that was held too long does no harm; in a small window the numbers stay in view."""
        if self.browser.display:
            self.browser.list.focus(scroll_visible=False)
        else:
            without = self.query_one("#go-without")
            (without if without.display else self.query_one("#back")).focus(scroll_visible=False)

    # --- reading: at most one at a time, which ends with the step

    @property
    def reading(self) -> bool:
        """Both sides are being read."""
        return self._worker is not None and not self._worker.is_finished

    def _begin(self) -> None:
        self._asked = False
        if self._never() is None:
            self.begin_reading()
        else:
            self._show()

    @on(Button.Pressed, "#read-again")
    def action_read_again(self) -> None:
        """Read both sides anew."""
        if not self.reading:
            self._begin()

    def begin_reading(self) -> None:
        """Read both sides anew."""
        self._painted, self._pause, self.session.reading = None, None, None
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
        """At most once a second: it costs, and numbers that change faster cannot be read."""
        if not self.is_attached or not self.reading:
            return
        reading, context = self.session.reading, self.session.context
        if reading is not None:
            self._painted = context.timer()
        if self._pause is not None and self._pause.until <= context.now():
            self._pause = None
        self.head.reading(reading.counted if reading else (), self._pause, context.now())
        self._offer_ticks(None)
        if reading is not None:
            self.browser.show(reading.so_far(), reading=True)
        self.summarize()

    def _stop_ticking(self) -> None:
        if self._ticker is not None:
            self._ticker.stop()

    def on_unmount(self) -> None:
        """However the step was left."""
        self._stop_ticking()
        if self._worker is not None:
            self._worker.cancel()

    @on(Button.Pressed, "#stop-reading")
    def _stop(self, event: Button.Pressed) -> None:
        event.stop()
        if self.session.reading is not None and self.reading:
            self.session.reading.stop()

    # --- a plan

    def _never(self) -> tuple[str, str, str] | None:
        """Why no plan can be read from these answers: a level, a headline and a sentence; None where one can."""
        draft = self.session.draft
        if found := remarks.answer_problems(draft):
            label = remarks.label(draft, found[0].field)
            return "problem", "A plan needs every answer before it.", f"{label}: {remedies.text(found[0])}"
        if not can_be_read(draft.integration):
            title = draft.form.title if draft.form else ""
            unknown = f"What will arrive is not known: this program cannot read flags from {title}."
            return "unknown", unknown, f"{not_accepted(title)} You can go on without a plan."
        return None

    def show_plan(self) -> None:
        held = self.focused
        self._show()
        gone = held is None or not held.display or held.id in ("stop-reading", "read-again")
        if gone or not self.browser.display:
            self.focus_first()

    def _show(self) -> None:
        draft = self.session.draft
        plan, never = draft.plan, self._never()
        if never is not None:
            self.head.nothing(*never, again=False)
        elif plan is None:
            self.head.nothing("problem", "Nothing has been read.", "", again=True)
        else:
            stale = plan_state.out_of_date(draft)
            advice = plan_state.advice(draft)
            lacks = joined(plan.incomplete or plan_state.lacking(draft), remedies.advice(advice) if advice else "")
            why = f"It is out of date: {stale}." if stale else lacks
            self.head.plan(plan, why=why, field=self._field_at_fault(plan))
        shown = plan if never is None else None
        if shown is not None:
            self.browser.show(shown, reading=False)
        self._offer_ticks(shown)
        self.refresh_frame()

    def _field_at_fault(self, plan: Plan) -> str:
        """The name of the field that the failure of the reading names, "" where it names none of this form's."""
        field = plan.failure.field if plan.failure else None
        return remarks.label(self.session.draft, field) if field and drafts.asks(self.session.draft, field) else ""

    @on(Button.Pressed, "#to-field")
    def _to_field(self, event: Button.Pressed) -> None:
        event.stop()
        plan = self.session.draft.plan
        field = plan.failure.field if plan and plan.failure else None
        if field:
            self.session.draft = changes.go(self.session.draft, drafts.step_of(self.session.draft, field))
            self.app.show_step()
            self.app.focus_field(field)

    def _offer_ticks(self, plan: Plan | None) -> None:
        """The tick for going on without a whole plan, or those for what will not come; none while reading."""
        draft = self.session.draft
        unknown = not self.reading and (plan is None or bool(plan_state.lacking(draft)))
        losses = plan.losses if plan is not None and not unknown else {}
        without = self.query_one("#go-without", TickList)
        without.display = unknown and not remarks.answer_problems(draft)
        without.show(("go",) if draft.without_plan else ())
        self.query_one("#loss-title").display = self.kinds.display = bool(losses)
        self.browser.display = self.reading or bool(plan is not None and plan.flags)
        self.kinds.offer([ChoiceOption(kind, f"{kind} {count:,}") for kind, count in losses.items()], tuple(draft.seen))

    @on(TickList.OptionOpened, "#loss-kinds")
    def _list_kind(self, event: TickList.OptionOpened) -> None:
        event.stop()
        self.action_losses()

    @on(TickList.OptionOpened, "#go-without")
    def _only_by_space(self, event: TickList.OptionOpened) -> None:
        event.stop()
        self.say("note", "Space ticks it.")

    def _ticked(self, kinds: tuple[str, ...]) -> None:
        self.session.draft = plan_state.see(self.session.draft, frozenset(kinds))
        self.refresh_frame()

    def _go_without(self, keys: tuple[str, ...]) -> None:
        self.session.draft = plan_state.go_without(self.session.draft, bool(keys))
        self.refresh_frame()

    # --- going on

    def summarize(self) -> None:
        """What is missing; it is a problem only once `next` was pressed."""
        if self.reading:
            self.say("note", "Reading. Rows that are here can be opened meanwhile.")
            return
        draft = self.session.draft
        told = remarks.summary(draft, self.STEP)
        if not told.text:
            self.say("ok", "Every kind of loss is ticked. Ctrl+O goes on." if self.kinds.display else "")
        elif plan_state.out_of_date(draft):
            self.say(told.level, remedies.text(told))
        elif draft.without_plan:
            self.say(told.level, "You go on without a whole plan; Review says so too.")
        elif self.query_one("#go-without").display:
            self.say(told.level, "Read again (r), or tick to go on without it (Space).")
        else:
            level = Level.PROBLEM if self._asked else Level.WARNING
            self.say(level, self._unticked(plan_state.unseen(draft)) or remedies.text(told))

    def _unticked(self, kinds: tuple[str, ...]) -> str:
        """How many kinds are not ticked, and their names as far as there is room."""
        head = f"{len(kinds)} kind{'' if len(kinds) == 1 else 's'} not ticked: "
        for named in range(len(kinds), 0, -1):
            more = f" and {len(kinds) - named} more" if named < len(kinds) else ""
            text = f"{head}{', '.join(kinds[:named])}{more}."
            if len(text) <= self.size.width - 2:
                return text
        return f"{head[:-2]}." if kinds else ""

    def action_next(self) -> None:
        if self.reading:
            self.say("warning", "It is still being read. Stop reading keeps what is here, and says what is missing.")
            return
        self.session.look_at_clock()
        super().action_next()

    def stopped_by_problem(self) -> bool:
        """Say what is missing, and go there."""
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
        unseen = plan_state.unseen(draft)
        if self.query_one("#go-without").display and not plan_state.out_of_date(draft):
            self.query_one("#go-without").focus()
        elif self.query_one("#plan-again").display:
            self.query_one("#read-again").focus()
        elif unseen:
            self.kinds.go_to(unseen[0])
            self.kinds.focus()
        return True

    def action_take(self) -> None:
        """Enter in the search line keeps what it found."""
        self.in_field()
        self.browser.keep_search()

    # --- the list

    def action_search(self) -> None:
        """Search in the list."""
        self.browser.search()

    def action_browse(self, what: str) -> None:
        """Another filter or order of the list, which then has the focus."""
        getattr(self.browser, what)()
        self.browser.list.focus()

    def action_losses(self) -> None:
        """The flags that lose the kind of thing at the cursor; in the list, one kind after the other."""
        self.browser.losses(self.kinds.at if self.focused is self.kinds else "")
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
        """Write the plan to a file."""
        plan = self.session.draft.plan
        if self.reading or plan is None:
            self.say("warning", "There is no plan to write yet.")
        else:
            write_plan(self.app, self.session, plan, self.say)

    def commands(self) -> Iterable[SystemCommand]:
        yield SystemCommand("Read again", "r: both sides anew", self.action_read_again)
        yield SystemCommand("Write the plan", "w: as Markdown or JSON", self.action_write)
        yield SystemCommand("Search the flags", "/", self.action_search)
        yield SystemCommand("On at the source", "o: ON now, OFF in LaunchDarkly", partial(self.action_browse, "on_now"))


_ASKS_FOR_TICKS = "What will not come. Tick each kind once you have seen it (l lists the flags)"
_ASKS_SHORT = "What will not come. Tick each kind you have seen."
