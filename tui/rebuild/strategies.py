"""Unleash's strategies as LaunchDarkly's rules.

A feature is on if any strategy's share has the context; LaunchDarkly stops at the first rule that matches. So rules
that divide by one bucket are sorted by falling percentage: the first that matches has the largest share, and Unleash's
shares are nested. Overlapping rules with different buckets each become a segment that contains its share, as one more
clause; the last may stay a rollout.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from tui.rebuild.clauses import app_must_send, compared, has_bucket, reference
from tui.rebuild.forms import ALWAYS, NEVER, ByHandError, Form, both
from tui.rebuild.model import WHOLE, Clause, FlagRule, FlagTargeting, HelperSegment, SegmentRule, Serve
from tui.rebuild.outcome import Outcome
from tui.targeting.approximations import ALWAYS_HAS_A_KEY, GROUP_SHARED, RANDOM_BECOMES_STICKY, SEGMENT_COPIED_TODAY
from tui.targeting.model import KEY, RANDOM, Bucket, Condition, InSegment, Operator, Rule, Targeting, Test
from tui.text import phrases


@dataclass(frozen=True, slots=True)
class _Strategy:
    """One strategy that can turn the flag on, with its conditions flat."""

    place: int
    about: str
    conditions: tuple[Condition, ...]
    percent: float
    bucket: Bucket


def strategies(outcome: Outcome, helper_segments: bool) -> FlagTargeting:
    """Return targets, rules and the default rule; reasons against single strategies are noted in `outcome`."""
    made = _Made(outcome, helper_segments)
    return made.targeting()


class _Made:
    """The rules of one feature, as they are found."""

    def __init__(self, outcome: Outcome, helper_segments: bool) -> None:
        self._outcome = outcome
        self._helper_segments = helper_segments
        self._source = outcome.targeting
        self._rules: list[FlagRule] = []
        self._default: Serve | None = None

    def targeting(self) -> FlagTargeting:
        found = [*self._strategies()]
        targets = tuple(self._targets(found))
        if not self._source.rules:
            if self._source.default.only is not False:
                self._on((), 100, Bucket(), "Everyone")
        else:
            self._in_order([one for one in found if one.place not in {place for place, _ in targets}])
        default = self._outcome.off if self._default is None else self._default
        keys = tuple(dict.fromkeys(key for _, values in targets for key in values))
        return FlagTargeting(
            kind=self._outcome.kind,
            off=self._outcome.off,
            default=default,
            targets=((self._outcome.index(True), keys),) if keys else (),
            rules=tuple(self._rules),
        )

    def _strategies(self) -> Iterator[_Strategy]:
        for place, rule in enumerate(self._source.rules, 1):
            about = self._outcome.about(place, rule)
            try:
                conditions = tuple(_flat(rule, self._source, self._outcome))
            except ByHandError as error:
                self._outcome.reasons.append(f"{about}: {error}")
                continue
            percent = sum(part for variation, part in rule.serve.parts if variation is not False)
            if percent > 0:
                yield _Strategy(place, about, conditions, percent, rule.serve.bucket)

    def _targets(self, found: Sequence[_Strategy]) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Strategies that are nothing but a list of userIds are individual targets: these come before all rules."""
        if self._source.variants is not None:
            return
        for one in found:
            match one.conditions:
                case (Test(attribute="", operator=Operator.IN, negated=False, ignore_case=False) as test,):
                    texts = tuple(value for value in test.values if isinstance(value, str))
                    if one.percent >= 100 and texts and len(texts) == len(test.values):
                        yield one.place, texts

    # --- the order

    def _in_order(self, found: Sequence[_Strategy]) -> None:
        whole = [one for one in found if one.percent >= 100]
        shared = [one for one in found if one.percent < 100]
        alone = len(found) == 1
        weighted = self._need_segments(shared)
        for one in (*whole, *sorted(shared, key=lambda one: -one.percent)):
            if self._default is not None:
                return  # a strategy for everyone came before, with at least this share
            form = self._form(one, alone=alone)
            if form is None:
                continue
            clauses: tuple[Clause, ...] = ()
            percent = one.percent
            if one in weighted and one is not weighted[-1]:
                clauses, percent = (self._share(one),), 100
            for alternative in both([form, (clauses,)]):
                self._on(alternative, percent, one.bucket, one.about)

    def _form(self, one: _Strategy, *, alone: bool) -> Form | None:
        try:
            return self._alone(one) if alone else self._outcome.conditions.all_of(one.conditions)
        except ByHandError as error:
            self._outcome.reasons.append(f"{one.about}: {error}")
            return None

    def _alone(self, one: _Strategy) -> Form:
        """A sole strategy needs no helper segments: whom a negated constraint leaves out gets off by a rule before."""
        forms: list[Form] = []
        for condition in one.conditions:
            if not isinstance(condition, Test) or not _leaves_out(condition):
                forms.append(self._outcome.conditions.form(condition))
                continue
            found = compared(condition, self._source.origin)
            self._outcome.conditions.name(*found.names)
            if found.form == ALWAYS:
                return NEVER
            self._rules += [FlagRule(clauses, self._outcome.off, one.about) for clauses in found.form]
        return both(forms)

    def _need_segments(self, shared: Sequence[_Strategy]) -> list[_Strategy]:
        """Return the strategies that must be segments of their share, the last of which may be a rollout."""
        overlapping = [pair for pair in combinations(shared, 2) if not _exclude_each_other(*pair)]
        apart = [pair for pair in overlapping if not _is_one_bucket(*pair)]
        if not apart:
            return []
        if len(apart) < len(overlapping):
            raise ByHandError(
                "Several of its strategies share one rollout group, and others that overlap with them have another."
            )
        if not self._helper_segments:
            raise ByHandError("Its rollouts are independent of each other, which takes helper segments.")
        return sorted([one for one in shared if any(one in pair for pair in apart)], key=lambda one: -one.percent)

    # --- what is served

    def _share(self, one: _Strategy) -> Clause:
        """Return the clause that is true of a strategy's share, which is independent of all other shares."""
        self._outcome.rebucketed((one.percent, 100 - one.percent))
        by, guard = self._by(one.bucket, "rollout")
        shown = phrases.percent(one.percent)
        segment = HelperSegment(
            key="",
            name=f"{shown} of {phrases.short(self._source.flag)}",
            description=f"{shown} of all contexts, for one of the rollouts of flag {phrases.short(self._source.flag)}.",
            rules=(SegmentRule(guard or (self._outcome.of_kind(),), round(one.percent * WHOLE / 100), by),),
        )
        return self._outcome.conditions.helpers.segment(segment, salt=f"{one.place} {one.bucket.group}")

    def _by(self, bucket: Bucket, what: str) -> tuple[str, tuple[Clause, ...]]:
        """Return what a rollout divides by, and the clauses that keep out contexts without it."""
        names = self._outcome.conditions
        if bucket.group not in ("", self._source.flag):
            names.name(GROUP_SHARED)
        if bucket.random:
            names.name(RANDOM_BECOMES_STICKY)
        if bucket.attribute == RANDOM and bucket.random:
            return "", ()
        if bucket.attribute == KEY:
            if not bucket.random or len(self._source.rules) > 1:
                names.name(ALWAYS_HAS_A_KEY)
            return "", ()
        if bucket.fallbacks or (bucket.random and what == "rollout"):
            raise ByHandError("Its shares depend on one attribute, and without that on another.")
        names.name(*app_must_send(bucket.attribute, "unleash"))
        return reference(bucket.attribute), (has_bucket(bucket.attribute),)

    def _on(self, clauses: tuple[Clause, ...], percent: float, bucket: Bucket, about: str) -> None:
        """Add the rules that serve a strategy's share, with the feature's variants and their overrides."""
        by, guard = self._by(bucket, "rollout") if percent < 100 else ("", ())
        clauses = (*clauses, *guard)
        off = (self._source.off, 100 - percent)
        variants = self._source.variants
        if variants is None:
            self._rule(clauses, self._outcome.serve([(True, percent), off], by), about)
            return
        for override in self._source.variant_overrides:
            served = self._outcome.serve([(override.serve.only, percent), off], by)
            for alternative in self._outcome.conditions.all_of(override.conditions):
                self._rule((*clauses, *alternative), served, about)
        if variants.only is not None:
            self._rule(clauses, self._outcome.serve([(variants.only, percent), off], by), about)
            return
        to, has_it = self._by(variants.bucket, "variants")
        if percent < 100 and to != by:
            raise ByHandError("Its rollout and its variants divide by different attributes.")
        parts = [(variation, share * percent / 100) for variation, share in variants.parts]
        self._rule((*clauses, *has_it), self._outcome.serve([*parts, off], to), about)
        if has_it and percent >= 100:
            without = [*variants.parts] if variants.bucket.random else [(self._source.off, 100.0)]
            self._rule(clauses, self._outcome.serve(without), about)

    def _rule(self, clauses: tuple[Clause, ...], serve: Serve, about: str) -> None:
        if self._default is not None:
            return
        if clauses:
            self._rules.append(FlagRule(clauses, serve, about))
        else:
            self._default = serve


