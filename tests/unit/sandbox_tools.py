"""Speaks to the practice servers over real HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

from tui.sandbox.keys import SPLIT_KEYS, TOKENS, UNLEASH_KEYS
from tui.sandbox.server import Sandbox

FI = "/api/v2/integration-capabilities/flag-import"


class Clock:
    """Stands still until it is moved. Seconds since the epoch."""

    def __init__(self, at: float) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


def launchdarkly(box: Sandbox, who: str = "writer", version: str = "beta") -> httpx.Client:
    headers = {"Authorization": TOKENS[who].value, "LD-API-Version": version}
    return httpx.Client(base_url=box.addresses()["launchdarkly"]["url"], headers=headers, trust_env=False)


def split(box: Sandbox, key: str = "admin") -> httpx.Client:
    headers = {"Authorization": f"Bearer {SPLIT_KEYS[key].value}"}
    return httpx.Client(base_url=box.addresses()["split"]["api"], headers=headers, trust_env=False)


def unleash(box: Sandbox, key: str | None = "sdk") -> httpx.Client:
    headers = {"Authorization": UNLEASH_KEYS[key].value} if key else {}
    return httpx.Client(base_url=box.addresses()["unleash"]["url"], headers=headers, trust_env=False)


def config_for(box: Sandbox, integration: str) -> dict[str, Any]:
    there = box.addresses()
    import_key = there["launchdarkly"]["import_key"]
    configs: dict[str, dict[str, Any]] = {
        "unleash": {
            "sourceBaseUrl": there["unleash"]["url"],
            "sourceApiKey": there["unleash"]["key"],
            "sourceProjectId": there["unleash"]["project"],
            "sourceEnvironmentId": there["unleash"]["environment"],
            "sourceTag": "",
            "ldApiKey": import_key,
            "ldTag": "imported-from-unleash",
            "ldMaintainer": "",
        },
        "split": {
            "workspaceApiKey": there["split"]["key"],
            "workspaceId": there["split"]["workspace"],
            "environmentId": there["split"]["environment"],
            "splitTag": "",
            "ldApiKey": import_key,
            "ldTag": "imported-from-split",
            "ldMaintainer": "",
        },
    }
    return configs[integration]


def create(
    client: httpx.Client,
    box: Sandbox,
    integration: str = "unleash",
    project: str = "web-shop",
    **changed: Any,
) -> httpx.Response:
    """Creates a configuration; `changed` goes over the config."""
    body = {"name": "Practice", "tags": ["migration"], "config": config_for(box, integration) | changed}
    return client.post(f"{FI}/{project}/{integration}", json=body)


def path_of(answer: httpx.Response) -> str:
    shape = answer.json()
    return f"{FI}/{shape['projectKey']}/{shape['integrationKey']}/{shape['_id']}"


def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Asks again and again; the asking itself is the pause."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"


def run_import(client: httpx.Client, path: str) -> tuple[list[str], dict[str, Any]]:
    """Triggers and watches to the end: the different statuses in their order, and the last `_status`."""
    assert client.post(f"{path}/trigger").status_code == 201
    seen: list[str] = []
    last: dict[str, Any] = {}

    def ended() -> bool:
        nonlocal last
        last = client.get(path).json()["_status"]
        if last["status"] not in seen:
            seen.append(last["status"])
        return last["status"] in ("complete", "failed", "partial")

    until(ended)
    return seen, last
