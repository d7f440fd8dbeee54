"""The steps of the wizard, in order. The stepper, the walk and every front are made from this list."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One screen of the wizard: its name in the stepper, its heading, and one sentence of purpose."""

    key: str
    title: str
    heading: str
    purpose: str


STEPS: tuple[Step, ...] = (
    Step(
        "integration",
        "Integration",
        "Import your feature flags into LaunchDarkly",
        "Choose where your flags are now.",
    ),
    Step(
        "launchdarkly",
        "LaunchDarkly",
        "Where should the flags go?",
        "Paste your LaunchDarkly token, then choose a project.",
    ),
    Step("keys", "Keys", "Keys", "LaunchDarkly uses one key to read your flags and another to create them."),
    Step("fields", "Fields", "Import settings", "Choose which flags to import, and name the import."),
    Step("plan", "Plan", "Plan", "Check what will be imported. Nothing has been changed yet."),
    Step("review", "Review", "Review", "Nothing is sent until you press the button below."),
    Step("submit", "Submit", "Create the import", "The request to LaunchDarkly, and its response."),
    Step("run", "Run", "Run the import", "LaunchDarkly runs the import. You can quit at any time; it continues."),
    Step("rebuild", "Rebuild", "Rebuild targeting", "Set the rules that the import left behind. All flags stay off."),
)
_KEYS = tuple(step.key for step in STEPS)


def index(key: str) -> int:
    """Return the place of a step, from 0. Raises ValueError for a key that is no step."""
    return _KEYS.index(key)


def step(key: str) -> Step:
    """Return the step with that key. Raises ValueError for a key that is no step."""
    return STEPS[index(key)]


def after(key: str) -> Step | None:
    """Return the step after this one, None after the last."""
    place = index(key) + 1
    return STEPS[place] if place < len(STEPS) else None


def before(key: str) -> Step | None:
    """Return the step before this one, None before the first."""
    place = index(key) - 1
    return STEPS[place] if place >= 0 else None
