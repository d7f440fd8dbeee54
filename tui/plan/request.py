"""What a plan is made from. It is apart from the plan, which the first paint does without."""

from __future__ import annotations

from dataclasses import dataclass

from tui.launchdarkly.instances import Instance


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What a plan is made from: change a part of it, and the plan is out of date.

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
"""The integrations that LaunchDarkly's flag import takes, by its OpenAPI document."""


def not_accepted(title: str) -> str:
    """What is known of an integration that is none of `ACCEPTED`."""
    return f"LaunchDarkly accepts split and unleash today: whether it takes {title} is not known."
