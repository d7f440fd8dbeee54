"""The demo as a front knows it: values to fill in, and errors to simulate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PracticeFault:
    """A scripted fault. `title` and `explains` are for the trainer's menu."""

    name: str
    title: str
    explains: str


@dataclass(frozen=True, slots=True)
class Practice:
    """The demo servers on loopback. `values` has an answer to each field of each integration."""

    values: Mapping[str, Mapping[str, str]] = field(repr=False)
    host: str
    """The address of the demo's LaunchDarkly."""
    faults: tuple[PracticeFault, ...]
    set_fault: Callable[[str | None], None]
    stop: Callable[[], None]


def values_from(addresses: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Return the answers to each integration's fields, from the demo servers' addresses and keys.

    `addresses` is the document that `ld-flag-import sandbox --json` prints (contract of the command line).
    """
    ld, split, unleash = addresses["launchdarkly"], addresses["split"], addresses["unleash"]
    common = {"host": ld["url"], "token": ld["token"], "project": ld["project"], "ldApiKey": ld["import_key"]}
    return {
        "split": {
            **common,
            "source-api": split["api"],
            "workspaceApiKey": split["key"],
            "workspaceId": split["workspace"],
            "environmentId": split["environment"],
        },
        "unleash": {
            **common,
            "sourceBaseUrl": unleash["url"],
            "sourceApiKey": unleash["key"],
            "sourceProjectId": unleash["project"],
            "sourceEnvironmentId": unleash["environment"],
        },
    }
