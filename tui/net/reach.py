"""Whether LaunchDarkly may reach an address, by the address's text and by what this machine can learn about it.

LaunchDarkly runs the import from its own network, so a server that answers here may not answer there. A private
address is called that; of a public one it stays unknown whether LaunchDarkly reaches it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from tui.net.address import is_loopback
from tui.net.environment import proxy_for
from tui.net.errors import Failure

DNS_SECONDS = 3.0
TLS_SECONDS = 3.0
_ADDRESSES_TRIED = 3


class Reach(StrEnum):
    """Where an address or a name leads. PUBLIC for a name means that its text does not speak against it."""

    PUBLIC = "public"
    LOOPBACK = "loopback"
    PRIVATE = "private"
    """RFC 1918."""
    LINK_LOCAL = "link-local"
    SHARED = "shared"
    """RFC 6598, 100.64.0.0/10: behind a provider's NAT, or of a VPN such as Tailscale."""
    UNIQUE_LOCAL = "unique-local"
    RESERVED = "reserved"
    """Of no host on the internet: documentation, multicast, benchmarks, 0.0.0.0/8 and the like."""
    SINGLE_LABEL = "single-label"
    LOCAL_NAME = "local-name"
    """Its last part is not in the public DNS, so an answer of the DNS here is valid here alone."""


