"""How Unleash features are read into the targeting model, shape by shape."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tui.sources.unleash.targeting import targeting_of
from tui.targeting.evaluate import served
from tui.targeting.model import (
    KEY,
    RANDOM,
    Bucket,
    Condition,
    Context,
    InSegment,
    Operator,
    Parent,
    Rule,
    Shares,
    Targeting,
    Test,
    Unknown,
    Value,
)

_CORPUS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "unleash_corpus.json").read_text("utf-8"))

_DEFAULT = Bucket(KEY, "flag", ("sessionId",), random=True)


def _read(*strategies: object, **more: object) -> Targeting:
    return targeting_of({"name": "flag", "enabled": True, "strategies": list(strategies), **more})


def _rule(name: str, **parameters: object) -> Rule:
    targeting = _read({"name": name, "parameters": parameters})
    return targeting.rules[0]


def _share(percent: float, bucket: Bucket) -> Shares:
    return Shares(((True, percent), (False, 100 - percent)), bucket)


def _constrained(**constraint: object) -> tuple[Condition, tuple[str, ...]]:
    targeting = _read({"name": "default", "constraints": [{"contextName": "x", **constraint}]})
    return targeting.rules[0].conditions[0], targeting.unknown


def test_boolean_flag() -> None:
    targeting = _read({"name": "default", "parameters": {}, "constraints": [], "segments": [], "variants": []})
    assert targeting == Targeting(
        "unleash", "flag", "user", (True, False), on=True, off=False, default=Shares(((False, 100.0),)),
        rules=(Rule((), Shares(((True, 100.0),)), "default"),), any_rule=True,
    )  # fmt: skip


def test_flag_without_strategies_is_on_for_everyone() -> None:
    assert _read().default.only is True
    assert targeting_of({"name": "flag", "enabled": False}).on is False


@pytest.mark.parametrize(("name", "parameters", "serve"), [
    ("flexibleRollout", {"rollout": "25"}, _share(25, _DEFAULT)),
    ("flexibleRollout", {"rollout": 25, "stickiness": "default"}, _share(25, _DEFAULT)),
    ("flexibleRollout", {"rollout": "0", "stickiness": "userId", "groupId": "g"}, _share(0, Bucket(KEY, "g"))),
    ("flexibleRollout", {"rollout": "1", "stickiness": "account", "groupId": ""}, _share(1, Bucket("account"))),
    ("flexibleRollout", {"rollout": "99", "stickiness": "random"}, _share(99, Bucket(RANDOM, random=True))),
    ("gradualRolloutUserId", {"percentage": "10", "groupId": "g"}, _share(10, Bucket(KEY, "g"))),
    ("gradualRolloutSessionId", {"percentage": "10", "groupId": "g"}, _share(10, Bucket("sessionId", "g"))),
    ("gradualRolloutRandom", {"percentage": "10"}, _share(10, Bucket(RANDOM, random=True))),
])  # fmt: skip
def test_percentages(name: str, parameters: dict[str, object], serve: Shares) -> None:
    rule = _rule(name, **parameters)
    assert rule == Rule((), serve, name)


@pytest.mark.parametrize(("name", "parameters", "present"), [
    ("flexibleRollout", {"rollout": "100", "stickiness": "userId"}, KEY),
    ("flexibleRollout", {"rollout": "100", "stickiness": "account"}, "account"),
    ("gradualRolloutSessionId", {"percentage": "100", "groupId": "g"}, "sessionId"),
    ("flexibleRollout", {"rollout": "100"}, None),
    ("flexibleRollout", {"rollout": "100", "stickiness": "random"}, None),
    ("gradualRolloutRandom", {"percentage": "100"}, None),
])  # fmt: skip
def test_full_percentage_needs_the_attribute_that_it_is_by(
    name: str, parameters: dict[str, object], present: str | None
) -> None:
    rule = _rule(name, **parameters)
    assert rule.serve.only is True
    assert rule.conditions == (() if present is None else (Test(present, Operator.IS_PRESENT),))
    assert rule.own == len(rule.conditions)


@pytest.mark.parametrize(
    "written", ["", "50%", "12.5", "100.0", "101", "-5", " 5", "+5", "1e1", "abc", "٥", None, [], 50.0, True]
)
def test_percentage_that_is_not_whole_is_unknown_and_serves_no_one(written: object) -> None:
    targeting = _read({"name": "flexibleRollout", "parameters": {"rollout": written}})
    assert "not a whole percentage" in targeting.unknown[0]
    assert targeting.rules[0].serve.written
    assert served(targeting, Context("u")) == {False: 100}


def test_gradual_rollout_without_group_is_unknown() -> None:
    targeting = _read({"name": "gradualRolloutUserId", "parameters": {"percentage": "50"}})
    assert targeting.unknown == ("Strategy 1 has no group for its percentage. Newer SDKs serve it to no one.",)


@pytest.mark.parametrize(("name", "parameters", "test"), [
    ("userWithId", {"userIds": "a, b,,c d "}, Test(KEY, Operator.IN, ("a", "b", "c d"))),
    ("userWithId", {}, Test(KEY, Operator.IN)),
    ("remoteAddress", {"IPs": "10.0.0.1,::1"}, Test("remoteAddress", Operator.IN_NETWORK, ("10.0.0.1", "::1"))),
    ("applicationHostname", {"hostNames": "Web-1"}, Test("hostname", Operator.IN, ("Web-1",), ignore_case=True)),
])  # fmt: skip
def test_lists(name: str, parameters: dict[str, object], test: Test) -> None:
    assert _rule(name, **parameters) == Rule((test,), Shares(((True, 100.0),)), name, own=1)


@pytest.mark.parametrize(("operator", "operand", "meaning", "values"), [
    ("IN", ["a", "b"], Operator.IN, ("a", "b")),
    ("IN", [], Operator.IN, ()),
    ("STR_STARTS_WITH", ["a"], Operator.STARTS_WITH, ("a",)),
    ("STR_ENDS_WITH", ["a"], Operator.ENDS_WITH, ("a",)),
    ("STR_CONTAINS", ["a", ""], Operator.CONTAINS, ("a", "")),
    ("IN_CIDR", ["10.0.0.0/8"], Operator.IN_NETWORK, ("10.0.0.0/8",)),
    ("REGEX", "^a$", Operator.MATCHES, ("^a$",)),
    ("NUM_EQ", "5", Operator.NUMBER_IS, (5,)),
    ("NUM_GT", "-5.5", Operator.NUMBER_ABOVE, (-5.5,)),
    ("NUM_GTE", "1e2", Operator.NUMBER_AT_LEAST, (100.0,)),
    ("NUM_LT", "+5", Operator.NUMBER_BELOW, (5,)),
    ("NUM_LTE", "5.", Operator.NUMBER_AT_MOST, (5.0,)),
    ("DATE_AFTER", "1970-01-01T00:00:01.500Z", Operator.DATE_AFTER, (1500,)),
    ("DATE_BEFORE", "1970-01-01T01:00:00+01:00", Operator.DATE_BEFORE, (0,)),
    ("SEMVER_EQ", "1.2.3", Operator.VERSION_IS, ("1.2.3",)),
    ("SEMVER_GT", "1.2.3-rc.1", Operator.VERSION_ABOVE, ("1.2.3-rc.1",)),
    ("SEMVER_GTE", "1.2.3", Operator.VERSION_AT_LEAST, ("1.2.3",)),
    ("SEMVER_LT", "1.2.3+b", Operator.VERSION_BELOW, ("1.2.3+b",)),
    ("SEMVER_LTE", "1.2.3", Operator.VERSION_AT_MOST, ("1.2.3",)),
])  # fmt: skip
def test_operators(operator: str, operand: object, meaning: Operator, values: tuple[Value, ...]) -> None:
    member = {"values": operand} if isinstance(operand, list) else {"values": [], "value": operand}
    assert _constrained(operator=operator, **member) == (Test("x", meaning, values), ())
    inverted = Test("x", meaning, values, negated=True, missing=True)
    assert _constrained(operator=operator, inverted=True, **member) == (inverted, ())


def test_not_in_is_negated_unless_inverted() -> None:
    assert _constrained(operator="NOT_IN", values=["a"])[0] == Test(
        "x", Operator.IN, ("a",), negated=True, missing=True
    )
    assert _constrained(operator="NOT_IN", values=["a"], inverted=True)[0] == Test("x", Operator.IN, ("a",))


def test_case_is_ignored_where_the_engine_ignores_it() -> None:
    ignoring = {
        operator
        for operator in ("IN", "NOT_IN", "STR_STARTS_WITH", "STR_ENDS_WITH", "STR_CONTAINS", "IN_CIDR")
        for condition, _ in [_constrained(operator=operator, values=["a"], caseInsensitive=True)]
        if isinstance(condition, Test) and condition.ignore_case
    }
    assert ignoring == {"STR_STARTS_WITH", "STR_ENDS_WITH", "STR_CONTAINS"}
    assert _constrained(operator="REGEX", value="a", caseInsensitive=True)[0] == Test(
        "x", Operator.MATCHES, ("a",), ignore_case=True
    )


@pytest.mark.parametrize("constraint", [
    {"operator": "IN", "values": [5]}, {"operator": "IN", "values": "a"}, {"operator": "IN", "value": "a"},
    {"operator": "IN", "values": ["a\\"]}, {"operator": "STR_CONTAINS", "values": []}, {"operator": "IN_CIDR"},
    {"operator": "NUM_EQ"}, {"operator": "NUM_EQ", "value": 5}, {"operator": "IN", "contextName": "", "values": []},
    {"operator": "NUM_EQ", "value": "1e999"}, {"operator": "NUM_EQ", "value": "0x5"},
    {"operator": "NUM_EQ", "value": ""},
    {"operator": "DATE_AFTER", "value": "2024-01-01"}, {"operator": "DATE_AFTER", "value": "2024-01-01T00:00:00"},
    {"operator": "DATE_AFTER", "value": "2024-02-30T00:00:00Z"}, {"operator": "DATE_AFTER", "value": "1709208000000"},
    {"operator": "SEMVER_EQ", "value": "v1.2.3"}, {"operator": "SEMVER_EQ", "value": "1.2"},
    {"operator": "SEMVER_EQ", "value": "99999999999999999999.0.0"}, {"operator": "REGEX", "values": ["^a"]},
    {"operator": "REGEX", "value": ""}, {"operator": "IN", "values": ["a"], "contextName": 'a"b'}, {}, {"operator": 5},
])  # fmt: skip
def test_constraint_that_cannot_be_read_is_unknown(constraint: dict[str, object]) -> None:
    condition, unknown = _constrained(**constraint)
    assert isinstance(condition, Unknown)
    assert condition.words
    assert unknown


def test_unknown_operator_and_strategy_are_named() -> None:
    assert _constrained(operator="MOON_IS", values=["full"]) == (
        Unknown("operator MOON_IS", "x MOON_IS full", "operator"),
        ("This flag has an unknown operator MOON_IS. Check it in Unleash.",),
    )
    targeting = _read({"name": "byPlan", "parameters": {"plans": "gold"}})
    assert targeting.rules[0].conditions == (
        Unknown("strategy byPlan", "custom strategy byPlan with plans gold", "strategy"),
    )
    assert targeting.unknown == ("This flag has an unknown strategy byPlan. Check it in Unleash.",)


def test_user_id_is_the_key_and_conditions_keep_their_order() -> None:
    strategy = {
        "name": "userWithId", "parameters": {"userIds": "a"}, "segments": [2, 1],
        "constraints": [{"contextName": "userId", "operator": "IN", "values": ["b"]}],
    }  # fmt: skip
    segments = [{"id": 1, "name": "one", "constraints": []}, {"id": "2", "constraints": []}]
    targeting = _read(strategy, segments=segments)
    assert targeting.unknown == ()
    assert targeting.rules[0].conditions == (
        Test(KEY, Operator.IN, ("a",)), Test(KEY, Operator.IN, ("b",)), InSegment("2"), InSegment("1"),
    )  # fmt: skip
    assert targeting.rules[0].own == 1


def test_segment_content_and_missing_segment() -> None:
    constraint = {"contextName": "plan", "operator": "NOT_IN", "values": ["free"]}
    segments = [{"id": 7, "name": "payers", "constraints": [constraint]}]
    targeting = _read({"name": "default", "segments": [7]}, segments=segments)
    segment = targeting.segments["7"]
    assert segment.name == "payers"
    assert segment.rules == ((Test("plan", Operator.IN, ("free",), negated=True, missing=True),),)
    missing = _read({"name": "default", "segments": [8]}, segments=segments)
    assert missing.unknown == ("Strategy 1 uses segment 8, whose definition is missing.",)


def test_disabled_strategy_is_apart_and_unknown() -> None:
    targeting = _read({"name": "default"}, {"name": "userWithId", "disabled": True, "parameters": {"userIds": "a"}})
    assert [(place, rule.name) for place, rule in targeting.disabled] == [(2, "userWithId")]
    assert [rule.name for rule in targeting.rules] == ["default"]
    assert targeting.unknown == ("Strategy 2 is disabled in Unleash. SDKs that receive it may serve it anyway.",)


def test_feature_with_variants() -> None:
    targeting = _read({"name": "default"}, variants=[
        {"name": "small", "weight": 250, "stickiness": "account", "payload": {"type": "string", "value": "S"},
         "overrides": [{"contextName": "userId", "values": ["a", "b"]}, {"contextName": "plan", "values": ["gold"]}]},
        {"name": "big", "weight": 750, "weightType": "variable"},
    ])  # fmt: skip
    small = Shares((("small", 100.0),))
    assert targeting.unknown == ()
    assert targeting.variations == ("small", "big")
    assert targeting.off is None
    assert targeting.variants == Shares((("small", 25.0), ("big", 75.0)), Bucket("account", "flag", random=True))
    assert targeting.variant_overrides == (
        Rule((Test(KEY, Operator.IN, ("a", "b")),), small), Rule((Test("plan", Operator.IN, ("gold",)),), small),
    )  # fmt: skip


@pytest.mark.parametrize(("stickiness", "bucket"), [
    ({}, _DEFAULT), ({"stickiness": "default"}, _DEFAULT), ({"stickiness": "random"}, Bucket(RANDOM, random=True)),
    ({"stickiness": "userId"}, Bucket(KEY, "flag", random=True)),
])  # fmt: skip
def test_one_variant_has_all_of_it(stickiness: dict[str, str], bucket: Bucket) -> None:
    assert _read(variants=[{"name": "a", "weight": 7, **stickiness}]).variants == Shares((("a", 100.0),), bucket)


@pytest.mark.parametrize("variants", [
    [{"name": "a", "weight": 0}], [{"name": "a", "weight": 1.5}],
    [{"name": "a", "weight": -1}, {"name": "b", "weight": 2}],
    [{"name": "a", "weight": 1}, {"name": "a", "weight": 1}], [{"weight": 1}], [{"name": "a"}], ["a"], {"a": 1},
    [{"name": "a", "weight": 1, "overrides": [{"contextName": "x", "values": [5]}]}],
    [{"name": "a", "weight": 1, "stickiness": ""}],
])  # fmt: skip
def test_variants_that_cannot_be_read_are_unknown(variants: object) -> None:
    assert _read(variants=variants).unknown


def test_variants_of_strategies_are_flagged() -> None:
    variants = [{"name": "red", "weight": 400, "payload": {"value": "1"}}, {"name": "blue", "weight": 600}]
    targeting = _read({"name": "default", "variants": variants})
    assert targeting.strategy_variants
    assert targeting.rules[0].variants == (("red", 40.0), ("blue", 60.0))
    assert targeting.rules[0].payloads == ("red",)
    assert targeting.variants is None


def test_dependencies_are_parents() -> None:
    dependencies = [{"feature": "a"}, {"feature": "b", "enabled": False}, {"feature": "c", "variants": ["x", "y"]}]
    targeting = _read(dependencies=dependencies)
    assert targeting.parents == (Parent("a"), Parent("b", on=False), Parent("c", ("x", "y")))
    assert targeting.unknown == ()


@pytest.mark.parametrize(
    "dependency", [{}, {"feature": 5}, {"feature": "a", "enabled": "no"}, {"feature": "a", "variants": "x"}, "a"]
)
def test_dependency_that_cannot_be_read_is_unknown(dependency: object) -> None:
    assert _read(dependencies=[dependency]).unknown


@pytest.mark.parametrize(("more", "strategy"), [
    ({"schedule": ["nightly"]}, {}), ({}, {"audience": "all"}), ({}, {"parameters": {"cohort": "b"}}),
    ({}, {"parameters": "all"}), ({}, {"segments": "all"}), ({"strategies": "all"}, {}), ({"enabled": "yes"}, {}),
    ({}, {"constraints": [{"contextName": "x", "operator": "IN", "values": ["a"], "unless": "b"}]}),
    ({}, {"constraints": [{"contextName": "x", "operator": "IN", "values": ["a"], "inverted": "yes"}]}),
    ({"variants": [{"name": "a", "weight": 1, "audience": "all"}]}, {}),
    ({"dependencies": [{"feature": "a", "audience": "all"}]}, {}),
    ({"segments": [{"id": 1, "constraints": [], "excluded": ["u"]}]}, {}),
])  # fmt: skip
def test_settings_that_are_not_known_are_unknown(more: dict[str, object], strategy: dict[str, object]) -> None:
    feature = {"name": "flag", "enabled": True, "strategies": [{"name": "default", **strategy}], **more}
    assert targeting_of(feature).unknown


def test_empty_unknown_settings_and_those_that_decide_nothing_are_ignored() -> None:
    strategy = {"name": "default", "id": "x", "title": "All", "sortOrder": 3, "audience": None, "parameters": {"a": ""}}
    assert (
        _read(strategy, type="release", stale=True, createdAt="2024-01-01", impressionData=True, schedule=[]).unknown
        == ()
    )


def test_what_the_corpus_warns_of_is_unknown() -> None:
    unknown = {case["about"] for case in _CORPUS if targeting_of(case["feature"]).unknown}
    warned = {case["about"] for case in _CORPUS if case["warns"] and not case["feature"].get("variants")}
    assert unknown == warned - {"impression data"} | {"a segment without a name"}


def test_any_json_is_read() -> None:
    """Members of real features replaced by anything: no error, percents of 100, and sentences that say something."""
    rng = Random(5)
    junk: list[object] = [
        None,
        True,
        0,
        -1,
        1.5,
        "",
        "x",
        [],
        {},
        ["a"],
        [1],
        {"a": 1},
        "\ud800",
        [None],
        [{}],
        float("nan"),
        10**400,
    ]

    def changed(value: object) -> object:
        if rng.random() < 0.06:
            return rng.choice(junk)
        if isinstance(value, dict):
            return {name: changed(member) for name, member in value.items()}
        return [changed(item) for item in value] if isinstance(value, list) else value

    for _ in range(3_000):
        feature = {name: changed(member) for name, member in rng.choice(_CORPUS)["feature"].items()}
        targeting = targeting_of(feature)
        for context in (Context(None), Context("a", {"country": "DE", "app": 5})):
            assert sum(served(targeting, context).values()) == pytest.approx(100)
        assert all(sentence.endswith(".") for sentence in targeting.unknown)
