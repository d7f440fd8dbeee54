"""Rebuilt flags, judged by the engines of all three vendors: what they serve is what the source served."""

from __future__ import annotations

import importlib.util
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from random import Random

import pytest

from tests.conftest import needed
from tests.unit.rebuild.chain import (
    OFF_VARIANT,
    Chain,
    Tally,
    are_equal,
    split_chain,
    split_flag,
    unleash_chain,
    unleash_flag,
)
from tests.unit.targeting import split_cases, unleash_cases
from tests.unit.targeting.unleash_specification import specification
from tui.rebuild.model import Rebuilt
from tui.targeting import approximations
from tui.targeting.model import KEY, Context, Targeting, Test

PAIRS = 100_000
KEYS = 1_000


@pytest.fixture(autouse=True, scope="module")
def _engines() -> None:
    needed(importlib.util.find_spec("ldclient"), "launchdarkly-server-sdk")
    needed(importlib.util.find_spec("splitio"), "splitio_client")
    needed(importlib.util.find_spec("yggdrasil_engine"), "yggdrasil-engine")


def _holds(tally: Tally) -> None:
    """No flag that is graded faithful differs, and no other without one of its approximations."""
    assert not tally.wrong, (len(tally.wrong), tally.wrong[0])
    assert not tally.different, (len(tally.different), tally.different[0])
    assert tally.pairs >= PAIRS
    assert tally.equal + tally.explained == tally.pairs
    assert tally.explained > tally.pairs / 500
    assert tally.missing > tally.asking / 2 > tally.pairs / 3
    assert tally.faithful > tally.pairs / 10
    assert tally.grades["by-hand"] > 20


def test_split_contexts_get_what_they_got() -> None:
    _holds(split_chain(Random(11), PAIRS))


def test_unleash_contexts_get_what_they_got() -> None:
    _holds(unleash_chain(Random(11), PAIRS))


def _has_same_shares(chain: Chain, contexts: list[Context]) -> bool:
    """Both engines serve these many contexts each variation as often. Returns whether shares decide at all."""
    expected: dict[object, float] = defaultdict(float)
    variance: dict[object, float] = defaultdict(float)
    asked = contexts if _asks_for_key(chain.source) else contexts[:1]
    for context in asked:
        for name, percent in chain.rebuilt_shares(context).items():
            share = percent / 100
            expected[name] += share * len(contexts) / len(asked)
            variance[name] += share * (1 - share) * len(contexts) / len(asked)
    for answers in (Counter(map(chain.by_source, contexts)), Counter(map(chain.by_launchdarkly, contexts))):
        for name in {*answers, *expected}:
            limit = 4 * math.sqrt(variance[name]) + 1e-6
            assert abs(answers[name] - expected[name]) <= limit, (chain.source, name, answers, expected)
    return any(variance.values())


def _asks_for_key(source: Targeting) -> bool:
    conditions = [condition for rule in (*source.rules, *source.variant_overrides) for condition in rule.conditions]
    conditions += [one for segment in source.segments.values() for rule in segment.rules for one in rule]
    return bool(source.targets) or any(isinstance(one, Test) and one.attribute == KEY for one in conditions)


def test_split_shares_stay_the_same() -> None:
    rng, divided = Random(12), 0
    while divided < 8:
        definition = split_cases.definitions(rng, f"shares-{divided}", shares=True)
        chain = split_flag(definition)
        if isinstance(chain, Chain):
            attributes = next(split_cases.contexts(rng, definition, odd=0.0, missing=0.3)).attributes
            divided += _has_same_shares(chain, [Context(f"user-{place}", attributes) for place in range(KEYS)])


def test_unleash_shares_stay_the_same() -> None:
    rng, divided = Random(12), 0
    while divided < 8:
        features = unleash_cases.features(rng)
        chain = unleash_flag(features)
        if isinstance(chain, Chain):
            contexts = [*unleash_cases.many(rng, features[0], KEYS)]
            if chain.shares(contexts[0]) == chain.rebuilt_shares(contexts[0]):
                divided += _has_same_shares(chain, contexts)


def test_unleash_specification_holds_for_rebuilt_flags() -> None:
    """Unleash's client specification, asked of LaunchDarkly's engine: what differs has a name."""
    asked: Counter[str] = Counter()
    for features, cases in specification():
        chains = {str(one["name"]): _chain_of(one, features) for one in features}
        for case in cases:
            chain = chains.get(case.flag)
            if not isinstance(chain, Chain) or not chain.source.on:
                asked["off" if isinstance(chain, Chain) else "by hand"] += 1
                continue
            mine = chain.rebuilt[case.flag]
            served = chain.by_launchdarkly(case.context)
            expected = case.variant if case.variant and chain.source.variants else case.on
            if (served if isinstance(expected, str) else served not in (False, OFF_VARIANT)) == expected:
                asked["equal"] += 1
            elif approximations.REBUCKETED in mine.approximations:
                asked["rebucketed"] += 1
                assert are_equal(chain.rebuilt_shares(case.context), chain.shares(case.context, mine.approximations))
            else:
                asked["explained"] += 1
                dialect = approximations.REGEX_DIALECT in mine.approximations
                assert dialect or chain.shares(case.context, mine.approximations) == {served: 100}, case
    assert asked == _OF_SPECIFICATION


_OF_SPECIFICATION = Counter({"equal": 165, "by hand": 76, "rebucketed": 19, "explained": 16, "off": 3})
"""By hand: mostly variants, currentTime, and what the parser can't read. Off: disabled features, which stay off."""


def _chain_of(feature: unleash_cases.Feature, features: Sequence[unleash_cases.Feature]) -> Chain | Rebuilt:
    return unleash_flag([feature, *(other for other in features if other is not feature)])
