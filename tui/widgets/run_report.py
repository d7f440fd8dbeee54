"""The outcome of an import and what is left to do, each line with the button that does it."""

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
class ReportItem:
    """What one line says. `button` is an id and its words, None where nothing can be pressed."""

    level: str
    label: str
    text: str
    button: tuple[str, str] | None = None


def outcome(report: Report) -> Iterator[ReportItem]:
    """What LaunchDarkly reported, and what the comparison shows."""
    news = [error for error in report.errors if not error.expected]  # the plan had left out the flags of the others
    if news:
        first = f"{news[0].text}{f'. {news[0].cause}' if news[0].cause else ''}"
        text = first if len(news) == 1 else f"{len(news):,} errors, the first: {news[0].text}"
        yield ReportItem("problem" if report.missing else "warning", "reported", text, ("list-errors", "All"))
    elif known := len(report.errors):
        text = f"{'1 error' if known == 1 else f'{known:,} errors'} about flags that the plan left out"
        yield ReportItem("note", "expected", text, ("list-errors", "All"))
    if report.missing:
        yield ReportItem("problem", "missing", named([flag.key for flag in report.missing]), ("list-missing", "Why"))
    if report.different:
        key, (unlike, *_) = report.different[0]
        text = f"{key}: {unlike.what} {unlike.there or 'blank'}, planned {unlike.planned or 'blank'}"
        if more := len(report.different) - 1:
            text += f"; and {more:,} more flags"
        yield ReportItem("warning", "different", text, ("list-different", "Side by side"))
    if report.on:
        yield ReportItem("warning", "on there", named([key for key, _ in report.on]), ("list-on", "Where"))
    if report.unexpected:
        yield ReportItem("warning", "not planned", named(report.unexpected), ("list-unexpected", "List"))
    if report.numbers.as_planned:
        count = len(report.environments)
        places = f"all {count:,} environments" if count != 1 else "the one environment"
        yield ReportItem("ok", "checked", f"{report.numbers.as_planned:,} as planned, off in {places}")
    if report.shared:
        yield ReportItem("warning", "all flags", report.shared[0], ("list-notes", "All"))
    if report.not_compared:
        yield ReportItem("unknown", "not compared", report.not_compared[0], ("list-not-compared", "All"))


def work(report: Report) -> Iterator[ReportItem]:
    """What is left for a person to do, and the report's own file."""
    for label, text in report.remaining:
        if label not in _SHOWN_ABOVE:
            yield ReportItem("note", label, text, _BUTTONS.get(label))
    if report.warned:
        text = f"the plan warned of {flags(len(report.warned))}"
        yield ReportItem("note", "Warnings", text, ("list-warnings", "List"))
    yield ReportItem("note", "Report", f"{file_name(report, 'html')}   also md, json", ("write", "Write"))


class ReportLine(Horizontal):
    """A label, a text, and perhaps a button."""

    def __init__(self, item: ReportItem, symbols: Symbols) -> None:
        super().__init__(classes="report-line")
        self._item, self._symbols = item, symbols

    def compose(self) -> ComposeResult:
        level = self._item.level
        sign = mark(self._symbols, level) if level != "note" else Content("  ")
        yield Static(sign + Content(self._item.label), classes="report-label", markup=False)
        yield Static(Content(clean(self._item.text)), classes="report-text", markup=False)
        if self._item.button is not None:
            key, words = self._item.button
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
            *(ReportLine(item, self._symbols) for item in outcome(report)),
            Static(Content("What is left for you"), classes="group", markup=False),
            *(ReportLine(item, self._symbols) for item in work(report)),
        ]
        await self.remove_children()
        await self.mount(*rows)
        self.display = True
