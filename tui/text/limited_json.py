"""Parse foreign JSON within limits, so that code which walks a value recursively doesn't run out of stack."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")

DEEPEST = 100
"""Nested levels of arrays and objects in an answer. Real answers have about a dozen."""
_DEEPEST_IN_FILES = 40
_LARGEST = 2**63


class TooDeepError(ValueError):
    """The JSON text has too many levels."""


def parse_answer(text: bytes | str) -> object:
    """Return the value of a server's JSON.

    Raises ValueError if it isn't JSON, and TooDeepError if it has more levels than `DEEPEST`.
    """
    return _parsed(DEEPEST, json.loads, text)


def parse_file(raw: bytes | str) -> Any:
    """Return the value of a file (UTF-8, with or without a BOM) that anyone may have damaged.

    Raises ValueError for anything else, and for `Infinity`, `NaN`, a number outside 64 bits or the range of a float,
    and more than 40 levels.
    """
    return _parsed(_DEEPEST_IN_FILES, _STRICT.decode, raw if isinstance(raw, str) else raw.decode("utf-8-sig"))


def first_object(text: str, start: int) -> Any:
    """Return the value that begins at `start`, whatever follows it. Raises ValueError as `parse_file` does."""
    return _parsed(_DEEPEST_IN_FILES, lambda source: _STRICT.raw_decode(source, start)[0], text)


def _parsed(levels: int, parse: Callable[[T], object], source: T) -> object:
    try:
        return _at_most(levels, parse(source))
    except RecursionError:
        raise TooDeepError from None


def _at_most(levels: int, value: object) -> object:
    level = [value]
    for _ in range(levels):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
            if isinstance(inner, dict | list)
        ]
        if not level:
            return value
    raise TooDeepError


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _integer(digits: str) -> int:
    value = int(digits)
    if abs(value) > _LARGEST:
        raise ValueError("the number is too large")
    return value


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("the number is too large")
    return value


_STRICT = json.JSONDecoder(parse_constant=_no_constant, parse_int=_integer, parse_float=_float)
