"""Contexts on which a rebuilt flag is compared with its source: the edges of its conditions, and random ones.

An edge is a value of a condition, the values just beside it, a value of another type, and no value at all. Lists are
values of conditions about lists alone, and what a share is divided by is text or a whole number: of other values
neither source's documentation says anything.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, zip_longest

from tui.rebuild.clauses import CLOCK
from tui.rebuild.parents import needed
from tui.targeting.evaluate import ANY_KEY
from tui.targeting.model import KEY, RANDOM, Bucket, Context, Operator, Targeting, Test, Value

Found = Value | tuple[Value, ...]

MOST_CONTEXTS = 400
_MOST_OF_A_TEST = 6  # values of one test
_MOST_KEYS = 12  # individual keys, and keys of segments
_MOST_VALUES = 120  # values of one attribute
_DAY = 86_400_000
_MINUTE = 60_000
_MOST = 1e300


def contexts_of(targeting: Targeting, parents: Mapping[str, Targeting] = {}) -> list[Context]:
    """Return different contexts for the flag, at most 400, always the same for the same flag.

    They also have the edges of those of `parents` on which it depends. Half of the random ones lack attributes, and
    Unleash's may lack a key.
    """
    rng = random.Random(f"rebuild {targeting.flag}")
    values = _values([targeting, *needed(targeting, parents)])
    keys = [*values.pop(KEY, ()), ANY_KEY]
    found = {_identity(context): context for context in _edges(values, keys, targeting)}
    edges = [*found.values()]
    if len(edges) > MOST_CONTEXTS * 3 // 4:
        edges = rng.sample(edges, MOST_CONTEXTS * 3 // 4)
    others = {_identity(context): context for context in islice(_random(values, keys, targeting, rng), MOST_CONTEXTS)}
    return [*edges, *(context for identity, context in others.items() if identity not in found)][:MOST_CONTEXTS]


def _identity(context: Context) -> str:
    return repr((context.key, sorted(context.attributes.items(), key=lambda item: item[0])))


def _edges(values: Mapping[str, Sequence[Found]], keys: Sequence[str], targeting: Targeting) -> Iterator[Context]:
    """Each value with all other attributes at one of their values, and alone."""
    usual: dict[str, Found] = {attribute: some[0] for attribute, some in values.items() if some}
    yield from (Context(key, usual) for key in keys)
    yield from (Context(key) for key in keys)
    if targeting.origin == "unleash":
        yield from (Context(None, usual), Context(None))
    for attribute, some in values.items():
        yield Context(keys[0], {name: value for name, value in usual.items() if name != attribute})
        for value in some:
            yield Context(keys[-1], {**usual, attribute: value})
            yield Context(keys[-1], {attribute: value})


def _random(
    values: Mapping[str, Sequence[Found]], keys: Sequence[str], targeting: Targeting, rng: random.Random
) -> Iterator[Context]:
    attributes = [attribute for attribute, some in values.items() if some]
    while True:
        missing = rng.choice((0.0, 0.5))
        key: str | None = rng.choice(keys)
        if targeting.origin == "unleash" and rng.random() < 0.2:
            key = None
        yield Context(key, {name: rng.choice(values[name]) for name in attributes if rng.random() >= missing})


# --- values by attribute


def _values(targetings: Iterable[Targeting]) -> dict[str, list[Found]]:
    """Return interesting values of each attribute that the flags ask for; of `KEY`, keys.

    Of many tests of one attribute each has its first values before any has its last.
    """
    groups: dict[str, list[Sequence[Found]]] = {KEY: []}
    divides: set[str] = set()
    for targeting in targetings:
        divides.update(name for bucket in _buckets(targeting) for name in (bucket.attribute, *bucket.fallbacks))
        for test in _tests(targeting):
            groups.setdefault(test.attribute, []).append([*edge_values(test)])
        groups[KEY] += [(key,) for key in _keys(targeting)]
    groups.pop(CLOCK, None)
    for attribute in sorted(divides - {KEY, RANDOM}):
        groups.setdefault(attribute, []).append(("a1", 7))
    found: dict[str, list[Found]] = {}
    for attribute, some in groups.items():
        may_be = _is_key if attribute == KEY else _divides if attribute in divides else _is_anything
        in_turn = (value for turn in zip_longest(*some) for value in turn if value is not None and may_be(value))
        found[attribute] = [*{repr(value): value for value in in_turn}.values()][:_MOST_VALUES]
    return found


def _is_anything(value: Found) -> bool:
    return True


def _is_key(value: Found) -> bool:
    return isinstance(value, str) and value != ""


def _divides(value: Found) -> bool:
    return isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))


def _tests(targeting: Targeting) -> Iterator[Test]:
    rules = [rule.conditions for rule in (*targeting.rules, *targeting.variant_overrides)]
    rules += [rule for segment in targeting.segments.values() for rule in segment.rules]
    yield from (condition for conditions in rules for condition in conditions if isinstance(condition, Test))


def _buckets(targeting: Targeting) -> Iterator[Bucket]:
    yield from (rule.serve.bucket for rule in targeting.rules)
    if targeting.variants is not None:
        yield targeting.variants.bucket


def _keys(targeting: Targeting) -> Iterator[str]:
    for target in targeting.targets:
        yield from target.keys[:_MOST_KEYS]
    for segment in targeting.segments.values():
        yield from segment.included[:_MOST_KEYS]
        yield from segment.excluded[:_MOST_KEYS]


# --- the edges of a test


def edge_values(test: Test) -> Iterator[Found]:
    """Yield each value of a test, the values beside it, and values of other types."""
    if test.operator in _OF_LISTS:
        yield from _lists(test)
        return
    for value in test.values[:_MOST_OF_A_TEST]:
        yield from _beside(value, test.operator)
    if len(test.values) > _MOST_OF_A_TEST:
        yield from _beside(test.values[-1], test.operator)
    yield from ("", "no match", 0, True)


def _lists(test: Test) -> Iterator[Found]:
    texts = tuple(value for value in test.values if isinstance(value, str))[:_MOST_KEYS]
    yield from (texts, texts[:1], (*texts[:1], "no match"), ("no match",), (), 5, True)


def _beside(value: Value, operator: Operator) -> Iterator[Found]:
    if operator in _OF_DATES and isinstance(value, int | float):
        yield from _dates(int(value))
    elif isinstance(value, bool):
        yield from (value, not value, str(value), str(value).lower(), str(value).upper(), "tRuE", int(value))
    elif isinstance(value, int | float):
        yield from (value, *_steps(value), str(value))
    elif operator in _OF_VERSIONS:
        yield from _versions(value)
    elif operator is Operator.MATCHES:
        yield from _like(value)
    elif operator is Operator.IN_NETWORK:
        yield from _addresses(value)
    else:
        yield from (value, value.swapcase(), f"{value}x", f"x{value}", value[:-1])
        yield from _twins(value)


def _steps(value: float) -> Iterator[Value]:
    if abs(value) < _MOST:
        yield from (value - 1, value + 1)


def _twins(value: str) -> Iterator[Value]:
    """The number or boolean that is written like a text."""
    if value.lower() in ("true", "false"):
        yield value.lower() == "true"
    elif re.fullmatch(r"-?(0|[1-9][0-9]{0,14})", value):
        yield int(value)
    elif re.fullmatch(r"-?(0|[1-9][0-9]{0,9})\.[0-9]{0,4}[1-9]", value):
        yield float(value)


def _dates(at: int) -> Iterator[Value]:
    day, minute = at - at % _DAY, at - at % _MINUTE
    for moment in (at, minute, day):
        yield from (moment - 1, moment, moment + 1)
    yield from (minute + _MINUTE - 1, minute + _MINUTE, day + _DAY - 1, day + _DAY, str(at))
    yield "2021-06-01T10:00:00Z"


def _versions(value: str) -> Iterator[Value]:
    yield from (value, f"{value}.0", "0.0.0", "1.2", "99.0.0", "v1.2.3")
    numbers, _, _ = value.partition("+")[0].partition("-")
    yield from (numbers, f"{numbers}-alpha.1", f"{numbers}+build.5")
    parts = numbers.split(".")
    if len(parts) == 3 and all(part.isdecimal() and len(part) < 10 for part in parts):
        major, minor, patch = map(int, parts)
        yield from (f"{major}.{minor}.{patch + 1}", f"{major}.{minor + 1}.0", f"{major}.{minor}.{max(patch - 1, 0)}")


def _like(pattern: str) -> Iterator[Value]:
    """Texts with a chance to match: the pattern's letters, and what its parts stand for."""
    plain = re.sub(r"\\(.)", r"\1", re.sub(r"[\^$]|\(\?:|[()*+?]|\{[0-9,]*\}", "", pattern))
    yield from (plain, re.sub(r"\[\^?([^\]]).*?\]|\.", r"\1", plain) or "x", pattern, plain.upper())
    yield from (part for part in plain.split("|")[:4])
    yield from (f"a{plain}b", 5, 12.5)


