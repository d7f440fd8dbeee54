"""Flags that a flag depends on, as prerequisites: each must serve one variation, with its targeting on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tui.rebuild.forms import ByHandError
from tui.rebuild.model import Prerequisite
from tui.rebuild.outcome import Outcome
from tui.targeting.approximations import PARENT_KILLED_OR_OFF
from tui.targeting.model import Parent, Serves, Targeting, Variation
from tui.text import phrases


def needed(targeting: Targeting, flags: Mapping[str, Targeting]) -> Iterator[Targeting]:
    """Yield those of `flags` on which this one depends itself."""
    names = [parent.flag for parent in targeting.parents]
    conditions = (condition for rule in targeting.rules for condition in rule.conditions)
    names += [condition.flag for condition in conditions if isinstance(condition, Serves)]
    yield from (flags[name] for name in dict.fromkeys(names) if name in flags)


def prerequisites(outcome: Outcome, parents: Mapping[str, Targeting]) -> tuple[Prerequisite, ...]:
    """Return the prerequisites of the flag itself. Raises ByHandError if one can't be said in LaunchDarkly."""
    targeting = outcome.targeting
    if targeting.origin == "split":
        found = [serving(outcome, parent.flag, parent.variations, parents) for parent in targeting.parents]
    else:
        found = [_dependency(outcome, parent, _known(parent.flag, parents)) for parent in targeting.parents]
    if len({one.flag for one in found}) < len(found):
        raise ByHandError("It depends on the same flag twice.")
    return tuple(found)


def serving(
    outcome: Outcome, flag: str, variations: Sequence[Variation], parents: Mapping[str, Targeting]
) -> Prerequisite:
    """Return the prerequisite that a flag of Split serves one of `variations`.

    A killed flag of Split goes on to serve its default treatment to the flags that depend on it.
    """
    parent = _known(flag, parents)
    shown = phrases.value(flag)
    if parent.kind != outcome.targeting.kind:
        raise ByHandError(f"Flag {shown}, on which it depends, has another traffic type.")
    wanted = [index for index, one in enumerate(parent.variations) if one in variations]
    if len(wanted) != 1:
        raise ByHandError(
            f"Flag {shown} may serve any of {phrases.values(variations)}, and a prerequisite names one variation."
            if len(wanted) > 1
            else f"Flag {shown} has no treatment {phrases.values(variations)}."
        )
    if parent.off in variations:
        outcome.conditions.name(PARENT_KILLED_OR_OFF)
    return Prerequisite(flag, wanted[0])


def _dependency(outcome: Outcome, parent: Parent, targeting: Targeting) -> Prerequisite:
    shown = phrases.value(parent.flag)
    if targeting.parents:
        raise ByHandError(f"Flag {shown}, on which it depends, depends on another flag itself.")
    if not parent.on:
        outcome.conditions.name(PARENT_KILLED_OR_OFF)
        wanted: Sequence[Variation | None] = [targeting.off]
    elif parent.variations:
        wanted = list(dict.fromkeys(parent.variations))
    else:
        wanted = [variation for variation in targeting.variations if variation != targeting.off]
    indexes = [index for index, one in enumerate(targeting.variations) if one in wanted]
    if len(indexes) != 1 or len(wanted) != 1:
        raise ByHandError(f"Flag {shown} may serve several variations, and a prerequisite names one.")
    return Prerequisite(parent.flag, indexes[0])


def _known(flag: str, parents: Mapping[str, Targeting]) -> Targeting:
    if flag not in parents:
        raise ByHandError(f"It depends on flag {phrases.value(flag)}, which was not found.")
    return parents[flag]
