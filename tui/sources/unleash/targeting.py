"""Who gets an Unleash feature: its strategies, constraints, segments, variants, and parents as a neutral model.

Meanings are those of Unleash's engine, yggdrasil, which newer SDKs contain, and of its client specification. Whatever
that engine can't read, or SDKs read differently, is unknown: such a flag is never rebuilt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tui.sources.lenient import Object, elements, members, number, objects, text
from tui.targeting import words
from tui.targeting.model import (
    KEY,
    RANDOM,
    Bucket,
    Condition,
    InSegment,
    Operator,
    Parent,
    Rule,
    Segment,
    Shares,
    Targeting,
    Test,
    Unknown,
    Value,
)
from tui.targeting.unleash_values import VERSION, date_of, version_of
from tui.text import phrases
from tui.text.phrases import short


def targeting_of(feature: Object) -> Targeting:
    """Return the targeting of a feature as the client API gives it, with the `segments` that it names beside it."""
    return _Parser(feature).targeting()


def segment_id(value: object) -> str:
    """A segment's id; a number in one place may be a string in another."""
    return str(value) if isinstance(value, int | str) else ""


class _Parser:
    """Reads one feature, and collects what it can't read."""

    def __init__(self, feature: Object) -> None:
        self._feature = feature
        self._name = text(feature.get("name"))
        self._segment_ids = {segment_id(segment.get("id")) for segment in objects(feature.get("segments"))}
        self._unknown: dict[str, None] = {}

    def targeting(self) -> Targeting:
        feature = self._feature
        self._check_members(feature, _FEATURE, "This flag")
        strategies = self._list(feature, "strategies", "This flag")
        rules: list[Rule] = []
        disabled: list[tuple[int, Rule]] = []
        for place, strategy in enumerate(strategies, 1):
            rule = self._strategy(strategy, f"Strategy {place}")
            if self._is_true(strategy, "disabled", f"Strategy {place}"):
                disabled.append((place, rule))
                self._add(f"Strategy {place} is disabled in Unleash. SDKs that receive it may serve it anyway.")
            else:
                rules.append(rule)
        variants, overrides = self._variants()
        parents = [self._parent(parent) for parent in self._list(feature, "dependencies", "This flag")]
        segments = [self._segment(segment) for segment in self._list(feature, "segments", "This flag")]
        return Targeting(
            origin="unleash",
            flag=self._name,
            kind="user",
            variations=(True, False) if variants is None else tuple(name for name, _ in variants.parts),
            on=self._is_true(feature, "enabled", "This flag"),
            off=False if variants is None else None,
            default=_NO_ONE if strategies else _ALL,
            rules=tuple(rules),
            any_rule=True,
            parents=tuple(parents),
            variants=variants,
            variant_overrides=overrides,
            strategy_variants=any(rule.variants for rule in rules),
            disabled=tuple(disabled),
            segments={segment.key: segment for segment in segments},
            unknown=tuple(self._unknown),
        )

    # --- what can't be read

    def _add(self, sentence: str) -> None:
        self._unknown[sentence] = None

    def _check_members(self, part: Object, known: frozenset[str], where: object) -> None:
        """Note members that this parser doesn't know, unless they are empty."""
        if part.keys() <= known:  # nearly always, and there may be many parts
            return
        for member, value in part.items():
            if value and member not in known:
                self._add(f"{where} has an unknown setting, {phrases.value(member)}. Check it in Unleash.")

    def _list(self, part: Object, member: str, where: object) -> Sequence[Object]:
        """Return a list of objects. Anything else is noted, and read as an empty list or an empty object."""
        value = part.get(member)
        if not value:
            return ()
        found = [item for item in elements(value) if isinstance(item, dict)]
        if isinstance(value, list) and len(found) == len(value):
            return found
        self._add(f"{where} has {member} that can't be read. Check them in Unleash.")
        return objects(value)

    def _is_true(self, part: Object, member: str, where: object) -> bool:
        value = part.get(member)
        if not (value is None or isinstance(value, bool)):
            self._add(f"{where} has {member} that is neither true nor false. Check it in Unleash.")
        return value is True

    def _is_quotable(self, name: str, where: object) -> bool:
        """Whether the engine can read a name. Its rules are text, in which some names break a whole feature."""
        if name and '"' not in name and not name.endswith("\\"):
            return True
        self._add(f"{where} uses the name {phrases.value(name)}, which Unleash's engine can't read.")
        return False

    # --- strategies

    def _strategy(self, strategy: Object, where: object) -> Rule:
        self._check_members(strategy, _STRATEGY, where)
        parameters = members(strategy.get("parameters"))
        if text(strategy.get("name")) in _STRATEGIES:
            self._check_members(parameters, _PARAMETERS, where)
        for member, kind in (("parameters", dict), ("segments", list)):
            if strategy.get(member) and not isinstance(strategy[member], kind):
                self._add(f"{where} has {member} that can't be read. Check them in Unleash.")
        own, serve = self._own(strategy, parameters, where)
        constraints = [self._constraint(part, where) for part in self._list(strategy, "constraints", where)]
        segments = [self._in_segment(identity, where) for identity in elements(strategy.get("segments"))]
        variants = self._list(strategy, "variants", where)
        return Rule(
            conditions=(*own, *constraints, *segments),
            serve=serve,
            name=text(strategy.get("name")),
            own=len(own),
            variants=_weights(variants),
            payloads=tuple(text(variant.get("name")) for variant in variants if variant.get("payload")),
        )

    def _own(self, strategy: Object, parameters: Object, where: object) -> tuple[Sequence[Condition], Shares]:
        """Return what the strategy itself tests, and whom it serves."""
        name = text(strategy.get("name"))
        match name:
            case "default":
                return (), _ALL
            case "flexibleRollout":
                return self._rollout(parameters, "rollout", self._bucket(parameters, where), where)
            case "gradualRolloutUserId" | "gradualRolloutSessionId":
                attribute = KEY if name == "gradualRolloutUserId" else "sessionId"
                group = parameters.get("groupId")
                bucket = Bucket(attribute, text(group))
                if isinstance(group, str) and (not group or self._is_quotable(group, where)):
                    return self._rollout(parameters, "percentage", bucket, where)
                self._add(f"{where} has no group for its percentage. Newer SDKs serve it to no one.")
                return (), _never(parameters.get("percentage"), bucket)
            case "gradualRolloutRandom":
                return self._rollout(parameters, "percentage", Bucket(RANDOM, random=True), where)
            case "userWithId":
                return self._listed(KEY, Operator.IN, parameters.get("userIds"), where), _ALL
            case "remoteAddress":
                return self._listed("remoteAddress", Operator.IN_NETWORK, parameters.get("IPs"), where), _ALL
            case "applicationHostname":
                return self._listed("hostname", Operator.IN, parameters.get("hostNames"), where), _ALL
        what = f"strategy {short(name) or 'without a name'}"
        self._add(f"This flag has an unknown {what}. Check it in Unleash.")
        pairs = [f"{phrases.value(key)} {phrases.value(value)}" for key, value in parameters.items()]
        told = f"custom strategy {phrases.value(name)}{f' with {phrases.together(pairs)}' if pairs else ''}"
        return (Unknown(what, told, "strategy"),), _ALL

    def _rollout(
        self, parameters: Object, name: str, bucket: Bucket, where: object
    ) -> tuple[Sequence[Condition], Shares]:
        """A percentage. At 100 there is no share to decide, but the attribute of the bucket must be there."""
        written = parameters.get(name)
        share = _percentage(written)
        if share is None:
            shown = phrases.value(written)
            self._add(
                f"The rollout of {str(where).lower()} is {shown}, not a whole percentage. SDKs read it differently."
            )
            return (), _never(written, bucket)
        if share < 100:
            return (), Shares(((True, float(share)), (False, 100.0 - share)), bucket)
        present = () if bucket.random else (Test(bucket.attribute, Operator.IS_PRESENT),)
        return present, Shares(((True, 100.0),), bucket)

    def _bucket(self, parameters: Object, where: object) -> Bucket:
        group, sticky = parameters.get("groupId", self._name), parameters.get("stickiness", "default")
        if group not in ("", self._name) or not isinstance(group, str):
            self._is_quotable(text(group), where)
        match sticky:
            case "default":
                return Bucket(KEY, text(group), ("sessionId",), random=True)
            case "random":
                return Bucket(RANDOM, random=True)
            case "currentTime":
                self._add(f"{where} has a percentage by the current time.")
        return Bucket(self._sticky(sticky, where), text(group))

    def _listed(self, attribute: str, operator: Operator, value: object, where: object) -> tuple[Test]:
        """A list that Unleash writes as one text with commas. Without entries no one is in it."""
        parts = tuple(part.strip() for part in text(value).split(",") if part.strip())
        if (value and not isinstance(value, str)) or any(part.endswith("\\") for part in parts):
            self._add(f"{where} has a list that Unleash's engine can't read.")
        return (Test(attribute, operator, parts, ignore_case=attribute == "hostname"),)

    def _in_segment(self, identity: object, where: object) -> Condition:
        key = segment_id(identity)
        if not key or key not in self._segment_ids:
            self._add(f"{where} uses segment {phrases.value(identity)}, whose definition is missing.")
        return InSegment(key or phrases.value(identity))

    def _segment(self, segment: Object) -> Segment:
        where = _SegmentWords(segment)
        self._check_members(segment, _SEGMENT, where)
        conditions = tuple(self._constraint(part, where) for part in self._list(segment, "constraints", where))
        return Segment(segment_id(segment.get("id")), text(segment.get("name")), rules=(conditions,))

    # --- constraints

    def _constraint(self, constraint: Object, where: object) -> Condition:
        self._check_members(constraint, _CONSTRAINT, where)
        operator, inverted = text(constraint.get("operator")), self._is_true(constraint, "inverted", where)
        known = _OPERATORS.get(operator)
        if known is None:
            subject = phrases.value(constraint.get("contextName"))
            what = f"operator {short(operator) or 'without a name'}"
            self._add(f"This flag has an unknown {what}. Check it in Unleash.")
            operands = _shown(constraint)
            negation = "not " if inverted else ""
            return Unknown(what, f"{subject} {negation}{short(operator) or 'something'} {operands}", "operator")
        attribute = self._attribute(constraint.get("contextName"), where)
        meaning, read = known
        negated = inverted != (operator == "NOT_IN")
        values = read(constraint)
        ignore_case = self._is_true(constraint, "caseInsensitive", where) and meaning in _WITH_CASE
        if values is not None and attribute is not None:
            return Test(attribute, meaning, values, negated, negated, ignore_case)
        subject = phrases.value(constraint.get("contextName"))
        self._add(f"{where} compares {subject} by {operator} with {_shown(constraint)}, which can't be read.")
        return Unknown(f"comparison {operator}", words.test(_as_written(constraint, meaning, negated), "unleash"))

    def _attribute(self, name: object, where: object) -> str | None:
        if name == "userId":
            return KEY
        return text(name) if self._is_quotable(text(name), where) else None

    def _sticky(self, name: object, where: object) -> str:
        attribute = self._attribute(name, where)
        return phrases.value(name) if attribute is None else attribute

    # --- variants and parents

    def _variants(self) -> tuple[Shares | None, tuple[Rule, ...]]:
        """The variants of the feature itself, which servers before 5 had, and who gets one of their own."""
        variants = self._list(self._feature, "variants", "This flag")
        if not variants:
            return None, ()
        overrides: list[Rule] = []
        for variant in variants:
            where = f"Variant {phrases.value(variant.get('name'))}"
            self._check_members(variant, _VARIANT, where)
            for override in self._list(variant, "overrides", where):
                values = _texts(override.get("values"))
                if values is None:
                    self._add(f"{where} has an override that can't be read. Check it in Unleash.")
                test = Test(self._attribute(override.get("contextName"), where) or "", Operator.IN, values or ())
                overrides.append(Rule((test,), Shares(((text(variant.get("name")), 100.0),))))
        names = [text(variant.get("name")) for variant in variants]
        weights = [variant.get("weight") for variant in variants]
        whole = [weight for weight in weights if isinstance(weight, int) and weight >= 0]
        if len(whole) < len(weights) or not sum(whole) or not all(names) or len({*names}) < len(names):
            self._add("The variants of this flag have names or weights that can't be read. Check them in Unleash.")
            whole = [1] * len(variants)
        parts = zip(names, (100 * weight / sum(whole) for weight in whole), strict=True)
        return Shares(tuple(parts), self._variant_bucket(variants[0].get("stickiness"))), tuple(overrides)

    def _variant_bucket(self, sticky: object) -> Bucket:
        """Without its attribute a variant is drawn at random, whatever the stickiness."""
        match sticky:
            case None | "default":
                return Bucket(KEY, self._name, ("sessionId",), random=True)
            case "random":
                return Bucket(RANDOM, random=True)
        return Bucket(self._sticky(sticky, "The first variant"), self._name, random=True)

    def _parent(self, parent: Object) -> Parent:
        flag, on, variants = text(parent.get("feature")), parent.get("enabled"), _texts(parent.get("variants"))
        self._check_members(parent, _PARENT, "The dependency of this flag")
        if not flag or not (on is None or isinstance(on, bool)) or variants is None:
            self._add("This flag has a dependency that can't be read. Check it in Unleash.")
        return Parent(flag, variants or (), on is not False)


