"""Targeting in words: "country is one of DE, AT: on". Parts of sentences, cleaned, and short enough to read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

from tui.targeting.model import (
    KEY,
    RANDOM,
    Bucket,
    Condition,
    Everyone,
    InSegment,
    Operator,
    Origin,
    Parent,
    Rule,
    Segment,
    Serves,
    Shares,
    Targeting,
    Test,
    Unknown,
    Value,
    Variation,
)
from tui.text import phrases
from tui.text.times import utc


def name(variation: Variation) -> str:
    """Return a treatment's or a variant's name; Unleash's booleans are "on" and "off"."""
    return phrases.value(_raw_name(variation))


def _raw_name(variation: Variation) -> str:
    if isinstance(variation, bool):
        return "on" if variation else "off"
    return variation


def attribute(test: Test, origin: Origin) -> str:
    """Return the name of what a test is about: the key has a name of its own in each source."""
    if test.attribute == KEY:
        return key(origin)
    return phrases.value(test.attribute)


def key(origin: Origin) -> str:
    """Return what the source calls the key of a context."""
    return "key" if origin == "split" else "userId"


def condition(part: Condition, targeting: Targeting) -> str:
    """ "country is not one of DE, AT", "not in segment staff", "flag base serves on". Unknown parts say so."""
    match part:
        case Test():
            return test(part, targeting.origin)
        case InSegment():
            return f"{'not ' if part.negated else ''}in segment {segment(part.segment, targeting)}"
        case Serves():
            serves = "does not serve" if part.negated else "serves"
            return f"flag {phrases.value(part.flag)} {serves} {phrases.any_of(part.variations)}"
        case Everyone():
            return "no one" if part.negated else "everyone"
        case Unknown():
            suffix = f" (unknown {part.part})" if part.part in ("matcher", "operator") else ""
            return f"{part.words or part.what}{suffix}"


def conditions(rule: Rule, targeting: Targeting) -> str:
    """Return all conditions of a rule, in one phrase; "everyone" if it has none."""
    between = " and " if rule.combiner == "AND" else f" {rule.combiner} "
    return between.join(condition(part, targeting) for part in rule.conditions) or "everyone"


def segment(identity: str, targeting: Targeting) -> str:
    """Return a segment's name; what identifies it, if it has none."""
    known = targeting.segments.get(identity)
    return phrases.value(known.name if known and known.name else identity)


def content(part: Segment, targeting: Targeting) -> str:
    """Return who is in a segment: "key is one of a, b or country is one of DE, but not key c", or why it's unknown."""
    if part.unreadable:
        return part.unreadable
    groups = [" and ".join(condition(one, targeting) for one in rule) or "everyone" for rule in part.rules]
    if part.included:
        groups.insert(0, f"{key(targeting.origin)} is one of {phrases.values(part.included)}")
    who = " or ".join(groups) or "no one"
    if part.excluded:
        who += f", but not {key(targeting.origin)} {phrases.values(part.excluded)}"
    if part.excluded_segments:
        names = " or ".join(segment(one, targeting) for one in part.excluded_segments)
        who += f", but not in segment {names}"
    return who


def parent(part: Parent, origin: Origin) -> str:
    """ "flag base serves any of on, beta"; in Unleash "flag base is off", "flag base is on and serves red"."""
    flag, served = phrases.value(part.flag), phrases.any_of(part.variations)
    if origin == "split":
        return f"flag {flag} serves {served}"
    if not part.on:
        return f"flag {flag} is off"
    return f"flag {flag} is on{f' and serves {served}' if part.variations else ''}"


def shares(serve: Shares) -> str:
    """ "on" if it has all of it, "25% on, 75% off" otherwise."""
    return phrases.shares([(_raw_name(variation), percent) for variation, percent in serve.parts])


def served(serve: Shares, origin: Origin) -> str:
    """ "on" if it has all of it, "25% on, 75% off by key" otherwise."""
    return shares(serve) if serve.only is not None else f"{shares(serve)} {bucket(serve.bucket, origin)}"


def rollout(serve: Shares, origin: Origin) -> str:
    """What an Unleash strategy turns on: "on" for all, "25% on by userId" for some."""
    if serve.written:
        return f"rollout {serve.written} {bucket(serve.bucket, origin)} (SDKs may not serve it)"
    if serve.only is True:
        return "on"
    share = sum(percent for variation, percent in serve.parts if variation is not False)
    return f"{phrases.percent(share)} on {bucket(serve.bucket, origin)}"


