"""Imports of earlier sessions: list them, and resume one."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from tui.apply.heads import Head
from tui.net.errors import Failure
from tui.screens.host import Host
from tui.screens.sheet import Sheet
from tui.screens.token import TokenScreen
from tui.widgets.buttons import Plain
from tui.widgets.row_list import RowList
from tui.wizard import remedies, resuming, start

_AROUND = 10
"""Cells around a row."""


class RunsScreen(Sheet[Head]):
    """Returns the import to resume or to inspect."""

    KEYS = (
        ("Enter", "open"),
        ("Up Down", "move"),
        ("Esc", "close"),
        ("F2", "actions"),
        ("Ctrl+Q", "quit"),
    )
    HELP = "Imports that you started on this machine. To open one, the wizard needs your token and checks its status."

    def __init__(self, heads: tuple[Head, ...]) -> None:
        super().__init__()
        self._heads = heads

    def title_text(self) -> str:
        return "Earlier imports"

    def compose_body(self) -> ComposeResult:
        text = "Unfinished imports come first." if self._heads else "You haven't started an import on this machine yet."
        yield Static(Content(text), classes="lead", markup=False)
        yield RowList(*map(self._row, self._heads), id="runs", compact=True)

    def _row(self, head: Head) -> Option:
        app = self.app
        forms = head.in_words(app.title_of(head.integration), self.symbols.arrow, app.now, practice=app.practicing)
        text = start.fitting(forms, app.size.width - _AROUND)
        return Option(Content.styled(head.name, "bold") + Content(f"\n  {text}"))

    def compose_buttons(self) -> ComposeResult:
        yield Plain("Close", id="close")

    def on_mount(self) -> None:
        self.query_one("#runs" if self._heads else "#close").focus()

    @on(Button.Pressed)
    def _close(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(None)

    @on(OptionList.OptionSelected, "#runs")
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._heads[event.option_index])


async def resume(app: Host, head: Head) -> str:
    """Resume an import of an earlier session, and show its step. Returns why it can't be resumed, "" if it can."""
    session = await app.loaded()
    try:
        known = await resuming.run(session, head)
    except Failure as failure:
        return remedies.sentence(failure)
    if not known and not await app.push_screen_wait(TokenScreen(session, f"Resume {head.name}")):
        app.begin_again()
        return ""
    app.show_step()
    return ""
