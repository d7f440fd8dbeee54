"""Text without what a transformation of a key changes: case, separators, and the escapes of JSON, HTML, and URLs."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_ROUNDS = 3
"""A text may be encoded more than once: `%2541` is `%41`, which is `A`."""
_ESCAPE = re.compile(
    r"%[0-9A-Fa-f]{2}"
    r"|\\[0-3][0-7]{2}"
    r"|\\u\{[0-9A-Fa-f]{1,6}\}|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}|\\x[0-9A-Fa-f]{2}|\\[bfnrtv]"
    r"|&#[xX][0-9A-Fa-f]{1,6};?|&#[0-9]{1,7};?|&[A-Za-z]{2,31};"
    r"|[\x1b\ufffd]\[[0-9;:?<>=]*[ -/]*[@-~]"  # a terminal's sequence, also after it was made harmless
    r"|0[xX](?=[0-9A-Fa-f]{2})"
)
_DROPPED = bytes(number for number in range(256) if not (number < 128 and chr(number).isalnum()))


def folded(text: str) -> bytes:
    """The letters and digits of `text` alone, in lower case. Escapes stay as they are."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)  # wide letters and letters in circles become plain
    return text.encode("ascii", "ignore").lower().translate(None, _DROPPED)


def views(text: str) -> Iterator[bytes]:
    """`text` folded as it is and, where it has escapes, after each round of decoding them."""
    yield folded(text)
    # One of these is in each escape. Written out, as this is done for every text.
    if "%" in text or "&" in text or "\\" in text or "0x" in text or "\ufffd" in text or "\x1b" in text or "0X" in text:
        for _ in range(_ROUNDS):
            before, text = text, _ESCAPE.sub(lambda match: _meaning(match[0]), text)
            if before == text:
                break
            yield folded(text)


def _meaning(escape: str) -> str:
    if escape[0] == "&":
        return html.unescape(escape if escape.endswith(";") else f"{escape};")
    if escape[0] == "%":
        return chr(int(escape[1:], 16))
    if escape[0] == "\\" and escape[1] in "uUx":
        number = int(escape[2:].strip("{}"), 16)
        return chr(number) if number <= 0x10FFFF else ""
    if escape[0] == "\\" and escape[1].isdigit():
        return chr(int(escape[1:], 8))
    return ""  # a line break, a terminal's sequence, 0x: nothing of a key


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text that knows where each of its characters came from."""

    text: bytes
    starts: tuple[int, ...]
    ends: tuple[int, ...]


def views_with_places(text: str) -> Iterator[Folded]:
    """The same as `views`. Slower by far: only for a text that is suspected."""
    characters = [(character, at, at + 1) for at, character in enumerate(text)]
    yield _kept(characters)
    for _ in range(_ROUNDS):
        fresh = list(_decoded_once(characters))
        if fresh == characters:
            break
        characters = fresh
        yield _kept(characters)


_Character = tuple[str, int, int]


def _decoded_once(characters: list[_Character]) -> Iterator[_Character]:
    text = "".join(character for character, _, _ in characters)
    end = 0
    for match in _ESCAPE.finditer(text):
        yield from characters[end : match.start()]
        start, stop = characters[match.start()][1], characters[match.end() - 1][2]
        yield from ((character, start, stop) for character in _meaning(match[0]))
        end = match.end()
    yield from characters[end:]


def _kept(characters: list[_Character]) -> Folded:
    plain = ((letter, start, end) for each, start, end in characters for letter in unicodedata.normalize("NFKD", each))
    kept = [each for each in plain if each[0].isascii() and each[0].isalnum()]
    text = "".join(character for character, _, _ in kept).lower().encode()
    return Folded(text, tuple(start for _, start, _ in kept), tuple(end for _, _, end in kept))
