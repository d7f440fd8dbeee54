"""What came of an import, and what is left to do, each line with the button that does it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from tui.plan.words import flags, named
from tui.report.documents import file_name
from tui.report.report import Report
from tui.text.clean import clean
from tui.widgets.buttons import Plain
from tui.widgets.sentences import Sentences
from tui.widgets.symbols import Symbols, mark

_BUTTONS = {
    "Replace a key": ("replace", "Replace"),
    "Verify": ("compare", "Compare"),
    "Start again": ("again", "Start again"),
    "Rebuild": ("list-rebuild", "List"),
    "Cut over": ("list-cut-over", "List"),
    "Undo": ("undo", "Show list"),
}
"""From what is left to do to the id and the words of its button; what the lists above show already has none."""
_SHOWN_ABOVE = ("Put right", "Look at", "Ask about")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report. `button` is an id and its words, None where nothing can be pressed."""

    level: str
    label: str
    text: str
    button: tuple[str, str] | None = None


def found(report: Report) -> Iterator[Line]:
    """What LaunchDarkly reported, and what the comparison has found."""
    yield from _reported(report)
    if report.missing:
        yield Line("problem", "missing", named([each.key for each in report.missing]), ("list-missing", "Why"))
    if report.different:
        key, unlike = report.different[0]
        first = f"{key}: {unlike[0].what} {unlike[0].there or 'blank'}, planned {unlike[0].planned or 'blank'}"
        more = len(report.different) - 1
        text = f"{first}{f'; and {more:,} more flags' if more else ''}"
        yield Line("warning", "different", text, ("list-different", "Side by side"))
    if report.on:
        yield Line("warning", "on there", named([key for key, _ in report.on]), ("list-on", "Where"))
    if report.unexpected:
        yield Line("warning", "not planned", named(report.unexpected), ("list-unexpected", "List"))
    if report.numbers.as_planned:
        where = len(report.environments)
        places = f"all {where:,} environments" if where != 1 else "the one environment"
        yield Line("ok", "checked", f"{report.numbers.as_planned:,} as planned, off in {places}")
    if report.shared:
        yield Line("warning", "all flags", report.shared[0], ("list-notes", "All"))
    if report.not_compared:
        yield Line("unknown", "not compared", report.not_compared[0], ("list-not-compared", "All"))


def _reported(report: Report) -> Iterator[Line]:
    """Errors that LaunchDarkly reported; those about flags that the plan had left out are no news."""
    news = [each for each in report.errors if not each.expected]
    known = len(report.errors) - len(news)
    if news:
        first = f"{news[0].text}{f'. {news[0].cause}' if news[0].cause else ''}"
        text = first if len(news) == 1 else f"{len(news):,} errors, the first: {news[0].text}"
        yield Line("problem" if report.missing else "warning", "reported", text, ("list-errors", "All"))
    elif known:
        errors = "1 error" if known == 1 else f"{known:,} errors"
        yield Line("note", "expected", f"{errors} about flags that the plan left out", ("list-errors", "All"))


def left(report: Report) -> Iterator[Line]:
    """What is left for a person to do, and the report's own file."""
    for label, text in report.remaining:
        if label not in _SHOWN_ABOVE:
            yield Line("note", label, text, _BUTTONS.get(label))
    if report.warned:
        yield Line("note", "Warnings", f"the plan warned of {flags(len(report.warned))}", ("list-warnings", "List"))
    yield Line("note", "Report", f"{file_name(report, 'html')}   also md, json", ("write", "Write"))


class ReportLine(Horizontal):
    """A label, a text, and perhaps a button."""

    def __init__(self, line: Line, symbols: Symbols) -> None:
        super().__init__(classes="report-line")
        self._line, self._symbols = line, symbols

    def compose(self) -> ComposeResult:
        level = self._line.level
        sign = mark(self._symbols, level) if level != "note" else Content("  ")
        yield Static(sign + Content(self._line.label), classes="report-label", markup=False)
        yield Static(Content(clean(self._line.text)), classes="report-text", markup=False)
        if self._line.button is not None:
            key, words = self._line.button
            yield Plain(words, id=key)


class RunReport(Vertical):
    """Empty until a report is shown."""

    def __init__(self, symbols: Symbols, *, id: str) -> None:
        super().__init__(id=id)
        self._symbols = symbols

    async def show(self, report: Report) -> None:
        """Show this report in place of what was there."""
        level, words = report.summary
        rows = [
            Sentences(self._symbols, [(level, clean(words))], classes="report-headline"),
            *(ReportLine(line, self._symbols) for line in found(report)),
            Static(Content("What is left for you"), classes="group", markup=False),
            *(ReportLine(line, self._symbols) for line in left(report)),
        ]
        await self.remove_children()
        await self.mount(*rows)
        self.display = True
