"""Segments of Split, read over real HTTP: pages, both kinds, and refusals that stay with their segment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from pydantic import SecretStr

from tests.unit.sources_server import Asked, Reply, serving
from tests.unit.split_made import ANSWERS, BASE, KEY, no_wait
from tui.net.client import Http
from tui.net.errors import Failure
from tui.sources.base import Connection
from tui.sources.split.segments import MOST_KEYS, SegmentKind, named, read_segments, rule_based
from tui.sources.split.targeting import targeting_of
from tui.targeting.model import KEY as CONTEXT_KEY
from tui.targeting.model import InSegment, Operator, Segment, Test

Object = dict[str, Any]

KEYS = f"{BASE}/segments/env-1"
RULES = f"{BASE}/rule-based-segments/ws/ws-1/environments/env-1"
ENVIRONMENTS = f"{BASE}/environments/ws/ws-1"
ANYONE = {"condition": {"combiner": "AND", "matchers": [{"type": "ALL_KEYS", "negate": False}]}}


def segment(name: str, *rules: Object, **more: object) -> Object:
    return {
        "name": name,
        "environment": {"id": "env-1", "name": "production"},
        "trafficType": {"id": "t", "name": "user"},
        "creationTime": 1,
        "rules": list(rules),
        "excludedKeys": [],
        "excludedSegments": [],
        **more,
    }


def rule(*matchers: Object) -> Object:
    return {"condition": {"combiner": "AND", "matchers": list(matchers)}}


def nested(name: str, kind: str = "IN_SEGMENT") -> Object:
    return rule({"type": kind, "string": name, "negate": False})


@dataclass
class MadeSegments:
    """Answers for the environment env-1, named production."""

    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rules: Sequence[Object] = ()
    bare: Literal["whole", "paged", ""] = "whole"
    counted: bool = True
    by: str = "authorization"
    before: Callable[[str], Reply | None] = lambda path: None
    asked: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Reply:
        path = unquote(asked.path)
        self.asked.append(asked.target.removeprefix(BASE))
        if asked.headers.get(self.by) != (f"Bearer {KEY}" if self.by == "authorization" else KEY):
            return Reply(401, {"code": 401, "message": "Unauthorized"})
        if (reply := self.before(path)) is not None:
            return reply
        query = {name: values[0] for name, values in parse_qs(urlsplit(asked.target).query).items()}
        offset, limit = int(query.get("offset", 0)), int(query.get("limit", 20))
        if path == ENVIRONMENTS:
            return Reply(200, [{"id": "env-1", "name": "production"}, {"id": "env-2", "name": "staging"}])
        if path == RULES:
            if self.bare:
                return Reply(200, list(self.rules if self.bare == "whole" else self.rules[offset : offset + limit]))
            page = list(self.rules[offset : offset + limit])
            return Reply(200, {"objects": page, "offset": offset, "limit": limit, "totalCount": len(self.rules)})
        name = path.removeprefix(f"{KEYS}/").removesuffix("/keys")
        if name not in self.keys:
            return Reply(404, {"code": 404, "message": "Not found"})
        assert limit == 100
        page = [{"key": key} for key in self.keys[name][offset : offset + limit]]
        count = {"count": len(self.keys[name])} if self.counted else {}
        return Reply(200, {"keys": page, "offset": offset, "limit": limit, **count})

    def requests(self, start: str) -> list[str]:
        return [target for target in self.asked if target.startswith(start)]


def wanted(
    *standard: str, rule_based: Sequence[str] = (), large: Sequence[str] = ()
) -> dict[str, frozenset[SegmentKind]]:
    return {
        **{name: frozenset[SegmentKind]({"standard"}) for name in standard},
        **{name: frozenset[SegmentKind]({"rule-based"}) for name in rule_based},
        **{name: frozenset[SegmentKind]({"large"}) for name in large},
    }


async def read(
    made: MadeSegments,
    names: Mapping[str, frozenset[SegmentKind]],
    answers: Mapping[str, str] = ANSWERS,
    sdk: str = "",
) -> dict[str, Segment]:
    async with serving(made) as server, Http(sleep=no_wait) as http:
        return await read_segments(Connection(http, server.url + BASE, SecretStr(KEY)), answers, names, sdk)


def test_flags_name_segments_with_their_kinds() -> None:
    matchers: list[Object] = [
        {"type": "IN_SEGMENT", "string": "staff"},
        {"type": "IN_RULE_BASED_SEGMENT", "string": "germans", "negate": True},
        {"type": "IN_LARGE_SEGMENT", "string": "many"},
        {"type": "IN_RULE_BASED_SEGMENT", "string": "vip"},
    ]
    whole = {"treatments": [{"name": "on", "segments": ["vip"]}], "rules": [rule(*matchers)]}
    assert named([targeting_of(whole)]) == {
        "staff": {"standard"},
        "germans": {"rule-based"},
        "many": {"large"},
        "vip": {"standard", "rule-based"},
    }


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("number", [0, 1, 99, 100, 250])
async def test_keys_are_read_page_by_page(number: int, counted: bool) -> None:
    keys = [f"user-{place}" for place in range(number)]
    made = MadeSegments({"staff": keys}, counted=counted)
    assert await read(made, wanted("staff")) == {"staff": Segment("staff", included=tuple(keys))}
    assert made.requests("/segments")[0] == "/segments/env-1/staff/keys?limit=100&offset=0"
    assert not made.requests("/rule-based-segments")


@pytest.mark.parametrize("counted", [True, False])
async def test_more_keys_than_launchdarkly_takes_are_not_read_to_the_end(counted: bool) -> None:
    made = MadeSegments({"many": range_of(20_000)}, counted=counted)
    found = (await read(made, wanted("many")))["many"]
    assert found == Segment(
        "many", unreadable="Segment many can't be read: it has more than 15,000 keys, too many for LaunchDarkly."
    )
    assert len(made.requests("/segments")) <= (6 if counted else 152)


async def test_as_many_keys_as_launchdarkly_takes_are_read() -> None:
    found = (await read(MadeSegments({"many": range_of(MOST_KEYS)}), wanted("many")))["many"]
    assert (len(found.included), found.unreadable) == (MOST_KEYS, "")


def range_of(number: int) -> list[str]:
    return [f"user-{place}" for place in range(number)]


@pytest.mark.parametrize("bare", ["whole", "paged", ""])
async def test_rule_based_segment_is_read_with_those_it_names(bare: Literal["whole", "paged", ""]) -> None:
    country = {"type": "IN_LIST_STRING", "attribute": "country", "strings": ["DE"], "negate": True}
    germans = segment(
        "germans",
        rule(country, {"type": "IN_SEGMENT", "string": "staff", "negate": True}),
        nested("inner", "IN_RULE_BASED_SEGMENT"),
        excludedKeys=["ana"],
        excludedSegments=[{"name": "banned", "type": "standard"}, {"name": "inner", "type": "rule-based"}],
    )
    others = [segment(f"other-{number}") for number in range(60)]
    made = MadeSegments(
        {"staff": ["ben"], "banned": ["dan"]},
        [germans, *others, segment("inner", nested("deep")), segment("unused")],
        bare,
    )
    made.keys = {**made.keys, "deep": ["eve"]}
    found = await read(made, wanted(rule_based=["germans"]), sdk="java")
    assert found == {
        "germans": Segment(
            "germans",
            excluded=("ana",),
            excluded_segments=("banned", "inner"),
            rules=(
                (Test("country", Operator.IN, ("DE",), negated=True), InSegment("staff", negated=True)),
                (InSegment("inner", rule_based=True),),
            ),
        ),
        "inner": Segment("inner", rules=((InSegment("deep"),),)),
        "staff": Segment("staff", included=("ben",)),
        "banned": Segment("banned", included=("dan",)),
        "deep": Segment("deep", included=("eve",)),
    }
    assert len(made.requests("/rule-based-segments")) == (1 if bare == "whole" else 2)


@pytest.mark.parametrize("bare", ["whole", "paged"])
async def test_as_many_rule_based_segments_as_a_page_holds_may_be_a_part(bare: Literal["whole", "paged"]) -> None:
    """Split's own client asks for the next page of a bare array if it got as many as it asked for."""
    many = [segment(f"segment-{number}", ANYONE) for number in range(50)]
    made = MadeSegments(rules=many, bare=bare)
    assert not (await read(made, wanted(rule_based=["segment-49"])))["segment-49"].unreadable
    assert len(made.requests("/rule-based-segments")) == 2


