"""The HTTP client against servers that misbehave on real sockets. Nothing here waits for a clock."""

from __future__ import annotations

import asyncio
import gzip
import json
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from tests.unit.raw_http import (
    Handler,
    Raw,
    Reader,
    Writer,
    always,
    answer,
    free_port,
    request,
    reset,
    routed,
    serving,
)
from tui.net.client import Connections, Http
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.events import Answered, Connected, Done, ProgressEvent, Receiving, Sent, Stream
from tui.net.messages import Request, RequestLimits, Response

CANARY = "api-c0ffee00-canary"


async def send(
    url: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    limits: RequestLimits | None = None,
    http: Http | None = None,
    events: list[ProgressEvent] | None = None,
) -> Response:
    seen: list[ProgressEvent] = [] if events is None else events
    sent = Request(method, url, {"Authorization": SecretStr(CANARY)}, body)
    async with http or Http() as client:
        return await client.send(sent, peer="Unleash", sink=seen.append, limits=limits or RequestLimits())


async def failing(url: str, **more: object) -> Failure:
    with pytest.raises(Failure) as caught:
        await send(url, **more)  # type: ignore[arg-type]
    failure = caught.value
    assert CANARY not in f"{failure} {failure!r} {failure.__cause__!r} {failure.__context__!r}"
    return failure


async def test_an_exchange_tells_its_steps_in_order() -> None:
    events: list[ProgressEvent] = []
    body = b'{"name": "x"}'
    reply = answer("201 Created", b'{"a": 1}', "X-Ratelimit-Route-Remaining: 9", "Set-Cookie: s=CANARY")
    async with serving(always(reply)) as server:
        got = await send(f"{server.url}/p?q=1", method="POST", body=body, events=events)
    assert (got.status_code, got.reason, got.json()) == (201, "Created", {"a": 1})
    connected, sent, answered, done = events
    assert isinstance(connected, Connected)
    assert (connected.host, connected.tls, connected.proxy) == ("127.0.0.1", "", "")
    assert isinstance(sent, Sent)
    assert (sent.method, sent.size) == ("POST", len(server.seen[0]))
    assert isinstance(answered, Answered)
    assert (answered.status_code, answered.headers) == (201, (("x-ratelimit-route-remaining", "9"),))
    assert isinstance(done, Done)
    assert done.size == 8
    assert "CANARY" not in repr(events) + repr(got)
    assert f"authorization: {CANARY}" in server.heads[0].lower()


# --- connections


async def test_cancelled_request_ends_its_connection_and_hurts_no_other() -> None:
    release = asyncio.Event()

    async def handler(raw: Raw, reader: Reader, writer: Writer) -> None:
        while True:
            line = await request(raw, reader)
            if "/slow" in line:
                await release.wait()
            elif "/never" in line:
                await reader.read()
                raw.let_go.set()
                return
            writer.write(answer())
            await writer.drain()

    connections = Connections()
    async with (
        serving(handler) as server,
        Http(connections=connections) as http,
        Http(connections=connections) as other,
    ):
        slow = asyncio.create_task(other.send(Request("GET", f"{server.url}/slow", {}), peer="Unleash"))
        for _ in range(10):
            never = asyncio.create_task(http.send(Request("GET", f"{server.url}/never", {}), peer="Unleash"))
            server.asked.clear()
            while not any(b"/never" in seen for seen in server.seen):
                await server.asked.wait()
                server.asked.clear()
            never.cancel()
            with pytest.raises(asyncio.CancelledError):
                await never
            async with asyncio.timeout(10):
                await server.let_go.wait()
            server.seen.clear()
            server.let_go.clear()
        release.set()
        assert (await slow).status_code == 200
        await http.send(Request("GET", server.url, {}), peer="Unleash")
        assert server.connections <= 12


@pytest.mark.parametrize("status", ["200 OK", "204 No Content", "400 Bad", "401 No", "500 Oh", "502 Bad Gateway"])
async def test_any_status_but_redirects_and_429_is_an_answer(status: str) -> None:
    async with serving(always(answer(status, b""))) as server:
        assert (await send(server.url)).status_code == int(status[:3])


