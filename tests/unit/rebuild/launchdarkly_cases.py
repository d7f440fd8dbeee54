"""LaunchDarkly's own evaluator as a judge, and random rebuilt flags for it."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from random import Random
from typing import Any

from tui.rebuild.model import (
    WHOLE,
    Clause,
    FlagRule,
    FlagTargeting,
    HelperSegment,
    Prerequisite,
    Rollout,
    SegmentRule,
    Serve,
)
from tui.targeting.evaluate import ANY_KEY
from tui.targeting.model import Context, Value

Judge = Callable[[str, Context], int]
"""Returns the index of the variation that a flag serves."""


def judge(flags: Mapping[str, FlagTargeting], segments: Iterable[HelperSegment], salt: str = "salt") -> Judge:
    """LaunchDarkly's evaluator for these flags, all of them on, and segments. Each gets a salt made from `salt`."""
    logging.getLogger("ldclient").setLevel(logging.CRITICAL)  # a line for each prerequisite that isn't there
    module = importlib.import_module
    model = module("ldclient.impl.model")
    made = {key: model.FeatureFlag(flag_data(key, flag, salt)) for key, flag in flags.items()}
    known = {one.key: model.Segment(segment_data(one, salt)) for one in segments}
    evaluator = module("ldclient.impl.evaluator").Evaluator(made.get, known.get, lambda key: (None, "HEALTHY"))
    events = module("ldclient.impl.events.types").EventFactory(False)

    def index(flag: str, context: Context) -> int:
        asked = context_of(context, flags[flag].kind)
        detail = evaluator.evaluate(made[flag], asked, events).detail
        assert detail.variation_index is not None, detail.reason
        return int(detail.variation_index)

    return index


def context_of(context: Context, kind: str = "user") -> Any:
    """The context as an app builds it. One without a key gets some key."""
    builder = importlib.import_module("ldclient").Context.builder(ANY_KEY if context.key is None else context.key)
    builder.kind(kind)
    for name, value in context.attributes.items():
        builder.set(name, list(value) if isinstance(value, tuple) else value)
    return builder.build()


def flag_data(key: str, flag: FlagTargeting, salt: str) -> dict[str, Any]:
    """A flag as SDKs get it. Targets of other kinds are apart from those of users."""
    targets = [{"variation": index, "values": list(keys)} for index, keys in flag.targets]
    of_users = flag.kind == "user"
    return {
        "key": key,
        "version": 1,
        "on": True,
        "salt": f"{salt} {key}",
        "variations": list(range(9)),
        "offVariation": flag.off,
        "prerequisites": [{"key": one.flag, "variation": one.variation} for one in flag.prerequisites],
        "targets": targets if of_users else [],
        "contextTargets": [] if of_users else [{**target, "contextKind": flag.kind} for target in targets],
        "rules": [
            {"id": str(place), "clauses": _clauses(rule.clauses, flag.kind), **_serve(rule.serve, flag.kind)}
            for place, rule in enumerate(flag.rules)
        ],
        "fallthrough": _serve(flag.default, flag.kind),
    }


def segment_data(segment: HelperSegment, salt: str) -> dict[str, Any]:
    """A segment as SDKs get it."""
    users = segment.kind == "user"
    lists = (("included", "includedContexts", segment.included), ("excluded", "excludedContexts", segment.excluded))
    keys: dict[str, Any] = {}
    for own, others, values in lists:
        keys |= {own: list(values)} if users else {others: [{"contextKind": segment.kind, "values": list(values)}]}
    rules = [
        {"clauses": _clauses(rule.clauses, segment.kind), "rolloutContextKind": segment.kind}
        | ({} if rule.weight is None else {"weight": rule.weight})
        | ({"bucketBy": rule.by} if rule.by else {})
        for rule in segment.rules
    ]
    return {"key": segment.key, "version": 1, "salt": f"{salt} {segment.key}", "rules": rules, **keys}


def _clauses(clauses: Iterable[Clause], kind: str) -> list[dict[str, Any]]:
    return [
        {
            "contextKind": kind,
            "attribute": clause.attribute,
            "op": clause.op,
            "values": list(clause.values),
            "negate": clause.negate,
        }
        for clause in clauses
    ]


def _serve(serve: Serve, kind: str) -> dict[str, Any]:
    if not isinstance(serve, Rollout):
        return {"variation": serve}
    weights = [{"variation": index, "weight": weight} for index, weight in enumerate(serve.weights)]
    by = {"bucketBy": serve.by} if serve.by else {}
    return {"rollout": {"variations": weights, "contextKind": kind, **by}}


# --- random flags


