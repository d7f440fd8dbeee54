"""Random Unleash features, contexts that come close to what they test, and Unleash's own engine as their judge."""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

from tui.targeting.model import Context, Value

Feature = dict[str, Any]
"""A feature as the client API gives it, with the segments that it names beside it."""

Judge = Callable[[str, Context], bool | str | None]
"""What the engine serves of a flag: on or off; of a flag with variants the variant's name, None if it is off."""

STICKY = ("userId", "sessionId", "account")
"""Attributes that shares are made by. `contexts` gives them few values, so that rules meet; see `many`."""

_BUILTIN = ("sessionId", "remoteAddress", "appName", "environment", "currentTime")
_TEXTS = (
    "DE",
    "AT",
    "de",
    "Österreich",
    "öSTERREICH",
    "gold",
    "Gold",
    "a/b",
    'say "hi"',
    "back\\slash",
    "",
    "5",
    "true",
)
_NUMBERS = ("0", "5", "5.0", "-3", "18", "+7", "1e2", "0.5", "99999999999999999999")
_DATES = ("2024-02-29T12:00:00.000Z", "2024-03-01T00:00:00Z", "2024-02-29T13:00:00+01:00", "1969-12-31T23:59:59.999Z")
_VERSIONS = ("1.2.3", "1.2.4", "1.10.0", "2.0.0-rc.1", "2.0.0-rc.2", "2.0.0-rc.10", "2.0.0", "2.0.0+build", "0.0.0")
_PATTERNS = ("^DE$", "^[a-c]+$", r"\d{2,3}", "(gold|silver)", "a.c", "colou?r", "[^x]z$", r"\.com$", "^$", "(")
_NETWORKS = ("10.0.0.1", "10.0.0.0/8", "10.0.0.7/30", "192.168.0.0/255.255.0.0", "0.0.0.0/0", "fe80::/10", "abc", "::1")
_NEAR: Mapping[str, Sequence[Value]] = {
    "text": (*_TEXTS, "Germany", "DEU", "xDE", "GOLD", "goldx", 5, True, False, 5.5, "abc", "12", "x@y.com", "color"),
    "number": (0, 5, 5.0, -3, 17.999, 18, 7, 100, 0.5, 1e20, "5", "5.0", " 5", "+5", "abc", "", "inf", "nan", "5e0",
               True),
    "date": (*_DATES, "2024-02-29T12:00:00.001Z", "2024-02-29 12:00:01Z", "2024-02-29", 1709208000000, "soon", "",
             "2024-2-9T1:02:03Z", "2024-03-01T00:00:00+02:00", "2024-02-29T23:59:60Z"),
    "version": (*_VERSIONS, "1.2", "v1.2.3", "01.2.3", "1.2.3-", "1.2.2", "2.0.0-alpha", "2.0.0-rc", "3", 3, 1.2, ""),
    "address": ("10.0.0.1", "10.0.0.6", "10.255.0.1", "192.168.4.4", "11.0.0.1", "010.0.0.1", "::1", "fe80::1", "abc",
                "::ffff:10.0.0.1", "10.0.0.1/32", 10, ""),
}  # fmt: skip
_ATTRIBUTES: Mapping[str, Sequence[str]] = {
    "text": ("country", "plan", "appName", "environment", "userId", "sessionId", "a/b"),
    "number": ("age", "userId", "plan"),
    "date": ("since",),
    "version": ("app", "appName"),
    "address": ("remoteAddress", "gateway"),
}
_OPERATORS: Sequence[tuple[str, str, Sequence[str]]] = (
    ("IN", "text", _TEXTS), ("NOT_IN", "text", _TEXTS), ("STR_STARTS_WITH", "text", _TEXTS),
    ("STR_ENDS_WITH", "text", _TEXTS), ("STR_CONTAINS", "text", _TEXTS), ("REGEX", "text", _PATTERNS),
    ("NUM_EQ", "number", _NUMBERS), ("NUM_GT", "number", _NUMBERS), ("NUM_GTE", "number", _NUMBERS),
    ("NUM_LT", "number", _NUMBERS), ("NUM_LTE", "number", _NUMBERS), ("DATE_AFTER", "date", _DATES),
    ("DATE_BEFORE", "date", _DATES), ("SEMVER_EQ", "version", _VERSIONS), ("SEMVER_GT", "version", _VERSIONS),
    ("SEMVER_GTE", "version", _VERSIONS), ("SEMVER_LT", "version", _VERSIONS), ("SEMVER_LTE", "version", _VERSIONS),
    ("IN_CIDR", "address", _NETWORKS),
)  # fmt: skip
_MANY = ("IN", "NOT_IN", "STR_STARTS_WITH", "STR_ENDS_WITH", "STR_CONTAINS", "IN_CIDR")