def bucket(by: Bucket, origin: Origin) -> str:
    """ "by country"; "by userId, else sessionId, else at random"; "at random"."""
    if by.attribute == RANDOM:
        return "at random"
    named = [key(origin) if part == KEY else phrases.value(part) for part in (by.attribute, *by.fallbacks)]
    return f"by {', else '.join(named)}{', else at random' if by.random else ''}"


def test(part: Test, origin: Origin) -> str:
    """ "country is one of DE, AT", "app is after version 1.2.0 (ignoring case)"."""
    yes, no, operand = _OPERATORS[part.operator]
    if part.operator is Operator.VERSION_IS and len(part.values) != 1:
        yes, no = "is one of the versions", "is not one of the versions"
    if part.operator is Operator.MATCHES and origin == "split":
        yes, no = "matches the pattern", "does not match the pattern"
    words = (attribute(part, origin), no if part.negated else yes, operand(part.values))
    case = " (ignoring case)" if part.ignore_case else ""
    return f"{' '.join(filter(None, words))}{case}"


def date(value: Value, *, clock: bool = True) -> str:
    """Return epoch milliseconds as a point in time, in UTC; anything else unchanged."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > sys.float_info.max:
        return phrases.value(value)
    return utc(value / 1000, clock=clock)


_Operand = Callable[[Sequence[Value]], str]


def _nothing(values: Sequence[Value]) -> str:
    return ""


def _day(values: Sequence[Value]) -> str:
    return " and ".join(date(value, clock=False) for value in values)


def _dates(values: Sequence[Value]) -> str:
    return " and ".join(map(date, values))


def _both(values: Sequence[Value]) -> str:
    return " and ".join(map(phrases.value, values))


# How an operator reads, how it reads negated, and what it compares with.
_OPERATORS: Mapping[Operator, tuple[str, str, _Operand]] = {
    Operator.IN: ("is one of", "is not one of", phrases.values),
    Operator.STARTS_WITH: ("starts with", "does not start with", phrases.any_of),
    Operator.ENDS_WITH: ("ends with", "does not end with", phrases.any_of),
    Operator.CONTAINS: ("contains", "does not contain", phrases.any_of),
    Operator.MATCHES: ("matches", "does not match", phrases.any_of),
    Operator.IS_TRUE_OR_FALSE: ("is", "is not", phrases.any_of),
    Operator.HAS_ANY: ("has any of", "has none of", phrases.values),
    Operator.HAS_ALL: ("has all of", "does not have all of", phrases.values),
    Operator.SET_EQUALS: ("is exactly the set", "is not exactly the set", phrases.values),
    Operator.PART_OF: ("has only values from", "has a value that is not one of", phrases.values),
    Operator.NUMBER_IS: ("is", "is not", phrases.any_of),
    Operator.NUMBER_ABOVE: ("is more than", "is not more than", phrases.any_of),
    Operator.NUMBER_BELOW: ("is less than", "is not less than", phrases.any_of),
    Operator.NUMBER_AT_LEAST: ("is at least", "is not at least", phrases.any_of),
    Operator.NUMBER_AT_MOST: ("is at most", "is not at most", phrases.any_of),
    Operator.NUMBER_BETWEEN: ("is between", "is not between", _both),
    Operator.DATE_ON: ("is on", "is not on", _day),
    Operator.DATE_AFTER: ("is after", "is not after", _dates),
    Operator.DATE_BEFORE: ("is before", "is not before", _dates),
    Operator.DATE_FROM: ("is on or after", "is not on or after", _dates),
    Operator.DATE_UNTIL: ("is on or before", "is not on or before", _dates),
    Operator.DATE_BETWEEN: ("is between", "is not between", _dates),
    Operator.VERSION_IS: ("is version", "is not version", phrases.values),
    Operator.VERSION_ABOVE: ("is after version", "is not after version", phrases.any_of),
    Operator.VERSION_BELOW: ("is before version", "is not before version", phrases.any_of),
    Operator.VERSION_AT_LEAST: ("is at least version", "is not at least version", phrases.any_of),
    Operator.VERSION_AT_MOST: ("is at most version", "is not at most version", phrases.any_of),
    Operator.VERSION_BETWEEN: ("is a version between", "is not a version between", _both),
    Operator.IN_NETWORK: ("is in the IP range", "is not in the IP range", phrases.values),
    Operator.IS_PRESENT: ("is set", "is not set", _nothing),
}