async def test_bare_array_may_have_many_pages() -> None:
    made = MadeSegments(rules=[segment(f"segment-{number}", ANYONE) for number in range(113)], bare="paged")
    assert not (await read(made, wanted(rule_based=["segment-112"])))["segment-112"].unreadable
    assert len(made.requests("/rule-based-segments")) == 3


REFUSALS = [
    (402, "the account's plan at Split doesn't include segments (402)"),
    (403, "the role of the Admin API key doesn't allow reading segments (403)"),
    (404, "Split has no such segment in this environment, or the key can't see it (404)"),
    (500, "Split failed (500)"),
    (503, "Split failed (503)"),
    (418, 'Split rejected the request (418): "No"'),
]


@pytest.mark.parametrize(("status", "reason"), REFUSALS)
async def test_refused_segment_leaves_the_others(status: int, reason: str) -> None:
    def before(path: str) -> Reply | None:
        return Reply(status, {"code": status, "message": "No"}) if "/bad/" in path else None

    found = await read(MadeSegments({"bad": ["x"], "good": ["y"]}, before=before), wanted("bad", "good"))
    assert found["good"] == Segment("good", included=("y",))
    assert found["bad"].unreadable == f"Segment bad can't be read: {reason}."
    assert not found["bad"].included


@pytest.mark.parametrize(("status", "reason"), REFUSALS)
async def test_refused_list_of_rule_based_segments_leaves_standard_ones(status: int, reason: str) -> None:
    def before(path: str) -> Reply | None:
        return Reply(status, {"code": status, "message": "No"}) if path == RULES else None

    made = MadeSegments({"good": ["y"]}, before=before)
    found = await read(made, wanted("good", rule_based=["germans", "others"]))
    assert found["good"] == Segment("good", included=("y",))
    text = reason.replace("segment", "rule-based segment")
    assert found["germans"].unreadable == f"Segment germans can't be read: {text}."
    assert len(made.requests("/rule-based-segments")) == (3 if status >= 500 else 1)


