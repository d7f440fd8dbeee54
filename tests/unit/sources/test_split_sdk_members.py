"""Matchers that use the data members of Split's SDKs mean what they mean under the Admin API's names."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.split_made import definition
from tui.sources.split.flags import source_flag
from tui.sources.split.targeting import targeting_of
from tui.targeting.losses import Lost, explained

Matcher = dict[str, Any]

NULLS = {
    "userDefinedSegmentMatcherData": None, "userDefinedLargeSegmentMatcherData": None, "whitelistMatcherData": None,
    "unaryNumericMatcherData": None, "betweenMatcherData": None, "booleanMatcherData": None,
    "dependencyMatcherData": None, "stringMatcherData": None, "betweenStringMatcherData": None,
}  # fmt: skip
NOON = 1_700_000_000_000


def number(value: object, kind: str = "NUMBER") -> Matcher:
    return {"unaryNumericMatcherData": {"value": value, "dataType": kind}}


def between(start: object, end: object, kind: str = "NUMBER") -> Matcher:
    return {"betweenMatcherData": {"start": start, "end": end, "dataType": kind}}


# The type, the SDKs' members, the Admin API's members.
SAME: list[tuple[str, Matcher, Matcher]] = [
    ("WHITELIST", {"whitelistMatcherData": {"whitelist": ["DE", "AT"]}}, {"strings": ["DE", "AT"]}),
    ("IN_LIST_STRING", {"whitelistMatcherData": {"whitelist": ["DE"]}}, {"strings": ["DE"]}),
    ("STARTS_WITH", {"whitelistMatcherData": {"whitelist": ["a", "b"]}}, {"strings": ["a", "b"]}),
    ("ENDS_WITH", {"whitelistMatcherData": {"whitelist": ["a"]}}, {"strings": ["a"]}),
    ("CONTAINS_STRING", {"whitelistMatcherData": {"whitelist": ["a"]}}, {"strings": ["a"]}),
    ("EQUAL_TO_SET", {"whitelistMatcherData": {"whitelist": ["a"]}}, {"strings": ["a"]}),
    ("PART_OF_SET", {"whitelistMatcherData": {"whitelist": ["a"]}}, {"strings": ["a"]}),
    ("IN_LIST_SEMVER", {"whitelistMatcherData": {"whitelist": ["1.2.3"]}}, {"strings": ["1.2.3"]}),
    ("EQUAL_TO", number(5), {"number": 5}),
    ("EQUAL_TO", number(0), {"number": 0}),
    ("GREATER_THAN_OR_EQUAL_TO", number(5), {"number": 5}),
    ("LESS_THAN_OR_EQUAL_TO", number(NOON, "DATETIME"), {"date": NOON}),
    ("EQUAL_TO", number(NOON, "DATETIME"), {"date": NOON}),
    ("ON_OR_AFTER_DATE", number(NOON, "DATETIME"), {"date": NOON}),
    ("BETWEEN", between(1, 9), {"between": {"from": 1, "to": 9}}),
    ("BETWEEN", between(NOON, 2 * NOON, "DATETIME"),
     {"between": {"from": NOON, "to": 2 * NOON}, "dataType": "DATETIME"}),
    ("BETWEEN_SEMVER", {"betweenStringMatcherData": {"start": "1.0.0", "end": "2.0.0"}},
     {"between": {"from": "1.0.0", "to": "2.0.0"}}),
    ("MATCHES_STRING", {"stringMatcherData": "^a"}, {"string": "^a"}),
    ("EQUAL_TO_SEMVER", {"stringMatcherData": "1.2.3"}, {"string": "1.2.3"}),
    ("EQUAL_TO_SEMVER", {"unaryStringMatcherData": {"value": "1.2.3"}}, {"string": "1.2.3"}),
    ("EQUAL_TO_BOOLEAN", {"booleanMatcherData": False}, {"bool": False}),
    ("EQUAL_TO_BOOLEAN", {"booleanMatcherData": {"value": True}}, {"bool": True}),
    ("IN_SPLIT_TREATMENT", {"dependencyMatcherData": {"split": "base", "treatments": ["on", "beta"]}},
     {"depends": {"splitName": "base", "treatments": ["on", "beta"]}}),
    ("IN_SEGMENT", {"userDefinedSegmentMatcherData": {"segmentName": "vip"}}, {"string": "vip"}),
    ("IN_RULE_BASED_SEGMENT", {"userDefinedSegmentMatcherData": {"segmentName": "vip"}}, {"string": "vip"}),
    ("IN_LARGE_SEGMENT", {"userDefinedLargeSegmentMatcherData": {"largeSegmentName": "vip"}}, {"string": "vip"}),
]  # fmt: skip


def read(matcher: Matcher) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Lost, ...]]:
    rule = {"condition": {"combiner": "AND", "matchers": [matcher]}, "buckets": [{"treatment": "on", "size": 100}]}
    flag = source_flag({"name": "flag-1", "id": "1"}, definition(1, rules=[rule]))
    return flag.losses, flag.warnings, explained(targeting_of(flag.definition))


@pytest.mark.parametrize("negate", [False, True])
@pytest.mark.parametrize(("kind", "sdk", "admin"), SAME)
def test_sdk_members_read_as_admin_members(kind: str, sdk: Matcher, admin: Matcher, negate: bool) -> None:
    wanted = read({"type": kind, "attribute": "a", "negate": negate, **admin})
    assert read({"type": kind, "attribute": "a", "negate": negate, **NULLS, **sdk}) == wanted
    nulls = dict.fromkeys(admin)
    assert read({"type": kind, "attribute": "a", "negate": negate, **nulls, **NULLS, **sdk}) == wanted
    whole = {"matcherType": kind, "keySelector": {"trafficType": "user", "attribute": "a"}, "negate": negate}
    assert read({**whole, **NULLS, **sdk}) == wanted


@pytest.mark.parametrize("name", NULLS)
@pytest.mark.parametrize("value", [7, "x", [], {}, [{}], True, {"whitelist": 3}, {"value": []}])
def test_odd_sdk_members_break_nothing(name: str, value: object) -> None:
    for kind in ("WHITELIST", "EQUAL_TO", "BETWEEN", "IN_SPLIT", "EQUAL_TO_SEMVER", "BETWEEN_SEMVER", "BOOLEAN"):
        losses, _, lost = read({"type": kind, name: value})
        assert losses
        assert all(each.text.isprintable() for each in lost)
