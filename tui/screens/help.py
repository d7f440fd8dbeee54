"""The help page behind F1, about one field or one step."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from tui.screens.dialogs import Dialog
from tui.widgets.buttons import Plain
from tui.widgets.help_pane import drawn
from tui.wizard.help import HelpPage

_WIDEST, _EDGES = 73, 5


class HelpScreen(Dialog[None]):
    """Reads like a page: a title, then paragraphs."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("f1,ctrl+g,question_mark,q", "close", "Close", show=False)]

    def __init__(self, page: HelpPage) -> None:
        super().__init__()
        self._page = page

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Static(Content(self._page.title), classes="dialog-title", markup=False)
            with VerticalScroll(classes="dialog-scroll"):
                yield Static("", classes="dialog-text", markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Plain("Close", id="close")
                yield Static(Content("  Esc close   Up Down scroll"), classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        self._write()
        self.query_one(VerticalScroll).focus()

    def on_resize(self) -> None:
        self.call_after_refresh(self._write)

    def _write(self) -> None:
        """Paragraphs wrap by themselves; the second columns of tables do not."""
        if self.is_attached:
            page = self.query_one(VerticalScroll)
            width = page.size.width or min(_WIDEST, self.app.size.width - _EDGES)
            self.query_one(".dialog-text", Static).update(drawn(self._page, width))

    @on(Button.Pressed, "#close")
    def _close(self) -> None:
        self.dismiss(None)
