"""The demo as a front knows it: values to fill in, and errors to simulate."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PracticeFault:
    """A scripted fault. `title` and `explains` are for the trainer's menu."""

    name: str
    title: str
    explains: str


_TEACHING = (
    "unauthorized", "forbidden", "bad-request", "rate-limited", "server-error", "lost-answer", "source-unauthorized",
    "import-partial", "import-stuck", "source-refused-at-import",
)  # fmt: skip
"""The faults that show the most, for a first practice."""
# The first match names the step in which a fault shows.
_STEPS = (
    ("Running the import", r"import-.*|source-refused-at-import"),
    ("Reading the source", r"source-.*"),
    ("Reading LaunchDarkly", r"launchdarkly-.*|.*naming-convention.*|hostile-text"),
    ("Starting the import", r"started-.*|.*trigger.*"),
    ("Undoing the import", r"audit-log-.*|patch-.*|modified-.*|no-(?:creation|version|environment).*|written-.*"),
    (
        "Running the import",
        r"stale-.*|unknown-.*|watch-.*|server-gone|flags-.*|default-.*|tag-.*|split-defaults-.*|no-last-import",
    ),
)
_CREATING = "Creating the import"
_ORDER = (
    "Start with these", "Reading the source", "Reading LaunchDarkly", _CREATING, "Starting the import",
    "Running the import", "Undoing the import",
)  # fmt: skip


def grouped(faults: Iterable[PracticeFault]) -> list[tuple[str, list[PracticeFault]]]:
    """Return the faults by the step in which they show, those for a first practice before them."""
    groups: dict[str, list[PracticeFault]] = {title: [] for title in _ORDER}
    for fault in faults:
        step = next((title for title, names in _STEPS if re.fullmatch(names, fault.name)), _CREATING)
        groups["Start with these" if fault.name in _TEACHING else step].append(fault)
    return [(title, members) for title, members in groups.items() if members]


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
