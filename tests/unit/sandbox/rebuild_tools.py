"""Requests that write targeting, as a client sends them, and the vendor's models that judge the answers."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import httpx

from tests.conftest import needed

FLAGS = "/api/v2/flags/web-shop"
SEGMENTS = "/api/v2/segments/web-shop"
SEMANTIC = {"Content-Type": "application/json; domain-model=launchdarkly.semanticpatch"}
CLAUSE = {"contextKind": "user", "attribute": "country", "op": "in", "negate": False, "values": ["DE"]}


def vendor() -> Any:
    """LaunchDarkly's own client. Imported by need: that takes seconds."""
    try:
        return import_module("launchdarkly_api")
    except ImportError:
        needed(None, "launchdarkly-api")


def flag(ld: httpx.Client, key: str) -> dict[str, Any]:
    response = ld.get(f"{FLAGS}/{key}")
    assert response.status_code == 200, response.text
    shape: dict[str, Any] = response.json()
    return shape


def state(ld: httpx.Client, key: str, environment: str = "production") -> dict[str, Any]:
    shape: dict[str, Any] = flag(ld, key)["environments"][environment]
    return shape


def ids(ld: httpx.Client, key: str) -> list[str]:
    return [variation["_id"] for variation in flag(ld, key)["variations"]]


def patch(
    ld: httpx.Client, key: str, *instructions: dict[str, Any], environment: str = "production", query: str = ""
) -> httpx.Response:
    body = {"environmentKey": environment, "comment": "Rebuilt", "instructions": list(instructions)}
    return ld.patch(f"{FLAGS}/{key}{query}", json=body, headers=SEMANTIC)


def create_segment(ld: httpx.Client, key: str, environment: str = "production") -> httpx.Response:
    body = {"key": key, "name": key.title(), "description": "Made by a rebuild", "tags": ["rebuild"]}
    return ld.post(f"{SEGMENTS}/{environment}", json=body)


def patch_segment(
    ld: httpx.Client, key: str, *instructions: dict[str, Any], environment: str = "production", query: str = ""
) -> httpx.Response:
    body = {"environmentKey": environment, "comment": "Rebuilt", "instructions": list(instructions)}
    return ld.patch(f"{SEGMENTS}/{environment}/{key}{query}", json=body, headers=SEMANTIC)


def segment(ld: httpx.Client, key: str, environment: str = "production") -> dict[str, Any]:
    response = ld.get(f"{SEGMENTS}/{environment}/{key}")
    assert response.status_code == 200, response.text
    shape: dict[str, Any] = response.json()
    return shape
