"""What flags and their definitions look like in Split's Admin API (docs.split.io/reference).

The fields of a matcher are those of Split's own Python client, the names of its types those that Harness documents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tui.sandbox.company import CompanyFlag, Condition, Operator, Rule
from tui.sandbox.keys import ENVIRONMENTS

_USER = "5d000000-5a4d-4b0c-8500-000000000021"
_SAFE = ("off", "control", "none", "classic")
"""Treatments that are served when nothing else is."""


def flag_json(flag: CompanyFlag) -> dict[str, Any]:
    """A flag of the workspace: nothing here depends on an environment."""
    number = flag.created % 1_000_003
    status = "Killed" if flag.state == "killed" else "Permanent" if flag.kind == "operational" else "Ramping"
    return {
        "id": f"6e000000-5a4d-4b0c-8500-{number:012x}",
        "name": flag.key,
        "description": flag.about,
        "trafficType": {"id": _USER, "name": "user"},
        "creationTime": flag.created,
        "tags": None if flag.tags is None else [{"name": tag} for tag in flag.tags],
        "rolloutStatus": {"id": f"7f000000-5a4d-4b0c-8500-{len(status):012x}", "name": status},
        "rolloutStatusTimestamp": flag.created,
        "owners": [],
    }


def definition_json(flag: CompanyFlag, environment: str) -> dict[str, Any]:
    """The flag in one environment. In development everybody gets what the flag is for."""
    live = environment == "production"
    shares = _shares(flag) if live else {**dict.fromkeys(_shares(flag), 0), next(iter(_shares(flag))): 100}
    names = list(shares)
    treatments: list[dict[str, Any]] = [{"name": name, "configurations": None, "description": ""} for name in names]
    if live and flag.targets:
        treatments[0]["keys"] = list(flag.targets)
    if live and flag.segments:
        treatments[0]["segments"] = list(flag.segments)
    shape = {
        "name": flag.key,
        "environment": {"id": ENVIRONMENTS[environment], "name": environment},
        "trafficType": {"id": _USER, "name": "user"},
        "killed": live and flag.state == "killed",
        "treatments": treatments,
        "defaultTreatment": next((name for name in names if name in _SAFE), names[-1]),
        "baselineTreatment": names[-1],
        "trafficAllocation": flag.allocation if live else 100,
        "rules": _rules(flag, names) if live else [],
        "defaultRule": [{"treatment": name, "size": size} for name, size in shares.items() if size or len(names) < 3],
        "creationTime": flag.created,
        "lastUpdateTime": flag.created,
        "lastTrafficReceivedAt": None if flag.stale else flag.created,
        "flagSets": [],
    }
    if shape["trafficAllocation"] is None:
        del shape["trafficAllocation"]
    return shape


def _shares(flag: CompanyFlag) -> dict[str, int]:
    """Treatments, each with its part of the default rule in percent."""
    if flag.variants:
        return dict(flag.variants)
    chosen_ones = bool(flag.rules or flag.segments) and flag.rollout == 100
    on = 0 if flag.state in ("off", "absent") or chosen_ones else flag.rollout
    return {"on": on, "off": 100 - on}


def _rules(flag: CompanyFlag, treatments: list[str]) -> list[dict[str, Any]]:
    """What the flag requires stands in a rule of its own, before the others."""
    rules = [_rule(rule, treatments) for rule in flag.rules]
    if not flag.requires:
        return rules
    depends = {"type": "IN_SPLIT", "negate": False, "depends": {"splitName": flag.requires, "treatment": "on"}}
    return [_shaped([depends], treatments[:1], [100]), *rules]


def _rule(rule: Rule, treatments: list[str]) -> dict[str, Any]:
    matchers = [_matcher(condition) for condition in rule.conditions]
    if rule.share == 100:
        return _shaped(matchers, treatments[:1], [100])
    return _shaped(matchers, [treatments[0], treatments[-1]], [rule.share, 100 - rule.share])


def _shaped(matchers: list[dict[str, Any]], treatments: list[str], sizes: list[int]) -> dict[str, Any]:
    buckets = [{"treatment": name, "size": size} for name, size in zip(treatments, sizes, strict=True)]
    return {"condition": {"combiner": "AND", "matchers": matchers}, "buckets": buckets}


def _matcher(condition: Condition) -> dict[str, Any]:
    shape: dict[str, Any] = _MATCHERS[condition.operator](condition.values) | {"negate": condition.negate}
    return shape | {"attribute": condition.attribute} if condition.attribute else shape


_MATCHERS: Mapping[Operator, Callable[[tuple[str, ...]], dict[str, Any]]] = {
    "one-of": lambda values: {"type": "IN_LIST_STRING", "strings": list(values)},
    "starts-with": lambda values: {"type": "STARTS_WITH_STRING", "strings": list(values)},
    "at-least": lambda values: {"type": "GREATER_THAN_OR_EQUAL_NUMBER", "number": int(values[0])},
    "since": lambda values: {"type": "ON_OR_AFTER_DATE", "date": int(values[0])},
    "segment": lambda values: {"type": "IN_SEGMENT", "string": values[0]},
}
