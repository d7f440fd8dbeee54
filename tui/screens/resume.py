"""Imports of earlier starts of this program: all of them in a list, and going on with one."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from tui.answers.builtin import TOKEN
from tui.apply.heads import Head
from tui.net.errors import Failure
from tui.screens.host import Host
from tui.screens.sheet import Sheet
from tui.screens.token import TokenScreen
from tui.widgets.buttons import Plain
from tui.widgets.row_list import RowList
from tui.wizard import keys, launch, remedies


class RunsScreen(Sheet[Head]):
    """Gives the one to go on with, or to look at."""

    KEYS = (
        ("Enter", "open"),
        ("Up Down", "move"),
        ("Esc", "close"),
        ("F2", "actions"),
        ("Ctrl+Q", "quit"),
    )
    HELP = "Each import that was begun here has a journal. Opening one asks for your token, and looks how it stands."

    def __init__(self, heads: tuple[Head, ...]) -> None:
        super().__init__()
        self._heads = heads

    def title_text(self) -> str:
        return "Earlier imports"

    def compose_body(self) -> ComposeResult:
        none = "Nothing was imported from here yet." if not self._heads else "Those under way first, the latest on top."
        yield Static(Content(none), classes="lead", markup=False)
        yield RowList(*map(self._row, self._heads), id="runs", compact=True)

    def _row(self, head: Head) -> Option:
        words = head.in_words(self.app.title_of(head.integration), self.symbols.arrow, practice=self.app.practising)
        return Option(Content(f"{head.name}\n  {words}"))

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


async def go_on_with(app: Host, head: Head) -> str:
    """Take an import of an earlier start up again, and show its step. Gives why that cannot be, "" else."""
    session = await app.loaded()
    session.save()  # answers of another walk wait on the first screen
    try:
        launch.resume(session, head)
    except Failure as failure:
        return remedies.sentence(failure)
    if TOKEN.key not in session.bag:
        await keys.fetch_stored(session, "launchdarkly")
    if TOKEN.key not in session.bag and not await app.push_screen_wait(TokenScreen(session, f"Go on with {head.name}")):
        app.begin_again()
        return ""
    app.show_step()
    return ""
