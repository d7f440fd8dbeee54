"""Findings in few words, for the rules that make many."""

from __future__ import annotations

from tui.answers.fields import Variable
from tui.answers.finding import Finding, Level, Offer
from tui.net.errors import Advice, Remedy
from tui.text.clean import clean

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