@dataclass(frozen=True, slots=True)
class _SegmentWords:
    """Names a segment in a sentence; few sentences are ever made."""

    segment: Object

    def __str__(self) -> str:
        return f"Segment {phrases.value(self.segment.get('name') or self.segment.get('id'))}"


_ALL = Shares(((True, 100.0),))
_NO_ONE = Shares(((False, 100.0),))


def _never(written: object, bucket: Bucket) -> Shares:
    """A percentage that the engine can't read, which it serves to no one."""
    return Shares(((True, 0.0), (False, 100.0)), bucket, phrases.value(written))


def _percentage(written: object) -> int | None:
    """A whole percentage, the only kind that every SDK reads."""
    if isinstance(written, str):
        return int(written) if re.fullmatch(r"0*(?:100|[0-9]{1,2})", written, re.ASCII) else None
    return written if isinstance(written, int) and not isinstance(written, bool) and 0 <= written <= 100 else None


def _weights(variants: Sequence[Object]) -> tuple[tuple[str, float], ...]:
    """Names with percents; Unleash writes thousandths."""
    return tuple((text(variant.get("name")), (number(variant.get("weight")) or 0.0) / 10) for variant in variants)


def _texts(value: object) -> tuple[str, ...] | None:
    """A list of texts, which may be missing; None if it is something else."""
    if value is None:
        return ()
    if not isinstance(value, list):
        return None
    return tuple(value) if all(isinstance(item, str) for item in value) else None


