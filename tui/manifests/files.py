"""Manifests read from files: those that come along, and those that `--manifest` adds."""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tui.manifests.models import VERSION, WEB, FormVariable, Manifest, wrong_dependencies
from tui.text import limited_json
from tui.text.clean import clean
from tui.text.key_text import without_keys
from tui.text.private_files import read_ordinary

_LARGEST = 1024 * 1024  # LaunchDarkly's own are below 10 kB
_SHOWN = 80
_MOST = 50
_HERE = Path(__file__).parent
_BUNDLED = ("split", "unleash")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at `place`, a path in the file such as `formVariables[2].key`; "" is the whole file."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}" if self.place else self.text


class ManifestError(ValueError):
    """A file that is no manifest, with every problem found in it. `str()` is one line for each."""

    def __init__(self, path: Path, problems: Sequence[Problem]) -> None:
        super().__init__(str(path), len(problems))
        self.path = path
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(f"{clean(without_keys(str(self.path)))}: {problem}" for problem in self.problems)


def load(path: Path) -> Manifest:
    """The manifest in the JSON file `path`. Its integration key is its `key`, else the file's name, or, where
    that is manifest.json as in LaunchDarkly's repository, the folder's. Raises ManifestError alone."""
    content = _read(path)
    stem = path.parent.resolve().name if path.name == "manifest.json" else path.stem
    try:
        manifest = Manifest.model_validate({"key": stem, **content})
    except ValidationError as error:
        raise ManifestError(path, _explained(error, content)) from None
    problems = [*_repeated(manifest.form_variables), *_dependencies(manifest.form_variables)]
    if problems:
        raise ManifestError(path, problems)
    return manifest


@functools.cache
def bundled() -> tuple[Manifest, ...]:
    """Split and Unleash, which LaunchDarkly's beta takes."""
    return tuple(load(_HERE / f"{key}.json") for key in _BUNDLED)


def registry(extra: Iterable[Path] = ()) -> dict[str, Manifest]:
    """All manifests by integration key; one in `extra` is added, or replaces one of the same key.

    Raises ManifestError for the first bad one.
    """
    manifests = {manifest.key: manifest for manifest in bundled()}
    for path in extra:
        manifest = load(path)
        manifests[manifest.key] = manifest
    return manifests


def _read(path: Path) -> dict[str, Any]:
    try:
        raw = read_ordinary(path, _LARGEST)
    except (OSError, ValueError) as error:  # ValueError: a zero character in the path
        reason = getattr(error, "strerror", None) or "it is no path"
        raise ManifestError(path, [Problem("", f"cannot be read: {clean(reason)}")]) from None
    if raw is None:
        raise ManifestError(path, [Problem("", "is not a regular file")])
    if len(raw) > _LARGEST:
        raise ManifestError(path, [Problem("", "is larger than 1 MiB, which no manifest is")])
    try:
        content = limited_json.parse_file(raw)
    except json.JSONDecodeError as error:
        text = f"is not JSON: {error.msg} in line {error.lineno}, column {error.colno}"
        raise ManifestError(path, [Problem("", text)]) from None
    except (ValueError, RecursionError):  # no UTF-8, a number of thousands of digits, or nested without end
        raise ManifestError(path, [Problem("", "is not JSON in UTF-8")]) from None
    if not isinstance(content, dict):
        raise ManifestError(path, [Problem("", "is JSON, but not an object with formVariables")])
    return content


def _repeated(variables: tuple[FormVariable, ...]) -> list[Problem]:
    times = Counter(variable.key for variable in variables)
    return [
        Problem(f"formVariables[{place}].key", f"{variable.key} stands there more than once")
        for place, variable in enumerate(variables)
        if times[variable.key] > 1
    ]


def _dependencies(variables: tuple[FormVariable, ...]) -> list[Problem]:
    return [Problem(place, text) for place, text in wrong_dependencies(variables)]


# Pydantic's findings in our own words


def _explained(error: ValidationError, content: dict[str, Any]) -> list[Problem]:
    found = error.errors(include_url=False, include_input=False)
    problems = [Problem(_place(one["loc"]), _text(dict(one), content)) for one in found[:_MOST]]
    unique = list(dict.fromkeys(problems))
    if len(found) > _MOST:
        unique.append(Problem("", f"and {len(found) - _MOST} more problems"))
    return unique


def _place(loc: tuple[int | str, ...]) -> str:
    place = ""
    for part in loc:
        if isinstance(part, int):
            place += f"[{part}]"
        elif part not in _UNION_BRANCHES:
            place += f".{_shown(part)}" if place else _shown(part)
    return place


_UNION_BRANCHES = ("bool", "str", "constrained-str", "function-after[_printable(), str]")

_TEXTS = {
    "missing": "is missing",
    "extra_forbidden": "is not known to LaunchDarkly's schema; check its spelling",
    "string_type": "must be a text in quotes",
    "bool_type": "must be true or false, without quotes",
    "tuple_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "string_too_short": "is empty",
    "too_short": "is empty",
    "too_long": "has too many entries",
    "unprintable": "holds characters that do not print",
}


def _text(one: dict[str, Any], content: dict[str, Any]) -> str:
    kind, context = str(one["type"]), one.get("ctx", {})
    value = _value_at(content, one["loc"])
    if kind == "string_too_long":
        length = f" (it has {len(value)})" if isinstance(value, str) else ""
        return f"is longer than {context['max_length']} characters{length}"
    if kind == "literal_error":
        return f"must be one of {_listed(context['expected'])}, not {_quoted(value)}"
    if kind == "string_pattern_mismatch":
        return f"{_PATTERNS.get(context['pattern'], 'is no integration key')}: {_quoted(value)}"
    if kind == "misfit":
        return str(context["wrong"])
    return _TEXTS.get(kind, "is not what LaunchDarkly's schema asks for")


_PATTERNS = {
    r"^[^\s]*$": "holds a blank",
    r"\.svg$": "is no path of an SVG file",
    WEB: "is no web address",
    VERSION: "is no semantic version",
}


def _listed(expected: str) -> str:
    return expected.replace("'", "").replace(" or ", ", ")


def _value_at(content: object, loc: Iterable[int | str]) -> object:
    here = content
    for part in loc:  # names of union branches stand in a location too, and lead nowhere
        if isinstance(part, int):
            here = here[part] if isinstance(here, list) and part < len(here) else here
        elif isinstance(here, dict):
            here = here.get(part, here)
    return here


def _quoted(value: object) -> str:
    return f"“{_shown(value)}”" if isinstance(value, str) else _shown(json.dumps(value, default=str))


def _shown(value: object) -> str:
    text = clean(str(value)[: _SHOWN + 1])
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
