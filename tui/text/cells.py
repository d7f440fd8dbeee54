"""Text by the cells that it fills in a terminal: a letter of East Asia fills two, a mark on a letter none."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator


def cells(text: str) -> int:
    """How many cells a line of text fills."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wrapped(text: str, width: int | None, *, first: str = "", rest: str = "") -> Iterator[str]:
    """`text` in lines of at most `width` cells, broken at blanks and inside a word only where that is longer.

    The first line begins with `first`, the others with `rest`. With no `width` there is one line.
    """
    if width is None:
        yield f"{first}{text}"
        return
    line, lead = first, first
    for word in text.split(" "):
        for part in _parts(word, max(1, width - max(cells(first), cells(rest)))):
            gap = "" if line == lead else " "
            if line != lead and cells(line) + len(gap) + cells(part) > width:
                yield line
                line = lead = rest
                gap = ""
            line = f"{line}{gap}{part}"
    yield line


def _parts(word: str, width: int) -> Iterator[str]:
    """A word in pieces that fit into a line."""
    if cells(word) <= width:
        yield word
        return
    piece = ""
    for character in word:
        if piece and cells(piece + character) > width:
            yield piece
            piece = ""
        piece += character
    yield piece
