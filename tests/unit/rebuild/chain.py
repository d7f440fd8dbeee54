"""The whole way of a flag, with an engine at each end that we did not write.

A definition goes through the parser and the compiler. The source's engine answers for the definition, LaunchDarkly's
for the rebuilt flag. Where shares decide, both answers must be possible, and the distributions equal.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from random import Random

from tests.unit.rebuild import launchdarkly_cases
from tests.unit.targeting import split_cases, unleash_cases
from tui.rebuild.compile import Options, compiled
from tui.rebuild.evaluate import served as served_by_launchdarkly
from tui.rebuild.model import FlagTargeting, HelperSegment, Rebuilt
from tui.sources.split.targeting import targeting_of as of_split
from tui.sources.unleash.targeting import targeting_of as of_unleash
from tui.targeting.evaluate import served as served_by_source
from tui.targeting.model import KEY, RANDOM, Context, Targeting, Test, Variation

OFF_VARIANT = "disabled"
"""A variation for "no variant", as a person may add it to a flag with variants."""

_TOLERANCE = 0.01
_DEFAULT = Options()


@dataclass(slots=True)
class Tally:
    """What was compared, and how it came out."""

    pairs: int = 0
    equal: int = 0
    faithful: int = 0
    """Pairs of flags that are graded faithful."""
    explained: int = 0
    different: list[object] = field(default_factory=list)
    """Differences that no approximation explains."""
    wrong: list[object] = field(default_factory=list)
    """Differences of flags that are graded faithful."""
    asking: int = 0
    """Pairs of flags that ask for an attribute."""
    missing: int = 0
    """Of these, contexts that lack one, or a key."""
    grades: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    segments: int = 0

    def graded(self, rebuilt: Rebuilt) -> None:
        self.grades[rebuilt.grade] += 1
        self.names.update(name.partition(":")[0] for name in rebuilt.approximations)
        self.reasons.update(reason.rpartition("): ")[2][:60] for reason in rebuilt.reasons)
        self.segments += len(rebuilt.segments)


@dataclass(slots=True)
class Chain:
    """One flag with its parents on both sides."""

    flag: str
    sources: Mapping[str, Targeting]
    rebuilt: Mapping[str, Rebuilt]
    ask_source: Callable[[str, Context], Variation | None]
    salt: str = "salt"
    _ask: Callable[[str, Context], int] = field(init=False)

    def __post_init__(self) -> None:
        self._ask = launchdarkly_cases.judge(self.targetings, self.segments.values(), self.salt)

    @property
    def targetings(self) -> Mapping[str, FlagTargeting]:
        """The rebuilt flags. A parent that is off at the source stays off, as if it were not there."""
        found = {key: one.targeting for key, one in self.rebuilt.items() if one.targeting is not None}
        return {key: one for key, one in found.items() if key == self.flag or self.sources[key].on}

    @property
    def segments(self) -> Mapping[str, HelperSegment]:
        return {segment.key: segment for one in self.rebuilt.values() for segment in one.segments}

    @property
    def source(self) -> Targeting:
        return self.sources[self.flag]

    def by_launchdarkly(self, context: Context) -> Variation:
        return self.source.variations[self._ask(self.flag, context)]

    def by_source(self, context: Context) -> Variation | None:
        answer = self.ask_source(self.flag, context)
        return OFF_VARIANT if answer is None else answer

    def shares(self, context: Context, names: Iterable[str] = ()) -> dict[Variation | None, float]:
        """The source's distribution, with these approximations."""
        return served_by_source(self.source, context, tuple(names), self.sources)

    def rebuilt_shares(self, context: Context) -> dict[Variation | None, float]:
        targetings = self.targetings
        served = served_by_launchdarkly(targetings[self.flag], context, self.segments, targetings)
        return {self.source.variations[index]: percent for index, percent in served.items()}

    def compare(self, contexts: Iterable[Context], tally: Tally) -> None:
        """Ask both engines for each context. What differs must be explained by the flag's own approximations."""
        mine, asked = self.rebuilt[self.flag], attributes_of(self.source)
        for context in contexts:
            tally.pairs += 1
            tally.faithful += mine.grade == "faithful"
            tally.asking += bool(asked)
            tally.missing += bool(asked) and (context.key is None or not asked <= set(context.attributes))
            before, after = self.shares(context), self.rebuilt_shares(context)
            source, launchdarkly = self.by_source(context), self.by_launchdarkly(context)
            problem = (mine.approximations, context, source, launchdarkly, before, after)
            # Our evaluators have to agree with the engines: then equal distributions are equal answers.
            if not before.get(source) or not after.get(launchdarkly):
                tally.wrong.append(problem)
            elif are_equal(before, after):
                tally.equal += 1
            elif mine.grade == "faithful":
                tally.wrong.append(problem)
            elif are_equal(self.shares(context, mine.approximations), after):
                tally.explained += 1
            else:
                tally.different.append(problem)


def attributes_of(source: Targeting) -> set[str]:
    """Return the attributes that a flag asks for, other than the key, by itself or by a segment."""
    groups = [rule.conditions for rule in source.rules]
    groups += [rule for segment in source.segments.values() for rule in segment.rules]
    tests = [test for conditions in groups for test in conditions if isinstance(test, Test)]
    buckets = {rule.serve.bucket.attribute for rule in source.rules}
    return ({test.attribute for test in tests} | buckets) - {KEY, RANDOM}


