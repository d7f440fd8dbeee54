"""A report as a document, and saved to a file: HTML and Markdown for people, JSON for programs."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from tui.net.times import day, stamp
from tui.plan.words import KINDS
from tui.report.json_document import as_json
from tui.report.report import AS_PLANNED, MISSING, NOT_AS_PLANNED, Report, redacted
from tui.report.sections import byline, cause_of, counted, sections
from tui.text.clean import clean, plain
from tui.text.private_files import unused, write_private
from tui.text.redact import Redactor
from tui.text.templates import rendered

ReportFormat = Literal["html", "md", "json"]

TEMPLATES = Path(__file__).parent / "templates"


def as_html(report: Report) -> str:
    """The report as one page. Foreign text in it is neither markup nor an order to a terminal that prints the file."""
    return _rendered("report.html", report, _html_escaped)


def as_markdown(report: Report) -> str:
    """The report for a wiki or a ticket. Foreign text in it formats nothing."""
    return _rendered("report.md", report, plain)


def _html_escaped(text: str) -> str:
    return html.escape(clean(text))


def _rendered(template: str, report: Report, escape: Callable[[str], str]) -> str:
    return rendered(
        TEMPLATES / template,
        escape,
        report=report,
        byline=byline(report),
        written=stamp(report.written_at),
        numbers=tuple(counted(report.numbers)),
        errors=tuple((error.text, cause_of(error)) for error in report.errors),
        sections=tuple(sections(report)),
        kinds=KINDS,
        fills={AS_PLANNED: "good", NOT_AS_PLANNED: "fair", MISSING: "poor"},
    )


_WRITERS: Mapping[ReportFormat, Callable[[Report], str]] = {
    "html": as_html,
    "md": as_markdown,
    "json": lambda report: json.dumps(as_json(report), indent=2) + "\n",
}


def text_of(report: Report, form: ReportFormat, redactor: Redactor) -> str:
    """The document, without any secret that the redactor knows."""
    return _WRITERS[form](redacted(report, redactor))


def save(report: Report, folder: Path, form: ReportFormat, redactor: Redactor) -> Path:
    """Write the report for its owner; it replaces no other (`unleash-web-shop-23-Nov.html`, then `...-2.html`).

    Raises OSError if nothing was written.
    """
    safe = redacted(report, redactor)
    path = unused(folder, file_name(safe, form))
    write_private(path, _WRITERS[form](safe))
    return path


def file_name(report: Report, form: ReportFormat) -> str:
    """Source, project, and day of writing, in letters and digits that mean nothing to a shell or a path."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", f"{report.identity.integration} {report.identity.project}").strip("-")
    when = "-".join(day(report.written_at).split(" ")[:2])
    return f"{words[:60]}-{when}.{form}"
