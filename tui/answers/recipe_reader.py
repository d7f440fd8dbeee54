"""Read a recipe into answers: every problem at once, each with its path in the file, and no value repeated."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from tui.answers import changes, fields, rules
from tui.answers import draft as drafts
from tui.answers import form as forms
from tui.answers.builtin import CONFIG_NAME, CONFIG_TAGS, HOST, PROJECT, SOURCE_API, TOKEN
from tui.answers.draft import Draft
from tui.answers.fields import Form, Variable
from tui.answers.finding import Level, short
from tui.launchdarkly.tags import is_tag
from tui.net.errors import Advice, Failure, Kind, Remedy, Safe
from tui.secrets.names import outside
from tui.secrets.references import NotAReferenceError, Reference, parse
from tui.text.clean import clean
from tui.text.key_shapes import without_keys
from tui.text.private_files import read_ordinary

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
        about = "" if len(self.problems) == 1 else f"all {len(self.problems)}"
        super().__init__(Kind.RECIPE, self.lines(str), remedy=Remedy.CORRECT, about=about, safe=Safe.NOTHING_SENT)

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


def mistakes(
    variable: Variable, raw: str, tidied: str, answers: Mapping[str, str]
) -> Iterator[tuple[str, Advice | None]]:
    """Yield what is wrong with an answer by its field's rules, each with its advice, and without the answer itself."""
    if not tidied.strip():
        if variable.required:
            blank = "is blank." if not raw.strip() else "has nothing left without its quotes and invisible characters."
            yield blank, None
        return
    for each in rules.validate(variable, tidied, answers, {}):
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


VERSION = 1
LARGEST = 256 * 1024
"""Bytes a recipe may have; one that this program writes has less than one thousand."""

_LONGEST_PATH = 400

_TABLES: Mapping[str, tuple[str, ...]] = {
    "": ("version", "launchdarkly", "import", "source"),
    "launchdarkly": ("host", "project", "token"),
    "import": ("integration", "name", "tags", "config"),
    "source": ("api",),
}
_CONFIG = "import.config"
_TEXT = "must be a text in quotes."


@dataclass(frozen=True, slots=True)
class Overrides:
    """Values from outside the recipe, "" for none: options beat it, the environment only fills its gaps.

    LD_PROJECT fills no gap: a recipe without a project is wrong.
    """

    host: str = ""
    project: str = ""
    integration: str = ""
    base_uri: str = ""
    """LD_BASE_URI, which counts where neither an option nor the recipe names a host."""


@dataclass(frozen=True, slots=True)
class RecipeAnswers:
    """A recipe's answers without its secrets; by a field's key, where each secret is to be found, and the path in the
    file (or the option, or the variable) where each answer was written."""

    draft: Draft
    references: Mapping[str, Reference]
    places: Mapping[str, str]


