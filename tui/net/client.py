"""The one place where HTTP clients are built: TLS, proxy, limits, pauses and the events of an exchange."""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import truststore
from pydantic import SecretStr

from tui.net import environment, problems
from tui.net.address import is_loopback
from tui.net.environment import Proxy, proxy_for
from tui.net.errors import Failure, Kind
from tui.net.events import Answered, Connected, Done, Receiving, Sent, Sink, ignore
from tui.net.messages import ACCEPTED, USUAL, Answer, CutOffError, EncodingError, Limits, Request, TooLargeError, whole
from tui.net.pauses import TOO_MANY, kept_pauses
from tui.text.clean import clean
from tui.text.redact import Redactor

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")  # printable ASCII, no blanks around
_LENGTH = re.compile(r"[0-9]{1,18}")
_PORTS = {"https": 443, "http": 80}
_TELLING = ("x-ratelimit-", "ratelimit-")
_TELLING_NAMES = frozenset({"retry-after", "content-type", "date", "server"})
_BETWEEN_SIZES = 0.25  # seconds from one Receiving to the next
_AGENT = "ld-flag-import"


class Http:
    """Sends requests, one connection pool for as long as the context is open.

    `now` is in seconds since the epoch, and `deadline` too: no request and no pause reaches past it. `timer`
    measures. `log` gets one line a request: method, host, path, status, seconds; no header, body or query.
    `redactor` takes keys out of what a server writes into its status line and headers, and is there for whoever
    reads its answers.
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
    ) -> None:
        self.now, self.sleep, self._timer = now, sleep, timer
        self._deadline = deadline
        self._log = log
        self.redactor = redactor or Redactor()
        self._clients: dict[Proxy | None, httpx.AsyncClient] = {}
        self._known: dict[str, tuple[str, str]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            await client.aclose()

    async def send(self, request: Request, *, peer: str, sink: Sink = ignore, limits: Limits = USUAL) -> Answer:
        """The whole answer, whatever its status: 2xx, 4xx and 5xx are for the caller to judge.

        `peer` is the server's name in sentences. Raises Failure: CREDENTIAL for a header that cannot be sent,
        REDIRECT on 3xx, RATE_LIMITED where a pause asked for is too long or one too many, else UNREACHABLE,
        TIMEOUT, TLS, TOO_LARGE or NOT_JSON; `sent` says whether bytes of the request may have left.
        """
        check_headers(request.headers)
        return await kept_pauses(
            lambda: self._logged(request, peer, sink, limits),
            peer=peer,
            limits=limits,
            deadline=self._deadline,
            now=self.now,
            sleep=self.sleep,
            sink=sink,
        )

    async def _logged(self, request: Request, peer: str, sink: Sink, limits: Limits) -> Answer:
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
                where = urlsplit(request.url)
                seconds = self._timer() - began
                self._log(clean(f"{request.method} {where.hostname} {where.path} {outcome} {seconds:.2f} s"))

    async def _once(self, request: Request, peer: str, sink: Sink, limits: Limits) -> Answer:
        proxy = _route(request.url)
        client = self._client(proxy)
        built = _built(client, request)
        trace = Trace(
            host=built.url.host,
            port=built.url.port or _PORTS[built.url.scheme],
            method=request.method,
            size=_size(built),
            sink=sink,
            timer=self._timer,
            known=self._known,
        )
        built.extensions["trace"] = trace
        seconds = self._seconds_left(limits)
        try:
            async with asyncio.timeout(seconds):
                return await self._exchange(client, built, peer, sink, limits)
        except TimeoutError:
            failure = problems.timed_out(_case(peer, built, trace, proxy), seconds)
        except TooLargeError:
            failure = problems.too_large(_case(peer, built, trace, proxy), limits.max_bytes)
        except EncodingError:
            failure = problems.unpacked(_case(peer, built, trace, proxy))
        except CutOffError:
            failure = problems.cut_off(_case(peer, built, trace, proxy))
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            failure = problems.from_network(error, _case(peer, built, trace, proxy))
        raise failure  # out here, so that no foreign error hangs on it as its context

    async def _exchange(
        self, client: httpx.AsyncClient, built: httpx.Request, peer: str, sink: Sink, limits: Limits
    ) -> Answer:
        began = self._timer()
        trace: Trace = built.extensions["trace"]
        response = await client.send(built, stream=True)
        try:
            reason = clean(self.redactor.foreign(response.reason_phrase))
            sink(
                Answered(
                    response.status_code, reason, _telling(response.headers, self.redactor.foreign), trace.since_sent
                )
            )
            if 300 <= response.status_code < 400:
                location = response.headers.get("location", "")
                raise problems.redirected(peer, response.status_code, str(built.url), location, self.redactor.foreign)
            # A refusal by 429 is complete by its headers.
            body = b"" if response.status_code == TOO_MANY else await self._body(response, sink, limits)
        finally:
            await response.aclose()
        sink(Done(len(body), trace.since_sent))
        headers = {name.lower(): value for name, value in response.headers.items()}
        took = self._timer() - began
        return Answer(response.status_code, reason, headers, body, took, peer, str(built.url))

    async def _body(self, response: httpx.Response, sink: Sink, limits: Limits) -> bytes:
        announced = response.headers.get("content-length", "")
        if _LENGTH.fullmatch(announced) and int(announced) > limits.max_bytes:
            raise TooLargeError
        told = self._timer()

        def progress(size: int) -> None:
            nonlocal told
            if self._timer() - told >= _BETWEEN_SIZES:
                told = self._timer()
                sink(Receiving(size))

        encoding = response.headers.get("content-encoding", "")
        return await whole(response.aiter_raw(), encoding, limits.max_bytes, progress)

    def _seconds_left(self, limits: Limits) -> float:
        if self._deadline is None:
            return limits.total_seconds
        left = self._deadline - self.now()
        if left <= 0:
            raise Failure(Kind.TIMEOUT, "The time given for this run is over.", "", "Nothing more was sent.")
        return min(limits.total_seconds, left)

    def _client(self, proxy: Proxy | None) -> httpx.AsyncClient:
        if proxy not in self._clients:
            self._clients[proxy] = _make_client(proxy)
        return self._clients[proxy]


def _route(url: str) -> Proxy | None:
    """Return the proxy for this address, None for the direct way. Raises Failure if a variable that counts is bad."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        environment.require_usable()
    elif parts.scheme != "http" or not is_loopback(host):
        raise ValueError("https everywhere, http for loopback alone")
    return proxy_for(parts.scheme, host, parts.port or _PORTS[parts.scheme])


