"""apply, verify and undo as programs: their command line, signals, a terminal's question, and no key anywhere."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.unit.headless_tools import ERROR, Command, Recipe, recipe_in
from tests.unit.run_tools import creates, triggers
from tests.unit.walk_tools import INTEGRATIONS, configurations
from tui.apply.journal import Stage
from tui.cli import main
from tui.commands import apply, undo
from tui.sandbox.server import Sandbox


def ended(process: subprocess.Popen[str]) -> tuple[int, list[dict[str, Any]], str]:
    out, err = process.communicate(timeout=90)
    return process.returncode, [json.loads(line) for line in out.splitlines()], err


@pytest.mark.parametrize("integration", INTEGRATIONS)
def test_from_the_command_line_to_an_undo(box: Sandbox, tmp_path: Path, integration: str) -> None:
    recipe = recipe_in(box, tmp_path, integration)
    path, log, journal = str(recipe.path), tmp_path / "run.log", tmp_path / "noted.json"
    common = ("--json", "--journal", str(journal), "--log", str(log))
    code, lines, err = ended(recipe.start("apply", path, "--yes", *common))
    assert code == 0
    assert [lines[0]["event"], *(each["event"] for each in lines[-2:])] == ["planned", "verified", "result"]
    code, (document,), err = ended(recipe.start("verify", path, *common))
    assert (code, [*document], err) == (0, ["missing", "unexpected", "different", "on_in_launchdarkly"], "")
    code, (document,), err = ended(recipe.start("undo", path, "--yes", *common))
    assert (code, {each["action"] for each in document["flags"]}, err) == (0, {"archive"}, "")
    assert not recipe.journals, "--journal is the one place"
    written = "\n".join(each.read_text() for each in tmp_path.iterdir())
    assert not any(secret in written for secret in recipe.environ.values())
    assert journal.stat().st_mode & 0o777 == 0o600
    assert Path(lines[-1]["report"]).stat().st_mode & 0o777 == 0o600


def test_a_signal_ends_it_with_its_code_and_the_next_run_resumes(recipe: Recipe, box: Sandbox) -> None:
    box.set_fault("import-stuck")
    process = recipe.start("apply", str(recipe.path), "--yes", "--json")
    assert process.stdout is not None
    while '"progress"' not in (line := process.stdout.readline()):
        assert line, process.communicate()
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 143
    assert json.loads(out.splitlines()[-1]) == {"event": "result", "exit": 143, "report": None}
    assert "Run it again to resume" in err
    assert "Traceback" not in err
    assert recipe.journal.stage is Stage.STARTED
    box.set_fault(None)
    again = recipe.run(stuck_after=20.0)
    assert (again.code, again.one("created")["reused"]) == (7, True), "the import itself is stuck still"
    assert (creates(box), triggers(box), len(configurations(box, "Practice plan"))) == (1, 1, 1)


@pytest.mark.parametrize(("typed", "done"), [("\n", False), ("y\n", True)])
def test_a_terminal_is_asked_with_project_and_count(recipe: Recipe, box: Sandbox, typed: str, done: bool) -> None:
    code, out, shown = recipe.run_in_terminal(apply.run, typed)
    assert "into project web-shop? [y/N]" in shown
    assert ("Verified: " in out) is done
    assert (code, creates(box)) == ((0, 1) if done else (2, 0))
    assert bool(recipe.journals) is done


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("command", [apply.run, undo.run])
def test_without_a_terminal_yes_is_required(recipe: Recipe, box: Sandbox, command: Command, as_json: bool) -> None:
    if command is undo.run:
        assert recipe.run().code == 0
    before = len(box.requests)
    ran = recipe.run(command, yes=False, as_json=as_json)
    assert (ran.code, len(box.requests)) == (2, before)
    assert "--yes" in (ran.out if as_json else ran.err)
    if as_json:
        error, *rest = ran.lines
        assert ([*error], error["kind"]) == (ERROR, "recipe")
        assert rest == ([{"event": "result", "exit": 2, "report": None}] if command is apply.run else [])


# --- what is wrong on the command line


def json_lines(captured: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in captured.splitlines()]


def test_a_fault_of_our_own_is_1_and_ends_in_a_result(
    recipe: Recipe, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> int:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(apply, "run", fails)
    assert main(["apply", str(recipe.path), "--json", "--yes"]) == 1
    captured = capsys.readouterr()
    error, result = json_lines(captured.out)
    assert (error["kind"], result["exit"]) == ("internal", 1)
    assert "run it again to resume" in error["advice"]
    assert "ZeroDivisionError" in captured.err


def test_options_before_and_after_the_command_reach_it(
    recipe: Recipe, box: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe.path.write_text(recipe.path.read_text().replace("[launchdarkly]", '[launchdarkly]\nname = "x"'))
    for command in ("apply", "verify", "undo"):
        assert main([command, str(recipe.path), "--json"]) == 2
        assert json_lines(capsys.readouterr().out)[0]["message"].startswith("launchdarkly.name isn't a known entry")
    for wrong in (
        ["apply"],
        ["verify", "x", "--yes"],
        ["undo", "x", "--create-only"],
        ["apply", "x", "--timeout", "0"],
    ):
        assert main(wrong) == 2
    assert not box.requests
