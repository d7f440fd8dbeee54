"""Measure, pad, cut and wrap text by terminal cells: an East Asian letter fills two, a mark on a letter none.

What a reader sees as one character may be several code points: a letter with its marks, a keycap, an emoji with a skin
tone, a family joined by zero-width joiners. They are measured, and kept, together. The widths are those of Rich, which
the wizard draws with.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

_JOINER, _AS_EMOJI = "\u200d", "\ufe0f"
_NO_WIDTH = frozenset({"Mn", "Mc", "Me", "Cf", "Cc", "Zl", "Zp"})
_KEYCAPS = frozenset("#*0123456789")
_LEAST_END = 4
_JAMO_FINALS = range(0x1160, 0x1200)
_SKIN_TONES = range(0x1F3FB, 0x1F400)


def cells(text: str) -> int:
    """Return the number of cells that a line of text fills."""
    return len(text) if text.isascii() else sum(map(_width, clusters(text)))


def clusters(text: str) -> Iterator[str]:
    """Yield the text in pieces that a terminal shows as one character each."""
    piece = ""
    for character in text:
        if piece and not piece.endswith(_JOINER) and _own_width(character):
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece


@lru_cache(maxsize=4096)
def _width(cluster: str) -> int:
    first = _own_width(cluster[0])
    if first == 1 and cluster[1:2] == _AS_EMOJI:
        return 2 if cluster[0] in _KEYCAPS or unicodedata.category(cluster[0]) in ("So", "Sm") else 1
    return first


@lru_cache(maxsize=4096)
def _own_width(character: str) -> int:
    code = ord(character)
    if code in _JAMO_FINALS or code in _SKIN_TONES or (code != 0xAD and unicodedata.category(character) in _NO_WIDTH):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def padded(text: str, width: int) -> str:
    """Return `text` with blanks after it, up to `width` cells; a longer text stays as it is."""
    return text + " " * (width - cells(text))


def fitted(text: str, width: int, cut: str = "…") -> str:
    """Return `text` in exactly `width` cells. A longer text is cut between two characters and ends with `cut`."""
    if cells(text) <= width:
        return padded(text, width)
    kept, used, most = "", 0, width - cells(cut)
    for cluster in clusters(text):
        used += _width(cluster)
        if used > most:
            break
        kept += cluster
    return padded(kept + cut, width) if most >= 0 else " " * width


def shortened(text: str, width: int, cut: str = "…") -> str:
    """Return `text` in at most `width` cells. A longer text keeps its two ends, with `cut` between them.

    Returns "" if that would leave less than a few characters at each end.
    """
    if cells(text) <= width:
        return text
    room = width - cells(cut)
    if room < 2 * _LEAST_END:
        return ""
    pieces = [*clusters(text)]
    return _within(pieces, room // 2) + cut + _within(pieces[::-1], room - room // 2, backwards=True)


def _within(pieces: Sequence[str], width: int, *, backwards: bool = False) -> str:
    """Return as many of the pieces as `width` cells have room for. `backwards` means that the last one comes first."""
    kept: list[str] = []
    used = 0
    for piece in pieces:
        used += _width(piece)
        if used > width:
            break
        kept.append(piece)
    return "".join(reversed(kept) if backwards else kept)


def wrapped(text: str, width: int | None, *, first: str = "", rest: str = "") -> Iterator[str]:
    """Yield lines of at most `width` cells, broken at blanks, and inside a word only if the word is longer.

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
    """Yield a word in pieces that fit into a line."""
    if cells(word) <= width:
        yield word
        return
    piece = ""
    for cluster in clusters(word):
        if piece and cells(piece + cluster) > width:
            yield piece
            piece = ""
        piece += cluster
    yield piece
