"""What is left to rebuild as a table for a ticket system or a spreadsheet: one row for each flag."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from tui.report.report import Report
from tui.text.clean import clean

COLUMNS = (
    "flag", "name", "on_at_source", "serves_when_on", "losses", "rebuild", "warning", "result",
    "grade", "grade_reasons", "rebuilt",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@")


def as_csv(report: Report) -> str:
    """Return the flags to rebuild, after a row of column names (RFC 4180)."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(map(tuple, _rows(report)))
    return text.getvalue()


def _rows(report: Report) -> Iterator[Iterator[str]]:
    for row in report.rebuild:
        kinds = ", ".join(dict.fromkeys(lost.kind for lost in row.lost))
        texts = "; ".join(f"{lost.kind}: {lost.text}" for lost in row.lost)
        on = "yes" if row.on_at_source else "no"
        grade = row.prospect.grade if row.prospect else ""
        reasons = "; ".join((*row.prospect.approximations, *row.prospect.reasons)) if row.prospect else ""
        cells = (row.key, row.name, on, row.serves, kinds, texts, row.cut_over_warning, row.result, grade, reasons)
        states = (
            f"{flag.environment}: {flag.state}{f' ({flag.reason})' if flag.reason else ''}"
            for flag in report.rebuilt
            if flag.key == row.key
        )
        yield map(_cell, (*cells, "; ".join(states)))


def _cell(text: str) -> str:
    """Return foreign text as a cell that a spreadsheet doesn't run as a formula."""
    text = clean(text)
    return f"'{text}" if text.startswith(_FORMULA) else text
