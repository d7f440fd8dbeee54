"""A page over the whole window: title, purpose, body, message, buttons, keys. Esc closes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.screens.help import HelpScreen
from tui.screens.host import Host
from tui.screens.in_fields import InFields
from tui.widgets.field_row import FieldRow
from tui.widgets.key_line import KeyHints, key_line
from tui.widgets.moving import ScrollingBody
from tui.widgets.symbols import sentence
from tui.widgets.themes import styles_dir
from tui.widgets.top_line import TopLine
from tui.wizard.help import field_help

if TYPE_CHECKING:
    from tui.widgets.symbols import Symbols

Reply = TypeVar("Reply")


class Sheet(InFields, ModalScreen[Reply | None], Generic[Reply]):
    """A subclass composes `compose_body` and `compose_buttons`."""

    AUTO_FOCUS = ""
    KEYS: ClassVar[KeyHints] = (
        ("Enter", "press"),
        ("PgDn", "more"),
        ("Esc", "close"),
        ("F2", "actions"),
        ("Ctrl+Q", "quit"),
    )
    HELP: ClassVar[str] = ""
    CSS_PATH: ClassVar[list[str | Path]] = [styles_dir() / "configurations.tcss"]  # type: ignore[assignment]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-normal")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f7", "close", "Close", show=False),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("f1,ctrl+g", "help", "Help", priority=True, show=False),
        Binding("question_mark", "help", "Help", show=False),
    ]
    app = getters.app(Host)

    def compose(self) -> ComposeResult:
        yield TopLine((Content(self.place()),), practice=self.app.practicing)
        with ScrollingBody(id="sheet-body", can_focus=False):
            purpose = self.purpose()
            yield Static(
                Content(self.title_text()), classes="sheet-title" if purpose else "sheet-title alone", markup=False
            )
            if purpose:
                yield Static(Content(purpose), classes="sheet-purpose", markup=False)
            yield from self.compose_body()
        yield Static("", id="sheet-message", markup=False)
        with Horizontal(id="sheet-buttons"):
            yield from self.compose_buttons()
        yield Static(key_line(self.KEYS, self.app.size.width - 4), id="sheet-keys", markup=False)

    def title_text(self) -> str:
        """The title over the page."""
        return ""

    def purpose(self) -> str:
        """One sentence below the title."""
        return ""

    def place(self) -> str:
        """The account and project, for the top line."""
        return ""

    def compose_body(self) -> ComposeResult:
        """The content of the page."""
        yield from ()

    def compose_buttons(self) -> ComposeResult:
        """Its buttons."""
        yield from ()

    @property
    def symbols(self) -> Symbols:
        return self.app.symbols

    def say(self, level: str, text: str) -> None:
        """Write the message line, which has up to four rows."""
        said = sentence(self.symbols, level, text) if text else Content("")
        for line in self.query("#sheet-message").results(Static):  # none once the page has closed
            line.update(said)

    def action_close(self) -> None:
        """Close the page."""
        self.dismiss(None)

    def action_page(self, by: int) -> None:
        """Scroll the page."""
        body = self.query_one("#sheet-body", VerticalScroll)
        if by > 0:
            body.scroll_page_down(animate=False)
        else:
            body.scroll_page_up(animate=False)

    def action_help(self) -> None:
        """Show help for the focused field, or for the page."""
        around = self.focused.ancestors_with_self if self.focused is not None else ()
        row = next((each for each in around if isinstance(each, FieldRow)), None)
        if row is not None:
            self.app.push_screen(HelpScreen(field_help(row.variable)))
        else:
            self.say("note", self.HELP)

    def action_take(self) -> None:
        """Enter in a field moves to the next control."""
        self.in_field()
        self.focus_next()
