"""Ids of widgets, which tests, recordings and guided sessions address: a part of the outer contract."""

from __future__ import annotations

import re

from tui.secrets.names import outside

BUILT_IN_IDS = frozenset({"host", "token", "project", "config-name", "config-tags"})
_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9_-]|_(?=x)")


def widget_id(prefix: str, key: str) -> str:
    """`prefix-key` as an id that Textual takes; each other character is `_x` and four capital hex digits, one
    beyond U+FFFF its two UTF-16 halves. Two keys never share an id: so an underscore before an x is written
    that way too."""
    return f"{prefix}-{_NOT_IN_AN_ID.sub(_escaped, key)}"


def _escaped(match: re.Match[str]) -> str:
    halves = match[0].encode("utf-16-be", "surrogatepass").hex().upper()
    return "".join(f"_x{halves[at : at + 4]}" for at in range(0, len(halves), 4))


def field_id(key: str) -> str:
    """The id of a field's input: its own name for the built-in ones, `field-<key>` for a form variable."""
    return key if key in BUILT_IN_IDS else widget_id("field", outside(key))


def problem_id(key: str) -> str:
    """The id of the line below a field's input; that of a built-in one has two dashes."""
    return f"problem--{key}" if key in BUILT_IN_IDS else widget_id("problem", outside(key))
