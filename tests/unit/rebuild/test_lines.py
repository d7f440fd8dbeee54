"""Both sides of a rebuilt flag as lines: what the source has, and what LaunchDarkly will have."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tui.rebuild.model import Clause, FlagRule, FlagTargeting, HelperSegment, Prerequisite, Rollout, SegmentRule
from tui.rebuild.words import lines, source_lines
from tui.targeting.model import (
    KEY,
    Bucket,
    Everyone,
    InSegment,
    Operator,
    Parent,
    Rule,
    Segment,
    Shares,
    Target,
    Targeting,
    Test,
    Unknown,
)

ON, OFF = Shares((("on", 100.0),)), Shares((("off", 100.0),))
A_QUARTER = Shares((("on", 25.0), ("off", 75.0)))
SPLIT = Targeting("split", "checkout", "user", ("on", "off"), True, "off", OFF)
COUNTRY = Test("country", Operator.IN, ("DE", "AT"))


def test_everything_of_split() -> None:
    whole = replace(
        SPLIT,
        default=A_QUARTER,
        rules=(Rule((COUNTRY,), ON), Rule((InSegment("staff"),), A_QUARTER), Rule((Everyone(),), OFF)),
        targets=(Target("on", ("ana",), ("qa",)),),
        parents=(Parent("base", ("on",)),),
        allocation=80.0,
        segments={"staff": Segment("staff", included=("ana", "bob"))},
        unknown=("Rule 7 has an odd part.",),
    )
    assert source_lines(whole) == (
        "Requires: flag base serves on",
        "Individual targets ana: on",
        "Individual targets in segment qa: on",
        "80% of traffic enters the rules, the rest gets off",
        "If country is one of DE, AT: on",
        "If in segment staff: 25% on, 75% off by key",
        "Everyone: off",
        "Everyone else: 25% on, 75% off by key",
        "While off: off",
        "Segment staff: key is one of ana, bob",
        "Rule 7 has an odd part.",
    )
    assert source_lines(SPLIT) == ("Everyone: off", "While off: off")


def test_everything_of_unleash() -> None:
    half = Shares(((True, 50.0), (False, 50.0)), Bucket(KEY, fallbacks=("sessionId",), random=True))
    yes = Shares(((True, 100.0),))
    whole = Targeting(
        "unleash", "checkout", "user", ("red", "blue"), True, False, Shares(((False, 100.0),)),
        rules=(
            Rule((COUNTRY,), half, "flexibleRollout"),
            Rule((Unknown("strategy byPlan", "custom strategy byPlan", "strategy"),), yes, "byPlan", 1),
            Rule((), yes, "default", variants=(("x", 50.0), ("y", 50.0))),
        ),
        any_rule=True,
        parents=(Parent("base"),),
        variants=Shares((("red", 90.0), ("blue", 10.0))),
        variant_overrides=(Rule((Test(KEY, Operator.IN, ("ana",)),), Shares((("blue", 100.0),))),),
        disabled=((2, Rule((COUNTRY,), yes, "default")),),
    )  # fmt: skip
    assert source_lines(whole) == (
        "Requires: flag base is on",
        "If country is one of DE, AT: 50% on by userId, else sessionId, else at random",
        "If custom strategy byPlan: on",
        "Everyone: on, variants 50% x, 50% y",
        "Everyone else: off",
        "If userId is one of ana: variant blue",
        "Variants if on: 90% red, 10% blue by userId",
        "Disabled, strategy 2: If country is one of DE, AT: on",
        "While off: off",
    )


def test_everything_of_launchdarkly() -> None:
    helper = HelperSegment(
        "rebuild-checkout-1a2b",
        "Not plan",
        included=("ana",),
        excluded=("bob",),
        rules=(
            SegmentRule((Clause("plan", "in", ("free", "trial")),)),
            SegmentRule((Clause("plan", "in", ("pro",)), Clause("seats", "lessThan", (5,))), 25_000, "org"),
        ),
    )
    whole = FlagTargeting(
        "user",
        off=1,
        default=Rollout((25_000, 75_000)),
        targets=((0, ("ana", "bob")),),
        rules=(
            FlagRule((Clause("country", "in", ("DE", "AT")),), 0),
            FlagRule((Clause("", "segmentMatch", (helper.key,), negate=True),), Rollout((500, 99_500), "/~1org~0")),
            FlagRule((), 7),
        ),
        prerequisites=(Prerequisite("base", 0), Prerequisite("other", 1)),
    )
    assert lines(whole, (helper,), ("on", "off"), {"base": ("yes", "no")}) == (
        "Requires: flag base serves yes",
        "Requires: flag other serves variation 2",
        "Individual targets ana, bob: on",
        "If country is one of DE, AT: on",
        'If not in segment Not plan: 0.5% on, 99.5% off by /org~',
        "Everyone: variation 8",
        "Everyone else: 25% on, 75% off by key",
        "While off: off",
        "Segment Not plan: key is one of ana or plan is one of free, trial or plan is one of pro and seats is less "
        "than 5 (25% by org), but not key bob",
    )  # fmt: skip
    assert lines(FlagTargeting("user", 1, 0), (), ("on", "off")) == ("Everyone: on", "While off: off")


@pytest.mark.parametrize(
    ("clause", "says"),
    [
        (Clause("key", "in", ("a",), negate=True), "key is not one of a"),
        (Clause("seats", "in", ("5", 5)), "seats is one of 5"),
        (Clause("org", "matches", ("",)), "org is set"),
        (Clause("org", "matches", ("^a",), negate=True), "org does not match the pattern ^a"),
        (Clause("x", "startsWith", ("a", "b")), "x starts with any of a, b"),
        (Clause("x", "endsWith", ("a",)), "x ends with a"),
        (Clause("x", "contains", ("a",)), "x contains a"),
        (Clause("x", "lessThan", (1,)), "x is less than 1"),
        (Clause("x", "lessThanOrEqual", (1,)), "x is at most 1"),
        (Clause("x", "greaterThan", (1,)), "x is more than 1"),
        (Clause("x", "greaterThanOrEqual", (1,)), "x is at least 1"),
        (Clause("x", "before", (1_762_178_400_000,)), "x is before 3 Nov 2025 14:00 UTC"),
        (Clause("x", "after", (1_762_178_400_000,)), "x is after 3 Nov 2025 14:00 UTC"),
        (Clause("x", "semVerEqual", ("1.0.0",)), "x is version 1.0.0"),
        (Clause("x", "semVerLessThan", ("1.0.0",)), "x is before version 1.0.0"),
        (Clause("x", "semVerGreaterThan", ("1.0.0",), negate=True), "x is not after version 1.0.0"),
        (Clause("", "segmentMatch", ("a", "b")), "in segment a or b"),
        (Clause("x", "isMoon", ("full",), negate=True), "x not isMoon full"),
        (Clause("/a~1b", "in", ("\x1b[0m",)), "a/b is one of �[0m"),
    ],
)
def test_clauses(clause: Clause, says: str) -> None:
    targeting = FlagTargeting("user", 1, 1, rules=(FlagRule((clause,), 0),))
    assert lines(targeting, (), ("on", "off"))[0] == f"If {says}: on"
