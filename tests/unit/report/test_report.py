"""What a report says of an import: its first sentence, its numbers, its rows, its steps and its JSON."""

from __future__ import annotations

import html
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.plan_tools import flag, plan
from tests.unit.report_tools import (
    ENVIRONMENTS,
    NOW,
    expected,
    journal,
    partial_import,
    there,
    traces,
    verification,
)  # fmt: skip
from tui.answers.request import CreateRequest
from tui.apply import journal as journals
from tui.apply import new_journal, store
from tui.apply.journal import Expected, Journal, LeftOut, Mark, Stage, Start
from tui.apply.verify import Verification
from tui.launchdarkly.instances import EU
from tui.report.documents import as_json, text_of
from tui.report.report import Report, report
from tui.report.sections import LISTS, list_text, sections
from tui.sources.flags import strings
from tui.targeting.losses import Lost
from tui.text.redact import Redactor

ROLLOUT = Lost("percentage-rollout", "25 % by user id: on")
A, B = expected("a"), expected("b")
LOSSY = expected("c", Lost("segments", "x"), on=True)
FLAGS = tuple(expected(f"flag-{n}", *((ROLLOUT,) if n < 3 else ()), on=n < 4) for n in range(6))
MADE = journal(*FLAGS, traces=traces(map(there, FLAGS)))
FAILED = journal(A, B, ended="failed")


def compared(made: Journal, *flags: Expected) -> tuple[Journal, Verification]:
    return made, verification(made, map(there, flags))


def reported(made: Journal, *flags: Expected) -> Report:
    return report(*compared(made, *flags), NOW)


def undone(made: Journal, action: str) -> Journal:
    return journals.undone(made, {each.key: action for each in made.expected})


# --- the first sentence


