"""What features, strategies and constraints look like in Unleash's client API, as server 7.5.1 was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from tui.sandbox.company import Company, CompanyFlag, Condition, Operator, Segment


def feature_json(flag: CompanyFlag, project: str, environment: str, company: Company, apart: bool) -> dict[str, Any]:
    """A feature as one environment has it; without one it has production's strategies, disabled."""
    live = environment != "development"
    shape: dict[str, Any] = {
        "name": flag.key,
        "type": flag.kind,
        "enabled": environment in ("production", "development") and (flag.state == "on" or not live),
        "project": project,
        "stale": flag.stale,
        "strategies": _strategies(flag, company, apart) if live else [_strategy("default", {})],
        "variants": _variants(flag, "default") if flag.older_variants else [],
        "description": flag.about,
        "impressionData": False,
    }
    if flag.requires:
        shape["dependencies"] = [{"feature": flag.requires, "enabled": True}]
    return shape


def segment_json(segment: Segment) -> dict[str, Any]:
    return {"id": segment.id, "name": segment.name, "constraints": [_of_segment(segment)]}


def tags_of(flag: CompanyFlag) -> set[str]:
    """Its tags as type and value: those with a blank are teams here, the others simple."""
    return {f"team:{tag}" if " " in tag else f"simple:{tag}" for tag in flag.tags or ()}


def _strategy(name: str, parameters: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "parameters": dict(parameters), "constraints": [], "variants": [], **more}


def _strategies(flag: CompanyFlag, company: Company, apart: bool) -> list[dict[str, Any]]:
    """`apart` is a client that knows segments: it gets their ids; for others they are constraints."""
    if flag.state == "absent":
        return []
    if flag.strategy:
        return [_strategy(flag.strategy["name"], flag.strategy["parameters"])]
    segments = [company.segments[name] for name in flag.all_segments]
    conditions = [one for rule in flag.rules for one in rule.conditions if one.operator != "segment"]
    constraints = [_constraint(one) for one in conditions]
    if not apart:
        constraints += [_of_segment(one) for one in segments]
    rollout = {"rollout": str(flag.rollout), "stickiness": "default", "groupId": flag.key}
    main = _strategy("flexibleRollout", rollout, constraints=constraints)
    if flag.variants and not flag.older_variants:
        main["variants"] = _variants(flag, "default")
    if apart and segments:
        main["segments"] = [one.id for one in segments]
    targets = [_strategy("userWithId", {"userIds": ",".join(flag.targets)})] if flag.targets else []
    return [main, *targets]


def _of_segment(segment: Segment) -> dict[str, Any]:
    return _constraint(Condition(segment.attribute, segment.values))


def _constraint(condition: Condition) -> dict[str, Any]:
    compared = _OPERATORS[condition.operator](condition.values)
    usual = {"inverted": condition.negate, "caseInsensitive": False}
    return {"contextName": condition.attribute, "values": [], **compared, **usual}


def _date(values: tuple[str, ...]) -> str:
    return datetime.fromtimestamp(int(values[0]) / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


_OPERATORS: Mapping[Operator, Callable[[tuple[str, ...]], dict[str, Any]]] = {
    "one-of": lambda values: {"operator": "IN", "values": list(values)},
    "starts-with": lambda values: {"operator": "STR_STARTS_WITH", "values": list(values)},
    "at-least": lambda values: {"operator": "NUM_GTE", "value": values[0]},
    "since": lambda values: {"operator": "DATE_AFTER", "value": _date(values)},
}


def _variants(flag: CompanyFlag, stickiness: str) -> list[dict[str, Any]]:
    """Weights are in thousandths."""
    return [
        {
            "name": name,
            "weight": share * 10,
            "weightType": "variable",
            "stickiness": stickiness,
            "payload": {"type": "string", "value": name},
        }
        for name, share in flag.variants
    ]
