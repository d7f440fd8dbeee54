"""Our evaluator of rebuilt flags, judged by LaunchDarkly's own: launchdarkly-server-sdk, offline."""

from __future__ import annotations

import importlib.util
from collections import Counter
from itertools import islice
from random import Random

import pytest

from tests.conftest import needed
from tests.unit.rebuild.launchdarkly_cases import judge, rebuilt_contexts, rebuilt_flags
from tui.rebuild.evaluate import served
from tui.rebuild.model import WHOLE, Clause, FlagRule, FlagTargeting, HelperSegment, Prerequisite, Rollout, SegmentRule
from tui.targeting.model import Context


@pytest.fixture(autouse=True)
def _engine() -> None:
    needed(importlib.util.find_spec("ldclient"), "launchdarkly-server-sdk")


def test_evaluator_agrees_with_launchdarkly() -> None:
    """Whatever LaunchDarkly serves has a share; without shares it is the only one."""
    rng = Random(11)
    pairs = alone = 0
    while pairs < 60_000:
        flags, segments = rebuilt_flags(rng)
        known = {segment.key: segment for segment in segments}
        ask = judge(flags, segments, salt=str(pairs))
        for context in islice(rebuilt_contexts(rng), 60):
            shares = served(flags["flag"], context, known, flags)
            index = ask("flag", context)
            assert shares.get(index, 0) > 0, (flags["flag"], segments, context, shares, index)
            assert sum(shares.values()) == pytest.approx(100)
            alone += len(shares) == 1
            pairs += 1
    assert alone > 30_000


def _in(*segments: str) -> Clause:
    return Clause("segmentMatch", "segmentMatch", segments)


_SHARED = FlagTargeting(
    "user",
    0,
    Rollout((10_000, 0, 90_000)),
    rules=(
        FlagRule((_in("third"),), 1),
        FlagRule((_in("half", "nowhere"),), Rollout((0, 50_000, 50_000), "account")),
    ),
)
_SEGMENTS = (
    HelperSegment("third", "", rules=(SegmentRule((), 10_000), SegmentRule((), 30_000))),
    HelperSegment("half", "", rules=(SegmentRule((), WHOLE // 2, "account"),)),
)


@pytest.mark.parametrize("flag", ["shared", "child"])
def test_shares_are_those_of_launchdarkly(flag: str) -> None:
    flags = {
        "shared": _SHARED,
        "child": FlagTargeting("user", 0, 2, prerequisites=(Prerequisite("shared", 1),)),
    }
    ask, count = judge(flags, _SEGMENTS), 8_000
    contexts = [Context(f"user-{place}", {"account": f"account-{place}"}) for place in range(count)]
    found = Counter(ask(flag, context) for context in contexts)
    shares = served(flags[flag], contexts[0], {segment.key: segment for segment in _SEGMENTS}, flags)
    assert set(found) == set(shares)
    for index, percent in shares.items():
        deviation = (count * percent / 100 * (1 - percent / 100)) ** 0.5
        assert abs(found[index] - count * percent / 100) < 4 * deviation, (index, percent, found)


def test_context_without_the_attribute_has_bucket_zero() -> None:
    """It falls into the first variation with a weight, however small."""
    flag = FlagTargeting("user", 0, Rollout((0, 1, WHOLE - 1), "account"))
    for attributes in ({}, {"account": 5.5}, {"account": True}):
        context = Context("ana", attributes)
        assert served(flag, context) == {1: 100}
        assert judge({"flag": flag}, ())("flag", context) == 1


def test_flag_that_requires_itself_is_off() -> None:
    flag = FlagTargeting("user", 0, 1, prerequisites=(Prerequisite("other", 1),))
    other = FlagTargeting("user", 0, 1, prerequisites=(Prerequisite("other", 1),))
    assert served(flag, Context("ana"), parents={"other": other}) == {0: 100}
