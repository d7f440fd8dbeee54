"""The line of keys at the foot of a screen."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

KeyHints = Sequence[tuple[str, str]]
"""Each key, and what it does in a word or two."""


def key_line(hints: KeyHints) -> Content:
    """Return the keys in bold accent color, each before what it does."""
    return Content("   ").join(Content.styled(key, "bold $primary") + Content(f" {does}") for key, does in hints)
