"""Unleash's own engine judges how features are read and evaluated."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from importlib.util import find_spec
from random import Random
from typing import Any

import pytest

from tests.conftest import needed
from tests.unit.targeting import unleash_cases
from tests.unit.targeting.unleash_cases import Feature
from tui.sources.unleash.targeting import targeting_of
from tui.targeting.evaluate import served
from tui.targeting.model import RANDOM, Bucket, Context, Targeting, Variation


@pytest.fixture(autouse=True)
def engine() -> None:
    needed(find_spec("yggdrasil_engine"), "yggdrasil-engine")


def _read(features: list[Feature]) -> dict[str, Targeting]:
    return {feature["name"]: targeting_of(feature) for feature in features}


def test_random_features_are_served_as_the_engine_serves_them() -> None:
    """50,000 evaluations: exactly where no share decides, and never against a share."""
    rng, compared, decided = Random(11), 0, 0
    while compared < 50_000:
        features = unleash_cases.features(rng)
        targetings, judge = _read(features), unleash_cases.judge(features)
        flag = targetings[features[0]["name"]]
        assert flag.unknown == ()
        for context in unleash_cases.contexts(rng, features[0]):
            shown, expected = served(flag, context, parents=targetings), judge(flag.flag, context)
            assert shown.get(expected, 0) > 0, (features, context, shown, expected)
            assert sum(shown.values()) == pytest.approx(100)
            compared, decided = compared + 1, decided + (len(shown) == 1)
    assert decided > 40_000


def test_shares_of_many_users_are_those_of_the_engine() -> None:
    """Within four standard deviations, for shares that the engine decides by hashing, so always alike."""
    rng, compared = Random(12), 0
    while compared < 30:
        features = unleash_cases.features(rng)
        targetings = _read(features)
        flag = targetings[features[0]["name"]]
        first = next(unleash_cases.many(rng, features[0], 1))
        if any(_is_random(one) for one in targetings.values()) or len(served(flag, first, parents=targetings)) == 1:
            continue
        _compare_shares(flag, features, list(unleash_cases.many(rng, features[0], 1000)))
        compared += 1


@pytest.mark.parametrize("strategies", [
    [("g", "userId", 25), ("g", "userId", 50)],
    [("g", "userId", 25), ("h", "userId", 50)],
    [("g", "userId", 25), ("g", "sessionId", 50)],
    [("g", "userId", 20), ("h", "sessionId", 30), ("g", "userId", 40), ("h", "sessionId", 50)],
], ids=["nested", "other group", "other attribute", "two groups"])  # fmt: skip
def test_shares_of_strategies_meet_as_in_the_engine(strategies: list[tuple[str, str, int]]) -> None:
    feature = _feature([
        {"name": "flexibleRollout", "parameters": {"groupId": group, "stickiness": sticky, "rollout": str(percent)}}
        for group, sticky, percent in strategies
    ])  # fmt: skip
    people = [Context(f"user-{place}", {"sessionId": f"session-{place}"}) for place in range(10_000)]
    _compare_shares(targeting_of(feature), [feature], people)


@pytest.mark.parametrize("strategy", [
    {"name": "gradualRolloutRandom", "parameters": {"percentage": "50"}},
    {"name": "flexibleRollout", "parameters": {"rollout": "30", "stickiness": "random"}},
    {"name": "flexibleRollout", "parameters": {"rollout": "30"}},
], ids=["gradual", "flexible", "without user and session"])  # fmt: skip
def test_random_shares_are_those_of_the_engine(strategy: Feature) -> None:
    """The engine draws here, so the limit is six standard deviations."""
    feature = _feature([strategy, strategy])
    _compare_shares(targeting_of(feature), [feature], [Context(None)] * 5_000, limit=6)


def _compare_shares(flag: Targeting, features: list[Feature], people: list[Context], limit: int = 4) -> None:
    judge, targetings = unleash_cases.judge(features), _read(features)
    counted = Counter(judge(flag.flag, context) for context in people)
    expected: defaultdict[Variation | None, float] = defaultdict(float)
    spread: defaultdict[Variation | None, float] = defaultdict(float)
    for context in people:
        for variation, percent in served(flag, context, parents=targetings).items():
            expected[variation] += percent / 100
            spread[variation] += percent / 100 * (1 - percent / 100)
    for variation in {*counted, *expected}:
        allowed = limit * math.sqrt(spread[variation]) + 1e-6
        assert abs(counted[variation] - expected[variation]) <= allowed, (features, variation, counted, expected)


def _is_random(flag: Targeting) -> bool:
    """Whether the engine draws a share: always, or for a context that lacks the attribute of a variant's share."""
    buckets = [rule.serve.bucket for rule in flag.rules if rule.serve.only is None]
    return any(bucket.attribute == RANDOM for bucket in (*buckets, flag.variants.bucket if flag.variants else Bucket()))


