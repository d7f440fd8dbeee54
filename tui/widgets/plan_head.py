"""A plan in numbers: a bar, its legend, and what the import costs; or how far the reading of one has come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from tui.net.events import Counted, Pausing
from tui.plan import words
from tui.plan.plan import Plan, Verdict
from tui.plan.words import LeveledText
from tui.widgets.bar import Bar, Part
from tui.widgets.buttons import Plain
from tui.widgets.flow import GAP, Flow
from tui.widgets.sentences import Sentences
from tui.widgets.symbols import STYLES, Symbols, sentence
from tui.wizard import plan_words
from tui.wizard.flag_facts import LEVELS

_OTHER_SIDE = "LaunchDarkly"


class PlanHead(Vertical):
    """Everything between the heading and the list."""

    def __init__(self, symbols: Symbols, *, id: str) -> None:
        super().__init__(id=id)
        self._symbols = symbols
        self._draw_plan: Callable[[], None] | None = None
        """Draws the plan that is shown: its rows depend on the width."""
        self._width = 0

    def compose(self) -> ComposeResult:
        yield Bar(id="plan-bar")
        yield Flow(id="plan-counts")
        with Horizontal(id="plan-losses"):
            yield Static("", id="loss-line", markup=False)
            yield Plain("Review losses", id="review-losses")
        yield Static("", id="plan-cut-over", markup=False)
        yield Static("", id="plan-rebuild", markup=False)
        yield Sentences(self._symbols, id="plan-said")
        with Horizontal(id="plan-stop"):
            yield Plain("Stop reading", id="stop-reading")
            yield Static(Content("Keeps the flags read so far"), markup=False)
        with Horizontal(id="plan-again"):
            yield Plain("Reload", id="read-again")
            yield Plain("Go to the field", id="to-field")

    def on_mount(self) -> None:
        if self._draw_plan is None:
            self._fill(again=False)

    def on_resize(self, event: events.Resize) -> None:
        if event.size.width != self._width:
            self._width = event.size.width
            if self._draw_plan is not None:
                self._draw_plan()

    def _fill(
        self,
        *,
        bar: Sequence[Part] = (),
        counts: Iterable[Content] = (),
        losses: LeveledText | None = None,
        cut_over: str = "",
        rebuild: str = "",
        said: Sequence[LeveledText] = (),
        stop: bool = False,
        again: bool = True,
        field: str = "",
    ) -> None:
        if not (self.query(Bar) and self.query("#to-field")):  # the program ends: its widgets are removed one by one
            return
        self.query_one(Bar).show(bar)
        self.query_one("#plan-counts", Flow).show(tuple(counts))
        if losses:
            self.query_one("#loss-line", Static).update(sentence(self._symbols, *losses))
        self.query_one("#plan-cut-over", Static).update(sentence(self._symbols, "warning", cut_over))
        self.query_one("#plan-rebuild", Static).update(sentence(self._symbols, "note", rebuild))
        self.query_one(Sentences).show(said)
        self.query_one("#to-field", Plain).rename(f"Go to {field}")
        shown = {
            "#plan-losses": losses is not None,
            "#plan-cut-over": bool(cut_over),
            "#plan-rebuild": bool(rebuild),
            "#plan-stop": stop,
            "#plan-again": again,
            "#to-field": bool(field),
        }
        for name, on in shown.items():
            if self.query_one(name).display != on:
                self.query_one(name).display = on

    # --- a reading

    def reading(self, counted: Sequence[Counted], pause: Pausing | None, now: float) -> None:
        """Show how far it has come. `now` in seconds since the epoch."""
        self._draw_plan = None
        known = [count for count in counted if count.total]
        begun = any(not count.what.startswith(_OTHER_SIDE) for count in known)  # without the source it would look done
        read, total = sum(count.read for count in known), sum(count.total or 0 for count in known)
        done = min(read, total)
        s = self._symbols
        self._fill(
            bar=(Part(done, s.full, "$success"), Part(total - done, s.empty, "$skipped")) if begun else (),
            counts=[Content(count.words) for count in counted],
            said=[plan_words.pause(pause, now)] if pause else [],
            stop=True,
            again=False,
        )

    # --- a plan

    def plan(self, plan: Plan, *, why: str, unconfirmed: int, field: str = "") -> None:
        """Show a plan. `why` says what it lacks or why it is out of date; `unconfirmed` are the kinds of loss that
        the user hasn't confirmed; `field` is the field to fix, "" for none."""
        self._draw_plan = partial(self._plan, plan, why, unconfirmed, field)
        self._draw_plan()

    def _plan(self, plan: Plan, why: str, unconfirmed: int, field: str) -> None:
        losses = ("warning" if unconfirmed else "ok", words.loss_line(plan)) if plan.losses and not why else None
        self._fill(
            bar=[self._part(verdict, plan) for verdict in Verdict],
            counts=self._legend(plan) if plan.counts.source else (),
            losses=losses,
            cut_over=self._fitting(words.cut_over_forms(plan)) if plan.counts.on_at_source else "",
            rebuild=words.rebuild_line(plan),
            said=[("problem", why)] if why else [],
            again=bool(why),
            field=field,
        )

    def _fitting(self, forms: Sequence[str]) -> str:
        """Return the first form that fits into a row, after its mark."""
        return next((form for form in forms if len(form) + 2 <= self.size.width), forms[-1])

    def _part(self, verdict: Verdict, plan: Plan) -> Part:
        s = self._symbols
        cells = {Verdict.IMPORT: s.full, Verdict.SKIP_EXISTS: s.light, Verdict.SKIP_ARCHIVED: s.light}
        style = "$skipped" if LEVELS[verdict] == "note" else STYLES[LEVELS[verdict]]
        return Part(plan.by_verdict[verdict], cells.get(verdict, s.crossed), style)

    def _legend(self, plan: Plan) -> list[Content]:
        """Each number with the cell of its part of the bar; reasons only as far as one row has room."""
        s = self._symbols
        cells = {"ok": (s.full, "$success"), "note": (s.light, "$skipped"), "problem": (s.crossed, "$error")}
        lines = list(words.verdicts(plan))
        if sum(len(text) + len(s.full) + GAP + 1 for _, text in lines) - GAP > self.size.width:
            lines = [(level, text.partition(":")[0]) for level, text in lines]
        return [Content.styled(f"{cells[level][0]} ", cells[level][1]) + Content(text) for level, text in lines]

    # --- neither

    def nothing(self, level: str, why: str, *, again: bool) -> None:
        """Show that there is no plan, and why."""
        self._draw_plan = None
        self._fill(said=[(level, why)] if why else [], again=again)
