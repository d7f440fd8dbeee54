"""JSON from files that anyone may have damaged: finite, bounded, and no deeper than this program writes it."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

_DEEPEST = 40
_LARGEST = 2**63
_STRINGS = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)  # also one without an end: it takes no second look
_BRACKETS = re.compile(r"[\[{\]}]")


def parse(raw: bytes | str) -> Any:
    """Return the value that `raw` (UTF-8, with or without a BOM) contains.

    Raises ValueError for anything else, and for `Infinity`, `NaN`, a number outside 64 bits or the range of a float,
    and nesting deeper than 40 levels.
    """
    text = raw if isinstance(raw, str) else raw.decode("utf-8-sig")
    _check_depth(text)
    return json.loads(text, parse_constant=_no_constant, parse_int=_integer, parse_float=_float)


def first_object(text: str, start: int) -> Any:
    """Return the value that begins at `start`, whatever follows it. Raises ValueError as `parse` does."""
    decoder = json.JSONDecoder(parse_constant=_no_constant, parse_int=_integer, parse_float=_float)
    try:
        return decoder.raw_decode(text, start)[0]
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def _check_depth(text: str) -> None:
    depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > _DEEPEST:
            raise ValueError("the JSON is nested too deeply")


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
