"""Distributions of shares, and what each name of an approximation takes for granted."""

from __future__ import annotations

from typing import Any

import pytest

from tui.targeting import approximations as names
from tui.targeting.evaluate import served
from tui.targeting.model import (
    KEY,
    RANDOM,
    Bucket,
    Context,
    Everyone,
    InSegment,
    Operator,
    Origin,
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

USER = Context("u1", {"plan": "gold", "account": "a1"})


def _on(percent: float, attribute: str = KEY, group: str = "g", **more: Any) -> Shares:
    return Shares(((True, percent), (False, 100 - percent)), Bucket(attribute, group, **more))


def _unleash(*rules: Rule, flag: str = "flag", **more: Any) -> Targeting:
    default = Shares(((not rules, 100.0),))
    return Targeting("unleash", flag, "user", (True, False), True, False, default, rules, any_rule=True, **more)


def _split(*rules: Rule, flag: str = "flag", **more: Any) -> Targeting:
    default = Shares((("on", 25.0), ("off", 75.0)))
    return Targeting("split", flag, "user", ("on", "off", "vip"), **{"on": True, "off": "off", **more}, default=default,
                     rules=rules)  # fmt: skip


@pytest.mark.parametrize(("shares", "on"), [
    ([_on(25), _on(50)], 50),
    ([_on(25), _on(50, group="h")], 62.5),
    ([_on(25), _on(50, "account")], 62.5),
    ([_on(25, "missing"), _on(50)], 50),
    ([_on(25, "missing", fallbacks=("account",)), _on(50, "account")], 50),
    ([_on(50, RANDOM, random=True), _on(50, RANDOM, random=True)], 75),
    ([_on(50, "missing", random=True)], 50),
    ([_on(0)], 0),
    ([_on(100, "missing")], 100),
])  # fmt: skip
def test_unleash_shares_of_one_bucket_are_nested(shares: list[Shares], on: float) -> None:
    flag = _unleash(*(Rule((), share) for share in shares))
    assert served(flag, USER).get(True, 0) == on


def test_split_serves_targets_then_segments_then_the_allocated_share() -> None:
    flag = _split(
        Rule((Test("plan", Operator.IN, ("silver",)),), Shares((("vip", 100.0),))),
        targets=(Target("vip", segments=("staff",)), Target("on", keys=("u1", "u2"))),
        segments={"staff": Segment("staff", included=("u2", "u3"))},
        allocation=40.0,
    )
    assert served(flag, Context("u2")) == {"on": 100}
    assert served(flag, Context("u3")) == {"vip": 100}
    assert served(flag, Context("u4")) == {"on": 10, "off": 90}


def test_rules_of_a_split_flag_share_one_bucket() -> None:
    """Whoever a condition on another flag excludes is known in the rest of the evaluation."""
    parent = _split(flag="parent")
    is_on = Serves("parent", ("on",))
    flag = _split(Rule((is_on, Serves("parent", ("off",))), Shares((("vip", 100.0),))), Rule((is_on,), parent.default))
    assert served(flag, USER, parents={"parent": parent}) == {"on": 25 * 0.25 + 75 * 0.25, "off": 75}


def test_segments_exclude_before_their_rules_include() -> None:
    gold = Test("plan", Operator.IN, ("gold",))
    segments = {
        "all": Segment("all", included=("u9",), excluded=("u8",), excluded_segments=("some",), rules=((gold,),)),
        "some": Segment("some", included=("u7",)),
    }
    flag = _unleash(Rule((InSegment("all"),), _on(100)), segments=segments)
    answers = {key: served(flag, Context(key, {"plan": "gold"})) == {True: 100} for key in ("u1", "u7", "u8", "u9")}
    assert answers == {"u1": True, "u7": False, "u8": False, "u9": True}


def test_segment_without_definition_makes_an_unleash_flag_off() -> None:
    rules = (Rule((), _on(100)), Rule((InSegment("nowhere", negated=True),), _on(100)))
    assert served(_unleash(*rules), USER) == {False: 100}


@pytest.mark.parametrize(("parent", "parents_on", "on"), [
    (Parent("parent"), True, 30), (Parent("parent"), False, 0), (Parent("parent", on=False), True, 70),
    (Parent("parent", on=False), False, 100), (Parent("nowhere", on=False), True, 0),
])  # fmt: skip
def test_unleash_parents(parent: Parent, parents_on: bool, on: float) -> None:
    of_parent = _unleash(Rule((), _on(30)), flag="parent")
    known = {"parent": Targeting(**{**_members(of_parent), "on": parents_on})}
    assert served(_unleash(parents=(parent,)), USER, parents=known).get(True, 0) == on


def test_killed_split_parent_serves_its_default_treatment() -> None:
    known = {"parent": _split(flag="parent", on=False, off="vip")}
    flag = _split(parents=(Parent("parent", ("vip",)),))
    assert served(flag, USER, parents=known) == {"on": 25, "off": 75}
    assert served(flag, USER, [names.PARENT_KILLED_OR_OFF], known) == {"off": 100}


def test_parents_in_a_circle_end() -> None:
    one, two = (
        _split(flag="one", parents=(Parent("two", ("on",)),)),
        _split(flag="two", parents=(Parent("one", ("on",)),)),
    )
    assert served(one, USER, parents={"one": one, "two": two}) == {"off": 100}


def test_shared_group_of_parent_and_child() -> None:
    """One bucket in Unleash, so half of the users have both; two buckets in LaunchDarkly."""
    parent = _unleash(Rule((), _on(50)), flag="parent")
    child = _unleash(Rule((), _on(50)), parents=(Parent("parent"),))
    assert served(child, USER, parents={"parent": parent}) == {True: 50, False: 50}
    assert served(child, USER, [names.GROUP_SHARED], {"parent": parent}) == {True: 25, False: 75}


def test_variants_of_a_flag_that_is_on() -> None:
    variants = Shares((("small", 40.0), ("big", 60.0)), Bucket(KEY, "flag", random=True))
    override = Rule((Test("plan", Operator.IN, ("gold",)),), Shares((("big", 100.0),)))
    flag = Targeting("unleash", "flag", "user", ("small", "big"), True, None, Shares(((False, 100.0),)),
                     (Rule((), _on(50)),), any_rule=True, variants=variants, variant_overrides=(override,))  # fmt: skip
    assert served(flag, Context("u1")) == {None: 50, "small": 20, "big": 30}
    assert served(flag, USER) == {None: 50, "big": 50}


def _members(targeting: Targeting) -> dict[str, Any]:
    return {name: getattr(targeting, name) for name in Targeting.__slots__}


_SINCE_1970 = Test("at", Operator.DATE_AFTER, (0,))
_MISSING_KEY = Test(KEY, Operator.IN, ("u1",), negated=True, missing=True)


@pytest.mark.parametrize(("test", "context", "without", "name", "with_name"), [
    (Test("age", Operator.NUMBER_ABOVE, (5,)), Context("u", {"age": "6"}), True, names.NUMBERS_AS_NUMBERS, False),
    (Test("age", Operator.NUMBER_ABOVE, (5,)), Context("u", {"age": 6}), True, names.NUMBERS_AS_NUMBERS, True),
    (Test("age", Operator.NUMBER_IS, (0.3,)), Context("u", {"age": 0.1 + 0.2}), True, names.NUMBERS_AS_NUMBERS, False),
    (Test("age", Operator.STARTS_WITH, ("1",)), Context("u", {"age": 18}), True, names.NUMBERS_AS_NUMBERS, False),
    (Test("age", Operator.IN, ("18",)), Context("u", {"age": 18}), True, names.NUMBERS_AS_NUMBERS, True),
    (Test("beta", Operator.CONTAINS, ("ru",)), Context("u", {"beta": True}), True, names.BOOLEANS_AS_BOOLEANS, False),
    (_SINCE_1970, Context("u", {"at": "2024-01-01 00:00:00Z"}), True, names.DATES_IN_MS, False),
    (_SINCE_1970, Context("u", {"at": 1}), False, names.DATES_IN_MS, True),
    (_SINCE_1970, Context("u", {"at": "2024-01-01T00:00:00Z"}), True, names.DATES_IN_MS, True),
    (Test("x", Operator.CONTAINS, ("É",), ignore_case=True), Context("u", {"x": "é"}), True,
     names.LETTERS_BEYOND_ASCII, False),
    (Test("x", Operator.CONTAINS, ("AÉ",), ignore_case=True), Context("u", {"x": "aÉ"}), True,
     names.LETTERS_BEYOND_ASCII, True),
    (Test(KEY, Operator.IS_PRESENT), Context(None), False, names.ALWAYS_HAS_A_KEY, True),
    (_MISSING_KEY, Context(None), True, names.ALWAYS_HAS_A_KEY, True),
    (_MISSING_KEY, Context(None), True, names.MISSING_WHEN_NEGATED, False),
])  # fmt: skip
def test_names_of_approximations(test: Test, context: Context, without: bool, name: str, with_name: bool) -> None:
    flag = _unleash(Rule((test,), _on(100)))
    assert served(flag, context) == {without: 100}
    assert served(flag, context, [name]) == {with_name: 100}


@pytest.mark.parametrize("origin", ["split", "unleash"])
def test_unknown_matches_no_one(origin: Origin) -> None:
    rules = (Rule((Unknown("matcher MOON"),), Shares((("on", 100.0),))), Rule((Everyone(negated=True),), _on(100)))
    flag = Targeting(origin, "flag", "user", ("on", "off"), True, "off", Shares((("off", 100.0),)), rules)
    assert served(flag, USER) == {"off": 100}