async def test_a_web_page_is_an_answer_but_no_json() -> None:
    page = b"<!doctype html><title>502</title>"
    async with serving(always(answer("502 Bad Gateway", page, "Content-Type: text/html"))) as server:
        got = await send(server.url)
    with pytest.raises(Failure, match=r"Unleash answers with a web page, not with JSON \(502\)") as caught:
        got.json()
    assert caught.value.kind is Kind.NOT_JSON
    assert caught.value.status_code == 502


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe{}", b"[" * 100_000, b"1" * 5000, b"nul"])
async def test_broken_json_is_a_failure(body: bytes) -> None:
    got = Response(200, "OK", {}, body, 0.0, "Split", "https://api.split.io/x")
    with pytest.raises(Failure, match="Split answers with") as caught:
        got.json()
    assert caught.value.kind is Kind.NOT_JSON
    assert len(got.text()) <= len(body)


def ending(answer: bytes, end: Callable[[Writer], None] = lambda writer: None) -> Handler:
    """Answers with these bytes, and closes the connection."""

    async def handler(raw: Raw, reader: Reader, writer: Writer) -> None:
        await request(raw, reader)
        writer.write(answer)
        await writer.drain()
        end(writer)

    return handler


@pytest.mark.parametrize(
    ("handler", "method", "what", "safe"),
    [
        (ending(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"a":', reset), "POST", "in the middle", Safe.MAYBE_DONE),
        (ending(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), "GET", "in the middle", Safe.NOTHING_CHANGED),
        (ending(b""), "GET", "before an answer came", Safe.NOTHING_CHANGED),
        (ending(b"SSH-2.0-OpenSSH_9.6 CANARY\r\n\r\n"), "GET", "does not speak HTTP", Safe.NOTHING_CHANGED),
    ],
    ids=["reset in the body", "closed in the body", "closed before an answer", "no HTTP"],
)
async def test_connection_that_breaks_says_how_far_it_came(
    handler: Handler, method: str, what: str, safe: Safe
) -> None:
    async with serving(handler) as server:
        failure = await failing(server.url, method=method)
    assert (failure.kind, failure.sent, failure.status_code) == (Kind.UNREACHABLE, True, None)
    assert what in failure.what
    assert failure.safe is safe


async def test_a_body_that_drips_ends_with_the_total_limit() -> None:
    dripped = 0

    async def handler(raw: Raw, reader: Reader, writer: Writer) -> None:
        nonlocal dripped
        await request(raw, reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)
            dripped += 1

    async with serving(handler) as server:
        failure = await failing(server.url, limits=RequestLimits(total_seconds=0.3))
    assert (failure.kind, failure.sent) == (Kind.TIMEOUT, True)
    assert "did not arrive in full within 1 second" in failure.what
    assert 0 < dripped < 300


async def _silent(raw: Raw, reader: Reader, writer: Writer) -> None:
    await request(raw, reader)
    await reader.read()
    raw.let_go.set()


async def test_a_server_that_never_answers() -> None:
    async with serving(_silent) as server:
        failure = await failing(server.url, method="POST", limits=RequestLimits(total_seconds=0.2))
        await server.let_go.wait()
    assert (failure.kind, failure.sent) == (Kind.TIMEOUT, True)
    assert failure.what == "Unleash did not answer in 1 second."
    assert (failure.remedy, failure.safe) == (Remedy.LOOK_FIRST, Safe.MAYBE_DONE)


async def test_the_deadline_of_the_run_holds_too() -> None:
    async with serving(_silent) as server:
        soon = await failing(server.url, http=Http(now=lambda: 1000.0, deadline=1000.2))
        over = await failing(server.url, http=Http(now=lambda: 1000.0, deadline=1000.0))
        assert len(server.seen) == 1
    assert (soon.kind, soon.sent) == (Kind.TIMEOUT, True)
    assert (over.kind, over.sent) == (Kind.TIMEOUT, False)


async def test_a_body_of_64_mib_is_not_read_to_its_end() -> None:
    written = 0

    async def handler(raw: Raw, reader: Reader, writer: Writer) -> None:
        nonlocal written
        await request(raw, reader)
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for _ in range(1024):
            writer.write(bytes(65536))
            await writer.drain()
            written += 65536

    events: list[ProgressEvent] = []
    async with serving(handler) as server:
        failure = await failing(server.url, events=events)
        await server.let_go.wait()
    assert (failure.kind, failure.sent) == (Kind.TOO_LARGE, True)
    assert failure.what == "Unleash's answer is larger than 8 MiB; reading stopped there."
    assert written < 40 * 1024 * 1024
    assert all(event.size <= 8 * 1024 * 1024 for event in events if isinstance(event, Receiving))


async def test_an_announced_length_beyond_the_limit_is_not_begun() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n"
    async with serving(always(head)) as server:
        failure = await failing(server.url, limits=RequestLimits(total_seconds=5))
    assert failure.kind is Kind.TOO_LARGE


async def test_a_gzip_bomb_counts_decoded_and_takes_no_memory() -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024), 6)
    assert len(bomb) < 100_000
    reply = answer("200 OK", bomb, "Content-Encoding: gzip")
    tracemalloc.start()
    async with serving(always(reply)) as server:
        failure = await failing(server.url)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert failure.kind is Kind.TOO_LARGE
    assert peak < 40 * 1024 * 1024


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b'{"a": 1}', mtime=0)),
        ("GZIP", gzip.compress(b'{"a": 1}', mtime=0) + b"behind the end"),
        ("deflate", zlib.compress(b'{"a": 1}')),
        ("deflate", zlib.compress(b'{"a": 1}')[2:-4]),
        ("identity", b'{"a": 1}'),
    ],
)
async def test_packed_bodies(encoding: str, packed: bytes) -> None:
    async with serving(always(answer("200 OK", packed, f"Content-Encoding: {encoding}"))) as server:
        assert (await send(server.url)).json() == {"a": 1}