# --- operands of constraints: values as the operator reads them, None if the engine can't read them


def _operands(constraint: Object) -> Sequence[object]:
    value = constraint.get("value")
    return elements(constraint.get("values")) or ([] if value in (None, "") else [value])


def _shown(constraint: Object) -> str:
    return phrases.values(elements(constraint.get("values")) or [constraint.get("value")])


def _as_written(constraint: Object, meaning: Operator, negated: bool) -> Test:
    """A comparison that the engine can't read, for its words. A date may lack its time or its zone."""
    name = constraint.get("contextName")
    is_date = meaning in (Operator.DATE_AFTER, Operator.DATE_BEFORE)
    values = tuple(item if isinstance(item, str) else phrases.value(item) for item in _operands(constraint))
    return Test(
        name if isinstance(name, str) else phrases.value(name),
        meaning,
        tuple(_lenient_date(item) if is_date else item for item in values),
        negated,
    )


def _lenient_date(written: str) -> Value:
    try:
        moment = datetime.fromisoformat(written)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000
    except (ValueError, OverflowError):
        return written


def _many(constraint: Object) -> tuple[Value, ...] | None:
    """A list; the engine never asks for the single value."""
    values = _texts(constraint.get("values"))
    if values is None or (not values and constraint.get("value")):
        return None
    return None if any(value.endswith("\\") for value in values) else values


