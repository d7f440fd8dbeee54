"""The one stream of an import: what it asks for when, what it leaves behind, and how it is begun once more."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.unit.run_tools import Time, context_of, creates, deleted, flags_of, triggers
from tests.unit.sandbox_tools import FI, launchdarkly, until
from tests.unit.walk_tools import at_review, strangers
from tui.answers.plan_state import plan_request
from tui.answers.request import CreateRequest, build
from tui.apply import new_journal
from tui.apply.engine import Created, Import, Planned, Triggered, Verified, counts_of
from tui.apply.journal import Journal, Stage
from tui.apply.start_watch import Ended
from tui.launchdarkly.client import LaunchDarkly
from tui.net.errors import Failure, Kind
from tui.plan.request import PlanRequest
from tui.sandbox.server import Sandbox
from tui.wizard.session import Session


@dataclass
class Made:
    """An import whose journal is kept here; `asked` counts what it wanted secrets for."""

    session: Session
    kept: list[Journal] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    references: Mapping[str, str] = field(default_factory=lambda: {"token": "env:LD_ACCESS_TOKEN"})

    async def completed(self) -> CreateRequest:
        self.asked.append("create")
        return build(self.session.draft)

    async def readable(self) -> PlanRequest:
        self.asked.append("plan")
        request = plan_request(self.session.draft)
        assert request is not None
        return request

    def importing(self, *, anew: bool = False) -> Import:
        request = build(self.session.draft)
        noted = self.kept[-1] if self.kept and not anew else new_journal.unplanned(request, self.references, "")
        return Import(noted, request.instance, self.session.bag, self.session.context, self.kept.append, request)

    async def run(self) -> list[Any]:
        """What happened, without what is of an exchange."""
        return await happened(self, self.importing())


TOLD = (Planned, Created, Triggered, Ended, Verified)


async def happened(made: Made, importing: Import, until_a: type | None = None) -> list[Any]:
    """The events that matter, up to one of the type `until_a`."""
    seen: list[Any] = []
    async with aclosing(importing.run(made)) as events:
        async for event in events:
            if isinstance(event, TOLD):
                seen.append(event)
            if until_a is not None and isinstance(event, until_a):
                break
    return seen


@pytest.fixture
async def made(box: Sandbox) -> Made:
    return Made(await at_review(box, "unleash", context_of(Time())))


async def test_it_asks_for_secrets_only_when_it_needs_them(made: Made, box: Sandbox) -> None:
    assert [type(each) for each in await made.run()] == [*TOLD]
    assert made.asked == ["plan", "create"]
    made.asked.clear()
    (planned,) = await made.run()
    assert (planned.counts.arrive, made.asked) == (0, ["plan"])
    assert not strangers()


async def test_closed_at_the_plan_nothing_is_written(made: Made, box: Sandbox) -> None:
    (planned,) = await happened(made, made.importing(), Planned)
    assert planned.plan is not None
    assert planned.counts == planned.plan.counts
    assert (made.kept, creates(box)) == ([], 0)
    assert not strangers()


async def test_the_plan_is_counted_the_same_from_the_journal(made: Made) -> None:
    planned, _ = await happened(made, made.importing(), Created)
    assert counts_of(made.kept[-1]) == planned.counts
    importing = made.importing()
    assert importing.resumes
    again, created, *_ = await happened(made, importing)
    assert (again.plan, again.counts) == (None, planned.counts)
    assert created == Created(made.kept[-1].configuration, True, None)
    assert made.asked == ["plan", "create"], "nothing is planned or created a second time"


async def test_a_flag_that_went_away_comes_again_and_the_others_stay_ours(made: Made, box: Sandbox) -> None:
    *_, verified = await made.run()
    first = verified.journal
    gone = first.expected[0].key
    deleted(box, gone)
    planned, created, triggered, ended, verified = await made.run()
    assert (planned.counts.arrive, created.reused, triggered.by_us, ended.status) == (1, True, True, "complete")
    assert verified.verification.agrees
    assert verified.journal.keys == first.keys
    assert verified.journal.traces.keys() == first.keys
    assert (creates(box), triggers(box)) == (1, 2)
    assert gone in flags_of(box)


async def test_a_run_of_somebody_else_before_the_plan_is_not_taken_for_ours(made: Made, box: Sandbox) -> None:
    """Its end must not end our watch: it moved the status since the journal was written."""
    await made.run()
    with launchdarkly(box) as other:
        path = f"{FI}/web-shop/unleash/{made.kept[-1].configuration}"
        assert other.post(f"{path}/trigger").status_code == 201
        until(lambda: other.get(path).json()["_status"]["status"] == "complete")
    deleted(box, made.kept[-1].expected[0].key)
    *_, triggered, ended, verified = await made.run()
    assert triggered == Triggered(True, 201)
    assert len(ended.arrived) == len(verified.journal.keys)
    assert verified.verification.agrees


async def test_other_settings_than_those_that_stand_there_are_refused(made: Made, box: Sandbox) -> None:
    await happened(made, made.importing(), Created)
    importing = made.importing()
    creation = importing.creation
    creation.request = replace(creation.request, config={**creation.request.config, "ldTag": "other"})
    with pytest.raises(Failure, match=r"ldTag is .* there, other here") as raised:
        await happened(made, importing)
    assert raised.value.kind is Kind.CONFLICT
    assert triggers(box) == 0


async def test_creating_alone_leaves_the_plan_to_the_next_run(made: Made, box: Sandbox) -> None:
    async with aclosing(made.importing().run(made, create_only=True)) as events:
        seen = [event async for event in events if isinstance(event, TOLD)]
    assert [type(each) for each in seen] == [Created]
    assert (made.kept[-1].stage, made.kept[-1].planned_at, made.asked) == (Stage.CREATED, 0.0, ["create"])
    assert not made.importing().resumes
    assert [type(each) for each in await made.run()] == [*TOLD]
    assert made.kept[-1].expected
    assert (creates(box), triggers(box)) == (1, 1)


async def test_a_source_that_cannot_be_read_gives_no_plan_and_writes_nothing(made: Made, box: Sandbox) -> None:
    box.set_fault("source-down")
    with pytest.raises(Failure) as raised:
        await made.run()
    assert raised.value.kind is Kind.UNREACHABLE
    assert (made.kept, creates(box)) == ([], 0)


async def test_an_end_that_was_seen_before_is_told_again_with_what_has_arrived(made: Made) -> None:
    *_, ended = await happened(made, made.importing(), Ended)
    _, _, triggered, told, verified = await made.run()
    assert (told.status, told.arrived, told.errors) == (ended.status, ended.arrived, ended.errors)
    assert (triggered.by_us, triggered.status_code) == (False, None)
    assert verified.verification.agrees
    assert [each.stage for each in made.kept[-2:]] == [Stage.ENDED, Stage.VERIFIED]


async def test_who_ran_it_is_noted_and_is_no_reason_to_fail(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    await happened(made, made.importing(), Created)
    assert "@" in made.kept[-1].who

    async def forbidden(*_: object, **__: object) -> None:
        raise Failure(Kind.FORBIDDEN, "Not for you.")

    monkeypatch.setattr(LaunchDarkly, "caller_identity", forbidden)
    await happened(made, made.importing(anew=True), Created)
    assert made.kept[-1].who == ""
