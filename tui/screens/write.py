"""The question in which format a document is saved, and saving a plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from tui.screens.dialogs import Dialog
from tui.widgets.buttons import Plain
from tui.wizard import saving
from tui.wizard.saving import FileKind

if TYPE_CHECKING:
    from tui.plan.plan import Plan
    from tui.screens.host import Host
    from tui.wizard.session import Session

Told = Callable[[str, str], object]
"""Takes a level and a sentence."""


class WriteScreen(Dialog[str]):
    """Gives the key of the format, None when closed. `note` says why a format is missing."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("w", "close", show=False)]

    def __init__(self, title: str, kinds: Sequence[FileKind], note: str = "") -> None:
        super().__init__()
        self._title, self._kinds, self._note = title, kinds, note

    def compose(self) -> ComposeResult:
        about = [*(f"{each.path.absolute()}\n  {each.about}" for each in self._kinds), *filter(None, (self._note,))]
        with Vertical(classes="dialog wide"):
            yield Static(Content(self._title), classes="dialog-title", markup=False)
            yield Static(Content("\n".join(about)), classes="dialog-text", markup=False)
            with Horizontal(classes="dialog-buttons"):
                for each in self._kinds:
                    yield Plain(each.label, id=each.key)
                yield Plain("Close", id="close")

    def on_mount(self) -> None:
        self.query_one(f"#{self._kinds[0].key}").focus()

    @on(Button.Pressed)
    def _chosen(self, event: Button.Pressed) -> None:
        event.stop()
        key = event.button.id
        self.dismiss(key if any(each.key == key for each in self._kinds) else None)


def write_plan(app: Host, session: Session, plan: Plan, told: Told) -> None:
    """Ask for the format, save the plan in the folder the wizard was started in, and show the result."""

    def write(kind: str | None) -> None:
        if kind is None:
            return
        try:
            path = saving.save_plan(session, plan, app.folder, kind)
        except OSError as error:
            told("problem", saving.not_saved(error))
        else:
            told("ok", saving.saved(path, app.size.width, app.symbols.cut))

    note = "" if plan.whole else saving.NO_JSON
    app.push_screen(WriteScreen("Save the plan", saving.plan_kinds(session, plan, app.folder), note), write)
