"""Made-up manifests for the tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def variable(**members: Any) -> dict[str, Any]:
    """A form variable that is right; a member given as None is left out."""
    whole = {"key": "one", "name": "One", "type": "string", "description": "One thing.", **members}
    return {key: value for key, value in whole.items() if value is not None}


def options(*labels: str) -> list[dict[str, str]]:
    """Options of a multiselect, each sent in lower case."""
    return [{"label": label, "value": label.lower()} for label in labels]


FETCHED: dict[str, Any] = {
    "endpoint": {"url": "https://example.com/api/things", "method": "GET", "headers": []},
    "parser": {"optionsPath": "/items", "optionsItems": {"label": "/name", "value": "/id"}},
}
"""The dynamicOptions of a dynamicEnum."""


def written(folder: Path, *variables: dict[str, Any], name: str = "made.json", **members: Any) -> Path:
    """A manifest that is right, in a file called `name`; a member given as None is left out. `title` is its name."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "name": members.pop("title", "Made up"),
        "version": "1.0.0",
        "overview": "Imports flags.",
        "description": "Imports flags from a made-up service.",
        "author": "Nobody",
        "supportEmail": "nobody@example.com",
        "links": {"site": "https://example.com", "privacyPolicy": "https://example.com/privacy"},
        "categories": ["import"],
        "icons": {"square": "square.svg", "horizontal": "horizontal.svg"},
        "capabilities": {"flagImport": {"includeErrorResponseBody": True}},
        "formVariables": list(variables),
        **members,
    }
    content = {key: value for key, value in content.items() if value is not None}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def needs(
    key: str,
    *,
    where: str = "formVariables",
    action: str = "showField",
    value: str = "",
    conditions: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """A dependency on the variable `key` being equal to `value`, unless `conditions` say otherwise."""
    if conditions is None:
        conditions = [{"operator": "equalTo", "value": value}]
    return {"variableKey": key, "variableLocation": where, "action": action, "conditions": conditions}
