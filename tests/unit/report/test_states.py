"""What a report says is so at the moment it is written: after an undo, a failure, a second start, a lost end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.report_tools import ENVIRONMENTS, NOW, expected, journal, there, traces, verification
from tui.apply import journal as journals
from tui.apply.journal import Journal, LeftOut, Mark, Stage, Start
from tui.report.json_document import as_json
from tui.report.report import report
from tui.report.sections import sections
from tui.sources.flags import Lost

ROLLOUT = Lost("percentage-rollout", "25 % by user id: on")
FLAGS = tuple(expected(f"flag-{n}", *((ROLLOUT,) if n < 3 else ()), on=n < 4) for n in range(6))
MADE = journal(*FLAGS, traces=traces(map(there, FLAGS)))


def steps(made: Journal, *present: Any) -> dict[str, str]:
    return dict(report(made, verification(made, present), NOW).remaining)


def listed(made: Journal, *present: Any) -> dict[str, list[str]]:
    told = report(made, verification(made, present), NOW)
    return {each.ident: [str(row[0]) for row in each.rows] for each in sections(told)}


# --- to-dos are those of the flags that are there


@pytest.mark.parametrize("action", ["archive", "delete"])
def test_an_undone_import_leaves_nothing_to_rebuild_or_cut_over(action: str) -> None:
    made = journals.undone(MADE, {each.key: action for each in FLAGS})
    told = report(made, verification(made, ()), NOW)
    left = dict(told.remaining)
    assert not {"Rebuild", "Cut over", "Undo"} & left.keys()
    assert (told.rebuild, told.cut_over) == ((), ())
    assert (told.numbers.undone, told.numbers.arrived, told.numbers.missing) == (6, 0, 0)
    assert told.summary[0] == "ok"
    assert told.summary[1].startswith("Undone: 6 flags ")
    assert not {"rebuild", "cut-over"} & {key for key, rows in listed(made).items() if rows}


def test_a_part_that_was_undone_is_no_work_any_more() -> None:
    made = journals.undone(MADE, {"flag-0": "archive", "flag-1": "delete"})
    told = report(made, verification(made, map(there, FLAGS[2:])), NOW)
    assert [row.key for row in told.rebuild] == ["flag-2"]
    assert [row.key for row in told.cut_over] == ["flag-2", "flag-3"]
    assert told.numbers.undone == 2
    assert "Undo" in dict(told.remaining)
    assert not told.summary[1].startswith("Undone: ")


def test_a_flag_that_was_restored_is_not_called_undone() -> None:
    made = journals.undone(MADE, {each.key: "archive" for each in FLAGS})
    told = report(made, verification(made, map(there, FLAGS)), NOW)
    left = dict(told.remaining)
    assert "Undone" not in left
    assert {"Rebuild", "Cut over", "Undo"} <= left.keys()
    assert told.numbers.undone == 0


def test_a_failed_import_without_flags_has_nothing_to_rebuild() -> None:
    assert list(steps(journal(*FLAGS, ended="failed"))) == ["Start again"]


def test_flags_that_existed_before_or_are_missing_are_no_work() -> None:
    made = replace(MADE, before=frozenset({"flag-0"}), traces={})
    told = report(made, verification(made, map(there, FLAGS[:2])), NOW)
    assert [row.key for row in told.rebuild] == ["flag-1"]
    assert [row.key for row in told.cut_over] == ["flag-1"]


def test_without_a_comparison_no_work_is_counted() -> None:
    assert [step for step, _ in report(MADE, None, NOW).remaining if step in ("Rebuild", "Cut over")] == []
    assert [row.key for row in report(MADE, None, NOW).rebuild] == ["flag-0", "flag-1", "flag-2"], "as planned"


def test_a_flag_that_is_on_everywhere_needs_no_cut_over() -> None:
    present = [there(FLAGS[0], ENVIRONMENTS), there(FLAGS[1], ENVIRONMENTS[:1]), *map(there, FLAGS[2:])]
    told = report(MADE, verification(MADE, present), NOW)
    assert [row.key for row in told.cut_over] == ["flag-1", "flag-2", "flag-3"]
    assert dict(told.remaining)["Cut over"].startswith("3 flags")


def test_undo_counts_only_flags_that_are_there() -> None:
    assert "4 flags" in steps(MADE, *map(there, FLAGS[2:]))["Undo"]
    assert "Undo" not in steps(MADE)


def test_what_a_flag_serves_is_what_it_serves_in_launchdarkly() -> None:
    made = journal(FLAGS[0])
    told = report(made, verification(made, [there(FLAGS[0], on=1)]), NOW)
    assert [row.serves for row in told.rows] == ["off"]
    assert [row.serves for row in report(made, None, NOW).rows] == ["on"]


# --- when it ended


@pytest.mark.parametrize(
    ("ended", "imported", "failed", "at"),
    [
        ("complete", NOW - 3_000, NOW - 9_000, NOW - 3_000),
        ("failed", NOW - 9_000, NOW - 4_000, NOW - 4_000),
        ("partial", NOW - 5_000, NOW - 4_000, NOW - 4_000),
        ("partial", NOW - 3_000, None, NOW - 3_000),
        ("complete", None, NOW - 4_000, NOW - 50),
        ("failed", NOW - 3_000, None, NOW - 50),
    ],
)
def test_an_end_has_launchdarklys_own_time(ended: str, imported: float | None, failed: float | None, at: float) -> None:
    last_import, last_error = (None if each is None else int(each * 1000) for each in (imported, failed))
    mark = Mark(ended, last_import, last_error)
    made = journals.ended(journal(FLAGS[0], stage=Stage.STARTED, ended="", ended_at=0.0), mark, (), NOW - 50)
    told = report(made, None, NOW)
    document = as_json(told)
    assert isinstance(document["times"], dict)
    assert told.moments["ended"] == pytest.approx(at, abs=0.001)
    assert document["times"]["ended"] == round(at * 1000)


def test_a_time_before_the_start_is_of_another_run() -> None:
    opened = int(NOW - 1_000) * 1000
    made = journal(FLAGS[0], stage=Stage.STARTED, ended="", starts=(Start(frozenset(), opened),))
    made = journals.ended(made, Mark("complete", opened - 5_000, None), (), NOW - 50)
    assert report(made, None, NOW).moments["ended"] == NOW - 50


def test_a_second_start_is_not_told_as_the_end_of_the_first() -> None:
    made = replace(MADE, stage=Stage.STARTING, start_sent_at=NOW - 10)
    words = report(made, None, NOW).summary[1]
    assert "COMPLETE" not in words
    assert "14:08:41" in words, "the time of the request that is in doubt"
    assert "ended" not in report(made, None, NOW).moments


def test_a_configuration_that_is_gone_has_no_end_that_anybody_saw() -> None:
    made = journals.ended(journal(FLAGS[0], stage=Stage.STARTED, ended=""), journals.GONE, (), 0.0)
    told = report(made, verification(made, [there(FLAGS[0])]), NOW)
    assert "ended" not in told.moments
    assert told.summary[0] == "warning"
    assert not told.summary[1].startswith("Ended")


# --- when it was compared


def test_the_comparison_has_its_own_time() -> None:
    seen = replace(verification(MADE, map(there, FLAGS)), at=NOW - 100)
    assert report(MADE, seen, NOW).moments["verified"] == NOW - 100


# --- errors that the plan foresaw


def test_errors_about_flags_that_were_left_out_are_expected() -> None:
    errors = (
        '23 Nov 14:06:04: "promo~summer" is not allowed as a flag key (400)',
        "23 Nov 14:06:05: old-search exists (409)",
        "23 Nov 14:06:06: old-search and flag-1 are one (409)",
        "23 Nov 14:06:07: sourceApiKey: Forbidden (403)",
        "23 Nov 14:06:08: flag-2 was refused (400)",
        "23 Nov 14:06:09: taken exists (409)",
    )
    left_out = [
        LeftOut("promo~summer", "invalid-key", ""),
        LeftOut("old-search", "skip-exists", ""),
        LeftOut("sourceApiKey", "skip-exists", ""),
    ]
    made = journal(*FLAGS, expected("taken"), left_out=left_out, errors=errors, before=frozenset({"taken"}))
    told = report(made, None, NOW)
    assert [each.expected for each in told.errors] == [True, True, False, False, False, True]
    document: dict[str, Any] = as_json(told)
    assert [each["expected"] for each in document["errors"]] == [True, True, False, False, False, True]


# --- moments in JSON


def test_each_moment_in_json_stands_twice() -> None:
    made = journals.ended(replace(MADE, stage=Stage.STARTED), Mark("complete", 1_763_907_000_123, None), (), NOW)
    document: dict[str, Any] = as_json(report(made, None, NOW))
    assert (document["written"], document["written_at"]) == (NOW * 1000, "2025-11-23T14:08:51+00:00")
    times = document["times"]
    assert (times["ended"], times["ended_at"]) == (1_763_907_000_123, "2025-11-23T14:10:00.123+00:00")
    assert (times["planned"], times["planned_at"]) == ((NOW - 400) * 1000, "2025-11-23T14:02:11+00:00")
    assert (times["verified"], times["verified_at"]) == (None, None)
    assert all(f"{name}_at" in times for name in times if not name.endswith("_at"))
