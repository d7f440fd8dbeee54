"""Each fault, as a client sees it over a real connection."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.unit.sandbox_tools import (
    FI,
    Clock,
    config_for,
    create,
    path_of,
    run_import,
    split,
    unleash,
)
from tui.sandbox.faults import FAULTS
from tui.sandbox.server import Sandbox


@pytest.fixture
def clock() -> Clock:
    return Clock(1_700_000_000.0)


@pytest.fixture
def box(clock: Clock) -> Iterator[Sandbox]:
    with Sandbox.start(now=clock) as made:
        yield made


def _count(ld: httpx.Client) -> int:
    return len(ld.get(FI).json()["items"])


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("unauthorized", 401, "unauthorized"),
        ("forbidden", 403, "forbidden"),
        ("bad-request", 400, "invalid_request"),
        ("not-found", 404, "not_found"),
        ("conflict", 409, "optimistic_locking_error"),
        ("server-error", 500, "internal_service_error"),
        ("rate-limited", 429, "rate_limited"),
        ("rate-limited-long", 429, "rate_limited"),
    ],
)
def test_a_refusal_strikes_at_the_create_alone(
    box: Sandbox, ld: httpx.Client, fault: str, status: int, code: str
) -> None:
    made = path_of(create(ld, box))
    before = _count(ld)
    box.set_fault(fault)
    answer = create(ld, box)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert set(answer.json()) >= {"code", "message"}
    assert "X-Ratelimit-Global-Remaining" in answer.headers
    assert _count(ld) == before
    assert ld.get(made).status_code == 200
    assert ld.post(f"{made}/trigger").status_code == 201
    box.set_fault(None)
    assert create(ld, box).status_code == 200


def test_a_401_may_have_no_body(box: Sandbox, ld: httpx.Client) -> None:
    box.set_fault("unauthorized-empty")
    answer = create(ld, box)
    assert (answer.status_code, answer.content) == (401, b"")


def test_a_short_pause_ends_in_milliseconds_of_the_epoch_and_the_next_call_goes_through(
    box: Sandbox, ld: httpx.Client, clock: Clock
) -> None:
    box.set_fault("rate-limited")
    answer = create(ld, box)
    assert 0 < int(answer.headers["X-Ratelimit-Reset"]) - clock.at * 1000 < 5000
    assert create(ld, box).status_code == 200
    assert create(ld, box).status_code == 429


def test_a_long_pause_stays(box: Sandbox, ld: httpx.Client, clock: Clock) -> None:
    box.set_fault("rate-limited-long")
    for _ in range(3):
        assert int(create(ld, box).headers["X-Ratelimit-Reset"]) == (clock.at + 180) * 1000


def test_a_gateway_answers_with_a_page(box: Sandbox, ld: httpx.Client) -> None:
    box.set_fault("html")
    answer = create(ld, box)
    assert answer.status_code == 502
    assert answer.headers["content-type"].startswith("text/html")
    assert "<html>" in answer.text


def test_a_slow_answer_comes_in_the_end(box: Sandbox, ld: httpx.Client) -> None:
    box.set_fault("slow")
    started = time.monotonic()
    assert create(ld, box).status_code == 200
    assert time.monotonic() - started > 0.2
    assert _count(ld) == 2


def test_an_answer_drips_until_the_caller_leaves(box: Sandbox, ld: httpx.Client) -> None:
    box.set_fault("drip")
    body = {"config": config_for(box, "unleash")}
    with ld.stream("POST", f"{FI}/web-shop/unleash", json=body) as answer:
        pieces = answer.iter_raw(1)
        assert b"".join(next(pieces) for _ in range(12)) == b'{"_id": "aaa'
    assert _count(ld) == 1


def test_a_dripping_answer_does_not_hold_up_the_end(box: Sandbox, ld: httpx.Client) -> None:
    box.set_fault("drip")
    with ld.stream("POST", f"{FI}/web-shop/unleash", json={}) as answer:
        pieces = answer.iter_raw(1)
        next(pieces)
        started = time.monotonic()
        box.stop()
        assert time.monotonic() - started < 2
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            list(pieces)


def test_a_connection_is_reset_in_mid_answer(box: Sandbox, ld: httpx.Client) -> None:
    box.set_fault("reset")
    body = {"config": config_for(box, "unleash")}
    with ld.stream("POST", f"{FI}/web-shop/unleash", json=body) as answer:
        assert answer.status_code == 200
        announced = int(answer.headers["content-length"])
        pieces = answer.iter_raw()
        arrived = next(pieces)
        with pytest.raises(httpx.ReadError):
            arrived += b"".join(pieces)
    assert 0 < len(arrived) < announced
    assert _count(ld) == 2


@pytest.mark.parametrize(("fault", "made"), [("lost-answer", 1), ("lost-request", 0)])
def test_a_connection_is_cut_before_any_answer(box: Sandbox, ld: httpx.Client, fault: str, made: int) -> None:
    before = _count(ld)
    box.set_fault(fault)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        create(ld, box)
    assert _count(ld) == before + made
    assert box.requests[-2][2] == 0


def test_a_redirect_leads_elsewhere(box: Sandbox, ld: httpx.Client) -> None:
    box.set_fault("redirect")
    answer = create(ld, box)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("https://login.example.com/")


def test_an_answer_of_64_mib_can_be_left_early(box: Sandbox, ld: httpx.Client) -> None:
    box.set_fault("too-large")
    with ld.stream("POST", f"{FI}/web-shop/unleash", json={}) as answer:
        size = 0
        for piece in answer.iter_raw():
            size += len(piece)
            if size > 9 * 1024 * 1024:
                break
    assert size > 9 * 1024 * 1024
    assert "content-length" not in answer.headers
    assert _count(ld) == 1


def test_the_answer_may_show_all_that_was_sent(box: Sandbox, ld: httpx.Client) -> None:
    config = config_for(box, "unleash")
    box.set_fault("echoed-secrets")
    shape = create(ld, box).json()
    assert shape["config"] == config
    assert config["sourceApiKey"] in shape["_status"]["errors"][0]["message"]
    assert shape["_id"] in {one["_id"] for one in ld.get(FI).json()["items"]}
    box.set_fault("echoed-secrets-error")
    refused = create(ld, box)
    assert refused.status_code == 400
    assert config["ldApiKey"] in refused.json()["message"]


def test_hostile_text_is_in_names_and_messages_everywhere(box: Sandbox, ld: httpx.Client) -> None:
    box.set_fault("hostile-text")
    made = create(ld, box).json()
    texts = [
        made["name"],
        made["tags"][0],
        made["_status"]["errors"][0]["message"],
        ld.get("/api/v2/projects").json()["items"][0]["name"],
        ld.get("/api/v2/members/me").json()["firstName"],
        ld.get("/api/v2/tags").json()["items"][0],
        ld.get("/api/v2/projects/nope").json()["message"],
    ]
    box.set_fault("hostile-error")
    texts.append(create(ld, box).json()["message"])
    for text in texts:
        for code in ("\x1b]52;", "\x1b]0;", "\x1b[2J", "\x9b", "\u202e", "[bold red]"):
            assert code in text
    box.set_fault("hostile-text")
    # Keys and ids stay whole, and answers without a body pass: the steps go on.
    assert ld.get("/api/v2/projects").json()["items"][1]["key"] == "web-shop"
    assert ld.post(f"{FI}/web-shop/unleash/{made['_id']}/trigger").status_code == 201


def test_a_source_may_refuse_everybody_also_the_import(box: Sandbox, ld: httpx.Client) -> None:
    box.set_fault("source-unauthorized")
    with split(box) as admin, unleash(box) as sdk:
        assert admin.get("/workspaces").status_code == 401
        assert sdk.get("/api/client/features").status_code == 401
    _, status = run_import(ld, path_of(create(ld, box)))
    assert (status["status"], status["errors"][0]["statusCode"]) == ("failed", 401)


def test_a_source_may_answer_with_a_page(box: Sandbox, ld: httpx.Client) -> None:
    box.set_fault("source-html")
    with split(box) as admin, unleash(box) as sdk:
        for answer in (admin.get("/workspaces"), sdk.get("/api/client/features")):
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/html")
    _, status = run_import(ld, path_of(create(ld, box, "split")))
    assert status["status"] == "failed"


def test_every_fault_has_a_title_and_says_where_it_strikes() -> None:
    assert len(FAULTS) == 66
    for name, fault in FAULTS.items():
        assert fault.name == name
        assert 0 < len(fault.title) <= 40
        assert fault.explains.endswith(".")
        places = ("create call", "Split", "LaunchDarkly", "he import", "he start", "second start", "configuration")
        assert any(place in fault.explains for place in places)
        assert len(fault.explains) <= 115
        assert json.dumps([fault.title, fault.explains]).isascii()
