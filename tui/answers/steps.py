"""The steps of the wizard, in order. The stepper, the walk and every front are made from this list."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One screen of the wizard. `asks` is its one question, for its heading and the screen reader."""

    key: str
    title: str
    asks: str


STEPS: tuple[Step, ...] = (
    Step("integration", "Integration", "Move feature flags into LaunchDarkly. Where are they now?"),
    Step("launchdarkly", "LaunchDarkly", "Which LaunchDarkly account and project shall they go to?"),
    Step("keys", "Keys", "With which keys are they read, and created?"),
    Step("fields", "Fields", "What shall be imported, and what shall it be called?"),
    Step("plan", "Plan", "What will arrive, what will not, and what must be made again by hand?"),
    Step("review", "Review", "Is this what you want LaunchDarkly to have?"),
    Step("submit", "Submit", "The request, and LaunchDarkly's answer"),
    Step("run", "Run", "How does the import stand, what has arrived, and what is left to do?"),
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