async def test_rejected_key_ends_the_reading() -> None:
    made = MadeSegments({"good": ["y"]}, by="nothing")
    with pytest.raises(Failure) as caught:
        await read(made, wanted("good", "other", rule_based=["germans"]))
    assert caught.value.status_code == 401


@pytest.mark.parametrize("body", [[], {}, {"keys": None}, {"keys": [5]}, {"keys": [{"id": "x"}]}, "keys", b"<html>"])
async def test_answer_that_is_no_list_of_keys_is_unreadable(body: object) -> None:
    made = MadeSegments(before=lambda path: Reply(200, body) if path.endswith("/keys") else None)
    found = (await read(made, wanted("staff")))["staff"]
    assert found.unreadable.startswith("Segment staff can't be read: ")
    assert found.unreadable.isprintable()


async def test_key_may_go_in_the_other_header() -> None:
    made = MadeSegments({"staff": ["ana"]}, by="x-api-key")
    assert (await read(made, wanted("staff")))["staff"].included == ("ana",)


async def test_large_segment_is_not_asked_for() -> None:
    made = MadeSegments()
    found = (await read(made, wanted(large=["many"])))["many"]
    assert found.unreadable == "Segment many can't be read: Split doesn't show the keys of large segments."
    assert not made.asked


@pytest.mark.parametrize("entered", ["production", "env-1"])
async def test_keys_are_asked_by_the_environments_id(entered: str) -> None:
    made = MadeSegments({"staff": ["ana"]})
    found = await read(made, wanted("staff"), {**ANSWERS, "environmentId": entered})
    assert found["staff"].included == ("ana",)


async def test_environment_is_taken_as_entered_if_it_cannot_be_looked_up() -> None:
    made = MadeSegments(
        {"staff": ["ana"]}, before=lambda path: Reply(403, {"code": 403}) if path == ENVIRONMENTS else None
    )
    assert (await read(made, wanted("staff")))["staff"].included == ("ana",)


async def test_individual_target_may_name_a_rule_based_segment() -> None:
    made = MadeSegments(rules=[segment("vip", ANYONE, excludedSegments=[{"name": "none", "type": "standard"}])])
    made.keys = {"none": []}
    found = await read(made, wanted("vip"))
    assert found["vip"].rules
    assert not found["none"].unreadable


async def test_segment_of_both_kinds_is_unreadable() -> None:
    made = MadeSegments({"vip": ["ana"]}, [segment("vip", ANYONE)])
    found = (await read(made, {"vip": frozenset[SegmentKind]({"standard", "rule-based"})}))["vip"]
    assert found.unreadable.endswith("rules name it as a standard segment and as a rule-based one.")


async def test_name_of_a_segment_is_quoted() -> None:
    made = MadeSegments({"a b/ü?": ["ana"]})
    assert (await read(made, wanted("a b/ü?")))["a b/ü?"].included == ("ana",)
    assert "/segments/env-1/a%20b%2F%C3%BC%3F/keys" in made.asked[-1]


