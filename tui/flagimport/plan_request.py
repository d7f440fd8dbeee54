"""What a plan is made from. Apart from the plan itself, which the first paint does without."""

from __future__ import annotations

from dataclasses import dataclass

from tui.flagimport.builtin_fields import HOST, PROJECT, TOKEN
from tui.flagimport.draft import SOURCE_KEY_ROLES, Draft, revisions, source_address, value
from tui.launchdarkly.instances import Instance, instance


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What a plan is made from: change a part of it, and the plan is out of date.

    `address` is where the source is asked; `answers` are the form's values that say which flags are meant;
    `environment` is the one of them that names the source's environment; `revisions` tell one key from the next
    without holding either.
    """

    instance: Instance
    project: str
    integration: str
    environment: str
    address: str
    answers: tuple[tuple[str, str], ...]
    revisions: tuple[tuple[str, int], ...] = ()


_ENVIRONMENTS = ("source-environment", "split-environment")
_SAYS_NOT_WHICH = ("ld-tag", "member-id", "import-key")


ACCEPTED = ("split", "unleash")
"""The integrations that LaunchDarkly's flag import takes, by its OpenAPI document."""


def not_accepted(title: str) -> str:
    """What is known of an integration that is none of `ACCEPTED`."""
    return f"LaunchDarkly accepts split and unleash today: whether it takes {title} is not known."


def plan_request(draft: Draft) -> PlanRequest | None:
    """What a plan of this draft is made from; None where there is no integration, or no address of LaunchDarkly."""
    if draft.form is None:
        return None
    try:
        where = instance(value(draft, HOST.key))
    except ValueError:
        return None
    meant = [v for v in draft.form.variables if not v.secret and v.role not in _SAYS_NOT_WHICH]
    keys = frozenset({TOKEN.key, *(v.key for v in draft.form.variables if v.role in SOURCE_KEY_ROLES)})
    return PlanRequest(
        instance=where,
        project=value(draft, PROJECT.key),
        integration=draft.integration,
        environment=next((value(draft, v.key) for v in meant if v.role in _ENVIRONMENTS), ""),
        address=source_address(draft),
        answers=tuple((v.key, value(draft, v.key)) for v in meant),
        revisions=revisions(draft, keys),
    )
