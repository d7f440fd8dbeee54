"""Network failures in words. Nothing of httpx's own texts is quoted: they may contain a header's value."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx

from tui.net import environment
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.messages import CutOffError, EncodingError, TooLargeError
from tui.text.clean import clean
from tui.text.times import span

_MEBIBYTE = 1024 * 1024
_LONGEST_NAME = 80
_PROXY_LOGIN = 407
_ADDRESS = "the address"
_GATEWAY = "any proxy or gateway in front of the server"
_READS = frozenset({"GET", "HEAD"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(slots=True)
class Attempt:
    """How far one request has come."""

    peer: str
    """The server's name in sentences."""
    method: str
    host: str
    port: int
    proxy_variable: str
    """The environment variable that names the proxy, "" without one."""
    proxy: str = ""
    """host:port; "" for a direct connection."""
    proxy_status: int | None = None
    tunneled: bool = False
    """The proxy has opened the tunnel, so a later failure is the server's."""
    sent: bool = False
    """The first byte of the request itself may have left: the server may have acted."""
    answered: bool = False

    @property
    def target(self) -> str:
        """The other end of the connection, in sentences."""
        return f"the proxy {self.proxy}" if self.at_proxy else self.host

    @property
    def at_proxy(self) -> bool:
        """Whether the connection had come no further than the proxy."""
        return bool(self.proxy) and not (self.tunneled or self.sent)  # a tunnel used again was opened before

    @property
    def named_by(self) -> str:
        """A sentence that names the variable at fault, "" if the connection had passed the proxy."""
        return f"{self.proxy_variable} names this proxy." if self.at_proxy else ""

    def failure(
        self,
        kind: Kind,
        what: str,
        why: str,
        remedy: Remedy,
        about: str = "",
        *,
        at_address: bool = False,
        at_setting: bool = False,
    ) -> Failure:
        """Return the failure. A wrong address is the proxy's if the connection ended there: then a setting is wrong.

        If a write's bytes were out, the remedy is to look first, whatever was wrong.
        """
        safe = Safe.NOTHING_SENT
        if self.sent:
            safe = Safe.NOTHING_CHANGED if self.method in _READS else Safe.MAYBE_DONE
        if safe is Safe.MAYBE_DONE:
            remedy, about = Remedy.LOOK_FIRST, ""
        return Failure(
            kind,
            what,
            why,
            remedy,
            about=about,
            safe=safe,
            sent=self.sent,
            at_address=at_address and not self.at_proxy,
            at_setting=at_setting or (at_address and self.at_proxy),
        )


