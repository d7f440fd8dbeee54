"""Documents stay as they are, byte for byte. `TZ=UTC python -m tests.unit.report.test_golden` writes them again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.plan.test_documents import STOPPED, hostile, markdown, mixed
from tests.unit.plan_tools import flag, plan
from tests.unit.report.test_documents import HOSTILE, named
from tests.unit.report_tools import NOW, expected, journal, partial_import, there, verification
from tui.plan.plan import Plan, Verdict
from tui.report.documents import as_html, as_markdown
from tui.report.report import Report, report
from tui.sources.flags import Lost

FOLDER = Path(__file__).parent / "golden"
DONE = journal(expected("a", Lost("segments", "beta testers: on"), on=True), expected("b"))


def hostile_plan() -> Plan:
    """Every hostile text as a flag that is imported and as one that isn't."""
    plans = [hostile(text) for text in HOSTILE]
    skipped = [replace(each.flags[1], verdict=list(Verdict)[n % 6]) for n, each in enumerate(plans)]
    return replace(plans[0], flags=(*(each.flags[1] for each in plans), *skipped), notes=HOSTILE)


REPORTS: dict[str, Callable[[], Report]] = {
    "partial": lambda: report(*partial_import(), NOW),
    "hostile": lambda: named(*HOSTILE),
    "complete": lambda: report(DONE, verification(DONE, map(there, DONE.expected)), NOW),
    "not-verified": lambda: report(DONE, None, NOW),
}
DOCUMENTS: dict[str, Callable[[], str]] = {
    **{f"{name}.html": lambda made=made: as_html(made()) for name, made in REPORTS.items()},  # type: ignore[misc]
    **{f"{name}.md": lambda made=made: as_markdown(made()) for name, made in REPORTS.items()},  # type: ignore[misc]
    "plan-mixed.md": lambda: markdown(mixed()),
    "plan-hostile.md": lambda: markdown(hostile_plan(), None, "{key}"),
    "plan-incomplete.md": lambda: markdown(plan(flag("one"), incomplete=STOPPED, announced=10)),
    "plan-empty.md": lambda: markdown(plan(), None),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_document_is_its_golden_file(name: str) -> None:
    assert DOCUMENTS[name]().encode() == (FOLDER / name).read_bytes()


if __name__ == "__main__":
    for name, text in DOCUMENTS.items():
        (FOLDER / name).write_bytes(text().encode())