KEYS = ("ana", "ben", "chloe", "dan")
_VALUES: Mapping[str, tuple[Value, ...]] = {
    "in": ("a", "5", 5, 5.5, True, "true", 0, False, ""),
    "startsWith": ("a", "", "1", 5, True),
    "endsWith": ("a", "c", "", 5),
    "contains": ("b", "", 5, "."),
    "matches": ("^a", "b$", "[0-9]+", "", "a^", "(", 5, "^([a-c])+$"),
    "lessThan": (5, 5.5, "5", 0, True, -1),
    "lessThanOrEqual": (5, 5.5, "5", 1e300),
    "greaterThan": (5, 0, -3, "x"),
    "greaterThanOrEqual": (5, 5.0),
    "before": (1_700_000_000_000, "2023-11-14T22:13:20Z", "2023-11-14", True),
    "after": (1_700_000_000_000, "2023-11-14T22:13:20.5+01:00", "soon", 0),
    "semVerEqual": ("1.2.3", "1.2", "1", "1.2.3-rc.1", "x", 5),
    "semVerLessThan": ("1.2.3", "2.0.0-rc.10", "2.0.0-rc", "2"),
    "semVerGreaterThan": ("1.2.3-alpha.1", "0.9.9+build", "1.2.3-1"),
}
_SOME: tuple[Value, ...] = (
    "a", "abc", "b", "", "5", 5, 5.0, 5.5, 0, 1, -1, True, False, "true", 1_700_000_000_000, 1_700_000_000_001,
    "2023-11-14T22:13:20Z", "2023-11-14T22:13:21+00:00", "2023-11-14", "2023-11-14T23:13:20.5+01:00", "1.2.3", "1.2",
    "1.2.4", "2.0.0-rc.9", "2.0.0-rc.10", "2.0.0-rc.x", "2.0.0-rc", "1.2.3-alpha", "1.2.3-alpha.1.1", "01.2.3",
    "1.2.3-01", "1.2.3+build", "v1", "2", "9" * 400 + ".1.1", 1e300,
)  # fmt: skip
_ATTRIBUTES = ("plain", "/a/b", "x~y", "~1z", "a/b")
_REFERENCES = ("plain", "/~1a~1b", "x~y", "~1z", "a/b")


def rebuilt_flags(rng: Random) -> tuple[dict[str, FlagTargeting], list[HelperSegment]]:
    """A flag "flag" with one or two parents, and segments, some of them with a share."""
    kind = rng.choice(("user", "user", "organization"))
    segments = [_segment(rng, f"s{place}", kind) for place in range(rng.randrange(4))]
    names = [segment.key for segment in segments] + ["nowhere"]
    parents = {f"parent{place}": _flag(rng, names, kind) for place in range(rng.randrange(3))}
    required = tuple(
        Prerequisite(parent, rng.randrange(3)) for parent in (*parents, *(["nowhere"] if rng.random() < 0.02 else []))
    )
    flag = _flag(rng, names, kind)
    with_parents = FlagTargeting(flag.kind, flag.off, flag.default, flag.targets, flag.rules, required)
    return {"flag": with_parents, **parents}, segments


def rebuilt_contexts(rng: Random) -> Iterator[Context]:
    """Endless contexts, half of whose attributes are missing."""
    while True:
        found = {name: _found(rng) for name in _ATTRIBUTES if rng.random() < 0.5}
        yield Context(rng.choice((*KEYS, None)), found)


def _found(rng: Random) -> Value | tuple[Value, ...]:
    return tuple(rng.sample(_SOME, rng.randrange(3))) if rng.random() < 0.15 else rng.choice(_SOME)


def _flag(rng: Random, segments: list[str], kind: str) -> FlagTargeting:
    targets = tuple((index, tuple(rng.sample(KEYS, 1))) for index in range(3) if rng.random() < 0.15)
    rules = tuple(FlagRule(_some_clauses(rng, segments), _random_serve(rng)) for _ in range(rng.randrange(5)))
    return FlagTargeting(kind, rng.randrange(3), _random_serve(rng), targets, rules)


def _random_serve(rng: Random) -> Serve:
    if rng.random() < 0.7:
        return rng.randrange(3)
    first, second = sorted(rng.choices((0, 1, 25_000, 50_000, 99_999, WHOLE), k=2))
    return Rollout((first, second - first, WHOLE - second), rng.choice(("", *_REFERENCES)))


def _some_clauses(rng: Random, segments: list[str]) -> tuple[Clause, ...]:
    return tuple(_clause(rng, segments) for _ in range(rng.choice((0, 1, 1, 1, 2, 3))))


def _clause(rng: Random, segments: list[str]) -> Clause:
    negate = rng.random() < 0.4
    if segments and rng.random() < 0.25:
        return Clause("segmentMatch", "segmentMatch", tuple(rng.choices(segments, k=rng.choice((1, 2)))), negate)
    if rng.random() < 0.1:
        return Clause("kind", "in", (rng.choice(("user", "organization")),), negate)
    if rng.random() < 0.15:
        return Clause("key", rng.choice(("in", "startsWith")), ("ana", "b"), negate)
    op = rng.choice(tuple(_VALUES))
    values = tuple(rng.sample(_VALUES[op], rng.randrange(3)))
    return Clause(rng.choice(_REFERENCES), op, values, negate)


def _segment(rng: Random, key: str, kind: str) -> HelperSegment:
    rules = []
    for _ in range(rng.randrange(3)):
        weight = rng.choice((None, None, 0, 30_000, 60_000, WHOLE))
        rules.append(SegmentRule(_some_clauses(rng, []), weight, rng.choice(("", *_REFERENCES)) if weight else ""))
    included, excluded = rng.sample(KEYS, rng.randrange(2)), rng.sample(KEYS, rng.randrange(2))
    return HelperSegment(key, key, "", tuple(included), tuple(excluded), tuple(rules), kind)
