"""Reads JSON whose shape nobody promised: what is missing or of another type is empty, never an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

Object = Mapping[str, object]
"""A JSON object."""

_NOTHING: Object = {}


def members(value: object) -> Object:
    """`value` where it is a JSON object."""
    return cast("Object", value) if isinstance(value, dict) else _NOTHING


def elements(value: object) -> Sequence[object]:
    """`value` where it is a JSON array."""
    return cast("Sequence[object]", value) if isinstance(value, list) else ()


def objects(value: object) -> list[Object]:
    """The elements of an array, each as an object: one that is none counts, and is empty."""
    return [one if isinstance(one, dict) else _NOTHING for one in value] if isinstance(value, list) else []


def text(value: object) -> str:
    """`value` where it is a string; foreign, and not cleaned."""
    return value if isinstance(value, str) else ""


def number(value: object) -> float | None:
    """`value` where it is a number, or a string that holds one: Unleash writes parameters so."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float | str):
        try:
            return float(value)
        except (ValueError, OverflowError):
            return None
    return None
