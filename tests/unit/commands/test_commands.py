"""apply, verify and undo as programs: their command line, signals, a terminal's question, and no key anywhere."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.unit.headless_tools import ERROR, Recipe, recipe_in
from tests.unit.recipe_tools import ROOT
from tests.unit.run_tools import context_of, creates, triggers
from tests.unit.walk_tools import INTEGRATIONS, configurations
from tui.apply.journal import Stage
from tui.cli import main
from tui.commands import apply
from tui.commands.case import Asked
from tui.commands.surroundings import Surroundings
from tui.sandbox.server import Sandbox
from tui.secrets.keyring import Keyring


def program(recipe: Recipe, *arguments: str, environ: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tui", *arguments],
        cwd=recipe.path.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(recipe.environ if environ is None else environ)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, list[dict[str, Any]], str]:
    out, err = process.communicate(timeout=90)
    return process.returncode, [json.loads(line) for line in out.splitlines()], err


@pytest.mark.parametrize("integration", INTEGRATIONS)
def test_from_the_command_line_to_an_undo(box: Sandbox, tmp_path: Path, integration: str) -> None:
    recipe = recipe_in(box, tmp_path, integration)
    path, log, journal = str(recipe.path), tmp_path / "run.log", tmp_path / "noted.json"
    common = ("--json", "--journal", str(journal), "--log", str(log))
    code, lines, err = ended(program(recipe, "apply", path, "--yes", *common))
    assert code == 0
    assert [lines[0]["event"], *(each["event"] for each in lines[-2:])] == ["planned", "verified", "result"]
    code, (document,), err = ended(program(recipe, "verify", path, *common))
    assert (code, [*document], err) == (0, ["missing", "unexpected", "different", "on_in_launchdarkly"], "")
    code, (document,), err = ended(program(recipe, "undo", path, "--yes", *common))
    assert (code, {each["action"] for each in document["flags"]}, err) == (0, {"archive"}, "")
    assert not recipe.journals, "--journal is the one place"
    written = "\n".join(each.read_text() for each in tmp_path.iterdir())
    assert not any(secret in written for secret in recipe.environ.values())
    assert journal.stat().st_mode & 0o777 == 0o600
    assert Path(lines[-1]["report"]).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_it_with_its_code_and_the_next_run_goes_on(
    recipe: Recipe, box: Sandbox, number: signal.Signals, code: int
) -> None:
    box.set_fault("import-stuck")
    process = program(recipe, "apply", str(recipe.path), "--yes", "--json")
    assert process.stdout is not None
    seen = []
    while '"progress"' not in (line := process.stdout.readline()):
        seen.append(line)
        assert line, process.communicate()
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert json.loads(out.splitlines()[-1]) == {"event": "result", "exit": code, "report": None}
    assert "run it again to go on from there" in err
    assert "Traceback" not in err
    assert recipe.journal.stage is Stage.STARTED
    box.set_fault(None)
    again = recipe.run(stuck_after=20.0)
    assert (again.code, again.one("created")["reused"]) == (7, True), "the import itself is stuck still"
    assert (creates(box), triggers(box), len(configurations(box, "Practice plan"))) == (1, 1, 1)


@pytest.mark.parametrize(("typed", "done"), [("\n", False), ("y\n", True)])
def test_on_a_terminal_project_and_count_are_asked_for(recipe: Recipe, box: Sandbox, typed: str, done: bool) -> None:
    ours, theirs = os.openpty()
    os.write(ours, typed.encode())
    with (
        open(theirs, encoding="utf-8", closefd=False) as keys,
        open(theirs, "w", closefd=False) as screen,
        (recipe.path.parent / "out.txt").open("w+") as out,
    ):
        around = Surroundings(
            context_of(recipe.time),
            recipe.environ,
            Keyring(child=["/nonexistent"]),
            out,
            screen,
            keys,
            recipe.path.parent,
        )
        code = apply.run(Asked(recipe.path), around)
        screen.flush()
        out.seek(0)
        told = out.read()
    shown = b""
    while b"[y/N]" not in shown:
        shown += os.read(ours, 65_536)
    os.close(ours)
    os.close(theirs)
    assert "into project web-shop? [y/N]" in shown.decode()
    assert ("Verified: " in told) is done
    assert (code, creates(box)) == ((0, 1) if done else (2, 0))
    assert bool(recipe.journals) is done


# --- what is wrong on the command line


def last_two(captured: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in captured.splitlines()]


@pytest.mark.parametrize("arguments", [["--demo", "apply"], ["apply", "--log", "/nonexistent/folder/log"]])
def test_what_is_refused_at_once_is_an_error_and_a_result(
    recipe: Recipe, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main([*arguments, str(recipe.path), "--json", "--yes"]) == 2
    error, result = last_two(capsys.readouterr().out)
    assert ([*error], error["kind"]) == (ERROR, "recipe")
    assert result == {"event": "result", "exit": 2, "report": None}


def test_a_fault_of_our_own_is_1_and_ends_in_a_result(
    recipe: Recipe, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> int:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(apply, "run", fails)
    assert main(["apply", str(recipe.path), "--json", "--yes"]) == 1
    captured = capsys.readouterr()
    error, result = last_two(captured.out)
    assert (error["kind"], result["exit"]) == ("internal", 1)
    assert "run it again to go on" in error["advice"]
    assert "ZeroDivisionError" in captured.err


def test_options_before_and_after_the_command_reach_it(
    recipe: Recipe, box: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe.path.write_text(recipe.path.read_text().replace("[launchdarkly]", '[launchdarkly]\nname = "x"'))
    for command in ("apply", "verify", "undo"):
        assert main([command, str(recipe.path), "--json"]) == 2
        assert last_two(capsys.readouterr().out)[0]["message"].startswith("launchdarkly.name is not known here")
    for wrong in (
        ["apply"],
        ["verify", "x", "--yes"],
        ["undo", "x", "--create-only"],
        ["apply", "x", "--timeout", "0"],
    ):
        assert main(wrong) == 2
    assert not box.requests
