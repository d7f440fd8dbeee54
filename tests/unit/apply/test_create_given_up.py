"""A create request given up: before its bytes are out, and after; and names that are taken."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import pytest

from tests.processes import soon
from tests.unit import raw_http
from tests.unit.gate import gate
from tests.unit.walk_tools import (
    at_review,
    attempt,
    configurations,
    drained,
    posts,
    sent,
    strangers,
    values,
)
from tui.apply.create import NOT_THERE
from tui.apply.engine import Import
from tui.apply.journal import Stage
from tui.net.errors import Kind
from tui.net.events import Note, Sent
from tui.sandbox.server import Sandbox


async def until_sent(made: Import, box: Sandbox) -> None:
    """Watch a submission until its bytes are out, and give it up there."""
    async with made.send() as events:
        async for event in events:
            if isinstance(event, Sent):
                await soon(lambda: posts(box), "the server has the request")
                break


async def test_given_up_before_the_bytes_are_out(box: Sandbox) -> None:
    async def silent(raw: raw_http.Raw, reader: raw_http.Reader, writer: raw_http.Writer) -> None:
        await raw_http.request(raw, reader)
        await reader.read()  # until the client lets go
        raw.let_go.set()

    async with raw_http.serving(silent) as raw:
        made = attempt(await at_review(box, host=raw.url))
        events = made.send()
        watching = asyncio.ensure_future(anext(events))
        await raw.asked.wait()
        watching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await watching
        async with asyncio.timeout(5):
            await raw.let_go.wait()
        assert (made.creation.begun, made.creation.out, made.creation.outcome) == (True, False, None)
        outcome = made.creation.stop()
        assert outcome is not None
        assert made.creation.outcome is outcome
        assert outcome.may_send_again
        assert "before the request was sent" in str(outcome.failure)
        assert [head.split()[0] for head in raw.heads] == ["GET"]
    assert not strangers()


async def test_given_up_after_the_bytes_are_out_is_looked_up(box: Sandbox) -> None:
    port = urlsplit(values(box, "unleash")["host"]).port or 0
    async with gate(port) as door:
        made = attempt(await at_review(box, host=door.url))
        box.set_fault("slow")
        await until_sent(made, box)
        assert (made.creation.out, made.creation.outcome) == (True, None)
        assert not strangers()
        await door.finished()  # no socket is left either
        events, outcome = await drained(made.look_again())
        assert outcome.fate == NOT_THERE
        assert outcome.failure is not None
        assert "You stopped waiting" in str(outcome.failure)
        assert made.creation.outcome == outcome
        assert posts(box) == 1
        assert next(event.text for event in events if isinstance(event, Note)) == "no response"


async def test_given_up_again_while_it_is_looked_up(box: Sandbox) -> None:
    made = attempt(await at_review(box))
    box.set_fault("slow")
    await until_sent(made, box)
    events = made.look_again()
    await anext(events)
    await events.aclose()
    assert made.creation.outcome is None
    assert not strangers()
    _, outcome = await drained(made.look_again())
    assert outcome.fate == NOT_THERE
    assert posts(box) == 1


async def test_a_stream_that_nobody_watched_sends_nothing(box: Sandbox) -> None:
    made = attempt(await at_review(box))
    await made.send().aclose()
    assert box.requests == []
    assert (made.creation.begun, made.creation.out) == (False, False)


@pytest.mark.parametrize("stop_after", range(1, 6))
async def test_given_up_after_any_event_leaves_nothing_behind(box: Sandbox, stop_after: int) -> None:
    made = attempt(await at_review(box))
    async with made.send() as events:
        for _ in range(stop_after):
            await anext(events, None)
    assert not strangers()
    assert posts(box) <= 1
    assert len(configurations(box, made.creation.request.name)) <= 1


# --- names


async def test_the_same_once_more_is_offered_and_used(box: Sandbox) -> None:
    session = await at_review(box)
    first = await sent(attempt(session))
    assert first.configuration is not None
    made = attempt(session)
    outcome = await sent(made)
    assert outcome.failure is not None
    assert (outcome.failure.kind, outcome.failure.field) == (Kind.CONFLICT, "config-name")
    assert "with the same settings" in str(outcome.failure)
    assert first.configuration.id in str(outcome.failure)
    assert outcome.conflict is not None
    assert outcome.conflict.differences == ()
    made.creation.renew(reuse=True)
    reused = await sent(made)
    assert (reused.reused, reused.failure, reused.answer) == (True, None, None)
    assert (made.journal.stage, made.journal.reused) == (Stage.CREATED, True)
    assert reused.configuration is not None
    assert reused.configuration.id == first.configuration.id
    assert posts(box) == 1
    assert len(configurations(box, made.creation.request.name)) == 1


async def test_the_same_name_with_other_settings_is_refused_with_the_difference(box: Sandbox) -> None:
    await sent(attempt(await at_review(box)))
    for reuse in (False, True):
        made = attempt(await at_review(box, ldTag="another", sourceTag="simple:payments"), reuse=reuse)
        outcome = await sent(made)
        assert outcome.failure is not None
        assert (outcome.failure.kind, outcome.failure.field) == (Kind.CONFLICT, "config-name")
        assert outcome.conflict is not None
        assert made.journal.stage is Stage.PLANNED
        assert {each.key for each in outcome.conflict.differences} == {"sourceTag", "ldTag"}
        assert all(value in str(outcome.failure) for value in ("simple:payments", "imported-from-unleash", "another"))
    assert posts(box) == 1


async def test_other_keys_are_no_difference(box: Sandbox) -> None:
    """What comes back of a secret is masked: nobody can compare it."""
    await sent(attempt(await at_review(box)))
    other = await at_review(box, ldApiKey=values(box, "unleash")["token"])
    outcome = await sent(attempt(other, reuse=True))
    assert outcome.reused


async def test_the_same_name_elsewhere_is_another(box: Sandbox) -> None:
    for integration, project in (("unleash", "web-shop"), ("unleash", "default"), ("split", "web-shop")):
        outcome = await sent(attempt(await at_review(box, integration, config_name="Practice", project=project)))
        assert outcome.configuration is not None
    assert posts(box) == 3


@pytest.mark.parametrize("name", ["👩‍💻 müve", "a\u00a0b", "u\u0378", "right\u202eleft", 'back\\slash "quoted"'])
async def test_a_name_is_known_again_however_it_is_written(box: Sandbox, name: str) -> None:
    """What does not print is replaced in what the server says; such a name must be found all the same."""
    session = await at_review(box, config_name=name)
    first = await sent(attempt(session))
    assert first.configuration is not None
    outcome = await sent(attempt(session))
    assert outcome.conflict is not None
    assert str(outcome.failure).isprintable()
    box.set_fault("lost-answer")
    lost = await sent(attempt(await at_review(box, config_name=f"{name} 2")))
    assert lost.fate == "found"
    assert posts(box) == 2


async def test_somebody_else_was_quicker(box: Sandbox) -> None:
    """Free when Review opened, taken when it is sent: looked up again right before."""
    session = await at_review(box)
    async for _ in session.check("config-name"):
        pass
    assert session.draft.checks["config-name"].text == "Available in web-shop"
    await sent(attempt(await at_review(box, ldTag="another")))
    outcome = await sent(attempt(session))
    assert outcome.conflict is not None
    assert posts(box) == 1