NOT_VERIFIED = "planned, NOT VERIFIED yet."
ENDINGS: dict[str, tuple[tuple[Journal, Verification | None], str, str]] = {
    "partial": (
        partial_import(), "problem",
        "Import partly complete: 44 of 47 flags created, 3 missing, 1 different, 1 on in LaunchDarkly, 1 unplanned.",
    ),
    "all": (
        compared(journal(A, B), A, B), "ok",
        "Import complete: all 2 flags created as planned.",
    ),
    "one": (
        compared(journal(A), A), "ok", "Import complete: 1 flag created as planned.",
    ),
    "complete but one": (
        compared(journal(A, B), A), "problem", "Import complete: 1 of 2 flags created, 1 missing.",
    ),
    "none arrived": (compared(FAILED), "problem", "Import failed: 0 of 2 flags created."),
    "not verified": ((FAILED, None), "problem", f"Import failed: 2 flags {NOT_VERIFIED}"),
    "nothing planned": (
        (journal(stage=Stage.PLANNED, ended=""), None), "warning",
        "Planned, not started: there was nothing to import.",
    ),
    "created": (
        (journal(A, stage=Stage.CREATED, ended=""), None), "warning",
        f"Configuration created, import not started: 1 flag {NOT_VERIFIED}",
    ),
    "end not seen": (
        compared(journal(A, stage=Stage.STARTED, ended=""), A), "warning",
        "Import started at 14:03:12, not finished when last checked: 1 flag created as planned.",
    ),
    "plan not complete": (
        compared(journal(A, incomplete="The source stopped answering."), A), "problem",
        "The plan was INCOMPLETE: The source stopped answering. Import complete: 1 flag created as planned.",
    ),
    "deleted": (
        compared(undone(journal(A, B, traces=traces(map(there, (A, B)))), "delete")), "ok", "Undone: 2 flags deleted.",
    ),
    "lost start": (
        (replace(MADE, stage=Stage.STARTING, start_sent_at=NOW - 10), None), "warning",
        f"Can't tell whether the import started at 14:08:41: 6 flags {NOT_VERIFIED}",
    ),
    "configuration deleted": (
        compared(journals.ended(journal(A, stage=Stage.STARTED, ended=""), journals.GONE, (), 0.0), A), "warning",
        "Configuration deleted before the import ended: 1 flag created as planned.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("ending", ENDINGS)
def test_first_sentence_is_in_every_document(ending: str) -> None:
    told, level, words = ENDINGS[ending]
    made = report(*told, NOW)
    assert made.summary == (level, words)
    documents = (text_of(made, "html", Redactor()), text_of(made, "md", Redactor()))
    assert all(words in html.unescape(text) for text in documents)
    document = as_json(made)
    assert (document["level"], document["headline"]) == (level, words)
    assert ("ended" in made.moments) == words.startswith(
        ("Import complete", "Import partly", "Import failed", "The plan", "Undone")
    )


# --- numbers and rows


def test_numbers_are_those_of_the_lists() -> None:
    told = report(*partial_import(), NOW)
    n = told.numbers
    assert (n.planned, n.missing, n.different) == (len(told.rows), len(told.missing), len(told.different))
    assert (n.on, n.unexpected) == (len(told.on), len(told.unexpected))
    assert n.lossy == sum(bool(row.lost) for row in told.rows)
    assert n.on_at_source == sum(row.on_at_source for row in told.rows)
    gone = {each.key for each in told.missing}
    assert [row.key for row in told.rebuild] == [r.key for r in told.rows if r.lost and r.key not in gone]
    assert [row.key for row in told.cut_over] == [r.key for r in told.rows if r.on_at_source and r.key not in gone]
    assert n.skipped + n.refused == len(told.left_out)
    assert (n.arrived or 0) + (n.missing or 0) == n.planned
    assert n.source == n.planned + len(told.left_out) == sum(told.outcomes.values())
    assert told.outcomes == {
        "as planned": 42, "not as planned": 2, "missing": 3, "exists": 9, "archived": 1, "invalid key": 3,
        "duplicate": 1,
    }  # fmt: skip
    assert list(told.losses.values()) == sorted(told.losses.values(), reverse=True)
    assert sum(told.losses.values()) == sum(len(row.lost) for row in told.rows)


def test_kind_that_a_flag_loses_twice_counts_once() -> None:
    twice = expected("a", Lost("constraints", "one"), Lost("constraints", "two"))
    assert report(journal(twice), None, NOW).losses == {"constraints": 1}


def test_nothing_is_counted_before_a_comparison() -> None:
    told = report(replace(MADE, left_out=(LeftOut("x", "skip-exists", ""),)), None, NOW)
    assert not told.verified
    assert (told.numbers.arrived, told.numbers.missing, told.numbers.planned) == (None, None, 6)
    assert {row.result for row in told.rows} == {"not verified"}
    assert not {"Rebuild", "Cut over"} & dict(told.remaining).keys()
    assert [row.key for row in told.rebuild] == ["flag-0", "flag-1", "flag-2"], "as planned"


def test_flags_that_were_there_before_are_neither_missing_nor_arrived() -> None:
    made = journal(A, B)
    seen = replace(verification(made, [there(A)]), missing=(), skipped=1)
    told = report(made, seen, NOW)
    assert [row.result for row in told.rows] == ["as planned", "there before"]
    assert told.summary[1].endswith("1 of 2 flags created, 1 already existed.")


def test_row_serves_what_launchdarkly_serves() -> None:
    made = journal(FLAGS[0])
    told = report(made, verification(made, [there(FLAGS[0], on=1)]), NOW)
    assert [row.serves for row in (*told.rows, *report(made, None, NOW).rows)] == ["off", "on"]


# --- what is left


BEFORE_AND_MISSING = replace(MADE, before=frozenset({"flag-0"}), traces={})
STEPS: list[tuple[str, tuple[Journal, Verification | None], list[str]]] = [
    ("all of it", compared(journal(A), A), []),
    ("nobody compared", (journal(A), None), ["Verify"]),
    ("missing", compared(journal(A, B), A), ["Start again"]),
    ("lossy, on and missing", compared(journal(LOSSY)), ["Start again"]),
    ("failed", compared(replace(FAILED, expected=FLAGS)), ["Start again"]),
    ("lossy, on and there", compared(journal(LOSSY), LOSSY), ["Rebuild", "Cut over"]),
    ("everything", partial_import(), [
        "Replace a key", "Start again", "Fix", "Check", "Investigate", "Rebuild", "Cut over", "Undo"]),
    ("restored", compared(undone(MADE, "archive"), *FLAGS), ["Rebuild", "Cut over", "Undo"]),
    ("archived", compared(undone(MADE, "archive")), ["Undone"]),
    ("deleted", compared(undone(MADE, "delete")), ["Start again", "Undone"]),
]  # fmt: skip


@pytest.mark.parametrize(("case", "told", "steps"), STEPS, ids=[case for case, *_ in STEPS])
def test_what_is_left(case: str, told: tuple[Journal, Verification | None], steps: list[str]) -> None:
    made = report(*told, NOW)
    assert [step for step, _ in made.remaining] == steps
    filled = {section.ident for section in sections(made) if section.rows}
    if told[1]:
        assert ("rebuild" in filled, "cut-over" in filled) == ("Rebuild" in steps, "Cut over" in steps)


@pytest.mark.parametrize(
    ("made", "present", "rebuild", "cut_over", "numbers"),
    [
        (undone(MADE, "archive"), (), "", "", (6, 0, 0)),
        (undone(MADE, "delete"), (), "", "", (6, 0, 0)),
        (undone(MADE, "archive"), FLAGS, "012", "0123", (0, 6, 0)),
        (journals.undone(MADE, {"flag-0": "archive", "flag-1": "delete"}), FLAGS[2:], "2", "23", (2, 4, 0)),
        (BEFORE_AND_MISSING, FLAGS[:2], "1", "1", (0, 1, 4)),
    ],
)
def test_only_flags_that_are_there_are_work(
    made: Journal, present: tuple[Expected, ...], rebuild: str, cut_over: str, numbers: tuple[int, int, int]
) -> None:
    told = reported(made, *present)
    assert "".join(row.key[-1] for row in told.rebuild) == rebuild
    assert "".join(row.key[-1] for row in told.cut_over) == cut_over
    assert (told.numbers.undone, told.numbers.arrived, told.numbers.missing) == numbers


def test_flag_that_is_on_everywhere_needs_no_cut_over() -> None:
    present = [there(FLAGS[0], ENVIRONMENTS), there(FLAGS[1], ENVIRONMENTS[:1]), *map(there, FLAGS[2:])]
    told = report(MADE, verification(MADE, present), NOW)
    assert [row.key for row in told.cut_over] == ["flag-1", "flag-2", "flag-3"]
    assert dict(told.remaining)["Cut over"].startswith("Turn on 3 flags")


def test_undo_counts_only_flags_that_are_there() -> None:
    assert "4 flags" in dict(reported(MADE, *FLAGS[2:]).remaining)["Undo"]
    assert "Undo" not in dict(reported(MADE).remaining)


# --- warnings of the plan


TAKES_AWAY = 'Turning this on serves "nobody-else" to everyone.'
PLANNED = plan(
    flag("a-safe", on=True),
    flag("b-off"),
    flag("c-hurts", "percentage-rollout", on=True, cut_over_warning=TAKES_AWAY, variations=strings(("x", "y"))),
    flag("d-other", warnings=("Its payload stays behind.",)),
)
REQUEST = CreateRequest(EU, "web-shop", "unleash", "Unleash production", (), {"ldTag": "imported"})


WARNED = new_journal.begin(REQUEST, {}, PLANNED, {"c-hurts": (ROLLOUT,)}, "Ana")


def test_journal_keeps_the_warnings_and_an_older_one_has_none(tmp_path: Path) -> None:
    path = tmp_path / "journal.json"
    store.save(WARNED, path)
    assert store.load(path) == WARNED
    whole = json.loads(path.read_text())
    for each in whole["expected"]:
        del each["warnings"], each["cut_over_warning"]
    path.write_text(json.dumps(whole))
    older = store.load(path)
    assert older is not None
    assert {(each.warnings, each.cut_over_warning) for each in older.expected} == {((), "")}


def test_flags_that_hurt_when_turned_on_come_first_everywhere() -> None:
    told = report(WARNED, None, 2.0)
    assert [row.key for row in told.cut_over] == ["c-hurts", "a-safe"]
    flags: Any = as_json(told)["flags"]
    assert {each["key"]: (each["warnings"], each["cut_over_warning"]) for each in flags} == {
        "a-safe": ([], None), "b-off": ([], None), "c-hurts": ([TAKES_AWAY], TAKES_AWAY),
        "d-other": (["Its payload stays behind."], None),
    }  # fmt: skip
    page = text_of(told, "html", Redactor()).split('<h2 id="cut-over">')[1].split("</section>")[0]
    markdown = text_of(told, "md", Redactor()).split("\n## Cutover")[1].split("\n## ")[0]
    for text in (page, markdown, list_text(told, "cut-over")[1]):
        assert text.index("c-hurts") < text.index("Turning this on") < text.index("a-safe")
    assert (page.count('type="checkbox"'), markdown.count("- [ ]")) == (2, 2)
    assert "[ ]" not in list_text(told, "cut-over")[1], "a screen has no box that cannot be ticked"
    _, warned = list_text(told, "warnings")
    assert [line for line in warned.splitlines() if not line.startswith(" ")] == ["c-hurts", "d-other"]


def test_no_list_or_document_gives_orders_to_a_terminal() -> None:
    hostile = "a\x1b]52;c;aGk=\x07\u202e\x9b31m"
    held = plan(flag(hostile, on=True), flag("fine", on=True, description=hostile, variations=strings((hostile, "b"))))
    told = report(new_journal.begin(REQUEST, {}, held, {}, "Ana"), None, 2.0)
    texts = [text_of(told, form, Redactor()) for form in ("html", "md", "json")]
    for text in (*texts, *(list_text(told, key)[1] for key in LISTS)):
        assert all(line.isprintable() for line in text.splitlines())


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
def test_end_has_launchdarklys_own_time(ended: str, imported: float | None, failed: float | None, at: float) -> None:
    last_import, last_error = (None if each is None else int(each * 1000) for each in (imported, failed))
    mark = Mark(ended, last_import, last_error)
    made = journals.ended(journal(A, stage=Stage.STARTED, ended="", ended_at=0.0), mark, (), NOW - 50)
    told = report(made, None, NOW)
    times: Any = as_json(told)["times"]
    assert told.moments["ended"] == pytest.approx(at, abs=0.001)
    assert times["ended"] == round(at * 1000)


def test_time_before_the_start_is_of_another_run() -> None:
    opened = int(NOW - 1_000) * 1000
    made = journal(A, stage=Stage.STARTED, ended="", starts=(Start(frozenset(), opened),))
    made = journals.ended(made, Mark("complete", opened - 5_000, None), (), NOW - 50)
    assert report(made, None, NOW).moments["ended"] == NOW - 50


# --- JSON: its shape is in the golden files


def test_comparison_has_its_own_time_and_milliseconds_are_kept() -> None:
    seen = replace(verification(MADE, map(there, FLAGS)), at=NOW - 100)
    assert report(MADE, seen, NOW).moments["verified"] == NOW - 100
    made = journals.ended(replace(MADE, stage=Stage.STARTED), Mark("complete", 1_763_907_000_123, None), (), NOW)
    times: Any = as_json(report(made, None, NOW))["times"]
    assert (times["ended"], times["ended_at"]) == (1_763_907_000_123, "2025-11-23T14:10:00.123+00:00")
    assert (times["verified"], times["verified_at"]) == (None, None)


def test_times_that_no_calendar_holds_stop_no_report() -> None:
    odd = report(journal(A, ended_at=1e20, planned_at=-1e20), None, NOW)
    assert '"ended_at": null' in text_of(odd, "json", Redactor())
    for at in (float("inf"), float("nan")):
        assert '"ended": null' in text_of(report(journal(A, ended_at=at), None, NOW), "json", Redactor())
    assert "100000000000000000000" in text_of(odd, "html", Redactor())
