"""Which context gets which share, judged by LaunchDarkly's own SDK: the same salt gives everyone the same variation."""

from __future__ import annotations

from importlib.util import find_spec
from itertools import product

import pytest

from tests.conftest import needed
from tests.unit.rebuild.launchdarkly_cases import judge
from tui.rebuild.evaluate import bucket, served
from tui.rebuild.model import Clause, FlagRule, FlagTargeting, Prerequisite, Rollout
from tui.targeting.model import Context

try:
    import ldclient
except ImportError:
    ldclient = None  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def _sdk() -> None:
    needed(find_spec("ldclient"), "launchdarkly-server-sdk")


WEIGHTS = [(25_000, 75_000), (1, 99_999), (33_333, 33_333, 33_334), (0, 50_000, 50_000)]


@pytest.mark.parametrize(("weights", "by"), product(WEIGHTS, ["", "org"]))
def test_everyone_gets_the_variation_that_the_sdk_gives(weights: tuple[int, ...], by: str) -> None:
    rule = FlagRule((Clause("org", "in", (7, "x"), negate=True),), Rollout(weights, by))
    flag = FlagTargeting("user", 0, Rollout(tuple(reversed(weights)), by), rules=(rule,))
    ask = judge({"checkout": flag}, [], "salt")
    salts, counts = {"": "checkout.salt checkout"}, dict.fromkeys(range(3), 0)
    for number in range(500):
        org = ("x", 7, f"org-{number}", 2.5, True)[number % 5]
        context = Context(f"user-{number}", {"org": org} if number % 7 else {})
        mine = served(flag, context, salts=salts)
        assert mine == {ask("checkout", context): 100.0}, context
        counts[next(iter(mine))] += 1
    assert sum(count > 0 for count in counts.values()) > 1 or 1 in weights


def test_parents_have_salts_of_their_own() -> None:
    parent = FlagTargeting("user", 0, Rollout((50_000, 50_000)))
    child = FlagTargeting("user", 0, Rollout((50_000, 50_000)), prerequisites=(Prerequisite("parent", 1),))
    ask = judge({"child": child, "parent": parent}, [], "salt")
    salts = {"": "child.salt child", "parent": "parent.salt parent"}
    for number in range(300):
        context = Context(f"user-{number}")
        assert served(child, context, parents={"parent": parent}, salts=salts) == {ask("child", context): 100.0}


def test_weights_in_another_order_reach_others() -> None:
    straight, turned = Rollout((30_000, 70_000)), Rollout((30_000, 70_000), order=(1, 0))
    assert straight == turned
    contexts = [Context(f"user-{number}") for number in range(200)]
    one, other = (
        [served(FlagTargeting("user", 0, rollout), context, salts={"": "f.s"}) for context in contexts]
        for rollout in (straight, turned)
    )
    assert one != other
    assert 20 < sum(each == {0: 100.0} for each in other) < 100


def test_only_text_and_whole_numbers_have_a_place() -> None:
    assert bucket("f.s", "7") == bucket("f.s", 7) > 0
    assert bucket("f.s", 7.5) == bucket("f.s", True) == bucket("f.s", None) == 0
