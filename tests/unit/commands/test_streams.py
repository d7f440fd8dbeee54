"""Standard streams that are full, closed, or gone, and a working folder that was deleted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.headless_tools import Recipe

ROOT = Path(__file__).parents[3]
SPLIT = ROOT / "tui" / "manifests" / "split.json"
UNWRITTEN = 5
COMMANDS = (
    ("--version",),
    ("--help",),
    ("keys", "list", "--json"),
    ("manifest", SPLIT),
    ("manifest", SPLIT, "--json"),
)

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")


def run(
    *arguments: str | Path, redirect: str = "", prepare: str = "", **environ: str
) -> subprocess.CompletedProcess[str]:
    """The command, started by a shell that does `prepare` first and redirects its streams."""
    script = f'{prepare} exec "$0" -c "$CODE" "$@" {redirect}'
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tui.cli import main; sys.exit(main())"
    return subprocess.run(
        ["sh", "-c", script, sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "CODE": code, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(("redirect", "unbuffered"), [(">/dev/full", ""), (">/dev/full", "1"), (">&-", "")])
@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda each: " ".join(map(str, each[:2])))
def test_results_that_cannot_be_written_are_an_error(
    arguments: tuple[str | Path, ...], redirect: str, unbuffered: str
) -> None:
    done = run(*arguments, redirect=redirect, PYTHONUNBUFFERED=unbuffered)
    assert (done.returncode, done.stdout) == (UNWRITTEN, "")
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_a_plan_that_cannot_be_written_is_an_error(recipe: Recipe) -> None:
    for more in ((), ("--json",)):
        done = run("plan", recipe.path, *more, redirect=">/dev/full", **recipe.environ)
        assert done.returncode == UNWRITTEN
        assert done.stderr
        assert "Traceback" not in done.stderr


def test_an_import_whose_results_cannot_be_written_can_be_resumed(recipe: Recipe) -> None:
    done = run("apply", recipe.path, "--yes", "--json", redirect=">/dev/full", **recipe.environ)
    assert done.returncode == UNWRITTEN
    assert "Traceback" not in done.stderr
    assert recipe.run().code == 0


@pytest.mark.parametrize("redirect", ["2>/dev/full", "<&- 2>&-"])
@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda each: " ".join(map(str, each[:2])))
def test_messages_that_cannot_be_written_are_dropped(arguments: tuple[str | Path, ...], redirect: str) -> None:
    done = run(*arguments, redirect=redirect)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout
    if "--json" in arguments:
        assert json.loads(done.stdout)


@pytest.mark.parametrize("redirect", ["2>/dev/full", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("plan", "/nonexistent"), 2), (("nonsense",), 2), (("configs", "list"), 3), ((), 2), (("--demo",), 2)],
)
def test_exit_codes_stay_without_streams(arguments: tuple[str, ...], code: int, redirect: str) -> None:
    assert run(*arguments, redirect=redirect).returncode == code


def test_no_file_takes_the_place_of_a_closed_stream(recipe: Recipe, tmp_path: Path) -> None:
    """A file that is opened gets the lowest free number: a message would end up in it."""
    log = tmp_path / "log"
    done = run("plan", recipe.path, "--log", log, redirect="<&- >&- 2>&-", **recipe.environ)
    assert done.returncode == UNWRITTEN
    assert log.read_text()
    assert all(line[:2] == "20" for line in log.read_text().splitlines())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--version",), 0),
        (("keys", "list"), 0),
        (("manifest", SPLIT), 0),
        (("manifest", "manifest.json"), 2),
        (("plan", "recipe.toml"), 2),
        (("verify", "recipe.toml", "--journal", "journal.json"), 2),
        (("undo", "recipe.toml", "--log", "log"), 2),
        (("configs", "list"), 3),
        ((), 2),
    ],
    ids=lambda each: " ".join(map(str, each[:1])) if isinstance(each, tuple) else "",
)
def test_a_deleted_working_folder(arguments: tuple[str | Path, ...], code: int, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    done = run(*arguments, prepare=f"mkdir {gone}; cd {gone}; rmdir {gone};")
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


def test_an_import_from_a_deleted_working_folder(recipe: Recipe, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    prepare = f"mkdir {gone}; cd {gone}; rmdir {gone};"
    done = run("apply", recipe.path, "--yes", "--json", prepare=prepare, **recipe.environ)
    assert (done.returncode, json.loads(done.stdout.splitlines()[-1])["report"]) == (0, None)
    assert "Traceback" not in done.stderr
