"""What a report says of an import: its first sentence, its numbers, its steps, its JSON and its file."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

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
from tui.apply.import_errors import by_flag, explain
from tui.apply.journal import Expected, Journal, LeftOut, Stage
from tui.apply.verify import Verification
from tui.report.documents import ReportFormat, save, text_of
from tui.report.json_document import as_json
from tui.report.report import report
from tui.sources.flags import Lost
from tui.text.redact import MASK, Redactor

KINDS: tuple[ReportFormat, ...] = ("html", "md", "json")
SECRET = "api-1_2*3|4<5>&`[x](y)"
"""A key that each document would write in another way than it stands here."""


def compared(made: Journal, *flags: Expected) -> tuple[Journal, Verification]:
    return made, verification(made, map(there, flags))


A, B = expected("a"), expected("b")
FAILED = journal(A, B, ended="failed")
ENDINGS: dict[str, tuple[tuple[Journal, Verification | None], str, str]] = {
    "partial": (
        partial_import(), "problem",
        "Ended PARTIAL at 14:07:02. 44 of 47 arrived, 3 missing, 1 different, 1 on in LaunchDarkly, 1 not planned.",
    ),
    "all of it": (
        compared(journal(A, B), A, B), "ok",
        "Ended COMPLETE at 14:07:02. All 2 arrived, nothing is missing or different.",
    ),
    "one": (
        compared(journal(A), A), "ok", "Ended COMPLETE at 14:07:02. 1 of 1 arrived, nothing is missing or different.",
    ),
    "complete, and one is missing": (
        compared(journal(A, B), A), "problem", "Ended COMPLETE at 14:07:02. 1 of 2 arrived, 1 missing.",
    ),
    "none arrived": (compared(FAILED), "problem", "Ended FAILED at 14:07:02. None of 2 arrived, 2 missing."),
    "failed, not verified": (
        (FAILED, None), "problem",
        "Ended FAILED at 14:07:02. 2 flags planned. NOT VERIFIED: nobody has compared what arrived with the plan.",
    ),
    "nothing planned": (
        (journal(stage=Stage.PLANNED, ended=""), None), "warning",
        "Planned; nothing is known of a start. There was nothing to import.",
    ),
    "created": (
        (journal(A, stage=Stage.CREATED, ended=""), None), "warning",
        "Its configuration is created; it was not started."
        " 1 flag planned. NOT VERIFIED: nobody has compared what arrived with the plan.",
    ),
    "end not seen": (
        compared(journal(A, stage=Stage.STARTED, ended=""), A), "warning",
        "Started at 14:03:12; nobody has seen its end. 1 of 1 arrived, nothing is missing or different.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_first_sentence(ending: str) -> None:
    (made, seen), level, words = ENDINGS[ending]
    assert report(made, seen, NOW).summary == (level, words)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ending", ENDINGS)
def test_every_ending_makes_a_document_that_says_it(ending: str, kind: ReportFormat) -> None:
    (made, seen), _, words = ENDINGS[ending]
    assert words in text_of(report(made, seen, NOW), kind, Redactor())


def test_a_plan_that_is_not_whole_says_so_first() -> None:
    made, seen = compared(replace(journal(A), incomplete="The source stopped answering."), A)
    level, words = report(made, seen, NOW).summary
    assert level == "problem"
    assert words.startswith("The plan was NOT COMPLETE: The source stopped answering. Ended COMPLETE")


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
    assert n.arrived is not None
    assert n.missing is not None
    assert n.arrived + n.missing == n.planned
    assert n.source == n.planned + len(told.left_out) == sum(told.outcomes.values())
    assert told.outcomes == {
        "as planned": 42, "not as planned": 2, "missing": 3, "exists": 9, "archived": 1, "bad key": 3, "duplicate": 1,
    }  # fmt: skip
    assert list(told.losses.values()) == sorted(told.losses.values(), reverse=True)
    assert sum(told.losses.values()) == sum(len(row.lost) for row in told.rows)


def test_a_kind_that_a_flag_loses_twice_counts_once() -> None:
    twice = expected("a", Lost("constraints", "one"), Lost("constraints", "two"))
    assert report(journal(twice), None, NOW).losses == {"constraints": 1}


def test_what_is_not_compared_has_no_number() -> None:
    told = report(journal(A, left_out=[LeftOut("x", "skip-exists", "")]), None, NOW)
    assert not told.verified
    assert (told.numbers.arrived, told.numbers.missing, told.numbers.planned) == (None, None, 1)
    assert [row.result for row in told.rows] == ["not verified"]


def test_flags_that_stood_there_before_are_neither_missing_nor_arrived() -> None:
    made = journal(A, B)
    seen = replace(verification(made, [there(A)]), missing=(), skipped=1)
    told = report(made, seen, NOW)
    assert [row.result for row in told.rows] == ["as planned", "there before"]
    assert told.summary[1].endswith("1 of 2 arrived, 1 there before.")


STEPS: list[tuple[str, tuple[Journal, Verification | None], list[str]]] = [
    ("all of it", compared(journal(A), A), []),
    ("nobody compared", (journal(A), None), ["Verify"]),
    ("missing", compared(journal(A, B), A), ["Start again"]),
    ("lossy and on", compared(journal(expected("c", Lost("segments", "x"), on=True))), [
        "Start again"]),
    ("lossy and on, and there", compared(journal(C := expected("c", Lost("segments", "x"), on=True)), C), [
        "Rebuild", "Cut over"]),
    ("everything", partial_import(), [
        "Replace a key", "Start again", "Put right", "Look at", "Ask about", "Rebuild", "Cut over", "Undo"]),
    ("restored", compared(journal(A, undone={"a": "archive"}, traces=traces([there(A)])), A), ["Undo"]),
    ("archived", compared(journal(A, undone={"a": "archive"}, traces=traces([there(A)]))), ["Undone"]),
    ("deleted", compared(journal(A, undone={"a": "delete"}, traces=traces([there(A)]))), ["Start again", "Undone"]),
]  # fmt: skip


@pytest.mark.parametrize(("case", "told", "steps"), STEPS, ids=[case for case, *_ in STEPS])
def test_what_is_left(case: str, told: tuple[Journal, Verification | None], steps: list[str]) -> None:
    assert [step for step, _ in report(*told, NOW).remaining] == steps


@pytest.mark.parametrize(
    ("error", "said", "replace_key"),
    [
        ("ldApiKey: Invalid access token (401)", "LaunchDarkly refused the import key", True),
        ("23 Nov 14:06:04: sourceApiKey: Forbidden (403)", "Unleash refused the SDK key", True),
        ("workspaceApiKey (401)", "Split refused the Admin API key", True),
        ("Forbidden (403)", "which one is not told", True),
        ('"a~b" is not allowed as a flag key (400)', "may not have all the characters", False),
        ("tag is not valid (400)", "tags may have", False),
        ("Something nobody has seen (418)", "", False),
        ("sourceApiKey is 4 minutes old", "", False),
    ],
)
def test_causes_are_told_where_they_are_known(error: str, said: str, replace_key: bool) -> None:
    found = explain(error)
    assert said in found.cause
    assert bool(said) == bool(found.cause)
    assert found.key_refused is replace_key


def test_an_error_is_told_of_the_flag_that_it_names_and_of_no_other() -> None:
    named = by_flag(['"promo.x" is bad', "promo-2 failed.", "promo-2 again"])
    found = {key: named(key) for key in ("promo.x", "promo-2", "promo", "2")}
    assert found == {"promo.x": '"promo.x" is bad', "promo-2": "promo-2 failed.", "promo": "", "2": ""}


@pytest.mark.parametrize("key", ["promo~summer", "_legacy", "two words", "größe"])
def test_an_error_that_quotes_a_key_which_is_not_allowed_is_told_of_it(key: str) -> None:
    assert by_flag([f'24 Nov 14:02:11: "{key}" is not allowed as a flag key (400)'])(key)


SHAPE: dict[str, type | tuple[type, ...]] = {
    "version": int, "title": str, "level": str, "headline": str, "written": int, "written_at": str,
    "integration": str, "host": str, "project": str,
    "configuration": dict, "source": list, "target": list, "who": (str, type(None)), "stage": str,
    "times": dict, "ended": (str, type(None)), "errors": list, "counts": dict, "outcomes": dict, "losses": dict,
    "verified": bool, "flags": list, "missing": list, "different": list, "unexpected": list,
    "on_in_launchdarkly": list, "environments": list, "left_out": list, "remaining": list, "not_compared": list,
    "notes": list,
}  # fmt: skip


@pytest.mark.parametrize("ending", ENDINGS)
def test_json_has_one_shape(ending: str) -> None:
    document = json.loads(json.dumps(as_json(report(*ENDINGS[ending][0], NOW))))
    assert document.keys() == SHAPE.keys()
    assert [name for name, kind in SHAPE.items() if not isinstance(document[name], kind)] == []


def test_json_holds_what_was_found() -> None:
    document: dict[str, Any] = as_json(report(*partial_import(), NOW))
    times = document["times"]
    assert {name: at for name, at in times.items() if name.endswith("_at")} == {
        "planned_at": "2025-11-23T14:02:11+00:00", "created_at": "2025-11-23T14:03:11+00:00",
        "started_at": "2025-11-23T14:03:12+00:00", "ended_at": "2025-11-23T14:07:02+00:00",
        "verified_at": "2025-11-23T14:08:51+00:00",
    }  # fmt: skip
    assert document["missing"][0] == {
        "key": "promo-2025", "reason": "23 Nov 14:06:04: tag is not valid for promo-2025 (400)",
    }  # fmt: skip
    assert document["different"][0]["key"] == "checkout-v2"
    assert {"what": "off variation", "planned": "off", "there": "on"} in document["different"][0]["properties"]
    assert document["on_in_launchdarkly"] == [{"key": "search-boost", "environments": ["staging"]}]
    assert document["unexpected"] == [{"key": "surprise"}]
    assert document["environments"] == list(ENVIRONMENTS)
    assert document["flags"][0]["losses"][0] == {"kind": "percentage-rollout", "text": "25 % by user id: on"}


def test_times_that_no_calendar_holds_stop_no_report() -> None:
    odd = report(journal(A, ended_at=1e20, planned_at=-1e20), None, NOW)
    assert '"ended_at": null' in text_of(odd, "json", Redactor())
    for at in (float("inf"), float("nan")):
        assert '"ended": null' in text_of(report(journal(A, ended_at=at), None, NOW), "json", Redactor())
    assert "100000000000000000000" in text_of(odd, "html", Redactor())


# --- the file


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_for_its_owner_and_replaces_none(tmp_path: Path, kind: ReportFormat) -> None:
    told = report(*partial_import(), NOW)
    paths = [save(told, tmp_path / "new", kind, Redactor()) for _ in range(2)]
    assert [path.name for path in paths] == [f"unleash-web-shop-23-Nov.{kind}", f"unleash-web-shop-23-Nov-2.{kind}"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    assert paths[0].read_text("utf-8") == text_of(told, kind, Redactor())
    assert sorted((tmp_path / "new").iterdir()) == sorted(paths)


def test_a_project_cannot_lead_a_file_astray(tmp_path: Path) -> None:
    made = journal(A)
    told = report(replace(made, identity=replace(made.identity, project="../../x y/\u202e")), None, NOW)
    assert save(told, tmp_path, "md", Redactor()).name == "unleash-x-y-23-Nov.md"


@pytest.mark.parametrize("kind", KINDS)
def test_no_key_gets_into_a_report_wherever_it_stood(tmp_path: Path, kind: ReportFormat) -> None:
    key = f"key-{SECRET}"
    flag = expected(key, Lost(SECRET, f"rule {SECRET}"), name=SECRET, on=True, description=SECRET)
    lost = replace(flag, key=f"{key}-2")
    made = journal(
        flag, lost, left_out=[LeftOut(SECRET, SECRET, SECRET)], notes=(SECRET,), who=SECRET, ended=SECRET,
        tags=(SECRET,), errors=(f"refused {SECRET} (403)",), configuration=SECRET,
        config={"sourceBaseUrl": f"https://x/{SECRET}", "ldTag": SECRET, SECRET: SECRET},
    )  # fmt: skip
    made = replace(made, identity=replace(made.identity, project=SECRET, name=SECRET, integration=SECRET, host=SECRET))
    seen = verification(made, [there(flag, ("test",), name="other")])
    redactor = Redactor()
    redactor.add(SECRET)
    path = save(report(made, seen, NOW), tmp_path, kind, redactor)
    text = path.read_text("utf-8")
    assert json.dumps(MASK)[1:-1] in text or MASK in text
    for spelled in ("1_2*3", r"1\_2", "(y)", "[x]", r"\[x", "4<5", "4&lt;5", "1-2-3"):
        assert spelled not in text + path.name
