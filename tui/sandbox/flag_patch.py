"""Instructions of a semantic patch of a flag, after LaunchDarkly's OpenAPI document ("Update feature flag")."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

from tui.sandbox.account import LdFlag, State, StoredAccount
from tui.sandbox.keys import object_id
from tui.sandbox.targeting import (
    USER,
    Invalid,
    clauses_of,
    index_of,
    objects_of,
    served,
    text_of,
    texts_of,
    with_keys,
    without_keys,
)

Instruction = Mapping[str, Any]


def variation_ids(flag: LdFlag) -> list[str]:
    """Return the ids of a flag's variations. They depend on its key alone."""
    return [object_id("variation", crc32(flag.key.encode()) << 8 | n) for n, _ in enumerate(flag.variations)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a patch acts. `environment` is blank if the patch names none."""

    account: StoredAccount
    project: str
    environment: str


def patched(place: Place, flag: LdFlag, instructions: Sequence[object]) -> LdFlag:
    """Carry out all instructions. Versions don't move. Raises Invalid for the first one that can't be carried out."""
    for instruction in instructions:
        kind = instruction.get("kind") if isinstance(instruction, dict) else None
        change = _OF_FLAGS.get(str(kind)) or _OF_ENVIRONMENTS.get(str(kind), (None, ""))[0]
        if change is None or not isinstance(instruction, dict):
            raise Invalid(f"Instruction kind {kind!r} is not known")
        if kind in _OF_ENVIRONMENTS and place.environment not in place.account.environments:
            raise Invalid(f"{kind} requires a valid environmentKey")
        try:
            flag = change(place, flag, instruction)
        except Invalid as problem:
            raise Invalid(f"{kind}: {problem}") from None
    return flag


def actions(instructions: Sequence[object]) -> list[str]:
    """Return LaunchDarkly's names of what instructions do in an environment, in order."""
    kinds = [str(each.get("kind")) for each in instructions if isinstance(each, dict)]
    return [_OF_ENVIRONMENTS[kind][1] for kind in kinds if kind in _OF_ENVIRONMENTS]


def _add_rule(place: Place, flag: LdFlag, given: Instruction) -> LdFlag:
    rules = [*flag.state(place.environment).rules]
    at = len(rules)
    if "beforeRuleId" in given:
        ids = [rule["_id"] for rule in rules]
        if given["beforeRuleId"] not in ids:
            raise Invalid(f"There is no rule with the id {given['beforeRuleId']!r}")
        at = ids.index(given["beforeRuleId"])
    rules.insert(at, _rule(place, flag, given))
    return flag.with_state(place.environment, rules=tuple(rules))


def _rule(place: Place, flag: LdFlag, given: Instruction) -> dict[str, Any]:
    new_id = place.account.new_id
    about = {"description": text_of(given, "description")} if given.get("description") else {}
    serves = served(given, variation_ids(flag))
    clauses = clauses_of(given, new_id)
    tracks = given.get("trackEvents") is True
    return {"_id": new_id(), **serves, "clauses": clauses, "trackEvents": tracks, **about, "ref": new_id()}


def _remove_rule(place: Place, flag: LdFlag, given: Instruction) -> LdFlag:
    id_ = text_of(given, "ruleId")
    kept = tuple(rule for rule in flag.state(place.environment).rules if rule["_id"] != id_)
    return flag.with_state(place.environment, rules=kept)


def _replace_rules(place: Place, flag: LdFlag, given: Instruction) -> LdFlag:
    rules = tuple(_rule(place, flag, rule) for rule in objects_of(given, "rules"))
    return flag.with_state(place.environment, rules=rules)


def _add_targets(place: Place, flag: LdFlag, given: Instruction) -> LdFlag:
    return _with_targets(place, flag, given, with_keys)


def _remove_targets(place: Place, flag: LdFlag, given: Instruction) -> LdFlag:
    return _with_targets(place, flag, given, without_keys)


def _with_targets(
    place: Place, flag: LdFlag, given: Instruction, change: Callable[..., tuple[Mapping[str, Any], ...]]
) -> LdFlag:
    """Change the targets of one variation and kind of contexts. Users have a list of their own."""
    kind, variation = text_of(given, "contextKind", USER), index_of(given, variation_ids(flag))
    state = flag.state(place.environment)
    name = "targets" if kind == USER else "context_targets"
    targets = change(getattr(state, name), texts_of(given, "values"), variation=variation, contextKind=kind)
    changed = flag.with_state(place.environment, **{name: targets})
    _check_targets(changed.state(place.environment))
    return changed


def _check_targets(state: State) -> None:
    seen: dict[tuple[str, str], int] = {}
    for target in (*state.targets, *state.context_targets):
        for key in target["values"]:
            if seen.setdefault((target["contextKind"], key), target["variation"]) != target["variation"]:
                raise Invalid(f"The {target['contextKind']} {key} is targeted in several variations")


def _replace_targets(place: Place, flag: LdFlag, given: Instruction) -> LdFlag:
    targets = objects_of(given, "targets")
    flag = flag.with_state(place.environment, targets=(), context_targets=())
    for target in targets:
        flag = _add_targets(place, flag, target)
    return flag


def _update_fallthrough(place: Place, flag: LdFlag, given: Instruction) -> LdFlag:
    serves = served(given, variation_ids(flag))
    return _unless_shown(place, flag, fallthrough=serves.get("variation", serves.get("rollout")))


def _update_off(place: Place, flag: LdFlag, given: Instruction) -> LdFlag:
    return _unless_shown(place, flag, off=index_of(given, variation_ids(flag)))


def _unless_shown(place: Place, flag: LdFlag, **changes: Any) -> LdFlag:
    """Set the default rule or the off variation, unless the flag's own default has this effect already."""
    state = flag.state(place.environment)
    shown = {"fallthrough": flag.default_rule(state), "off": flag.off_variation(state)}
    return (
        flag
        if all(shown[name] == value for name, value in changes.items())
        else flag.with_state(place.environment, **changes)
    )


def _add_prerequisite(place: Place, flag: LdFlag, given: Instruction) -> LdFlag:
    key = text_of(given, "key")
    parent = place.account.flags[place.project].get(key)
    before = flag.state(place.environment).prerequisites
    if parent is None:
        raise Invalid(f"There is no flag {key}")
    if key in [prerequisite["key"] for prerequisite in before]:
        raise Invalid(f"{key} is already a prerequisite")
    if key == flag.key or flag.key in _all_prerequisites(place, parent):
        raise Invalid(f"{key} as a prerequisite would make a cycle")
    prerequisite = {"key": key, "variation": index_of(given, variation_ids(parent))}
    return flag.with_state(place.environment, prerequisites=(*before, prerequisite))


def _all_prerequisites(place: Place, flag: LdFlag) -> set[str]:
    """Return the keys of the flags that a flag depends on, through others too."""
    flags, found, keys = place.account.flags[place.project], set[str](), [flag.key]
    while keys:
        known = flags.get(keys.pop())
        required = known.state(place.environment).prerequisites if known else ()
        keys += (new := {each["key"] for each in required} - found)
        found |= new
    return found


def _replace_prerequisites(place: Place, flag: LdFlag, given: Instruction) -> LdFlag:
    prerequisites = objects_of(given, "prerequisites")
    flag = flag.with_state(place.environment, prerequisites=())
    for prerequisite in prerequisites:
        flag = _add_prerequisite(place, flag, prerequisite)
    return flag


def _remove_prerequisite(place: Place, flag: LdFlag, given: Instruction) -> LdFlag:
    key = text_of(given, "key")
    kept = tuple(each for each in flag.state(place.environment).prerequisites if each["key"] != key)
    return flag.with_state(place.environment, prerequisites=kept)


Change = Callable[[Place, LdFlag, Instruction], LdFlag]

_OF_FLAGS: Mapping[str, Change] = {
    "archiveFlag": lambda place, flag, _: replace(flag, archived=True),
    "restoreFlag": lambda place, flag, _: replace(flag, archived=False),
    "updateName": lambda place, flag, new: replace(flag, name=text_of(new, "value")),
    "addTags": lambda place, flag, new: replace(flag, tags=(*dict.fromkeys((*flag.tags, *texts_of(new, "values"))),)),
    "removeTags": lambda place, flag, new: replace(
        flag, tags=tuple(tag for tag in flag.tags if tag not in texts_of(new, "values"))
    ),
}
_OF_ENVIRONMENTS: Mapping[str, tuple[Change, str]] = {
    "turnFlagOn": (lambda place, flag, _: flag.with_state(place.environment, on=True), "updateOn"),
    "turnFlagOff": (lambda place, flag, _: flag.with_state(place.environment, on=False), "updateOn"),
    "addRule": (_add_rule, "updateRules"),
    "removeRule": (_remove_rule, "updateRules"),
    "replaceRules": (_replace_rules, "updateRules"),
    "addTargets": (_add_targets, "updateTargets"),
    "removeTargets": (_remove_targets, "updateTargets"),
    "replaceTargets": (_replace_targets, "updateTargets"),
    "updateFallthroughVariationOrRollout": (_update_fallthrough, "updateFallthrough"),
    "updateOffVariation": (_update_off, "updateOffVariation"),
    "addPrerequisite": (_add_prerequisite, "updatePrerequisites"),
    "replacePrerequisites": (_replace_prerequisites, "updatePrerequisites"),
    "removePrerequisite": (_remove_prerequisite, "updatePrerequisites"),
}
"""What each instruction does, and LaunchDarkly's name for it."""
