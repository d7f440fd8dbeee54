"""A report as a document, and its file: HTML and Markdown for people, JSON for programs, CSV for tickets."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from tui.plan.words import KINDS, kind_label
from tui.report.csv_document import as_csv
from tui.report.report import AS_PLANNED, MISSING, NOT_AS_PLANNED, Report, Row, redacted
from tui.report.sections import byline, cause_of, counted, sections, shown, when
from tui.text.clean import clean, plain
from tui.text.private_files import unused, write_private
from tui.text.redact import Redactor
from tui.text.templates import rendered
from tui.text.times import iso_date, moment_json, stamp

ReportFormat = Literal["html", "md", "json", "csv"]

TEMPLATES = Path(__file__).parent / "templates"


def as_html(report: Report) -> str:
    """The report as one page. Foreign text in it is neither markup nor a control sequence."""
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
        when=when(report),
        written=stamp(report.written_at),
        numbers=tuple(counted(report.numbers)),
        errors=tuple((error.text, cause_of(error)) for error in report.errors),
        sections=tuple(sections(report)),
        kinds=KINDS,
        label=kind_label,
        outcomes={shown(result): count for result, count in report.outcomes.items()},
        losses_by_label={kind_label(kind): count for kind, count in report.losses.items()},
        fills={AS_PLANNED: "good", shown(NOT_AS_PLANNED): "fair", MISSING: "poor"},
    )


# --- JSON

JSON_VERSION = 1
"""The version of the JSON document's shape."""


def as_json(report: Report) -> dict[str, object]:
    """The report for a program. Each moment is in milliseconds, and in ISO 8601 in UTC under `<name>_at`, null if it
    hasn't come yet. Counts are null before a comparison. Lists of flags hold objects with a `key`.
    """
    times: dict[str, int | str | None] = {}
    for name in ("planned", "created", "started", "ended", "verified"):
        at = report.moments.get(name)
        times |= moment_json(name, None if at is None else at * 1000)
    return {
        "version": JSON_VERSION,
        "title": report.title,
        "level": report.summary[0],
        "headline": report.summary[1],
        **moment_json("written", report.written_at * 1000),
        "integration": report.identity.integration,
        "host": report.identity.host,
        "project": report.identity.project,
        "configuration": {"id": report.configuration or None, "name": report.identity.name},
        "source": [{"label": label, "value": value} for label, value in report.source],
        "target": [{"label": label, "value": value} for label, value in report.target],
        "who": report.who or None,
        "stage": report.stage,
        "times": times,
        "ended": report.ended or None,
        "errors": [
            {"text": each.text, "cause": each.cause or None, "expected": each.expected} for each in report.errors
        ],
        "counts": asdict(report.numbers),
        "outcomes": dict(report.outcomes),
        "losses": dict(report.losses),
        "verified": report.verified,
        "flags": [
            {
                "key": row.key, "name": row.name, "result": row.result, "on_at_source": row.on_at_source,
                "serves_when_on": row.serves, "losses": [asdict(lost) for lost in row.lost],
                "warnings": list(row.warnings), "cut_over_warning": row.cut_over_warning or None,
                "rebuild": _prospect(row),
            }
            for row in report.rows
        ],
        "missing": [asdict(each) for each in report.missing],
        "different": [
            {"key": key, "properties": [asdict(each) for each in unlike]} for key, unlike in report.different
        ],
        "unexpected": [{"key": key} for key in report.unexpected],
        "on_in_launchdarkly": [{"key": key, "environments": list(where)} for key, where in report.on],
        "environments": list(report.environments),
        "rebuilt": [asdict(each) for each in report.rebuilt],
        "left_out": [asdict(each) for each in report.left_out],
        "remaining": [{"step": step, "text": text} for step, text in report.remaining],
        "not_compared": list(report.not_compared),
        "notes": list(report.notes),
    }  # fmt: skip


def _prospect(row: Row) -> dict[str, object] | None:
    if row.prospect is None:
        return None
    found = row.prospect
    return {"grade": found.grade, "approximations": list(found.approximations), "reasons": list(found.reasons)}


# --- files

_WRITERS: Mapping[ReportFormat, Callable[[Report], str]] = {
    "html": as_html,
    "md": as_markdown,
    "json": lambda report: json.dumps(as_json(report), indent=2) + "\n",
    "csv": as_csv,
}


def text_of(report: Report, form: ReportFormat, redactor: Redactor) -> str:
    """The document, without any secret that the redactor knows."""
    return _WRITERS[form](redacted(report, redactor))


def save(report: Report, folder: Path, form: ReportFormat, redactor: Redactor) -> Path:
    """Write the report, readable by its owner only, to a new file: `unleash-web-shop-2025-11-23.html`, then `-2.html`.

    Raises OSError if nothing was written.
    """
    safe = redacted(report, redactor)
    path = unused(folder, file_name(safe, form))
    write_private(path, _WRITERS[form](safe))
    return path


def file_name(report: Report, form: ReportFormat) -> str:
    """Return source, project, and day of writing, in letters and digits that mean nothing to a shell or a path."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", f"{report.identity.integration} {report.identity.project}").strip("-")
    return f"{words[:60]}-{iso_date(report.written_at)}.{form}"
