"""Network failures in words. Nothing of httpx's own texts is quoted: they can hold a header's value."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx

from tui.net import environment
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.times import span
from tui.text.clean import clean

_MEBIBYTE = 1024 * 1024
_LONGEST_NAME = 80
_PROXY_LOGIN = 407
_ADDRESS = "the address"
_READS = frozenset({"GET", "HEAD"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Case:
    """What is known when a request fails; `proxy` as host:port, "" without one, and the variable that names it.

    `tunneled`: the proxy has opened the way, so that what failed after it is the server's.
    """

    peer: str
    method: str
    host: str
    port: int
    proxy: str
    proxy_variable: str
    tunneled: bool
    proxy_status: int | None
    sent: bool
    answered: bool

    @property
    def target(self) -> str:
        """Whom the connection was for."""
        return f"the proxy {self.proxy}" if self.at_proxy else self.host

    @property
    def at_proxy(self) -> bool:
        """Whether the connection had come no further than the proxy."""
        return bool(self.proxy) and not (self.tunneled or self.sent)  # a tunnel used again was opened before

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
        """The failure of this case. A wrong address is the proxy's if the way ended there: then a setting is wrong.

        After a write whose bytes were out, the remedy is to look, whatever was wrong.
        """
        safe = Safe.NOTHING_SENT
        if self.sent:
            safe = Safe.NOTHING_CHANGED if self.method in _READS else Safe.MAYBE_DONE
        if safe is Safe.MAYBE_DONE:
            remedy, about = Remedy.LOOK_FIRST, ""
        at_setting = at_setting or (at_address and self.at_proxy)
        at_address = at_address and not self.at_proxy
        return Failure(
            kind,
            what,
            why,
            remedy,
            about=about,
            safe=safe,
            sent=self.sent,
            at_address=at_address,
            at_setting=at_setting,
        )


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all it was raised from, those inside exception groups included."""
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [next_one for next_one in (one.__cause__, one.__context__) if next_one is not None]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions


def from_network(error: BaseException, case: Case) -> Failure:
    """The failure behind an error of httpx, by the first cause that is known."""
    chain = list(causes(error))
    for known, words in _WORDS:
        found = next((cause for cause in chain if isinstance(cause, known)), None)
        if found is not None:
            return words(found, case)
    return case.failure(Kind.UNREACHABLE, f"The connection to {case.target} failed.", "", *_advice(case))


def _advice(
    case: Case, otherwise: str = "the address, this machine's network and its proxy settings, then try again"
) -> tuple[Remedy, str]:
    return (Remedy.CHECK_PROXY, case.proxy_variable) if case.at_proxy else (Remedy.CHECK, otherwise)


def _unknown_name(error: BaseException, case: Case) -> Failure:
    what = f"Could not reach {case.target}: the name is not known here."
    why = _named_by(case) or "Most likely DNS, or HTTPS_PROXY is needed."
    return case.failure(Kind.UNREACHABLE, what, why, *_advice(case), at_address=True)


def _refused(error: BaseException, case: Case) -> Failure:
    port = "there" if case.at_proxy else f"at port {case.port}"
    what = f"Could not reach {case.target}: nothing answers {port}."
    why = _named_by(case) or "The server is down, or its address is another."
    return case.failure(Kind.UNREACHABLE, what, why, *_advice(case, _ADDRESS), at_address=True)


def _named_by(case: Case) -> str:
    return f"{case.proxy_variable} names that proxy." if case.at_proxy else ""


def _cut(error: BaseException, case: Case) -> Failure:
    if case.answered:
        what = f"The connection to {case.host} broke off in the middle of the answer."
    elif case.sent:
        what = f"The connection to {case.host} was closed before an answer came."
    else:
        what = f"The connection to {case.target} was closed while it was made."
    why = _named_by(case) or "Most likely the network, or a proxy between."
    at_address = not case.proxy and not case.answered
    return case.failure(Kind.UNREACHABLE, what, why, Remedy.TRY_AGAIN, at_address=at_address)


