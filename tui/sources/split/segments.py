"""The content of Split's segments in one environment, read with the Admin API key.

Paths and shapes: docs.split.io/reference (Get Segment Keys in Environment) and Split's Python client for the Admin API
(splitio/python-api: segment definitions, rule-based segment definitions). A list of rule-based segments has been seen
as a bare array, and matchers in it with `operator` and `value`, as in requests. Nobody can read a large segment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Literal

from tui.net.errors import Failure, Kind
from tui.net.events import Sink
from tui.net.pages import AT_ONCE, ListPage, read_all
from tui.sources.base import Answers, Connection, answered, source_failure
from tui.sources.lenient import Object, elements, members, objects, text
from tui.sources.split.client import (
    ENVIRONMENT_FIELD,
    WORKSPACE_FIELD,
    Denials,
    SplitClient,
    in_path,
    is_list,
    total,
)
from tui.sources.split.matchers import Problem, condition, matchers_of, unknown_members
from tui.targeting.model import Condition, InSegment, Segment, Targeting
from tui.text.phrases import count, short

SegmentKind = Literal["standard", "rule-based", "large"]

Names = Mapping[str, frozenset[SegmentKind]]
"""Names of segments, each with the kinds it is named as."""

MOST_KEYS = 15_000
"""LaunchDarkly's limit for a segment's keys, beyond which it is one of another kind."""

_STANDARD: SegmentKind = "standard"
_KEYS_PAGE = 100  # as many as Split gives at once
_RULES_PAGE = 50
_UNAUTHORIZED = 401


def named(targetings: Iterable[Targeting]) -> Names:
    """Return the segments that flags name in their rules and individual targets."""
    names: dict[str, frozenset[SegmentKind]] = {}
    for targeting in targetings:
        conditions = (part for rule in targeting.rules for part in rule.conditions)
        for name, kind in _named_in(conditions):
            names[name] = names.get(name, frozenset()) | {kind}
        for name in (name for target in targeting.targets for name in target.segments):
            names[name] = names.get(name, frozenset()) | {_STANDARD}
    return names


def _named_in(conditions: Iterable[Condition]) -> Iterator[tuple[str, SegmentKind]]:
    for part in conditions:
        if isinstance(part, InSegment):
            yield part.segment, "large" if part.large else "rule-based" if part.rule_based else "standard"


async def read_segments(
    connection: Connection | SplitClient, answers: Answers, names: Names, sdk: str = ""
) -> dict[str, Segment]:
    """Return these segments and those that they name in turn, by name. What can't be read is `unreadable`, and why.

    `sdk` is as in `targeting_of`. Raises Failure only if Split rejects the key (401), or the key can't be sent.
    """
    client = connection if isinstance(connection, SplitClient) else SplitClient(connection)
    reading = _Reading(client, answered(answers, WORKSPACE_FIELD), answered(answers, ENVIRONMENT_FIELD), sdk)
    known: dict[str, Segment] = {}
    kinds: dict[str, frozenset[SegmentKind]] = {}
    pending = dict(names)
    while pending:
        kinds |= pending
        known |= await reading.several(pending)
        wanted: dict[str, frozenset[SegmentKind]] = {}
        for name in pending:
            in_rules = _named_in(part for rule in known[name].rules for part in rule)
            for other, kind in (*in_rules, *reading.excluded(name)):
                wanted[other] = wanted.get(other, kinds.get(other, frozenset())) | {kind}
        pending = {name: all_kinds for name, all_kinds in wanted.items() if all_kinds != kinds.get(name)}
    return _settled(known)


def _settled(known: Mapping[str, Segment]) -> dict[str, Segment]:
    """Return the segments; one that depends on one that can't be read, or on itself, can't be read either.

    Exclusions of a segment that is excluded itself apply in Split's SDKs for JavaScript and Java, but in the one for
    Python they exclude too.
    """
    settled: dict[str, Segment] = {}

    def settle(name: str, path: tuple[str, ...]) -> Segment:
        if name in settled:
            return settled[name]
        segment, path = known[name], (*path, name)
        for other in _dependencies(segment):
            if other in path:
                segment = unreadable(name, "it depends on itself")
                break
            if settle(other, path).unreadable:
                segment = unreadable(name, f"it depends on segment {short(other)}, which can't be read")
                break
            if other in segment.excluded_segments and (known[other].excluded or known[other].excluded_segments):
                why = f"it excludes segment {short(other)}, which has exclusions of its own"
                segment = unreadable(name, f"{why}, and Split's SDKs disagree about those")
                break
        settled[name] = segment
        return segment

    for name in known:
        settle(name, ())
    return settled


def _dependencies(segment: Segment) -> Iterator[str]:
    yield from segment.excluded_segments
    yield from (name for name, _ in _named_in(part for rule in segment.rules for part in rule))


def unreadable(name: str, why: str) -> Segment:
    """Return a segment whose content isn't known; `why` continues a sentence."""
    return Segment(name, unreadable=f"Segment {short(name)} can't be read: {why}.")


