"""The question in which form a plan is written to a file, and the writing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from tui.flagimport import walk
from tui.flagimport.plan_files import Kind, file_name, save
from tui.screens.dialogs import Dialog
from tui.widgets.buttons import Plain

if TYPE_CHECKING:
    from tui.flagimport.plan import Plan
    from tui.flagimport.session import Session
    from tui.screens.host import Host

Told = Callable[[str, str], object]
"""Takes a level and a sentence."""


class WriteScreen(Dialog[Kind]):
    """Gives the kind of file, None when closed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("w", "close", show=False)]

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan

    def compose(self) -> ComposeResult:
        about = [f"{file_name(self._plan, 'md')}\n  to read, tick off and pass on; it has each rule to make again"]
        if self._plan.whole:
            about.append(f"{file_name(self._plan, 'json')}\n  for programs, as `plan --json` prints it")
        else:
            about.append("The plan is not complete: as JSON, for programs, it would be no document.")
        with Vertical(classes="dialog wide"):
            yield Static(Content("Write the plan to a file"), classes="dialog-title", markup=False)
            yield Static(Content("\n\n".join(about)), classes="dialog-text", markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Plain("Markdown", id="md")
                if self._plan.whole:
                    yield Plain("JSON", id="json")
                yield Plain("Close", id="close")

    def on_mount(self) -> None:
        self.query_one("#md").focus()

    @on(Button.Pressed)
    def _chosen(self, event: Button.Pressed) -> None:
        event.stop()
        kinds: dict[str | None, Kind] = {"md": "md", "json": "json"}
        self.dismiss(kinds.get(event.button.id))


def write_plan(app: Host, session: Session, plan: Plan, told: Told) -> None:
    """Ask in which form, write beside where the program was started, and tell what became of it."""

    def write(kind: Kind | None) -> None:
        if kind is None:
            return
        try:
            path = save(plan, app.folder, kind, redactor=session.tools.redactor, route=walk.route(session.draft))
        except OSError as error:
            told("problem", f"It could not be written ({error.strerror}). Start the wizard in a folder of yours.")
        else:
            told("ok", f"Saved {path.name}; it holds no key.")

    app.push_screen(WriteScreen(plan), write)
