"""Read a recipe into answers: every problem at once, each with its path in the file, and no value repeated."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from tui.answers import changes, fields, rebuild_settings, rules
from tui.answers import draft as drafts
from tui.answers import form as forms
from tui.answers.builtin import CONFIG_NAME, CONFIG_TAGS, HOST, PROJECT, SOURCE_API, TOKEN
from tui.answers.draft import Draft
from tui.answers.fields import Form, Variable
from tui.answers.finding import Level, short
from tui.answers.rebuild_settings import RebuildSettings
from tui.launchdarkly.tags import is_tag
from tui.net.errors import Advice, Failure, Kind, Remedy, Safe
from tui.secrets.names import outside
from tui.secrets.references import NotAReferenceError, Reference, parse
from tui.text.clean import clean
from tui.text.key_shapes import without_keys
from tui.text.private_files import read_ordinary

_MOST = 50
_LONGEST_NAME = 60
_TELLING = 4  # an answer of this many characters is in a sentence by no accident


_GOES_ON = re.compile(r"(?:is|isn't|has|holds|contains|must)\b")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at `place`: a path in the file (`import.config.sourceApiKey`), an option, or a variable.

    "" is the whole file. `text` is a sentence, or continues one that begins with the place ("is missing.").
    """

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
        """Return a line for each problem as `worded` by a front, but at most fifty."""
        lines = [worded(problem) for problem in self.problems[:_MOST]]
        if len(self.problems) > _MOST:
            lines.append(f"And {len(self.problems) - _MOST} more problems.")
        return "\n".join(lines)


def shown(name: str, longest: int = _LONGEST_NAME) -> str:
    """Return a foreign name, of a file or an entry, as a sentence may quote it."""
    text = clean(without_keys(name))
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


VERSION = 1
LARGEST = 256 * 1024
"""Bytes a recipe may have; one that this program writes has less than one thousand."""

_LONGEST_PATH = 400
_CONFIG = "import.config"
_TABLES: Mapping[str, tuple[str, ...]] = {
    "": ("version", "launchdarkly", "import", "source", "rebuild"),
    "launchdarkly": ("host", "project", "token"),
    "import": ("integration", "name", "tags", "config"),
    "source": ("api",),
    "rebuild": rebuild_settings.KEYS,
}
_TEXT = "must be text in quotes."
_TYPES = {
    "boolean": "must be true or false, without quotes.",
    "multiselect": 'must be a list of strings, such as ["one", "two"].',
}
_WRITE_REFERENCE = "Write env:NAME, file:PATH, or keyring."
_OWN_WORDS: Mapping[str, str] = {
    "choice": "must be one of: {}.",
    "choices": "must contain only values from this list: {}.",
    "unleash-tag": "must be type:value, such as simple:payments. Each part has 2 to 50 characters.",
}
"""By role, for the rules whose sentences quote the answer."""
_TOML_PLACE = re.compile(r"\(at (?:line (\d+), column (\d+)|end of document)\)")
_TOML_HINTS: Mapping[str, str] = {
    "Invalid value": "Put text in quotes.",
    "Expected '=' after a key": "Write each line as name = value.",
    "Cannot overwrite a value": "The same name appears twice.",
    "Cannot declare": "The same table appears twice.",
    "Illegal character": "It contains an invalid character.",
    "Unterminated string": "A quotation mark isn't closed.",
    "Unclosed array": "A list isn't closed.",
}
"""By the beginnings of tomllib's messages, whose rest may quote the file."""


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
    """A recipe's answers without its secrets. By a field's key: the reference of each secret, and the path in the file,
    the option, or the variable of each answer."""

    draft: Draft
    references: Mapping[str, Reference]
    places: Mapping[str, str]
    rebuild: RebuildSettings = field(default_factory=RebuildSettings)


