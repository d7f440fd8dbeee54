"""The command line: exit codes, options that are wrong, and the log."""

from __future__ import annotations

import json
import os
import pty
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.headless_tools import ERROR
from tests.unit.made_manifests import variable, written
from tui import cli
from tui.text.redact import MASK

ROOT = Path(__file__).parents[3]
TOKEN = "api-5a4db0c5-0000-4000-8000-5a4db0c5a11a"

FRONT = """
import sys, types

def run(options, redactor, log):
    {body}

class Front:
    redactor = None
    def __init__(self, options, redactor, log):
        pass
    def run(self):
        return 55

sys.modules["tui.app"] = types.ModuleType("tui.app")
sys.modules["tui.app"].run = run
sys.modules["tui.plain.front"] = types.ModuleType("tui.plain.front")
sys.modules["tui.plain.front"].Front = Front
from tui.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def terminal() -> Iterator[int]:
    """One end of a terminal, for a child's input and output."""
    ours, theirs = pty.openpty()
    yield theirs
    os.close(ours)
    os.close(theirs)


def in_terminal(terminal: int, body: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The command in a terminal, with `body` in place of the wizard's screens."""
    code = FRONT.format(body=textwrap.indent(textwrap.dedent(body), "    ").strip())
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        stdin=terminal,
        stdout=terminal,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )


OPENED = "raise SystemExit(77)"
"""A body that tells that the wizard was opened."""


def test_the_wizard_opens_and_gets_what_was_asked(terminal: int) -> None:
    body = """
    assert (options.host, options.project, options.integration, options.demo) == ("eu", "web", "unleash", False)
    assert log is None
    return 0
    """
    done = in_terminal(terminal, body, "--host", "eu", "--project", "web", "--integration", "unleash")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--host", "http://ld.example.com"), "--host: "),
        (("--host", "https://me:secret-word@ld.example.com"), "--host: "),
        (("--host", "nowhere at all"), "--host: "),
        (("--integration", "flipt"), "--integration: "),
        (("--manifest", "/nonexistent/manifest.json"), "/nonexistent/manifest.json: "),
        (("--log", "/nonexistent/log"), "/nonexistent/log"),
        (("--log", "/"), "/: "),
        (("--nonsense",), "--nonsense"),
        (("nonsense",), "nonsense"),
        (("keys",), ""),
        (("--host",), "--host"),
    ],
)
def test_a_wrong_option_ends_with_2_before_anything_opens(
    terminal: int, arguments: tuple[str, ...], named: str
) -> None:
    done = in_terminal(terminal, OPENED, *arguments)
    assert done.returncode == 2
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret-word" not in done.stderr


def test_a_wrong_manifest_names_every_problem(terminal: int, tmp_path: Path) -> None:
    path = written(tmp_path, variable(type="nonsense"), variable(key="two", name=5))
    done = in_terminal(terminal, OPENED, "--manifest", path)
    assert done.returncode == 2
    assert [line.partition(": ")[2].partition(":")[0] for line in done.stderr.splitlines()] == [
        "formVariables[0].type",
        "formVariables[1].name",
    ]


def test_an_integration_of_ones_own_can_be_named(terminal: int, tmp_path: Path) -> None:
    path = written(tmp_path, variable(), name="flipt.json")
    assert in_terminal(terminal, OPENED, "--manifest", path, "--integration", "flipt").returncode == 77


@pytest.mark.parametrize("option", ["--token", "--import-key", "--ld-access-token", "--key", "--api-key"])
def test_no_option_takes_a_key(terminal: int, option: str) -> None:
    done = in_terminal(terminal, OPENED, option, TOKEN)
    assert done.returncode == 2
    assert TOKEN not in done.stderr


@pytest.mark.parametrize(
    ("variables", "plain"),
    [
        ({"TERM": "dumb"}, True),
        ({"ACCESSIBLE": "1"}, True),
        ({"ACCESSIBLE": "yes"}, True),
        ({"ACCESSIBLE": "0"}, False),
        ({"ACCESSIBLE": "false"}, False),
        ({"ACCESSIBLE": "False"}, False),
        ({"ACCESSIBLE": ""}, False),
    ],
)
def test_environment_chooses_plain_mode(
    terminal: int, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], plain: bool
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert in_terminal(terminal, OPENED).returncode == (55 if plain else 77)


def test_plain_is_an_option(terminal: int) -> None:
    assert in_terminal(terminal, OPENED, "--plain").returncode == 55


