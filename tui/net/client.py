"""HTTP requests over connections that a session shares: TLS, proxy, limits, pauses and the events of an exchange."""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from itertools import count
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import anyio
import httpx
import truststore
from pydantic import SecretStr

from tui.net import environment, problems
from tui.net.address import USUAL_PORTS, is_loopback
from tui.net.environment import Proxy, proxy_for
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.events import Answered, Connected, Done, Pausing, Receiving, Sent, Sink, ignore
from tui.net.messages import (
    ACCEPTED,
    USUAL,
    BodyError,
    Request,
    RequestLimits,
    Response,
    TooLargeError,
    decoded,
)
from tui.net.pauses import TOO_MANY, rate_limited, requested_pause
from tui.text.clean import clean
from tui.text.redact import Redactor

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")  # printable ASCII, no blanks around
_LENGTH = re.compile(r"[0-9]{1,18}")
_SHOWN_HEADERS = frozenset({"retry-after", "content-type", "date", "server"})
_SHOWN_PREFIXES = ("x-ratelimit-", "ratelimit-")
_BETWEEN_SIZES = 5.0
"""Seconds from one Receiving to the next."""
_IDLE_SECONDS = 4.0
"""How long an idle connection is kept. Node and uvicorn close theirs after 5 seconds, and a request that meets the
close looks like one that was lost. A new connection costs less than a create to look up."""


class Connections:
    """Connections that requests share. Every holder (a session, a request's Http) counts; the last one closes them.

    They belong to one event loop for as long as anyone holds them. Proxies and authorities are those of the first use.
    """

    def __init__(self) -> None:
        self.established: dict[str, tuple[str, str, str]] = {}
        """TLS version, proxy, and the certificate's issuer of the last connection to `host:port`: a reused connection
        does not report them."""
        self._clients: dict[Proxy | None, httpx.AsyncClient] = {}
        self._holders = 0

    @property
    def is_open(self) -> bool:
        return bool(self._clients)

    def hold(self) -> None:
        self._holders += 1

    async def release(self) -> None:
        self._holders -= 1
        if not self._holders:
            clients, self._clients = list(self._clients.values()), {}
            self.established.clear()
            closing = asyncio.gather(*(client.aclose() for client in clients))
            try:
                await asyncio.shield(closing)
            except asyncio.CancelledError:  # the last holder may be cancelled; its sockets must still close
                await asyncio.wait({closing})
                raise

    def client(self, proxy: Proxy | None) -> httpx.AsyncClient:
        """Return the client that reaches servers through `proxy`, or directly. Creates it on first use."""
        if proxy not in self._clients:
            self._clients[proxy] = httpx.AsyncClient(
                verify=_tls(),
                trust_env=False,  # one unusable variable would stop every request: only the one that counts is read
                proxy=_for_httpx(proxy) if proxy else None,
                follow_redirects=False,
                timeout=None,  # the total limit covers all steps together  # noqa: S113
                limits=httpx.Limits(keepalive_expiry=_IDLE_SECONDS),
                headers={"User-Agent": "ld-flag-import", "Accept": "application/json", "Accept-Encoding": ACCEPTED},
            )
        return self._clients[proxy]


