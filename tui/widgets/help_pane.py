"""Help about what has the focus, beside the step in a wide terminal; and how a page of help is drawn."""

from __future__ import annotations

import textwrap

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui.wizard.help import HelpPage, Section, Table

_NARROW = 60


class HelpPane(VerticalScroll, can_focus=False):
    """The page of what has the focus, beside the step."""

    def __init__(self) -> None:
        super().__init__(id="aside")
        self._page: HelpPage | None = None
        self._width = 0

    def compose(self) -> ComposeResult:
        yield Static("", id="aside-title", markup=False)
        yield Static("", id="aside-text", markup=False)

    def show(self, page: HelpPage) -> None:
        """Show a page, if it is another one."""
        if page != self._page:
            self._page = page
            self.query_one("#aside-title", Static).update(Content(page.title))
            self._draw()
            self.scroll_home(animate=False)

    def on_resize(self) -> None:
        if self.scrollable_content_region.width != self._width:
            self._draw()

    def _draw(self) -> None:
        """Draw the page. The second columns of its tables don't wrap by themselves."""
        self._width = self.scrollable_content_region.width
        if self._page is not None and self._width:  # without a width, the pane hasn't its place yet
            for text in self.query("#aside-text").results(Static):
                text.update(drawn(self._page, self._width))


def drawn(page: HelpPage, width: int) -> Content:
    """Return the parts of a page for a width in cells."""
    return Content("\n\n").join(_part(part, width) for part in page.parts)


def _part(part: str | Section | Table, width: int) -> Content:
    match part:
        case str():
            return Content(part)
        case Section(title, lines):
            return Content("\n").join([_title(title), *(Content(f"  {line}") for line in lines)])
        case Table():
            return _table(part, width)


def _table(table: Table, width: int) -> Content:
    """Draw a table in two columns; in a narrow place the second is below the first."""
    lines = [_title(table.title)]
    below = width < _NARROW
    indent = 4 if below else table.width + 2
    for head, text in table.rows:
        wrapped = textwrap.wrap(text, max(10, width - indent))
        first = [f"  {head}"] if below else [f"  {head:<{table.width}}{wrapped.pop(0)}"]
        lines += [Content(line) for line in (*first, *(" " * indent + line for line in wrapped))]
    return Content("\n").join(lines)


def _title(text: str) -> Content:
    return Content.styled(text, "bold")