def failure_of(error: BaseException, request: Attempt, seconds: float, max_bytes: int) -> Failure:
    """Return the failure behind an error. `seconds` and `max_bytes` are the request's limits."""
    peer = request.peer
    match error:
        case TimeoutError():
            if request.answered:
                what = f"{peer}'s response was not complete after {span(seconds)}."
            elif request.sent:
                what = f"{peer} did not respond within {span(seconds)}."
            else:
                what = f"Can't connect to {request.target}: no response within {span(seconds)}."
            return request.failure(Kind.TIMEOUT, what, request.named_by, Remedy.TRY_AGAIN)
        case TooLargeError():
            what = f"{peer}'s response is larger than {max_bytes / _MEBIBYTE:g} MiB, so reading stopped."
            return request.failure(Kind.TOO_LARGE, what, "None of it was used.", Remedy.NARROW)
        case EncodingError():
            what, why = f"{peer}'s response can't be decompressed.", "It doesn't match its headers."
            return request.failure(Kind.NOT_JSON, what, why, Remedy.TRY_AGAIN)
        case CutOffError():
            return _cut_off(request)
    return _of_network(error, request)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and all it was raised from, including those inside exception groups."""
    waiting: list[BaseException] = [error]
    seen_ids: set[int] = set()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen_ids:
            continue
        seen_ids.add(id(cause))
        yield cause
        waiting += [source for source in (cause.__cause__, cause.__context__) if source is not None]
        if isinstance(cause, BaseExceptionGroup):
            waiting += cause.exceptions


# The first of these in the chain of causes decides: the exact ones come first.
_KNOWN = (
    ssl.SSLCertVerificationError, ssl.SSLError, socket.gaierror, ConnectionRefusedError, httpx.ProxyError,
    httpx.RemoteProtocolError, ConnectionError, httpx.ReadError, httpx.WriteError, httpx.CloseError, OSError,
)  # fmt: skip


def _of_network(error: BaseException, request: Attempt) -> Failure:
    chain = list(_causes(error))
    fail, target, named_by, at_proxy = request.failure, request.target, request.named_by, request.at_proxy
    check = Remedy.CHECK, "the address, your network, and your proxy settings, then try again"
    check_address = Remedy.CHECK, _ADDRESS
    if at_proxy:
        check = check_address = Remedy.CHECK_PROXY, request.proxy_variable
    match next((cause for kind in _KNOWN for cause in chain if isinstance(cause, kind)), None):
        case ssl.SSLCertVerificationError() as cause:
            # truststore may raise one without a code on macOS and Windows.
            return _bad_certificate(getattr(cause, "verify_code", 0), request)
        case ssl.SSLError() if not request.sent:
            return _no_tls(request)
        case socket.gaierror():
            what = f"Can't reach {target}: this machine can't resolve its host name."
            why = named_by or "Most likely the name is misspelled, DNS is down, or you need to set HTTPS_PROXY."
            return fail(Kind.UNREACHABLE, what, why, *check, at_address=True)
        case ConnectionRefusedError():
            what = f"Can't reach {target}: nothing is listening {'there' if at_proxy else f'on port {request.port}'}."
            why = named_by or "Most likely the server is down, or the address is wrong."
            return fail(Kind.UNREACHABLE, what, why, *check_address, at_address=True)
        case httpx.ProxyError():
            status = request.proxy_status or 0
            code = f" ({status})" if status else ""
            what = f"The proxy {request.proxy} rejected the connection to {request.host}{code}."
            wants_login = status == _PROXY_LOGIN
            why = "It requires a user name and password." if wants_login else "Most likely it blocks this host."
            remedy = Remedy.PROXY_OR_EXEMPT, request.proxy_variable
            return fail(Kind.UNREACHABLE, what, why, *remedy, at_setting=400 <= status < 500)
        # httpcore reports a closed connection by itself. What its parser refuses was raised from the parser's error.
        case httpx.RemoteProtocolError() if not request.answered and any(map(_of_parser, chain)):
            if at_proxy:
                what, wrong = (
                    f"The server at {request.proxy} is not an HTTP proxy.",
                    (Remedy.CORRECT, request.proxy_variable),
                )
                return fail(Kind.UNREACHABLE, what, named_by, *wrong, at_setting=True)
            what = f"The server at {request.host}, port {request.port}, doesn't use HTTP."
            return fail(Kind.UNREACHABLE, what, "Most likely the port is wrong.", *check_address, at_address=True)
        case ssl.SSLError() | ConnectionError() | httpx.RemoteProtocolError() | httpx.NetworkError():
            return _cut_off(request)
        case OSError():
            what = f"Can't reach {target}: this machine has no route to it."
            why = named_by or "Most likely the network is down, or a firewall or VPN blocks the connection."
            return fail(Kind.UNREACHABLE, what, why, *check)
    return fail(Kind.UNREACHABLE, f"The connection to {target} failed.", "", *check)


def _of_parser(error: BaseException) -> bool:
    return type(error).__module__.partition(".")[0] == "h11"


def _cut_off(request: Attempt) -> Failure:
    if request.answered:
        what = f"The connection to {request.host} was lost before the response was complete."
    elif request.sent:
        what = f"The connection to {request.host} closed without a response."
    else:
        what = f"The connection to {request.target} closed before anything was sent."
    why = request.named_by or "Most likely the network or a proxy failed."
    at_address = not request.proxy and not request.answered
    return request.failure(Kind.UNREACHABLE, what, why, Remedy.TRY_AGAIN, at_address=at_address)


# OpenSSL's numbers (X509_V_ERR_*): what is wrong with a certificate, and what to do about it; None if nothing here
# vouches for it.
_CERTIFICATES: Mapping[int, tuple[str, tuple[Remedy, str] | None]] = {
    9: ("is not valid yet", (Remedy.CHECK, "this machine's clock")),
    10: ("has expired", (Remedy.RENEW_CERTIFICATE, "")),
    18: ("is self-signed", None),
    19: ("is from a certificate authority (CA) that this machine doesn't trust", None),
    20: ("is from a certificate authority (CA) that this machine doesn't trust", None),
    62: ("is for a different name", (Remedy.CHECK, _ADDRESS)),
    64: ("is for a different address", (Remedy.CHECK, _ADDRESS)),
}
_UNTRUSTED = ("is not trusted by this machine", None)


def _bad_certificate(code: int, request: Attempt) -> Failure:
    problem, remedy = _CERTIFICATES.get(code, _UNTRUSTED)
    wrong_name, variable = remedy == (Remedy.CHECK, _ADDRESS), environment.deciding()
    why = f"{variable} sets which CAs are trusted." if variable else "The connection was closed."
    if remedy is None:
        why, remedy = environment.untrusted()
    if wrong_name and request.at_proxy:
        why, remedy = request.named_by, (Remedy.CORRECT, request.proxy_variable)
    owner = f"the proxy {request.proxy}" if request.at_proxy else request.host
    return request.failure(Kind.TLS, f"The certificate of {owner} {problem}.", why, *remedy, at_address=wrong_name)


def _no_tls(request: Attempt) -> Failure:
    if request.at_proxy:
        what = f"The proxy {request.proxy} doesn't use TLS, but {request.proxy_variable} starts with https://."
        why = "Most proxies use http://, even for https:// addresses."
        return request.failure(Kind.TLS, what, why, Remedy.CORRECT, request.proxy_variable)
    what = f"{request.host} doesn't use TLS on port {request.port}, which https:// requires."
    why = "Most likely the port is for plain HTTP, or a proxy closes the connection."
    return request.failure(Kind.TLS, what, why, Remedy.CHECK, _ADDRESS, at_address=True)


def redirected(peer: str, status_code: int, url: str, location: str, redact: Callable[[str], str] = str) -> Failure:
    """Return the failure for a 3xx. Another address is named but never requested."""
    if status_code not in _REDIRECTS and not location:
        return Failure(
            Kind.NOT_JSON,
            f"{peer} sent an empty response ({status_code}).",
            "Most likely a cache or proxy in front of it failed.",
            Remedy.CHECK,
            about=_GATEWAY,
            status_code=status_code,
            sent=True,
        )
    try:
        host = urlsplit(urljoin(url, location)).hostname or ""
    except ValueError:
        host = ""
    elsewhere = clean(redact(host))[:_LONGEST_NAME] if location and host else "another address"
    return Failure(
        Kind.REDIRECT,
        f"The address redirects to {elsewhere} ({status_code}).",
        "The redirect was not followed, so your key was not sent there.",
        Remedy.GIVE_ADDRESS,
        about="the API itself",
        status_code=status_code,
        sent=True,
        at_address=True,
    )


# --- statuses

_BETWEEN = Remedy.CHECK, _GATEWAY
_REMEDIES: Mapping[int, tuple[str, tuple[Remedy, str]]] = {
    402: (
        "Your plan doesn't include this, or its limit is reached.",
        (Remedy.ASK, "whoever manages your plan"),
    ),
    405: ("Most likely the address is not the API's.", (Remedy.CHECK, _ADDRESS)),
    406: ("Most likely a proxy or gateway in front of it blocks JSON.", _BETWEEN),
    407: ("A proxy requires a user name and password.", (Remedy.PROXY_LOGIN, "")),
    408: ("The server waited too long for the request.", (Remedy.CHECK, "your network")),
    410: ("The server no longer offers this API.", (Remedy.NEWER_VERSION, "")),
    413: ("The request is larger than the server or a proxy allows.", (Remedy.USE, "shorter values")),
    414: ("The request's address is longer than the server or a proxy allows.", (Remedy.USE, "shorter values")),
    415: ("Most likely a proxy or gateway in front of it blocks JSON.", _BETWEEN),
    421: ("Most likely a proxy sent the request to the wrong server.", _BETWEEN),
    426: ("The server requires another protocol version.", _BETWEEN),
    431: ("The request is larger than the server or a proxy allows.", _BETWEEN),
    451: ("The server blocks this for legal reasons.", (Remedy.ASK, "the server's owner")),
    501: ("The server doesn't offer this.", (Remedy.CHECK, _ADDRESS)),
    505: ("The server requires another protocol version.", _BETWEEN),
    511: ("This network requires you to log in first.", (Remedy.NETWORK_LOGIN, "")),
}
OF_THE_ADDRESS = frozenset({405, 410, 501})
"""Statuses of a server that doesn't have the API at this address."""


def remedy(status_code: int) -> tuple[str, tuple[Remedy, str]] | None:
    """Return (why, (remedy, what it is about)) for a status that trying again doesn't change, else None."""
    return _REMEDIES.get(status_code)
