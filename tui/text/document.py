"""JSON that people may open in a terminal."""

from __future__ import annotations

import json


def readable(value: object) -> str:
    """`value` as indented JSON. What does not print is escaped, so that no terminal obeys it and no data is lost."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)