@pytest.mark.parametrize(
    ("encoding", "packed", "kind"),
    [
        ("br", b"x", Kind.NOT_JSON),
        ("gzip", b"no gzip at all", Kind.NOT_JSON),
        ("gzip", gzip.compress(b"x" * 999, mtime=0)[:-9], Kind.UNREACHABLE),
    ],
)
async def test_wrongly_packed_bodies(encoding: str, packed: bytes, kind: Kind) -> None:
    async with serving(always(answer("200 OK", packed, f"Content-Encoding: {encoding}"))) as server:
        assert (await failing(server.url)).kind is kind


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
async def test_a_redirect_is_named_and_not_followed(status: str) -> None:
    async with serving(always(answer())) as second:
        reply = answer(status, b"", f"Location: http://localhost:{second.port}/login?next=CANARY")
        async with serving(always(reply)) as first:
            failure = await failing(first.url, method="POST", body=b'{"ldApiKey": "x"}')
        assert second.connections == 0
    assert (failure.kind, failure.status_code) == (Kind.REDIRECT, int(status[:3]))
    assert failure.what == f"The address sends us on to localhost ({status[:3]})."


@pytest.mark.parametrize("location", ["", "Location: http://[", "Location: //\x1b]0;x\x07/", "Location: /login"])
async def test_odd_redirects(location: str) -> None:
    async with serving(always(answer("302 Found", b"", *([location] if location else [])))) as server:
        failure = await failing(server.url)
    assert failure.kind in (Kind.REDIRECT, Kind.UNREACHABLE)
    assert str(failure).isprintable()


@pytest.mark.parametrize("head", ["302 Found\r\nLocation: /login", "429 Slow\r\nRetry-After: 99", "200 OK"])
async def test_an_answer_not_read_to_its_end_lets_go_at_once(head: str) -> None:
    async def handler(raw: Raw, reader: Reader, writer: Writer) -> None:
        await request(raw, reader)
        writer.write(f"HTTP/1.1 {head}\r\nContent-Length: 1000\r\n\r\n".encode() + b"x" * 900)
        await writer.drain()
        await reader.read()
        raw.let_go.set()

    async with serving(handler) as server, Http() as http:
        with pytest.raises(Failure):
            await http.send(Request("GET", server.url, {}), peer="Unleash", limits=RequestLimits(max_bytes=100))
        async with asyncio.timeout(10):
            await server.let_go.wait()  # while the client is still open


