"""Damage as disks, editors, and attackers do it: seeded, so that a failure can be repeated."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from typing import Any

_RAW = "@raw:"
"""Begins a string that stands for JSON that `json.dumps` would not write."""
_DEEP = "[" * 600 + "]" * 600
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 10**17, -(10**17), 2**63, 0.5, "", "x", "\x00", "\ud800", "\x1b[2J", "é" * 300,
    "never", "1e400", "NaN", [], {}, [None], [[]], [1], [1, 2, 3], {"": ""}, {"x": []}, "http://127.0.0.1:1", "https://[",
    *(f"{_RAW}{text}" for text in ("Infinity", "-Infinity", "NaN", "1e400", "1" * 401, "1" * 5000, "-0.0", _DEEP)),
)  # fmt: skip
_BYTES = (
    b"\xff", b"\x00", b"\xed\xa0\x80", b"\xef\xbb\xbf", b'"', b"{", b"}", b"[", b"]", b",", b"\\", b"\\ud800",
    b"9" * 400,
)  # fmt: skip


def mutated(chance: random.Random, raw: bytes) -> bytes:
    """Return a JSON document with one to three faults, most of them inside its values."""
    if chance.random() < 0.2:
        return mangled(chance, raw)
    document = json.loads(raw)
    for _ in range(chance.choice((1, 1, 2, 3))):
        document = _odd_somewhere(chance, document)
    return _written(document)


def mangled(chance: random.Random, raw: bytes) -> bytes:
    """Return a text with bytes cut off, replaced, or put in."""
    at = chance.randrange(len(raw))
    piece = chance.choice(_BYTES)
    return chance.choice((raw[:at], raw[:at] + piece + raw[at:], raw[:at] + piece + raw[at + len(piece) :], raw[at:]))


def _odd_somewhere(chance: random.Random, document: Any) -> Any:
    """Replace or remove one value, or shorten one list; a value near the top is as likely as one far down."""
    if not isinstance(document, dict | list) or not document or chance.random() < 0.05:
        return deepcopy(chance.choice(ODD))
    here: Any = document
    while True:
        places = list(here) if isinstance(here, dict) else list(range(len(here)))
        place = chance.choice(places)
        inside = here[place]
        if isinstance(inside, dict | list) and inside and chance.random() < 0.8:
            here = inside
            continue
        if chance.random() < 0.2:
            del here[place]
        else:
            here[place] = deepcopy(chance.choice(ODD))
        return document


def _written(document: Any) -> bytes:
    text = json.dumps(document)
    for odd in ODD:
        if isinstance(odd, str) and odd.startswith(_RAW):
            text = text.replace(json.dumps(odd), odd.removeprefix(_RAW))
    return text.encode()
