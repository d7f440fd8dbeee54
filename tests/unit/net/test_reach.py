"""Whether an address can be reached from elsewhere: by its text, by DNS, by proxy and by certificate."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.raw_http import Raw, Reader, Writer, always, answer, free_port, serving
from tui.net.address import normal_base_url
from tui.net.reach import (
    PUBLIC,
    Dns,
    Outlook,
    Reach,
    Resolve,
    Sighting,
    Trust,
    classify,
    look,
    resolved,
    sentence,
    vouched,
)

ONE, TWO = "8.8.8.8", "2606:4700::1111"
NAME = "flags.invalid"  # the name of test_tls' certificates


def dns(*answers: str) -> Resolve:
    async def resolve(host: str, port: int) -> tuple[str, ...]:
        return answers

    return resolve


def refusing(error: Exception) -> Resolve:
    async def resolve(host: str, port: int) -> tuple[str, ...]:
        raise error

    return resolve


async def never(host: str, port: int) -> tuple[str, ...]:
    raise AssertionError(f"{host} was looked up")


async def not_looked_at(host: str, port: int, addresses: tuple[str, ...]) -> Trust:
    raise AssertionError(f"{host} was connected to")


async def of_public_roots(host: str, port: int, addresses: tuple[str, ...]) -> Trust:
    return Trust.PUBLIC


async def of_own_store(host: str, port: int, addresses: tuple[str, ...]) -> Trust:
    return Trust.OWN


PRIVATE, LOOPBACK = Outlook.PRIVATE, Outlook.LOOPBACK
BY_TEXT = {
    (LOOPBACK, "your own machine"): [
        "http://localhost:4242", "http://127.0.0.1:4242", "https://127.8.9.1", "http://[::1]:4242",
        "https://unleash.localhost", "https://127.1", "https://2130706433", "https://0x7f.0.0.1",
        "https://[::ffff:127.0.0.1]",
    ],
    (PRIVATE, "A private address"): [
        "https://10.2.0.7", "https://10.513", "https://172.16.0.1", "https://172.31.255.254/unleash",
        "https://192.168.1.4:8443", "https://[::ffff:10.2.0.7]", "https://[64:ff9b::a02:7]",
        "https://[2002:a02:7::1]",
    ],
    (PRIVATE, "A link-local address"): ["https://169.254.169.254", "https://[fe80::1]"],
    (PRIVATE, "A shared address of a provider or VPN"): ["https://100.64.0.9"],
    (PRIVATE, "A private IPv6 address"): ["https://[fd00::1]"],
    (PRIVATE, "A reserved address"): [
        "https://0.0.0.0", "https://192.0.2.1", "https://198.18.0.1", "https://224.0.0.1", "https://255.255.255.255",
        "https://10.2.0.700", "https://[2001:db8::1]", "https://[fec0::1]", "https://[ff02::1]", "https://[::a02:7]",
    ],
    (PRIVATE, "A name without a domain"): ["https://unleash", "https://local"],
    (PRIVATE, "A name for private networks only"): [
        "https://unleash.local", "https://unleash.acme.internal", "https://UNLEASH.Corp.",
        "https://unleash.prod.svc", "https://flags.home.arpa",
    ],
    (Outlook.PUBLIC, PUBLIC): [
        "https://172.32.0.1", "https://100.128.0.1", "https://[2606:4700::1111]", "https://[64:ff9b::808:808]",
    ],
}  # fmt: skip
"""Addresses that need no DNS, by their outlook and what the sentence contains."""

TABLE = [
    # address, addresses that DNS gives, outlook, what the sentence contains
    *((url, (), *expected) for expected, urls in BY_TEXT.items() for url in urls),
    ("https://lvh.example.com", ("127.0.0.1", "::1"), LOOPBACK, "Resolves to 127.0.0.1, this machine itself"),
    ("https://unleash.example.com", ("10.2.0.7",), PRIVATE, "Resolves to 10.2.0.7, a private address. LaunchDarkly "),
    ("https://unleash.example.com", ("fd00::1", "100.64.0.9"), PRIVATE, "Resolves to fd00::1, a private IPv6 address"),
    ("https://10.2.0.7.nip.example.com", ("10.2.0.7",), PRIVATE, "Resolves to 10.2.0.7, a private address"),
    ("https://unleash.example.com", ("10.2.0.7", ONE), Outlook.PUBLIC, PUBLIC),
    ("https://unleash.example.com", ("fd00::1", TWO), Outlook.PUBLIC, PUBLIC),
    ("https://home.example.com", (ONE,), Outlook.PUBLIC, PUBLIC),
    ("https://unleash.locale", (ONE,), Outlook.PUBLIC, PUBLIC),
]


@pytest.mark.parametrize(("url", "answers", "outlook", "told"), TABLE)
async def test_address_has_an_outlook(url: str, answers: tuple[str, ...], outlook: Outlook, told: str) -> None:
    normal_base_url(url)  # the field accepts it
    seen = await look(url, resolve=dns(*answers) if answers else never, vouch=of_public_roots)
    assert seen.outlook is outlook
    assert seen.sentence.startswith(told) or told in seen.sentence
    assert (seen.sentence == PUBLIC) == (outlook is Outlook.PUBLIC)
    assert len(seen.sentence) <= 120, "two lines below a field"


@given(st.ip_addresses())
def test_what_is_not_global_is_never_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    kind = classify(str(address))
    if not address.is_global or address.is_multicast or address.is_loopback:
        assert kind is not Reach.PUBLIC
    assert kind not in (Reach.SINGLE_LABEL, Reach.LOCAL_NAME)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_inside_of_an_ipv6_address_decides(inside: ipaddress.IPv4Address) -> None:
    for written in (f"::ffff:{inside}", f"64:ff9b::{inside}"):
        kinds = {classify(str(inside)), Reach.RESERVED}  # whether Python calls a mapped one global changed over time
        assert classify(written) in kinds


@given(st.text(max_size=80))
def test_no_text_raises(text: str) -> None:
    assert classify(text) in Reach


@pytest.mark.parametrize("kind", Reach)
@pytest.mark.parametrize("at", ["", "10.2.0.7"])
def test_every_kind_has_one_line(kind: Reach, at: str) -> None:
    told = sentence(kind, at)
    assert told.isprintable()
    assert "LaunchDarkly" in told
    assert at in told or kind is Reach.PUBLIC


# --- DNS


@pytest.mark.parametrize(
    ("error", "known"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), Dns.NO_SUCH_NAME),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), Dns.NO_ANSWER),
        (OSError("no network"), Dns.NO_ANSWER),
        (UnicodeError("label too long"), Dns.NO_ANSWER),
    ],
)
async def test_failed_lookup_leaves_the_outlook_unknown(error: Exception, known: Dns) -> None:
    seen = await look("https://unleash.example.com", resolve=refusing(error), vouch=not_looked_at)
    assert (seen.dns, seen.outlook) == (known, Outlook.UNKNOWN)
    assert str(error) not in seen.sentence
    assert (await look("https://unleash.example.com", resolve=dns(), vouch=not_looked_at)).outlook is Outlook.UNKNOWN


async def test_lookup_that_hangs_ends_at_its_limit_or_is_cancelled() -> None:
    begun = asyncio.Event()

    async def hangs(host: str, port: int) -> tuple[str, ...]:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with asyncio.timeout(30):
        seen = await look("https://unleash.example.com", resolve=hangs, vouch=not_looked_at, dns_seconds=0.01)
    assert (seen.dns, seen.outlook) == (Dns.NO_ANSWER, Outlook.UNKNOWN)
    begun.clear()
    looking = asyncio.create_task(look("https://unleash.example.com", resolve=hangs))
    await begun.wait()
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking


async def test_the_hosts_file_and_the_dns_of_this_machine_are_what_is_asked() -> None:
    found = await resolved("localhost", 443)
    assert found
    assert {classify(address) for address in found} == {Reach.LOOPBACK}
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("url", ["", "https://", "https://[", "https://unleash.example.com:port", "\x00"])
async def test_what_is_no_address_raises_nothing(url: str) -> None:
    seen = await look(url, resolve=never, vouch=not_looked_at)
    assert seen.outlook is not Outlook.PUBLIC
    assert Sighting("", Reach.PUBLIC).outlook is Outlook.UNKNOWN


# --- proxies


@pytest.mark.parametrize(
    ("variables", "goes"),
    [
        ({}, False),
        ({"HTTPS_PROXY": "http://proxy:3128"}, True),
        ({"HTTPS_PROXY": "127.0.0.1:99999"}, True),  # nothing goes past a proxy, even one that can't be used
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "example.com"}, False),
    ],
)
async def test_whether_a_proxy_stands_between(
    variables: dict[str, str], goes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    unknown = refusing(socket.gaierror(socket.EAI_NONAME, ""))
    seen = await look("https://unleash.example.com", resolve=unknown, vouch=not_looked_at)
    assert seen.outlook is (Outlook.PROXY_ONLY if goes else Outlook.UNKNOWN)
    assert ("only through a proxy" in seen.sentence) is goes


async def test_nothing_goes_past_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    seen = await look("https://unleash.example.com", resolve=dns(ONE), vouch=not_looked_at)
    assert (seen.outlook, seen.proxied) == (Outlook.PUBLIC, True)
    seen = await look("https://unleash.example.com", resolve=dns("10.2.0.7"), vouch=not_looked_at)
    assert seen.outlook is Outlook.PRIVATE


# --- certificates


async def test_a_certificate_of_a_private_authority() -> None:
    seen = await look("https://unleash.example.com", resolve=dns("10.2.0.7", ONE), vouch=of_own_store)
    assert (seen.outlook, seen.trust) == (Outlook.PRIVATE_CA, Trust.OWN)
    assert "private CA" in seen.sentence


async def test_only_public_addresses_are_asked_for_their_certificate() -> None:
    asked: list[tuple[str, int, tuple[str, ...]]] = []

    async def noting(host: str, port: int, found: tuple[str, ...]) -> Trust:
        asked.append((host, port, found))
        return Trust.UNKNOWN

    seen = await look("https://unleash.example.com:8443/x", resolve=dns("10.2.0.7", ONE, TWO), vouch=noting)
    assert asked == [("unleash.example.com", 8443, (ONE, TWO))]
    assert seen.outlook is Outlook.PUBLIC
    await look("https://unleash.example.com", resolve=dns("10.2.0.7"), vouch=not_looked_at)


async def test_roots_that_vouch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("cryptography.x509", reason="cryptography makes the certificates")
    from tests.unit.net.test_tls import certificate

    cert = certificate(tmp_path)
    async with serving(always(answer()), cert.context) as server:
        assert await vouched(NAME, server.port, ("127.0.0.1",)) is Trust.UNKNOWN, "nobody knows its authority"
        monkeypatch.setenv("SSL_CERT_FILE", str(cert.file))
        assert await vouched(NAME, server.port, ("127.0.0.1",)) is Trust.OWN
        assert await vouched("other.invalid", server.port, ("127.0.0.1",)) is Trust.UNKNOWN, "made for another name"
        for addresses in (("127.0.0.1",), ("::1", "127.0.0.1")):  # nothing listens at ::1
            assert await vouched(NAME, server.port, addresses, public_roots=str(cert.file)) is Trust.PUBLIC
    assert server.seen == []
    old = certificate(tmp_path, days=-1)
    async with serving(always(answer()), old.context) as server:
        assert await vouched(NAME, server.port, ("127.0.0.1",)) is Trust.UNKNOWN, "it has expired"


async def test_a_server_that_shows_no_certificate_is_not_known() -> None:
    async def silent(raw: Raw, reader: Reader, writer: Writer) -> None:
        await reader.read(10_000)
        raw.asked.set()
        await asyncio.Event().wait()

    async def plain(raw: Raw, reader: Reader, writer: Writer) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    assert await vouched(NAME, free_port(), ("127.0.0.1",)) is Trust.UNKNOWN
    assert await vouched(NAME, free_port(), ("127.0.0.1",), public_roots="/none/there") is Trust.UNKNOWN
    async with serving(plain) as server:
        assert await vouched(NAME, server.port, ("127.0.0.1",)) is Trust.UNKNOWN
    async with serving(silent) as server:
        async with asyncio.timeout(30):
            assert await vouched(NAME, server.port, ("127.0.0.1",), seconds=0.1) is Trust.UNKNOWN
