"""Manifests read from files: the bundled ones, and those that `--manifest` adds."""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from tui.manifests.cards import BUNDLED, default_key
from tui.manifests.models import VERSION, WEB, FormVariable, Manifest
from tui.text import limited_json
from tui.text.clean import clean
from tui.text.key_shapes import without_keys
from tui.text.private_files import read_ordinary

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_LARGEST = 1024 * 1024  # LaunchDarkly's own are below 10 kB
_SHOWN = 80
_MOST = 50


@dataclass(frozen=True, slots=True)
class ManifestProblem:
    """What is wrong at `place`, a path in the file such as `formVariables[2].key`; "" is the whole file."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}" if self.place else self.text


class ManifestError(ValueError):
    """A file that is no manifest, with every problem in it. `str()` is one line for each."""

    def __init__(self, path: Path, problems: Sequence[ManifestProblem]) -> None:
        super().__init__(str(path), len(problems))
        self.path = path
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(f"{clean(without_keys(str(self.path)))}: {problem}" for problem in self.problems)


def load(path: Path) -> Manifest:
    """Return the manifest in the JSON file `path`. Raises only ManifestError."""
    content = _read(path)
    try:
        manifest = Manifest.model_validate({"key": default_key(path), **content})
    except ValidationError as error:
        raise ManifestError(path, _problems(error)) from None
    if problems := [*_repeated(manifest.form_variables), *_wrong_dependencies(manifest.form_variables)]:
        raise ManifestError(path, problems)
    return manifest


@functools.cache
def bundled() -> tuple[Manifest, ...]:
    """Return the manifests of Split and Unleash, which LaunchDarkly's beta supports."""
    return tuple(map(load, BUNDLED))


def registry(extra: Iterable[Path] = ()) -> dict[str, Manifest]:
    """Return all manifests by integration key; one in `extra` is added, or replaces one of the same key.

    Raises ManifestError for the first bad one.
    """
    return {manifest.key: manifest for manifest in (*bundled(), *map(load, extra))}


def _read(path: Path) -> dict[str, Any]:
    def wrong(text: str) -> ManifestError:
        return ManifestError(path, [ManifestProblem("", text)])

    try:
        raw = read_ordinary(path, _LARGEST)
    except (OSError, ValueError) as error:  # ValueError: a zero character in the path
        raise wrong(f"can't be read: {clean(getattr(error, 'strerror', None) or 'not a valid path')}") from None
    if raw is None:
        raise wrong("isn't a regular file")
    if len(raw) > _LARGEST:
        raise wrong("is too large: manifests have at most 1 MiB")
    try:
        content = limited_json.parse_file(raw)
    except json.JSONDecodeError as error:
        raise wrong(f"isn't valid JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except ValueError:  # not UTF-8, a number with thousands of digits, or nested without end
        raise wrong("isn't JSON in UTF-8") from None
    if not isinstance(content, dict):
        raise wrong("must be a JSON object with formVariables")
    return content


# --- problems between variables


def _repeated(variables: tuple[FormVariable, ...]) -> Iterator[ManifestProblem]:
    times = Counter(variable.key for variable in variables)
    for place, variable in enumerate(variables):
        if times[variable.key] > 1:
            yield ManifestProblem(f"formVariables[{place}].key", f"{variable.key} appears more than once")


def _wrong_dependencies(variables: tuple[FormVariable, ...]) -> Iterator[ManifestProblem]:
    """Dependencies that no answer can satisfy: unknown keys, and circles."""
    needs = {
        variable.key: {d.variable_key for d in variable.depends_on if d.variable_location == "formVariables"}
        for variable in variables
    }
    for place, variable in enumerate(variables):
        here = f"formVariables[{place}].dependsOn"
        for unknown in sorted(needs[variable.key] - needs.keys()):
            yield ManifestProblem(here, f"names {unknown}, which isn't a variable of this form")
        seen, ahead = set[str](), set(needs[variable.key])
        while ahead and variable.key not in seen:
            seen |= ahead
            ahead = {further for key in ahead for further in needs.get(key, ())} - seen
        if variable.key in seen:
            yield ManifestProblem(here, "depends on itself, directly or through others")


# --- pydantic's errors in our own words


def _problems(error: ValidationError) -> list[ManifestProblem]:
    errors = error.errors(include_url=False)
    problems = list(dict.fromkeys(ManifestProblem(_place(wrong["loc"]), _text(wrong)) for wrong in errors[:_MOST]))
    if len(errors) > _MOST:
        problems.append(ManifestProblem("", f"and {len(errors) - _MOST} more problems"))
    return problems


_UNION_BRANCHES = ("bool", "str", "constrained-str", "function-after[_printable(), str]")
_TEXTS = {
    "missing": "is missing",
    "extra_forbidden": "isn't in LaunchDarkly's schema; check its spelling",
    "string_type": "must be text in quotes",
    "bool_type": "must be true or false, without quotes",
    "tuple_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "string_too_short": "is empty",
    "too_short": "is empty",
    "too_long": "has too many entries",
    "unprintable": "contains unprintable characters",
}
_PATTERNS = {
    r"^[^\s]*$": "contains a space",
    r"\.svg$": "isn't the path of an SVG file",
    WEB: "isn't a web address",
    VERSION: "isn't a semantic version",
}


def _place(loc: tuple[int | str, ...]) -> str:
    keys = (key for key in loc if key not in _UNION_BRANCHES)
    return "".join(f"[{key}]" if isinstance(key, int) else f".{_shown(key)}" for key in keys).removeprefix(".")


def _text(error: ErrorDetails) -> str:
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "string_too_long":
        return f"is longer than {context['max_length']} characters (it has {len(value)})"
    if kind == "literal_error":
        expected = context["expected"].replace("'", "").replace(" or ", ", ")
        return f"must be one of {expected}, not {_quoted(value)}"
    if kind == "string_pattern_mismatch":
        broken = _PATTERNS.get(context["pattern"], "isn't an integration key")
        return f"{broken}: {_quoted(value)}"
    if kind == "misfit":
        return str(context["problem"])
    return _TEXTS.get(kind, "doesn't match LaunchDarkly's schema")


def _quoted(value: object) -> str:
    return f"“{_shown(value)}”" if isinstance(value, str) else _shown(json.dumps(value, default=str))


def _shown(value: object) -> str:
    text = clean(str(value)[: _SHOWN + 1])
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