_RANGES = tuple(
    (ipaddress.ip_network(text), reach)
    for text, reach in (
        ("10.0.0.0/8", Reach.PRIVATE),
        ("172.16.0.0/12", Reach.PRIVATE),
        ("192.168.0.0/16", Reach.PRIVATE),
        ("169.254.0.0/16", Reach.LINK_LOCAL),
        ("fe80::/10", Reach.LINK_LOCAL),
        ("100.64.0.0/10", Reach.SHARED),
        ("fc00::/7", Reach.UNIQUE_LOCAL),
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address is in its last 32 bits
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")  # all that IANA has ever given out of IPv6
_LOW_32_BITS = 0xFFFFFFFF
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# RFC 2606, 6761, 6762 (appendix G), 7686, 8375, 9476, and what Kubernetes, Consul and ICANN keep for inside.
_LOCAL_NAME = re.compile(
    r".*\.(?:local|localdomain|internal|intranet|lan|home|corp|private|home\.arpa|svc|consul|alt|onion"
    r"|test|example|invalid)"
)


def classify(host: str) -> Reach:
    """Return the kind of a host by its text alone; brackets and a final dot do not matter. Never raises."""
    name = host.lower().strip("[]").rstrip(".")
    if is_loopback(name) or name.endswith(".localhost"):
        return Reach.LOOPBACK
    try:
        return _of_address(ipaddress.ip_address(name))
    except ValueError:
        pass
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        try:  # 127.1, 2130706433 and 0x7f.1 are addresses too, as the C library reads them
            return classify(socket.inet_ntoa(socket.inet_aton(name)))
        except OSError:
            return Reach.RESERVED
    if "." not in name:
        return Reach.SINGLE_LABEL
    return Reach.LOCAL_NAME if _LOCAL_NAME.fullmatch(name) else Reach.PUBLIC


def _of_address(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> Reach:
    if isinstance(address, ipaddress.IPv6Address):
        # An IPv4 address inside (mapped, NAT64 or 6to4) decides where this one leads.
        nat64 = ipaddress.IPv4Address(int(address) & _LOW_32_BITS) if address in _NAT64 else None
        inside = nat64 or address.ipv4_mapped or address.sixtofour
        if inside is not None:
            inner = classify(str(inside))
            return inner if inner is not Reach.PUBLIC or address.is_global else Reach.RESERVED
    kind = next((kind for network, kind in _RANGES if address in network), None)
    if kind is not None:
        return kind
    unicast = address.version == 4 or address in _GLOBAL_UNICAST
    return Reach.PUBLIC if unicast and address.is_global and not address.is_multicast else Reach.RESERVED


_WORDS = {
    Reach.LOOPBACK: "this machine itself",
    Reach.PRIVATE: "a private address",
    Reach.LINK_LOCAL: "a link-local address",
    Reach.SHARED: "a shared address of a provider or VPN",
    Reach.UNIQUE_LOCAL: "a private IPv6 address",
    Reach.RESERVED: "a reserved address that no internet host has",
    Reach.SINGLE_LABEL: "a name without a domain",
    Reach.LOCAL_NAME: "a name for private networks only",
}
_MAY_NOT_REACH = "LaunchDarkly runs the import and may not be able to reach it."
PUBLIC = "public address; can't tell whether LaunchDarkly can reach it"


def sentence(reach: Reach, at: str = "") -> str:
    """Return what that means for the import, in one line. `at` is the address that a public name resolved to."""
    if reach is Reach.PUBLIC:
        return PUBLIC
    if reach is Reach.LOOPBACK and not at:
        return "This is your own machine. LaunchDarkly runs the import and can't reach it."
    words = _WORDS[reach]
    return f"{f'Resolves to {at}, {words}' if at else words[0].upper() + words[1:]}. {_MAY_NOT_REACH}"


# --- what this machine can learn without a request


class Dns(StrEnum):
    """How the DNS here answered; NOT_ASKED if the text alone decides."""

    NOT_ASKED = "not-asked"
    ANSWERED = "answered"
    NO_SUCH_NAME = "no-such-name"
    NO_ANSWER = "no-answer"


_DNS = {
    Dns.NOT_ASKED: "The name was not looked up",
    Dns.ANSWERED: "DNS on this machine has no address for this name",
    Dns.NO_SUCH_NAME: "DNS on this machine doesn't know this name",
    Dns.NO_ANSWER: "DNS on this machine did not respond",
}


class Trust(StrEnum):
    """Whose roots vouch for a server's certificate. UNKNOWN also if it was not read."""

    PUBLIC = "public"
    OWN = "own"
    """This machine's store, but not the public roots: a private CA."""
    UNKNOWN = "unknown"


class Outlook(StrEnum):
    """The conclusion of a sighting."""

    PUBLIC = "public"
    LOOPBACK = "loopback"
    PRIVATE = "private"
    PROXY_ONLY = "proxy-only"
    PRIVATE_CA = "private-ca"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Sighting:
    """What this machine could learn about a host without HTTP."""

    host: str
    reach: Reach
    """By the host's text alone."""
    dns: Dns = Dns.NOT_ASKED
    addresses: tuple[tuple[str, Reach], ...] = ()
    """Every address that the DNS here gave, and its kind."""
    proxied: bool = False
    """Requests from here to that host go through a proxy."""
    trust: Trust = Trust.UNKNOWN

    @property
    def _decisive(self) -> tuple[Reach, str]:
        """The kind that counts, and its address ("" for the host): one public address is enough."""
        if self.reach is not Reach.PUBLIC or not self.addresses:
            return self.reach, ""
        address, kind = next((pair for pair in self.addresses if pair[1] is Reach.PUBLIC), self.addresses[0])
        return kind, address

    @property
    def outlook(self) -> Outlook:
        """What that means for the import."""
        kind, address = self._decisive
        if kind is not Reach.PUBLIC:
            return Outlook.LOOPBACK if kind is Reach.LOOPBACK else Outlook.PRIVATE
        if self.trust is Trust.OWN:
            return Outlook.PRIVATE_CA
        if address:
            return Outlook.PUBLIC
        return Outlook.PROXY_ONLY if self.proxied else Outlook.UNKNOWN

    @property
    def sentence(self) -> str:
        """The outlook in one line."""
        match self.outlook:
            case Outlook.PROXY_ONLY:
                return f"This machine reaches it only through a proxy. {_MAY_NOT_REACH}"
            case Outlook.PRIVATE_CA:
                return "Its certificate is from a private CA that this machine trusts. LaunchDarkly may not trust it."
            case Outlook.UNKNOWN:
                return f"{_DNS[self.dns]}. Can't tell whether LaunchDarkly can reach it."
        return sentence(*self._decisive)


Resolve = Callable[[str, int], Awaitable[tuple[str, ...]]]
"""Returns the addresses of (host, port). Raises OSError or UnicodeError if there are none."""
Vouch = Callable[[str, int, tuple[str, ...]], Awaitable[Trust]]
"""Returns whose roots vouch for the certificate of (host, port, addresses to try)."""


async def resolved(host: str, port: int) -> tuple[str, ...]:
    """Return every address this machine knows for a host, each once, by DNS or its hosts file."""
    answers = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in answers))


async def look(
    url: str, *, resolve: Resolve = resolved, vouch: Vouch | None = None, dns_seconds: float = DNS_SECONDS
) -> Sighting:
    """Learn what this machine can about `url`: DNS, proxy, certificate. Sends no request and no key; never raises.

    Only a public name is looked up, and only the certificate of a public address that is reached without a proxy is
    read: nothing bypasses a configured proxy. Takes at most about 6 seconds.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return Sighting("", Reach.RESERVED)
    reach = classify(host)
    if reach is not Reach.PUBLIC:
        return Sighting(host, reach)
    try:
        proxied = proxy_for(parts.scheme, host, port) is not None
    except Failure:  # one that can't be used counts
        proxied = True
    dns, found = Dns.NOT_ASKED, tuple[str, ...]([host])
    if not _is_address(host):
        dns, found = await _looked_up(host, port, resolve, dns_seconds)
    addresses = tuple((address, classify(address)) for address in found)
    public = tuple(address for address, kind in addresses if kind is Reach.PUBLIC)
    trust = Trust.UNKNOWN
    if public and parts.scheme == "https" and not proxied:
        trust = await (vouch or vouched)(host, port, public)
    return Sighting(host, reach, dns, addresses, proxied, trust)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return _NUMBER.fullmatch(host.rpartition(".")[2]) is not None  # as in `classify`
    return True


async def _looked_up(host: str, port: int, resolve: Resolve, seconds: float) -> tuple[Dns, tuple[str, ...]]:
    try:
        async with asyncio.timeout(seconds):
            return Dns.ANSWERED, await resolve(host, port)
    except socket.gaierror as error:
        unsure = error.errno in (socket.EAI_AGAIN, socket.EAI_FAIL)
        return Dns.NO_ANSWER if unsure else Dns.NO_SUCH_NAME, ()
    except (OSError, UnicodeError):  # a timeout too
        return Dns.NO_ANSWER, ()


async def vouched(
    host: str, port: int, addresses: tuple[str, ...], *, public_roots: str = "", seconds: float = TLS_SECONDS
) -> Trust:
    """Return whose roots vouch for the certificate, by a TLS handshake alone; UNKNOWN if there is none to read.

    `public_roots` is a file of roots, by default certifi's (Mozilla's). This machine's own store is tried only for
    what they refuse.
    """
    import certifi
    import truststore

    public = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    own = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        public.load_verify_locations(public_roots or certifi.where())
        async with asyncio.timeout(seconds):
            for address in addresses[:_ADDRESSES_TRIED]:
                try:
                    await _handshake(address, port, host, public)
                except ssl.SSLCertVerificationError:
                    await _handshake(address, port, host, own)
                    return Trust.OWN
                except ssl.SSLError:
                    return Trust.UNKNOWN
                except OSError:
                    continue  # unreachable, such as IPv6 on a network without it
                else:
                    return Trust.PUBLIC
    except (OSError, ValueError):  # timed out, or the own store refuses it too
        pass
    return Trust.UNKNOWN


async def _handshake(address: str, port: int, host: str, context: ssl.SSLContext) -> None:
    transport, _ = await asyncio.get_running_loop().create_connection(
        asyncio.Protocol, address, port, ssl=context, server_hostname=host
    )
    transport.abort()
