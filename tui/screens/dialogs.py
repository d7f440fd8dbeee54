"""Small screens over a step: they close with Esc, and no key that closes one acts on what is below."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from tui.widgets.buttons import Plain
from tui.widgets.dialog_keys import DialogKeys
from tui.wizard import leaving

if TYPE_CHECKING:
    from tui.wizard.session import Session


Reply = TypeVar("Reply")


class Dialog(ModalScreen[Reply | None], Generic[Reply]):
    """A box over the step. Esc gives None."""

    AUTO_FOCUS = ""
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall"), (36, "-roomy")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    def action_close(self) -> None:
        """Close without an answer."""
        self.dismiss(None)


class Question(Dialog[bool]):
    """A question with two answers; the one that changes nothing has the focus. Esc is that one too."""

    def __init__(self, title: str, text: str, *, yes: str, no: str) -> None:
        super().__init__()
        self._title, self._text, self._yes, self._no = title, text, yes, no

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content(self._title), classes="dialog-title", markup=False)
            yield Static(Content(self._text), classes="dialog-text", markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Plain(self._no, id="no")
                yield Plain(self._yes, id="yes", classes="primary")
            yield DialogKeys((("Tab", "move"), ("Enter", "select"), ("Esc", self._no.lower())))

    def on_mount(self) -> None:
        self.query_one("#no").focus()

    @on(Button.Pressed)
    def _answered(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(event.button.id == "yes")

    def action_close(self) -> None:
        self.dismiss(False)


class TextScreen(Dialog[None]):
    """A text to be read, scrolled and, where `copies`, copied."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "copy", "Copy", show=False)]

    def __init__(self, title: str, text: str, *, note: str = "", copies: bool = True) -> None:
        super().__init__()
        self._title, self._text, self._note, self._copies = title, text, note, copies

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Static(Content(self._title), classes="dialog-title", markup=False)
            with VerticalScroll(classes="dialog-scroll"):
                yield Static(Content(self._text), classes="dialog-code", markup=False)
            yield Static(Content(self._note), classes="dialog-note", markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Plain("Close", id="close")
                if self._copies:
                    yield Plain("Copy", id="copy")
            copy = (("y", "copy"),) if self._copies else ()
            yield DialogKeys((*copy, ("Up, Down", "scroll"), ("Esc", "close")))

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    @on(Button.Pressed, "#close")
    def _close(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#copy")
    def action_copy(self) -> None:
        """Put the text on the terminal's clipboard, which the terminal may refuse."""
        if not self._copies:
            return
        self.app.copy_to_clipboard(self._text)
        self.query_one(".dialog-note", Static).update(
            Content("Copied. Not every terminal supports copying; you can also select the text above.")
        )


def leaving_question(session: Session | None, *, quits: bool = True) -> Question | None:
    """Return the question before leaving the import, or quitting; None if nothing would be lost."""
    asked = leaving.question(session, quits=quits) if session is not None else None
    return Question(asked.title, asked.text, yes=asked.yes, no="Stay") if asked is not None else None
