"""The line of keys at the foot of a screen."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

KeyHints = Sequence[tuple[str, str]]
"""Each key, and what it does in a word or two."""


_GAP = 3


def key_line(hints: KeyHints, width: int) -> Content:
    """Return the keys in bold accent color, each before what it does, as far as they fit into `width` cells."""
    shown: list[Content] = []
    used = -_GAP
    for key, does in hints:
        hint = Content.styled(key, "bold $primary") + Content(f" {does}")
        used += _GAP + hint.cell_length
        if used > width:
            break
        shown.append(hint)
    return Content(" " * _GAP).join(shown)
