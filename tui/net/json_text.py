"""JSON read with a limit on nesting: code that walks a value may recurse, and must not run out of stack."""

from __future__ import annotations

import json

DEEPEST = 100
"""Levels of arrays and objects within each other. Real answers have about a dozen."""


class TooDeepError(ValueError):
    """The JSON text has more levels than `DEEPEST`."""


def parse_json(text: bytes | str) -> object:
    """Return the value of a JSON text. Raises ValueError if it isn't JSON, and TooDeepError if it nests too deeply."""
    try:
        value: object = json.loads(text)
    except RecursionError:
        raise TooDeepError from None
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
            if isinstance(inner, dict | list)
        ]
        if not level:
            return value
    raise TooDeepError