def read(path: Path, known: Mapping[str, Form], overrides: Overrides = Overrides()) -> RecipeAnswers:
    """Return the answers in the recipe at `path`, for one of the forms `known` by integration. Raises RecipeError."""
    name = shown(str(path), _LONGEST_PATH)
    try:
        raw = read_ordinary(path, LARGEST)
    except (OSError, ValueError) as error:  # ValueError: a zero character in the path
        reason = getattr(error, "strerror", None) or "not a valid path"
        raise _whole(f"Can't read the recipe {name}: {reason}.") from None
    if raw is None:
        raise _whole(f"The recipe {name} isn't a regular file.")
    if len(raw) > LARGEST:
        raise _whole(f"The recipe {name} is too large: recipes have at most 256 KiB.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _whole(f"The recipe {name} isn't UTF-8: see line {line}.") from None
    return read_text(text, known, overrides)


def read_text(text: str, known: Mapping[str, Form], overrides: Overrides = Overrides()) -> RecipeAnswers:
    """Return the answers in a recipe's text. Raises RecipeError."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: also a number of thousands of digits
        message = str(error)
        place = _TOML_PLACE.search(message)
        where = f" at line {place[1]}, column {place[2]}" if place and place[1] else " at its end" if place else ""
        hint = next((hint for start, hint in _TOML_HINTS.items() if message.startswith(start)), "")
        raise _whole(f"The recipe isn't valid TOML{where}. {hint}".strip()) from None
    reader = _Reader(known, overrides)
    answers = reader.answers(document)
    if reader.problems:
        raise RecipeError(reader.problems)
    return answers


def _whole(text: str) -> RecipeError:
    return RecipeError([Problem("", text)])


def mistakes(
    variable: Variable, raw: str, tidied: str, answers: Mapping[str, str]
) -> Iterator[tuple[str, Advice | None]]:
    """Yield what is wrong with an answer by its field's rules, each with its advice, and without the answer itself."""
    if not tidied.strip():
        if variable.required:
            blank = "is blank." if not raw.strip() else "contains only quotes and invisible characters."
            yield blank, None
        return
    parts = {tidied, *fields.selected(variable, tidied)}
    for finding in rules.validate(variable, tidied, answers, {}):
        if finding.level is not Level.PROBLEM:
            continue
        quoted = [part for part in parts if short(part) in finding.text]
        if quoted and variable.role in _OWN_WORDS:
            yield _OWN_WORDS[variable.role].format(", ".join(variable.choices)), None
        elif any(len(part) >= _TELLING for part in quoted):
            yield f"isn't a valid value for {variable.label}.", None
        else:
            yield finding.text, finding.advice


@dataclass(frozen=True, slots=True)
class _Entry:
    """A field's text, and where it was written. It is judged even if a later entry overrides it."""

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
        """Read the tables in their order, then judge the answers as the wizard would."""
        whole = self._table(document, "")
        self._version(whole.get("version"))
        self._launchdarkly(self._table(whole.get("launchdarkly", {}), "launchdarkly"))
        import_ = self._table(whole.get("import", {}), "import")
        form = self._import(import_)
        config = self._table(import_.get("config", {}), _CONFIG, form)
        for variable in form.variables if form else ():
            if outside(variable.key) in config:
                self._config(variable, config[outside(variable.key)], _path(_CONFIG, outside(variable.key)))
        source = self._table(whole.get("source", {}), "source")
        self._text(source, "source", "api", SOURCE_API, required=False)
        rebuild = self._table(whole.get("rebuild", {}), "rebuild")
        kinds = self._table(rebuild.get("context_kinds", {}), "rebuild.context_kinds")
        settings = rebuild_settings.read_settings(rebuild, kinds, self.problem)
        for option, text, variable in (
            ("--host", self.overrides.host, HOST),
            ("--project", self.overrides.project, PROJECT),
        ):
            if text:
                self.entries.append(_Entry(variable, text, option))
        draft = self._draft(form)
        for variable in forms.visible(form, drafts.values(draft)) if form else ():
            if variable.required and outside(variable.key) not in config:
                write = f" {_WRITE_REFERENCE}" if variable.secret else ""
                self.problem(_path(_CONFIG, outside(variable.key)), f"is missing.{write}")
        places = {entry.field.key: entry.place for entry in self.entries}
        return RecipeAnswers(draft, self.references, places, settings)

    def problem(self, place: str, text: str) -> None:
        self.problems.append(Problem(place, text))

    # --- tables and values

    def _table(self, value: object, place: str, form: Form | None = None) -> dict[str, object]:
        """Return the known entries of a table, all of them if the form isn't known."""
        if not isinstance(value, dict):
            self.problem(place, f"must be a table: write [{place}] on its own line.")
            return {}
        allowed = tuple(outside(v.key) for v in form.variables) if form else _TABLES.get(place, tuple(value))
        for key in value:
            if key not in allowed:
                close = get_close_matches(key, allowed, 1)
                meant = f" Did you mean {close[0]}?" if close else ""
                self.problem(_path(place, shown(key)), f"isn't a known entry.{meant}")
        return {key: entry for key, entry in value.items() if key in allowed}

    def _text(
        self, table: Mapping[str, object], place: str, key: str, variable: Variable | None, *, required: bool = True
    ) -> str | None:
        """Return a text of a table, and record it as the answer to `variable`."""
        value = table.get(key)
        if value is None and required:
            self.problem(_path(place, key), "is missing.")
        elif value is not None and not isinstance(value, str):
            self.problem(_path(place, key), _TEXT)
        if not isinstance(value, str):
            return None
        if variable is not None:
            self.entries.append(_Entry(variable, value, _path(place, key)))
        return value

    def _reference(self, value: object, place: str, key: str) -> None:
        if not isinstance(value, str):
            self.problem(place, "must be a reference in quotes: env:NAME, file:PATH, or keyring.")
        elif not value.strip():
            self.problem(place, f"is blank. {_WRITE_REFERENCE}")
        else:
            try:
                self.references[key] = parse(value)
            except NotAReferenceError as error:
                self.problem(place, str(error))

    # --- the parts of a recipe

    def _version(self, version: object) -> None:
        if version is None:
            self.problem("version", f"is missing. Write version = {VERSION} on the first line.")
        elif isinstance(version, bool) or not isinstance(version, int):
            self.problem("version", f"must be the number {VERSION}, without quotes.")
        elif version != VERSION:
            self.problem("version", f"isn't {VERSION}. Another version of ld-flag-import may read this recipe.")

    def _launchdarkly(self, table: Mapping[str, object]) -> None:
        self._text(table, "launchdarkly", "host", HOST, required=False)
        if "host" not in table and self.overrides.base_uri and not self.overrides.host:
            self.entries.append(_Entry(HOST, self.overrides.base_uri, "LD_BASE_URI"))
        self._text(table, "launchdarkly", "project", PROJECT)
        if "token" in table:
            self._reference(table["token"], "launchdarkly.token", TOKEN.key)
        else:
            self.problem("launchdarkly.token", f"is missing. {_WRITE_REFERENCE}")

    def _import(self, table: Mapping[str, object]) -> Form | None:
        form = self._form(self._text(table, "import", "integration", None), "import.integration")
        if self.overrides.integration:
            form = self._form(self.overrides.integration, "--integration")
        self._text(table, "import", "name", CONFIG_NAME)
        tags = table.get("tags", [])
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            self.problem("import.tags", 'must be a list of strings, such as ["migration"].')
        elif not all(is_tag(tag) for tag in tags):
            text = "has an invalid tag. Tags contain only letters, digits, . _ -, at most 64 of them."
            self.problem("import.tags", text)
        else:
            self.entries.append(_Entry(CONFIG_TAGS, ", ".join(tags), "import.tags"))
        return form

    def _form(self, integration: str | None, place: str) -> Form | None:
        if integration is not None and integration not in self.known:
            self.problem(place, f"isn't a known integration. Use one of: {', '.join(self.known)}.")
        return self.known.get(integration or "")

    def _config(self, variable: Variable, value: object, place: str) -> None:
        """Record the value of a form variable, converted to the text that the wizard would have."""
        if variable.secret:
            self._reference(value, place, variable.key)
            return
        text: str | None = None
        if variable.kind == "boolean":
            text = ("true" if value else "false") if isinstance(value, bool) else None
        elif variable.kind == "multiselect":
            if isinstance(value, list) and all(isinstance(choice, str) for choice in value):
                text = fields.joined(value)
                if not set(value) <= set(variable.choices):
                    self.problem(place, _OWN_WORDS["choices"].format(", ".join(variable.choices)))
                    return
        elif isinstance(value, str):
            text = value
        if text is None:
            self.problem(place, _TYPES.get(variable.kind, _TEXT))
        else:
            self.entries.append(_Entry(variable, text, place))

    def _draft(self, form: Form | None) -> Draft:
        """Return the answers as the wizard would have them, each judged by its field's rules."""
        draft = changes.choose(Draft(), form) if form else Draft()
        for entry in self.entries:
            draft = changes.put(draft, entry.field.key, entry.raw)
        values = drafts.values(draft)
        for entry in self.entries:
            tidied = rules.tidy(entry.field, entry.raw).value
            for text, advice in mistakes(entry.field, entry.raw, tidied, values):
                self.problems.append(Problem(entry.place, text, advice))
        return draft


def _path(table: str, key: str) -> str:
    return f"{table}.{key}" if table else key
