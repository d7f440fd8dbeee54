"""A source's targeting as LaunchDarkly's, graded: exact, with named differences, or not at all.

Nothing is dropped: one condition, value or share that can't be rebuilt makes the whole flag by hand, with the reason.
How Split's and Unleash's definitions map to LaunchDarkly's was measured with the engines of all three vendors, and
`tui.rebuild.proof` compares each flag again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from tui.rebuild.conditions import Conditions
from tui.rebuild.forms import ByHandError, Helpers
from tui.rebuild.model import FlagTargeting, Rebuilt, Rollout
from tui.rebuild.outcome import Outcome
from tui.rebuild.parents import needed, prerequisites
from tui.rebuild.split_rules import split_rules
from tui.rebuild.strategies import strategies
from tui.targeting import approximations, words
from tui.targeting.model import Shares, Targeting
from tui.text import phrases


@dataclass(frozen=True, slots=True)
class Options:
    """What a person decides: whether helper segments may be created, and the context kind of each traffic type."""

    helper_segments: bool = True
    kinds: Mapping[str, str] = field(default_factory=dict)


def compiled(targeting: Targeting, parents: Mapping[str, Targeting] = {}, options: Options = Options()) -> Rebuilt:
    """Return the flag's targeting for LaunchDarkly with its grade. `parents` are the flags that it depends on."""
    return _compiled(targeting, parents, options, ())


def _compiled(
    targeting: Targeting, parents: Mapping[str, Targeting], options: Options, children: tuple[str, ...]
) -> Rebuilt:
    reasons = list(_beyond(targeting, options, parents, children))
    kind = options.kinds.get(targeting.kind, targeting.kind)
    helpers = Helpers(targeting.flag, kind, negating=options.helper_segments)
    outcome = Outcome(targeting, Conditions(targeting, helpers), kind)
    flag: FlagTargeting | None = None
    if not reasons:
        try:
            flag = _flag(outcome, parents, options)
        except ByHandError as error:
            reasons.append(str(error))
        reasons += outcome.reasons
    if flag is None or reasons:
        return Rebuilt(targeting.flag, "by-hand", reasons=tuple(dict.fromkeys(reasons)))
    for parent in needed(targeting, parents):
        outcome.conditions.name(*_compiled(parent, parents, options, (*children, targeting.flag)).approximations)
    names = _sorted(outcome.conditions.names)
    return Rebuilt(
        targeting.flag,
        "approximate" if names else "faithful",
        approximations=names,
        changed_users_percent=outcome.changed_users_percent,
        targeting=flag,
        segments=helpers.made,
    )


def _flag(outcome: Outcome, parents: Mapping[str, Targeting], options: Options) -> FlagTargeting:
    targeting = outcome.targeting
    required = prerequisites(outcome, parents)
    made = (
        split_rules(outcome, parents) if targeting.origin == "split" else strategies(outcome, options.helper_segments)
    )
    flag = replace(made, prerequisites=(*required, *made.prerequisites))
    serves = [rule.serve for rule in flag.rules] + [flag.default]
    if targeting.configured:
        outcome.conditions.name(approximations.CONFIGURATION_LOST)
    if outcome.changed_users_percent is not None or any(isinstance(serve, Rollout) for serve in serves):
        outcome.conditions.name(approximations.REBUCKETED)
    return flag


def _beyond(
    targeting: Targeting, options: Options, parents: Mapping[str, Targeting], children: tuple[str, ...]
) -> Iterator[str]:
    """Yield reasons that lie beyond single rules."""
    yield from targeting.unknown
    if targeting.kind != "user" and targeting.kind not in options.kinds:
        shown = phrases.value(targeting.kind)
        yield (
            f"Traffic type {shown} has no context kind in LaunchDarkly yet. Write one under [rebuild.context_kinds] "
            f'in the recipe, such as {shown} = "organization".'
        )
    if targeting.strategy_variants:
        yield "Its strategies have variants, which a boolean flag can't hold. It needs a flag of its own."
    if targeting.off is None:
        what = "a default treatment" if targeting.origin == "split" else "a variation for when the flag is off"
        yield f"It has no {what.removeprefix('a ')}."
    for variation in dict.fromkeys(_served(targeting)):
        if not _is_one_of(variation, targeting):
            yield f"It serves {phrases.value(variation)}, which is none of its variations."
    for parent in needed(targeting, parents):
        if parent.flag in (targeting.flag, *children):
            yield f"It depends on flag {phrases.value(parent.flag)}, which depends on it."
        elif _compiled(parent, parents, options, (*children, targeting.flag)).targeting is None:
            yield f"It depends on flag {phrases.value(parent.flag)}, which is by hand."
    yield from _off_shares(targeting)


def _served(targeting: Targeting) -> Iterator[object]:
    if targeting.off is not None:
        yield targeting.off
    for shares in _shares(targeting):
        yield from (variation for variation, percent in shares.parts if percent > 0)
    yield from (target.variation for target in targeting.targets)


def _is_one_of(variation: object, targeting: Targeting) -> bool:
    if targeting.origin == "unleash" and targeting.variants is not None and isinstance(variation, bool):
        return True  # a strategy's on and off, ahead of the variants
    return any(variation == one and type(variation) is type(one) for one in targeting.variations)


def _shares(targeting: Targeting) -> Iterator[Shares]:
    yield targeting.default
    yield from (rule.serve for rule in targeting.rules)
    yield from (rule.serve for rule in targeting.variant_overrides)
    if targeting.variants is not None:
        yield targeting.variants


def _off_shares(targeting: Targeting) -> Iterator[str]:
    for shares in _shares(targeting):
        if abs(sum(percent for _, percent in shares.parts) - 100) > 1e-6 or any(part[1] < 0 for part in shares.parts):
            yield f"It has shares that don't add up to 100%: {words.shares(shares)}."
    if not 0 <= targeting.allocation <= 100:
        yield f"Its traffic allocation is {phrases.percent(targeting.allocation)}."


def _sorted(names: Mapping[str, None]) -> tuple[str, ...]:
    """Return the names as they are documented, those about single attributes last."""
    known = [name for name in approximations.SENTENCES if name in names]
    return (*known, *sorted(set(names) - set(known)))