def _some(constraint: Object) -> tuple[Value, ...] | None:
    """A list that can't be empty: an empty one makes the whole feature off."""
    return _many(constraint) or None


def _single(read: Callable[[str], Value | None]) -> Callable[[Object], tuple[Value, ...] | None]:
    def values(constraint: Object) -> tuple[Value, ...] | None:
        value = constraint.get("value")
        found = read(value) if isinstance(value, str) else None
        return None if found is None else (found,)

    return values


def _number(written: str) -> Value | None:
    if not re.fullmatch(r"[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?", written):
        return None
    whole = re.fullmatch(r"[+-]?[0-9]{1,15}", written)
    value = int(written) if whole else float(written)
    return value if abs(value) < float("inf") else None


def _date(written: str) -> Value | None:
    strict = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
    milliseconds = date_of(written) if re.fullmatch(strict, written) else None
    return None if milliseconds is None else round(milliseconds)


def _version(written: str) -> Value | None:
    return written if VERSION.fullmatch(written) and version_of(written) else None


_OPERATORS: Mapping[str, tuple[Operator, Callable[[Object], tuple[Value, ...] | None]]] = {
    "IN": (Operator.IN, _many),
    "NOT_IN": (Operator.IN, _many),
    "STR_STARTS_WITH": (Operator.STARTS_WITH, _some),
    "STR_ENDS_WITH": (Operator.ENDS_WITH, _some),
    "STR_CONTAINS": (Operator.CONTAINS, _some),
    "IN_CIDR": (Operator.IN_NETWORK, _some),
    "REGEX": (Operator.MATCHES, _single(lambda written: written or None)),
    "NUM_EQ": (Operator.NUMBER_IS, _single(_number)),
    "NUM_GT": (Operator.NUMBER_ABOVE, _single(_number)),
    "NUM_GTE": (Operator.NUMBER_AT_LEAST, _single(_number)),
    "NUM_LT": (Operator.NUMBER_BELOW, _single(_number)),
    "NUM_LTE": (Operator.NUMBER_AT_MOST, _single(_number)),
    "DATE_AFTER": (Operator.DATE_AFTER, _single(_date)),
    "DATE_BEFORE": (Operator.DATE_BEFORE, _single(_date)),
    "SEMVER_EQ": (Operator.VERSION_IS, _single(_version)),
    "SEMVER_GT": (Operator.VERSION_ABOVE, _single(_version)),
    "SEMVER_GTE": (Operator.VERSION_AT_LEAST, _single(_version)),
    "SEMVER_LT": (Operator.VERSION_BELOW, _single(_version)),
    "SEMVER_LTE": (Operator.VERSION_AT_MOST, _single(_version)),
}
_WITH_CASE = (Operator.STARTS_WITH, Operator.ENDS_WITH, Operator.CONTAINS, Operator.MATCHES)


# --- members that decide nothing, or are read above


def _names(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_FEATURE = _names(
    "name type description enabled stale impressionData project strategies variants dependencies segments "
    "createdAt lastSeenAt archived archivedAt favorite tag tags potentiallyStale createdBy"
)
_STRATEGY = _names("id name title disabled featureName sortOrder milestoneId parameters constraints segments variants")
_STRATEGIES = _names(
    "default flexibleRollout userWithId remoteAddress applicationHostname gradualRolloutUserId gradualRolloutSessionId "
    "gradualRolloutRandom"
)
_PARAMETERS = _names("rollout stickiness groupId percentage userIds IPs hostNames")
_CONSTRAINT = _names("contextName operator values value inverted caseInsensitive")
_SEGMENT = _names("id name description constraints createdBy createdAt project usedInProjects usedInFeatures")
_VARIANT = _names("name weight weightType stickiness payload overrides")
_PARENT = _names("feature enabled variants")