def features(rng: Random) -> list[Feature]:
    """A feature with up to five strategies, then its parents. All are on, but for some of the parents.

    No strategy is about the host's name or the current time: the engine takes those from the machine.
    """
    segments = [_segment(rng, identity) for identity in range(1, 4)]
    name = "".join(rng.choices(string.ascii_lowercase, k=8))
    parents = [_parent(rng, f"{name}-parent-{place}") for place in range(rng.choice((0, 0, 0, 0, 1, 2)))]
    feature = _feature(rng, name, rng.choice((0, 1, 1, 1, 2, 2, 3, 5)))
    feature["dependencies"] = [_dependency(rng, parent) for parent in parents]
    if parents and rng.random() < 0.05:
        feature["dependencies"].append({"feature": "nowhere"})
    return [{**one, "segments": segments} for one in (feature, *parents)]


def contexts(rng: Random, feature: Feature, count: int = 20) -> Iterator[Context]:
    """Contexts with values of the feature's own constraints and others; half of them lack some attributes."""
    constraints = [*_constraints(feature["strategies"]), *_constraints(feature["segments"])]
    known: dict[str, list[Value]] = {"userId": ["u1", "u2", "u3", "5"], "sessionId": ["s1", "u1"], "account": ["x", 7]}
    for kind, names in _ATTRIBUTES.items():
        for name in names:
            known.setdefault(name, []).extend(_NEAR[kind])
    own: dict[str, list[Value]] = {}
    for constraint in constraints:
        values = [*constraint.get("values", ()), constraint.get("value")]
        own.setdefault(constraint["contextName"], []).extend(value for value in values if value is not None)
    for _ in range(count):
        gaps = rng.choice((0.0, 0.4))
        attributes = {
            name: rng.choice(own[name] if own.get(name) and rng.random() < 0.5 else values)
            for name, values in known.items()
            if rng.random() >= gaps
        }
        key = attributes.pop("userId", None)
        yield Context(None if key is None else str(key) or "u1", attributes)


def many(rng: Random, feature: Feature, count: int) -> Iterator[Context]:
    """Contexts that differ only in the attributes that shares are made by: each has values of its own there."""
    common = next(contexts(rng, feature, 1)).attributes
    for place in range(count):
        sticky = {"sessionId": f"session-{place}", "account": f"account-{place}"}
        yield Context(f"user-{place}", {**common, **sticky})


def judge(all_features: Sequence[Feature], segments: Sequence[Mapping[str, Any]] | None = None) -> Judge:
    """Unleash's engine with these features; without `segments` it gets those beside the features."""
    from yggdrasil_engine.engine import UnleashEngine

    named = segments if segments is not None else [part for one in all_features for part in one.get("segments", ())]
    state = {
        "version": 2,
        "features": [{key: value for key, value in one.items() if key != "segments"} for one in all_features],
        "segments": list({part["id"]: part for part in named}.values()),
    }
    engine = UnleashEngine()
    engine.take_state(json.dumps(state))
    with_variants = {one["name"] for one in all_features if one.get("variants")}

    def served(flag: str, context: Context) -> bool | str | None:
        asked = given(context)
        if flag not in with_variants:
            return bool(engine.check_enabled(flag, asked).is_enabled)
        variant = engine.check_variant(flag, asked).variant
        return str(variant.name) if variant.enabled else None

    return served


def given(context: Context) -> dict[str, Any]:
    """A context as an SDK gives it to the engine: everything is text, and fields of one's own are properties."""
    texts = {name: _text(value) for name, value in context.attributes.items() if not isinstance(value, tuple)}
    asked: dict[str, Any] = {name: texts.pop(name) for name in _BUILTIN if name in texts}
    asked["properties"] = texts
    return asked if context.key is None else {**asked, "userId": context.key}


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


# --- parts of features


