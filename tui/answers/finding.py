"""Findings about one answer: how much it matters, a sentence, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tui.net.errors import Advice, Remedy
from tui.text.clean import clean

if TYPE_CHECKING:
    from tui.answers.fields import Variable


class Level(StrEnum):
    """How much a finding matters. Only a problem blocks; `unknown` means that it can't be known."""

    OK = "ok"
    NOTE = "note"
    UNKNOWN = "unknown"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Offer:
    """A value that one key press puts into a field."""

    label: str
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about the answer to `field`, with an offer where there is an obvious remedy, or advice."""

    level: Level
    field: str
    text: str
    offer: Offer | None = None
    advice: Advice | None = None


_QUOTED = 24  # characters of an answer that a sentence repeats


def problem(
    variable: Variable, text: str, offer: Offer | None = None, remedy: Remedy | None = None, about: str = ""
) -> Finding:
    return Finding(Level.PROBLEM, variable.key, text, offer, Advice(remedy, about) if remedy else None)


def warning(variable: Variable, text: str, offer: Offer | None = None) -> Finding:
    return Finding(Level.WARNING, variable.key, text, offer)


def unknown(variable: Variable, text: str) -> Finding:
    return Finding(Level.UNKNOWN, variable.key, text)


def use(variable: Variable, value: str) -> Offer:
    return Offer(f"Use {short(value)}", variable.key, value)


def short(text: str) -> str:
    """Foreign text as a sentence may quote it: cleaned, and at most 24 characters of it."""
    text = clean(text[: _QUOTED + 1])
    return text if len(text) <= _QUOTED else f"{text[: _QUOTED - 3]}..."
