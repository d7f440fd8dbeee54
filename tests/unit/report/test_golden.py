"""Documents stay as they are, byte for byte. `TZ=UTC python -m tests.unit.report.test_golden` writes them again.

A page is compared without its style sheet.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.unit.plan.test_documents import STOPPED, markdown, mixed
from tests.unit.plan_tools import flag, plan
from tests.unit.report_tools import NOW, expected, journal, partial_import, there, verification
from tui.plan import documents
from tui.report.documents import TEMPLATES, ReportFormat, text_of
from tui.report.report import Report, report
from tui.targeting.losses import Lost
from tui.text.clean import readable
from tui.text.redact import Redactor

FOLDER = Path(__file__).parent / "golden"
DONE = journal(expected("a", Lost("segments", "beta testers: on"), on=True), expected("b"))


REPORTS: dict[str, Callable[[], Report]] = {
    "partial": lambda: report(*partial_import(), NOW),
    "complete": lambda: report(DONE, verification(DONE, map(there, DONE.expected)), NOW),
    "not-verified": lambda: report(DONE, None, NOW),
}


STYLE = (TEMPLATES / "report.css").read_text("utf-8").rstrip()


def report_text(name: str, form: ReportFormat) -> str:
    return text_of(REPORTS[name](), form, Redactor()).replace(STYLE, "")


FORMS: tuple[ReportFormat, ...] = ("html", "md", "json")
DOCUMENTS: dict[str, Callable[[], str]] = {
    **{f"{name}.{form}": partial(report_text, name, form) for name in REPORTS for form in FORMS},
    "plan-mixed.json": lambda: readable(documents.as_json(mixed())),
    "plan-mixed.md": lambda: markdown(mixed()),
    "plan-incomplete.md": lambda: markdown(plan(flag("one"), incomplete=STOPPED, announced=10)),
    "plan-empty.md": lambda: markdown(plan(), None),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_document_is_its_golden_file(name: str) -> None:
    assert DOCUMENTS[name]().encode() == (FOLDER / name).read_bytes()


def test_page_has_the_style_sheet() -> None:
    assert f"<style>\n{STYLE}\n</style>" in text_of(REPORTS["complete"](), "html", Redactor())


if __name__ == "__main__":
    for name, text in DOCUMENTS.items():
        (FOLDER / name).write_bytes(text().encode())