@dataclass(frozen=True, slots=True)
class _RuleBased:
    """A rule-based segment, and the kinds of the segments it excludes."""

    segment: Segment
    excluded: tuple[tuple[str, SegmentKind], ...] = ()


class _Reading:
    """Reads the segments of one environment. The list of rule-based ones is read once, and only if it is needed."""

    def __init__(self, client: SplitClient, workspace: str, environment: str, sdk: str) -> None:
        self._client = client
        self._workspace, self._environment = workspace, environment
        self._sdk = sdk
        self._lock = asyncio.Lock()
        self._environment_id = ""
        self._rule_based: Mapping[str, _RuleBased] | Failure | None = None
        self._excluded: dict[str, tuple[tuple[str, SegmentKind], ...]] = {}

    def excluded(self, name: str) -> tuple[tuple[str, SegmentKind], ...]:
        """Return the segments that one excludes, with their kinds."""
        return self._excluded.get(name, ())

    async def several(self, names: Names) -> dict[str, Segment]:
        """Return these segments by name, reading a few at a time."""
        gate = asyncio.Semaphore(AT_ONCE)
        tasks = [asyncio.create_task(self.segment(name, kinds, gate)) for name, kinds in names.items()]
        try:
            return {segment.key: segment for segment in await asyncio.gather(*tasks)}
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def segment(self, name: str, kinds: Collection[SegmentKind], gate: asyncio.Semaphore) -> Segment:
        """Return a segment, unreadable if Split refuses it. Raises Failure if the key itself is refused."""
        if "large" in kinds:
            return unreadable(name, "Split doesn't show the keys of large segments")
        if len(kinds) > 1:
            return unreadable(name, "rules name it as a standard segment and as a rule-based one")
        try:
            async with gate:
                return await (self._standard(name) if "standard" in kinds else self._with_rules(name))
        except Failure as failure:
            if failure.status_code == _UNAUTHORIZED or failure.kind is Kind.CREDENTIAL:
                raise
            return unreadable(name, _reason(failure))

    async def _standard(self, name: str) -> Segment:
        """An individual target may also name a rule-based segment: then there is no standard one."""
        async with self._lock:
            self._environment_id = self._environment_id or await self._find_environment()
        try:
            return await self._keys(name, self._environment_id)
        except Failure as failure:
            if failure.status_code != 404:
                raise
            try:
                found = (await self._list()).get(name)
            except Failure:
                found = None
            if found is None:
                raise failure from None
        return self._noted(name, found)

    async def _with_rules(self, name: str) -> Segment:
        found = (await self._list()).get(name)
        if found is None:
            return unreadable(name, "Split doesn't list it among this environment's rule-based segments")
        return self._noted(name, found)

    def _noted(self, name: str, found: _RuleBased) -> Segment:
        self._excluded[name] = found.excluded
        return found.segment

    async def _find_environment(self) -> str:
        """Return the environment's ID: its name, which works for definitions, isn't known to work for keys."""
        answer = await self._client.get(f"/environments/ws/{in_path(self._workspace)}")
        if not is_list(answer):
            return self._environment
        environments = objects(self._client.reader.json(answer))
        ids = [text(item.get("id")) for item in environments if item.get("name") == self._environment]
        known = any(item.get("id") == self._environment for item in environments)
        return ids[0] if ids and ids[0] and not known else self._environment

    async def _keys(self, name: str, environment: str) -> Segment:
        path = f"/segments/{in_path(environment)}/{in_path(name)}/keys?limit={_KEYS_PAGE}"

        async def fetch(offset: int, sink: Sink) -> ListPage[str]:
            answer = await self._client.get(f"{path}&offset={offset}", sink)
            if not is_list(answer):
                raise await self._client.denial(answer, _denials("segments"))
            body = members(self._client.reader.json(answer))
            keys = tuple(text(item.get("key")) for item in objects(body.get("keys")))
            if not isinstance(body.get("keys"), list) or "" in keys:
                raise self._client.not_a_list(answer, "keys")
            return ListPage(keys, total({"totalCount": body.get("count")}, None))

        http, sink = self._client.connection.http, self._client.connection.sink
        keys: dict[str, None] = {}
        pages = read_all(http, fetch, str, what=f"Split's list of keys of {short(name)}", size=_KEYS_PAGE, sink=sink)
        async with aclosing(pages):
            async for progress in pages:
                keys |= dict.fromkeys(progress.fresh)
                for key in progress.gone:
                    keys.pop(str(key), None)
                if max(len(keys), progress.total or 0) > MOST_KEYS:
                    return unreadable(name, f"it has more than {count(MOST_KEYS, 'key')}, too many for LaunchDarkly")
        return Segment(name, included=tuple(keys))

    async def _list(self) -> Mapping[str, _RuleBased]:
        async with self._lock:
            if self._rule_based is None:
                try:
                    self._rule_based = await self._read_list()
                except Failure as failure:
                    self._rule_based = failure
        if isinstance(self._rule_based, Failure):
            raise self._rule_based
        return self._rule_based

    async def _read_list(self) -> Mapping[str, _RuleBased]:
        path = f"/rule-based-segments/ws/{in_path(self._workspace)}/environments/{in_path(self._environment)}"

        array: dict[str, Object] = {}

        async def fetch(offset: int, sink: Sink) -> ListPage[Object]:
            # Split's own client takes an array that is no full page for the end, or for the whole list.
            if array and offset % _RULES_PAGE:
                return ListPage((), None)
            answer = await self._client.get(f"{path}?limit={_RULES_PAGE}&offset={offset}", sink)
            if not is_list(answer):
                raise await self._client.denial(answer, _denials("rule-based segments"))
            body = self._client.reader.json(answer)
            if isinstance(body, list):
                fresh = {_name(item): item for item in objects(body) if not offset or _name(item) not in array}
                array.update(fresh)
                return ListPage(tuple(fresh.values()), None)
            page, entries = self._client.listing(answer, "rule-based segments")
            return ListPage(tuple(objects(entries)), total(page, None))

        http, sink = self._client.connection.http, self._client.connection.sink
        found: dict[str, _RuleBased] = {}
        pages = read_all(http, fetch, _name, what="Split's list of rule-based segments", size=_RULES_PAGE, sink=sink)
        async with aclosing(pages):
            async for progress in pages:
                found |= {_name(item): rule_based(item, self._sdk) for item in progress.fresh}
        return found


