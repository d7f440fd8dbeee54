"""Findings about one answer: how much it matters, a sentence, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tui.net.errors import Advice
from tui.text.clean import clean


class Level(StrEnum):
    """How much a finding matters. Only a problem blocks; `unknown` means that it can't be known."""

    OK = "ok"
    NOTE = "note"
    UNKNOWN = "unknown"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Offer:
    """A value that one key press puts into a field.

    `certain` if the entered text can mean nothing else: it is put in when the field is left.
    """

    label: str
    field: str
    value: str
    certain: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about the answer to `field`, with an offer where there is an obvious remedy, or advice."""

    level: Level
    field: str
    text: str
    offer: Offer | None = None
    advice: Advice | None = None


_QUOTED = 24  # characters of an answer that a sentence repeats


def short(text: str) -> str:
    """Return foreign text as a sentence quotes it: cleaned, and at most 24 characters."""
    text = clean(text[: _QUOTED + 1])
    return text if len(text) <= _QUOTED else f"{text[: _QUOTED - 3]}..."
