"""All steps of both integrations to a created configuration, over real HTTP and without a front."""

from __future__ import annotations

import pytest

from tests.unit.walk_tools import (
    INTEGRATIONS,
    SOURCE_KEY,
    configurations,
    planned,
    posts,
    sent,
    session,
    strangers,
    values,
    walked,
)
from tui.answers import remarks
from tui.answers.finding import Level
from tui.answers.request import build
from tui.apply.journal import Stage
from tui.net.events import Answered, Connected, Done, Note, Sent
from tui.sandbox.server import Sandbox
from tui.wizard import launch, walk
from tui.wizard.outcomes import report_of
from tui.wizard.session import Session

WANTED: dict[str, dict[str, str]] = {
    "split": {
        "workspaceId": "8f2c4b10-5a4d-4b0c-8500-000000000001",
        "environmentId": "3d9e7a60-5a4d-4b0c-8500-000000000011",
        "splitTag": "",
        "ldTag": "imported-from-split",
    },
    "unleash": {
        "sourceProjectId": "default",
        "sourceEnvironmentId": "production",
        "sourceTag": "",
        "ldTag": "imported-from-unleash",
    },
}


@pytest.mark.parametrize("integration", INTEGRATIONS)
async def test_a_walk_with_all_checks_ends_in_a_created_configuration(integration: str) -> None:
    with Sandbox.start() as box:
        given = values(box, integration)
        made = await walked(session(), integration, given, checks=True)
        for key in ("token", "project", "ldApiKey", SOURCE_KEY[integration]):
            assert made.draft.checks[key].level is Level.OK, made.draft.checks[key]
        assert made.draft.checks["config-name"].text == "Available in web-shop"
        assert not remarks.problems(made.draft, "review")
        shown = build(made.draft)
        await planned(made)
        launch.begin(made, reuse=False)
        made.draft = walk.next_step(made.draft)
        assert made.draft.step == "submit"
        assert made.attempt is not None
        before = posts(box)
        outcome = await sent(made.attempt)
        assert outcome.failure is None
        assert outcome.configuration is not None
        assert outcome.answer is not None
        assert (outcome.answer.status_code, outcome.reused) == (200, False)
        assert [type(event) for event in made.attempt.creation.events] == [Note, Connected, Sent, Answered, Done]
        assert posts(box) == before + 1
        (there,) = configurations(box, shown.name)
        assert there["_id"] == outcome.configuration.id
        assert (there["projectKey"], there["integrationKey"]) == ("web-shop", integration)
        assert there["config"].items() >= WANTED[integration].items()
        launch.settled(made)
        assert made.farewell() == f'Import configuration: "{shown.name}" ({there["_id"]}) in web-shop, ' + (
            f"LaunchDarkly {shown.instance.name}."
        )
        await _run_to_its_report(made)
        assert posts(box) == before + 2
        assert not strangers()


async def _run_to_its_report(made: Session) -> None:
    """The last step, as any front takes it: start, watch, compare."""
    run, plan = made.run, made.draft.plan
    assert run is not None
    assert plan is not None
    await run.start().finish()
    async for _ in run.watch():
        pass
    assert made.result() == "", "nothing was compared"
    await run.compare().finish()
    assert run.trouble is None
    told = report_of(run, made.forms)
    assert run.journal.stage is Stage.VERIFIED
    assert told.numbers.arrived == told.numbers.as_planned == plan.counts.arrive
    assert told.summary[0] == "ok"
    made.saved_report = "report.html"
    count = plan.counts.arrive
    assert made.farewell().startswith(f"Import complete: {count} created, 0 failed. Report: report.html Next: rebuild ")
