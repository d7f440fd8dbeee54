"""Plans made by hand, shown on the step Plan as if they had just been read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.pilot.walking import Walk, practice_app
from tests.unit.plan_tools import flag, plan, there
from tui.answers import changes, plan_state
from tui.answers.plan_state import plan_request
from tui.launchdarkly.models import NamingConvention
from tui.plan.plan import Plan
from tui.sources.flags import SourceFlag
from tui.targeting.losses import PERCENTAGE_ROLLOUT, SEGMENTS, TARGETING_RULES

FEW: tuple[SourceFlag, ...] = (
    flag("zebra", on=True),
    flag("checkout-v2", PERCENTAGE_ROLLOUT, TARGETING_RULES, on=True, description="New checkout, second version"),
    flag("dark-mode", name="Night look"),
    flag("search-boost", SEGMENTS, on=True),
    flag("kill-payments", SEGMENTS, on=True),
    flag("old-banner"),
    flag("promo~summer", on=True),
)
"""Two of these exist or are archived in `made`, one has a bad key."""


def made(*flags: SourceFlag, **more: Any) -> Plan:
    return plan(*flags, existing=there("kill-payments", archived=["old-banner"]), **more)


def many(count: int) -> Plan:
    """So many flags; each verdict but one is among them."""
    flags = (flag(f"flag-{i:05}", *([SEGMENTS] if i % 3 == 0 else []), on=i % 2 == 0) for i in range(count))
    existing = there(*(f"flag-{i:05}" for i in range(0, count, 7)))
    return plan(*flags, existing=existing, convention=NamingConvention(case="", prefix="flag"))


@asynccontextmanager
async def showing(folder: Path, shown: Plan, **more: Any) -> AsyncIterator[Walk]:
    """The step Plan with this plan, as whole and fresh as it says."""
    async with practice_app(folder, **more) as walked:
        await walked.jump("fields")
        session = walked.app.session
        request = plan_request(session.draft)
        assert request is not None
        fresh = replace(shown, request=request, read_at=session.context.now())
        session.draft = changes.go(plan_state.with_plan(session.draft, fresh), "plan")
        walked.app.show_step()
        await walked.at("plan")
        if walked.plan_screen.browser.display:
            await walked.focus("#flag-rows")
        yield walked


def keys(walked: Walk) -> Sequence[str]:
    """The keys of the listed flags, in their order."""
    return [row.flag.key for row in walked.plan_screen.browser.list.rows]
