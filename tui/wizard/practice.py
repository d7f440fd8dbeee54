"""The practice mode as the wizard knows it: values to fill in, and errors to simulate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

FIRST_CASES = "Good first cases"


@dataclass(frozen=True, slots=True)
class PracticeFault:
    """An error that the demo servers can simulate.

    `step` names the part of the wizard that shows it. `teaches` marks the cases that a course starts with.
    """

    name: str
    title: str
    explains: str
    step: str = ""
    teaches: bool = False


@dataclass(frozen=True, slots=True)
class Practice:
    """Demo servers on loopback. `values` has the demo account's answer to each field, by integration."""

    values: Mapping[str, Mapping[str, str]] = field(repr=False)
    host: str
    """The address of the demo LaunchDarkly."""
    faults: tuple[PracticeFault, ...]
    set_fault: Callable[[str | None], None]
    stop: Callable[[], None]
    fault: Callable[[], str | None] = lambda: None
    """Returns the name of the error that is simulated now."""


def values_from(addresses: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Return the answers to each integration's fields.

    `addresses` is the document that `ld-flag-import sandbox --json` prints: the demo servers' addresses and keys.
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


def grouped(faults: Iterable[PracticeFault], text: str = "") -> dict[str, tuple[PracticeFault, ...]]:
    """Return the errors in which all words of `text` occur: the first cases, then the others by step."""
    words = text.casefold().split()
    groups: dict[str, tuple[PracticeFault, ...]] = {FIRST_CASES: (), **dict.fromkeys(_STEPS, ())}
    for fault in faults:
        known = f"{fault.title} {fault.explains} {fault.step} {fault.name}".casefold()
        if all(word in known for word in words):
            group = FIRST_CASES if fault.teaches else fault.step
            groups[group] = (*groups.get(group, ()), fault)
    first = sorted(groups[FIRST_CASES], key=lambda fault: _STEPS.index(fault.step) if fault.step in _STEPS else 99)
    return {group: each for group, each in (groups | {FIRST_CASES: tuple(first)}).items() if each}


_STEPS = ("Keys and Plan", "Submit", "Run", "Report and Undo", "Rebuild", "Every step")
"""Parts of the wizard, in the order in which a user meets them."""
