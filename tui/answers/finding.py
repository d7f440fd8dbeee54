"""What there is to say about one answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tui.net.errors import Advice


class Level(StrEnum):
    """How much a finding matters. Only a problem stops; `unknown` says honestly that nobody can tell."""

    OK = "ok"
    NOTE = "note"
    UNKNOWN = "unknown"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Offer:
    """A value that one key press takes over into a field."""

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
