"""The report on the screen: what LaunchDarkly has now, and the next steps, each with the button that does it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from tui.report.report import Report
from tui.text.clean import clean
from tui.widgets.buttons import Plain
from tui.widgets.symbols import Symbols, mark
from tui.wizard.report_lines import ReportItem, next_steps, outcome


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
            key, label = self._item.button
            yield Plain(label, id=key)


class RunReport(Vertical):
    """Empty until a report is shown. Its headline is the heading of the step."""

    def __init__(self, symbols: Symbols, *, id: str) -> None:
        super().__init__(id=id)
        self._symbols = symbols

    async def show(self, report: Report) -> None:
        """Replace what is shown with this report."""
        rows = [
            *(ReportLine(item, self._symbols) for item in outcome(report)),
            Static(Content("Next steps"), classes="group", markup=False),
            *(ReportLine(item, self._symbols) for item in next_steps(report)),
        ]
        await self.remove_children()
        await self.mount(*rows)
        self.display = True
