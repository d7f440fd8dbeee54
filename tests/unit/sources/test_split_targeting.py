"""A Split definition as targeting: every matcher, and nothing dropped that isn't understood."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.sources.split import targeting as split_targeting
from tui.sources.split.targeting import targeting_of
from tui.targeting.losses import explained
from tui.targeting.model import (
    KEY,
    Condition,
    Everyone,
    InSegment,
    Operator,
    Parent,
    Rule,
    Serves,
    Shares,
    Target,
    Test,
    Unknown,
)

Object = dict[str, Any]

MINUTE = 1_700_000_000_000
CORPUS = json.loads((Path(__file__).parent.parent / "split_corpus.json").read_text(encoding="utf-8"))


def definition(*matchers: Object, **more: object) -> Object:
    rule = {
        "condition": {"combiner": "AND", "matchers": list(matchers)},
        "buckets": [{"treatment": "on", "size": 100}],
    }
    return {
        "name": "checkout",
        "environment": {"id": "e-1", "name": "production"},
        "trafficType": {"id": "t-1", "name": "user"},
        "killed": False,
        "treatments": [{"name": "on"}, {"name": "off"}],
        "defaultTreatment": "off",
        "trafficAllocation": 100,
        "rules": [rule] if matchers else [],
        "defaultRule": [{"treatment": "off", "size": 100}],
        **more,
    }


def only_condition(matcher: Object, sdk: str = "") -> Condition:
    targeting = targeting_of(definition(matcher), sdk)
    assert not targeting.unknown, targeting.unknown
    return targeting.rules[0].conditions[0]


def test_definition_has_every_part() -> None:
    targeting = targeting_of(
        definition(
            {"type": "IN_LIST_STRING", "attribute": "country", "strings": ["DE"], "negate": False},
            {"type": "IN_SEGMENT", "string": "staff", "negate": True},
            treatments=[
                {"name": "on", "keys": ["ana", "ben"], "segments": ["vip"], "configurations": '{"color": "red"}'},
                {"name": "off", "keys": [], "segments": None, "configurations": "{ }", "description": "nothing"},
            ],
            trafficAllocation=40,
            defaultRule=[{"treatment": "on", "size": 25}, {"treatment": "off", "size": 75}],
            prerequisites=[{"n": "base", "ts": ["on", "beta"]}, {"name": "other", "treatments": ["on"]}],
            creationTime=1,
            lastUpdateTime=2,
            lastTrafficReceivedAt=3,
            flagSets=[{"id": "f", "type": "FlagSet"}],
            baselineTreatment="off",
            owners=[{"id": "o", "type": "user"}],
            tags=[{"name": "web"}],
        )
    )
    assert not targeting.unknown
    assert (targeting.origin, targeting.flag, targeting.kind) == ("split", "checkout", "user")
    assert (targeting.variations, targeting.off, targeting.on) == (("on", "off"), "off", True)
    assert targeting.targets == (Target("on", ("ana", "ben"), ("vip",)),)
    assert targeting.allocation == 40
    assert targeting.default == Shares((("on", 25.0), ("off", 75.0)))
    assert targeting.parents == (Parent("base", ("on", "beta")), Parent("other", ("on",)))
    country = Test("country", Operator.IN, ("DE",))
    assert targeting.rules == (Rule((country, InSegment("staff", negated=True)), Shares((("on", 100.0),))),)
    assert targeting.configured == ("on",)


ADMIN: list[tuple[Object, Operator, tuple[object, ...]]] = [
    ({"type": "IN_LIST_STRING", "strings": ["a", "b"]}, Operator.IN, ("a", "b")),
    ({"type": "STARTS_WITH_STRING", "strings": ["a"]}, Operator.STARTS_WITH, ("a",)),
    ({"type": "ENDS_WITH_STRING", "strings": ["a"]}, Operator.ENDS_WITH, ("a",)),
    ({"type": "CONTAINS_STRING", "strings": ["a"]}, Operator.CONTAINS, ("a",)),
    ({"type": "MATCHES_STRING", "string": "^a"}, Operator.MATCHES, ("^a",)),
    ({"type": "ANY_OF_SET", "strings": ["a"]}, Operator.HAS_ANY, ("a",)),
    ({"type": "ALL_OF_SET", "strings": ["a"]}, Operator.HAS_ALL, ("a",)),
    ({"type": "EQUAL_SET", "strings": ["a"]}, Operator.SET_EQUALS, ("a",)),
    ({"type": "PART_OF_SET", "strings": ["a"]}, Operator.PART_OF, ("a",)),
    ({"type": "BOOLEAN", "bool": False}, Operator.IS_TRUE_OR_FALSE, (False,)),
    ({"type": "EQUAL_NUMBER", "number": 0}, Operator.NUMBER_IS, (0,)),
    ({"type": "LESS_THAN_OR_EQUAL_NUMBER", "number": 5}, Operator.NUMBER_AT_MOST, (5,)),
    ({"type": "GREATER_THAN_OR_EQUAL_NUMBER", "number": 2.5}, Operator.NUMBER_AT_LEAST, (2.5,)),
    ({"type": "BETWEEN_NUMBER", "between": {"from": 1, "to": 9}}, Operator.NUMBER_BETWEEN, (1, 9)),
    ({"type": "ON_DATE", "date": MINUTE}, Operator.DATE_ON, (MINUTE,)),
    ({"type": "ON_OR_AFTER_DATE", "date": MINUTE // 1000}, Operator.DATE_FROM, (MINUTE,)),
    ({"type": "ON_OR_BEFORE_DATE", "date": MINUTE}, Operator.DATE_UNTIL, (MINUTE,)),
    ({"type": "BETWEEN_DATE", "between": [MINUTE, 2 * MINUTE]}, Operator.DATE_BETWEEN, (MINUTE, 2 * MINUTE)),
    ({"type": "EQUAL_TO_SEMVER", "string": "1.2.3"}, Operator.VERSION_IS, ("1.2.3",)),
    ({"type": "GREATER_THAN_OR_EQUAL_TO_SEMVER", "string": "1.2.3-a"}, Operator.VERSION_AT_LEAST, ("1.2.3-a",)),
    ({"type": "LESS_THAN_OR_EQUAL_TO_SEMVER", "string": "1.2.3"}, Operator.VERSION_AT_MOST, ("1.2.3",)),
    ({"type": "BETWEEN_SEMVER", "betweenString": {"start": "1.0.0", "end": "2.0.0"}}, Operator.VERSION_BETWEEN,
     ("1.0.0", "2.0.0")),
    ({"type": "IN_LIST_SEMVER", "strings": ["1.0.0", "2.0.0"]}, Operator.VERSION_IS, ("1.0.0", "2.0.0")),
]  # fmt: skip

SDK: list[tuple[Object, Operator, tuple[object, ...]]] = [
    ({"matcherType": "WHITELIST", "whitelistMatcherData": {"whitelist": ["a"]}}, Operator.IN, ("a",)),
    ({"matcherType": "STARTS_WITH", "whitelistMatcherData": {"whitelist": ["a"]}}, Operator.STARTS_WITH, ("a",)),
    ({"matcherType": "CONTAINS_ALL_OF_SET", "whitelistMatcherData": {"whitelist": ["a"]}}, Operator.HAS_ALL, ("a",)),
    ({"matcherType": "EQUAL_TO", "unaryNumericMatcherData": {"dataType": "NUMBER", "value": 5}},
     Operator.NUMBER_IS, (5,)),
    ({"matcherType": "EQUAL_TO", "unaryNumericMatcherData": {"dataType": "DATETIME", "value": MINUTE}},
     Operator.DATE_ON, (MINUTE,)),
    ({"matcherType": "BETWEEN", "betweenMatcherData": {"dataType": "DATETIME", "start": MINUTE, "end": MINUTE}},
     Operator.DATE_BETWEEN, (MINUTE, MINUTE)),
    ({"matcherType": "BETWEEN_SEMVER", "betweenStringMatcherData": {"start": "1.0.0", "end": "2.0.0"}},
     Operator.VERSION_BETWEEN, ("1.0.0", "2.0.0")),
    ({"matcherType": "EQUAL_TO_BOOLEAN", "booleanMatcherData": True}, Operator.IS_TRUE_OR_FALSE, (True,)),
    ({"matcherType": "MATCHES_STRING", "stringMatcherData": "^a"}, Operator.MATCHES, ("^a",)),
]  # fmt: skip


@pytest.mark.parametrize(("matcher", "operator", "values"), ADMIN)
def test_matchers_of_the_admin_api(matcher: Object, operator: Operator, values: tuple[str, ...]) -> None:
    nulls = dict.fromkeys(("string", "strings", "number", "date", "between", "bool", "depends"))
    assert only_condition({**nulls, **matcher, "attribute": "a"}) == Test("a", operator, values)
    assert only_condition({**matcher, "attribute": None}) == Test(KEY, operator, values)


@pytest.mark.parametrize(("matcher", "operator", "values"), SDK)
def test_matchers_of_the_sdks(matcher: Object, operator: Operator, values: tuple[str, ...]) -> None:
    selector = {"trafficType": "user", "attribute": "a"}
    assert only_condition({**matcher, "keySelector": selector, "negate": False}) == Test("a", operator, values)


@pytest.mark.parametrize(
    ("matcher", "expected"),
    [
        ({"type": "ALL_KEYS"}, Everyone()),
        ({"type": "ALL_KEYS", "negate": True}, Everyone(negated=True)),
        ({"type": "IN_SEGMENT", "string": "vip"}, InSegment("vip")),
        (
            {"type": "IN_RULE_BASED_SEGMENT", "string": "vip", "negate": True},
            InSegment("vip", negated=True, rule_based=True),
        ),
        ({"type": "IN_LARGE_SEGMENT", "string": "vip"}, InSegment("vip", large=True)),
        ({"type": "IN_SPLIT", "depends": {"splitName": "base", "treatment": "on"}}, Serves("base", ("on",))),
        (
            {"matcherType": "IN_SPLIT_TREATMENT", "dependencyMatcherData": {"split": "base", "treatments": ["a", "b"]}},
            Serves("base", ("a", "b")),
        ),
    ],
)
def test_matchers_without_attribute(matcher: Object, expected: Condition) -> None:
    assert only_condition(matcher) == expected


@pytest.mark.parametrize(
    ("sdk", "missing", "depends"),
    [("", True, True), ("python", True, False), ("go", True, False), ("java", False, False)],
)
def test_sdk_decides_what_negation_says_of_a_missing_attribute(sdk: str, missing: bool, depends: bool) -> None:
    matcher = {"type": "EQUAL_NUMBER", "attribute": "a", "number": 1, "negate": True}
    expected = Test("a", Operator.NUMBER_IS, (1,), negated=True, missing=missing, depends_on_sdk=depends)
    assert only_condition(matcher, sdk) == expected
    on_key = only_condition({"type": "IN_LIST_STRING", "strings": ["x"], "negate": True}, sdk)
    assert on_key == Test(KEY, Operator.IN, ("x",), negated=True)


def changed(path: str, value: object) -> Object:
    """A definition that is understood, with one member changed."""
    whole = definition(
        {"type": "IN_LIST_STRING", "attribute": "a", "strings": ["x"]},
        {"type": "IN_SPLIT", "depends": {"splitName": "base", "treatment": "on"}},
        prerequisites=[{"n": "base", "ts": ["on"]}],
    )
    *parts, last = path.split(".")
    at: Any = whole
    for part in parts:
        at = at[int(part)] if part.isdigit() else at[part]
    at[int(last) if last.isdigit() else last] = value
    return whole


RULE = "rules.0"
MATCHER = "rules.0.condition.matchers.0"
CASES = [
    ("seed", 5), ("status", "ARCHIVED"), ("conditions", [{}]), ("foo", False), ("foo", 0),
    (f"{RULE}.foo", 1), ("rules.0.condition.foo", 1), (f"{RULE}.buckets.0.foo", 1), (f"{MATCHER}.foo", 1),
    ("treatments.0.foo", 1), ("prerequisites.0.foo", 1), ("rules.0.condition.matchers.1.depends.foo", 1),
    ("rules.0.condition.combiner", "OR"), ("rules.0.condition.combiner", 7), ("rules.0.condition.matchers", []),
    (f"{MATCHER}.type", "IS_FULL_MOON"), (f"{MATCHER}.type", None), (f"{MATCHER}.negate", "yes"),
    (f"{MATCHER}.negate", 1), (f"{MATCHER}.attribute", 5), (f"{MATCHER}.strings", None), (f"{MATCHER}.strings", "x"),
    (f"{MATCHER}.strings", [5]), (f"{MATCHER}.string", "y"), (f"{MATCHER}.dataType", "DATETIME"), (MATCHER, None),
    (MATCHER, {"type": "ALL_KEYS", "attribute": "a"}), (MATCHER, {"type": "IN_SEGMENT", "string": ""}),
    (MATCHER, {"type": "IN_SEGMENT", "string": "vip", "attribute": "a"}),
    (MATCHER, {"type": "EQUAL_NUMBER", "attribute": "a", "number": "5"}),
    (MATCHER, {"type": "EQUAL_NUMBER", "attribute": "a", "number": True}),
    (MATCHER, {"type": "BETWEEN_NUMBER", "attribute": "a", "between": {"from": 1}}),
    (MATCHER, {"type": "BETWEEN_NUMBER", "attribute": "a", "between": {"from": 1, "to": 2, "step": 1}}),
    (MATCHER, {"type": "ON_DATE", "attribute": "a", "date": "2024-01-01"}),
    (MATCHER, {"type": "EQUAL_TO_SEMVER", "attribute": "a", "string": "1.2"}),
    (MATCHER, {"type": "IN_LIST_SEMVER", "attribute": "a", "strings": []}),
    (MATCHER, {"type": "ALL_OF_SET", "attribute": "a", "strings": []}),
    (MATCHER, {"type": "BOOLEAN", "attribute": "a", "bool": "true"}),
    (MATCHER, {"type": "IN_SPLIT", "depends": {"splitName": "base"}}),
    (MATCHER, {"type": "IN_SPLIT", "depends": {"treatment": "on"}}),
    (MATCHER, {"matcherType": "WHITELIST", "keySelector": {"foo": 1}, "whitelistMatcherData": {"whitelist": ["x"]}}),
    ("killed", "maybe"), ("trafficType", None), ("trafficAllocation", 101), ("trafficAllocation", 12.5),
    ("trafficAllocation", "all"), ("defaultTreatment", "gone"), ("defaultTreatment", None), ("defaultRule", []),
    ("defaultRule", None), ("defaultRule.0.size", 50), ("defaultRule.0.size", 12.5), ("defaultRule.0.size", -5),
    ("defaultRule.0.size", None), ("defaultRule.0.treatment", "gone"), (f"{RULE}.buckets.0.size", 99),
    (f"{RULE}.buckets", None), ("treatments", []), ("treatments.0.name", "off"), ("treatments.0.name", ""),
    ("treatments.0.keys", "ana"), ("treatments.0.keys", [5]), ("treatments.0.segments", [None]), ("rules", {}),
    ("prerequisites", "base"), ("prerequisites", ["base"]), ("prerequisites.0.ts", []), ("prerequisites.0.ts", [5]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value"), CASES)
def test_part_that_is_not_understood_is_reported(path: str, value: object) -> None:
    assert not targeting_of(changed("id", "x")).unknown
    targeting = targeting_of(changed(path, value))
    assert targeting.unknown
    assert all(text.endswith("Rebuild this flag by hand.") and text.isprintable() for text in targeting.unknown)


@pytest.mark.parametrize("value", [None, "", [], {}])
@pytest.mark.parametrize("path", ["foo", f"{RULE}.foo", f"{MATCHER}.foo", "treatments.0.foo"])
def test_empty_value_of_an_unknown_member_is_fine(path: str, value: object) -> None:
    assert not targeting_of(changed(path, value)).unknown


def test_unknown_matcher_stays_in_its_rule() -> None:
    rule = targeting_of(definition({"type": "IS_FULL_MOON", "attribute": "sky"}, {"type": "ALL_KEYS"})).rules[0]
    assert rule.conditions == (Unknown("matcher IS_FULL_MOON", "sky matches IS_FULL_MOON", "matcher"), Everyone())


def test_killed_flag_is_off_and_keeps_its_rules() -> None:
    for killed in (True, "true"):
        targeting = targeting_of(definition({"type": "ALL_KEYS"}, killed=killed))
        assert (targeting.on, len(targeting.rules), targeting.unknown) == (False, 1, ())


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: str(case["about"]))
def test_corpus_is_understood_or_says_why(case: Object) -> None:
    whole = case.get("definition") or {}
    targeting = targeting_of({"trafficType": {"name": "user"}, **whole})
    strange = ("nobody knows", "share", "percent", "no number", "not among", "without matchers", "no treatments")
    if targeting.unknown and whole:
        assert any(word in case["about"] for word in strange), targeting.unknown


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
PLACES = sorted({path for path, _ in CASES} | {RULE, f"{RULE}.condition", f"{MATCHER}.between", "defaultRule.0"})


@given(st.lists(st.tuples(st.sampled_from(PLACES), JSON), min_size=1, max_size=3))
def test_no_json_breaks_the_reading(changes: list[tuple[str, object]]) -> None:
    for path, value in changes:
        targeting = targeting_of(copy.deepcopy(changed(path, value)))
        assert all(lost.text.isprintable() for lost in explained(targeting))
    assert list(split_targeting.configured({"treatments": [value for _, value in changes]})) is not None
