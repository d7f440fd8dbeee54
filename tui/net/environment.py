"""Proxies and certificate authorities, as environment variables set them, and advice about bad ones.

httpx reads every proxy variable at once, and one it can't use stops all requests. Here only the variable that applies
to the request's host is read. Lower-case names win over upper-case ones, as in curl and urllib.

OpenSSL reads SSL_CERT_FILE and SSL_CERT_DIR. Other programs' variables name a company's authority too, and people
expect them to count everywhere, so advice mentions them.
"""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import unquote

from tui.net.address import USUAL_PORTS, AddressError, host_and_port, is_loopback
from tui.net.errors import Failure, Kind, Remedy, Safe

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_SEPARATORS = re.compile(r"[\s,]+")
_PLACE = re.compile(r"\S*[^\s:]")
_BRACKETED = re.compile(r"\[([^\[\]]+)\](/\d{1,3})?(?::(\d{1,5}))?")
_WITH_PORT = re.compile(r"([^:]*):(\d{1,5})")


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy and the environment variable that names it. `login` is a user name and password, or None."""

    variable: str
    scheme: str
    host: str
    port: int
    login: tuple[str, str] | None = field(default=None, repr=False)


def proxy_for(scheme: str, host: str, port: int, environ: Mapping[str, str] = os.environ) -> Proxy | None:
    """Return the proxy for a request to `host`, or None if the request goes there directly.

    HTTPS_PROXY counts, else ALL_PROXY, else the system's setting on macOS and Windows. Loopback has none. Raises
    Failure if the value that counts is not a usable HTTP proxy; no other variable can fail, and none is quoted.
    """
    if scheme != "https" or is_loopback(host):
        return None
    names = [name for wanted in ("https_proxy", "all_proxy") if (name := _name(wanted, environ))]
    if not names:
        from urllib.request import getproxies, proxy_bypass  # deferred: it loads half of http

        value = getproxies().get("https", "")
        return _parsed("The system's proxy setting", value) if value and not proxy_bypass(host) else None
    exempt = _name("no_proxy", environ)
    if exempt and is_exempt(host, port, environ[exempt]):
        return None
    return _parsed(names[0], environ[names[0]].strip())


def _name(wanted: str, environ: Mapping[str, str]) -> str:
    """Return the name of the variable that is set under `wanted` in any case, or ""."""
    if wanted in environ:
        return wanted if environ[wanted].strip() else ""  # set to nothing on purpose: it switches the other off
    return next((name for name in environ if name.lower() == wanted and environ[name].strip()), "")


def _parsed(variable: str, value: str) -> Proxy:
    match = _SCHEME.match(value)
    scheme, rest = (match[1].lower(), value[match.end() :]) if match else ("http", value)
    if scheme.startswith("socks"):
        raise _unusable(variable, "it names a SOCKS proxy, but only HTTP proxies are supported")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in rest[len(authority) :]:
        why = "the user name or password contains #, /, or ?"
        raise _unusable(variable, why, Remedy.PERCENT_ENCODE)
    login, _, place = authority.rpartition("@")
    try:
        host, port = host_and_port(place)
    except AddressError:
        host, port = "", None
    if not host or scheme not in USUAL_PORTS or not _PLACE.fullmatch(place):
        raise _unusable(variable, "it is not the address of an HTTP proxy, such as http://host:8080")
    user, _, password = login.partition(":")
    return Proxy(
        variable, scheme, host, port or USUAL_PORTS[scheme], (unquote(user), unquote(password)) if login else None
    )


def _unusable(variable: str, why: str, remedy: Remedy = Remedy.FIX_OR_UNSET) -> Failure:
    what = f"{variable} can't be used: {why}."
    return Failure(Kind.UNREACHABLE, what, "", remedy, safe=Safe.NOTHING_SENT, at_setting=True)


# --- NO_PROXY


def is_exempt(host: str, port: int, entries: str) -> bool:
    """Whether the value `entries` of NO_PROXY exempts a host.

    An entry is `*`, a host name (its subdomains included, with or without a leading dot or `*.`), an IP address or a
    range (10.0.0.0/8, fd00::/8), IPv6 with or without brackets, each with or without a port. Names are not resolved.
    An entry that can't be understood is skipped.
    """
    name = host.lower().strip("[]").rstrip(".")
    address: ipaddress.IPv4Address | ipaddress.IPv6Address | None = None
    with suppress(ValueError):
        address = ipaddress.ip_address(name.partition("%")[0])
        address = getattr(address, "ipv4_mapped", None) or address
    for entry in _SEPARATORS.split(entries):
        if entry == "*":
            return True
        authority = entry
        if "://" in entry:
            scheme, _, rest = entry.partition("://")
            if scheme.lower() not in ("https", "all"):
                continue
            authority = rest.partition("/")[0]
        target, own_port = authority, ""  # an IPv6 address without brackets has no port
        if match := _BRACKETED.fullmatch(authority):
            target, own_port = match[1] + (match[2] or ""), match[3] or ""
        elif match := _WITH_PORT.fullmatch(authority):
            target, own_port = match[1], match[2]
        if own_port and int(own_port) != port:
            continue
        if address is None:
            if _is_domain_of(target, name):
                return True
        else:
            with suppress(ValueError):
                if address in ipaddress.ip_network(target, strict=False):
                    return True
    return False


def _is_domain_of(text: str, name: str) -> bool:
    domain = text.lower().removeprefix("*").removeprefix(".").rstrip(".")
    if not domain.isascii():
        import idna  # deferred, as in net.address

        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except idna.IDNAError:
            return False
    return bool(domain) and (name == domain or name.endswith(f".{domain}"))


# --- certificate authorities

FILE, FOLDER = "SSL_CERT_FILE", "SSL_CERT_DIR"
_NOT_READ = (
    "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO", "AWS_CA_BUNDLE", "PIP_CERT",
)  # fmt: skip
_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]", re.IGNORECASE)


def require_usable() -> None:
    """Raise Failure TLS if SSL_CERT_FILE or SSL_CERT_DIR is set to something that isn't there."""
    file, folders = os.environ.get(FILE), os.environ.get(FOLDER)
    name, why = FILE, ""
    if file and os.path.isdir(file):
        why = "it names a folder, not a file"
    elif file and not os.path.isfile(file):
        why = "its file doesn't exist"
    elif file and not os.access(file, os.R_OK):
        why = "its file can't be read"
    elif folders and not any(map(os.path.isdir, folders.split(os.pathsep))):
        name, why = FOLDER, "its folder doesn't exist"
    if why:
        raise Failure(Kind.TLS, f"{name} can't be used: {why}.", "", Remedy.FIX_OR_UNSET, safe=Safe.NOTHING_SENT)