def _feature(rng: Random, name: str, strategies: int) -> Feature:
    feature: Feature = {"name": name, "enabled": True, "type": "release", "project": "default", "variants": []}
    feature["strategies"] = [_strategy(rng, name) for _ in range(strategies)]
    if rng.random() < 0.25:
        feature["variants"] = _variants(rng)
    elif rng.random() < 0.1 and strategies:
        feature["strategies"][0]["variants"] = [{"name": "blue", "weight": 400}, {"name": "red", "weight": 600}]
    return feature


def _strategy(rng: Random, feature: str) -> Feature:
    group = rng.choice((feature, feature, "shared", "other group 2"))
    percent = str(rng.choice((100, 100, 0, rng.randint(1, 99), rng.randint(1, 99))))
    sticky = rng.choice(("default", "default", "random", *STICKY))
    parameters: Mapping[str, Mapping[str, str]] = {
        "default": {},
        "flexibleRollout": {"rollout": percent, "stickiness": sticky, "groupId": group},
        "gradualRolloutUserId": {"percentage": percent, "groupId": group},
        "gradualRolloutSessionId": {"percentage": percent, "groupId": group},
        "gradualRolloutRandom": {"percentage": percent},
        "userWithId": {"userIds": ", ".join(rng.sample(("u1", "u2", "5", "é t"), rng.randint(0, 3)))},
        "remoteAddress": {"IPs": ",".join(rng.sample(_NETWORKS, rng.randint(0, 2)))},
    }
    name = rng.choice((*parameters, "default", "flexibleRollout", "flexibleRollout", "flexibleRollout"))
    constraints = [_constraint(rng) for _ in range(rng.choice((0, 0, 1, 1, 2, 3)))]
    chosen = dict(parameters[name])
    if name == "flexibleRollout" and rng.random() < 0.2:
        del chosen[rng.choice(("stickiness", "groupId"))]
    segments = rng.sample((1, 2, 3), rng.choice((0, 0, 0, 1, 2)))
    return {"name": name, "parameters": chosen, "constraints": constraints, "segments": segments, "variants": []}


def _constraint(rng: Random) -> Feature:
    operator, kind, values = rng.choice(_OPERATORS)
    constraint: Feature = {"contextName": rng.choice(_ATTRIBUTES[kind]), "operator": operator}
    constraint["inverted"] = rng.random() < 0.25
    constraint["caseInsensitive"] = rng.random() < 0.3
    if operator in _MANY:
        fewest = 0 if kind == "text" and operator.endswith("IN") else 1
        return {**constraint, "values": rng.sample(values, rng.choice((fewest, 1, 1, 2, 3)))}
    return {**constraint, "values": [], "value": rng.choice(values)}


def _segment(rng: Random, identity: int) -> Feature:
    constraints = [_constraint(rng) for _ in range(rng.choice((0, 1, 1, 2)))]
    return {"id": identity, "name": f"segment {identity}", "constraints": constraints}


def _variants(rng: Random) -> list[Feature]:
    sticky = rng.choice(("default", "default", "random", *STICKY))
    variants: list[Feature] = [
        {"name": name, "weight": rng.choice((0, 1, 250, 333, 500)), "stickiness": sticky}
        for name in ("small", "medium", "big")[: rng.randint(1, 3)]
    ]
    variants[-1]["weight"] += 1
    if rng.random() < 0.4:
        name, values = rng.choice((("userId", ["u1", "u2"]), ("plan", ["gold", "5"]), ("country", ["DE"])))
        variants[-1]["overrides"] = [{"contextName": name, "values": values}]
    return variants


def _parent(rng: Random, name: str) -> Feature:
    parent = _feature(rng, name, rng.choice((0, 1, 2)))
    for strategy in parent["strategies"]:
        strategy["variants"] = []
    parent["enabled"] = rng.random() < 0.8
    if rng.random() < 0.05:
        parent["dependencies"] = [{"feature": name}]
    return parent


def _dependency(rng: Random, parent: Feature) -> Feature:
    dependency: Feature = {"feature": parent["name"]}
    if rng.random() < 0.3:
        dependency["enabled"] = rng.random() < 0.3
    if rng.random() < 0.3:
        dependency["variants"] = rng.sample(("small", "medium", "big"), rng.randint(0, 2))
    return dependency


def _constraints(parts: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for part in parts:
        yield from part["constraints"]
