"""One line of the benchmark's result."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """`met` is None where there is no goal."""

    what: str
    measured: str
    against: str
    goal: str
    met: bool | None