def read(path: Path, known: Mapping[str, Form], overrides: Overrides = Overrides()) -> RecipeAnswers:
    """The answers in the recipe at `path`, for one of the forms `known` by integration. Raises RecipeError."""
    name = shown(str(path), _LONGEST_PATH)
    try:
        raw = read_ordinary(path, LARGEST)
    except (OSError, ValueError) as error:  # ValueError: a zero character in the path
        reason = getattr(error, "strerror", None) or "it is no path"
        raise _whole(f"The recipe {name} cannot be read: {reason}.") from None
    if raw is None:
        raise _whole(f"The recipe {name} is no ordinary file.")
    if len(raw) > LARGEST:
        raise _whole(f"The recipe {name} is larger than 256 KiB, which no recipe is.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _whole(f"The recipe {name} is not UTF-8 in line {line}.") from None
    return read_text(text, known, overrides)


def read_text(text: str, known: Mapping[str, Form], overrides: Overrides = Overrides()) -> RecipeAnswers:
    """As `read`, from a recipe's text."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: also a number of thousands of digits
        raise _whole(not_toml(error)) from None
    reader = _Reader(known, overrides)
    answers = reader.answers(document)
    if reader.problems:
        raise RecipeError(reader.problems)
    return answers


def _whole(text: str) -> RecipeError:
    return RecipeError([Problem("", text)])


@dataclass(frozen=True, slots=True)
class _Entry:
    """What was written for a field, and where. One that a later one beats is judged all the same."""

    field: Variable
    raw: str
    place: str


@dataclass
class _Reader:
    known: Mapping[str, Form]
    overrides: Overrides
    problems: list[Problem] = field(default_factory=list)
    entries: list[_Entry] = field(default_factory=list)
    references: dict[str, Reference] = field(default_factory=dict)

    def answers(self, document: dict[str, object]) -> RecipeAnswers:
        whole = self._table(document, "")
        self._version(whole)
        self._launchdarkly(self._table(whole.get("launchdarkly", {}), "launchdarkly"))
        what = self._table(whole.get("import", {}), "import")
        form = self._import(what)
        config = self._table(what.get("config", {}), _CONFIG, form)
        if form is not None:
            self._config(config, form)
        self._source(self._table(whole.get("source", {}), "source"))
        self._options()
        draft = self._draft(form)
        if form is not None:
            self._missing(draft, form, config)
        places = {each.field.key: each.place for each in self.entries}
        return RecipeAnswers(draft, self.references, places)

    def problem(self, place: str, text: str) -> None:
        self.problems.append(Problem(place, text))

    # --- tables and values

    def _table(self, value: object, place: str, form: Form | None = None) -> dict[str, object]:
        """The entries of a table that are known there; all of them where that cannot be told."""
        if not isinstance(value, dict):
            self.problem(place, f"must be a table: [{place}] in a line of its own.")
            return {}
        allowed = tuple(outside(v.key) for v in form.variables) if form else _TABLES.get(place, tuple(value))
        for key in value:
            if key not in allowed:
                close = get_close_matches(key, allowed, 1)
                meant = f" Did you mean {close[0]}?" if close else ""
                self.problem(_path(place, shown(key)), f"is not known here.{meant}")
        return {key: each for key, each in value.items() if key in allowed}

    def _text(self, table: Mapping[str, object], place: str, key: str, *, required: bool = True) -> str | None:
        value = table.get(key)
        if value is None and required:
            self.problem(_path(place, key), "is missing.")
        elif value is not None and not isinstance(value, str):
            self.problem(_path(place, key), _TEXT)
        return value if isinstance(value, str) else None

    def _reference(self, value: object, place: str, key: str) -> None:
        if not isinstance(value, str):
            self.problem(place, "must be a reference in quotes: env:NAME, file:PATH or keyring.")
            return
        if not value.strip():
            self.problem(place, "is blank. Write env:NAME, file:PATH or keyring.")
            return
        try:
            self.references[key] = parse(value)
        except NotAReferenceError as error:
            self.problem(place, str(error))

    # --- the parts of a recipe

    def _version(self, whole: Mapping[str, object]) -> None:
        version = whole.get("version")
        if version is None:
            self.problem("version", f"is missing. Write version = {VERSION} in the first line.")
        elif isinstance(version, bool) or not isinstance(version, int):
            self.problem("version", f"must be the number {VERSION}, without quotes.")
        elif version != VERSION:
            self.problem("version", f"is not {VERSION}. Another ld-flag-import may read this recipe.")

    def _launchdarkly(self, table: Mapping[str, object]) -> None:
        host = self._text(table, "launchdarkly", "host", required=False)
        if host is not None:
            self.entries.append(_Entry(HOST, host, "launchdarkly.host"))
        elif "host" not in table and self.overrides.base_uri and not self.overrides.host:
            self.entries.append(_Entry(HOST, self.overrides.base_uri, "LD_BASE_URI"))
        project = self._text(table, "launchdarkly", "project")
        if project is not None:
            self.entries.append(_Entry(PROJECT, project, "launchdarkly.project"))
        if "token" in table:
            self._reference(table["token"], "launchdarkly.token", TOKEN.key)
        else:
            self.problem("launchdarkly.token", "is missing. Write env:NAME, file:PATH or keyring.")

    def _import(self, table: Mapping[str, object]) -> Form | None:
        integration = self._text(table, "import", "integration")
        form = self._form(integration, "import.integration")
        if self.overrides.integration:
            form = self._form(self.overrides.integration, "--integration")
        if (name := self._text(table, "import", "name")) is not None:
            self.entries.append(_Entry(CONFIG_NAME, name, "import.name"))
        self._tags(table.get("tags", []))
        return form

    def _form(self, integration: str | None, place: str) -> Form | None:
        if integration is None:
            return None
        if integration not in self.known:
            self.problem(place, f"names no integration known here. Write one of: {', '.join(self.known)}.")
        return self.known.get(integration)

    def _tags(self, tags: object) -> None:
        if not isinstance(tags, list) or not all(isinstance(each, str) for each in tags):
            self.problem("import.tags", 'must be a list of texts: ["migration"].')
        elif not all(is_tag(each) for each in tags):
            self.problem(
                "import.tags", "has an entry that is no tag. Tags have letters, digits, . _ - only, 64 at most."
            )
        else:
            self.entries.append(_Entry(CONFIG_TAGS, ", ".join(tags), "import.tags"))

    def _config(self, config: Mapping[str, object], form: Form) -> None:
        for each in form.variables:
            name = outside(each.key)
            place = _path(_CONFIG, name)
            if name not in config:
                continue
            if each.secret:
                self._reference(config[name], place, each.key)
                continue
            text, wrong = text_of(each, config[name])
            if wrong:
                self.problem(place, wrong)
            else:
                self.entries.append(_Entry(each, text, place))

    def _source(self, table: Mapping[str, object]) -> None:
        if (api := self._text(table, "source", "api", required=False)) is not None:
            self.entries.append(_Entry(SOURCE_API, api, "source.api"))

    def _options(self) -> None:
        if self.overrides.host:
            self.entries.append(_Entry(HOST, self.overrides.host, "--host"))
        if self.overrides.project:
            self.entries.append(_Entry(PROJECT, self.overrides.project, "--project"))

    # --- answers

    def _draft(self, form: Form | None) -> Draft:
        """Return the answers as the wizard would hold them, each judged by its field's rules."""
        draft = changes.choose(Draft(), form) if form else Draft()
        for entry in self.entries:
            draft = changes.put(draft, entry.field.key, entry.raw)
        values = drafts.values(draft)
        for entry in self.entries:
            tidied = rules.tidy(entry.field, entry.raw).value
            for text, advice in mistakes(entry.field, entry.raw, tidied, values):
                self.problems.append(Problem(entry.place, text, advice))
        return draft

    def _missing(self, draft: Draft, form: Form, config: Mapping[str, object]) -> None:
        for each in forms.visible(form, drafts.values(draft)):
            if each.required and outside(each.key) not in config:
                write = " Write env:NAME, file:PATH or keyring." if each.secret else ""
                self.problem(_path(_CONFIG, outside(each.key)), f"is missing.{write}")


def _path(table: str, key: str) -> str:
    return f"{table}.{key}" if table else key
