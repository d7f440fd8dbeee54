"""Random Split definitions and contexts, and Split's own evaluator to judge them.

Definitions are written as the Admin API writes them. The judge, splitio_client, reads the payload of Split's SDKs, so a
translator stands between; it is written apart from the product's reading, and knows only what is generated here.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

from tui.sources.split.segments import rule_based
from tui.targeting.model import Context, Segment, Value

Object = dict[str, Any]
Judge = Callable[[str, Context], str]
"""Returns the treatment of a flag for a context."""

KEYS = ("ana", "ben", "chloe", "dan", "eve", "u-1", "u-2", "5", "true")
MINUTE, DAY = 60_000, 86_400_000
SOME_DAY = 1_700_000_000_000

TEXTS = ("DE", "AT", "de", "DEU", "gold", "a.b", "5", "2.5", "true", "")
PATTERNS = ("^D", "E$", "[a-z]+", "^(DE|AT)$", "\\d", "o.d", "a\\.b")
NUMBERS = (0, 1, 5, 18, -3, 100)
DATES = tuple(SOME_DAY + offset for offset in (0, 1, MINUTE, 59_999, DAY, -DAY, 3 * MINUTE + 17))
VERSIONS = ("1.2.3", "1.2.4", "1.10.0", "2.0.0", "1.2.3-alpha.1", "1.2.3-alpha.beta", "1.2.3-2", "1.2.3-10", "1.2.3+7")
ODD_VERSIONS = ("1.2", "v1.2.3", "01.2.3", "1.2.3-", "1.2.3-alpha.01", "1.2.3.4", "1.2.3+", " 1.2.3", "1.2.3+8", "abc")
SET = ("a", "b", "c", "d")
ODD: tuple[Value | tuple[Value, ...], ...] = (
    5, 5.0, 2.5, True, False, "5", " 5 ", "true", "TRUE", "True", "nothing", "", "a", ("a", "x"), (5,), ("DE",),
)  # fmt: skip
"""Values of another type than the rule expects, and texts that look like one."""

BY_TYPE: Mapping[str, tuple[str, ...]] = {
    "text": ("country", "plan"),
    "number": ("age", "orders"),
    "boolean": ("beta", "paid"),
    "date": ("signup", "seen"),
    "version": ("app", "os"),
    "set": ("groups", "roles"),
}
ATTRIBUTES = tuple((kind, name) for kind, names in BY_TYPE.items() for name in names)


# --- segments and other flags that rules may name


SEGMENTS: Mapping[str, Sequence[str] | Object] = {
    "staff": ("ana", "ben"),
    "testers": ("chloe", "5"),
    "nobody": (),
    "germans": {
        "name": "germans",
        "trafficType": {"id": "t", "name": "user"},
        "excludedKeys": ["dan"],
        "excludedSegments": [{"name": "testers", "type": "standard"}],
        "rules": [
            {"condition": {"combiner": "AND", "matchers": [
                {"type": "IN_LIST_STRING", "attribute": "country", "strings": ["DE", "AT"], "negate": False},
                {"type": "IN_SEGMENT", "string": "nobody", "negate": True},
            ]}},
            {"condition": {"combiner": "AND", "matchers": [
                {"type": "GREATER_THAN_OR_EQUAL_NUMBER", "attribute": "age", "number": 18, "negate": True},
            ]}},
        ],
    },
    "adults": {
        "name": "adults",
        "rules": [{"condition": {"combiner": "AND", "matchers": [
            {"type": "GREATER_THAN_OR_EQUAL_NUMBER", "attribute": "age", "number": 18, "negate": False},
        ]}}],
    },
    "others": {
        "name": "others",
        "excludedKeys": ["eve"],
        "excludedSegments": [{"name": "staff", "type": "standard"}, {"name": "adults", "type": "rule-based"}],
        "rules": [
            {"condition": {"combiner": "AND", "matchers": [
                {"type": "IN_RULE_BASED_SEGMENT", "string": "germans", "negate": True}]}},
            {"condition": {"combiner": "AND", "matchers": [{"type": "ALL_KEYS", "negate": True}]}},
        ],
    },
}  # fmt: skip
"""Keys of standard segments, and rule-based ones as the Admin API writes them."""


def segments(raw: Mapping[str, Sequence[str] | Object] = SEGMENTS) -> dict[str, Segment]:
    """The same, as the product reads them."""
    return {
        name: rule_based(content).segment if isinstance(content, dict) else Segment(name, included=tuple(content))
        for name, content in raw.items()
    }


def _flag(name: str, **more: object) -> Object:
    return {
        "name": name,
        "environment": {"id": "e-1", "name": "production"},
        "trafficType": {"id": "t-1", "name": "user"},
        "killed": False,
        "treatments": [{"name": "on", "configurations": None}, {"name": "off", "configurations": None}],
        "defaultTreatment": "off",
        "baselineTreatment": "off",
        "trafficAllocation": 100,
        "rules": [],
        "defaultRule": [{"treatment": "on", "size": 100}],
        "creationTime": SOME_DAY,
        **more,
    }


PARENTS: Sequence[Object] = (
    _flag("base"),
    _flag("germany", defaultRule=[{"treatment": "off", "size": 100}], rules=[{
        "condition": {"combiner": "AND", "matchers": [
            {"type": "IN_LIST_STRING", "attribute": "country", "strings": ["DE"], "negate": False}]},
        "buckets": [{"treatment": "on", "size": 100}],
    }]),
    _flag("killed", killed=True),
)  # fmt: skip
"""Flags that others depend on."""


# --- definitions


def definitions(rng: Random, name: str = "flag", *, shares: bool = False) -> Object:
    """A definition with up to six rules. With `shares` its rules, its default rule or its allocation divide users."""
    treatments = ["on", "off", "blue"][: rng.choice((2, 2, 3))]
    flag = _flag(name)
    flag["treatments"] = [{"name": treatment, "configurations": None} for treatment in treatments]
    if rng.random() < 0.3:
        flag["treatments"][0]["keys"] = rng.sample(KEYS, 2)
    if rng.random() < 0.2:
        flag["treatments"][rng.randrange(len(treatments))]["segments"] = [rng.choice(("staff", "testers"))]
    flag["rules"] = [
        {
            "condition": {"combiner": "AND", "matchers": [_matcher(rng) for _ in range(rng.choice((1, 1, 2, 3)))]},
            "buckets": _buckets(rng, treatments, shares),
        }
        for _ in range(rng.randrange(1, 7))
    ]
    flag["defaultTreatment"] = rng.choice(treatments)
    flag["defaultRule"] = _buckets(rng, treatments, shares)
    if shares and rng.random() < 0.4:
        flag["trafficAllocation"] = rng.choice((0, 10, 40, 99))
    if rng.random() < 0.15:
        parents = rng.sample([parent["name"] for parent in PARENTS], rng.choice((1, 2)))
        flag["prerequisites"] = [{"n": parent, "ts": rng.choice((["on"], ["off", "on"]))} for parent in parents]
    return flag


def _buckets(rng: Random, treatments: Sequence[str], shares: bool) -> list[Object]:
    if not shares or rng.random() < 0.3:
        return [{"treatment": rng.choice(treatments), "size": 100}]
    rest, buckets = 100, []
    for treatment in treatments[:-1]:
        size = rng.choice((0, 1, 10, 25, 50)) if rest > 50 else rng.randrange(rest + 1)
        buckets.append({"treatment": treatment, "size": size})
        rest -= size
    return [*buckets, {"treatment": treatments[-1], "size": rest}]


def _matcher(rng: Random) -> Object:
    matcher = rng.choice(MATCHERS)(rng)
    return matcher | {"negate": rng.random() < 0.4}


def _about(rng: Random, kind: str) -> Object:
    """A text matcher may ask for the key itself."""
    on_key = kind == "text" and rng.random() < 0.25
    return {"attribute": None if on_key else rng.choice(BY_TYPE[kind])}


def _strings(kind: str, matcher: str, values: Sequence[str]) -> Callable[[Random], Object]:
    def make(rng: Random) -> Object:
        about = _about(rng, kind)
        pool = KEYS if about["attribute"] is None else values
        return about | {"type": matcher, "strings": rng.sample(pool, rng.randrange(1, 4))}

    return make


def _one(kind: str, matcher: str, member: str, values: Sequence[object]) -> Callable[[Random], Object]:
    return lambda rng: _about(rng, kind) | {"type": matcher, member: rng.choice(values)}


def _between(kind: str, matcher: str, values: Sequence[Any]) -> Callable[[Random], Object]:
    def make(rng: Random) -> Object:
        start, end = sorted(rng.sample(values, 2))
        return _about(rng, kind) | {"type": matcher, "between": {"from": start, "to": end}}

    return make


def _alone(matcher: str, member: str, values: Sequence[object]) -> Callable[[Random], Object]:
    return lambda rng: {"type": matcher, member: rng.choice(values)}


_DEPENDS = tuple(
    {"splitName": parent["name"], "treatment": treatment} for parent in PARENTS for treatment in ("on", "off")
)
MATCHERS: Sequence[Callable[[Random], Object]] = (
    lambda rng: {"type": "ALL_KEYS"},
    _alone("IN_SEGMENT", "string", ("staff", "testers", "nobody")),
    _alone("IN_RULE_BASED_SEGMENT", "string", ("germans", "adults", "others")),
    _alone("IN_SPLIT", "depends", _DEPENDS),
    _strings("text", "IN_LIST_STRING", TEXTS),
    _strings("text", "STARTS_WITH_STRING", TEXTS),
    _strings("text", "ENDS_WITH_STRING", TEXTS),
    _strings("text", "CONTAINS_STRING", TEXTS),
    _one("text", "MATCHES_STRING", "string", PATTERNS),
    _strings("set", "ANY_OF_SET", SET),
    _strings("set", "ALL_OF_SET", SET),
    _strings("set", "EQUAL_SET", SET),
    _strings("set", "PART_OF_SET", SET),
    _one("boolean", "BOOLEAN", "bool", (True, False)),
    _one("number", "EQUAL_NUMBER", "number", NUMBERS),
    _one("number", "LESS_THAN_OR_EQUAL_NUMBER", "number", NUMBERS),
    _one("number", "GREATER_THAN_OR_EQUAL_NUMBER", "number", NUMBERS),
    _between("number", "BETWEEN_NUMBER", NUMBERS),
    _one("date", "ON_DATE", "date", DATES),
    _one("date", "ON_OR_AFTER_DATE", "date", DATES),
    _one("date", "ON_OR_BEFORE_DATE", "date", (*DATES, SOME_DAY // 1000)),
    _between("date", "BETWEEN_DATE", DATES),
    _one("version", "EQUAL_TO_SEMVER", "string", VERSIONS),
    _one("version", "GREATER_THAN_OR_EQUAL_TO_SEMVER", "string", VERSIONS),
    _one("version", "LESS_THAN_OR_EQUAL_TO_SEMVER", "string", VERSIONS),
    _between("version", "BETWEEN_SEMVER", VERSIONS),
    _strings("version", "IN_LIST_SEMVER", VERSIONS),
)


# --- contexts


def contexts(rng: Random, definition: Object, *, odd: float = 0.1, missing: float = 0.5) -> Iterator[Context]:
    """Endless contexts for a definition: the values of its matchers and their neighbors, then others.

    An attribute is missing with the probability `missing`, and otherwise of another type with `odd`.
    """
    near = _near(definition)
    while True:
        attributes: dict[str, Value | tuple[Value, ...]] = {}
        for kind, name in ATTRIBUTES:
            if rng.random() < missing:
                continue
            if rng.random() < odd:
                attributes[name] = rng.choice(ODD_VERSIONS if kind == "version" else ODD)
            elif kind != "set" and near.get(name) and rng.random() < 0.7:
                attributes[name] = rng.choice(near[name])
            else:
                attributes[name] = _value(rng, kind)
        yield Context(rng.choice(KEYS), attributes)


def _value(rng: Random, kind: str) -> Value | tuple[Value, ...]:
    match kind:
        case "text":
            return rng.choice(TEXTS)
        case "number":
            return rng.choice(NUMBERS)
        case "boolean":
            return rng.random() < 0.5
        case "date":
            return rng.choice(DATES)
        case "version":
            return rng.choice(VERSIONS)
        case _:
            return tuple(rng.sample(SET, rng.randrange(4)))


def _near(definition: Object) -> dict[str, list[Value]]:
    """By attribute, the values of its matchers and those just beside them."""
    near: dict[str, list[Value]] = {}
    for matcher in (matcher for rule in definition["rules"] for matcher in rule["condition"]["matchers"]):
        values: list[Value] = near.setdefault(matcher.get("attribute") or "", [])
        between = matcher.get("between") or {}
        values += matcher.get("strings", ())
        for number in (
            matcher.get("number"),
            *(end for end in between.values() if isinstance(end, int) and end < 10**9),
        ):
            values += () if number is None else (number - 1, number, number + 1)
        for date in (matcher.get("date"), *(end for end in between.values() if isinstance(end, int) and end > 10**9)):
            values += (
                () if date is None else (date - 1, date, date + MINUTE, date - date % DAY, date - date % DAY + DAY)
            )
        values += [matcher["string"]] if matcher["type"].endswith("SEMVER") and "string" in matcher else []
    return near


# --- the judge


def judge(whole: Iterable[Object], raw: Mapping[str, Sequence[str] | Object] = SEGMENTS) -> Judge:
    """Split's evaluator for these definitions and `PARENTS`. `raw` are segments as in `SEGMENTS`.

    The Python SDK wants dates in seconds; here they are milliseconds, as for Split's other SDKs.
    """
    logging.getLogger("splitio").setLevel(logging.CRITICAL)  # a line for each value of another type
    module = importlib.import_module
    evaluator_module = module("splitio.engine.evaluator")
    fallback = module("splitio.models.fallback_config").FallbackTreatmentCalculator(None)
    evaluator = evaluator_module.Evaluator(module("splitio.engine.splitters").Splitter(), fallback)
    payloads = map(payload, (*PARENTS, *whole))
    flags = {each["name"]: module("splitio.models.splits").from_raw(each) for each in payloads}
    standard = {name: frozenset(keys) for name, keys in raw.items() if not isinstance(keys, dict)}
    based = {
        name: module("splitio.models.rule_based_segments").from_raw(_segment_payload(content))
        for name, content in raw.items()
        if isinstance(content, dict)
    }

    def treatment(flag: str, context: Context) -> str:
        members = {name: context.key in keys for name, keys in standard.items()}
        world = evaluator_module.EvaluationContext(flags, members, based)
        attributes = {name: _as_python(name, value) for name, value in context.attributes.items()}
        return str(evaluator.eval_with_context(context.key, None, flag, attributes, world)["treatment"])

    return treatment


def _as_python(name: str, value: Value | tuple[Value, ...]) -> object:
    if isinstance(value, tuple):
        return list(value)
    if name not in BY_TYPE["date"] or isinstance(value, bool):
        return value
    if isinstance(value, str):
        try:
            return str(int(value) // 1000)
        except ValueError:
            return value
    return value // 1000 if isinstance(value, int) else value


def payload(definition: Object) -> Object:
    """A definition as Split's SDKs read it: individual targets, then rules, then the default rule as a rule."""
    targets = [
        _condition([_whitelist(treatment["keys"])], [{"treatment": treatment["name"], "size": 100}], "WHITELIST")
        for treatment in definition["treatments"]
        if treatment.get("keys")
    ]
    targets += [
        _condition([_payload_matcher({"type": "IN_SEGMENT", "string": segment})],
                   [{"treatment": treatment["name"], "size": 100}], "WHITELIST")
        for treatment in definition["treatments"]
        for segment in treatment.get("segments") or ()
    ]  # fmt: skip
    rules = [
        _condition([_payload_matcher(matcher) for matcher in rule["condition"]["matchers"]], rule["buckets"], "ROLLOUT")
        for rule in definition["rules"]
    ]
    everyone = _condition([_payload_matcher({"type": "ALL_KEYS"})], definition["defaultRule"], "ROLLOUT")
    number = sum(definition["name"].encode())
    return {
        "name": definition["name"],
        "trafficTypeName": definition["trafficType"]["name"],
        "seed": 1_000_003 * number,
        "trafficAllocationSeed": -7_919 * number,
        "algo": 2,
        "status": "ACTIVE",
        "changeNumber": 1,
        "killed": definition["killed"],
        "defaultTreatment": definition["defaultTreatment"],
        "trafficAllocation": definition["trafficAllocation"],
        "conditions": [*targets, *rules, everyone],
        "prerequisites": definition.get("prerequisites", []),
    }


