"""What LaunchDarkly serves a context with a rebuilt flag, as a distribution: percents of variations, without hashing.

The order and the meaning of clauses are those of LaunchDarkly's server SDKs (launchdarkly-server-sdk 9.20.0, and the
test data of launchdarkly/sdk-test-harness). Every salt is another, so rollouts of flags and of segments are independent
of each other. As in `tui.targeting.evaluate`, each evaluation is of one fall of the buckets.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Hashable, Mapping
from datetime import UTC, datetime
from functools import lru_cache

from tui.rebuild.model import (
    WHOLE,
    Clause,
    FlagTargeting,
    HelperSegment,
    Rollout,
    SegmentRule,
    Serve,
)
from tui.targeting.buckets import Fall, distribution
from tui.targeting.evaluate import ANY_KEY
from tui.targeting.expressions import expression
from tui.targeting.model import Context, Value


def served(
    targeting: FlagTargeting,
    context: Context,
    segments: Mapping[str, HelperSegment] = {},
    parents: Mapping[str, FlagTargeting] = {},
    salts: Mapping[str, str] = {},
) -> dict[int, float]:
    """Return the indexes of the variations that LaunchDarkly serves, with percents that add up to 100.

    The flag and its parents are evaluated as if they were on. A prerequisite on a flag that isn't in `parents` fails.
    The context is of the flag's kind; without a key it has some key that no value mentions. `salts` have what
    `bucket` hashes for the flag itself ("") and for its parents: then the context gets its own variation.
    """
    return distribution(
        lambda fall: _Evaluation(context, segments, parents, salts, fall).variation(targeting, ""), WHOLE
    )


def bucket(salt: str, value: object) -> float:
    """Return where LaunchDarkly puts a value between 0 and 1. `salt` is "flagKey.salt", or the seed of a rollout.

    Only text and whole numbers have a place of their own, everything else is at 0.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return 0.0
    digest = hashlib.sha1(f"{salt}.{value}".encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
    return int(digest[:15], 16) / 0xFFFFFFFFFFFFFFF


class _Evaluation:
    """The flag and its parents for one fall of the buckets."""

    def __init__(
        self,
        context: Context,
        segments: Mapping[str, HelperSegment],
        parents: Mapping[str, FlagTargeting],
        salts: Mapping[str, str],
        fall: Fall,
    ) -> None:
        self._key = ANY_KEY if context.key is None else context.key
        self._attributes = context.attributes
        self._segments = segments
        self._parents = parents
        self._salts = salts
        self._fall = fall
        self._open: list[str] = []  # parents that are being evaluated

    def variation(self, targeting: FlagTargeting, flag: str) -> int:
        if not all(self._meets(item.flag, item.variation) for item in targeting.prerequisites):
            return targeting.off
        for variation, keys in targeting.targets:
            if self._key in keys:
                return variation
        for rule in targeting.rules:
            if self._all_true(rule.clauses, targeting.kind):
                return self._serve(rule.serve, flag)
        return self._serve(targeting.default, flag)

    def _meets(self, flag: str, variation: int) -> bool:
        parent = self._parents.get(flag)
        if parent is None or flag in self._open:
            return False
        self._open.append(flag)
        served = self.variation(parent, flag)
        self._open.pop()
        return served == variation

    def _serve(self, serve: Serve, flag: str) -> int:
        """Return the variation whose weights have the bucket; a context without the attribute has bucket 0."""
        if not isinstance(serve, Rollout):
            return serve
        order = serve.order or range(len(serve.weights))
        weighted = [(variation, serve.weights[variation]) for variation in order if serve.weights[variation] > 0]
        limit = 0
        for variation, weight in weighted[:-1]:
            limit += weight
            if self._below((flag, serve.by), serve.by, limit, self._salts.get(flag)):
                return variation
        return weighted[-1][0]

    # --- clauses and segments

    def _all_true(self, clauses: tuple[Clause, ...], kind: str) -> bool:
        return all(self._is_true(clause, kind) for clause in clauses)

    def _is_true(self, clause: Clause, kind: str) -> bool:
        """A missing attribute makes a clause false, negated or not; of a list, one element that matches is enough."""
        if clause.op == "segmentMatch":
            return any(self._in_segment(str(key), kind) for key in clause.values) != clause.negate
        value = kind if clause.attribute == "kind" else self._value(clause.attribute)
        if value is None:
            return False
        elements = value if isinstance(value, tuple) else (value,)
        compare = _OPERATORS[clause.op]
        return any(compare(element, wanted) for element in elements for wanted in clause.values) != clause.negate

    def _in_segment(self, key: str, kind: str) -> bool:
        segment = self._segments.get(key)
        if segment is None:
            return False
        if self._key in segment.included:
            return True
        if self._key in segment.excluded:
            return False
        return any(self._in_rule(rule, key, kind) for rule in segment.rules)

    def _in_rule(self, rule: SegmentRule, segment: str, kind: str) -> bool:
        if not self._all_true(rule.clauses, kind):
            return False
        return rule.weight is None or self._below(("segment", segment, rule.by), rule.by, rule.weight)

    def _value(self, reference: str) -> Value | tuple[Value, ...] | None:
        if reference in ("", "key"):
            return self._key
        return self._attributes.get(attribute_of(reference))

    # --- buckets

    def _below(self, place: Hashable, by: str, weight: int, salt: str | None = None) -> bool:
        value = self._value(by)
        if salt is not None:
            return bucket(salt, value) < weight / WHOLE
        # Only text and whole numbers have a bucket, everything else has bucket 0.
        if isinstance(value, bool) or not isinstance(value, str | int):
            return weight > 0
        return self._fall.below(place, weight)


def attribute_of(reference: str) -> str:
    """Return the attribute that a reference names; those to a part of an object aren't used here."""
    if not reference.startswith("/"):
        return reference
    return reference[1:].replace("~1", "/").replace("~0", "~")


# --- operators: never is a value converted to another type


def _is(value: Value, wanted: Value) -> bool:
    return isinstance(value, bool) == isinstance(wanted, bool) and value == wanted


def _text(compare: Callable[[str, str], bool]) -> Callable[[Value, Value], bool]:
    return lambda value, wanted: isinstance(value, str) and isinstance(wanted, str) and compare(value, wanted)


def _number(compare: Callable[[float, float], bool]) -> Callable[[Value, Value], bool]:
    return lambda value, wanted: _is_number(value) and _is_number(wanted) and compare(_float(value), _float(wanted))


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _float(value: Value) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if isinstance(value, int) and value > 0 else float("-inf")


def _time(compare: Callable[[float, float], bool]) -> Callable[[Value, Value], bool]:
    def holds(value: Value, wanted: Value) -> bool:
        at, limit = _moment(value), _moment(wanted)
        return at is not None and limit is not None and compare(at, limit)

    return holds


def _moment(value: Value) -> float | None:
    """Return the milliseconds of a number or of text as in RFC 3339, None for anything else."""
    if isinstance(value, str):
        return _written_moment(value)
    return _float(value) if _is_number(value) else None


_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_EPOCH = datetime.fromtimestamp(0, UTC)


@lru_cache(4_000)
def _written_moment(text: str) -> float | None:
    if not _RFC_3339.fullmatch(text):
        return None
    try:
        return (datetime.fromisoformat(text) - _EPOCH).total_seconds() * 1000
    except ValueError:
        return None


_VERSION = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
    r"(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?",
    re.ASCII,
)

