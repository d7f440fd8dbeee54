"""Split's own evaluator, splitio_client, judges how the product evaluates a Split definition."""

from __future__ import annotations

import importlib.util
import math
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import islice
from random import Random
from typing import Any

import pytest

from tests.conftest import needed
from tests.unit.targeting import split_cases
from tests.unit.targeting.split_cases import PARENTS, SEGMENTS, Object, contexts, definitions, judge, segments
from tui.sources.split.targeting import targeting_of
from tui.targeting.approximations import (
    BOOLEANS_AS_BOOLEANS,
    BUILD_METADATA,
    DATES_IN_MS,
    MISSING_WHEN_NEGATED,
    NUMBERS_AS_NUMBERS,
    PARENT_KILLED_OR_OFF,
)
from tui.targeting.evaluate import served
from tui.targeting.model import Context, Targeting, Value

FLAGS, CONTEXTS = 1_000, 100
KEYS = [f"user-{number}" for number in range(2_000)]


@pytest.fixture(autouse=True, scope="module")
def engine() -> None:
    needed(importlib.util.find_spec("splitio"), "splitio_client")


def read(definition: Object, sdk: str = "python") -> Targeting:
    targeting = targeting_of(definition, sdk)
    assert not targeting.unknown, targeting.unknown
    return replace(targeting, segments=segments())


def parents() -> dict[str, Targeting]:
    return {parent["name"]: read(parent) for parent in PARENTS}


def matching(*matchers: Object, **more: object) -> Object:
    """A flag that is on for the contexts that all matchers match, off for others."""
    rule = {
        "condition": {"combiner": "AND", "matchers": list(matchers)},
        "buckets": [{"treatment": "on", "size": 100}],
    }
    rng = Random(0)
    plain = definitions(rng) | {"rules": [rule], "defaultTreatment": "off"}
    plain["treatments"] = [{"name": "on"}, {"name": "off"}]
    plain["defaultRule"] = [{"treatment": "off", "size": 100}]
    plain.pop("prerequisites", None)
    return plain | more


def test_every_context_gets_what_split_serves() -> None:
    """100,000 pairs: all matchers, half of the attributes missing, some of another type, odd versions."""
    rng, others = Random(11), parents()
    differences = []
    for number in range(FLAGS):
        definition = definitions(rng, f"flag-{number}")
        targeting, treatment = read(definition), judge([definition])
        for context in islice(contexts(rng, definition), CONTEXTS):
            expected, actual = treatment(targeting.flag, context), served(targeting, context, (), others)
            if actual != {expected: 100.0}:
                differences.append((definition, context, expected, actual))
    assert not differences, (len(differences), differences[0])


