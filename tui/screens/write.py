"""The question in which format a document is saved, and saving a plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
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
from tui.text.cells import cells, shortened
from tui.text.clean import clean
from tui.text.private_files import unused
from tui.widgets.buttons import Plain

if TYPE_CHECKING:
    from tui.plan.plan import Plan
    from tui.screens.host import Host
    from tui.wizard.session import Session

_AROUND = 6
"""The cells of the message line's edges and of its mark."""
Told = Callable[[str, str], object]
"""Takes a level and a sentence."""


@dataclass(frozen=True, slots=True)
class FileKind:
    """One format: its key, the label of its button, what it is for, and the file it would be saved as."""

    key: str
    label: str
    about: str
    path: Path


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
            wanted: PlanFormat = "json" if kind == "json" else "md"
            path = save(plan, app.folder, wanted, session.context.redactor, route=drafts.route(session.draft))
        except OSError as error:
            told("problem", not_saved(error))
        else:
            told("ok", saved(path, app.size.width, app.symbols.cut))

    def path(form: PlanFormat) -> Path:
        return unused(app.folder, file_name(plan, form, session.context.redactor))

    kinds = [FileKind("md", "Markdown", "To read, tick off, and send. Lists every rule to rebuild.", path("md"))]
    if plan.whole:
        kinds.append(FileKind("json", "JSON", "For programs, as `plan --json` prints it.", path("json")))
    note = "" if plan.whole else "JSON isn't available because the plan is incomplete."
    app.push_screen(WriteScreen("Save the plan", kinds, note), write)


def saved(path: Path, width: int, cut: str) -> str:
    """Return the message after a file was saved, to fit into the message line of a terminal of `width` columns.

    A long folder is shortened in its middle, with `cut` for what is left out, and left out itself if there is no room:
    the name of the file and the end of the message matter more.
    """
    start, end = f"Saved {path.name}", ", without keys."
    room = width - _AROUND - cells(f"{start} in {end}")
    folder = shortened(clean(str(path.absolute().parent)), room, cut)
    return f"{start} in {folder}{end}" if folder else f"{start}{end}"


def not_saved(error: OSError) -> str:
    """Return the message if a file couldn't be saved."""
    return f"Can't save the file ({error.strerror}). Start the wizard in a folder you can write to."
