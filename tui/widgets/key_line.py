"""The line of keys at the foot of a screen."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

KeyHints = Sequence[tuple[str, str]]
"""Each key, and what it does in a word or two."""


def key_line(hints: KeyHints, width: int) -> Content:
    """Return the keys in bold accent color, each before what it does.

    In fewer than `width` cells the gaps get narrower, then hints are left out; the last one stays.
    """
    parts = [Content.styled(key, "bold $primary") + Content(f" {does}") for key, does in hints]
    line = Content("   ").join(parts)
    while line.cell_length > width and len(parts) > 1:
        line = Content("  ").join(parts)
        if line.cell_length > width:
            del parts[-2]
    return line
