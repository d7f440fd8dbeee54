"""Every fate of the one create request: over real HTTP, and never sent twice by itself."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import pytest

from tests.unit import sandbox_tools
from tests.unit.gate import gate
from tests.unit.walk_tools import (
    NAME,
    Impatient,
    Naps,
    at_review,
    attempt,
    configurations,
    drained,
    posts,
    sent,
    strangers,
    values,
)
from tui.apply.create import FOUND, NOT_KNOWN, NOT_THERE, Outcome
from tui.context import Context
from tui.net.errors import Kind, Remedy
from tui.net.events import Note, Pausing
from tui.sandbox.faults import FAULTS
from tui.sandbox.server import Sandbox
from tui.text.redact import MASK, Redactor


def notes(events: Sequence[object]) -> list[tuple[str, str]]:
    return [(event.text, event.level) for event in events if isinstance(event, Note)]


async def struck(box: Sandbox, fault: str) -> tuple[Outcome, Sequence[object], Naps]:
    """One submission with a fault switched on. What drips for ever is given up after a part of a second."""
    naps = Naps()
    kind = Impatient if fault == "drip" else Context
    made = attempt(await at_review(box, context=kind(redactor=Redactor(), sleep=naps)))
    box.set_fault(fault)
    outcome = await sent(made)
    box.set_fault(None)
    assert not strangers()
    return outcome, list(made.creation.events), naps


_CREATE = ("launchdarkly", "POST", f"{sandbox_tools.FI}/web-shop/unleash")
CREATED = "created"
FATES: dict[str, tuple[str, Kind | None]] = {
    "unauthorized": (NOT_THERE, Kind.UNAUTHORIZED),
    "unauthorized-empty": (NOT_THERE, Kind.UNAUTHORIZED),
    "forbidden": (NOT_THERE, Kind.FORBIDDEN),
    "bad-request": (NOT_THERE, Kind.BAD_REQUEST),
    "not-found": (NOT_THERE, Kind.NOT_FOUND),
    "conflict": (NOT_THERE, Kind.CONFLICT),
    "rate-limited": (CREATED, None),
    "rate-limited-long": (NOT_THERE, Kind.RATE_LIMITED),
    "server-error": (NOT_THERE, Kind.SERVER_ERROR),
    "html": (NOT_THERE, Kind.SERVER_ERROR),
    "slow": (CREATED, None),
    "drip": (NOT_THERE, Kind.TIMEOUT),
    "reset": (FOUND, None),
    "redirect": (NOT_THERE, Kind.REDIRECT),
    "too-large": (NOT_THERE, Kind.TOO_LARGE),
    "lost-answer": (FOUND, None),
    "lost-request": (NOT_THERE, Kind.UNREACHABLE),
    "echoed-secrets": (CREATED, None),
    "echoed-secrets-error": (NOT_THERE, Kind.BAD_REQUEST),
    "hostile-error": (NOT_THERE, Kind.BAD_REQUEST),
    "hostile-text": (CREATED, None),
    "started-by-create": (CREATED, None),
}


def test_every_fault_of_the_create_request_is_tested() -> None:
    assert set(FATES) == {name for name, fault in FAULTS.items() if fault.strikes(*_CREATE)}


# The field at fault, the status and the exit code
REFUSALS: dict[str, tuple[str | None, int, int]] = {
    "unauthorized": ("token", 401, 3),
    "unauthorized-empty": ("token", 401, 3),
    "forbidden": ("token", 403, 3),
    "bad-request": ("ldTag", 400, 4),
    "not-found": ("project", 404, 4),
    "conflict": (None, 409, 4),
    "hostile-error": (None, 400, 4),
    "server-error": (None, 500, 5),
    "html": (None, 502, 5),
    "redirect": ("host", 302, 5),
}
NOT_LOOKED_UP = ("unauthorized", "bad-request", "conflict", "redirect", "rate-limited-long")
LOOKED_UP = {
    **dict.fromkeys(("server-error", "html", "drip", "too-large"), "cut off"),
    "lost-request": "no response",
}
"""A gateway may have given up on a LaunchDarkly that is still working on the request."""


@pytest.mark.parametrize("fault", FATES)
async def test_outcome_is_what_the_account_has(box: Sandbox, fault: str) -> None:
    fate, kind = FATES[fault]
    outcome, events, naps = await struck(box, fault)
    at = next(index for index, (method, _, _) in enumerate(box.requests) if method == "POST")
    looked_after = box.requests[at + 1 :]
    made, failure = configurations(box, NAME), outcome.failure
    assert posts(box) == (2 if fault == "rate-limited" else 1)  # a 429 says itself that it did nothing
    assert (failure.kind if failure else None) is kind
    assert [each["_id"] for each in made] == ([outcome.configuration.id] if outcome.configuration else [])
    assert outcome.fate == (NOT_THERE if fate == CREATED else fate)
    assert outcome.may_send_again == (fate == NOT_THERE)
    assert (outcome.answer is not None) == (fate == CREATED)
    text = f"{outcome!r} {failure!r} {failure}"
    assert not any(values(box, "unleash")[key] in text for key in ("token", "ldApiKey", "sourceApiKey"))
    assert text.isprintable()
    if fault in REFUSALS:
        assert failure is not None
        assert (failure.field, failure.status_code, failure.exit_code) == REFUSALS[fault]
        assert str(failure.status_code) in str(failure)
        assert failure.remedy
    texts = [text for text, _ in notes(events)]
    if fault in NOT_LOOKED_UP:
        assert texts == ["name checked"]
        assert looked_after == []
    if fault in LOOKED_UP:  # how often depends on how long the answer took to be lost
        assert sum(naps.seconds) >= (4 if fault == "lost-request" else 0)
        assert naps.seconds
        looks = ["not found yet"] * len(naps.seconds)
        assert texts == ["name checked", LOOKED_UP[fault], *looks, "not created"]
    if fault == "lost-answer":
        assert notes(events) == [("name checked", "ok"), ("no response", "unknown"), ("found", "ok")]
        assert (outcome.reused, naps.seconds) == (False, [])
    pauses = [(event.attempt, event.of) for event in events if isinstance(event, Pausing)]
    assert pauses == ([(1, 3)] if fault == "rate-limited" else [])
    if fault == "rate-limited-long":
        assert failure is not None
        assert failure.until is not None
        assert naps.seconds == []
    if fault == "echoed-secrets-error":
        assert MASK in str(failure)


async def test_lost_request_can_be_sent_again(box: Sandbox) -> None:
    made = attempt(await at_review(box))
    box.set_fault("lost-request")
    first = await sent(made)
    assert first.may_send_again
    assert first.failure is not None
    assert (first.failure.sent, first.failure.remedy) == (False, Remedy.SEND_AGAIN)
    box.set_fault(None)
    second = await sent(made)
    assert second.configuration is not None
    assert posts(box) == 2
    assert len(configurations(box, NAME)) == 1


@pytest.mark.parametrize(("settings", "fate"), [({}, FOUND), ({"ldTag": "theirs"}, NOT_KNOWN)])
async def test_configuration_that_appears_after_a_lost_request_is_ours_only_with_our_settings(
    box: Sandbox, settings: dict[str, str], fate: str
) -> None:
    """The server may commit after the connection was lost; with other settings, whether ours will come isn't known."""

    class Late(Naps):
        async def __call__(self, seconds: float) -> None:
            await super().__call__(seconds)
            with sandbox_tools.launchdarkly(box) as other:
                body = sandbox_tools.config_for(box, "unleash") | settings
                path = f"{sandbox_tools.FI}/web-shop/unleash"
                assert other.post(path, json={"name": NAME, "config": body}).status_code == 200

    naps = Late()
    made = attempt(await at_review(box, context=Context(redactor=Redactor(), sleep=naps)))
    box.set_fault("lost-request")
    async for event in made.send():
        if isinstance(event, Note) and event.text == "no response":
            box.set_fault(None)
    outcome = made.creation.outcome
    assert outcome is not None
    assert (outcome.fate, outcome.may_send_again) == (fate, False)
    if fate == FOUND:
        (present,) = configurations(box, NAME)
        assert outcome.configuration is not None
        assert (outcome.configuration.id, naps.seconds) == (present["_id"], [1.0])
    else:
        assert outcome.configuration is None
        assert "theirs" in str(outcome.failure)


