"""Network failures in words. Nothing of httpx's own texts is quoted: they can hold a header's value."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx

from tui.net.errors import Failure, Kind
from tui.net.times import span
from tui.text import clean

PROXY_VARIABLES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy")
CA_VARIABLES: Mapping[str, Callable[[str], bool]] = {
    "SSL_CERT_FILE": os.path.isfile,
    "SSL_CERT_DIR": lambda value: any(os.path.isdir(part) for part in value.split(os.pathsep)),
}
_MEBIBYTE = 1024 * 1024
_LONGEST_NAME = 80
_PROXY_LOGIN = 407
_READS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Case:
    """What is known when a request fails; `proxy` as host:port, "" without one."""

    peer: str
    method: str
    host: str
    port: int
    proxy: str
    proxy_status: int | None
    sent: bool
    answered: bool

    @property
    def target(self) -> str:
        """Whom the connection was for."""
        return f"the proxy {self.proxy}" if self.proxy else self.host

    def next(self, advice: str) -> str:
        """`advice` with what is safe: nothing was sent, nothing was changed, or nobody can say."""
        if not self.sent:
            return f"{advice}; nothing was sent."
        if self.method in _READS:
            return f"{advice}; nothing was changed."
        return "The request was out, so it may have been carried out. Look before you send it again."

    def failure(self, kind: Kind, what: str, why: str, advice: str) -> Failure:
        """The failure of this case."""
        return Failure(kind, what, why, self.next(advice), sent=self.sent)


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
    return case.failure(Kind.UNREACHABLE, f"The connection to {case.target} failed.", "", _TRY)


_TRY = "Check the address, this machine's network and its proxy settings, then try again"


def _unknown_name(error: BaseException, case: Case) -> Failure:
    what = f"Could not reach {case.target}: the name is not known here."
    why = _named_by(case) or "Most likely DNS, or HTTPS_PROXY is needed."
    return case.failure(Kind.UNREACHABLE, what, why, _TRY)


def _refused(error: BaseException, case: Case) -> Failure:
    port = "there" if case.proxy else f"at port {case.port}"
    what = f"Could not reach {case.target}: nothing answers {port}."
    why = _named_by(case) or "The server is down, or its address is another."
    return case.failure(Kind.UNREACHABLE, what, why, "Check the address and try again")


def _named_by(case: Case) -> str:
    return f"{_proxy_variable()} names that proxy." if case.proxy else ""


def _cut(error: BaseException, case: Case) -> Failure:
    if case.answered:
        what = f"The connection to {case.host} broke off in the middle of the answer."
    elif case.sent:
        what = f"The connection to {case.host} was closed before an answer came."
    else:
        what = f"The connection to {case.target} was closed while it was made."
    return case.failure(Kind.UNREACHABLE, what, "Most likely the network, or a proxy between.", "Try again")


def _no_http(error: BaseException, case: Case) -> Failure:
    # A closed connection httpcore names by itself; behind what its parser refuses stands the parser's error.
    by_parser = any(type(cause).__module__.partition(".")[0] == "h11" for cause in causes(error))
    if case.answered or not by_parser:
        return _cut(error, case)
    what = f"What answers at {case.host}, port {case.port}, does not speak HTTP."
    return case.failure(Kind.UNREACHABLE, what, "Most likely the port is another.", "Check the address")


def _by_proxy(error: BaseException, case: Case) -> Failure:
    status = f" ({case.proxy_status})" if case.proxy_status is not None else ""
    wants_login = case.proxy_status == _PROXY_LOGIN
    why = "It wants a user name and password." if wants_login else "It may not let this address through."
    what = f"The proxy {case.proxy} refused to connect to {case.host}{status}."
    return case.failure(Kind.UNREACHABLE, what, why, f"Correct {_proxy_variable()}")


def _no_way(error: BaseException, case: Case) -> Failure:
    return case.failure(
        Kind.UNREACHABLE,
        f"Could not reach {case.target}: there is no way there from this machine.",
        "Most likely the network is off, or a firewall or VPN is in the way.",
        _TRY,
    )


# OpenSSL's numbers (X509_V_ERR_*): what is wrong with a certificate, and what to do about it.
_CERTIFICATES: Mapping[int, tuple[str, str]] = {
    9: ("that is not valid yet", "Check this machine's clock"),
    10: ("that has expired", "Its owner must renew it, or this machine's clock is wrong"),
    18: ("that it signed itself", "Add it to the system's store if you trust that server"),
    19: ("of an authority this machine does not know", "Add the authority to the system's store"),
    62: ("made for another name", "Check the address"),
    64: ("made for another address", "Check the address"),
}
_UNTRUSTED = ("this machine does not trust", "A private CA is most likely: add it to the system's store")


def _certificate(error: BaseException, case: Case) -> Failure:
    found, advice = _CERTIFICATES.get(getattr(error, "verify_code", 0), _UNTRUSTED)
    named = next((name for name in CA_VARIABLES if os.environ.get(name)), "")
    why = f"{named} decides here which authorities are trusted." if named else "The connection was not used."
    return case.failure(Kind.TLS, f"{case.host} shows a certificate {found}.", why, advice)


def _no_tls(error: BaseException, case: Case) -> Failure:
    if case.sent:
        return _cut(error, case)
    return case.failure(
        Kind.TLS,
        f"{case.target} does not answer with TLS as https:// needs it.",
        "Most likely the port is that of plain HTTP, or a proxy between cuts the connection.",
        "Check the address",
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
    return case.failure(Kind.TIMEOUT, what, "", "Try again")


def too_large(case: Case, max_bytes: int) -> Failure:
    """The decoded answer exceeds its limit."""
    what = f"{case.peer}'s answer is larger than {max_bytes / _MEBIBYTE:g} MiB; reading stopped there."
    return case.failure(Kind.TOO_LARGE, what, "Nothing of it was used.", "Narrow what is asked for")


def unpacked(case: Case) -> Failure:
    """The body is not encoded as it says."""
    what = f"{case.peer}'s answer cannot be unpacked."
    return case.failure(Kind.NOT_JSON, what, "It is not what its headers say.", "Try again")


def cut_off(case: Case) -> Failure:
    """The body ended before its encoding did."""
    return _cut(EOFError(), case)


def redirected(status_code: int, url: str, location: str, redact: Callable[[str], str] = str) -> Failure:
    """The server sends on to another address, which is named but never asked."""
    try:
        host = urlsplit(urljoin(url, location)).hostname or ""
    except ValueError:
        host = ""
    elsewhere = clean(redact(host))[:_LONGEST_NAME] if location and host else "another address"
    return Failure(
        Kind.REDIRECT,
        f"The address sends us on to {elsewhere} ({status_code}).",
        "It was not followed, so the key went nowhere else.",
        "Give the address of the API itself.",
        status_code=status_code,
        sent=True,
    )


def bad_variable(name: str, kind: Kind, why: str) -> Failure:
    """An environment variable that stands in the way. Its value may hold a password and is not quoted."""
    return Failure(kind, f"{name} cannot be used: {why}.", "", "Correct the variable or unset it; nothing was sent.")


def _proxy_variable() -> str:
    return next((name for name in PROXY_VARIABLES if os.environ.get(name)), "A proxy variable")
