"""Help at a prompt: the page of a field or a step, and the words that every prompt knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tui.answers.fields import Variable
from tui.plain.walk import Walk
from tui.plain.words import HELP, PRACTICE_HELP, in_lines
from tui.wizard.help import HelpPage, Section, Table, field_help, step_help


def show_step(walk: Walk, words: Sequence[tuple[str, str]] = ()) -> None:
    """Write the page of the step, `words` of its own, and those that every prompt knows."""
    step = walk.session.draft.step if walk.loading is not None else "integration"
    show(walk, step_help(step, keys=False))
    if words:
        walk.terminal.say("Here you can type:")
    for word, meaning in words:
        walk.terminal.say(f"{word}: {meaning}", indent=2)
    walk.terminal.say("At every question you can type:")
    for word, meaning in (*HELP, *(PRACTICE_HELP if walk.practicing else ())):
        walk.terminal.say(f"{word}: {meaning}", indent=2)


def of_field(walk: Walk, variable: Variable) -> Callable[[], None]:
    """Return what writes the page of a field."""
    return lambda: show(walk, field_help(variable))


def show(walk: Walk, page: HelpPage) -> None:
    """Write a page."""
    say = walk.terminal.say
    say(f"Help: {page.title}")
    for part in page.parts:
        match part:
            case str():
                say(in_lines(part))
            case Section(title, lines):
                say(f"{title}:")
                for line in lines:
                    say(in_lines(line), indent=2)
            case Table(title, _, rows):
                say(f"{title}:")
                for head, text in rows:
                    say(f"{head}: {in_lines(text)}", indent=2)