def test_without_a_terminal_nothing_opens(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "ssh -t" in told.err


@pytest.mark.parametrize("variables", [{"TERM": "dumb"}, {"ACCESSIBLE": "1"}])
def test_only_the_option_reads_answers_from_a_pipe(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cli.main([]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "--plain" in told.err


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("return 0", 0),
        ("return 143", 143),
        ("raise KeyboardInterrupt", 130),
        ("raise SystemExit(7)", 7),
        ("raise SystemExit('a sentence')", 1),
        ("raise RuntimeError('no')", 1),
    ],
)
def test_exit_codes(terminal: int, body: str, code: int) -> None:
    assert in_terminal(terminal, body).returncode == code


def test_a_fault_of_the_program_is_told_without_a_key(terminal: int) -> None:
    body = f"""
    token = "{TOKEN}"
    redactor.add(token)
    raise RuntimeError("failed with " + token + chr(27) + "[2J")
    """
    done = in_terminal(terminal, body)
    assert done.returncode == 1
    assert done.stderr.startswith("This program failed because of a bug.")
    assert MASK in done.stderr
    assert "\x1b" not in done.stderr
    # The line of the source that raised is shown; here it has the key by name alone.
    assert "api-5a4db0c5" not in done.stderr.replace(f'token = "{TOKEN}"', "")


def test_the_log_is_its_owners_alone_and_has_no_key(terminal: int, tmp_path: Path) -> None:
    body = f"""
    redactor.add("{TOKEN}")
    log("GET host /path?token={TOKEN}" + chr(27) + "[31m")
    log("second")
    return 0
    """
    path = tmp_path / "log"
    assert in_terminal(terminal, body, "--log", path).returncode == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first, second = path.read_text("utf-8").splitlines()
    assert TOKEN not in first
    assert f"token={MASK}" in first
    assert "\x1b" not in first
    assert second.endswith(" second")
    assert in_terminal(terminal, "log('third'); return 0", "--log", path).returncode == 0
    assert len(path.read_text("utf-8").splitlines()) == 3


def test_what_would_hold_keys_is_switched_off(terminal: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("TEXTUAL_LOG", "TEXTUAL_SCREENSHOT", "TEXTUAL_SCREENSHOT_LOCATION", "TEXTUAL_PRESS"):
        monkeypatch.setenv(name, str(tmp_path / "textual"))
    monkeypatch.setenv("TEXTUAL", "debug,devtools")
    body = """
    import os, resource
    assert not [name for name in os.environ if name in ("TEXTUAL", "TEXTUAL_PRESS") or name.startswith((
        "TEXTUAL_LOG", "TEXTUAL_SCREENSHOT"))]
    assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
    return 0
    """
    done = in_terminal(terminal, body)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_practice_ignores_the_options_of_the_real_thing(terminal: int) -> None:
    """They would be for another account; a wrong one must not stop a practice."""
    assert in_terminal(terminal, OPENED, "--demo", "--host", "nowhere at all").returncode == 77


PLAN = """
import sys

def run(options, surroundings):
    {body}

import tui.commands.plan as made
made.run = run
from tui.cli import main
sys.exit(main(sys.argv[1:]))
"""


def plan(body: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The command `plan` with `body` in place of the work itself; no terminal is near."""
    code = PLAN.format(body=textwrap.indent(textwrap.dedent(body), "    ").strip())
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_plan_gets_what_was_asked_on_either_side_of_its_name() -> None:
    body = """
    assert (options.host, options.project, options.integration) == ("eu", "web", "split"), options
    assert (str(options.recipe), options.timeout, options.as_json, options.manifests) == ("a.toml", 2.5, True, ())
    import resource
    assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
    return 7
    """
    command = ("--host", "us", "--integration", "split", "plan", "--host", "eu", "a.toml", "--project", "web", "--json")
    done = plan(body, *command, "--timeout", "2.5")
    assert (done.returncode, done.stdout, done.stderr) == (7, "", "")
    defaults = """
    assert (options.host, options.project, options.integration, options.timeout) == ("", "", "", 1800.0)
    return 0
    """
    assert plan(defaults, "plan", "a.toml").returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan",),
        ("plan", "a.toml", "b.toml"),
        ("plan", "a.toml", "--timeout", "0"),
        ("plan", "a.toml", "--timeout", "nan"),
        ("plan", "a.toml", "--timeout", TOKEN),
        ("plan", "a.toml", "--token", TOKEN),
        ("plan", "a.toml", "--log", "/nonexistent/log"),
        ("--demo", "plan", "a.toml"),
    ],
)
def test_a_wrong_command_line_of_a_plan(arguments: tuple[str, ...]) -> None:
    done = plan(OPENED, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr
    assert "Traceback" not in done.stderr
    assert TOKEN not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("plan",), ("plan", "recipe.toml", "--bogus"), ("apply", "--yes"), ("verify", "a", "b"), ("configs", "show"),
     ("configs", "bogus"), ("manifest",), ("keys",), ("bogus",), ("plan", "recipe.toml", "--timeout", "never"),
     ("--demo", "plan", "a.toml"), ("plan", "a.toml", "--log", "/nonexistent/log"),
     ("--demo", "apply", "a.toml"), ("apply", "a.toml", "--log", "/nonexistent/log")],
)  # fmt: skip
def test_with_json_a_wrong_command_line_is_an_error_object(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert cli.main([*arguments, "--json"]) == 2
    out, err = capsys.readouterr()
    error, *rest = map(json.loads, out.splitlines())
    assert [*error] == ERROR
    assert (error["event"], error["kind"], error["status_code"], error["field"], err) == (
        "error", "recipe", None, None, "",
    )  # fmt: skip
    assert rest == ([{"event": "result", "exit": 2, "report": None}] if "apply" in arguments else [])


@pytest.mark.parametrize("as_json", [False, True])
def test_a_fault_inside_a_plan_is_told_without_a_key(as_json: bool) -> None:
    body = f"""
    token = "{TOKEN}"
    surroundings.context.redactor.add(token)
    raise RuntimeError("failed with " + token + chr(27) + "[2J")
    """
    done = plan(body, "plan", "a.toml", *(["--json"] if as_json else []))
    assert done.returncode == 1
    assert done.stderr.startswith("This program failed because of a bug. Nothing was changed.")
    assert "RuntimeError" in done.stderr
    assert MASK in done.stderr
    assert "\x1b" not in done.stderr
    assert TOKEN not in done.stdout + done.stderr.replace(f'token = "{TOKEN}"', "")
    if as_json:
        error = json.loads(done.stdout)
        assert (error["event"], error["kind"], error["status_code"]) == ("error", "internal", None)
    else:
        assert done.stdout == ""


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    told = capsys.readouterr().out
    for word in ("plan", "manifest", "keys", "sandbox", "--demo", "--log", "LD_ACCESS_TOKEN"):
        assert word in told