def _feature(strategies: list[Feature], **more: Any) -> Feature:
    return {"name": "flag", "enabled": True, "strategies": strategies, **more}


def _default(**constraint: Any) -> Feature:
    return _feature([{"name": "default", "constraints": [{"contextName": "x", **constraint}]}])


_RED: Feature = {"name": "default", "variants": [{"name": "red", "weight": 1000}]}


@pytest.mark.parametrize(("feature", "context", "engine_serves", "shown"), [
    pytest.param(_feature([{"name": "gradualRolloutRandom", "parameters": {"percentage": "1"}}]), Context("u"),
                 False, {True, False}, id="1% at random"),
    pytest.param(_feature([{"name": "applicationHostname", "parameters": {"hostNames": "web-1"}}]),
                 Context("u", {"hostname": "web-1"}), False, {True}, id="host name"),
    pytest.param(_default(contextName="currentTime", operator="DATE_AFTER", value="2020-01-01T00:00:00Z"), Context("u"),
                 True, {False}, id="current time"),
    pytest.param(_feature([{"name": "userWithId", "parameters": {"userIds": "a,,b"}}]), Context(""),
                 True, {False}, id="empty user"),
    pytest.param(_default(operator="REGEX", value="^[[:alpha:]]+$"), Context("u", {"x": "abc"}),
                 True, {False}, id="POSIX class"),
    pytest.param(_default(operator="REGEX", value="^(?=a)abc$"), Context("u", {"x": "abc"}),
                 False, {True}, id="look-ahead"),
    pytest.param(_feature([_RED], variants=[{"name": "blue", "weight": 1}]), Context("u"),
                 "red", {"blue"}, id="strategy variants"),
])  # fmt: skip
def test_known_differences_from_the_engine(
    feature: Feature, context: Context, engine_serves: bool | str, shown: set[Variation]
) -> None:
    """Each by one counter-example: the engine reads the machine, speaks another dialect, or never draws 0."""
    assert unleash_cases.judge([feature])("flag", context) == engine_serves
    assert set(served(targeting_of(feature), context)) == shown


@pytest.mark.parametrize(("feature", "engine_serves"), [
    (_feature([{"name": "default", "disabled": True}]), True),
    (_feature([{"name": "default"}, {"name": "default", "segments": [7]}]), False),
    (_feature([{"name": "default"}, *_default(operator="STR_CONTAINS", values=[])["strategies"]]), False),
    (_feature([{"name": "default"}, *_default(operator="IN", values=["back\\"])["strategies"]]), False),
    (_feature([{"name": "default"}, *_default(operator="MOON_IS", values=["full"])["strategies"]]), False),
    (_feature([{"name": "default"}, *_default(operator="DATE_AFTER", value="2024-01-01")["strategies"]]), False),
    (_feature([{"name": "default"}, *_default(operator="NUM_GT", value="many")["strategies"]]), False),
    (_feature([{"name": "flexibleRollout", "parameters": {"rollout": "100", "groupId": 'a"b'}}]), False),
    (_feature([{"name": "default"}, {"name": "flexibleRollout", "parameters": {"rollout": "101"}}]), False),
    (_feature([{"name": "flexibleRollout", "parameters": {"rollout": "99.5"}}]), False),
    (_feature([{"name": "gradualRolloutUserId", "parameters": {"percentage": "100"}}]), False),
    (_feature([{"name": "byPlan", "parameters": {}}]), False),
])  # fmt: skip
def test_what_breaks_the_engine_is_unknown(feature: Feature, engine_serves: bool) -> None:
    """One bad part makes a whole feature off, or is read differently by other SDKs. Such a flag is never rebuilt."""
    assert unleash_cases.judge([feature])("flag", Context("u", {"x": "abc"})) == engine_serves
    assert targeting_of(feature).unknown
