"""What keeps a rebuild from touching a flag of LaunchDarkly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.plan_tools import flag
from tui.launchdarkly.models import Environment, FlagState, FlagVariation, WholeFlag
from tui.launchdarkly.targeting import EnvironmentTargeting, TargetedFlag
from tui.rebuild.precondition import obstacles, variation_ids
from tui.rebuild.reading import BothSides
from tui.targeting.model import Shares, Targeting

OFF = FlagState(on=False, version=1, last_modified=1)
NOTHING = EnvironmentTargeting((), (), (), {"variation": 0}, 1, "salt")
TARGETING = Targeting("unleash", "a", "user", (True, False), True, False, Shares(((True, 100.0),)))


def there(state: FlagState = OFF, *values: object, **more: Any) -> TargetedFlag:
    variations = tuple(FlagVariation(value) for value in values or (True, False))
    whole = WholeFlag("a", variations=variations, environments={"production": state})
    ids = tuple(f"id-{place}" for place in range(len(variations)))
    return replace(TargetedFlag(whole, ids, deprecated=False, targeting=NOTHING), **more)


def sides(present: TargetedFlag | None, **more: Any) -> BothSides:
    source = flag("a", targets=((0, ("u-1", "u-2")),))
    flags = {"a": present} if present else {}
    return BothSides(Environment(key="production"), flags, {"a": source}, {"a": TARGETING}, **more)


def test_an_untouched_flag_has_no_obstacles() -> None:
    assert list(obstacles("a", sides(there()))) == []


def test_targets_may_be_those_that_the_import_copies() -> None:
    as_planned = replace(OFF, targeting=("targets",), targets=((0, ("u-1", "u-2")),))
    assert list(obstacles("a", sides(there(as_planned)))) == []
    # The same users of the same variation, which has another place in LaunchDarkly.
    swapped = replace(as_planned, targets=((1, ("u-1", "u-2")),))
    assert list(obstacles("a", sides(there(swapped, False, True)))) == []
    assert list(obstacles("a", sides(there(swapped))))


@pytest.mark.parametrize(
    ("present", "words"),
    [
        (None, "no such flag"),
        (there(deprecated=True), "deprecated"),
        (there(replace(OFF, on=True)), "already on"),
        (there(replace(OFF, targeting=("rules",))), "has rules"),
        (there(replace(OFF, targeting=("prerequisites",))), "has prerequisites"),
        (there(replace(OFF, targeting=("targets",), targets=((0, ("u-9",)),))), "individual targets"),
        (there(replace(OFF, targeting=("targets",), targets=None)), "individual targets"),
        (there(replace(OFF, targeting=("targets",), targets=((7, ("u-1",)),))), "individual targets"),
        (there(replace(OFF, targeting=None)), "doesn't show its targeting"),
        (there(targeting=None), "doesn't show its targeting"),
        (there(targeting=replace(NOTHING, fallthrough={"rollout": {"variations": []}})), "already has percentages"),
        (there(OFF, "true", "false"), "don't match"),
        (there(OFF, True, False, False), "don't match"),
        (there(OFF, 1, 0), "don't match"),
        (there(variation_ids=("", "id-1")), "don't match"),
    ],
)
def test_each_obstacle_is_a_sentence(present: TargetedFlag | None, words: str) -> None:
    (sentence,) = obstacles("a", sides(present))
    assert words in sentence
    assert sentence.endswith(".")


def test_waiting_changes_and_keys_are_obstacles() -> None:
    (waits,) = obstacles("a", sides(there(), waiting=frozenset({"a"})))
    assert "waits" in waits
    (key,) = obstacles("a", sides(there(), with_keys=frozenset({"a"})))
    assert "one of your keys" in key


def test_what_the_source_no_longer_has_is_an_obstacle() -> None:
    assert next(obstacles("b", sides(there()))) == "The source no longer lists this flag."
    undefined = replace(sides(there()), source={"a": flag("a", variations=())})
    assert "no definition" in next(obstacles("a", undefined))


def test_ids_are_in_the_order_of_the_source() -> None:
    assert variation_ids(TARGETING, there(OFF, False, True)) == ("id-1", "id-0")
    text = replace(TARGETING, variations=("on", "off"))
    assert variation_ids(text, there(OFF, "off", "on")) == ("id-1", "id-0")
    assert variation_ids(text, there(OFF, "on", "on")) is None
