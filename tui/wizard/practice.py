"""The practice mode as a front knows it: values to fill in, and faults to rehearse."""

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
    """Made-up servers on loopback. `values` holds for each integration what each field would be answered with."""

    values: Mapping[str, Mapping[str, str]] = field(repr=False)
    host: str
    """The made-up LaunchDarkly's address."""
    faults: tuple[PracticeFault, ...]
    set_fault: Callable[[str | None], None]
    stop: Callable[[], None]


def values_from(addresses: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """The answers to each integration's fields, from the practice servers' addresses and keys.

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
