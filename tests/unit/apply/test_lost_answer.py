"""Sent, but no usable answer: create, start, edit and delete all take it for something that may have happened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

import pytest
from starlette.responses import Response

from tests.unit.manage_tools import account_of, edit_of, editing, made, whole
from tests.unit.run_tools import Time, creates, run_of, triggers
from tests.unit.walk_tools import configurations, drained
from tui.apply.journal import Stage
from tui.apply.start_watch import Ended
from tui.configurations import run as manage_run
from tui.launchdarkly.models import ImportStatus
from tui.net.errors import Failure, Kind, Remedy
from tui.net.events import Note
from tui.sandbox import faults
from tui.sandbox.faults import Fault, cut
from tui.sandbox.flag_import import FLAG_IMPORT
from tui.sandbox.server import Sandbox
from tui.sandbox.struck_request import StruckRequest

Act = Callable[[StruckRequest], Awaitable[None]]


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox.start() as started:
        yield started


def instead(status: int, body: bytes, *, carried_out: bool) -> Act:
    """A gateway's answer in place of LaunchDarkly's, which has carried the request out or never saw it."""

    async def act(exchange: StruckRequest) -> None:
        if carried_out:
            await exchange.captured()
        await exchange.answer(Response(body, status, media_type="application/json"))

    return act


def struck_by(monkeypatch: pytest.MonkeyPatch, box: Sandbox, method: str, ending: str, act: Act) -> None:
    """The next requests of this method below the import configurations, whose path has this ending, meet `act`."""

    def hits(service: str, met: str, path: str) -> bool:
        return service == "launchdarkly" and met == method and path.startswith(FLAG_IMPORT) and path.endswith(ending)

    fault = Fault("of-this-test", "", "", hits, act)
    monkeypatch.setitem(faults.FAULTS, fault.name, fault)
    box.set_fault(fault.name)


def replaced(status: int, body: bytes = b"") -> Callable[[bool], Act]:
    return lambda carried_out: instead(status, body, carried_out=carried_out)


def reset(carried_out: bool) -> Act:
    return cut(carried_out=carried_out)


OPEN = {str(status): replaced(status) for status in (408, 500, 502, 503, 504)} | {"reset": reset}
ANSWERS = OPEN | {"no JSON": replaced(200, b"<html>")}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("carried_out", [True, False])
async def test_lost_create_is_looked_up_and_never_repeated(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch, answer: str, carried_out: bool
) -> None:
    run = await run_of(box)
    struck_by(monkeypatch, box, "POST", "unleash", ANSWERS[answer](carried_out))
    outcome = await run.create()
    assert (outcome.configuration is not None) is carried_out
    assert (outcome.reused, outcome.may_send_again, creates(box)) == (False, not carried_out, 1)
    assert run.journal.stage is (Stage.CREATED if carried_out else Stage.PLANNED)


@pytest.mark.parametrize("answer", OPEN)
@pytest.mark.parametrize("carried_out", [True, False])
async def test_a_start_is_looked_up_and_never_repeated(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch, answer: str, carried_out: bool
) -> None:
    run = await run_of(box)
    await run.create()
    struck_by(monkeypatch, box, "POST", "/trigger", OPEN[answer](carried_out))
    started = await run.start()
    assert started.known is carried_out
    assert run.journal.stage is (Stage.STARTED if carried_out else Stage.STARTING)
    assert triggers(box) == 1


@pytest.mark.parametrize("answer", ANSWERS)
async def test_an_edit_that_was_carried_out_is_found(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    account = account_of(box)
    one = await whole(account, made(box))
    mine = editing(account, one)
    mine.put("ldTag", "new")
    struck_by(monkeypatch, box, "PATCH", one.id, ANSWERS[answer](True))
    _, outcome = await drained(edit_of(account, one, mine).send())
    assert (outcome.found, outcome.failure) == (True, None)


@pytest.mark.parametrize("answer", OPEN)
@pytest.mark.parametrize("carried_out", [True, False])
async def test_a_deletion_is_looked_up(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch, answer: str, carried_out: bool
) -> None:
    time = Time()
    account = account_of(box, time=time)
    one = await whole(account, made(box))
    struck_by(monkeypatch, box, "DELETE", one.id, OPEN[answer](carried_out))
    if carried_out:
        events, _ = await drained(manage_run.deleted(account, one))
        assert "sent, no response" in [event.text for event in events if isinstance(event, Note)]
    else:
        with pytest.raises(Failure) as kept:
            await drained(manage_run.deleted(account, one))
        assert (kept.value.remedy, kept.value.sent) == (Remedy.DELETE_AGAIN, False)
        assert sum(time.naps) >= 15
        if answer == "408":
            assert (kept.value.kind, kept.value.status_code) == (Kind.BAD_REQUEST, 408)
    assert (one.id in [each["_id"] for each in configurations(box)]) is not carried_out


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
async def test_a_refusal_did_nothing_and_is_not_looked_up(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    account = account_of(box)
    one = await whole(account, made(box))
    struck_by(monkeypatch, box, "DELETE", one.id, instead(status, b"{}", carried_out=False))
    before = len(box.requests)
    with pytest.raises(Failure):
        await drained(manage_run.deleted(account, one))
    assert len(box.requests) == before + 1


@pytest.mark.parametrize("status", ["complete", "failed", "partial"])
async def test_an_end_that_is_older_than_the_run_is_not_its_end(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    """Also right after a create: LaunchDarkly may show times of another run."""
    run = await run_of(box)
    old = ImportStatus(status=status, lastImport=1_700_000_000_000, lastError=1_700_000_000_000)
    await run.create()
    runner = run.engine()
    get, looks = runner.record.configuration, 0

    async def stale(ld: object, sink: object = None) -> object:
        nonlocal looks
        looks += 1
        there = await get(ld)  # type: ignore[arg-type]
        return there.model_copy(update={"status": old}) if looks <= 6 else there

    monkeypatch.setattr(runner.record, "configuration", stale)
    _, started = await drained(runner.start())
    assert started.triggered, "what is shown is no run of ours"
    events = [event async for event in runner.watch()]
    assert isinstance(events[-1], Ended)
    assert events[-1].status == "complete"
    assert looks > 6
    assert events[-1].arrived == run.journal.keys