def _condition(matchers: list[Object], buckets: list[Object], kind: str) -> Object:
    return {
        "conditionType": kind,
        "label": kind,
        "matcherGroup": {"combiner": "AND", "matchers": matchers},
        "partitions": buckets,
    }


def _segment_payload(segment: Object) -> Object:
    conditions = [
        _condition([_payload_matcher(matcher) for matcher in rule["condition"]["matchers"]], [], "ROLLOUT")
        for rule in segment["rules"]
    ]
    excluded = {"keys": segment.get("excludedKeys", []), "segments": segment.get("excludedSegments", [])}
    return {
        "name": segment["name"],
        "trafficTypeName": "user",
        "changeNumber": 1,
        "status": "ACTIVE",
        "conditions": conditions,
        "excluded": excluded,
    }


def _whitelist(keys: list[str]) -> Object:
    return _payload_matcher({"type": "IN_LIST_STRING", "strings": keys})


_SDK_TYPES = {
    "IN_LIST_STRING": "WHITELIST",
    "STARTS_WITH_STRING": "STARTS_WITH",
    "ENDS_WITH_STRING": "ENDS_WITH",
    "ANY_OF_SET": "CONTAINS_ANY_OF_SET",
    "ALL_OF_SET": "CONTAINS_ALL_OF_SET",
    "EQUAL_SET": "EQUAL_TO_SET",
    "BOOLEAN": "EQUAL_TO_BOOLEAN",
    "EQUAL_NUMBER": "EQUAL_TO",
    "ON_DATE": "EQUAL_TO",
    "LESS_THAN_OR_EQUAL_NUMBER": "LESS_THAN_OR_EQUAL_TO",
    "ON_OR_BEFORE_DATE": "LESS_THAN_OR_EQUAL_TO",
    "GREATER_THAN_OR_EQUAL_NUMBER": "GREATER_THAN_OR_EQUAL_TO",
    "ON_OR_AFTER_DATE": "GREATER_THAN_OR_EQUAL_TO",
    "BETWEEN_NUMBER": "BETWEEN",
    "BETWEEN_DATE": "BETWEEN",
    "IN_SPLIT": "IN_SPLIT_TREATMENT",
}


