"""What is wrong with a recipe, in words that repeat nothing of what stands in it: that may be a key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tui.answers import fields, roles
from tui.answers.fields import Variable
from tui.answers.finding import Level
from tui.answers.say import short
from tui.net.errors import Advice, Failure, Kind, Remedy, Safe
from tui.text.clean import clean
from tui.text.key_shapes import without_keys

_MOST = 50
_LONGEST_NAME = 60
_TELLING = 4  # characters from which on an answer inside a sentence is no accident


_GOES_ON = re.compile(r"(?:is|has|holds|must|names)\b")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at `place`, a path in the file such as `import.config.sourceApiKey`, an option or a variable;
    "" is the whole file. `text` is a sentence, or goes on from the place ("is missing.")."""

    place: str
    text: str
    advice: Advice | None = None

    def __str__(self) -> str:
        if not self.place:
            return self.text
        return f"{self.place}{' ' if _GOES_ON.match(self.text) else ': '}{self.text}"


class RecipeError(Failure):
    """A recipe, or a command line with it, that cannot be used. `what` has a line for each problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        remedy = Remedy.CORRECT if len(self.problems) == 1 else Remedy.CORRECT_ALL
        super().__init__(
            Kind.RECIPE, self.lines(str), remedy=remedy, about=str(len(self.problems)), safe=Safe.NOTHING_SENT
        )

    def lines(self, worded: Callable[[Problem], str]) -> str:
        """A line for each problem as `worded` by a front, cut short where there are very many."""
        lines = [worded(each) for each in self.problems[:_MOST]]
        if len(self.problems) > _MOST:
            lines.append(f"And {len(self.problems) - _MOST} more problems.")
        return "\n".join(lines)


def shown(name: str, longest: int = _LONGEST_NAME) -> str:
    """A name of somebody else's making, a file's or an entry's, as a sentence may tell it."""
    text = clean(without_keys(name))
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


# --- the file as a whole

_PLACE = re.compile(r"\(at (?:line (\d+), column (\d+)|end of document)\)")
_HINTS: Mapping[str, str] = {
    "Invalid value": "A text needs quotes around it.",
    "Expected '=' after a key": "A line is name = value.",
    "Cannot overwrite a value": "The same name stands there twice.",
    "Cannot declare": "The same table stands there twice.",
    "Illegal character": "It holds a character that no text may hold.",
    "Unterminated string": "A quote is not closed.",
    "Unclosed array": "A list is not closed.",
}
"""By the beginnings of what tomllib says; the rest of it may quote the file."""


def not_toml(error: BaseException) -> str:
    """Where a text is no TOML, without a piece of it."""
    said = str(error)
    found = _PLACE.search(said)
    where = f" in line {found[1]}, column {found[2]}" if found and found[1] else " at its end" if found else ""
    hint = next((text for begins, text in _HINTS.items() if said.startswith(begins)), "")
    return f"The recipe is not TOML{where}. {hint}".strip()


# --- one value


def text_of(variable: Variable, value: object) -> tuple[str, str]:
    """The answer that a value of TOML stands for, and "" or what is wrong with its type."""
    convert, wrong = _TYPES.get(variable.kind, (_text, "must be a text in quotes."))
    text = convert(value)
    if text is None:
        return "", wrong
    if isinstance(value, list) and not set(value) <= set(variable.choices):
        return "", _OWN_WORDS["choices"].format(", ".join(variable.choices))
    return text, ""


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _truth(value: object) -> str | None:
    return ("true" if value else "false") if isinstance(value, bool) else None


def _list(value: object) -> str | None:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return None
    return fields.joined(value)


_TYPES: Mapping[str, tuple[Callable[[object], str | None], str]] = {
    "boolean": (_truth, "must be true or false, without quotes."),
    "multiselect": (_list, 'must be a list of texts: ["one", "two"].'),
}


def finding(
    variable: Variable, raw: str, tidied: str, answers: Mapping[str, str]
) -> Iterator[tuple[str, Advice | None]]:
    """What is wrong with an answer, by the rules of its field."""
    if not tidied.strip():
        if variable.required:
            blank = "is blank." if not raw.strip() else "has nothing left without its quotes and invisible characters."
            yield blank, None
        return
    for each in roles.validate(variable, tidied, answers, {}):
        if each.level is Level.PROBLEM:
            text = _quoting_nothing(variable, tidied, each.text)
            yield text, each.advice if text == each.text else None


_OWN_WORDS: Mapping[str, str] = {
    "choice": "must be one of: {}.",
    "choices": "must hold some of these alone: {}.",
    "unleash-tag": "must be type:value, as in simple:payments, each part of 2 to 50 characters.",
}
"""By role, for the rules whose sentences quote the answer."""


def _quoting_nothing(variable: Variable, value: str, said: str) -> str:
    parts = {value, *fields.selected(variable, value)}
    if variable.role in _OWN_WORDS and any(short(part) in said for part in parts):
        return _OWN_WORDS[variable.role].format(", ".join(variable.choices))
    if any(len(part) >= _TELLING and short(part) in said for part in parts):
        return f"is not what {variable.label} can hold."
    return said
