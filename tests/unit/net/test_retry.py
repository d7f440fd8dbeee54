"""Pauses asked for by 429: each family of headers, kept in full, three at most, and no test sleeps."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.raw_http import always, answer, serving
from tui.net.client import Http
from tui.net.errors import Failure, Kind, Remedy
from tui.net.events import Answered, Pausing, ProgressEvent
from tui.net.messages import Request, RequestLimits, Response
from tui.net.pauses import requested_pause
from tui.text.times import moment, time_of_day

NOW = 1_800_000_000.0


class Clock:
    """A clock that only moves by what is slept."""

    def __init__(self) -> None:
        self.at = NOW
        self.slept: list[float] = []

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


async def send(
    *answers: bytes, clock: Clock, deadline: float | None = None, limits: RequestLimits | None = None
) -> tuple[Response, list[ProgressEvent], int]:
    events: list[ProgressEvent] = []
    async with serving(always(*answers)) as server:
        async with Http(now=clock.now, sleep=clock.sleep, deadline=deadline) as http:
            request = Request("POST", server.url, {}, b"{}")
            got = await http.send(request, peer="Split", sink=events.append, limits=limits or RequestLimits())
        return got, events, len(server.seen)


def refusal(*headers: str) -> bytes:
    return answer("429 Too Many Requests", b'{"message":"slow"}', *headers)


@pytest.mark.parametrize(
    ("headers", "seconds", "limit"),
    [
        (("X-Ratelimit-Reset: 1800000007500",), 7.5, ""),
        (("X-Ratelimit-Reset: 1800000007500", "X-Ratelimit-Global-Remaining: 0"), 7.5, "your whole account"),
        (("X-Ratelimit-Reset: 1800000007500", "X-Ratelimit-Route-Remaining: 0"), 7.5, "this request"),
        (("X-Ratelimit-Reset: 1800000009000", "X-Ratelimit-Route-Remaining: 4", "X-Ratelimit-Global-Remaining: 9",
          "X-Ratelimit-Auth-Token-Reset: 1800000003000", "X-Ratelimit-Auth-Token-Remaining: 0"), 3.0, "your token"),
        (("X-Ratelimit-Reset: 1800000007",), 7.0, ""),  # seconds, as other servers write it
        (("Retry-After: 12",), 12.0, ""),
        ((f"Retry-After: {formatdate(NOW + 30, usegmt=True)}",), 30.0, ""),
        (("X-RateLimit-Reset-Seconds-Org: 5", "X-RateLimit-Reset-Seconds-IP: 9"), 9.0, ""),
        (("X-RateLimit-Reset-Seconds-Org: 5", "X-RateLimit-Remaining-Org: 0",
          "X-RateLimit-Reset-Seconds-IP: 9", "X-RateLimit-Remaining-IP: 3"), 5.0, "your organization"),
        (("Retry-After: 2", "X-Ratelimit-Reset: 1800000004000"), 4.0, ""),
        # The server's clock is five minutes behind ours: its reset counts from its own Date.
        ((f"Date: {formatdate(NOW - 300, usegmt=True)}", "X-Ratelimit-Reset: 1799999708000"), 8.0, ""),
    ],
)  # fmt: skip
async def test_each_family_of_headers_is_waited_in_full(headers: tuple[str, ...], seconds: float, limit: str) -> None:
    clock = Clock()
    got, events, requests = await send(refusal(*headers), answer(), clock=clock)
    assert got.status_code == 200
    assert requests == 2
    assert clock.slept == [pytest.approx(seconds)]
    [pausing] = [event for event in events if isinstance(event, Pausing)]
    assert pausing == Pausing(clock.slept[0], NOW + clock.slept[0], 1, 3, limit, "Split")
    statuses = [event.status_code for event in events if isinstance(event, Answered)]
    assert statuses == [429, 200]


@pytest.mark.parametrize(
    "headers", [(), ("X-Ratelimit-Reset: 1799999990000",), ("Retry-After: soon",), ("Retry-After: 0",)]
)
async def test_without_a_time_ahead_the_pauses_are_small_and_grow(headers: tuple[str, ...]) -> None:
    clock = Clock()
    _, _, requests = await send(refusal(*headers), refusal(*headers), refusal(*headers), answer(), clock=clock)
    assert requests == 4
    for pause, least in zip(clock.slept, (1, 2, 4), strict=True):
        assert least <= pause <= least * 1.5


async def test_after_three_pauses_it_gives_up() -> None:
    clock = Clock()
    with pytest.raises(Failure) as caught:
        await send(refusal("Retry-After: 50", "X-Ratelimit-Global-Remaining: 0"), clock=clock)
    failure = caught.value
    assert clock.slept == [50.0] * 3
    assert (failure.kind, failure.status_code, failure.sent) == (Kind.RATE_LIMITED, 429, False)
    assert failure.until == NOW + 200
    assert failure.what == "Split asks for a pause of 50 seconds (429)."


@pytest.mark.parametrize("seconds", [61, 3600, 10**14])
async def test_a_longer_pause_is_not_begun_and_never_shortened(seconds: int) -> None:
    clock = Clock()
    with pytest.raises(Failure) as caught:
        await send(refusal(f"Retry-After: {seconds}"), clock=clock)
    failure = caught.value
    assert clock.slept == []
    assert failure.kind is Kind.RATE_LIMITED
    assert failure.until is not None
    assert failure.until >= NOW + min(seconds, 366 * 86_400)
    assert (failure.remedy, failure.about) == (Remedy.SEND_AFTER, time_of_day(failure.until, NOW))


async def test_a_pause_that_reaches_past_the_deadline_is_not_begun() -> None:
    clock = Clock()
    with pytest.raises(Failure) as caught:
        await send(refusal("Retry-After: 20"), clock=clock, deadline=NOW + 19)
    assert caught.value.until == NOW + 20
    assert clock.slept == []
    await send(refusal("Retry-After: 20"), answer(), clock=clock, deadline=NOW + 21)
    assert clock.slept == [20.0]


async def test_limits_of_the_caller() -> None:
    clock = Clock()
    with pytest.raises(Failure):
        await send(refusal("Retry-After: 3"), clock=clock, limits=RequestLimits(pauses=1, longest_pause=3))
    assert clock.slept == [3.0]


_NAMES = (
    "date", "retry-after", "x-ratelimit-reset", "x-ratelimit-global-remaining", "x-ratelimit-reset-seconds-org",
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(_NAMES), st.text(max_size=40) | st.integers().map(str) | st.floats().map(str)))
def test_no_header_makes_it_raise(headers: dict[str, str]) -> None:
    pause = requested_pause(headers, NOW)
    assert 0 < pause.seconds <= 366 * 86_400
    assert moment(NOW + pause.seconds)
