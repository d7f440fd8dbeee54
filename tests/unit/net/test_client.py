"""The HTTP client against servers that misbehave on real sockets. Nothing here waits for a clock."""

from __future__ import annotations

import asyncio
import gzip
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
    message = Request(method, url, {"Authorization": SecretStr(CANARY)}, body)
    async with http or Http() as client:
        return await client.send(message, peer="Unleash", sink=seen.append, limits=limits or RequestLimits())


async def failing(url: str, **more: object) -> Failure:
    with pytest.raises(Failure) as caught:
        await send(url, **more)  # type: ignore[arg-type]
    failure = caught.value
    assert CANARY not in f"{failure} {failure!r} {failure.__cause__!r} {failure.__context__!r}"
    return failure


async def test_request_sends_its_headers_and_reports_its_steps_in_order() -> None:
    events: list[ProgressEvent] = []
    body = b'{"name": "x"}'
    reply = answer("201 Created", b'{"a": 1}', "X-Ratelimit-Route-Remaining: 9", "Set-Cookie: s=CANARY")
    headers: dict[str, SecretStr | str] = {
        "Authorization": SecretStr(CANARY),
        "x-api-key": SecretStr("a b"),
        "Accept": "text/plain",
    }
    async with serving(always(reply)) as server, Http() as http:
        message = Request("POST", f"{server.url}/p?q=1", headers, body)
        got = await http.send(message, peer="Unleash", sink=events.append)
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
    assert not any(secret in repr((events, got, message)) for secret in ("CANARY", CANARY, "a b"))
    head = server.heads[0].lower()
    assert f"authorization: {CANARY}\r\n" in head
    assert "x-api-key: a b\r\n" in head
    assert head.count("accept:") == 1


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


@pytest.mark.parametrize(
    ("status", "body", "what"),
    [
        (502, b"<!doctype html><title>502</title>", "a web page"),
        (200, b" ", "an empty response"),
        (200, b"[" * 101 + b"]" * 101, "nested too deeply"),
        *((200, body, "something other than JSON") for body in (b"{", b"\xff\xfe{}", b"1" * 5000, b"nul")),
    ],
)
async def test_body_that_is_not_json_is_a_failure(status: int, body: bytes, what: str) -> None:
    response = Response(status, "", {}, body, 0.0, "Split", "https://api.split.io/x")
    with pytest.raises(Failure, match="Split sent") as caught:
        response.json()
    assert (caught.value.kind, caught.value.status_code, caught.value.sent) == (Kind.NOT_JSON, status, True)
    assert what in caught.value.what


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
        (
            ending(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"a":', reset),
            "POST",
            "was complete",
            Safe.MAYBE_DONE,
        ),
        (
            ending(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"),
            "GET",
            "was complete",
            Safe.NOTHING_CHANGED,
        ),
        (ending(b""), "GET", "closed without a response", Safe.NOTHING_CHANGED),
        (ending(b"SSH-2.0-OpenSSH_9.6 CANARY\r\n\r\n"), "GET", "doesn't use HTTP", Safe.NOTHING_CHANGED),
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
    assert "was not complete after 1 second" in failure.what
    assert 0 < dripped < 300


async def _silent(raw: Raw, reader: Reader, writer: Writer) -> None:
    await request(raw, reader)
    await reader.read()
    raw.let_go.set()


async def test_silent_server_ends_with_the_request_or_the_run() -> None:
    async with serving(_silent) as server:
        limited = await failing(server.url, method="POST", limits=RequestLimits(total_seconds=0.2))
        await server.let_go.wait()
        soon = await failing(server.url, http=Http(now=lambda: 1000.0, deadline=1000.2))
        over = await failing(server.url, http=Http(now=lambda: 1000.0, deadline=1000.0))
        assert len(server.seen) == 2
    assert [(failure.kind, failure.sent) for failure in (limited, soon, over)] == [
        (Kind.TIMEOUT, True), (Kind.TIMEOUT, True), (Kind.TIMEOUT, False),
    ]  # fmt: skip
    assert (limited.remedy, limited.safe) == (Remedy.LOOK_FIRST, Safe.MAYBE_DONE)


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
    assert failure.what == "Unleash's response is larger than 8 MiB, so reading stopped."
    assert written < 40 * 1024 * 1024
    assert all(event.size <= 8 * 1024 * 1024 for event in events if isinstance(event, Receiving))


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
    assert "localhost" in failure.what
    assert "CANARY" not in str(failure)


@pytest.mark.parametrize("location", ["", "Location: http://[", "Location: //\x1b]0;x\x07/", "Location: /login"])
async def test_odd_redirects(location: str) -> None:
    async with serving(always(answer("302 Found", b"", *([location] if location else [])))) as server:
        failure = await failing(server.url)
    assert failure.kind in (Kind.REDIRECT, Kind.UNREACHABLE)
    assert str(failure).isprintable()


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ("302 Found\r\nLocation: /login", Kind.REDIRECT),
        ("429 Slow\r\nRetry-After: 99", Kind.RATE_LIMITED),
        ("200 OK", Kind.TOO_LARGE),  # by its announced length
    ],
)
async def test_an_answer_not_read_to_its_end_lets_go_at_once(head: str, kind: Kind) -> None:
    async def handler(raw: Raw, reader: Reader, writer: Writer) -> None:
        await request(raw, reader)
        writer.write(f"HTTP/1.1 {head}\r\nContent-Length: 1000\r\n\r\n".encode() + b"x" * 900)
        await writer.drain()
        await reader.read()
        raw.let_go.set()

    async with serving(handler) as server, Http() as http:
        with pytest.raises(Failure) as caught:
            await http.send(Request("GET", server.url, {}), peer="Unleash", limits=RequestLimits(max_bytes=100))
        assert caught.value.kind is kind
        async with asyncio.timeout(10):
            await server.let_go.wait()  # while the client is still open


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("http://127.0.0.1:CLOSED", "Can't reach 127.0.0.1: nothing is listening on port "),
        ("https://nowhere.invalid/x", "Can't reach nowhere.invalid: this machine can't resolve its host name."),
        (f"http://127.0.0.1/{'x' * 70_000}", "This address can't be used."),
    ],
    ids=["closed port", "unknown name", "too long"],
)
async def test_unreachable_address_gets_no_request(address: str, what: str) -> None:
    address = address.replace("CLOSED", str(free_port()))
    failure = await failing(address, method="POST", limits=RequestLimits(total_seconds=20))
    assert (failure.kind, failure.sent, failure.safe) == (Kind.UNREACHABLE, False, Safe.NOTHING_SENT)
    assert failure.what.startswith(what)


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
