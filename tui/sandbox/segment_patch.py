"""A segment changed by semantic patch or by JSON Patch, after LaunchDarkly's OpenAPI document ("Update segment")."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tui.sandbox.account import StoredSegment
from tui.sandbox.targeting import (
    USER,
    WHOLE,
    Invalid,
    clauses_of,
    objects_of,
    text_of,
    texts_of,
    with_keys,
    without_keys,
)

Object = Mapping[str, Any]
NewId = Callable[[], str]

MOST_OPERATIONS = 1500
"""Operations on targets in one request: each key that is added or removed counts."""


def patched(segment: StoredSegment, instructions: Sequence[object], new_id: NewId) -> StoredSegment:
    """Carry out all instructions of a semantic patch. Raises Invalid for the first one that can't be carried out."""
    operations = 0
    for instruction in instructions:
        kind = str(instruction.get("kind")) if isinstance(instruction, dict) else ""
        if not isinstance(instruction, dict) or kind not in _INSTRUCTIONS:
            raise Invalid(f"Instruction kind {kind!r} is not known")
        if kind in _TARGETS:
            operations += len(texts_of(instruction, "values"))
        if operations > MOST_OPERATIONS:
            raise Invalid(f"The number of operations on targets exceeds the batch limit of {MOST_OPERATIONS}")
        try:
            segment = _INSTRUCTIONS[kind](segment, instruction, new_id)
            _check(segment)
        except Invalid as problem:
            raise Invalid(f"{kind}: {problem}") from None
    return segment


def needs_approval(body: object) -> bool:
    """Whether a patch is about targeting. The rest of a segment can be changed without an approval."""
    steps = body.get("instructions", body.get("patch")) if isinstance(body, dict) else body
    objects = [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []
    return any(
        step.get("kind") in (*_TARGETS, "addRule", "removeRule")
        or str(step.get("path")).startswith(("/rules", "/included", "/excluded"))
        for step in objects
    )


def _targets(
    name: str, change: Callable[..., tuple[Object, ...]]
) -> Callable[[StoredSegment, Object, NewId], StoredSegment]:
    """Return an instruction on `included` or `excluded`. Users have a list of their own."""

    def changed(segment: StoredSegment, given: Object, new_id: NewId) -> StoredSegment:
        kind, keys, of_kind = text_of(given, "contextKind", USER), texts_of(given, "values"), f"{name}_contexts"
        changes: dict[str, Any] = {of_kind: change(getattr(segment, of_kind), keys, contextKind=kind)}
        if kind == USER:
            users = change([{"values": list(getattr(segment, name))}], keys)
            changes = {name: tuple(key for each in users for key in each["values"])}
        return replace(segment, **changes)

    return changed


def _check(segment: StoredSegment) -> None:
    for included, excluded in (
        ({("user", key) for key in segment.included}, {("user", key) for key in segment.excluded}),
        (_keys(segment.included_contexts), _keys(segment.excluded_contexts)),
    ):
        if both := included & excluded:
            raise Invalid(f"{sorted(both)[0][1]} is both included and excluded")


def _keys(targets: Sequence[Object]) -> set[tuple[str, str]]:
    return {(target["contextKind"], key) for target in targets for key in target["values"]}


def _rule(given: Object, new_id: NewId) -> dict[str, Any]:
    rule: dict[str, Any] = {"_id": new_id(), "clauses": clauses_of(given, new_id)}
    if given.get("description"):
        rule["description"] = text_of(given, "description")
    if given.get("weight") is not None:
        if type(given["weight"]) is not int or not 0 <= given["weight"] <= WHOLE:
            raise Invalid(f"weight must be a whole number from 0 to {WHOLE}")
        rule["weight"] = given["weight"]
        rule["rolloutContextKind"] = text_of(given, "rolloutContextKind", USER)
    if "bucketBy" in given:
        rule["bucketBy"] = text_of(given, "bucketBy")
    return rule


def _add_rule(segment: StoredSegment, given: Object, new_id: NewId) -> StoredSegment:
    """Add a rule. The instruction has no weight: only a JSON Patch takes one."""
    plain = {name: given[name] for name in ("clauses", "description") if name in given}
    return replace(segment, rules=(*segment.rules, _rule(plain, new_id)))


_TARGETS: Mapping[str, Callable[[StoredSegment, Object, NewId], StoredSegment]] = {
    "addIncludedTargets": _targets("included", with_keys),
    "removeIncludedTargets": _targets("included", without_keys),
    "addExcludedTargets": _targets("excluded", with_keys),
    "removeExcludedTargets": _targets("excluded", without_keys),
}
_INSTRUCTIONS: Mapping[str, Callable[[StoredSegment, Object, NewId], StoredSegment]] = {
    **_TARGETS,
    "addRule": _add_rule,
    "removeRule": lambda segment, given, _: replace(
        segment, rules=tuple(rule for rule in segment.rules if rule["_id"] != text_of(given, "ruleId"))
    ),
    "updateName": lambda segment, given, _: replace(segment, name=text_of(given, "value")),
    "addTags": lambda segment, given, _: replace(
        segment, tags=tuple(dict.fromkeys((*segment.tags, *texts_of(given, "values"))))
    ),
    "removeTags": lambda segment, given, _: replace(
        segment, tags=tuple(tag for tag in segment.tags if tag not in texts_of(given, "values"))
    ),
}


def json_patched(segment: StoredSegment, body: object, new_id: NewId) -> StoredSegment:
    """Apply a JSON Patch (RFC 6902), bare or beside a comment: all of its operations, or none (Invalid).

    This server knows `add` and `remove` of a rule, `replace` of texts, and `test` of the version.
    """
    operations = objects_of(body if isinstance(body, dict) else {"patch": body}, "patch")
    for operation in operations:
        op, path = operation.get("op"), str(operation.get("path"))
        head, _, tail = path.removeprefix("/").partition("/")
        if op == "test" and path == "/version":
            if operation.get("value") != segment.version:
                raise Invalid("test failed: /version is another")
        elif op == "replace" and path in ("/name", "/description"):
            changes: dict[str, Any] = {head: str(operation.get("value"))}
            segment = replace(segment, **changes)
        elif op in ("add", "remove") and head == "rules":
            segment = replace(segment, rules=_rules(segment.rules, op, tail, operation.get("value"), new_id))
        else:
            raise Invalid(f"Unable to apply JSON patch: {op} {path}")
    return segment


def _rules(rules: Sequence[Object], op: str, at: str, value: object, new_id: NewId) -> tuple[Object, ...]:
    index = len(rules) if at == "-" and op == "add" else int(at) if at.isascii() and at.isdigit() else -1
    if not 0 <= index <= len(rules) - (op == "remove"):
        raise Invalid(f"Unable to apply JSON patch: there is no /rules/{at}")
    if op == "remove":
        return (*rules[:index], *rules[index + 1 :])
    if not isinstance(value, dict):
        raise Invalid("A rule must be an object")
    return (*rules[:index], _rule(value, new_id), *rules[index:])
