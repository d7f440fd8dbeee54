"""Clauses, rollouts and JSON lists in what is sent to change targeting, after LaunchDarkly's OpenAPI document.

What it leaves open is refused here, so that no client relies on it: rules without clauses, unknown operators, and
weights that don't name every variation (LaunchDarkly's Terraform provider asks for all of them, with a sum of 100000).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

WHOLE = 100_000
USER = "user"

_OPERATORS = frozenset({
    "in", "startsWith", "endsWith", "contains", "matches", "lessThan", "lessThanOrEqual", "greaterThan",
    "greaterThanOrEqual", "before", "after", "semVerEqual", "semVerLessThan", "semVerGreaterThan", "segmentMatch",
})  # fmt: skip
"""As in LaunchDarkly's Terraform provider."""


class Invalid(ValueError):  # noqa: N818 - as `Refusal`
    """An instruction or an operation that can't be carried out. Its text becomes the message of a 400."""


def text_of(given: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """Return a text that is not empty. Raises Invalid if it is missing and has no default."""
    value = given.get(name, default)
    if not isinstance(value, str) or not value:
        raise Invalid(f"{name} must be a non-empty string")
    return value


def texts_of(given: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return a list of texts, each of them once."""
    values = given.get(name)
    if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
        raise Invalid(f"{name} must be a list of non-empty strings")
    return tuple(dict.fromkeys(values))


def objects_of(given: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return a list of JSON objects."""
    values = given.get(name)
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise Invalid(f"{name} must be a list of objects")
    return values


def clauses_of(given: Mapping[str, Any], new_id: Callable[[], str]) -> list[dict[str, Any]]:
    """Return the clauses of a rule, with ids."""
    clauses = objects_of(given, "clauses")
    if not clauses:
        raise Invalid("A rule must have at least one clause")
    return [_clause(clause, new_id()) for clause in clauses]


def _clause(given: Mapping[str, Any], id_: str) -> dict[str, Any]:
    operator, values, negate = given.get("op"), given.get("values"), given.get("negate", False)
    if operator not in _OPERATORS:
        raise Invalid(f"{operator!r} is not an operator")
    # A boolean is a number here. LaunchDarkly's server SDKs compare all three.
    if not isinstance(values, list) or not values or not all(isinstance(each, str | int | float) for each in values):
        raise Invalid("A clause must have values: strings, numbers, or booleans")
    if operator == "segmentMatch" and not all(isinstance(each, str) for each in values):
        raise Invalid("The values of segmentMatch must be keys of segments")
    if not isinstance(negate, bool):
        raise Invalid("negate must be true or false")
    kind = given.get("contextKind", USER)
    if not isinstance(kind, str):
        raise Invalid("contextKind must be a string")
    attribute = text_of(given, "attribute", "segmentMatch" if operator == "segmentMatch" else None)
    shown = {"contextKind": kind, "attribute": attribute, "op": operator, "negate": negate, "values": list(values)}
    return {"_id": id_, **shown}


def served(given: Mapping[str, Any], variation_ids: Sequence[str]) -> dict[str, Any]:
    """Return what a rule serves: `variation`, or `rollout` with weights in the order of the variations."""
    if ("variationId" in given) == ("rolloutWeights" in given):
        raise Invalid("Either variationId or rolloutWeights is required")
    if "variationId" in given:
        return {"variation": index_of(given, variation_ids)}
    weights = given["rolloutWeights"]
    if not isinstance(weights, dict) or {*weights} != {*variation_ids}:
        raise Invalid("rolloutWeights must name every variation of the flag by its id")
    if not all(type(weight) is int and 0 <= weight <= WHOLE for weight in weights.values()):
        raise Invalid(f"Each weight must be a whole number from 0 to {WHOLE}")
    if sum(weights.values()) != WHOLE:
        raise Invalid(f"The sum of the weights must be {WHOLE}")
    by = {"bucketBy": text_of(given, "rolloutBucketBy")} if "rolloutBucketBy" in given else {}
    variations = [{"variation": index, "weight": weights[id_]} for index, id_ in enumerate(variation_ids)]
    kind = text_of(given, "rolloutContextKind", USER)
    return {"rollout": {"variations": variations, **by, "contextKind": kind}}


def index_of(given: Mapping[str, Any], variation_ids: Sequence[str]) -> int:
    """Return the index of the variation with `variationId`."""
    id_ = given.get("variationId")
    if id_ not in variation_ids:
        raise Invalid(f"The flag has no variation with the id {id_!r}")
    return variation_ids.index(id_)


def with_keys(
    targets: Sequence[Mapping[str, Any]], keys: Sequence[str], **entry: object
) -> tuple[Mapping[str, Any], ...]:
    """Add keys to the list of targets whose other members are `entry`; a list that wasn't there is the last one."""
    if not keys:
        return tuple(targets)
    at = next((index for index, target in enumerate(targets) if _others(target) == entry), len(targets))
    before = [key for target in targets[at : at + 1] for key in target["values"]]
    return (*targets[:at], {**entry, "values": [*dict.fromkeys((*before, *keys))]}, *targets[at + 1 :])


def without_keys(
    targets: Sequence[Mapping[str, Any]], keys: Sequence[str], **entry: object
) -> tuple[Mapping[str, Any], ...]:
    """Remove keys from the list of targets whose other members are `entry`. A list without keys is dropped."""
    kept: list[Mapping[str, Any]] = []
    for target in targets:
        values = [key for key in target["values"] if _others(target) != entry or key not in keys]
        kept += [target if len(values) == len(target["values"]) else {**target, "values": values}] if values else []
    return tuple(kept)


def _others(target: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in target.items() if name != "values"}
