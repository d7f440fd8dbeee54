"""`ld-flag-import report`: the report of an import again, compared with LaunchDarkly as it is now."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.headless_tools import Recipe, recipe_in
from tests.unit.report_tools import expected, journal
from tests.unit.run_tools import deleted
from tests.unit.sandbox_tools import launchdarkly
from tui.apply import store
from tui.apply.journal import Stage
from tui.commands import report
from tui.report.csv_document import COLUMNS
from tui.sandbox.server import Sandbox


@pytest.fixture
def recipe(box: Sandbox, tmp_path: Path) -> Recipe:
    """A recipe whose import is complete."""
    made = recipe_in(box, tmp_path)
    assert made.run().code == 0
    return made


def token_alone(recipe: Recipe) -> dict[str, str]:
    return {"LD_ACCESS_TOKEN": recipe.environ["LD_ACCESS_TOKEN"]}


@pytest.mark.parametrize("form", ["html", "md", "json", "csv"])
def test_each_format_is_saved_for_its_owner_and_needs_your_token_alone(recipe: Recipe, box: Sandbox, form: str) -> None:
    before = len(box.requests)
    ran = recipe.run(report.run, environ=token_alone(recipe), format=form)
    (document,) = ran.lines
    assert (ran.code, [*document]) == (0, ["report", "format", "verified", "written", "written_at", "next"])
    assert (document["format"], document["verified"]) == (form, True)
    path = Path(document["report"])
    assert (path.suffix, path.stat().st_mode & 0o777) == (f".{form}", 0o600)
    assert recipe.journal.expected[0].key in path.read_text()
    assert {method for method, _, _ in box.requests[before:]} == {"GET"}


def test_csv_has_a_row_for_each_flag_to_rebuild(recipe: Recipe, tmp_path: Path) -> None:
    path = tmp_path / "rebuild.csv"
    ran = recipe.run(report.run, format="csv", output=path, as_json=False)
    lossy = {flag.key: flag for flag in recipe.journal.expected if flag.lost}
    assert ran.code == 0
    assert f"Report: {path} Next: rebuild {len(lossy)}, turn on " in ran.out.replace("\n", " ")
    head, *rows = csv.reader(io.StringIO(path.read_text(), newline=""))
    assert tuple(head) == COLUMNS
    assert [row[0] for row in rows] == [*lossy]
    for row in rows:
        assert row[4].split(", ") == list(dict.fromkeys(lost.kind for lost in lossy[row[0]].lost))


def test_dash_prints_the_report_alone(recipe: Recipe) -> None:
    files = {*recipe.path.parent.iterdir()}
    ran = recipe.run(report.run, format="json", output=Path("-"), as_json=False)
    assert json.loads(ran.out)["verified"] is True
    assert {*recipe.path.parent.iterdir()} == files


def test_report_counts_what_is_there_now(recipe: Recipe, box: Sandbox) -> None:
    gone = next(flag.key for flag in recipe.journal.expected if flag.lost and flag.on_at_source)
    before = recipe.run(report.run).lines[0]["next"]
    deleted(box, gone)
    after = recipe.run(report.run).lines[0]["next"]
    assert after == {"import": 1, "rebuild": before["rebuild"] - 1, "turn_on": before["turn_on"] - 1}


@pytest.mark.parametrize("problem", ["no token", "unreachable"])
def test_without_launchdarkly_the_report_is_from_the_journal_and_says_so(
    recipe: Recipe, box: Sandbox, problem: str
) -> None:
    environ = {} if problem == "no token" else recipe.environ
    if problem == "unreachable":
        box.set_fault("launchdarkly-flags-lost-page")
    ran = recipe.run(report.run, environ=environ)
    (document,) = ran.lines
    assert (ran.code, document["verified"]) == (0, False)
    assert "doesn't show flags as they are now" in ran.err
    assert "NOT VERIFIED" in Path(document["report"]).read_text()


def test_token_of_another_account_is_3(recipe: Recipe, box: Sandbox) -> None:
    (path,) = recipe.journals
    text = path.read_text()
    with launchdarkly(box) as ld:
        account = ld.get("/api/v2/caller-identity").json()["accountId"]
    path.write_text(text.replace(account, "another-account"))
    ran = recipe.run(report.run)
    assert (ran.code, ran.one("error")["kind"]) == (3, "credential")


@pytest.mark.parametrize(
    "options",
    [{"web": True, "format": "csv"}, {"web": True, "output": Path("-")}, {"output": Path("-"), "as_json": True}],
)
def test_options_that_exclude_each_other_are_2(recipe: Recipe, box: Sandbox, options: dict[str, Any]) -> None:
    before = len(box.requests)
    assert recipe.run(report.run, **options).code == 2
    assert len(box.requests) == before


def test_without_a_journal_there_is_nothing_to_report(box: Sandbox, tmp_path: Path) -> None:
    ran = recipe_in(box, tmp_path).run(report.run)
    assert (ran.code, ran.one("error")["kind"]) == (2, "recipe")


def test_a_file_that_cannot_be_written_is_2(recipe: Recipe) -> None:
    ran = recipe.run(report.run, output=recipe.path / "report.html")
    assert (ran.code, ran.one("error")["kind"]) == (2, "recipe")


def test_web_opens_the_saved_file(recipe: Recipe, tmp_path: Path) -> None:
    opened, browser = tmp_path / "opened", tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}\n')
    browser.chmod(0o700)
    path = tmp_path / "report.html"
    process = recipe.start(
        "report", str(recipe.path), "--web", "-o", str(path), environ={**recipe.environ, "BROWSER": f"{browser} %s"}
    )
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert opened.read_text() == path.as_uri()


def test_journal_of_an_import_that_never_started_is_reported(recipe: Recipe) -> None:
    (path,) = recipe.journals
    planned = journal(expected("a"), identity=recipe.journal.identity, stage=Stage.PLANNED, configuration="", ended="")
    store.save(planned, path)
    assert recipe.run(report.run).lines[0]["verified"] is False
