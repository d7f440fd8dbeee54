"""How far the flags of a plan can be rebuilt, from the plan's own definitions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit import plan_tools
from tui.plan.plan import Plan
from tui.plan.words import loss_line, rebuild_line
from tui.rebuild.preview import Preview
from tui.sandbox.company import seeded
from tui.sandbox.split import definition_json, flag_json
from tui.sandbox.unleash import feature_json
from tui.sources.flags import SourceFlag
from tui.sources.split import flags as split
from tui.sources.unleash import flags as unleash
from tui.text.redact import Redactor


def company_plan(integration: str, **more: Any) -> Plan:
    """A plan of the demo company's flags, into an empty project."""
    company = seeded()
    flags: list[SourceFlag] = []
    for flag in company.flags("default", integration):
        if integration == "split":
            definition = None if flag.state == "absent" else definition_json(flag, "production")
            flags.append(split.source_flag(flag_json(flag), definition))
        else:
            flags.append(unleash.source_flag(feature_json(flag, "default", "production", company, apart=False)))
    request = replace(plan_tools.REQUEST, integration=integration)
    return plan_tools.plan(*flags, request=request, **more)


@pytest.mark.parametrize("integration", ["split", "unleash"])
def test_every_imported_flag_has_a_grade(integration: str) -> None:
    plan = company_plan(integration)
    preview = Preview(plan, Redactor())
    prospects = preview.prospects()
    assert prospects is not None
    assert prospects.keys() == {planned.flag.key for planned in plan.arriving}
    for key, prospect in prospects.items():
        assert bool(prospect.reasons) is (prospect.grade in ("by-hand", "not-checked")), key
        assert bool(prospect.approximations) is (prospect.grade == "approximate"), key
    graded = replace(plan, prospects=prospects)
    assert sum(graded.grades.values()) == plan.counts.arrive
    assert rebuild_line(graded).startswith("Rebuild: ")
    assert rebuild_line(plan) == ""
    assert 0 < graded.rebuildable < plan.counts.lossy
    assert f"targeting, {graded.rebuildable} can be rebuilt: " in loss_line(graded)
    assert "can be rebuilt" not in loss_line(plan)


def test_splits_segments_are_not_in_a_plan() -> None:
    prospects = Preview(company_plan("split"), Redactor()).prospects()
    assert prospects is not None
    assert prospects["beta-search"].grade == "not-checked"
    assert prospects["beta-search"].reasons == ("It uses a segment that the plan doesn't read: beta-testers.",)
    assert prospects["black-friday"].grade == "by-hand"
    by_unleash = Preview(company_plan("unleash"), Redactor()).prospects()
    assert by_unleash is not None
    assert by_unleash["beta-search"].grade != "not-checked"


@pytest.mark.parametrize("integration", ["split", "unleash"])
def test_an_opened_flag_is_proved(integration: str) -> None:
    plan = company_plan(integration)
    preview = Preview(plan, Redactor())
    for planned in plan.arriving:
        opened = preview.opened(planned)
        assert opened.proof.different == 0, planned.flag.key
        assert (opened.rebuilt.targeting is None) is (opened.proof.contexts == 0), planned.flag.key
    one_click = next(planned for planned in plan.arriving if planned.flag.key == "one-click-order")
    assert [*preview.opened(one_click).parents] == ["guest-checkout"]


def test_grading_can_be_stopped() -> None:
    assert Preview(company_plan("split"), Redactor()).prospects(lambda: True) is None


@pytest.mark.parametrize(
    "definition",
    [
        {},
        {"treatments": 7, "rules": "x", "defaultRule": [None]},
        {"name": "odd", "rules": [{"condition": {"matchers": [None, {"type": 7}]}, "buckets": [{"size": "x"}]}]},
        {"strategies": [None, 7, {"name": 7, "constraints": "x", "segments": [None]}], "variants": [7]},
    ],
)
@pytest.mark.parametrize("integration", ["split", "unleash"])
def test_odd_definitions_are_no_obstacle(integration: str, definition: dict[str, object]) -> None:
    request = replace(plan_tools.REQUEST, integration=integration)
    plan = plan_tools.plan(plan_tools.flag("odd", definition=definition), request=request)
    preview = Preview(plan, Redactor())
    assert preview.prospects() is not None
    preview.opened(plan.flags[0])


def test_a_key_in_a_definition_is_in_no_sentence() -> None:
    secret = "api-c0ffee00-1111-2222-3333-canarycanary"
    redactor = Redactor()
    redactor.add(secret)
    constraint = {"contextName": "country", "operator": "IN", "values": [secret]}
    definition = {"name": "a", "strategies": [{"name": "own", "constraints": [constraint]}]}
    plan = plan_tools.plan(plan_tools.flag("a", definition=definition))
    opened = Preview(plan, redactor).opened(plan.flags[0])
    assert secret not in repr(opened)
