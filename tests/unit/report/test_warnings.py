"""The warnings of a plan in the journal and in every kind of report; flags that hurt when turned on come first."""

from __future__ import annotations

import json
from pathlib import Path

from tests.unit.plan_tools import flag, plan
from tui.answers.request import CreateRequest
from tui.apply import journal as journals
from tui.apply import store
from tui.apply.journal import Journal
from tui.launchdarkly.instances import EU
from tui.report.documents import ReportFormat, text_of
from tui.report.report import report
from tui.report.sections import LISTS, list_text
from tui.sources.flags import Lost, strings
from tui.text.redact import Redactor

TAKES_AWAY = 'Turning this on serves "nobody-else" to everyone.'
PLANNED = plan(
    flag("a-safe", on=True),
    flag("b-off"),
    flag("c-hurts", "percentage-rollout", on=True, cut_over_warning=TAKES_AWAY, variations=strings(("x", "y"))),
    flag("d-other", warnings=("Its payload stays behind.",)),
)
REQUEST = CreateRequest(EU, "web-shop", "unleash", "Unleash production", (), {"ldTag": "imported"})
LOST = {"c-hurts": (Lost("percentage-rollout", "25 % x"),)}


def journal() -> Journal:
    return journals.begin(REQUEST, {}, PLANNED, LOST, "Ana")


def document(kind: ReportFormat) -> str:
    return text_of(report(journal(), None, 2.0), kind, Redactor())


def test_the_journal_keeps_the_warnings(tmp_path: Path) -> None:
    path = tmp_path / "journal.json"
    store.save(journal(), path)
    assert store.load(path) == journal()
    whole = json.loads(path.read_text())
    for each in whole["expected"]:
        del each["warnings"], each["cut_over_warning"]
    path.write_text(json.dumps(whole))
    older = store.load(path)
    assert older is not None
    assert {(each.warnings, each.cut_over_warning) for each in older.expected} == {((), "")}


def test_the_report_for_a_program_has_them() -> None:
    flags = {each["key"]: each for each in json.loads(document("json"))["flags"]}
    assert {key: each["warnings"] for key, each in flags.items()} == {
        "a-safe": [], "b-off": [], "c-hurts": [TAKES_AWAY], "d-other": ["Its payload stays behind."],
    }  # fmt: skip
    assert {key: each["cut_over_warning"] for key, each in flags.items() if each["cut_over_warning"]} == {
        "c-hurts": TAKES_AWAY
    }


def test_the_cut_over_lists_name_what_hurts_first() -> None:
    assert [row.key for row in report(journal(), None, 2.0).cut_over] == ["c-hurts", "a-safe"]
    markdown = document("md").split("\n## Cut-over")[1].split("\n## ")[0]
    rows = [line for line in markdown.splitlines() if line.startswith("- [ ]")]
    assert [("c-hurts" in rows[0], "a-safe" in rows[1], len(rows))] == [(True, True, 2)]
    assert all(word in rows[0] for word in ("x", "percentage-rollout", "Turning this on"))
    page = document("html").split('<h2 id="cut-over">')[1].split("</section>")[0]
    assert page.index("c-hurts") < page.index("a-safe")
    assert page.count('type="checkbox"') == 2
    assert "disabled" not in page
    assert "Turning this on" in page


def test_a_list_on_the_screen_has_no_box_that_cannot_be_ticked() -> None:
    told = report(journal(), None, 2.0)
    _, lines = list_text(told, "cut-over")
    assert "[ ]" not in lines
    assert lines.index("c-hurts") < lines.index("a-safe")
    assert all(word in lines for word in ("percentage-rollout", TAKES_AWAY))
    _, warned = list_text(told, "warnings")
    assert [line for line in warned.splitlines() if not line.startswith(" ")] == ["c-hurts", "d-other"]


def test_raw_text_reaches_no_document_as_an_order_to_a_terminal() -> None:
    hostile = "a\x1b]52;c;aGk=\x07\u202e\x9b31m"
    held = plan(flag(hostile, on=True), flag("fine", on=True, description=hostile, variations=strings((hostile, "b"))))
    told = report(journals.begin(REQUEST, {}, held, {}, "Ana"), None, 2.0)
    for kind in ("html", "md", "json"):
        text = text_of(told, kind, Redactor())
        assert all(line.isprintable() for line in text.splitlines()), kind
    for key in LISTS:
        assert all(line.isprintable() for line in list_text(told, key)[1].splitlines()), key
