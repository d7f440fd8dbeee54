"""What rules serve: variations as indexes, percentages as weights, and what new buckets change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tui.rebuild.conditions import Conditions
from tui.rebuild.forms import ByHandError
from tui.rebuild.model import WHOLE, Clause, Rollout, Serve
from tui.targeting import words
from tui.targeting.model import Rule, Targeting, Variation
from tui.text import phrases

USER = "user"
"""LaunchDarkly's kind of contexts that have no other kind."""


@dataclass(slots=True)
class Outcome:
    """One flag being compiled: its conditions, the reasons against it, and the percentages found so far."""

    targeting: Targeting
    conditions: Conditions
    kind: str
    reasons: list[str] = field(default_factory=list)
    _changes: list[float] = field(default_factory=list)

    @property
    def changed_users_percent(self) -> float | None:
        """The share of contexts whose variation changes by new buckets, where it is largest; None without percentages.

        Of contexts that reach one rollout, a variation's share keeps the variation with the same share as its chance:
        1 - sum of squares changes, which is 2p(1-p) of two variations.
        """
        return round(max(self._changes), 3) if self._changes else None

    @property
    def off(self) -> int:
        return self.index(self.targeting.off)

    def index(self, variation: Variation | None) -> int:
        """Return the index of a variation, by value and type."""
        for index, one in enumerate(self.targeting.variations):
            if one == variation and type(one) is type(variation):
                return index
        raise ByHandError(f"It serves {phrases.value(variation)}, which is none of its variations.")

    def serve(self, parts: Iterable[tuple[Variation | None, float]], by: str = "") -> Serve:
        """Return what serves `parts`, percents by variation: a variation that has all of it, or weights."""
        percents: dict[int, float] = {}
        for variation, percent in parts:
            if percent > 0:
                index = self.index(variation)
                percents[index] = percents.get(index, 0.0) + percent
        if len(percents) == 1:
            return next(iter(percents))
        self.rebucketed(percents.values())
        return Rollout(_weights(percents, len(self.targeting.variations)), by)

    def rebucketed(self, percents: Iterable[float]) -> None:
        """Note a division into shares, whose contexts get other buckets."""
        self._changes.append(100 * (1 - sum((percent / 100) ** 2 for percent in percents)))

    def of_kind(self) -> Clause:
        """Return the clause that is true of each context of the flag's kind. LaunchDarkly's API may want one."""
        return Clause("kind", "in", (self.kind,))

    def about(self, place: int, rule: Rule) -> str:
        """Return which rule this is, for a person: "Rule 2 (country is one of DE)"."""
        what = "Rule" if self.targeting.origin == "split" else "Strategy"
        return f"{what} {place} ({phrases.short(words.conditions(rule, self.targeting), 120)})"


def _weights(percents: Mapping[int, float], count: int) -> tuple[int, ...]:
    """Return whole weights that add up to all; what rounding leaves goes to the largest share."""
    weights = [round(percents.get(index, 0.0) * WHOLE / 100) for index in range(count)]
    largest = max(range(count), key=weights.__getitem__)
    weights[largest] += WHOLE - sum(weights)
    return tuple(weights)
