"""Targeting in words: every condition, both sources' names for the key, and foreign text."""

from __future__ import annotations

import pytest

from tui.targeting import words
from tui.targeting.model import (
    KEY,
    Bucket,
    Condition,
    Everyone,
    InSegment,
    Operator,
    Origin,
    Parent,
    Rule,
    Segment,
    Serves,
    Shares,
    Targeting,
    Test,
    Unknown,
    Value,
)

NOON = 1_762_178_400_000  # 3 November 2025 14:00 UTC
YEAR = 1_735_689_600_000  # 1 January 2025 00:00 UTC
ALL = Shares((("on", 100.0),))


def targeting(origin: Origin = "split", **segments: Segment) -> Targeting:
    return Targeting(origin, "checkout", "user", ("on", "off"), True, "off", ALL, segments=segments)


# An operator with values, how it reads, and how it reads negated.
OPERATORS: list[tuple[Operator, tuple[Value, ...], str, str]] = [
    (Operator.IN, ("DE", "AT"), "is one of DE, AT", "is not one of DE, AT"),
    (Operator.IN, (), "is one of (none)", "is not one of (none)"),
    (Operator.STARTS_WITH, ("qa-",), "starts with qa-", "does not start with qa-"),
    (Operator.ENDS_WITH, ("x", "y"), "ends with any of x, y", "does not end with any of x, y"),
    (Operator.CONTAINS, ("+test",), "contains +test", "does not contain +test"),
    (Operator.MATCHES, ("^qa",), "matches the pattern ^qa", "does not match the pattern ^qa"),
    (Operator.IS_TRUE_OR_FALSE, (True,), "is true", "is not true"),
    (Operator.HAS_ANY, ("r", "w"), "has any of r, w", "has none of r, w"),
    (Operator.HAS_ALL, ("r", "w"), "has all of r, w", "does not have all of r, w"),
    (Operator.SET_EQUALS, ("r", "w"), "is exactly the set r, w", "is not exactly the set r, w"),
    (Operator.PART_OF, ("r", "w"), "has only values from r, w", "has a value that is not one of r, w"),
    (Operator.NUMBER_IS, (5.0,), "is 5", "is not 5"),
    (Operator.NUMBER_ABOVE, (2,), "is more than 2", "is not more than 2"),
    (Operator.NUMBER_BELOW, (2,), "is less than 2", "is not less than 2"),
    (Operator.NUMBER_AT_LEAST, (17.5,), "is at least 17.5", "is not at least 17.5"),
    (Operator.NUMBER_AT_MOST, (10,), "is at most 10", "is not at most 10"),
    (Operator.NUMBER_BETWEEN, (18, 25), "is between 18 and 25", "is not between 18 and 25"),
    (Operator.DATE_ON, (NOON,), "is on 3 Nov 2025", "is not on 3 Nov 2025"),
    (Operator.DATE_AFTER, (NOON,), "is after 3 Nov 2025 14:00 UTC", "is not after 3 Nov 2025 14:00 UTC"),
    (Operator.DATE_BEFORE, (NOON,), "is before 3 Nov 2025 14:00 UTC", "is not before 3 Nov 2025 14:00 UTC"),
    (Operator.DATE_FROM, (NOON,), "is on or after 3 Nov 2025 14:00 UTC", "is not on or after 3 Nov 2025 14:00 UTC"),
    (Operator.DATE_UNTIL, (0,), "is on or before 1 Jan 1970 00:00 UTC", "is not on or before 1 Jan 1970 00:00 UTC"),
    (
        Operator.DATE_BETWEEN,
        (YEAR, NOON),
        "is between 1 Jan 2025 00:00 UTC and 3 Nov 2025 14:00 UTC",
        "is not between 1 Jan 2025 00:00 UTC and 3 Nov 2025 14:00 UTC",
    ),
    (Operator.VERSION_IS, ("2.1.0",), "is version 2.1.0", "is not version 2.1.0"),
    (Operator.VERSION_IS, ("2.0.0", "2.1.0"), "is one of the versions 2.0.0, 2.1.0",
     "is not one of the versions 2.0.0, 2.1.0"),
    (Operator.VERSION_ABOVE, ("1.0.0",), "is after version 1.0.0", "is not after version 1.0.0"),
    (Operator.VERSION_BELOW, ("1.0.0",), "is before version 1.0.0", "is not before version 1.0.0"),
    (Operator.VERSION_AT_LEAST, ("1.0.0",), "is at least version 1.0.0", "is not at least version 1.0.0"),
    (Operator.VERSION_AT_MOST, ("1.0.0",), "is at most version 1.0.0", "is not at most version 1.0.0"),
    (Operator.VERSION_BETWEEN, ("1.0.0", "2.0.0"), "is a version between 1.0.0 and 2.0.0",
     "is not a version between 1.0.0 and 2.0.0"),
    (Operator.IN_NETWORK, ("10.0.0.0/8",), "is in the IP range 10.0.0.0/8", "is not in the IP range 10.0.0.0/8"),
    (Operator.IS_PRESENT, (), "is set", "is not set"),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "values", "yes", "no"), OPERATORS)
def test_operators_read_both_ways(operator: Operator, values: tuple[Value, ...], yes: str, no: str) -> None:
    assert words.test(Test("plan", operator, values), "split") == f"plan {yes}"
    assert words.test(Test("plan", operator, values, negated=True), "split") == f"plan {no}"


def test_every_operator_is_in_the_table() -> None:
    assert {operator for operator, *_ in OPERATORS} == set(Operator)


