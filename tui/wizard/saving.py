"""Save plans and reports in the folder the wizard was started in: the formats, and the sentences about the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tui.answers import draft as drafts
from tui.apply.engine import Import
from tui.plan import documents as plan_documents
from tui.plan.documents import PlanFormat
from tui.plan.plan import Plan
from tui.report import documents as report_documents
from tui.report.documents import ReportFormat
from tui.text.cells import cells, shortened
from tui.text.clean import clean
from tui.text.private_files import unused
from tui.wizard.outcomes import report_of

if TYPE_CHECKING:
    from tui.wizard.session import Session


@dataclass(frozen=True, slots=True)
class FileKind:
    """One format: its key, the label of its button, what it is for, and the file it would be saved as."""

    key: str
    label: str
    about: str
    path: Path


NO_JSON = "JSON isn't available because the plan is incomplete."
_AROUND = 6
"""The cells of the message line's edges and of its mark."""
_FORMS: tuple[tuple[ReportFormat, str, str], ...] = (
    ("html", "HTML", "For a browser, for printing, and to send to others. One file."),
    ("md", "Markdown", "For a wiki or a ticket."),
    ("json", "JSON", "For programs."),
    ("csv", "CSV", "Only the flags to rebuild, for a spreadsheet."),
)
_REPORTS: Mapping[str, ReportFormat] = {form: form for form, _, _ in _FORMS}


def plan_kinds(session: Session, plan: Plan, folder: Path) -> list[FileKind]:
    """Return the formats that a plan can be saved in: JSON only if it is complete."""

    def path(form: PlanFormat) -> Path:
        return unused(folder, plan_documents.file_name(plan, form, session.context.redactor))

    kinds = [FileKind("md", "Markdown", "To read, tick off, and send. Lists every rule to rebuild.", path("md"))]
    if plan.whole:
        kinds.append(FileKind("json", "JSON", "For programs, as `plan --json` prints it.", path("json")))
    return kinds


def save_plan(session: Session, plan: Plan, folder: Path, kind: str) -> Path:
    """Save a plan and return its file. Raises OSError."""
    form: PlanFormat = "json" if kind == "json" else "md"
    route = drafts.route(session.draft)
    return plan_documents.save(plan, folder, form, session.context.redactor, route=route)


def report_kinds(session: Session, run: Import, folder: Path) -> list[FileKind]:
    """Return the formats that a report can be saved in."""
    report = report_of(run, session.forms, session.rebuild_records())
    return [
        FileKind(form, label, about, unused(folder, report_documents.file_name(report, form)))
        for form, label, about in _FORMS
    ]


def save_report(session: Session, run: Import, folder: Path, kind: str) -> Path:
    """Save the report of an import as it is now, and return its file. Raises OSError, and KeyError for no format."""
    report = report_of(run, session.forms, session.rebuild_records())
    path = report_documents.save(report, folder, _REPORTS[kind], run.context.redactor)
    session.saved_report = str(path)
    return path


def saved(path: Path, width: int | None = None, cut: str = "...") -> str:
    """Return the message after a file was saved, to fit into the message line of a terminal of `width` columns.

    A long folder is shortened in its middle, with `cut` for what is left out, and left out itself if there is no room:
    the name of the file and the end of the message matter more. Without `width` nothing is shortened.
    """
    start, end = f"Saved {path.name}", ", without keys."
    folder = clean(str(path.absolute().parent))
    if width is not None:
        folder = shortened(folder, width - _AROUND - cells(f"{start} in {end}"), cut)
    return f"{start} in {folder}{end}" if folder else f"{start}{end}"


def not_saved(error: OSError) -> str:
    """Return the message if a file couldn't be saved."""
    return f"Can't save the file ({error.strerror}). Start the wizard in a folder you can write to."
