"""A Split definition as LaunchDarkly's targets and rules. Both serve the first rule that matches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tui.rebuild.forms import ByHandError
from tui.rebuild.model import FlagRule, FlagTargeting, Prerequisite, Rollout, Serve
from tui.rebuild.outcome import USER, Outcome
from tui.rebuild.parents import serving
from tui.targeting import words
from tui.targeting.model import InSegment, Serves, Shares, Target, Targeting
from tui.text import phrases


def split_rules(outcome: Outcome, parents: Mapping[str, Targeting]) -> FlagTargeting:
    """Return targets, rules and the default rule; reasons against single rules are noted in `outcome`."""
    targeting = outcome.targeting
    required: tuple[Prerequisite, ...] = ()
    default = targeting.default
    if (sole := _sole_dependency(targeting)) is not None:
        required = (serving(outcome, sole.flag, sole.variations, parents),)
        default = targeting.rules[0].serve
        rules: list[FlagRule] = []
    else:
        rules = [*_segment_targets(outcome), *_rules(outcome)]
    return _guarded(
        FlagTargeting(
            kind=outcome.kind,
            off=outcome.off,
            default=_serve(outcome, default),
            targets=tuple(_key_targets(outcome)),
            rules=tuple(rules),
            prerequisites=required,
        ),
        outcome,
    )


def _sole_dependency(targeting: Targeting) -> Serves | None:
    """Return what the sole rule depends on, if a prerequisite says the same: who fails it gets the off variation."""
    if len(targeting.rules) != 1 or targeting.targets or targeting.default.only != targeting.off:
        return None
    match targeting.rules[0].conditions:
        case (Serves() as sole,) if not sole.negated:
            return sole
    return None


def _rules(outcome: Outcome) -> Iterator[FlagRule]:
    for place, rule in enumerate(outcome.targeting.rules, 1):
        about = outcome.about(place, rule)
        try:
            form = outcome.conditions.all_of(rule.conditions)
            serve = _serve(outcome, rule.serve)
        except ByHandError as error:
            outcome.reasons.append(f"{about}: {error}")
            continue
        for clauses in form:
            yield FlagRule(clauses or (outcome.of_kind(),), serve, about)


def _serve(outcome: Outcome, shares: Shares) -> Serve:
    """Contexts outside of the traffic allocation get the off variation, so its share grows by theirs."""
    part = outcome.targeting.allocation / 100
    parts = [(variation, percent * part) for variation, percent in shares.parts]
    return outcome.serve([*parts, (outcome.targeting.off, 100 * (1 - part))])


def _key_targets(outcome: Outcome) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Individual keys come before all rules on both sides. LaunchDarkly refuses a key in two variations."""
    seen: dict[str, object] = {}
    found: dict[int, dict[str, None]] = {}
    for target in outcome.targeting.targets:
        for key in target.keys:
            if seen.setdefault(key, target.variation) != target.variation:
                raise ByHandError(f"Key {phrases.value(key)} has two treatments.")
        found.setdefault(outcome.index(target.variation), {}).update(dict.fromkeys(target.keys))
    yield from ((index, tuple(keys)) for index, keys in found.items() if keys)


def _segment_targets(outcome: Outcome) -> Iterator[FlagRule]:
    targeting = outcome.targeting
    for target in targeting.targets:
        for segment in target.segments:
            _agrees_with_keys(targeting, target, segment)
            form = outcome.conditions.form(InSegment(segment))
            about = f"Individual targets in segment {words.segment(segment, targeting)}"
            yield from (FlagRule(clauses, outcome.index(target.variation), about) for clauses in form)


def _agrees_with_keys(targeting: Targeting, target: Target, key: str) -> None:
    """Raise ByHandError if a key may have one treatment and another by a segment: Split's order isn't documented."""
    segment = targeting.segments.get(key)
    others = {one for other in targeting.targets if other.variation != target.variation for one in other.keys}
    if segment is not None and others and (segment.rules or others & set(segment.included)):
        shown = words.segment(key, targeting)
        raise ByHandError(f"Some keys have one treatment of their own and another by segment {shown}.")


def _guarded(targeting: FlagTargeting, outcome: Outcome) -> FlagTargeting:
    """Keep contexts of other kinds out of rollouts: LaunchDarkly serves them the first variation."""
    if outcome.kind == USER:
        return targeting
    kind = outcome.of_kind()
    rules = [
        replace(rule, clauses=tuple(dict.fromkeys((kind, *rule.clauses)))) if isinstance(rule.serve, Rollout) else rule
        for rule in targeting.rules
    ]
    if not isinstance(targeting.default, Rollout):
        return replace(targeting, rules=tuple(rules))
    rules.append(FlagRule((kind,), targeting.default, "Default rule"))
    return replace(targeting, rules=tuple(rules), default=targeting.off)
