"""Unleash's client specification: states, contexts, and what each flag must serve them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.unit.targeting.unleash_cases import Feature
from tui.targeting.model import Context

_FILE = Path(__file__).parents[2] / "data" / "unleash_client_specification.json"


@dataclass(frozen=True, slots=True)
class Case:
    """What a flag serves a context. `variant` is "" if the case is only about on and off, "disabled" for none."""

    file: str
    description: str
    flag: str
    context: Context
    on: bool
    variant: str = ""


def specification() -> Iterator[tuple[Sequence[Feature], Sequence[Case]]]:
    """Yield each state's features, with all its segments beside each, and its cases."""
    files: Mapping[str, Any] = json.loads(_FILE.read_text("utf-8"))["files"]
    for file, content in files.items():
        state = content["state"]
        features, segments = _hydrated(state["events"]) if "events" in state else (state["features"], None)
        segments = state.get("segments") or [] if segments is None else segments
        cases = [
            Case(file, case["description"], case["toggleName"], _context(case["context"]), case["expectedResult"])
            for case in content.get("tests", ())
        ]
        for case in content.get("variantTests", ()):
            expected = case["expectedResult"]
            on, variant = expected["feature_enabled"], expected["name"]
            cases.append(Case(file, case["description"], case["toggleName"], _context(case["context"]), on, variant))
        yield [{**feature, "segments": segments} for feature in features], cases


def _hydrated(events: Sequence[Mapping[str, Any]]) -> tuple[list[Feature], list[Feature]]:
    """Features and segments after events of Unleash's delta API."""
    features: dict[str, Feature] = {}
    segments: dict[int, Feature] = {}
    for event in events:
        match event["type"]:
            case "hydration":
                features = {feature["name"]: feature for feature in event["features"]}
                segments = {segment["id"]: segment for segment in event["segments"]}
            case "feature-updated":
                features[event["feature"]["name"]] = event["feature"]
            case "feature-removed":
                features.pop(event["featureName"], None)
            case "segment-updated":
                segments[event["segment"]["id"]] = event["segment"]
            case "segment-removed":
                segments.pop(event["segmentId"], None)
    return list(features.values()), list(segments.values())


def _context(given: Mapping[str, Any]) -> Context:
    attributes = {**given, **(given.get("properties") or {})}
    attributes.pop("properties", None)
    key = attributes.pop("userId", None)
    return Context(key, {name: value for name, value in attributes.items() if value is not None})