def check_headers(headers: Mapping[str, SecretStr | str]) -> None:
    """Raise Failure CREDENTIAL for a value that no header can hold; the header is named, the value is not."""
    for name, value in headers.items():
        if _NAME.fullmatch(name) is None:
            raise ValueError("a header's name is wrong")
        if _VALUE.fullmatch(_opened(value)) is None:
            raise Failure(
                Kind.CREDENTIAL,
                f"The key for the header {name} cannot be sent: it is empty, or has a blank at an end, "
                "a line break or a letter beyond plain ASCII.",
                "Most likely it was changed while it was copied.",
                "Paste it again; nothing was sent.",
            )


def _opened(value: SecretStr | str) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _built(client: httpx.AsyncClient, request: Request) -> httpx.Request:
    headers = {name: _opened(value) for name, value in request.headers.items()}
    try:
        return client.build_request(request.method, request.url, headers=headers, content=request.body)
    except httpx.InvalidURL:
        why = "It is too long, or has characters that no address can hold."
    raise Failure(Kind.UNREACHABLE, "This address cannot be used.", why, "Correct it; nothing was sent.")


def _size(built: httpx.Request) -> int:
    """Bytes of the request as HTTP/1.1 writes it."""
    line = len(built.method) + len(built.url.raw_path) + len("  HTTP/1.1\r\n")
    headers = sum(len(name) + len(value) + len(": \r\n") for name, value in built.headers.raw)
    return line + headers + len("\r\n") + len(built.content)


def _case(peer: str, built: httpx.Request, trace: Trace, proxy: Proxy | None) -> problems.Case:
    return problems.Case(
        peer=peer,
        method=built.method,
        host=built.url.host,
        port=built.url.port or _PORTS[built.url.scheme],
        proxy=trace.proxy,
        proxy_variable=proxy.variable if proxy else "",
        tunneled=trace.tunneled,
        proxy_status=trace.proxy_status,
        sent=trace.sent,
        answered=trace.answered,
    )


