"""Normalize the addresses that people paste into base URLs."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
# What Unleash's own pages and SDK settings show behind the base URL.
_API_PATH = re.compile(r"/api(/client(/.*)?)?$")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$")
_LONGEST_HOST = 253
_IN_PATHS = "/%:@!$&'()*+,;=~"  # unchanged; everything else is percent-encoded
USUAL_PORTS = {"https": 443, "http": 80}


class AddressError(ValueError):
    """The text is not a usable base URL. `str()` is a sentence that quotes nothing of the text."""


@dataclass(frozen=True, slots=True)
class BaseUrl:
    """An address without a trailing slash, and sentences about what was removed from the text ("" for nothing)."""

    url: str
    removed: str


def is_loopback(host: str) -> bool:
    """Whether `host` (brackets or not) can only be this machine: localhost, 127.0.0.0/8, ::1."""
    bare = host.lower().strip("[]").rstrip(".")
    if bare == "localhost":
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False


def normal_base_url(text: str) -> BaseUrl:
    """Return `text` as a base URL: host in lower case and IDNA, no query, no slash and no `/api` at its end.

    `https` everywhere, `http` on loopback alone: a key must not cross a network readable. Normalizing a result changes
    nothing. Raises AddressError.
    """
    stripped = text.strip()
    if not stripped:
        raise AddressError("Enter an address that starts with https://.")
    if any(not c.isprintable() or c.isspace() for c in stripped):
        raise AddressError("An address can't contain spaces or invisible characters. Remove them.")
    match = _SCHEME.match(stripped)
    if match is None:
        raise AddressError("The address must start with https://. Add it.")
    scheme, rest = match[1].lower(), match[2]
    if scheme not in USUAL_PORTS:
        raise AddressError("The address must start with https://. Only this machine can use http://.")
    _refuse_userinfo(rest)

    removed = ["Spaces around it were removed."] if stripped != text else []
    address, *query = re.split(r"[?#]", rest, maxsplit=1)
    if query:
        removed.append("Everything after ? or # was removed.")
    authority, slash, path = address.partition("/")
    trimmed = kept = (slash + path).rstrip("/")
    while (shorter := _API_PATH.sub("", kept).rstrip("/")) != kept:
        kept = shorter
    if kept != trimmed:
        removed.append(f"A trailing {'/api' if trimmed == f'{kept}/api' else '/api path'} was removed.")
    elif trimmed != slash + path:
        removed.append("A trailing slash was removed.")
    if "\\" in kept:
        raise AddressError("An address can't contain a backslash. Use / instead.")

    host, port = host_and_port(authority)
    if scheme == "http" and not is_loopback(host):
        raise AddressError("http:// would send your key unencrypted. Use https://. Only localhost can use http://.")
    suffix = "" if port in (None, USUAL_PORTS[scheme]) else f":{port}"
    return BaseUrl(f"{scheme}://{host}{suffix}{quote(kept, safe=_IN_PATHS)}", " ".join(removed))


def _refuse_userinfo(rest: str) -> None:
    path_at = rest.find("/")
    tail_at = min((at for at in (rest.find("?"), rest.find("#")) if at >= 0), default=-1)
    # After a path an @ may be in a query, which is removed. Elsewhere it ends a user name and password, also if the
    # password itself has a slash or a # that cuts it in two.
    before_query = rest[:tail_at] if 0 <= path_at < tail_at else rest
    if "@" in before_query:
        raise AddressError("An address can't contain a user name or password. Remove everything before the @.")


_BAD_PORT = "The port must be a number from 1 to 65535. Fix it, or remove it."
_BAD_HOST = "This is not a host name. Copy the address from your browser, such as https://unleash.example.com."


def host_and_port(authority: str) -> tuple[str, int | None]:
    """Split `host`, `host:port` or `[IPv6]:port`; the host in lower case and IDNA. Raises AddressError."""
    try:
        split = urlsplit(f"//{authority}")
        host, port = split.hostname or "", split.port
    except ValueError:
        at_port = authority.isascii() and not {"[", "]"} & set(authority)
        raise AddressError(_BAD_PORT if at_port else _BAD_HOST) from None
    if port == 0:
        raise AddressError(_BAD_PORT)
    return _host(host, bracketed=authority.startswith("[")), port


def _host(host: str, *, bracketed: bool) -> str:
    try:
        if bracketed:
            if "%" in host:  # a zone names a network card of this machine
                raise AddressError(_BAD_HOST)
            return f"[{ipaddress.IPv6Address(host).compressed}]"
        if not host.isascii():
            import idna  # deferred: its tables are large, and few hosts need them

            host = idna.encode(host, uts46=True).decode("ascii")
    except (ipaddress.AddressValueError, UnicodeError):  # IDNAError is a UnicodeError
        raise AddressError(_BAD_HOST) from None
    name = host.lower().removesuffix(".")
    if not 0 < len(name) <= _LONGEST_HOST or not all(_LABEL.match(label) for label in name.split(".")):
        raise AddressError(_BAD_HOST)
    return name