def untrusted() -> tuple[str, tuple[Remedy, str]]:
    """Explain an authority that isn't trusted here: why, and the remedy with what it is about."""
    file, folders = os.environ.get(FILE), os.environ.get(FOLDER)
    if file and not _has_certificates(file):
        return f"The file in {FILE} contains no PEM certificate.", (Remedy.POINT_TO_PEM, FILE)
    if file:
        return f"{FILE} sets which CAs are trusted.", (Remedy.TRUST, "that file")
    if folders and not any(map(_is_hashed, folders.split(os.pathsep))):
        why = f"The folder in {FOLDER} has no certificate with a name that OpenSSL looks for."
        return why, (Remedy.REHASH, FOLDER)
    if folders:
        about = "that folder, and run `openssl rehash` on it"
        return f"{FOLDER} sets which CAs are trusted.", (Remedy.TRUST, about)
    if other := next((name for name in _NOT_READ if os.environ.get(name)), ""):
        about = f"the system's trust store, or set {FILE} to the file in {other}"
        return f"{other} is set, but this program doesn't read it. It reads {FILE}.", (Remedy.TRUST, about)
    about = f"the system's trust store, or set {FILE} to its PEM file"
    return "Most likely it is from a private CA.", (Remedy.TRUST, about)


def deciding() -> str:
    """Return the name of the variable that decides which authorities are trusted, or ""."""
    return next((name for name in (FILE, FOLDER) if os.environ.get(name)), "")


def _has_certificates(path: str) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with suppress(OSError):  # SSLError too: nothing in it, or a damaged one behind good ones
        context.load_verify_locations(cafile=path)
    return context.cert_store_stats()["x509"] > 0


def _is_hashed(folder: str) -> bool:
    try:
        return any(map(_HASHED.fullmatch, os.listdir(folder)))
    except OSError:
        return False