def _telling(headers: httpx.Headers, redact: Callable[[str], str]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (clean(redact(name)), clean(redact(value)))
        for name, value in headers.items()
        if name in _TELLING_NAMES or name.startswith(_TELLING)
    )


def _make_client(proxy: Proxy | None) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        verify=_context(),
        trust_env=False,  # one unusable variable would stop every request: `proxies` reads the one that counts
        proxy=_for_httpx(proxy) if proxy else None,
        follow_redirects=False,
        timeout=None,  # the total limit holds for all steps together  # noqa: S113
        headers={"User-Agent": _AGENT, "Accept": "application/json", "Accept-Encoding": ACCEPTED},
    )


def _for_httpx(proxy: Proxy) -> httpx.Proxy:
    url = httpx.URL(scheme=proxy.scheme, host=proxy.host, port=proxy.port)
    return httpx.Proxy(url, auth=proxy.login, ssl_context=_context() if proxy.scheme == "https" else None)


def _context() -> ssl.SSLContext:
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


_CONNECT = b"CONNECT"
_TUNNEL_OPEN = range(200, 300)


class Trace:
    """The `trace` extension of one request; httpcore calls it at each step, also for a proxy's tunnel.

    `sent` is true as soon as the first byte of the request itself may have left: from then on nobody can say
    for sure that the server did nothing. `answered` is true once its headers are in.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        method: str,
        size: int,
        sink: Sink,
        timer: Callable[[], float],
        known: dict[str, tuple[str, str]],
    ) -> None:
        self._host, self._port = host, port
        self._method, self._size = method, size
        self._sink, self._timer = sink, timer
        self._known = known  # what was said of a connection that is used again: TLS version, proxy
        self._began = self._sent_at = timer()
        self._own = True  # whether the step under way is ours, or a CONNECT to the proxy
        self._tls = ""
        self._fresh = False
        self.proxy = known.get(self._origin, ("", ""))[1]
        self.proxy_status: int | None = None
        self.tunneled = False  # the proxy has let us through, so that what follows is the server's
        self.sent = False
        self.answered = False
        self._steps: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
            "connect_tcp.started": self._connecting,
            "start_tls.complete": self._encrypted,
            "send_request_headers.started": self._sending,
            "send_request_body.complete": self._out,
            "receive_response_headers.complete": self._headers_in,
        }

    async def __call__(self, name: str, info: Mapping[str, Any]) -> None:
        step = self._steps.get(name.partition(".")[2])
        if step is not None:
            step(info)

    @property
    def since_sent(self) -> float:
        """Seconds since the request was out."""
        return self._timer() - self._sent_at

    @property
    def _origin(self) -> str:
        return f"{self._host}:{self._port}"

    def _connecting(self, info: Mapping[str, Any]) -> None:
        self._fresh = True
        host, port = str(info.get("host", "")), info.get("port")
        # A connection that goes elsewhere goes to the proxy; only its host and port are known here.
        self.proxy = "" if (host, port) == (self._host.strip("[]"), self._port) else f"{host}:{port}"

    def _encrypted(self, info: Mapping[str, Any]) -> None:
        tls = info["return_value"].get_extra_info("ssl_object")
        self._tls = (tls.version() or "") if tls is not None else ""

    def _sending(self, info: Mapping[str, Any]) -> None:
        self._own = info["request"].method != _CONNECT
        if not self._own:
            return
        now = self._timer()
        if self._fresh:
            self._known[self._origin] = (self._tls, self.proxy)
        tls, proxy = self._known.get(self._origin, ("", ""))
        self._sink(Connected(self._host, tls, proxy, now - self._began))
        self._sent_at, self.sent = now, True

    def _out(self, info: Mapping[str, Any]) -> None:
        if self._own:
            now = self._timer()
            self._sink(Sent(self._method, self._size, now - self._sent_at))
            self._sent_at = now

    def _headers_in(self, info: Mapping[str, Any]) -> None:
        if self._own:
            self.answered = True
        else:
            self.proxy_status = int(info["return_value"][1])
            self.tunneled = self.proxy_status in _TUNNEL_OPEN
