"""The plan in a draft: what it is made from, what the user has confirmed, and what blocks or warns. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from tui.answers.builtin import HOST, PROJECT, TOKEN
from tui.answers.draft import SOURCE_KEY_ROLES, Draft, revisions, source_address, value
from tui.answers.finding import Finding, Level
from tui.launchdarkly.instances import instance
from tui.net.errors import Advice
from tui.plan.request import PlanRequest

if TYPE_CHECKING:
    from tui.plan.plan import Plan

PLAN = "plan"
"""The field that findings about the plan are about."""


_ENVIRONMENTS = ("source-environment", "split-environment")
_SAYS_NOT_WHICH = ("ld-tag", "member-id", "import-key")


def plan_request(draft: Draft) -> PlanRequest | None:
    """Return what a plan of this draft is made from, None without an integration or a LaunchDarkly address."""
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


def with_plan(draft: Draft, plan: Plan) -> Draft:
    """Put a plan that was read into the draft. A kind of loss stays ticked if as many flags have it as before."""
    before = draft.plan.losses if draft.plan else {}
    seen = frozenset(kind for kind in draft.seen if plan.losses.get(kind) == before.get(kind))
    return replace(draft, plan=plan, plan_is_old=False, seen=seen, without_plan=False)


def see(draft: Draft, kinds: frozenset[str]) -> Draft:
    """Tick these kinds of losses, and no others."""
    return replace(draft, seen=kinds)


def go_without(draft: Draft, on: bool) -> Draft:
    """Choose whether to go on without a complete plan."""
    return replace(draft, without_plan=on)


def aged(draft: Draft, now: float) -> Draft:
    """Note whether the plan has become too old by `now` (seconds since the epoch)."""
    return replace(draft, plan_is_old=draft.plan.is_old(now)) if draft.plan else draft


def out_of_date(draft: Draft) -> str:
    """Return why the plan is out of date, "" if it is not, or if there is none."""
    if draft.plan is None:
        return ""
    if plan_request(draft) != draft.plan.request:
        return "your answers have changed"
    return "it is more than 15 minutes old" if draft.plan_is_old else ""


def unseen(draft: Draft) -> tuple[str, ...]:
    """Return the kinds of losses that are not ticked yet."""
    return tuple(kind for kind in draft.plan.losses if kind not in draft.seen) if draft.plan else ()


def lacking(draft: Draft) -> str:
    """Return what the plan lacks, as a sentence; "" for a whole plan that imports something, and without a plan.

    Continuing with such a plan takes a confirmation of its own.
    """
    return draft.plan.shortfall if draft.plan is not None else ""


def advice(draft: Draft) -> Advice | None:
    """Return what to do about a plan that a failure left incomplete, else None."""
    plan = draft.plan
    return plan.failure.advice if plan is not None and not plan.whole and plan.failure is not None else None


def plan_findings(draft: Draft) -> Iterator[Finding]:
    """Return the findings about the plan: what blocks comes first."""
    if stale := out_of_date(draft):
        yield Finding(Level.PROBLEM, PLAN, f"The plan is out of date: {stale}. Reload it.")
    elif draft.without_plan:
        text = f"You chose to continue without a complete plan. {lacking(draft)}".strip()
        yield Finding(Level.WARNING, PLAN, text, advice=advice(draft))
    elif draft.plan is None:
        yield Finding(Level.PROBLEM, PLAN, "There is no plan yet, so the result of the import is unknown.")
    elif missing := lacking(draft):
        yield Finding(Level.PROBLEM, PLAN, missing, advice=advice(draft))
    elif kinds := unseen(draft):
        noun = "kind" if len(kinds) == 1 else "kinds"
        names = ", ".join(kinds).replace("-", " ")
        yield Finding(Level.PROBLEM, PLAN, f"Confirm {len(kinds)} {noun} of loss: {names}.")