def _name(item: Object) -> str:
    return text(item.get("name"))


def _denials(what: str) -> Denials:
    """What statuses mean for segments; each continues a sentence."""
    reasons = {
        402: f"the account's plan at Split doesn't include {what} (402)",
        403: f"the role of the Admin API key doesn't allow reading {what} (403)",
        404: f"Split has no such {what.rstrip('s')} in this environment, or the key can't see it (404)",
    }
    return {status: source_failure(reason, status_code=status) for status, reason in reasons.items()}


def _reason(failure: Failure) -> str:
    status = failure.status_code
    return f"Split failed ({status})" if status is not None and status >= 500 else failure.what.rstrip(".")


# --- rule-based segments

_ABOUT = frozenset({
    "id", "name", "description", "title", "comment", "tags", "owners", "environment", "trafficType", "creationTime",
    "lastUpdateTime", "changeNumber",
})  # fmt: skip
_SEGMENT = _ABOUT | {"rules", "excludedKeys", "excludedSegments"}
_RULE = frozenset({"id", "name", "description", "label", "condition"})
_CONDITION = frozenset({"combiner", "matchers"})
_KINDS: Mapping[str, SegmentKind] = {"standard": "standard", "rule_based": "rule-based", "large": "large"}


def rule_based(item: Object, sdk: str = "") -> _RuleBased:
    """Return a rule-based segment; it is unreadable if a part of it isn't understood."""
    name, problems = _name(item), dict[str, None]()
    problem: Problem = problems.setdefault
    for member in unknown_members(item, _SEGMENT):
        problem(f"an unknown member ({member})")
    rules = tuple(_rule(rule, sdk, problem) for rule in objects(item.get("rules")))
    keys = tuple(key for key in elements(item.get("excludedKeys")) if isinstance(key, str) and key)
    others = tuple(_excluded(other, problem) for other in objects(item.get("excludedSegments")))
    if len(keys) != len(elements(item.get("excludedKeys"))):
        problem("excluded keys that can't be read")
    if not all(isinstance(item.get(member), list | None) for member in ("rules", "excludedKeys", "excludedSegments")):
        problem("rules or exclusions that are no lists")
    if problems:
        return _RuleBased(unreadable(name, f"it has {next(iter(problems))}"))
    excluded = tuple(other for other, _ in others)
    return _RuleBased(Segment(name, excluded=keys, excluded_segments=excluded, rules=rules), others)