def _no_http(error: BaseException, case: Case) -> Failure:
    # A closed connection httpcore names by itself; behind what its parser refuses stands the parser's error.
    by_parser = any(type(cause).__module__.partition(".")[0] == "h11" for cause in causes(error))
    if case.answered or not by_parser:
        return _cut(error, case)
    if case.at_proxy:
        what = f"What answers at {case.target} is not an HTTP proxy."
        wrong = Remedy.CORRECT, case.proxy_variable
        return case.failure(Kind.UNREACHABLE, what, _named_by(case), *wrong, at_setting=True)
    what = f"What answers at {case.host}, port {case.port}, does not speak HTTP."
    why = "Most likely the port is another."
    return case.failure(Kind.UNREACHABLE, what, why, Remedy.CHECK, _ADDRESS, at_address=True)


def _by_proxy(error: BaseException, case: Case) -> Failure:
    status = f" ({case.proxy_status})" if case.proxy_status is not None else ""
    wants_login = case.proxy_status == _PROXY_LOGIN
    why = "It wants a user name and password." if wants_login else "It may not let this address through."
    what = f"The proxy {case.proxy} refused to connect to {case.host}{status}."
    remedy = Remedy.PROXY_OR_EXEMPT, case.proxy_variable
    refused = 400 <= (case.proxy_status or 0) < 500
    return case.failure(Kind.UNREACHABLE, what, why, *remedy, at_setting=refused)


def _no_way(error: BaseException, case: Case) -> Failure:
    return case.failure(
        Kind.UNREACHABLE,
        f"Could not reach {case.target}: there is no way there from this machine.",
        _named_by(case) or "Most likely the network is off, or a firewall or VPN is in the way.",
        *_advice(case),
    )


# OpenSSL's numbers (X509_V_ERR_*): what is wrong with a certificate, and what to do about it; None where nothing
# here vouches for it.
_CERTIFICATES: Mapping[int, tuple[str, tuple[Remedy, str] | None]] = {
    9: ("that is not valid yet", (Remedy.CHECK, "this machine's clock")),
    10: ("that has expired", (Remedy.RENEW_CERTIFICATE, "")),
    18: ("that it signed itself", None),
    19: ("of an authority this machine does not know", None),
    20: ("of an authority this machine does not know", None),
    62: ("made for another name", (Remedy.CHECK, _ADDRESS)),
    64: ("made for another address", (Remedy.CHECK, _ADDRESS)),
}
_UNTRUSTED = ("this machine does not trust", None)


def _certificate(error: BaseException, case: Case) -> Failure:
    found, remedy = _CERTIFICATES.get(getattr(error, "verify_code", 0), _UNTRUSTED)
    wrong_name, variable = remedy == (Remedy.CHECK, _ADDRESS), environment.deciding()
    why = f"{variable} decides which authorities are trusted." if variable else "The connection was not used."
    if remedy is None:
        why, remedy = environment.untrusted()
    if wrong_name and case.at_proxy:
        why, remedy = _named_by(case), (Remedy.CORRECT, case.proxy_variable)
    who = f"The proxy {case.proxy}" if case.at_proxy else case.host
    return case.failure(Kind.TLS, f"{who} shows a certificate {found}.", why, *remedy, at_address=wrong_name)


def _no_tls(error: BaseException, case: Case) -> Failure:
    if case.sent:
        return _cut(error, case)
    if case.at_proxy:
        what = f"The proxy {case.proxy} doesn't use TLS, but {case.proxy_variable} names it with https://."
        why = "Most proxies are reached by http://, also for https:// addresses."
        return case.failure(Kind.TLS, what, why, Remedy.CORRECT, case.proxy_variable)
    return case.failure(
        Kind.TLS,
        f"{case.host} does not answer with TLS as https:// needs it.",
        "Most likely the port is that of plain HTTP, or a proxy between cuts the connection.",
        Remedy.CHECK,
        _ADDRESS,
        at_address=True,
    )


_Words = Callable[[BaseException, Case], Failure]
# The first that stands in the chain of causes decides; the narrow ones come first.
_WORDS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], _Words], ...] = (
    (ssl.SSLCertVerificationError, _certificate),
    (ssl.SSLError, _no_tls),
    (socket.gaierror, _unknown_name),
    (ConnectionRefusedError, _refused),
    (httpx.ProxyError, _by_proxy),
    (httpx.RemoteProtocolError, _no_http),
    ((ConnectionError, httpx.ReadError, httpx.WriteError, httpx.CloseError), _cut),
    (OSError, _no_way),
)


