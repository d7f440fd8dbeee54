"""Questions at a prompt: defaults, commands, literals, numbered choices, pages, and words that confirm."""

from __future__ import annotations

import io
import os
from collections.abc import Callable

import pytest

from tui.plain.asking import PAGE, Asker, Back, Option, Reply, found, matching
from tui.plain.signals import Signals
from tui.plain.terminal import InputEnded, Terminal

COLORS = (Option("r", "Red"), Option("g", "Green"), Option("gr", "Gray"))


def asker(*lines: str) -> tuple[Asker, Callable[[], str]]:
    reading, writing = os.pipe()
    os.write(writing, "".join(f"{line}\n" for line in lines).encode())
    os.close(writing)
    out = io.StringIO()
    return Asker(Terminal(Signals(), out, reading)), out.getvalue


def test_enter_accepts_the_value_in_brackets() -> None:
    ask, shown = asker("", "other")
    assert ask.ask("Name", "this") == Reply("this")
    assert ask.ask("Name", "this") == Reply("other")
    assert "Name [this]: " in shown()


def test_equals_sign_makes_a_word_a_value() -> None:
    ask, _ = asker("=back", "=-", "=")
    assert ask.ask("A") == Reply("back", literal=True)
    assert ask.ask("A") == Reply("-", literal=True)
    assert ask.ask("A") == Reply("=")


def test_back_help_and_list_work_at_every_prompt() -> None:
    ask, shown = asker("help", "list", "list we", "HELP", "back")
    seen: list[str] = []
    with pytest.raises(Back):
        ask.ask("A", help=lambda: seen.append("help"), lists=seen.append)
    assert seen == ["help", "", "we", "help"]
    assert shown().count("A: ") == 5


def test_prompt_without_a_list_says_so() -> None:
    ask, shown = asker("list", "x")
    assert ask.ask("A").text == "x"
    assert "There is no list for this question." in shown()


def test_commands_work_at_hidden_prompts_too() -> None:
    ask, _ = asker("quit", "back")
    seen: list[str] = []
    ask.commands["quit"] = seen.append
    with pytest.raises(Back):
        ask.ask_hidden("Key")
    assert seen == [""]


def test_end_of_input_names_the_open_question() -> None:
    ask, _ = asker()
    with pytest.raises(InputEnded):
        ask.ask("Split workspace")
    assert ask.open == "Split workspace"


@pytest.mark.parametrize(
    ("text", "key"),
    [("1", "r"), ("3", "gr"), ("4", None), ("0", None), ("red", "r"), ("G", "g"), ("gra", "gr"), ("x", None)],
)
def test_choice_is_found_by_number_key_or_beginning(text: str, key: str | None) -> None:
    assert matching(COLORS, text) == key


def test_wrong_choice_is_asked_again() -> None:
    ask, shown = asker("9", "", "2")
    assert ask.choose("Color", COLORS) == Reply("g")
    assert shown().count("Enter a number from 1 to 3") == 2


def test_options_are_listed_once_and_again_on_request() -> None:
    ask, shown = asker("1", "2", "list gr", "3")
    for _ in range(3):
        ask.choose("Color", COLORS)
    assert shown().count("1 Red") == 1
    assert shown().count("3 Gray") == 2


def test_only_the_very_word_confirms() -> None:
    ask, shown = asker("Web-Shop", "", "yes", "web-shop")
    assert [ask.typed("Create?", "web-shop") for _ in range(4)] == [False, False, False, True]
    assert shown().count("Nothing was sent.") == 3


def test_long_list_comes_in_pages_and_can_be_stopped() -> None:
    lines = [f"line {number}" for number in range(PAGE * 3)]
    ask, shown = asker("", "stop")
    ask.pages(lines)
    assert f"line {PAGE * 2 - 1}" in shown()
    assert f"line {PAGE * 2}" not in shown()
    assert f"{PAGE} of {PAGE * 3}" in shown()


def test_command_is_found_by_its_beginning() -> None:
    done: list[str] = []
    commands = {"flags": lambda rest: done.append(f"flags {rest}"), "flag": lambda rest: done.append(f"flag {rest}")}
    for text in ("flag a", "flags", "fla", "=flag a"):
        do = found(commands, Reply(text.removeprefix("="), literal=text.startswith("=")))
        if do is not None:
            do()
    assert done == ["flag a", "flags "]


def test_yes_and_no() -> None:
    ask, _ = asker("maybe", "y", "")
    assert ask.confirm("Sure?")
    assert not ask.confirm("Sure?")
