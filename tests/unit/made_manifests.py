"""Made-up manifests for the tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def variable(**members: Any) -> dict[str, Any]:
    """A form variable that is right; a member given as None is left out."""
    whole = {"key": "one", "name": "One", "type": "string", "description": "One thing.", **members}
    return {key: value for key, value in whole.items() if value is not None}


def written(folder: Path, *variables: dict[str, Any], name: str = "made.json", **members: Any) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "name": "Made up",
        "capabilities": {"flagImport": {}},
        "formVariables": list(variables),
        **members,
    }
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
