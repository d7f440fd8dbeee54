"""What a plan is made from. A module of its own, since the first screen doesn't load plans."""

from __future__ import annotations

from dataclasses import dataclass

from tui.launchdarkly.instances import Instance


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What a plan is made from. If a part changes, the plan is out of date.

    `address` is the source's; `answers` are the form's values that select its flags; `environment` is the one of them
    that names the source's environment; `revisions` show that a key changed without holding it.
    """

    instance: Instance
    project: str
    integration: str
    environment: str
    address: str
    answers: tuple[tuple[str, str], ...]
    revisions: tuple[tuple[str, int], ...] = ()


ACCEPTED = ("split", "unleash")
"""The integrations that LaunchDarkly's flag import accepts, by its OpenAPI document."""


def not_accepted(title: str) -> str:
    """Return what to know about an integration that isn't in `ACCEPTED`."""
    return f"LaunchDarkly documents imports from Split and Unleash only. Can't tell whether it accepts {title}."
