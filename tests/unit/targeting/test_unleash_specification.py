"""Unleash's client specification through the parser and the evaluator: every case agrees, but for those named here."""

from __future__ import annotations

from collections import Counter

from tests.unit.targeting.unleash_specification import Case, specification
from tui.sources.unleash.targeting import targeting_of
from tui.targeting.evaluate import served
from tui.targeting.model import Targeting, Variation

_DIALECT = {
    "R03 matches ASCII alpha only",  # [[:alpha:]] is a class in Rust alone
    "R09 (?i) matches different case",  # Python wants flags at the start
    "R11 (?s) dot matches newline",
    "R91 backreference should be rejected upstream; if it leaks through, it must not enable",
}
"""Python's regular expressions stand in for Rust's."""

_VARIANTS_OF_STRATEGIES = {
    "Child is disabled if the parent's variant does not match the specified one.",
    "Child yields a disabled variant if the parent's variant doesn't match the required one.",
}
"""Variants of strategies aren't evaluated, since a flag that has them is never rebuilt; these are a parent's."""

_UNKNOWN = {
    "F7.invalid-operator": "operator NOT_A_VALID_OPERATOR",
    "F8.invalidSemverWithLeadingV": "SEMVER_EQ with v2.0.0",
    "F9.withMissingSegment": "segment 404",
}
"""Flags with parts that can't be read, as their sentence says."""


def test_specification_agrees_but_for_named_cases() -> None:
    compared: Counter[str] = Counter()
    different = set()
    for features, cases in specification():
        targetings = {feature["name"]: targeting_of(feature) for feature in features}
        for case in cases:
            flag = targetings.get(case.flag)
            if flag is None:
                assert not case.on  # a flag that the SDK hasn't heard of
                compared["missing"] += 1
            elif case.variant and flag.strategy_variants and case.on:
                compared["strategy variants"] += 1
            elif _expected(case, flag) in _possible(case, flag, targetings):
                compared["equal"] += 1
            else:
                different.add(case.description)
    assert different == _DIALECT | _VARIANTS_OF_STRATEGIES
    assert sum(compared.values()) + len(different) == 227 + 52
    assert compared["strategy variants"] == 16


def _possible(case: Case, flag: Targeting, parents: dict[str, Targeting]) -> set[Variation | None]:
    """What a share of the context's users gets; of a flag with variants its variant, or just on and off."""
    shown = served(flag, case.context, parents=parents) if flag.on else {flag.off: 100.0}
    if case.variant and flag.variants is not None:
        return set(shown)
    return {variation not in (None, False) for variation in shown}


def _expected(case: Case, flag: Targeting) -> Variation | None:
    if case.variant and flag.variants is not None:
        return case.variant if case.on else None
    return case.on


def test_flags_that_cannot_be_read_say_why() -> None:
    unknown = {
        feature["name"]: sentences
        for features, _ in specification()
        for feature in features
        if (sentences := targeting_of(feature).unknown)
    }
    assert unknown.keys() == _UNKNOWN.keys()
    assert all(part in unknown[flag][0] for flag, part in _UNKNOWN.items())