async def test_configuration_of_before_is_never_taken_for_ours(box: Sandbox) -> None:
    """Another with the same name, made by somebody else before: the look after a loss must not find that."""
    made = attempt(await at_review(box, config_name="Practice"))
    with sandbox_tools.launchdarkly(box) as other:
        before = sandbox_tools.create(other, box, ldTag="another-tag").json()["_id"]
    refused = await sent(made)
    assert refused.conflict is not None
    assert refused.conflict.configuration.id == before
    _, looked = await drained(made.look_again())
    assert looked.fate == NOT_THERE
    assert posts(box) == 1  # that of the other client


async def test_lost_create_that_cannot_be_looked_up_is_not_known(box: Sandbox) -> None:
    port = urlsplit(values(box, "unleash")["host"]).port or 0
    async with gate(port, shuts_at=b"POST /") as door:
        made = attempt(await at_review(box, host=door.url))
        box.set_fault("lost-answer")
        outcome = await sent(made)
        assert outcome.fate == NOT_KNOWN
        assert not outcome.may_send_again
        assert outcome.failure is not None
        assert outcome.failure.remedy is Remedy.LOOK_AGAIN
        assert notes(made.creation.events)[-1] == ("can't check", "unknown")
        _, again = await drained(made.look_again())
        assert again.fate == NOT_KNOWN  # still no way there
        door.shuts_at = b""
        await door.open()
        _, found = await drained(made.look_again())
        assert found.fate == FOUND
        assert made.creation.outcome == found
        assert posts(box) == 1
        assert len(configurations(box, NAME)) == 1
    assert not strangers()


