"""A rule's conditions as forms: tests with their negation, and segments, copied or written out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tui.rebuild.clauses import compared, present
from tui.rebuild.forms import (
    ALWAYS,
    KEY_REFERENCE,
    NEVER,
    ByHandError,
    Form,
    Helpers,
    both,
    flipped,
    names_segment,
)
from tui.rebuild.model import Clause, HelperSegment, SegmentRule
from tui.targeting import words
from tui.targeting.approximations import MISSING_WHEN_NEGATED, SDK_DEPENDENT_NEGATION, SEGMENT_COPIED_TODAY
from tui.targeting.model import KEY, Condition, Everyone, InSegment, Segment, Serves, Targeting, Test, Unknown
from tui.text import phrases

MOST_KEYS = 15_000
"""Beyond that LaunchDarkly wants a big segment, which server SDKs need a store for."""


@dataclass(slots=True)
class Conditions:
    """Makes forms of one flag's conditions, and collects its helper segments and the names of approximations."""

    targeting: Targeting
    helpers: Helpers
    names: dict[str, None] = field(default_factory=dict)

    def name(self, *names: str) -> None:
        self.names.update(dict.fromkeys(names))

    def all_of(self, conditions: Sequence[Condition]) -> Form:
        """Return the form that is true if all conditions are. Raises ByHandError with the reason."""
        return both([self.form(condition) for condition in conditions])

    def form(self, condition: Condition) -> Form:
        match condition:
            case Test():
                return self._test(condition)
            case Everyone():
                return NEVER if condition.negated else ALWAYS
            case InSegment():
                return self._in_segment(condition)
            case Serves():
                what = f"It depends on what flag {phrases.value(condition.flag)} serves"
                raise ByHandError(f"{what}, and is not the only rule of a simple flag.")
            case Unknown():
                raise ByHandError(f"It has a part that is not known here: {condition.words or condition.what}.")

    def _test(self, test: Test) -> Form:
        """A negated test that is false without the attribute is a negated clause, one that is true needs a helper."""
        found = compared(test, self.targeting.origin)
        self.name(*found.names)
        if test.attribute == KEY:
            return flipped(found.form) if test.negated else found.form
        if test.depends_on_sdk and test.negated:
            self.name(SDK_DEPENDENT_NEGATION)
        said = _flipped_if_present(found.form, test.attribute) if test.negated else found.form
        if test.negated and test.missing:
            return self._negation(found.form, words.test(_positive(test), self.targeting.origin))
        if test.missing:
            other = _flipped_if_present(found.form, test.attribute)
            return self._negation(other, words.test(_negative(test), self.targeting.origin))
        return said

    def _negation(self, form: Form, what: str) -> Form:
        negated = self.helpers.negation(form, what)
        if self.helpers.approximated:
            self.name(MISSING_WHEN_NEGATED)
        return negated

    # --- segments

    def _in_segment(self, condition: InSegment) -> Form:
        if condition.large:
            raise ByHandError(f"The keys of large segment {phrases.value(condition.segment)} can't be read.")
        form = self.segment(condition.segment, ())
        if not condition.negated:
            return form
        return self._negation(form, f"in segment {words.segment(condition.segment, self.targeting)}")

    def segment(self, key: str, outer: tuple[str, ...]) -> Form:
        """Return who is in a segment of the source: a copy of it, or its rules written out if they need other segments.

        `outer` are the segments that leave this one out.
        """
        segment = self.targeting.segments.get(key)
        shown = words.segment(key, self.targeting)
        if segment is None:
            raise ByHandError(f"Segment {shown} was not found or not read.")
        if segment.unreadable:
            raise ByHandError(f"Segment {shown} can't be read: {segment.unreadable}")
        if key in outer:
            raise ByHandError(f"Segment {shown} leaves itself out.")
        if max(len(segment.included), len(segment.excluded)) > MOST_KEYS:
            raise ByHandError(f"Segment {shown} has more than {MOST_KEYS:,} keys.")
        self.name(SEGMENT_COPIED_TODAY)
        rules = [self.all_of(rule) for rule in segment.rules]
        left_out = [self.segment(other, (*outer, key)) for other in segment.excluded_segments]
        if any(names_segment(rule) for rule in rules):
            return self._written_out(segment, rules, left_out)
        if not left_out:
            return ((self._copy(segment, rules, segment.included),),)
        copy = ((self._copy(segment, rules, ()),),)
        return _keys_or(segment.included, both([copy, *(self._negation(one, shown) for one in left_out)]))

    def _copy(self, segment: Segment, rules: Iterable[Form], included: tuple[str, ...]) -> Clause:
        shown = words.segment(segment.key, self.targeting)
        return self.helpers.segment(
            HelperSegment(
                key="",
                name=f"{shown} (copy)",
                description=f"Segment {shown}, as it was when the targeting was rebuilt.",
                included=included,
                excluded=segment.excluded,
                rules=tuple(SegmentRule(clauses) for form in rules for clauses in form),
            ),
            part=segment.name or segment.key,
        )

    def _written_out(self, segment: Segment, rules: Sequence[Form], left_out: Sequence[Form]) -> Form:
        shown = words.segment(segment.key, self.targeting)
        not_left_out = [self._negation(one, shown) for one in left_out]
        if segment.excluded:
            not_left_out.append(((Clause(KEY_REFERENCE, "in", segment.excluded, negate=True),),))
        alternatives = tuple(clauses for rule in rules for clauses in both([rule, *not_left_out]))
        return _keys_or(segment.included, alternatives)


def _keys_or(keys: tuple[str, ...], form: Form) -> Form:
    return ((Clause(KEY_REFERENCE, "in", keys),), *form) if keys else form


def _flipped_if_present(form: Form, attribute: str) -> Form:
    """What a negation says of a context that has the attribute, and false of one that lacks it."""
    other = flipped(form)
    return tuple(clauses or (present(attribute),) for clauses in other)


def _positive(test: Test) -> Test:
    return Test(test.attribute, test.operator, test.values, ignore_case=test.ignore_case)


def _negative(test: Test) -> Test:
    return Test(test.attribute, test.operator, test.values, negated=True, ignore_case=test.ignore_case)