def are_equal(one: Mapping[Variation | None, float], other: Mapping[Variation | None, float]) -> bool:
    return all(abs(one.get(name, 0.0) - other.get(name, 0.0)) <= _TOLERANCE for name in {*one, *other})


# --- Split


def split_flag(definition: split_cases.Object, sdk: str = "python", options: Options = _DEFAULT) -> Chain | Rebuilt:
    """Return the chain of a definition and those that it may depend on; how it is graded if it is by hand."""
    segments = split_cases.segments()
    definitions = {one["name"]: one for one in (*split_cases.PARENTS, definition)}
    sources = {name: replace(of_split(one, sdk), segments=segments) for name, one in definitions.items()}
    flag = str(definition["name"])
    mine = compiled(sources[flag], sources, options)
    if mine.targeting is None:
        return mine
    rebuilt = {name: compiled(source, sources, options) for name, source in sources.items()}
    return Chain(flag, sources, rebuilt, split_cases.judge([definition]), salt=flag)


_NOT_REBUILT = frozenset({"EQUAL_SET", "PART_OF_SET", "IN_SPLIT"})
_OF_TYPES = ("NUMBER", "DATE", "SEMVER", "BOOLEAN", "IN_SEGMENT", "RULE_BASED_SEGMENT")
"""Matchers whose flags are approximate: their answer depends on the attribute's type, or on a segment."""


def _thinned(definition: split_cases.Object, place: int) -> split_cases.Object:
    """Of four flags one keeps all its matchers, two have none that is by hand, and one none that is approximate."""
    left_out = ((), tuple(_NOT_REBUILT), tuple(_NOT_REBUILT), (*_NOT_REBUILT, *_OF_TYPES))[place % 4]
    for rule in definition["rules"]:
        group = rule["condition"]
        group["matchers"] = [one for one in group["matchers"] if not one["type"].endswith(left_out)]
    definition["rules"] = [rule for rule in definition["rules"] if rule["condition"]["matchers"]]
    return definition


def split_chain(rng: Random, pairs: int, a_flag: int = 150) -> Tally:
    """Compare random Split definitions, half of them with shares, on `a_flag` contexts each."""
    tally, flags = Tally(), 0
    while tally.pairs < pairs:
        flags += 1
        shares = flags % 8 >= 4
        definition = _thinned(split_cases.definitions(rng, f"flag-{flags}", shares=shares), flags)
        chain = split_flag(definition)
        tally.graded(chain if isinstance(chain, Rebuilt) else chain.rebuilt[chain.flag])
        if isinstance(chain, Chain):
            contexts = filter(_is_typed, split_cases.contexts(rng, definition))
            chain.compare(islice(contexts, a_flag), tally)
    return tally


def _is_typed(context: Context) -> bool:
    """Lists are for sets, and sets for lists: what Split makes of others is not compared."""
    of_lists = split_cases.BY_TYPE["set"]
    return all(isinstance(value, tuple) == (name in of_lists) for name, value in context.attributes.items())


# --- Unleash


def unleash_flag(features: list[unleash_cases.Feature], options: Options = _DEFAULT) -> Chain | Rebuilt:
    """Return the chain of the first feature, with the others as its parents; how it is graded if it is by hand."""
    sources = {str(one["name"]): _with_off_variant(of_unleash(one)) for one in features}
    flag = str(features[0]["name"])
    rebuilt = {name: compiled(source, sources, options) for name, source in sources.items()}
    if rebuilt[flag].targeting is None:
        return rebuilt[flag]
    return Chain(flag, sources, rebuilt, unleash_cases.judge(features), salt=flag)


def _with_off_variant(source: Targeting) -> Targeting:
    if source.variants is None:
        return source
    return replace(source, off=OFF_VARIANT, variations=(*source.variations, OFF_VARIANT))


def unleash_chain(rng: Random, pairs: int, a_flag: int = 150) -> Tally:
    """Compare random Unleash features on `a_flag` contexts each."""
    tally = Tally()
    while tally.pairs < pairs:
        features = unleash_cases.features(rng)
        chain = unleash_flag(features)
        tally.graded(chain if isinstance(chain, Rebuilt) else chain.rebuilt[chain.flag])
        if isinstance(chain, Chain):
            contexts = _lacking(rng, unleash_cases.contexts(rng, features[0], a_flag))
            chain.compare(filter(_is_comparable, contexts), tally)
    return tally


def _lacking(rng: Random, contexts: Iterable[Context]) -> Iterator[Context]:
    """Every second context lacks half of its attributes."""
    for place, context in enumerate(contexts):
        kept = {name: value for name, value in context.attributes.items() if place % 2 or rng.random() < 0.5}
        yield Context(context.key, kept)


def _is_comparable(context: Context) -> bool:
    """Leave out what LaunchDarkly has no meaning for, or its SDKs have several.

    What a share is divided by is text or a whole number; keys aren't empty; only the SDK for Python reads a date with
    a blank before its time.
    """
    sticky = (context.attributes.get(name) for name in unleash_cases.STICKY)
    blank = any(isinstance(value, str) and _BLANK_IN_DATE.match(value) for value in context.attributes.values())
    return context.key != "" and not blank and not any(isinstance(value, bool | float) for value in sticky)


_BLANK_IN_DATE = re.compile(r"\d{4}-\d\d-\d\d ")