class Http:
    """Sends requests. Use it as an async context manager; it shares `connections`, or has some of its own.

    `now` and `deadline` are in seconds since the epoch; no request or pause goes beyond the deadline. `timer`
    measures durations. `log` gets one line per request: method, host, path, status, seconds; no header, body or
    query. `redactor` takes keys out of status lines and headers; callers use it for the answers.
    """

    def __init__(
        self,
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        deadline: float | None = None,
        log: Callable[[str], None] | None = None,
        timer: Callable[[], float] = time.perf_counter,
        redactor: Redactor | None = None,
        connections: Connections | None = None,
    ) -> None:
        self.now, self.sleep, self._timer = now, sleep, timer
        self.redactor = redactor or Redactor()
        self._deadline = deadline
        self._log = log
        self._connections = connections or Connections()

    async def __aenter__(self) -> Self:
        self._connections.hold()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connections.release()

    async def send(
        self, request: Request, *, peer: str, sink: Sink = ignore, limits: RequestLimits = USUAL
    ) -> Response:
        """Return the whole answer, whatever its status: 2xx, 4xx and 5xx are for the caller to judge.

        On 429 it waits as long as the server asks, and sends the request again. It doesn't begin a pause longer than
        `limits.longest_pause`, one that ends after the deadline, or one more than `limits.pauses`. `peer` is the
        server's name in sentences.

        Raises Failure: CREDENTIAL for a header that cannot be sent, REDIRECT on 3xx, RATE_LIMITED for a pause that
        isn't begun (`until` is its end), else UNREACHABLE, TIMEOUT, TLS, TOO_LARGE or NOT_JSON; `sent` says whether
        bytes of the request may have left.
        """
        check_headers(request.headers)
        for attempt in count(1):
            answer = await self._logged(request, peer, sink, limits)
            if answer.status_code != TOO_MANY:
                break
            now = self.now()
            pause = requested_pause(answer.headers, now, attempt)
            until = now + pause.seconds
            late = self._deadline is not None and until > self._deadline
            if attempt > limits.pauses or pause.seconds > limits.longest_pause or late:
                raise rate_limited(peer, pause, until, now)
            sink(Pausing(pause.seconds, until, attempt, limits.pauses, pause.limit, peer))
            await self.sleep(pause.seconds)
        return answer

    async def _logged(self, request: Request, peer: str, sink: Sink, limits: RequestLimits) -> Response:
        began = self._timer()
        outcome = "given up"
        try:
            answer = await self._once(request, peer, sink, limits)
            outcome = str(answer.status_code)
            return answer
        except Failure as failure:
            outcome = failure.kind.value
            raise
        finally:
            if self._log is not None:
                url, seconds = urlsplit(request.url), self._timer() - began
                self._log(clean(f"{request.method} {url.hostname} {url.path} {outcome} {seconds:.2f} s"))

    async def _once(self, request: Request, peer: str, sink: Sink, limits: RequestLimits) -> Response:
        proxy = _route(request.url)
        client = self._connections.client(proxy)
        message = _message(client, request)
        url = message.url
        port = url.port or USUAL_PORTS[url.scheme]
        attempt = problems.Attempt(peer, message.method, url.host, port, proxy.variable if proxy else "")
        trace = _Trace(attempt, message, sink, self._timer, self._connections.established)
        message.extensions["trace"] = trace
        seconds = limits.total_seconds
        if self._deadline is not None:
            seconds = min(seconds, self._deadline - self.now())
            if seconds <= 0:
                raise Failure(Kind.TIMEOUT, "The run reached its time limit.", safe=Safe.NOTHING_MORE_SENT)
        try:
            return await _cancellable(self._exchange(client, message, trace, peer, sink, limits), seconds)
        except (BodyError, httpx.HTTPError, httpx.StreamError, OSError) as error:
            failure = problems.failure_of(error, attempt, seconds, limits.max_bytes)
        raise failure  # not inside the handler: no foreign error may become its context

    async def _exchange(
        self,
        client: httpx.AsyncClient,
        message: httpx.Request,
        trace: _Trace,
        peer: str,
        sink: Sink,
        limits: RequestLimits,
    ) -> Response:
        began = self._timer()
        response = await client.send(message, stream=True)
        try:
            status = response.status_code
            reason = clean(self.redactor.foreign(response.reason_phrase))
            sink(Answered(status, reason, self._shown(response.headers), trace.since_sent))
            if 300 <= status < 400:
                location = response.headers.get("location", "")
                raise problems.redirected(peer, status, str(message.url), location, self.redactor.foreign)
            # A refusal by 429 is complete by its headers.
            body = b"" if status == TOO_MANY else await self._body(response, sink, limits)
        finally:
            await response.aclose()
        sink(Done(len(body), trace.since_sent))
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Response(status, reason, headers, body, self._timer() - began, peer, str(message.url))

    def _shown(self, headers: httpx.Headers) -> tuple[tuple[str, str], ...]:
        """The headers that matter to a person, without keys."""
        return tuple(
            (clean(self.redactor.foreign(name)), clean(self.redactor.foreign(value)))
            for name, value in headers.items()
            if name in _SHOWN_HEADERS or name.startswith(_SHOWN_PREFIXES)
        )

    async def _body(self, response: httpx.Response, sink: Sink, limits: RequestLimits) -> bytes:
        announced = response.headers.get("content-length", "")
        if _LENGTH.fullmatch(announced) and int(announced) > limits.max_bytes:
            raise TooLargeError
        reported = self._timer()

        def progress(size: int) -> None:
            nonlocal reported
            if self._timer() - reported >= _BETWEEN_SIZES:
                reported = self._timer()
                sink(Receiving(size))

        encoding = response.headers.get("content-encoding", "")
        return await decoded(response.aiter_raw(), encoding, limits.max_bytes, progress)


async def _cancellable(exchange: Coroutine[Any, Any, Response], seconds: float) -> Response:
    """Await an exchange for at most `seconds`, and pass a cancellation on by anyio. Raises TimeoutError.

    asyncio's own cancellation also interrupts httpcore while it closes idle connections, and leaves their sockets
    open. httpcore shields itself from anyio's.
    """
    scope = anyio.CancelScope()

    async def scoped() -> Response | None:
        with scope, anyio.fail_after(seconds):
            return await exchange
        return None

    task = asyncio.create_task(scoped())
    try:
        response = await asyncio.shield(task)
    except asyncio.CancelledError:
        scope.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # whoever cancelled doesn't want it
        raise
    if response is None:
        raise asyncio.CancelledError
    return response


