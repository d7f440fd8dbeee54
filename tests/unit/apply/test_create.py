"""Creating with a journal: one configuration, wherever this program ended before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.run_tools import Run, creates, run_of
from tests.unit.sandbox_tools import FI, launchdarkly
from tests.unit.walk_tools import NAME, configurations, strangers
from tui.apply.create import FOUND, NOT_KNOWN
from tui.apply.journal import NEVER_RUN, Stage
from tui.sandbox.server import Sandbox


async def test_create_is_noted_before_it_is_sent_and_after_the_answer(box: Sandbox) -> None:
    run = await run_of(box)
    sent_when_noted: list[int] = []
    run.keep = lambda journal: sent_when_noted.append(creates(box))
    outcome = await run.create()
    assert outcome.configuration is not None
    assert [each.stage for each in run.kept] == [Stage.CREATING, Stage.CREATED]
    assert sent_when_noted == [0, 1]
    noted = run.kept[0]
    assert noted.sent_at == run.time.at
    assert outcome.configuration.id not in noted.ids_before
    assert len(noted.ids_before) == 1
    assert (run.journal.configuration, run.journal.mark) == (outcome.configuration.id, NEVER_RUN)


@pytest.mark.parametrize(
    ("fault", "stages", "count"),
    [
        ("bad-request", [Stage.CREATING, Stage.PLANNED], 0),
        ("lost-request", [Stage.CREATING, Stage.PLANNED], 0),
        ("lost-answer", [Stage.CREATING, Stage.CREATED], 1),
    ],
)
async def test_each_result_is_noted(box: Sandbox, fault: str, stages: list[Stage], count: int) -> None:
    run = await run_of(box)
    box.set_fault(fault)
    await run.create()
    assert [each.stage for each in run.kept] == stages
    box.set_fault(None)
    assert (await run.create()).configuration is not None
    assert run.journal.stage is Stage.CREATED
    assert len(configurations(box, NAME)) == 1
    assert not strangers()


async def interrupted(box: Sandbox) -> Run:
    """Return an import whose program ended while the create request was out."""
    run = await run_of(box)
    await run.create()
    return replace(run, journal=run.kept[0], kept=[])


def delete(box: Sandbox, id: str) -> None:
    with launchdarkly(box) as other:
        other.delete(f"{FI}/web-shop/unleash/{id}")


async def test_create_whose_answer_was_never_noted_is_found(box: Sandbox) -> None:
    run = await interrupted(box)
    (made,) = configurations(box, NAME)
    outcome = await run.create()
    assert outcome.fate == FOUND
    assert outcome.configuration is not None
    assert outcome.configuration.id == made["_id"] == run.journal.configuration
    assert not run.journal.reused
    assert creates(box) == 1


async def test_create_that_never_left_is_looked_up_and_sent(box: Sandbox) -> None:
    run = await interrupted(box)
    (made,) = configurations(box, NAME)
    delete(box, made["_id"])
    run.time.at -= 3600  # a clock that was set back does not make anybody wait for an hour
    naps = len(run.time.naps)
    assert (await run.create()).configuration is not None
    assert sum(run.time.naps[naps:]) < 60
    assert [each.stage for each in run.kept] == [Stage.CREATING, Stage.CREATED]
    assert len(configurations(box, NAME)) == 1


async def test_create_is_not_sent_while_it_cannot_be_looked_up(box: Sandbox) -> None:
    run = await interrupted(box)
    box.stop()
    outcome = await run.create()
    assert outcome.fate == NOT_KNOWN
    assert outcome.failure is not None
    assert outcome.failure.exit_code == 5
    assert run.journal.stage is Stage.CREATING


async def test_existing_configuration_is_used_and_a_deleted_one_created_again(box: Sandbox) -> None:
    run = await run_of(box)
    await run.create()
    old, kept = run.journal.configuration, list(run.kept)
    outcome = await run.create()
    assert outcome.configuration is not None
    assert (outcome.configuration.id, outcome.reused) == (old, True)
    assert (run.kept, creates(box)) == (kept, 1)
    delete(box, old)
    assert (await run.create()).configuration is not None
    assert run.journal.configuration not in ("", old)
    assert (await run.start()).triggered
