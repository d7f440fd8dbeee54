"""A rebuilt flag compared with its source: every context gets what it gets today, or a name says why not."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from tui.rebuild.contexts import contexts_of
from tui.rebuild.evaluate import served as served_by_launchdarkly
from tui.rebuild.model import Example, FlagTargeting, HelperSegment, Proof, Rebuilt
from tui.targeting import words
from tui.targeting.evaluate import served as served_by_source
from tui.targeting.model import Context, Targeting, Variation
from tui.text import phrases

_TOLERANCE = 0.01
"""In percent. Weights are whole thousandths of a percent."""

NO_VARIATION = -1
"""The index of what no variation stands for: Unleash's "no variant"."""


def proved(
    targeting: Targeting,
    rebuilt: Rebuilt,
    parents: Mapping[str, tuple[Targeting, FlagTargeting]] = {},
    segments: Mapping[str, HelperSegment] = {},
    contexts: Collection[Context] | None = None,
) -> Proof:
    """Return how the rebuilt flag answers compared with its source, on `contexts` or else on edges and random ones.

    `segments` are the helper segments of its parents. A flag that is by hand has nothing to prove.
    """
    if rebuilt.targeting is None:
        return Proof()
    if contexts is None:
        contexts = contexts_of(targeting, {flag: parent for flag, (parent, _) in parents.items()})
    sides = _Sides(targeting, rebuilt, parents, segments)
    equal = explained = different = 0
    examples: dict[str, Example] = {}
    first: Example | None = None
    for context in contexts:
        source, launchdarkly = sides.source(context), sides.launchdarkly(context)
        if _are_equal(source, launchdarkly):
            equal += 1
        elif not _are_equal(sides.source(context, rebuilt.approximations), launchdarkly):
            different += 1
            first = first or _example(context, source, launchdarkly, targeting)
        else:
            explained += 1
            for name in rebuilt.approximations:
                if name not in examples and not _are_equal(sides.source_without(name, context), launchdarkly):
                    examples[name] = _example(context, source, launchdarkly, targeting)
    return Proof(len(contexts), equal, explained, different, examples, first)


def settled(rebuilt: Rebuilt, proof: Proof) -> Rebuilt:
    """Return the flag by hand if a context differs and no approximation says why, else as it is."""
    if proof.first_difference is None:
        return rebuilt
    return Rebuilt(rebuilt.flag, "by-hand", reasons=(proof.first_difference.words,))


def _example(
    context: Context, source: Mapping[int, float], launchdarkly: Mapping[int, float], targeting: Targeting
) -> Example:
    name = "Split" if targeting.origin == "split" else "Unleash"
    today, then = _shown(source, targeting), _shown(launchdarkly, targeting)
    sentences = f"{name} serves {today} to {described(context, targeting)}. LaunchDarkly would serve {then}."
    return Example(context, source, launchdarkly, sentences)


def described(context: Context, targeting: Targeting) -> str:
    """Return a context for a person: "someone with key a-1 and country DE"."""
    parts = [] if context.key is None else [f"{words.key(targeting.origin)} {phrases.value(context.key)}"]
    for attribute, value in context.attributes.items():
        shown = f"[{phrases.values(value)}]" if isinstance(value, tuple) else _typed(value)
        parts.append(f"{phrases.value(attribute)} {shown}")
    return f"someone with {phrases.together(parts)}" if parts else "someone without any attribute"


def _typed(value: object) -> str:
    """A value; text that reads like a number or a boolean is in quotes."""
    shown = phrases.value(value)
    if not isinstance(value, str) or shown.startswith('"'):
        return shown
    return f'"{shown}"' if value in ("true", "false") or value[-1:].isdigit() else shown


def _shown(shares: Mapping[int, float], targeting: Targeting) -> str:
    names = [words.name(variation) for variation in targeting.variations]
    parts = [(names[index] if index >= 0 else "no variant", round(part, 3)) for index, part in sorted(shares.items())]
    return phrases.shares(parts)


class _Sides:
    """The two sides of one flag."""

    def __init__(
        self,
        targeting: Targeting,
        rebuilt: Rebuilt,
        parents: Mapping[str, tuple[Targeting, FlagTargeting]],
        segments: Mapping[str, HelperSegment],
    ) -> None:
        self._targeting = targeting
        self._rebuilt = rebuilt
        self._parents = {flag: source for flag, (source, _) in parents.items()}
        # A parent that is off at the source stays off in LaunchDarkly, and fails there.
        self._rebuilt_parents = {flag: one for flag, (source, one) in parents.items() if source.on}
        self._segments = {**segments, **{segment.key: segment for segment in rebuilt.segments}}

    def source(self, context: Context, names: Collection[str] = ()) -> Mapping[int, float]:
        shares: dict[int, float] = {}
        for variation, percent in served_by_source(self._targeting, context, names, self._parents).items():
            index = self._index(variation)
            shares[index] = shares.get(index, 0.0) + percent
        return shares

    def source_without(self, name: str, context: Context) -> Mapping[int, float]:
        return self.source(context, [other for other in self._rebuilt.approximations if other != name])

    def launchdarkly(self, context: Context) -> Mapping[int, float]:
        if self._rebuilt.targeting is None:
            return {}
        return served_by_launchdarkly(self._rebuilt.targeting, context, self._segments, self._rebuilt_parents)

    def _index(self, variation: Variation | None) -> int:
        for index, one in enumerate(self._targeting.variations):
            if one == variation and type(one) is type(variation):
                return index
        return NO_VARIATION


def _are_equal(one: Mapping[int, float], other: Mapping[int, float]) -> bool:
    return all(abs(one.get(index, 0.0) - other.get(index, 0.0)) <= _TOLERANCE for index in {*one, *other})
