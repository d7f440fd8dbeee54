"""What a source serves a context, as a distribution: percents of variations, without hashing. Each evaluation is of one
fall of the buckets (`tui.targeting.buckets`).
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence

from tui.targeting import split_values, unleash_values
from tui.targeting.approximations import (
    ALWAYS_HAS_A_KEY,
    GROUP_SHARED,
    MISSING_WHEN_NEGATED,
    PARENT_KILLED_OR_OFF,
    REBUCKETED,
)
from tui.targeting.buckets import ALL, Fall, distribution
from tui.targeting.model import (
    KEY,
    RANDOM,
    Bucket,
    Condition,
    Context,
    Everyone,
    InSegment,
    Operator,
    Parent,
    Rule,
    Serves,
    Shares,
    Targeting,
    Test,
    Unknown,
    Value,
    Variation,
)

ANY_KEY = "b7f3a1d2-5c40-4e0b-9a36-0d1c2e8f4a57"
"""The key of a context without one, where it must have some key: a key that no value mentions."""


def served(
    targeting: Targeting, context: Context, names: Collection[str] = (), parents: Mapping[str, Targeting] = {}
) -> dict[Variation | None, float]:
    """Return the variations that the source serves, with percents that add up to 100; None is Unleash's "no variant".

    The flag is evaluated as if it were on; a parent is on or off as its targeting says. With `names` of approximations
    the source has LaunchDarkly's meaning in just these respects. A flag with unknown parts or unread segments is
    evaluated as if these matched no one.
    """
    return distribution(lambda fall: _Evaluation(context, names, parents, fall).variation(targeting), ALL)


class _Evaluation:
    """A flag and those that it depends on, for one fall of the buckets."""

    def __init__(self, context: Context, names: Collection[str], parents: Mapping[str, Targeting], fall: Fall) -> None:
        self._key = ANY_KEY if context.key is None and ALWAYS_HAS_A_KEY in names else context.key
        self._context = context
        self._names = names
        self._parents = parents
        self._fall = fall
        self._open: list[str] = []  # flags being evaluated, each the parent of the one before

    def variation(self, targeting: Targeting) -> Variation | None:
        self._open.append(targeting.flag)
        try:
            return self._of_split(targeting) if targeting.origin == "split" else self._of_unleash(targeting)
        finally:
            self._open.pop()

    # --- Split: the first matching rule

    def _of_split(self, targeting: Targeting) -> Variation | None:
        if not all(self._has_parent(parent) for parent in targeting.parents):
            return targeting.off
        for target in targeting.targets:
            if self._key in target.keys:
                return target.variation
        for target in targeting.targets:
            if any(self._in_segment(key, targeting) for key in target.segments):
                return target.variation
        if not self._fall.below((targeting.flag, "allocation"), targeting.allocation):
            return targeting.off
        matching = (rule.serve for rule in targeting.rules if self._all_true(rule.conditions, targeting))
        return self._part(next(matching, targeting.default), (targeting.flag, "rules"))

    def _has_parent(self, parent: Parent) -> bool:
        return self._serves(parent.flag, parent.variations)

    def _serves(self, flag: str, variations: Sequence[Variation]) -> bool:
        """Whether another flag of Split serves one of the variations; a killed one serves its default treatment."""
        targeting = self._parents.get(flag)
        if targeting is None or flag in self._open:
            return False
        if targeting.on:
            return self.variation(targeting) in variations
        return PARENT_KILLED_OR_OFF not in self._names and targeting.off in variations

    # --- Unleash: any matching rule whose share has the context

    def _of_unleash(self, targeting: Targeting) -> Variation | None:
        if not all(self._satisfies(parent) for parent in targeting.parents) or not self._is_on(targeting):
            return targeting.off
        return True if targeting.variants is None else self._variant(targeting, targeting.variants)

    def _satisfies(self, parent: Parent) -> bool:
        """Whether a parent is as it must be. Unleash has one level of parents, so a parent with parents fails.

        The variant counts even of a parent that is off, and not at all if the parent has none.
        """
        targeting = self._parents.get(parent.flag)
        if targeting is None or targeting.parents or (PARENT_KILLED_OR_OFF in self._names and not targeting.on):
            return False
        variants = targeting.variants if parent.variations else None
        if variants is not None and self._variant(targeting, variants) not in parent.variations:
            return False
        return (targeting.on and self._is_on(targeting)) == parent.on

    def _is_on(self, targeting: Targeting) -> bool:
        if not targeting.rules:
            return targeting.default.only is not False
        if any(segment not in targeting.segments for segment in _segments(targeting)):
            return False  # a segment without a definition makes a whole feature off
        return any(
            self._all_true(rule.conditions, targeting) and self._has_share(rule, targeting.flag, place)
            for place, rule in enumerate(targeting.rules)
        )

    def _has_share(self, rule: Rule, flag: str, place: int) -> bool:
        percent = sum(percent for variation, percent in rule.serve.parts if variation is not False)
        if percent >= ALL or percent <= 0:
            return percent >= ALL
        bucket = self._bucket(rule.serve.bucket, "rollout", flag, place)
        return bucket is not None and self._fall.below(bucket, percent)

    def _variant(self, targeting: Targeting, variants: Shares) -> Variation | None:
        """Return the variant of a flag that is on: by an override, else by its share."""
        for rule in targeting.variant_overrides:
            if self._all_true(rule.conditions, targeting):
                return rule.serve.only
        if (only := variants.only) is not None:
            return only
        bucket = self._bucket(variants.bucket, "variants", targeting.flag, 0)
        return targeting.off if bucket is None else self._part(variants, bucket)

    def _bucket(self, bucket: Bucket, use: str, flag: str, place: int) -> Hashable:
        """Return what identifies the bucket, None if the context lacks its attribute."""
        for attribute in () if bucket.attribute == RANDOM else (bucket.attribute, *bucket.fallbacks):
            value = self._value(attribute)
            if value is not None:
                owner = flag if GROUP_SHARED in self._names else ""
                # Unleash sees a value alone, LaunchDarkly the attribute too.
                by = attribute if REBUCKETED in self._names else ""
                return (use, owner, bucket.group, by, unleash_values.text_of(value))
        return (use, flag, place) if bucket.random else None

    # --- conditions

    def _all_true(self, conditions: Sequence[Condition], targeting: Targeting) -> bool:
        return all(self._is_true(condition, targeting) for condition in conditions)

    def _is_true(self, condition: Condition, targeting: Targeting) -> bool:
        match condition:
            case Test():
                return self._holds(condition, targeting)
            case Everyone():
                return not condition.negated
            case InSegment():
                return self._in_segment(condition.segment, targeting) != condition.negated
            case Serves():
                return self._serves(condition.flag, condition.variations) != condition.negated
            case Unknown():
                return False

    def _holds(self, test: Test, targeting: Targeting) -> bool:
        value = self._value(test.attribute)
        if value is None:
            return test.missing and not (test.negated and MISSING_WHEN_NEGATED in self._names)
        if test.operator is Operator.IS_PRESENT:
            return not test.negated
        holds = split_values.holds if targeting.origin == "split" else unleash_values.holds
        return holds(test, value, self._names) != test.negated

    def _in_segment(self, key: str, targeting: Targeting) -> bool:
        segment = targeting.segments.get(key)
        if segment is None:
            return False
        if self._key in segment.included:
            return True
        if self._key in segment.excluded or any(
            self._in_segment(other, targeting) for other in segment.excluded_segments
        ):
            return False
        return any(self._all_true(rule, targeting) for rule in segment.rules)

    def _value(self, attribute: str) -> Value | tuple[Value, ...] | None:
        return self._key if attribute == KEY else self._context.attributes.get(attribute)

    # --- buckets

    def _part(self, shares: Shares, bucket: Hashable) -> Variation | None:
        """Return the variation whose part has the bucket; parts follow each other in the source's order. No parts
        serve nothing."""
        limit = 0.0
        parts = [part for part in shares.parts if part[1] > 0]
        for variation, percent in parts[:-1]:
            limit += percent
            if self._fall.below(bucket, limit):
                return variation
        return parts[-1][0] if parts else None


def _segments(targeting: Targeting) -> list[str]:
    conditions = (condition for rule in targeting.rules for condition in rule.conditions)
    return [condition.segment for condition in conditions if isinstance(condition, InSegment)]