def timed_out(case: Case, seconds: float) -> Failure:
    """No whole answer within the total limit."""
    if case.answered:
        what = f"{case.peer}'s answer did not arrive in full within {span(seconds)}."
    elif case.sent:
        what = f"{case.peer} did not answer in {span(seconds)}."
    else:
        what = f"No connection to {case.target} came about in {span(seconds)}."
    return case.failure(Kind.TIMEOUT, what, _named_by(case), Remedy.TRY_AGAIN)


def too_large(case: Case, max_bytes: int) -> Failure:
    """The decoded answer exceeds its limit."""
    what = f"{case.peer}'s answer is larger than {max_bytes / _MEBIBYTE:g} MiB; reading stopped there."
    return case.failure(Kind.TOO_LARGE, what, "Nothing of it was used.", Remedy.NARROW)


def unpacked(case: Case) -> Failure:
    """The body is not encoded as it says."""
    what = f"{case.peer}'s answer cannot be unpacked."
    return case.failure(Kind.NOT_JSON, what, "It is not what its headers say.", Remedy.TRY_AGAIN)


def cut_off(case: Case) -> Failure:
    """The body ended before its encoding did."""
    return _cut(EOFError(), case)


def redirected(peer: str, status_code: int, url: str, location: str, redact: Callable[[str], str] = str) -> Failure:
    """A 3xx: the server sends on to another address, which is named but never asked, or names none at all."""
    if status_code not in _REDIRECTS and not location:
        return Failure(
            Kind.NOT_JSON,
            f"{peer} sent a response without content ({status_code}).",
            "Most likely a cache or a proxy in front of it failed.",
            Remedy.CHECK,
            about="what is between this machine and the server",
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
        f"The address sends us on to {elsewhere} ({status_code}).",
        "It was not followed, so the key went nowhere else.",
        Remedy.GIVE_ADDRESS,
        about="the API itself",
        status_code=status_code,
        sent=True,
        at_address=True,
    )


# --- statuses

_BETWEEN = Remedy.CHECK, "what is between this machine and the server"
_REMEDIES: Mapping[int, tuple[str, tuple[Remedy, str]]] = {
    402: (
        "The account's plan doesn't include this, or its limit is reached.",
        (Remedy.ASK, "whoever manages the plan"),
    ),
    405: ("Most likely the address is not that of the API.", (Remedy.CHECK, _ADDRESS)),
    406: ("Most likely a proxy or gateway in front of it refuses JSON.", _BETWEEN),
    407: ("A proxy wants a user name and password.", (Remedy.PROXY_LOGIN, "")),
    408: ("The request took too long to get there.", (Remedy.CHECK, "this machine's network")),
    410: ("The server no longer has this API.", (Remedy.NEWER_VERSION, "")),
    413: ("The request is larger than the server or a proxy allows.", (Remedy.USE, "shorter values")),
    414: ("The address of the request is longer than the server or a proxy allows.", (Remedy.USE, "shorter values")),
    415: ("Most likely a proxy or gateway in front of it refuses JSON.", _BETWEEN),
    421: ("Most likely a proxy sends the request to another server.", _BETWEEN),
    426: ("The server wants another protocol version.", _BETWEEN),
    431: ("The request is larger than the server or a proxy allows.", _BETWEEN),
    451: ("The server refuses for legal reasons.", (Remedy.ASK, "whoever runs it")),
    501: ("The server doesn't offer this.", (Remedy.CHECK, _ADDRESS)),
    505: ("The server wants another protocol version.", _BETWEEN),
    511: ("This network asks for a login before it lets requests through.", (Remedy.NETWORK_LOGIN, "")),
}
OF_THE_ADDRESS = frozenset({405, 410, 501})
"""Statuses of a server that doesn't have the API at this address."""


def remedy(status_code: int) -> tuple[str, tuple[Remedy, str]] | None:
    """Return (why, (remedy, what it is about)) for a status that stays however often it is asked, else None."""
    return _REMEDIES.get(status_code)