def _payload_matcher(matcher: Object) -> Object:
    """Split's server writes dates in milliseconds, whatever the Admin API was given."""
    kind = matcher["type"]
    shape: Object = {
        "matcherType": _SDK_TYPES.get(kind, kind),
        "negate": matcher.get("negate", False),
        "keySelector": {"trafficType": "user", "attribute": matcher.get("attribute")},
    }
    data_type = "DATETIME" if kind.endswith("_DATE") else "NUMBER"
    if "strings" in matcher:
        shape["whitelistMatcherData"] = {"whitelist": matcher["strings"]}
    elif kind in ("IN_SEGMENT", "IN_RULE_BASED_SEGMENT"):
        shape["userDefinedSegmentMatcherData"] = {"segmentName": matcher["string"]}
    elif "string" in matcher:
        shape["stringMatcherData"] = matcher["string"]
    elif "bool" in matcher:
        shape["booleanMatcherData"] = matcher["bool"]
    elif "depends" in matcher:
        depends = matcher["depends"]
        shape["dependencyMatcherData"] = {"split": depends["splitName"], "treatments": [depends["treatment"]]}
    elif kind == "BETWEEN_SEMVER":
        shape["betweenStringMatcherData"] = {"start": matcher["between"]["from"], "end": matcher["between"]["to"]}
    elif "between" in matcher:
        ends = {"start": matcher["between"]["from"], "end": matcher["between"]["to"]}
        shape["betweenMatcherData"] = {"dataType": data_type, **ends}
    elif "number" in matcher or "date" in matcher:
        value: Any = matcher.get("number", matcher.get("date"))
        in_seconds = "date" in matcher and value < 10**11
        shape["unaryNumericMatcherData"] = {"dataType": data_type, "value": value * 1000 if in_seconds else value}
    return shape
