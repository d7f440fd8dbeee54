"""What `--help` explains, and what a misspelled command line is answered with."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

import pytest

from tui import cli
from tui.commands.command_line import parser
from tui.commands.parser import Parser


def parsers(parent: Parser | None = None) -> Iterator[Parser]:
    """The parsers of the program, its commands, and their actions."""
    parent = (parent or parser()).filled()
    yield parent
    for action in parent._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield from parsers(child)


EVERY = {each.prog: each for each in parsers()}


@pytest.mark.parametrize("program", EVERY)
def test_help_describes_every_option_and_fits_into_80_columns(
    program: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.main([*program.split()[1:], "--help"]) == 0
    text = capsys.readouterr().out
    usage, description = text.split("\n\n")[:2]
    assert usage.startswith(f"Usage: {program} ")
    assert description.endswith((".", "below."))
    has_actions = any(isinstance(action, argparse._SubParsersAction) for action in EVERY[program]._actions)
    assert has_actions or "\nExamples:\n" in text
    assert all(len(line) <= 80 for line in text.partition("Examples:")[0].splitlines())
    for action in EVERY[program]._actions:
        if isinstance(action, argparse._SubParsersAction):
            assert all(choice.help for choice in action._get_subactions())
            continue
        assert action.help, action
        for option in action.option_strings:
            assert option in text


@pytest.mark.parametrize(
    ("option", "default"),
    [("--timeout", "1800"), ("--stuck-after", "300"), ("--host", "us"), ("--format", "html"), ("--port", "any")],
)
def test_help_names_the_default(option: str, default: str) -> None:
    actions = [action for each in EVERY.values() for action in each._actions if option in action.option_strings]
    assert actions
    assert all(f"(default: {default}" in str(action.help) for action in actions)


def test_options_are_in_groups(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["apply", "--help"]) == 0
    titles = re.findall(r"^(\w.*):$", capsys.readouterr().out, re.MULTILINE)
    assert titles == ["Arguments", "Options", "Override the recipe", "Limits", "Output", "Examples"]


def test_examples_can_be_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line.strip() for each in EVERY.values() for line in (each.epilog or "").splitlines()]
    examples = [line for line in lines if line.startswith("ld-flag-import ")]
    assert len(examples) > 20
    for line in examples:
        command = re.split(r"  |\|", line)[0].split()
        assert parser().parse_args(command[1:]).command


@pytest.mark.parametrize(
    ("arguments", "suggestion"),
    [
        (["pln", "a.toml"], "plan"),
        (["aply"], "apply"),
        (["configs", "wach"], "watch"),
        (["plan", "a.toml", "--jsno"], "--json"),
        (["plan", "a.toml", "--timeuot=5"], "--timeout"),
        (["report", "a.toml", "--format", "htm"], "html"),
        (["completion", "bsh"], "bash"),
        (["--dmo"], "--demo"),
    ],
)
def test_a_misspelled_word_is_answered_with_the_one_that_was_meant(
    arguments: list[str], suggestion: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert f"Did you mean {suggestion}?" in err
    assert (out, err.count("\n")) == ("", 2), "no list of all options"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plan"], "Missing argument: RECIPE."),
        (["configs"], "Missing argument: ACTION."),
        (["plan", "a", "--timeout"], "--timeout needs a value."),
        (["plan", "a", "--timeout", "0"], "--timeout must be a number of seconds greater than 0."),
        (["plan", "a", "b"], "Unexpected argument: b."),
        (["sandbox", "--port", "x"], "--port must be a whole number."),
        (["plan", "a", "--json=1"], "--json doesn't take a value."),
        (["qqqqqq"], "Unknown command: qqqqqq. Choose one of: plan, "),
    ],
)
def test_a_wrong_command_line_is_one_sentence_and_where_to_read_more(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(message)
    assert re.fullmatch(r"Run `ld-flag-import( [a-z ]+)? --help` for usage\.", second)
