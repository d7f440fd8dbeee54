"""The end of an import in a line, and the table of what is left to rebuild."""

from __future__ import annotations

import csv
import io

import pytest

from tests.unit.report_tools import NOW, expected, journal, there, verification
from tui.apply.journal import Stage
from tui.report.csv_document import as_csv
from tui.report.report import Report, report
from tui.report.summary import NextStep, summary
from tui.targeting.losses import Lost

ROLLOUT = Lost("percentage-rollout", "25 % by userId: on")
FLAGS = (
    expected("plain"),
    expected("rolled", ROLLOUT, on=True, cut_over_warning="Turning this on serves everyone."),
    expected("live", on=True),
)


def complete() -> Report:
    made = journal(*FLAGS)
    return report(made, verification(made, map(there, FLAGS)), NOW)


def test_complete_import_in_a_line() -> None:
    result = summary(complete())
    assert result.level == "ok"
    assert result.line("a.html") == ("Import complete: 3 created, 0 failed. Report: a.html Next: rebuild 1, turn on 2.")
    assert summary(complete()).line() == "Import complete: 3 created, 0 failed. Next: rebuild 1, turn on 2."
    assert [(step.kind, step.count, step.rebuild_first) for step in result.steps] == [
        ("rebuild", 1, 0), ("turn on", 2, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(("ended", "words"), [("partial", "Import partly complete"), ("failed", "Import failed")])
def test_missing_flags_are_failed_and_can_be_imported_again(ended: str, words: str) -> None:
    made = journal(*FLAGS, ended=ended)
    result = summary(report(made, verification(made, [there(FLAGS[0])]), NOW))
    assert result.headline == f"{words}: 1 created, 2 failed."
    assert (result.level, [(step.kind, step.count) for step in result.steps]) == ("problem", [("import", 2)])


def test_import_whose_end_is_not_known_keeps_the_headline_of_the_report() -> None:
    document = report(journal(*FLAGS, stage=Stage.STARTED, ended=""), None, NOW)
    assert summary(document).headline == document.summary[1]


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (NextStep("rebuild", 33), "Rebuild the targeting of 33 flags."),
        (
            NextStep("turn on", 36, 9),
            "Turn on 36 flags that are on in the source."
            " Rebuild 9 of them first: until then, some users lose what they have today.",
        ),
        (NextStep("import", 1), "Import the 1 flag that is missing."),
        (NextStep("fix", 1), "Fix 1 flag that differs from the plan."),
        (NextStep("review", 2), "Review 2 flags with this import's tag that weren't planned."),
    ],
)
def test_steps_are_sentences(step: NextStep, text: str) -> None:
    assert step.text == text


def test_csv_has_what_to_rebuild_and_runs_no_formula() -> None:
    hostile = expected("=1+1", Lost("segments", 'a, "quoted" segment\nand a line'), name="@name", on=True)
    made = journal(*FLAGS, hostile)
    table = list(csv.DictReader(io.StringIO(as_csv(report(made, None, NOW)), newline="")))
    assert [row["flag"] for row in table] == ["rolled", "'=1+1"]
    assert table[0]["rebuild"] == "percentage-rollout: 25 % by userId: on"
    assert (table[0]["on_at_source"], table[0]["warning"]) == ("yes", "Turning this on serves everyone.")
    assert table[1]["name"] == "'@name"
    assert "\n" not in table[1]["rebuild"]
    assert '"quoted"' in table[1]["rebuild"]