def _rule(rule: Object, sdk: str, problem: Problem) -> tuple[Condition, ...]:
    """A list of matchers as in a flag, or a single matcher in the rule itself."""
    if "operator" in rule and "condition" not in rule:
        return (condition(_as_in_flags(rule, problem), sdk, problem),)
    group = members(rule.get("condition"))
    for member in (*unknown_members(rule, _RULE), *unknown_members(group, _CONDITION)):
        problem(f"a rule with an unknown member ({member})")
    if group.get("combiner") not in (None, "", "AND"):
        problem("an unknown combiner")
    if not matchers_of(rule):
        problem("a rule without matchers")
    return tuple(condition(_as_in_flags(matcher, problem), sdk, problem) for matcher in matchers_of(rule))


def _excluded(other: Object, problem: Problem) -> tuple[str, SegmentKind]:
    name = text(other.get("name"))
    kind = _KINDS.get(text(other.get("type")).lower().replace("-", "_").replace("segment", "").strip("_"))
    if not name or kind is None or any(True for _ in unknown_members(other, frozenset({"name", "type"}))):
        problem("an excluded segment that can't be read")
    return name, kind or "standard"


_TEXT_OPERATORS: Mapping[str, str] = {
    "equals": "IN_LIST_STRING",
    "not_equals": "IN_LIST_STRING",
    "in_list": "IN_LIST_STRING",
    "contains": "CONTAINS_STRING",
    "starts_with": "STARTS_WITH_STRING",
    "ends_with": "ENDS_WITH_STRING",
}
_NUMBER_OPERATORS: Mapping[str, str] = {
    "equals": "EQUAL_NUMBER",
    "not_equals": "EQUAL_NUMBER",
    "greater_than_or_equal": "GREATER_THAN_OR_EQUAL_NUMBER",
    "less_than_or_equal": "LESS_THAN_OR_EQUAL_NUMBER",
}


def _as_in_flags(matcher: Object, problem: Problem) -> Object:
    """A matcher with `operator` and `value` as a flag's rule writes it. The operators have no documented meaning beyond
    their names, so only those are known that name a matcher of flags."""
    if "operator" not in matcher or "type" in matcher or "matcherType" in matcher:
        return matcher
    for member in unknown_members(matcher, frozenset({"attribute", "operator", "value", "negate"})):
        problem(f"a matcher with an unknown member ({member})")
    operator, value = text(matcher.get("operator")).lower(), matcher.get("value")
    negated = matcher.get("negate") is True
    shape: dict[str, object] = {
        "attribute": matcher.get("attribute"),
        "negate": negated is not (operator == "not_equals"),
        "type": f"operator {operator}",
    }
    values = value if isinstance(value, list) else [value]
    if operator in _TEXT_OPERATORS and values and all(isinstance(item, str) for item in values):
        return shape | {"type": _TEXT_OPERATORS[operator], "strings": values}
    if operator == "matches" and isinstance(value, str):
        return shape | {"type": "MATCHES_STRING", "string": value}
    if operator in _NUMBER_OPERATORS:
        return shape | {"type": _NUMBER_OPERATORS[operator], "number": value}
    return shape