async def test_a_refused_port() -> None:
    port = free_port()
    failure = await failing(f"http://127.0.0.1:{port}", method="POST")
    assert (failure.kind, failure.sent) == (Kind.UNREACHABLE, False)
    assert failure.what == f"Could not reach 127.0.0.1: nothing answers at port {port}."
    assert failure.safe is Safe.NOTHING_SENT


async def test_an_unknown_name() -> None:
    failure = await failing("https://nowhere.invalid/x", limits=RequestLimits(total_seconds=20))
    assert (failure.kind, failure.sent) == (Kind.UNREACHABLE, False)
    assert failure.what == "Could not reach nowhere.invalid: the name is not known here."
    assert "DNS" in failure.why


@pytest.mark.parametrize(
    "value",
    [f"{CANARY}\n", f" {CANARY}", f"{CANARY} ", f"“{CANARY}”", f"{CANARY}\x00", f"{CANARY}\r\nX: y", "", "é"],
)
async def test_a_key_no_header_can_hold_is_refused_unsaid_and_unsent(
    value: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    lines: list[str] = []
    async with serving(always(answer())) as server, Http(log=lines.append) as http:
        sent = Request("GET", server.url, {"Authorization": SecretStr(value), "Accept": "application/json"})
        with pytest.raises(Failure) as caught:
            await http.send(sent, peer="Unleash")
        assert server.connections == 0
    failure = caught.value
    assert (failure.kind, failure.sent) == (Kind.CREDENTIAL, False)
    assert "Authorization" in failure.what
    everything = f"{failure} {failure!r} {failure.__context__!r} {sent!r} {caplog.text} {lines}"
    assert CANARY not in everything
    assert "“" not in everything


async def test_a_log_line_has_no_query_no_header_and_no_body() -> None:
    lines: list[str] = []
    async with (
        serving(always(answer("200 OK", b'"BODY"'))) as server,
        Http(log=lines.append, timer=lambda: 0.0) as http,
    ):
        sent = Request("POST", f"{server.url}/p?q=QUERY", {"Authorization": SecretStr(CANARY)}, b"BODY")
        await http.send(sent, peer="Unleash")
    with pytest.raises(Failure):
        await send(f"http://127.0.0.1:{free_port()}/gone", http=Http(log=lines.append, timer=lambda: 0.0))
    assert lines == ["POST 127.0.0.1 /p 200 0.00 s", "GET 127.0.0.1 /gone unreachable 0.00 s"]


async def test_leaving_the_stream_early_frees_the_connection() -> None:
    async with serving(_silent) as server, Http() as http:
        stream = Stream(
            lambda sink: http.send(Request("GET", server.url, {}), peer="Unleash", sink=sink, limits=RequestLimits())
        )
        first = await anext(stream)
        assert isinstance(first, Connected)
        await server.asked.wait()
        await stream.aclose()
        await server.let_go.wait()


async def test_plain_http_beyond_loopback_is_never_asked() -> None:
    with pytest.raises(ValueError, match="loopback"):
        await send("http://unleash.example.com")


async def test_an_address_that_is_none() -> None:
    failure = await failing(f"http://127.0.0.1/{'x' * 70_000}")
    assert (failure.kind, failure.sent) == (Kind.UNREACHABLE, False)


async def test_many_headers_arrive_as_given() -> None:
    async with serving(routed({"GET /x": answer()})) as server, Http() as http:
        sent = Request("GET", f"{server.url}/x", {"x-api-key": SecretStr("a b"), "Accept": "text/plain"})
        await http.send(sent, peer="Split")
        assert json.dumps(repr(sent)).count("a b") == 0
    assert "x-api-key: a b\r\n" in server.heads[0].lower()
    assert server.heads[0].lower().count("accept:") == 1