def _flat(rule: Rule, source: Targeting, outcome: Outcome) -> Iterator[Condition]:
    """Yield conditions with segments written out if they have negated constraints, which a segment can't hold."""
    for condition in rule.conditions:
        segment = source.segments.get(condition.segment) if isinstance(condition, InSegment) else None
        if segment is None or not isinstance(condition, InSegment):
            yield condition
        elif (
            len(segment.rules) == 1
            and not (condition.negated or segment.included or segment.excluded or segment.excluded_segments)
            and not segment.unreadable
            and any(_leaves_out(part) for part in segment.rules[0])
        ):
            outcome.conditions.name(SEGMENT_COPIED_TODAY)
            yield from segment.rules[0]
        else:
            yield condition


def _leaves_out(condition: Condition) -> bool:
    """Whether a condition is a negated test that is true without the attribute, and so would need a helper segment."""
    return isinstance(condition, Test) and condition.negated and condition.missing and condition.attribute != KEY


def _is_one_bucket(one: _Strategy, other: _Strategy) -> bool:
    """Whether two strategies divide by one bucket in Unleash. What is drawn at random is drawn for each."""
    if one.bucket.attribute != other.bucket.attribute or one.bucket.group != other.bucket.group:
        return False
    return one.bucket.attribute != RANDOM


def _exclude_each_other(one: _Strategy, other: _Strategy) -> bool:
    """Whether two strategies provably never match the same context: they want different values of one attribute."""
    return any(
        left.attribute == right.attribute and _are_apart(left, right)
        for left in one.conditions
        for right in other.conditions
        if isinstance(left, Test) and isinstance(right, Test)
    )


def _are_apart(left: Test, right: Test) -> bool:
    if {left.operator, right.operator} != {Operator.IN} or left.ignore_case or right.ignore_case:
        return False
    if left.negated and right.negated:
        return False
    if left.negated or right.negated:
        without, having = (left, right) if left.negated else (right, left)
        return not having.missing and set(having.values) <= set(without.values)
    return not (left.missing or right.missing) and not set(left.values) & set(right.values)
