"""The journal that an import begins with: from a plan, without one, or over the journal of an earlier run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from tui.answers.request import CreateRequest, Slot
from tui.apply import journal as journals
from tui.apply.journal import Expected, Identity, Journal, LeftOut, Stage
from tui.launchdarkly.models import Configuration
from tui.plan import reading
from tui.plan.plan import Plan, PlannedFlag
from tui.targeting.losses import Lost
from tui.text.redact import Redactor

Losses = Mapping[str, tuple[Lost, ...]]
"""What the import doesn't copy, by the key of a flag."""


def journal_of(
    earlier: Journal | None,
    request: CreateRequest,
    references: Mapping[str, str],
    plan: Plan | None,
    redactor: Redactor,
    who: str,
    account: str,
) -> Journal:
    """Return the journal of an import that begins, with the history of an earlier run.

    What an earlier run has created stays its own, whatever happened to it since, and whether or not there is a plan.
    """
    explained: Losses = {} if plan is None else reading.explanations(plan, redactor)
    fresh = (
        unplanned(request, references, who, account)
        if plan is None
        else begin(request, references, plan, explained, who, account)
    )
    if earlier is None or not (earlier.configuration or earlier.traces):
        return fresh
    later = journals.created_again(earlier) if plan is None else again(earlier, plan, explained)
    if not earlier.configuration:
        later = journals.planned_again(later)
    return replace(
        later, config=fresh.config, references=fresh.references, tags=fresh.tags, who=fresh.who or earlier.who,
        account=fresh.account or earlier.account,
    )  # fmt: skip


def begin(
    request: CreateRequest, references: Mapping[str, str], plan: Plan, explained: Losses, who: str, account: str = ""
) -> Journal:
    """Return the journal of an import that is about to be created."""
    return replace(
        unplanned(request, references, who, account),
        expected=tuple(expected_of(flag, explained, plan) for flag in plan.arriving),
        before=frozenset(plan.existing),
        **_of_plan(plan),
    )


def unplanned(request: CreateRequest, references: Mapping[str, str], who: str, account: str = "") -> Journal:
    """Return the journal of a configuration that is only created and has no plan yet."""
    settings = {key: value for key, value in request.config.items() if not isinstance(value, Slot)}
    return Journal(journals.identity_of(request), request.tags, settings, references, who=who, account=account)


def of_existing(host: str, configuration: Configuration, who: str) -> Journal:
    """Return a journal for starting and watching a configuration without a plan: it expects nothing.

    It need not be kept, because nothing can be verified or undone by it.
    """
    identity = Identity(host, configuration.project_key, configuration.integration_key, configuration.name)
    return journals.created(Journal(identity, configuration.tags, {}, {}, who=who), configuration, reused=True)


def again(journal: Journal, plan: Plan, explained: Losses) -> Journal:
    """Return the journal of a second start: what was expected stays expected, what is new in the plan is added.

    The plan says how a flag that isn't imported yet will look. Flags that someone else has created meanwhile count as
    there before. The configuration is started next.
    """
    arriving = {flag.flag.key: expected_of(flag, explained, plan) for flag in plan.arriving}
    earlier = tuple(arriving.pop(flag.key, flag) for flag in journal.expected)
    if not plan.incomplete:
        journal = journals.standing(journal, {key: flag.created for key, flag in plan.existing.items()}, plan.read_at)
    return replace(journal, stage=Stage.CREATED, expected=(*earlier, *arriving.values()), **_of_plan(plan))


def _of_plan(plan: Plan) -> dict[str, Any]:
    """The fields that every plan replaces. An incomplete one hasn't read all keys of the project: the start does."""
    return {
        "planned_at": plan.read_at,
        "left_out": tuple(LeftOut(p.flag.key, p.verdict.value, p.reason) for p in plan.flags if not p.arrives),
        "notes": plan.notes,
        "incomplete": plan.incomplete,
        "snapshot_at": 0.0 if plan.incomplete else plan.read_at,
        "snapshot": None if plan.incomplete else frozenset(plan.existing),
    }


def expected_of(planned: PlannedFlag, explained: Losses = MappingProxyType({}), plan: Plan | None = None) -> Expected:
    """Return what a flag of a plan must look like when it is imported."""
    flag, prospects = planned.flag, (plan.prospects if plan else None) or {}
    return Expected(
        flag.key, flag.name, flag.description, flag.tags, flag.variations, flag.on, flag.off, flag.on_at_source,
        lost=explained.get(flag.key, ()), warnings=planned.warnings, cut_over_warning=planned.cut_over_warning,
        targets=flag.targets, prospect=prospects.get(flag.key),
    )  # fmt: skip