def check_headers(headers: Mapping[str, SecretStr | str]) -> None:
    """Raise Failure CREDENTIAL for a value that no header can have. It names the header, never the value."""
    for name, value in headers.items():
        if _HEADER_NAME.fullmatch(name) is None:
            raise ValueError("a header's name is wrong")
        if _HEADER_VALUE.fullmatch(_revealed(value)) is None:
            raise Failure(
                Kind.CREDENTIAL,
                f"The key for the {name} header can't be sent: it is empty, or contains a line break, a space at an "
                "end, or a character that is not plain ASCII.",
                "Most likely it changed when it was copied.",
                Remedy.PASTE_AGAIN,
                safe=Safe.NOTHING_SENT,
            )


def _revealed(value: SecretStr | str) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _route(url: str) -> Proxy | None:
    """Return the proxy for this address, None for a direct connection. Raises Failure if its variable is unusable."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        environment.require_usable()
    elif parts.scheme != "http" or not is_loopback(host):
        raise ValueError("https everywhere, http for loopback alone")
    return proxy_for(parts.scheme, host, parts.port or USUAL_PORTS[parts.scheme])


def _message(client: httpx.AsyncClient, request: Request) -> httpx.Request:
    headers = {name: _revealed(value) for name, value in request.headers.items()}
    try:
        return client.build_request(request.method, request.url, headers=headers, content=request.body)
    except httpx.InvalidURL:
        why = "It is too long, or contains characters that an address can't have."
    raise Failure(Kind.UNREACHABLE, "This address can't be used.", why, Remedy.CORRECT, safe=Safe.NOTHING_SENT)


def _for_httpx(proxy: Proxy) -> httpx.Proxy:
    url = httpx.URL(scheme=proxy.scheme, host=proxy.host, port=proxy.port)
    return httpx.Proxy(url, auth=proxy.login, ssl_context=_tls() if proxy.scheme == "https" else None)


def _tls() -> ssl.SSLContext:
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class _Trace:
    """The `trace` extension of one request. httpcore calls it at each step, also for a proxy's tunnel.

    httpcore's events contain requests and headers, so none of them is kept.
    """

    def __init__(
        self,
        attempt: problems.Attempt,
        message: httpx.Request,
        sink: Sink,
        timer: Callable[[], float],
        established: dict[str, tuple[str, str, str]],
    ) -> None:
        self._attempt, self._message, self._sink, self._timer = attempt, message, sink, timer
        self._origin = f"{attempt.host}:{attempt.port}"
        self._established = established
        attempt.proxy = established.get(self._origin, ("", "", ""))[1]
        self._began = self._sent_at = timer()
        self._in_tunnel_request = False  # whether the current step is a CONNECT to the proxy
        self._new_connection = False
        self._tls = self._issuer = ""

    @property
    def since_sent(self) -> float:
        """Seconds since the request was out."""
        return self._timer() - self._sent_at

    async def __call__(self, name: str, info: Mapping[str, Any]) -> None:
        attempt = self._attempt
        match name.partition(".")[2]:
            case "connect_tcp.started":
                self._new_connection = True
                address = str(info.get("host", "")), info.get("port")
                # A connection that goes elsewhere goes to the proxy; only its host and port are known here.
                direct = address == (attempt.host.strip("[]"), attempt.port)
                attempt.proxy = "" if direct else f"{address[0]}:{address[1]}"
            case "start_tls.complete":
                tls = info["return_value"].get_extra_info("ssl_object")
                self._tls = (tls.version() or "") if tls is not None else ""
                self._issuer = _issuer(tls.getpeercert()) if tls is not None else ""
            case "send_request_headers.started":
                self._in_tunnel_request = info["request"].method == b"CONNECT"
                if not self._in_tunnel_request:
                    self._connected()
            case "send_request_body.complete" if not self._in_tunnel_request:
                now = self._timer()
                self._sink(Sent(attempt.method, _size(self._message), now - self._sent_at))
                self._sent_at = now
            case "receive_response_headers.complete" if self._in_tunnel_request:
                attempt.proxy_status = int(info["return_value"][1])
                attempt.tunneled = 200 <= attempt.proxy_status < 300  # what follows is the server's
            case "receive_response_headers.complete":
                attempt.answered = True

    def _connected(self) -> None:
        now = self._timer()
        if self._new_connection:
            self._established[self._origin] = (self._tls, self._attempt.proxy, self._issuer)
        tls, proxy, issuer = self._established.get(self._origin, ("", "", ""))
        self._sink(Connected(self._attempt.host, tls, proxy, now - self._began, issuer))
        self._sent_at, self._attempt.sent = now, True


def _issuer(certificate: Mapping[str, Any] | None) -> str:
    """Return the common name, or else the organization, of a certificate's issuer as Python's ssl describes it."""
    parts = dict(part for group in (certificate or {}).get("issuer", ()) for part in group)
    return clean(parts.get("commonName") or parts.get("organizationName") or "")


def _size(message: httpx.Request) -> int:
    """Return the bytes of a request as HTTP/1.1 writes it."""
    line = len(message.method) + len(message.url.raw_path) + len("  HTTP/1.1\r\n")
    headers = sum(len(name) + len(value) + len(": \r\n") for name, value in message.headers.raw)
    return line + headers + len("\r\n") + len(message.content)