def _addresses(text: str) -> Iterator[Value]:
    host = text.partition("/")[0]
    yield host
    parts = host.split(".")
    if len(parts) == 4 and all(part.isdecimal() and len(part) < 4 for part in parts):
        first, second, third, fourth = map(int, parts)
        yield f"{first}.{second}.{third}.{(fourth + 1) % 256}"
        yield f"{first}.{second}.{(third + 1) % 256}.{fourth}"
        yield f"{first}.{(second + 1) % 256}.{third}.{fourth}"
        yield f"{(first + 1) % 256}.{second}.{third}.{fourth}"
        yield f"0{host}"
    yield "::1"


_OF_LISTS = frozenset({Operator.HAS_ANY, Operator.HAS_ALL, Operator.SET_EQUALS, Operator.PART_OF})
_OF_DATES = frozenset({
    Operator.DATE_ON, Operator.DATE_AFTER, Operator.DATE_BEFORE, Operator.DATE_FROM, Operator.DATE_UNTIL,
    Operator.DATE_BETWEEN,
})  # fmt: skip
_OF_VERSIONS = frozenset({
    Operator.VERSION_IS, Operator.VERSION_ABOVE, Operator.VERSION_BELOW, Operator.VERSION_AT_LEAST,
    Operator.VERSION_AT_MOST, Operator.VERSION_BETWEEN,
})  # fmt: skip
