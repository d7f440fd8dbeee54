"""A plan in numbers: a headline, a bar, and the words beside it; or how far the reading of one has come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from tui.net.events import Counted, Pausing
from tui.net.times import time_of_day
from tui.plan import words
from tui.plan.plan import Plan, Verdict
from tui.plan.words import LeveledText
from tui.widgets.bar import Bar, Part
from tui.widgets.buttons import Plain
from tui.widgets.flag_list import LEVELS
from tui.widgets.flow import Flow
from tui.widgets.sentences import Sentences
from tui.widgets.symbols import STYLES, Symbols, mark, sentence

_NOTES_SHOWN = 3
_OTHER_SIDE = "LaunchDarkly"


class PlanHead(Vertical):
    """Everything above the ticks and the list."""

    def __init__(self, symbols: Symbols, *, id: str) -> None:
        super().__init__(id=id)
        self._symbols = symbols

    def compose(self) -> ComposeResult:
        yield Static("", id="plan-headline", markup=False)
        yield Bar(id="plan-bar")
        yield Flow(id="plan-counts")
        yield Flow(id="plan-warnings")
        yield Sentences(self._symbols, id="plan-said")
        with Horizontal(id="plan-stop"):
            yield Plain("Stop reading", id="stop-reading")
            yield Static(Content("keeps what is here"), markup=False)
        with Horizontal(id="plan-again"):
            yield Plain("Read again", id="read-again")
            yield Plain("Go to the field", id="to-field")

    def on_mount(self) -> None:
        self._fill("", again=False)

    def _fill(
        self,
        level: str,
        headline: str = "",
        *,
        bar: Sequence[Part] = (),
        counts: Iterable[Content] = (),
        warnings: Iterable[Content] = (),
        said: Sequence[LeveledText] = (),
        stop: bool = False,
        again: bool = True,
        field: str = "",
    ) -> None:
        box = self.query_one("#plan-headline", Static)
        box.display = bool(headline)
        box.update(sentence(self._symbols, level or "note", headline))
        self.query_one(Bar).show(bar)
        self.query_one("#plan-counts", Flow).show(tuple(counts))
        self.query_one("#plan-warnings", Flow).show(tuple(warnings))
        self.query_one(Sentences).show(said)
        self.query_one("#to-field", Plain).rename(f"Go to {field}")
        for name, on in (("#plan-stop", stop), ("#plan-again", again), ("#to-field", bool(field))):
            if self.query_one(name).display != on:
                self.query_one(name).display = on

    # --- a reading

    def reading(self, counted: Sequence[Counted], pause: Pausing | None, now: float) -> None:
        """How far it has come. `now` in seconds since the epoch."""
        told = [each for each in counted if each.total]
        begun = any(not each.what.startswith(_OTHER_SIDE) for each in told)  # without the source it would look done
        read, total = sum(each.read for each in told), sum(each.total or 0 for each in told)
        done = min(read, total)
        s = self._symbols
        self._fill(
            "note",
            "Reading both sides; nothing is changed on either.",
            bar=(Part(done, s.full), Part(total - done, s.empty)) if begun else (),
            counts=[Content(each.words) for each in counted],
            said=[self._pause(pause, now)] if pause else [],
            stop=True,
            again=False,
        )

    def _pause(self, pause: Pausing, now: float) -> LeveledText:
        whose = f" (limit of {pause.limit})" if pause.limit else ""
        until = time_of_day(pause.until, now)
        return "warning", f"{pause.peer or 'A server'} asks for a pause: going on at {until}{whose}."

    # --- a plan

    def plan(self, plan: Plan, *, why: str, field: str = "") -> None:
        """Show a plan. `why` says what it lacks or why it is out of date, "" where it is to be believed; `field` is
        the name of the field that would mend it, "" where none is known."""
        counted = plan.counts.source
        self._fill(
            *words.headline(plan),
            bar=[self._part(verdict, plan) for verdict in Verdict],
            counts=[self._said(*each) for each in words.verdicts(plan)] if counted else (),
            warnings=[self._said(*each) for each in words.warnings(plan)],
            said=[*([("problem", why)] if why else []), *_notes(plan)],
            again=bool(why),
            field=field,
        )

    def _part(self, verdict: Verdict, plan: Plan) -> Part:
        cells = {Verdict.IMPORT: self._symbols.full, Verdict.SKIP_EXISTS: self._symbols.light,
                 Verdict.SKIP_ARCHIVED: self._symbols.half}  # fmt: skip
        cell = cells.get(verdict, self._symbols.crossed)
        return Part(plan.by_verdict[verdict], cell, STYLES[LEVELS[verdict]])

    def _said(self, level: str, text: str) -> Content:
        if level == "note":  # a symbol beside each number, also that of what is left alone
            return Content(f"{self._symbols.note} {text}")
        return mark(self._symbols, level) + Content(text)

    # --- neither

    def nothing(self, level: str, headline: str, why: str, *, again: bool) -> None:
        """There is no plan, and why."""
        self._fill(level, headline, said=[("note", why)] if why else [], again=again)


def _notes(plan: Plan) -> Iterable[LeveledText]:
    yield from map(words.note, plan.notes[:_NOTES_SHOWN])
    if (more := len(plan.notes) - _NOTES_SHOWN) > 0:
        yield "warning", f"{more} more; w writes them all to a file."