async def test_segment_that_depends_on_an_unreadable_one_is_unreadable() -> None:
    rules = [
        segment("outer", nested("inner", "IN_RULE_BASED_SEGMENT")),
        segment("inner", nested("gone")),
        segment("round", nested("about", "IN_RULE_BASED_SEGMENT")),
        segment("about", nested("round", "IN_RULE_BASED_SEGMENT")),
        segment("self", excludedSegments=[{"name": "self", "type": "rule-based"}]),
        segment("picky", ANYONE, excludedSegments=[{"name": "fussy", "type": "RULE_BASED_SEGMENT"}]),
        segment("fussy", ANYONE, excludedKeys=["ana"]),
    ]
    made = MadeSegments(rules=rules)
    found = await read(made, wanted(rule_based=["outer", "round", "self", "picky", "missing"]))
    reasons = {name: each.unreadable.partition(": ")[2] for name, each in found.items()}
    assert reasons == {
        "outer": "it depends on segment inner, which can't be read.",
        "inner": "it depends on segment gone, which can't be read.",
        "gone": "Split has no such segment in this environment, or the key can't see it (404).",
        "round": "it depends on segment about, which can't be read.",
        "about": "it depends on itself.",
        "self": "it depends on itself.",
        "picky": "it excludes segment fussy, which has exclusions of its own, and Split's SDKs disagree about those.",
        "fussy": "",
        "missing": "Split doesn't list it among this environment's rule-based segments.",
    }


OPERATORS: list[tuple[Object, Test]] = [
    ({"operator": "equals", "value": "DE"}, Test("a", Operator.IN, ("DE",))),
    ({"operator": "IN_LIST", "value": ["DE", "AT"]}, Test("a", Operator.IN, ("DE", "AT"))),
    ({"operator": "equals", "value": 5}, Test("a", Operator.NUMBER_IS, (5,))),
    ({"operator": "contains", "value": "x"}, Test("a", Operator.CONTAINS, ("x",))),
    ({"operator": "starts_with", "value": "x"}, Test("a", Operator.STARTS_WITH, ("x",))),
    ({"operator": "ends_with", "value": ["x", "y"]}, Test("a", Operator.ENDS_WITH, ("x", "y"))),
    ({"operator": "matches", "value": "^x"}, Test("a", Operator.MATCHES, ("^x",))),
    ({"operator": "greater_than_or_equal", "value": 18}, Test("a", Operator.NUMBER_AT_LEAST, (18,))),
    ({"operator": "less_than_or_equal", "value": 18}, Test("a", Operator.NUMBER_AT_MOST, (18,))),
    ({"operator": "not_equals", "value": "DE"}, Test("a", Operator.IN, ("DE",), True, True, depends_on_sdk=True)),
    ({"operator": "not_equals", "value": "DE", "negate": True}, Test("a", Operator.IN, ("DE",))),
]


@pytest.mark.parametrize("inline", [True, False])
@pytest.mark.parametrize(("matcher", "expected"), OPERATORS)
def test_matchers_with_operator_and_value(matcher: Object, expected: Test, inline: bool) -> None:
    matcher = {"attribute": "a", **matcher}
    found = rule_based(segment("s", matcher if inline else rule(matcher))).segment
    assert found == Segment("s", rules=((expected,),))


def test_matcher_without_attribute_is_about_the_key() -> None:
    found = rule_based(segment("s", rule({"operator": "equals", "value": "ana"}))).segment
    assert found.rules == ((Test(CONTEXT_KEY, Operator.IN, ("ana",)),),)


@pytest.mark.parametrize(
    "item",
    [
        segment("s", ANYONE, foo=1),
        segment("s", ANYONE, status="ARCHIVED"),
        segment("s", {**ANYONE, "foo": 1}),
        segment("s", {"condition": {"combiner": "OR", "matchers": ANYONE["condition"]["matchers"]}}),
        segment("s", rule()),
        segment("s", {}),
        segment("s", rule({"type": "IS_FULL_MOON", "attribute": "a"})),
        segment("s", rule({"attribute": "a", "operator": "greater_than", "value": 5})),
        segment("s", rule({"attribute": "a", "operator": "contains", "value": 5})),
        segment("s", rule({"attribute": "a", "operator": "equals", "value": None})),
        segment("s", rule({"attribute": "a", "operator": "equals", "value": "x", "foo": 1})),
        segment("s", rules={}),
        segment("s", ANYONE, excludedKeys="ana"),
        segment("s", ANYONE, excludedKeys=[5]),
        segment("s", ANYONE, excludedSegments=[{"name": "x", "type": "odd"}]),
        segment("s", ANYONE, excludedSegments=[{"type": "standard"}]),
        segment("s", ANYONE, excludedSegments=["x"]),
        segment("s", ANYONE, excludedSegments=[{"name": "x", "type": "standard", "foo": 1}]),
    ],
)
def test_part_that_is_not_understood_makes_a_segment_unreadable(item: Object) -> None:
    found = rule_based(item).segment
    assert found.unreadable.startswith("Segment s can't be read: it has ")
    assert not found.rules


async def test_excluded_large_segment_makes_a_segment_unreadable() -> None:
    made = MadeSegments(rules=[segment("s", ANYONE, excludedSegments=[{"name": "many", "type": "large"}])])
    found = await read(made, wanted(rule_based=["s"]))
    assert found["s"].unreadable == "Segment s can't be read: it depends on segment many, which can't be read."
