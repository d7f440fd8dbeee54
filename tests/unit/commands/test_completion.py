"""Completion scripts, in real shells where they are installed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.unit.commands.test_help import EVERY
from tui import cli
from tui.commands.command_line import SHELLS
from tui.commands.completion import script

_BASH = """
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_ld_flag_import
printf '%s\\n' "${COMPREPLY[@]}"
"""
_FISH = "source $argv[1]; complete -C (string join ' ' -- $argv[2..-1])"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scripts, and files to complete."""
    made = tmp_path_factory.mktemp("completion")
    for shell in SHELLS:
        (made / shell).write_text(script(shell))
    (made / "files").mkdir()
    (made / "files" / "import.toml").touch()
    (made / "files" / "with blank.toml").touch()
    return made


def bash(folder: Path, *words: str) -> list[str]:
    """What bash offers for the last word, after `ld-flag-import`."""
    done = subprocess.run(
        ["bash", "--norc", "-c", _BASH, "bash", str(folder / "bash"), "ld-flag-import", *words],
        cwd=folder / "files", capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if line]


def fish(folder: Path, *words: str) -> list[str]:
    done = subprocess.run(
        ["fish", "--no-config", "-c", _FISH, str(folder / "fish"), "ld-flag-import", *words],
        cwd=folder / "files", capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [line.partition("\t")[0] for line in done.stdout.splitlines() if line]


CASES: Sequence[tuple[tuple[str, ...], list[str]]] = [
    (("pl",), ["plan"]),
    (("configs", ""), ["list", "show", "trigger", "watch", "delete"]),
    (("--host", "eu", "conf"), ["configs"]),
    (("completion", ""), ["bash", "zsh", "fish", "powershell"]),
    (("plan", "--host", ""), ["us", "eu", "federal"]),
    (("plan", "--host", "e"), ["eu"]),
    (("report", "a.toml", "--format", ""), ["html", "md", "json", "csv"]),
    (("configs", "list", "--status", "im"), ["importing"]),
    (("apply", "--st"), ["--stuck-after"]),
    (("undo", "import.toml", "--dr"), ["--dry-run"]),
    (("configs", "delete", "12ab", "--y"), ["--yes"]),
    (("plan", ""), ["import.toml", "with blank.toml"]),
    (("apply", "import.toml", "--plan", "imp"), ["import.toml"]),
    (("configs", "show", ""), []),
    (("plan", "--project", ""), []),
]


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
@pytest.mark.parametrize(
    ("words", "offered"),
    [*CASES, (("plan", "--host", "="), ["us", "eu", "federal"]), (("plan", "--host", "=", "f"), ["federal"])],
)
def test_bash_offers(folder: Path, words: tuple[str, ...], offered: list[str]) -> None:
    assert sorted(bash(folder, *words)) == sorted(offered)


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
@pytest.mark.parametrize(("words", "offered"), CASES)
def test_fish_offers(folder: Path, words: tuple[str, ...], offered: list[str]) -> None:
    assert sorted(fish(folder, *words)) == sorted(offered)


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_shell_accepts_the_syntax(folder: Path, shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    subprocess.run([shell, "-n", str(folder / shell)], check=True)


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
@pytest.mark.parametrize("program", EVERY)
def test_bash_knows_every_option(folder: Path, program: str) -> None:
    options = {name for action in EVERY[program]._actions for name in action.option_strings}
    assert set(bash(folder, *program.split()[1:], "-")) == options


@pytest.mark.parametrize("shell", SHELLS)
def test_every_script_names_every_command_and_option(folder: Path, shell: str) -> None:
    text = (folder / shell).read_text()
    assert "ld-flag-import" in text
    for each in EVERY.values():
        for action in each._actions:
            for name in (*action.option_strings, *(action.choices or ())):
                assert (name.lstrip("-") if shell == "fish" else name) in text


def test_command_prints_the_script(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert cli.main(["completion", "bash"]) == 0
    assert capsys.readouterr().out == (folder / "bash").read_text()