async def test_unreachable_server_before_the_look_up(box: Sandbox) -> None:
    made = attempt(await at_review(box))
    box.stop()
    outcome = await sent(made)
    assert outcome.failure is not None
    assert outcome.failure.kind is Kind.UNREACHABLE
    assert (outcome.may_send_again, made.creation.out, notes(made.creation.events)) == (True, False, [])
    assert not strangers()


async def test_unreachable_server_after_the_look_up(box: Sandbox) -> None:
    """The look-up went well, the request itself never left: there is nothing to look for."""
    port = urlsplit(values(box, "unleash")["host"]).port or 0
    async with gate(port, shuts_at=b"GET /") as door:
        made = attempt(await at_review(box, host=door.url))
        outcome = await sent(made)
    assert outcome.failure is not None
    assert outcome.failure.kind is Kind.UNREACHABLE
    assert (outcome.may_send_again, made.creation.out) == (True, False)
    assert [text for text, _ in notes(made.creation.events)] == ["name checked"]
    assert posts(box) == 0


async def test_an_answer_that_shows_the_keys_is_masked_by_what_shows_it(box: Sandbox) -> None:
    naps = Naps()
    context = Context(redactor=Redactor(), sleep=naps)
    made = attempt(await at_review(box, context=context))
    box.set_fault("echoed-secrets")
    outcome = await sent(made)
    assert outcome.answer is not None
    raw = outcome.answer.text()
    secrets = [values(box, "unleash")[key] for key in ("ldApiKey", "sourceApiKey")]
    assert all(secret in raw for secret in secrets)
    masked = context.redactor(raw)
    assert MASK in masked
    assert not any(secret in masked for secret in secrets)
    assert "config" not in repr(outcome.configuration)
