"""What the plan predicts is what the practice LaunchDarkly's import does: two pieces of code that share nothing."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.sandbox_tools import World, companies, create, launchdarkly, path_of, run_import
from tests.unit.walk_tools import INTEGRATIONS, at_review, planned
from tui.launchdarkly.tags import is_tag
from tui.plan.plan import Plan, PlannedFlag, Verdict
from tui.sandbox.server import Sandbox

Flags = dict[str, dict[str, Any]]


async def predicted(box: Sandbox, integration: str, **answers: str) -> Plan:
    return await planned(await at_review(box, integration, None, **answers))


def there(ld: httpx.Client) -> Flags:
    """All flags of the project that are not archived, by key."""
    found: Flags = {}
    while True:
        asked = {"limit": "100", "offset": str(len(found)), "env": ["production", "test"]}
        page = ld.get("/api/v2/flags/web-shop", params=asked).json()
        found |= {flag["key"]: flag for flag in page["items"]}
        if len(found) >= page["totalCount"]:
            return found


def happened(box: Sandbox, integration: str, **config: str) -> tuple[Flags, set[str]]:
    """Run the import: the flags that it made, and the keys that it reported."""
    with launchdarkly(box) as ld:
        before = there(ld)
        _, status = run_import(ld, path_of(create(ld, box, integration, **config)))
        told = {str(error["message"]).split('"')[1] for error in status["errors"]}
        return {key: flag for key, flag in there(ld).items() if key not in before}, told


def as_expected(planned_flag: PlannedFlag, arrived: dict[str, Any], flag_tag: str) -> None:
    """Contract: what is expected to arrive."""
    flag = planned_flag.flag
    assert (arrived["name"], arrived["description"]) == (flag.name, flag.description)
    assert not any(state["on"] for state in arrived["environments"].values())
    if flag.variations:
        assert [(v["value"], v["name"]) for v in arrived["variations"]] == [(v.value, v.name) for v in flag.variations]
        assert flag.on in (None, arrived["defaults"]["onVariation"])
        assert flag.off in (None, arrived["defaults"]["offVariation"])
    wanted = {flag_tag} | {tag for tag in flag.tags or () if is_tag(tag)}
    assert set(arrived["tags"]) == wanted


def agree(plan: Plan, arrived: Flags, told: set[str], flag_tag: str) -> None:
    assert plan.whole
    assert {each.flag.key for each in plan.arriving} == set(arrived)
    cannot = {Verdict.INVALID_KEY, Verdict.BREAKS_CONVENTION}
    assert {each.flag.key for each in plan.flags if each.verdict in cannot} == told
    for each in plan.arriving:
        as_expected(each, arrived[each.flag.key], flag_tag)


@pytest.mark.parametrize("integration", INTEGRATIONS)
async def test_the_seeded_company(integration: str) -> None:
    with Sandbox.start() as box:
        plan = await predicted(box, integration)
        agree(plan, *happened(box, integration), f"imported-from-{integration}")
        again = await predicted(box, integration)  # what has arrived exists now
        assert again.counts.arrive == 0
        assert again.by_verdict[Verdict.SKIP_EXISTS] == plan.by_verdict[Verdict.SKIP_EXISTS] + plan.counts.arrive


@pytest.mark.parametrize(
    ("integration", "field", "tag"),
    [
        ("split", "splitTag", "payments"),
        ("split", "splitTag", "growth squad"),
        ("unleash", "sourceTag", "simple:payments"),
    ],
)
async def test_a_tag_of_the_source_narrows_both(integration: str, field: str, tag: str) -> None:
    with Sandbox.start() as box:
        plan = await predicted(box, integration, **{field: tag})
        assert 0 < plan.counts.source < 60
        agree(plan, *happened(box, integration, **{field: tag}), f"imported-from-{integration}")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(world=companies(duplicates=True), integration=st.sampled_from(INTEGRATIONS))
async def test_any_company(world: World, integration: str) -> None:
    with Sandbox.start(company=world.company, destination=world.destination) as box:
        plan = await predicted(box, integration)
        agree(plan, *happened(box, integration), f"imported-from-{integration}")
