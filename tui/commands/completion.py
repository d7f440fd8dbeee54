"""`ld-flag-import completion SHELL`: a completion script, made from the parsers of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tui.commands.command_line import parser
from tui.commands.parser import Parser
from tui.text.templates import rendered

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class CompletedOption:
    """One option. `words` are values to offer, `takes_file` that any file is one; `takes_value` is true for both."""

    names: tuple[str, ...]
    help: str
    takes_value: bool
    takes_file: bool
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """What can follow one command. `path` is "" for the program itself and "/configs/list" for an action."""

    path: str
    commands: Mapping[str, str]
    """Its commands or actions, and their summaries."""
    options: tuple[CompletedOption, ...]
    words: tuple[str, ...]
    """Values of its arguments."""
    takes_file: bool


def run(shell: str, out: TextIO) -> int:
    """Print the script for a shell. Return the exit code."""
    out.write(script(shell))
    return 0


def script(shell: str) -> str:
    """Return the script for one of `command_line.SHELLS`."""
    name, escape = _SHELLS[shell]
    places = tuple(_places(parser()))
    with_value = {option.names: option for place in places for option in place.options if option.takes_value}
    names_with_value = tuple(name for names in with_value for name in names)
    return rendered(
        _TEMPLATES / name,
        escape,
        places=places,
        with_value=tuple(with_value.values()),
        names_with_value=names_with_value,
        paths=tuple(place.path for place in places if place.path),
    )


_SHELLS: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "bash": ("completion.bash", str),
    "zsh": ("completion.zsh", lambda text: text.replace("'", "'\\''")),
    "fish": ("completion.fish", lambda text: text.replace("\\", "\\\\").replace("'", "\\'")),
    "powershell": ("completion.ps1", lambda text: text.replace("'", "''")),
}
"""The template of each shell, and how text is escaped inside its single quotes."""


def _places(parser: Parser, path: str = "") -> Iterator[Place]:
    """Yield what follows a command, then what follows each of its own commands."""
    commands: Mapping[str, str] = {}
    parsers: Mapping[str, Parser] = {}
    options: list[CompletedOption] = []
    words: tuple[str, ...] = ()
    takes_file = False
    for action in parser.filled()._actions:
        if isinstance(action, argparse._SubParsersAction):
            commands = {choice.dest: choice.help or "" for choice in action._get_subactions()}
            parsers = action.choices
        elif action.option_strings:
            options.append(_option(action, parser.words.get(action.dest, ())))
        else:
            words = (*words, *(action.choices or ()))
            takes_file = takes_file or _takes_file(action)
    yield Place(path, commands, tuple(options), words, takes_file)
    for name, child in parsers.items():
        yield from _places(child, f"{path}/{name}")


def _option(action: argparse.Action, words: Sequence[str]) -> CompletedOption:
    words = tuple(action.choices or words)
    return CompletedOption(
        tuple(action.option_strings), action.help or "", action.nargs != 0, _takes_file(action), words
    )


def _takes_file(action: argparse.Action) -> bool:
    return action.metavar in ("PATH", "FILE", "RECIPE")