CONDITIONS: list[tuple[Condition, Origin, str]] = [
    (Test(KEY, Operator.IN, ("ana",)), "split", "key is one of ana"),
    (Test(KEY, Operator.IN, ("ana",)), "unleash", "userId is one of ana"),
    (Test("email", Operator.ENDS_WITH, ("x",), ignore_case=True), "unleash", "email ends with x (ignoring case)"),
    (Test("app", Operator.MATCHES, ("^qa",)), "unleash", "app matches ^qa"),
    (Test("app", Operator.MATCHES, ("^qa",), negated=True), "unleash", "app does not match ^qa"),
    (Test("a, b", Operator.IN, ("c:d", " e", "")), "split", '"a, b" is one of "c:d", " e", ""'),
    (Test("\x1b[31mx", Operator.IN, ("\u202ey",)), "split", "�[31mx is one of �y"),
    (Test("at", Operator.DATE_AFTER, ("soon",)), "unleash", "at is after soon"),
    (Test("at", Operator.DATE_AFTER, (10**400,)), "unleash", f"at is after {'1' + '0' * 58}…"),
    (Everyone(), "split", "everyone"),
    (Everyone(negated=True), "split", "no one"),
    (InSegment("7"), "unleash", "in segment staff"),
    (InSegment("7", negated=True), "split", "not in segment staff"),
    (InSegment("8"), "unleash", "in segment 8"),
    (Serves("base", ("on", "beta")), "split", "flag base serves any of on, beta"),
    (Serves("base", ("on",), negated=True), "split", "flag base does not serve on"),
    (Unknown("matcher MOON", "sky matches MOON", "matcher"), "split", "sky matches MOON (unknown matcher)"),
    (Unknown("operator MOON", "sky MOON full", "operator"), "unleash", "sky MOON full (unknown operator)"),
    (Unknown("strategy byPlan", "custom strategy byPlan", "strategy"), "unleash", "custom strategy byPlan"),
    (Unknown("an odd part"), "split", "an odd part"),
]


@pytest.mark.parametrize(("part", "origin", "says"), CONDITIONS)
def test_conditions(part: Condition, origin: Origin, says: str) -> None:
    assert words.condition(part, targeting(origin, **{"7": Segment("7", "staff"), "8": Segment("8")})) == says


def test_conditions_of_a_rule_are_joined() -> None:
    both = (InSegment("staff"), Test("plan", Operator.IN, ("pro",)))
    assert words.conditions(Rule(both, ALL), targeting()) == "in segment staff and plan is one of pro"
    assert words.conditions(Rule(both, ALL, combiner="OR"), targeting()) == "in segment staff OR plan is one of pro"
    assert words.conditions(Rule((), ALL), targeting()) == "everyone"


@pytest.mark.parametrize(
    ("parent", "origin", "says"),
    [
        (Parent("base", ("on", "beta")), "split", "flag base serves any of on, beta"),
        (Parent("base"), "split", "flag base serves (none)"),
        (Parent("base"), "unleash", "flag base is on"),
        (Parent("base", ("red",)), "unleash", "flag base is on and serves red"),
        (Parent("base", on=False), "unleash", "flag base is off"),
    ],
)
def test_parents(parent: Parent, origin: Origin, says: str) -> None:
    assert words.parent(parent, origin) == says


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ((("on", 100.0),), "on"),
        ((("on", 100.0), ("off", 0.0)), "on"),
        ((("on", 12.5), ("off", 87.5)), "12.5% on, 87.5% off"),
        (((True, 25.0), (False, 75.0)), "25% on, 75% off"),
        ((("a, b", 50.0), (" c", 50.0)), '50% "a, b", 50% " c"'),
        ((), "(none)"),
    ],
)
def test_shares(parts: tuple[tuple[bool | str, float], ...], says: str) -> None:
    assert words.shares(Shares(parts)) == says


@pytest.mark.parametrize(
    ("bucket", "origin", "says"),
    [
        (Bucket(), "split", "by key"),
        (Bucket(), "unleash", "by userId"),
        (Bucket("sessionId"), "unleash", "by sessionId"),
        (Bucket(KEY, fallbacks=("sessionId",), random=True), "unleash", "by userId, else sessionId, else at random"),
    ],
)
def test_buckets(bucket: Bucket, origin: Origin, says: str) -> None:
    assert words.bucket(bucket, origin) == says


@pytest.mark.parametrize(
    ("serve", "says"),
    [
        (Shares(((True, 100.0),)), "on"),
        (Shares(((True, 25.0), (False, 75.0))), "25% on by userId"),
        (Shares(((False, 100.0),)), "0% on by userId"),
        (Shares(((False, 100.0),), written="abc"), "rollout abc by userId (SDKs may not serve it)"),
    ],
)
def test_rollouts_of_a_strategy(serve: Shares, says: str) -> None:
    assert words.rollout(serve, "unleash") == says


@pytest.mark.parametrize(
    ("segment", "says"),
    [
        (Segment("s"), "no one"),
        (Segment("s", unreadable="Split doesn't show the content."), "Split doesn't show the content."),
        (Segment("s", included=("a", "b"), excluded=("c",)), "key is one of a, b, but not key c"),
        (
            Segment("s", rules=((Test("x", Operator.IN, ("1",)), InSegment("t")), ()), excluded_segments=("t", "u")),
            "x is one of 1 and in segment t or everyone, but not in segment t or u",
        ),
    ],
)
def test_content_of_segments(segment: Segment, says: str) -> None:
    assert words.content(segment, targeting()) == says