_Rank = tuple[int, int, int, int, tuple[tuple[int, int, str], ...]]


def _version(compare: Callable[[_Rank, _Rank], bool]) -> Callable[[Value, Value], bool]:
    def holds(value: Value, wanted: Value) -> bool:
        if not isinstance(value, str) or not isinstance(wanted, str):
            return False
        version, limit = _rank(value), _rank(wanted)
        return version is not None and limit is not None and compare(version, limit)

    return holds


@lru_cache(4_000)
def _rank(text: str) -> _Rank | None:
    """Return what orders versions as semver.org does; "1" and "1.2" are completed with zeros. None: no version."""
    for _ in range(3):
        if match := _VERSION.fullmatch(text):
            break
        digits = re.match(r"[0-9.]*", text)
        end = digits.end() if digits else 0
        text = f"{text[:end]}.0{text[end:]}"
    else:
        return None
    early = match[4].split(".") if match[4] else []
    try:
        parts = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in early)
        return int(match[1]), int(match[2]), int(match[3]), 0 if early else 1, parts
    except ValueError:  # thousands of digits
        return None


def _matches(value: str, pattern: str) -> bool:
    compiled = expression(pattern)
    return compiled is not None and compiled.search(value) is not None


_OPERATORS: Mapping[str, Callable[[Value, Value], bool]] = {
    "in": _is,
    "startsWith": _text(str.startswith),
    "endsWith": _text(str.endswith),
    "contains": _text(lambda value, part: part in value),
    "matches": _text(_matches),
    "lessThan": _number(lambda value, limit: value < limit),
    "lessThanOrEqual": _number(lambda value, limit: value <= limit),
    "greaterThan": _number(lambda value, limit: value > limit),
    "greaterThanOrEqual": _number(lambda value, limit: value >= limit),
    "before": _time(lambda at, limit: at < limit),
    "after": _time(lambda at, limit: at > limit),
    "semVerEqual": _version(lambda version, limit: version == limit),
    "semVerLessThan": _version(lambda version, limit: version < limit),
    "semVerGreaterThan": _version(lambda version, limit: version > limit),
}