def test_share_is_never_outside_of_what_split_may_serve() -> None:
    rng, others = Random(12), parents()
    for number in range(FLAGS // 5):
        definition = definitions(rng, f"flag-{number}", shares=True)
        targeting, treatment = read(definition), judge([definition])
        for context in islice(contexts(rng, definition), CONTEXTS):
            actual = served(targeting, context, (), others)
            assert treatment(targeting.flag, context) in {name for name, percent in actual.items() if percent > 0}
            assert math.isclose(sum(actual.values()), 100.0)


def test_shares_are_those_of_many_keys() -> None:
    """Within four standard deviations, with rules, a default rule and allocations that divide users."""
    rng, others = Random(13), parents()
    divided = 0
    for number in range(24):
        definition = definitions(rng, f"flag-{number}", shares=True)
        targeting, treatment = read(definition), judge([definition])
        attributes = next(contexts(rng, definition, odd=0.0, missing=0.3)).attributes
        counts: Counter[str] = Counter()
        expected: dict[str, float] = defaultdict(float)
        variance: dict[str, float] = defaultdict(float)
        for key in KEYS:
            context = Context(key, attributes)
            counts[treatment(targeting.flag, context)] += 1
            for name, percent in served(targeting, context, (), others).items():
                expected[str(name)] += percent / 100
                variance[str(name)] += percent / 100 * (1 - percent / 100)
        for name in map(str, targeting.variations):
            assert abs(counts[name] - expected[name]) <= 4 * math.sqrt(variance[name]) + 1e-6, (definition, name)
        divided += any(variance.values())
    assert divided >= 12


def test_every_matcher_is_met_both_ways() -> None:
    """The generator reaches every matcher, negated or not, with contexts that match and others that don't."""
    rng, others = Random(14), parents()
    never = []
    for make in split_cases.MATCHERS:
        for negated in (False, True):
            seen: set[str] = set()
            kind = ""
            for _ in range(12):
                matcher = make(rng) | {"negate": negated}
                kind, definition = matcher["type"], matching(matcher)
                targeting, treatment = read(definition), judge([definition])
                for context in islice(contexts(rng, definition, missing=0.2), 30):
                    result = treatment(targeting.flag, context)
                    assert served(targeting, context, (), others) == {result: 100.0}
                    seen.add(result)
            if kind != "ALL_KEYS" and seen != {"on", "off"}:
                never.append((kind, negated, seen))
    assert not never


TEXT = {"type": "IN_LIST_STRING", "attribute": "country", "strings": ["5", "DE"]}
NUMBER = {"type": "EQUAL_NUMBER", "attribute": "age", "number": 5}
BOOLEAN = {"type": "BOOLEAN", "attribute": "beta", "bool": True}
DATE = {"type": "ON_OR_AFTER_DATE", "attribute": "signup", "date": split_cases.SOME_DAY}
VERSION = {"type": "EQUAL_TO_SEMVER", "attribute": "app", "string": "1.2.3"}
SET = {"type": "ANY_OF_SET", "attribute": "groups", "strings": ["a"]}
LATER = split_cases.SOME_DAY + split_cases.DAY

# Each name, a matcher, a value, what Split serves, and what LaunchDarkly means by it.
DIFFER: list[tuple[str, Object, Value | tuple[Value, ...], str, str]] = [
    (NUMBERS_AS_NUMBERS, NUMBER, "5", "on", "off"),
    (NUMBERS_AS_NUMBERS, NUMBER, 5.0, "off", "on"),
    (NUMBERS_AS_NUMBERS, NUMBER | {"type": "LESS_THAN_OR_EQUAL_NUMBER"}, 4.5, "off", "on"),
    (NUMBERS_AS_NUMBERS, NUMBER, (5,), "off", "on"),
    (NUMBERS_AS_NUMBERS, TEXT, 5.0, "off", "on"),
    (NUMBERS_AS_NUMBERS, TEXT, ("DE",), "off", "on"),
    (NUMBERS_AS_NUMBERS, TEXT | {"type": "STARTS_WITH_STRING"}, 57, "on", "off"),
    (NUMBERS_AS_NUMBERS, SET, "ab", "on", "off"),
    (BOOLEANS_AS_BOOLEANS, BOOLEAN, "tRUE", "on", "off"),
    (BOOLEANS_AS_BOOLEANS, BOOLEAN, (True,), "off", "on"),
    (DATES_IN_MS, DATE, str(LATER), "on", "off"),
    (DATES_IN_MS, DATE, "2024-01-01T00:00:00Z", "off", "on"),
    (DATES_IN_MS, DATE, float(LATER), "off", "on"),
    (BUILD_METADATA, VERSION, "1.2.3+7", "off", "on"),
    (BUILD_METADATA, VERSION, "01.2.3", "on", "off"),
]


@pytest.mark.parametrize(("name", "matcher", "value", "split", "launchdarkly"), DIFFER)
@pytest.mark.parametrize("negated", [False, True])
def test_approximation_makes_this_difference(
    name: str, matcher: Object, value: Value | tuple[Value, ...], split: str, launchdarkly: str, negated: bool
) -> None:
    definition = matching(matcher | {"negate": negated})
    context = Context("someone", {matcher["attribute"]: value})
    turned = {"on": "off", "off": "on"} if negated else {"on": "on", "off": "off"}
    assert judge([definition])("flag", context) == turned[split]
    assert served(read(definition), context) == {turned[split]: 100.0}
    assert served(read(definition), context, (name,)) == {turned[launchdarkly]: 100.0}


@pytest.mark.parametrize(
    ("matcher", "value"),
    [
        (TEXT, 5),  # a number that is written like a text of the list has a twin there
        (TEXT, "DE"),
        (NUMBER, 5),
        (BOOLEAN, True),
        (BOOLEAN, "TRUE"),
        (DATE, LATER),
        (VERSION, "1.2.3"),
        (SET, ("a", "b")),
    ],
)
def test_approximation_makes_no_other_difference(matcher: Object, value: Value | tuple[Value, ...]) -> None:
    definition = matching(matcher)
    context = Context("someone", {matcher["attribute"]: value})
    assert judge([definition])("flag", context) == "on"
    for names in ((), (NUMBERS_AS_NUMBERS, BOOLEANS_AS_BOOLEANS, DATES_IN_MS, BUILD_METADATA)):
        assert served(read(definition), context, names) == {"on": 100.0}


def test_missing_attribute_of_a_negated_matcher_differs_by_name() -> None:
    definition, context = matching(NUMBER | {"negate": True}), Context("someone")
    assert judge([definition])("flag", context) == "on"
    assert served(read(definition), context) == {"on": 100.0}
    assert served(read(definition), context, (MISSING_WHEN_NEGATED,)) == {"off": 100.0}
    assert served(read(definition, "java"), context) == {"off": 100.0}


def test_killed_parent_serves_its_default_treatment() -> None:
    definition, context = matching({"type": "ALL_KEYS"}), Context("someone")
    definition["prerequisites"] = [{"n": "killed", "ts": ["off"]}]
    assert judge([definition])("flag", context) == "on"
    assert served(read(definition), context, (), parents()) == {"on": 100.0}
    assert served(read(definition), context, (PARENT_KILLED_OR_OFF,), parents()) == {"off": 100.0}


def test_python_also_excludes_by_exclusions_of_an_excluded_segment() -> None:
    """Split's SDKs for JavaScript and Java only apply them to that segment. So such a segment counts as unreadable."""
    excluding: dict[str, Any] = {
        "name": "rest",
        "excludedSegments": [{"name": "germans", "type": "rule-based"}],
        "rules": [{"condition": {"combiner": "AND", "matchers": [{"type": "ALL_KEYS", "negate": False}]}}],
    }
    raw = {**SEGMENTS, "rest": excluding}
    definition = matching({"type": "IN_RULE_BASED_SEGMENT", "string": "rest"})
    tester = Context("chloe", {"country": "DE"})
    assert judge([definition], raw)("flag", tester) == "off"
    assert served(replace(read(definition), segments=segments(raw)), tester) == {"on": 100.0}
