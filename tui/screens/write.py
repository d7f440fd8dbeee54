"""The question in which form a plan is written to a file, and the writing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from tui.answers import draft as drafts
from tui.plan.documents import PlanFormat, file_name, save
from tui.screens.dialogs import Dialog
from tui.widgets.buttons import Plain

if TYPE_CHECKING:
    from tui.plan.plan import Plan
    from tui.screens.host import Host
    from tui.wizard.session import Session

Told = Callable[[str, str], object]
"""Takes a level and a sentence."""


@dataclass(frozen=True, slots=True)
class FileKind:
    """One form of a file: its key, the words on its button, and what there is to say of it."""

    key: str
    words: str
    about: str


class WriteScreen(Dialog[str]):
    """Gives the key of the kind, None when closed. `note` says why a kind is not there."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("w", "close", show=False)]

    def __init__(self, title: str, kinds: Sequence[FileKind], note: str = "") -> None:
        super().__init__()
        self._title, self._kinds, self._note = title, kinds, note

    def compose(self) -> ComposeResult:
        about = [*(each.about for each in self._kinds), *filter(None, (self._note,))]
        with Vertical(classes="dialog wide"):
            yield Static(Content(self._title), classes="dialog-title", markup=False)
            yield Static(Content("\n\n".join(about)), classes="dialog-text", markup=False)
            with Horizontal(classes="dialog-buttons"):
                for each in self._kinds:
                    yield Plain(each.words, id=each.key)
                yield Plain("Close", id="close")

    def on_mount(self) -> None:
        self.query_one(f"#{self._kinds[0].key}").focus()

    @on(Button.Pressed)
    def _chosen(self, event: Button.Pressed) -> None:
        event.stop()
        key = event.button.id
        self.dismiss(key if any(each.key == key for each in self._kinds) else None)


def write_plan(app: Host, session: Session, plan: Plan, told: Told) -> None:
    """Ask in which form, write beside where the program was started, and tell what became of it."""

    def write(kind: str | None) -> None:
        if kind is None:
            return
        try:
            wanted: PlanFormat = "json" if kind == "json" else "md"
            path = save(plan, app.folder, wanted, session.context.redactor, route=drafts.route(session.draft))
        except OSError as error:
            told("problem", f"It could not be written ({error.strerror}). Start the wizard in a folder of yours.")
        else:
            told("ok", f"Saved {path.name}; it holds no key.")

    redactor = session.context.redactor
    read = "to read, tick off and pass on; it has each rule to make again"
    kinds = [FileKind("md", "Markdown", f"{file_name(plan, 'md', redactor)}\n  {read}")]
    if plan.whole:
        about = f"{file_name(plan, 'json', redactor)}\n  for programs, as `plan --json` prints it"
        kinds.append(FileKind("json", "JSON", about))
    note = "" if plan.whole else "The plan is not complete: as JSON, for programs, it would be no document."
    app.push_screen(WriteScreen("Write the plan to a file", kinds, note), write)
