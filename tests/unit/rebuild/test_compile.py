"""Rebuilt flags by example: what becomes rules, what needs segments, and what is by hand, with its reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tui.rebuild.compile import Options, compiled
from tui.rebuild.model import Clause, FlagRule, FlagTargeting, Prerequisite, Rebuilt, Rollout
from tui.targeting.model import (
    KEY,
    RANDOM,
    Bucket,
    Condition,
    Everyone,
    InSegment,
    Operator,
    Parent,
    Rule,
    Segment,
    Serves,
    Shares,
    Target,
    Targeting,
    Test,
    Unknown,
)

ON, OFF = Shares((("on", 100.0),)), Shares((("off", 100.0),))


def split(*rules: Rule, **more: object) -> Targeting:
    plain = Targeting("split", "checkout", "user", ("on", "off"), True, "off", OFF, rules)
    return replace(plain, **more)  # type: ignore[arg-type]


def unleash(*rules: Rule, **more: object) -> Targeting:
    default = Shares(((False, 100.0),)) if rules else Shares(((True, 100.0),))
    plain = Targeting("unleash", "checkout", "user", (True, False), True, False, default, rules, any_rule=True)
    return replace(plain, **more)  # type: ignore[arg-type]


_OWN = Bucket(KEY, "checkout")


def strategy(percent: float, *conditions: Condition, bucket: Bucket = _OWN) -> Rule:
    shares = ((True, percent), (False, 100.0 - percent))
    return Rule(conditions, Shares(shares[:1] if percent == 100 else shares, bucket))


def is_in(attribute: str, *values: str, negated: bool = False, missing: bool | None = None) -> Test:
    return Test(attribute, Operator.IN, values, negated, negated if missing is None else missing)


def made(targeting: Targeting, **options: bool) -> FlagTargeting:
    rebuilt = compiled(targeting, {}, Options(**options))  # type: ignore[arg-type]
    assert rebuilt.targeting is not None, rebuilt.reasons
    return rebuilt.targeting


COUNTRY = is_in("country", "DE", "AT")
IN_COUNTRY = Clause("country", "in", ("DE", "AT"))


# --- Split


def test_rule_becomes_a_rule() -> None:
    rebuilt = compiled(split(Rule((COUNTRY,), ON)))
    about = "Rule 1 (country is one of DE, AT)"
    assert rebuilt == Rebuilt(
        "checkout", "faithful", targeting=FlagTargeting("user", 1, 1, rules=(FlagRule((IN_COUNTRY,), 0, about),))
    )


def test_values_that_read_like_numbers_get_their_twins() -> None:
    flag = made(split(Rule((is_in("plan", "5", "true", "05"),), ON)))
    assert flag.rules[0].clauses[0].values == ("5", "true", "05", 5, True)


def test_negation_without_the_attribute_takes_a_segment() -> None:
    rebuilt = compiled(split(Rule((is_in("country", "DE", negated=True),), ON)))
    assert rebuilt.targeting is not None
    (segment,) = rebuilt.segments
    assert segment.key.startswith("rebuild-checkout-")
    assert segment.rules[0].clauses == (Clause("country", "in", ("DE",)),)
    assert rebuilt.targeting.rules[0].clauses == (Clause("segmentMatch", "segmentMatch", (segment.key,), negate=True),)
    assert rebuilt.grade == "faithful"


def test_equal_negations_share_a_segment() -> None:
    negative = is_in("country", "DE", negated=True)
    assert len(compiled(split(Rule((negative,), ON), Rule((negative, COUNTRY), OFF))).segments) == 1


def test_negation_of_the_key_is_a_plain_one() -> None:
    rebuilt = compiled(split(Rule((is_in(KEY, "ana", negated=True),), ON)))
    assert rebuilt.targeting is not None
    assert rebuilt.targeting.rules[0].clauses == (Clause("key", "in", ("ana",), negate=True),)
    assert not rebuilt.segments


def test_negation_as_in_java_is_a_plain_one() -> None:
    rebuilt = compiled(split(Rule((is_in("country", "DE", negated=True, missing=False),), ON)))
    assert rebuilt.targeting is not None
    assert rebuilt.targeting.rules[0].clauses == (Clause("country", "in", ("DE",), negate=True),)


def test_without_helper_segments_a_negation_is_approximate() -> None:
    rebuilt = compiled(split(Rule((is_in("country", "DE", negated=True),), ON)), {}, Options(helper_segments=False))
    assert rebuilt.approximations == ("missing-when-negated",)
    assert not rebuilt.segments


def test_negated_comparison_of_several_clauses_becomes_several_rules() -> None:
    test = Test("app", Operator.VERSION_AT_LEAST, ("1.2.0",), negated=True, missing=False)
    flag = made(split(Rule((test,), ON)))
    assert [rule.clauses[0].op for rule in flag.rules] == ["matches", "semVerLessThan"]
    assert [rule.clauses[0].negate for rule in flag.rules] == [True, False]


def test_allocation_is_multiplied_into_weights() -> None:
    half = Shares((("on", 50.0), ("off", 50.0)))
    rebuilt = compiled(split(Rule((COUNTRY,), ON), allocation=40.0, default=half))
    assert rebuilt.targeting is not None
    assert rebuilt.targeting.rules[0].serve == Rollout((40_000, 60_000))
    assert rebuilt.targeting.default == Rollout((20_000, 80_000))
    assert rebuilt.changed_users_percent == pytest.approx(48.0)
    assert rebuilt.approximations == ("rebucketed",)


@pytest.mark.parametrize(("percent", "expected"), [(0.0, 1), (100.0, 0)])
def test_all_or_nothing_is_no_rollout(percent: float, expected: int) -> None:
    shares = Shares((("on", percent), ("off", 100 - percent)))
    assert made(split(default=shares)).default == expected
    assert compiled(split(default=shares)).grade == "faithful"


def test_keys_are_targets_and_segments_are_rules_before_all_others() -> None:
    targeting = split(
        Rule((COUNTRY,), ON),
        targets=(Target("on", ("ana", "ben")), Target("off", (), ("staff",))),
        segments={"staff": Segment("staff", included=("chloe",))},
    )
    rebuilt = compiled(targeting)
    assert rebuilt.targeting is not None
    assert rebuilt.targeting.targets == ((0, ("ana", "ben")),)
    assert [rule.serve for rule in rebuilt.targeting.rules] == [1, 0]
    assert rebuilt.segments[0].included == ("chloe",)
    assert rebuilt.segments[0].key.startswith("rebuild-staff-")
    assert rebuilt.approximations == ("segment-copied-today",)


def test_segment_with_a_negation_is_written_out() -> None:
    inner = Segment("s", included=("ana",), excluded=("ben",), rules=((is_in("plan", "gold", negated=True),),))
    rebuilt = compiled(split(Rule((InSegment("s"),), ON), segments={"s": inner}))
    assert rebuilt.targeting is not None
    first, second = rebuilt.targeting.rules
    assert first.clauses == (Clause("key", "in", ("ana",)),)
    assert [(clause.op, clause.negate) for clause in second.clauses] == [("segmentMatch", True), ("in", True)]


def test_sole_dependency_becomes_a_prerequisite() -> None:
    base = split(flag="base")
    child = split(Rule((Serves("base", ("on",)),), ON), flag="child")
    rebuilt = compiled(child, {"base": base})
    assert rebuilt.targeting == FlagTargeting("user", 1, 0, prerequisites=(Prerequisite("base", 0),))
    assert rebuilt.grade == "faithful"
    passes_when_killed = compiled(replace(child, default=ON, off="on"), {"base": replace(base, off="on")})
    assert passes_when_killed.approximations == ("parent-killed-or-off",)


def test_other_kinds_than_user_are_kept_out_of_rollouts() -> None:
    half = Shares((("on", 50.0), ("off", 50.0)))
    rebuilt = compiled(split(kind="account", default=half), {}, Options(kinds={"account": "organization"}))
    assert rebuilt.targeting is not None
    (rule,) = rebuilt.targeting.rules
    assert rule.clauses == (Clause("kind", "in", ("organization",)),)
    assert (rule.serve, rebuilt.targeting.default) == (Rollout((50_000, 50_000)), 1)


def test_attribute_with_a_slash_in_front_is_a_reference() -> None:
    assert made(split(Rule((is_in("/a~b/c", "x"),), ON))).rules[0].clauses[0].attribute == "/~1a~0b~1c"


BY_HAND = {
    "unknown": (split(unknown=("Rule 1 has an unknown matcher.",)), "Rule 1 has an unknown matcher."),
    "unknown condition": (split(Rule((Unknown("matcher MOON", "moon is full"),), ON)), "moon is full"),
    "set": (split(Rule((Test("groups", Operator.PART_OF, ("a",)),), ON)), "Rule 1 (groups"),
    "reserved": (split(Rule((is_in("kind", "x"),), ON)), "The attribute kind has another meaning"),
    "two treatments": (split(targets=(Target("on", ("a",)), Target("off", ("a",)))), "Key a has two treatments."),
    "no segment": (split(Rule((InSegment("beta"),), ON)), "Segment beta was not found or not read."),
    "unreadable": (
        split(Rule((InSegment("beta"),), ON), segments={"beta": Segment("beta", unreadable="No access (403).")}),
        "Segment beta can't be read: No access (403).",
    ),
    "large": (split(Rule((InSegment("beta", large=True),), ON)), "large segment beta"),
    "traffic type": (split(kind="account"), "Write one under [rebuild.context_kinds]"),
    "no default treatment": (split(off=None), "It has no default treatment."),
    "version": (split(Rule((Test("app", Operator.VERSION_IS, ("1.2",)),), ON)), "1.2 is not a whole version"),
    "several rules on a flag": (
        split(Rule((Serves("base", ("on",)),), ON), Rule((COUNTRY,), ON)),
        "It depends on what flag base serves",
    ),
    "unknown parent": (split(parents=(Parent("base", ("on",)),)), "It depends on flag base, which was not found."),
    "shares": (split(default=Shares((("on", 50.0),))), "shares that don't add up to 100%"),
    "clock": (
        unleash(strategy(100, Test("currentTime", Operator.DATE_AFTER, (1,)))),
        "Unleash fills in the current time",
    ),
    "ipv6": (unleash(strategy(100, Test("remoteAddress", Operator.IN_NETWORK, ("::1",)))), "not an IPv4 address"),
    "strategy variants": (unleash(strategy_variants=True), "Its strategies have variants"),
    "variants": (
        unleash(variations=("a", "b"), variants=Shares((("a", 50.0), ("b", 50.0))), off=None),
        "It has no variation for when the flag is off.",
    ),
    "groups": (
        unleash(
            strategy(50, bucket=Bucket(KEY, "a")),
            strategy(20, COUNTRY, bucket=Bucket(KEY, "a")),
            strategy(30, bucket=Bucket(KEY, "b")),
        ),
        "Several of its strategies share one rollout group",
    ),
    "any case": (
        unleash(strategy(100, Test("a", Operator.MATCHES, ("x",), ignore_case=True))),
        "A pattern that ignores case",
    ),
}


@pytest.mark.parametrize("case", BY_HAND)
def test_what_cannot_be_rebuilt_is_by_hand(case: str) -> None:
    targeting, reason = BY_HAND[case]
    rebuilt = compiled(targeting)
    assert (rebuilt.grade, rebuilt.targeting, rebuilt.segments) == ("by-hand", None, ())
    assert any(reason in sentence for sentence in rebuilt.reasons), rebuilt.reasons


def test_all_reasons_are_told() -> None:
    rules = [Rule((Test("groups", Operator.SET_EQUALS, ("a",)),), ON), Rule((Unknown("x", "odd"),), ON)]
    assert [reason[:6] for reason in compiled(split(*rules)).reasons] == ["Rule 1", "Rule 2"]


def test_flag_is_by_hand_if_its_parent_is() -> None:
    parents = {"base": split(flag="base", unknown=("Odd.",))}
    rebuilt = compiled(split(parents=(Parent("base", ("on",)),)), parents)
    assert rebuilt.reasons == ("It depends on flag base, which is by hand.",)


def test_flags_that_depend_on_each_other_are_by_hand() -> None:
    one, other = split(parents=(Parent("other", ("on",)),)), split(flag="other", parents=(Parent("checkout", ("on",)),))
    assert compiled(one, {"checkout": one, "other": other}).grade == "by-hand"


def test_flag_has_the_approximations_of_its_parents() -> None:
    parents = {"base": split(flag="base", default=Shares((("on", 25.0), ("off", 75.0))))}
    assert compiled(split(parents=(Parent("base", ("on",)),)), parents).approximations == ("rebucketed",)


# --- Unleash


def test_no_strategy_is_on_for_everyone() -> None:
    assert made(unleash()) == FlagTargeting("user", 1, 0)


def test_list_of_users_is_targets() -> None:
    flag = made(unleash(strategy(100, is_in(KEY, "ana", "ben")), strategy(100, COUNTRY)))
    assert flag.targets == ((0, ("ana", "ben")),)
    assert [rule.clauses for rule in flag.rules] == [(IN_COUNTRY,)]
    with_country = made(unleash(strategy(100, is_in(KEY, "ana"), COUNTRY)))
    assert not with_country.targets


def test_sole_strategy_needs_no_segment_for_a_negation() -> None:
    rebuilt = compiled(unleash(strategy(25, COUNTRY, is_in("plan", "free", negated=True))))
    assert rebuilt.targeting is not None
    assert not rebuilt.segments
    assert [(rule.clauses, rule.serve) for rule in rebuilt.targeting.rules] == [
        ((Clause("plan", "in", ("free",)),), 1),
        ((IN_COUNTRY,), Rollout((25_000, 75_000))),
    ]


def test_strategies_of_one_group_are_sorted() -> None:
    flag = made(unleash(strategy(25, COUNTRY), strategy(50, is_in("plan", "gold")), strategy(100, is_in("x", "y"))))
    assert [rule.serve for rule in flag.rules] == [0, Rollout((50_000, 50_000)), Rollout((25_000, 75_000))]


def test_overlapping_groups_become_segments_but_for_the_last() -> None:
    rebuilt = compiled(unleash(strategy(25, COUNTRY, bucket=Bucket(KEY, "b")), strategy(50)))
    assert rebuilt.targeting is not None
    (segment,) = rebuilt.segments
    assert segment.rules[0].weight == 50_000
    (first, second) = rebuilt.targeting.rules
    assert (first.clauses[0].values, first.serve) == ((segment.key,), 0)
    assert second.serve == Rollout((25_000, 75_000))
    assert "group-shared" in rebuilt.approximations


def test_groups_that_exclude_each_other_need_no_segment() -> None:
    others = is_in("country", "CH")
    assert not compiled(unleash(strategy(25, COUNTRY, bucket=Bucket(KEY, "b")), strategy(50, others))).segments


def test_equal_shares_that_are_independent_are_not_one_segment() -> None:
    groups = [strategy(30, bucket=Bucket(KEY, group)) for group in ("a", "b", "c")]
    assert len(compiled(unleash(*groups)).segments) == 2


def test_rollout_by_an_attribute_is_for_those_who_have_it() -> None:
    flag = made(unleash(strategy(25, bucket=Bucket("account", "checkout"))))
    assert flag.rules[0].clauses == (Clause("account", "in", (True, False), negate=True),)
    assert flag.rules[0].serve == Rollout((25_000, 75_000), "account")
    assert flag.default == 1


@pytest.mark.parametrize(
    ("bucket", "names"),
    [
        (Bucket(KEY, "checkout"), ("rebucketed", "always-has-a-key")),
        (Bucket(KEY, "checkout", ("sessionId",), random=True), ("rebucketed", "random-becomes-sticky")),
        (Bucket(RANDOM, random=True), ("rebucketed", "random-becomes-sticky")),
        (Bucket(KEY, "shared"), ("rebucketed", "always-has-a-key", "group-shared")),
        (Bucket("appName", "checkout"), ("rebucketed", "app-must-send:appName")),
    ],
)
def test_shares_are_approximate(bucket: Bucket, names: tuple[str, ...]) -> None:
    rebuilt = compiled(unleash(strategy(25, bucket=bucket)))
    assert (rebuilt.approximations, rebuilt.changed_users_percent) == (names, 37.5)


def test_variants_are_weights_of_those_who_are_on() -> None:
    targeting = unleash(
        strategy(50),
        variations=("a", "b", "none"),
        off="none",
        variants=Shares((("a", 25.0), ("b", 75.0)), Bucket(KEY, "checkout", ("sessionId",), random=True)),
        variant_overrides=(Rule((is_in("plan", "gold"),), Shares((("b", 100.0),))),),
    )
    flag = made(targeting)
    assert flag.rules[0].serve == Rollout((0, 50_000, 50_000))
    assert flag.default == Rollout((12_500, 37_500, 50_000))


def test_parent_that_must_be_off() -> None:
    parents = {"base": unleash(flag="base")}
    rebuilt = compiled(unleash(parents=(Parent("base", (), on=False),)), parents)
    assert rebuilt.targeting is not None
    assert rebuilt.targeting.prerequisites == (Prerequisite("base", 1),)
    assert rebuilt.approximations == ("parent-killed-or-off",)
    assert compiled(unleash(parents=(Parent("base"),)), parents).grade == "faithful"


def test_everyone_negated_is_no_one() -> None:
    assert not made(split(Rule((Everyone(negated=True),), ON))).rules
    assert made(split(Rule((Everyone(),), ON))).rules[0].clauses == (Clause("kind", "in", ("user",)),)
