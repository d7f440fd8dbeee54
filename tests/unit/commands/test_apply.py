"""`ld-flag-import apply`: its lines, its exit codes, and that it can be run again after whatever happened."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.unit.headless_tools import ERROR, Recipe, killed, recipe_in
from tests.unit.run_tools import creates, flags_of, triggers
from tests.unit.sandbox_tools import FI, launchdarkly, until
from tests.unit.walk_tools import INTEGRATIONS, configurations
from tui.apply.journal import Stage
from tui.sandbox.server import Sandbox

COUNTS = ["source", "import", "skip", "invalid", "lossy", "on_at_source"]
WHOLE = ["planned", "created", "triggered", "progress", "finished", "verified", "result"]


def silent(*texts: str, recipe: Recipe) -> bool:
    """Whether no key stands in any of the texts, nor in any file that was written."""
    files = [each for each in recipe.path.parent.rglob("*") if each.is_file()]
    whole = "\n".join([*texts, *(each.read_text() for each in (*files, *recipe.journals))])
    return not any(secret in whole for secret in recipe.environ.values())


def writes(box: Sandbox) -> list[tuple[str, str]]:
    return [(method, path) for method, path, _ in box.requests if method != "GET"]


# --- the lines


@pytest.mark.parametrize("integration", INTEGRATIONS)
def test_each_event_is_one_line_with_its_fields(box: Sandbox, tmp_path: Path, integration: str) -> None:
    recipe = recipe_in(box, tmp_path, integration)
    ran = recipe.run()
    assert (ran.code, ran.events) == (0, WHOLE)
    planned = ran.one("planned")
    count = planned["counts"]["import"]
    assert [*planned] == ["event", "counts"]
    assert [*planned["counts"]] == COUNTS
    (there,) = configurations(box, "Practice plan")
    assert ran.one("created") == {"event": "created", "id": there["_id"], "reused": False, "status_code": 200}
    assert ran.one("triggered") == {"event": "triggered", "status_code": 201}
    seen = [each for each in ran.lines if each["event"] == "progress"]
    assert all([*each] == ["event", "status", "arrived", "expected"] for each in seen)
    assert all(before != after for before, after in pairwise(seen))
    assert (seen[-1]["status"], seen[-1]["arrived"], seen[-1]["expected"]) == ("complete", count, count)
    finished = ran.one("finished")
    assert [*finished] == ["event", "status", "arrived", "expected", "errors"]
    assert (finished["status"], finished["arrived"], finished["expected"]) == ("complete", count, count)
    assert finished["errors"], "the practice company has keys that break the convention"
    nothing: dict[str, Any] = {"missing": [], "unexpected": [], "different": [], "on_in_launchdarkly": []}
    assert ran.one("verified") == {"event": "verified", **nothing}
    result = ran.one("result")
    assert [*result] == ["event", "exit", "report"]
    assert result["exit"] == 0
    assert there["_id"] in Path(result["report"]).read_text()
    assert recipe.journal.stage is Stage.VERIFIED
    assert recipe.journal.who, "the report says who ran it"
    assert silent(ran.out, ran.err, recipe=recipe)


def test_the_same_for_a_person(recipe: Recipe) -> None:
    ran = recipe.run(as_json=False)
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0].startswith("Unleash default/production -> LaunchDarkly")
    assert f"+ {len(recipe.journal.expected)} to import" in lines
    begun = lines.index("Started the import.")
    assert lines[begun - 1].startswith('Created the configuration "Practice plan" (')
    reports = [line for line in lines[begun:] if line.startswith(". expected: ")]
    assert reports, "the practice company has keys that exist and keys that are refused"
    assert not [line for line in lines[begun:] if line.startswith("! ")]
    assert len(reports) == len(set(reports)), "each error is told once"
    count = len(recipe.journal.expected)
    assert f"Import complete: {count} of {count} flags imported." in lines
    assert f"Verified: {count} as planned." in lines
    end = lines.index(f"Import complete: {count} created, 0 failed.")
    assert lines[end + 1].startswith("Report: ")
    assert lines[end + 2] == "Next:"
    assert all(line.startswith("  - ") for line in lines[end + 3 :])
    assert silent(ran.out, ran.err, recipe=recipe)


@pytest.mark.parametrize("fault", ["hostile-text", "source-hostile", "import-partial", "hostile-error"])
def test_foreign_text_does_nothing_to_a_terminal(recipe: Recipe, box: Sandbox, fault: str) -> None:
    box.set_fault(fault)
    ran = recipe.run(as_json=False)
    assert ran.code in (0, 4, 6)
    assert not [sign for sign in ran.out + ran.err if not sign.isprintable() and sign != "\n"]


# --- before anything is sent


@pytest.mark.parametrize("name", ["LD_ACCESS_TOKEN", "LD_IMPORT_API_KEY", "UNLEASH_SDK_KEY"])
def test_a_missing_key_is_told_before_anything_is_sent(recipe: Recipe, box: Sandbox, name: str) -> None:
    ran = recipe.run(environ={key: value for key, value in recipe.environ.items() if key != name})
    assert (ran.code, ran.events) == (3, ["error", "result"])
    assert (ran.one("error")["kind"], name in ran.one("error")["message"]) == ("credential", True)
    assert not box.requests
    assert not recipe.journals


def test_a_wrong_recipe_and_a_foreign_journal_are_told_before_anything_is_sent(
    recipe: Recipe, box: Sandbox, tmp_path: Path
) -> None:
    assert recipe.run().code == 0
    before = len(box.requests)
    (journal,) = recipe.journals
    other = recipe_in(box, tmp_path / "other", config_name="Another")
    ran = other.run(journal=journal)
    assert (ran.code, ran.events, ran.one("error")["kind"]) == (2, ["error", "result"], "recipe")
    assert "belongs to another import" in ran.one("error")["message"]
    other.path.write_text("version = 2")
    assert other.run().code == 2
    assert len(box.requests) == before


def test_a_journal_that_cannot_be_written_stops_the_creation(recipe: Recipe, box: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = recipe.run(journal=tmp_path / "file" / "journal.json")
    assert (ran.code, ran.one("error")["kind"]) == (2, "recipe")
    assert not writes(box)


# --- what is written, and what is not


def test_nothing_to_import_ends_after_the_plan_and_writes_nothing(box: Sandbox, tmp_path: Path) -> None:
    recipe = recipe_in(box, tmp_path, sourceTag="simple:nothing")
    before = {*tmp_path.iterdir()}
    ran = recipe.run()
    assert (ran.code, ran.events) == (0, ["planned", "result"])
    assert ran.one("result") == {"event": "result", "exit": 0, "report": None}
    assert not writes(box)
    assert not recipe.journals
    assert {*tmp_path.iterdir()} == before


def test_create_only_creates_reads_no_source_and_is_gone_on_with(recipe: Recipe, box: Sandbox) -> None:
    ran = recipe.run(create_only=True)
    assert (ran.code, ran.events) == (0, ["created", "result"])
    assert not any("client/features" in path for _, path, _ in box.requests)
    assert (creates(box), triggers(box)) == (1, 0)
    again = recipe.run(create_only=True)
    assert (again.code, again.one("created")["reused"]) == (0, True)
    whole = recipe.run()
    assert (whole.code, whole.events) == (0, WHOLE)
    created = whole.one("created")
    assert (created["id"], created["reused"]) == (ran.one("created")["id"], True)
    assert (creates(box), triggers(box)) == (1, 1)
    assert silent(ran.out, whole.out, recipe=recipe)


def test_the_same_configuration_is_reused_and_another_of_its_name_refused(box: Sandbox, tmp_path: Path) -> None:
    first = recipe_in(box, tmp_path / "a")
    assert first.run(create_only=True).code == 0
    other = recipe_in(box, tmp_path / "b", ldTag="another-tag")
    for journal in (None, tmp_path / "none.json"):  # known from its journal, and found by its name
        ran = other.run(journal=journal)
        told = ran.one("error")
        assert (ran.code, told["kind"], triggers(box)) == (4, "conflict", 0)
        assert "ldTag" in told["message"]
        assert "another-tag" in told["message"]
    ran = first.run(journal=tmp_path / "another.json")
    assert (ran.code, ran.one("created")["reused"], ran.one("created")["status_code"]) == (0, True, None)
    assert creates(box) == 1


# --- every fault in the right verdict

# exit code, status at the end, and the one list of `verified` that isn't empty
FAULTS: dict[str, tuple[int, str, str]] = {
    "import-partial": (6, "partial", "missing"),
    "import-failed": (6, "failed", "missing"),
    "source-refused-at-import": (6, "failed", "missing"),
    "flags-dropped": (6, "complete", "missing"),
    "default-swapped": (6, "complete", "different"),
    "tag-left-out": (6, "complete", "different"),
    "hostile-text": (6, "complete", "different"),
    **dict.fromkeys(
        ("import-slow", "import-error-then-success", "stale-complete", "unknown-status", "started-by-create",
         "trigger-conflict", "lost-trigger-answer", "watch-rate-limited", "server-gone", "lost-answer", "reset",
         "rate-limited", "echoed-secrets"),
        (0, "complete", ""),
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_ends_in_its_verdict(recipe: Recipe, box: Sandbox, fault: str) -> None:
    code, status, differences = FAULTS[fault]
    box.set_fault(fault)
    ran = recipe.run()
    box.set_fault(None)
    assert (ran.code, ran.events, ran.one("finished")["status"]) == (code, WHOLE, status), ran.out + ran.err
    assert triggers(box) <= 1
    assert len(configurations(box, "Practice plan")) == 1
    progress = [line for line in ran.lines if line["event"] == "progress"]
    assert all(before != after for before, after in pairwise(progress)), "only changes are reported"
    verified = ran.one("verified")
    names = ("missing", "unexpected", "different", "on_in_launchdarkly")
    assert [name for name in names if verified[name]] == ([differences] if differences else [])
    assert all(flag["key"] for name in ("missing", "different") for flag in verified[name])
    assert ran.one("result")["exit"] == code
    assert Path(ran.one("result")["report"]).is_file()
    assert "\x1b" not in ran.out + ran.err
    assert silent(ran.out, ran.err, recipe=recipe)


REFUSALS = [
    ("unauthorized", 3, "unauthorized"),
    ("forbidden", 3, "forbidden"),
    ("bad-request", 4, "bad-request"),
    ("not-found", 4, "not-found"),
    ("conflict", 4, "conflict"),
    ("rate-limited-long", 5, "rate-limited"),
    ("server-error", 5, "server-error"),
    ("lost-request", 5, "unreachable"),
    ("redirect", 5, "redirect"),
    ("echoed-secrets-error", 4, "bad-request"),
    ("source-unauthorized", 3, "source"),
    ("launchdarkly-flags-lost-page", 5, "server-error"),
]


@pytest.mark.parametrize(("fault", "code", "kind"), REFUSALS)
def test_a_refusal_is_an_error_and_a_result_and_can_be_run_again(
    recipe: Recipe, box: Sandbox, fault: str, code: int, kind: str
) -> None:
    box.set_fault(fault)
    ran = recipe.run()
    error, result = ran.lines[-2:]
    assert [*error] == ERROR
    assert (ran.code, error["event"], error["kind"]) == (code, "error", kind)
    assert result == {"event": "result", "exit": code, "report": None}
    assert triggers(box) == 0
    assert silent(ran.out, ran.err, recipe=recipe)
    box.set_fault(None)
    assert recipe.run().code == 0
    assert len(configurations(box, "Practice plan")) == 1


def test_stuck_and_out_of_time_are_7_and_the_next_run_watches_on(recipe: Recipe, box: Sandbox) -> None:
    box.set_fault("import-stuck")
    stuck = recipe.run(stuck_after=30.0)
    assert (stuck.code, stuck.events[-2:], stuck.one("error")["kind"]) == (7, ["error", "result"], "stuck")
    assert "No progress for" in stuck.one("error")["message"]
    late = recipe.run(timeout=60.0)
    assert (late.code, late.one("error")["kind"]) == (7, "stuck")
    assert "didn't finish in time" in late.one("error")["message"]
    assert late.events == ["planned", "created", "triggered", "progress", "error", "result"]
    assert (creates(box), triggers(box)) == (1, 1)
    assert recipe.journal.stage is Stage.STARTED


def test_a_start_of_unknown_fate_is_5_until_somebody_starts_it(recipe: Recipe, box: Sandbox) -> None:
    box.set_fault("lost-trigger-request")
    for _ in range(2):
        ran = recipe.run()
        error = ran.one("error")
        assert (ran.code, error["kind"] in ("timeout", "unreachable")) == (5, True)
        assert "A second start skips flags that already exist." in error["advice"]
        box.set_fault(None)
    assert triggers(box) == 1
    with launchdarkly(box) as other:
        path = f"{FI}/web-shop/unleash/{recipe.journal.configuration}"
        assert other.post(f"{path}/trigger").status_code == 201
        until(lambda: other.get(path).json()["_status"]["status"] != "pending")  # as it said before any start
    assert recipe.run().code == 0
    assert creates(box) == 1


# --- run again


@pytest.mark.parametrize("integration", INTEGRATIONS)
def test_applied_twice_the_second_finds_nothing_to_do(box: Sandbox, tmp_path: Path, integration: str) -> None:
    recipe = recipe_in(box, tmp_path, integration)
    assert recipe.run().code == 0
    (path,) = recipe.journals
    before, written = path.read_bytes(), writes(box)
    ran = recipe.run()
    assert (ran.code, ran.events) == (0, ["planned", "result"])
    assert ran.one("planned")["counts"]["import"] == 0
    assert (path.read_bytes(), writes(box)) == (before, written)


def test_after_a_partial_import_the_next_run_brings_the_rest(recipe: Recipe, box: Sandbox) -> None:
    box.set_fault("import-partial")
    first = recipe.run()
    assert first.code == 6
    box.set_fault(None)
    missing = {each["key"] for each in first.one("verified")["missing"]}
    second = recipe.run()
    assert (second.code, second.events) == (0, WHOLE)
    assert second.one("planned")["counts"]["import"] == len(missing)
    assert (creates(box), triggers(box)) == (1, 2)
    assert recipe.journal.keys == recipe.journal.traces.keys()
    assert missing < recipe.journal.keys


MOMENTS = [
    (stage, noted)
    for stage in (Stage.CREATING, Stage.CREATED, Stage.STARTING, Stage.STARTED, Stage.ENDED, Stage.VERIFIED)
    for noted in (True, False)
]


@pytest.mark.parametrize(("stage", "noted"), MOMENTS)
def test_killed_at_any_write_of_the_journal_it_goes_on_with_one_configuration(
    recipe: Recipe, box: Sandbox, stage: Stage, noted: bool
) -> None:
    killed(recipe, stage, noted=noted)
    again = recipe.run()
    if (stage, noted) == (Stage.STARTING, True):  # nothing was sent yet, which nobody can know
        assert again.code == 5
        return
    assert again.code == 0, again.out
    assert len(configurations(box, "Practice plan")) == 1
    assert (creates(box), triggers(box)) == (1, 1)
    assert recipe.journal.stage is Stage.VERIFIED
    assert recipe.journal.keys <= flags_of(box).keys()


@pytest.mark.parametrize("stage", [Stage.CREATED, Stage.STARTED, Stage.ENDED])
def test_going_on_needs_your_token_alone(recipe: Recipe, box: Sandbox, stage: Stage) -> None:
    killed(recipe, stage)
    ran = recipe.run(environ={"LD_ACCESS_TOKEN": recipe.environ["LD_ACCESS_TOKEN"]})
    assert (ran.code, ran.events[0], ran.events[-2:]) == (0, "planned", ["verified", "result"]), ran.out
    assert ran.one("planned")["counts"]["import"] == len(recipe.journal.expected)


def test_a_configuration_that_somebody_deleted_is_created_again(recipe: Recipe, box: Sandbox) -> None:
    first = recipe.run(create_only=True).one("created")["id"]
    with launchdarkly(box) as other:
        assert other.delete(f"{FI}/web-shop/unleash/{first}").status_code == 204
    ran = recipe.run()
    assert (ran.code, ran.one("created")["reused"]) == (0, False)
    assert ran.one("created")["id"] != first


def test_a_create_whose_answer_was_lost_is_not_reused_in_the_run_that_sent_it(recipe: Recipe, box: Sandbox) -> None:
    box.set_fault("lost-answer")
    created = recipe.run(create_only=True).one("created")
    assert (created["reused"], created["status_code"]) == (False, None)
    assert created["id"] in [each["_id"] for each in configurations(box)]


def test_a_create_that_an_earlier_run_lost_is_reused(recipe: Recipe, box: Sandbox) -> None:
    killed(recipe, Stage.CREATED, noted=False)
    assert recipe.journal.stage is Stage.CREATING
    created = recipe.run(create_only=True).one("created")
    assert (created["reused"], created["status_code"]) == (True, None)
    assert creates(box) == 1
