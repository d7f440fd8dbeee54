"""TLS and proxies over real sockets, with certificates made here; and variables that stand in the way."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.unit.raw_http import Handler, Raw, Reader, Writer, always, answer, free_port, request, serving
from tui.net.client import Http
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.events import Connected, ProgressEvent, Sent
from tui.net.messages import Request, Response

x509 = pytest.importorskip("cryptography.x509", reason="cryptography makes the certificates")

NAME = "flags.invalid"
CANARY = "api-c0ffee00-canary"
PASSWORD = "hunter2-proxy-password"


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate as a file (key included), and the server's context that shows it."""

    file: Path
    context: ssl.SSLContext


def certificate(folder: Path, *, days: int = 2, name: str = NAME) -> Certificate:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    end = datetime.now() + timedelta(days=days)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=30))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name), x509.DNSName("localhost")]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return Certificate(file, context)


@pytest.fixture
def cert(tmp_path: Path) -> Certificate:
    return certificate(tmp_path)


async def send(url: str, events: list[ProgressEvent] | None = None) -> Response:
    seen: list[ProgressEvent] = [] if events is None else events
    sent = Request("POST", url, {"Authorization": SecretStr(CANARY)}, b"{}")
    async with Http() as http:
        return await http.send(sent, peer="Unleash", sink=seen.append)


async def failing(url: str) -> Failure:
    with pytest.raises(Failure) as caught:
        await send(url)
    assert CANARY not in repr(caught.value)
    assert PASSWORD not in f"{caught.value} {caught.value.__context__!r}"
    return caught.value


@pytest.mark.parametrize(
    ("days", "trusted", "host", "problem", "remedy"),
    [
        (2, False, "localhost", "is self-signed", Remedy.TRUST),
        (2, True, "127.0.0.1", "is for a different address", Remedy.CHECK),
        (-1, True, "localhost", "has expired", Remedy.RENEW_CERTIFICATE),
    ],
)
async def test_bad_certificate_is_described(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, trusted: bool, host: str, problem: str, remedy: Remedy
) -> None:
    cert = certificate(tmp_path, days=days)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(cert.file))
    async with serving(always(answer()), cert.context) as server:
        failure = await failing(f"https://{host}:{server.port}")
        assert server.seen == []
    assert (failure.kind, failure.sent, failure.remedy) == (Kind.TLS, False, remedy)
    assert failure.what == f"The certificate of {host} {problem}."
    assert ("SSL_CERT_FILE" in failure.why) is trusted
    assert failure.at_address is (remedy is Remedy.CHECK)


async def test_a_private_authority_is_trusted_by_the_usual_variable(
    cert: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(cert.file))
    events: list[ProgressEvent] = []
    async with serving(always(answer()), cert.context) as server:
        got = await send(f"https://localhost:{server.port}", events)
    assert got.status_code == 200
    assert isinstance(events[0], Connected)
    assert (events[0].host, events[0].tls, events[0].proxy) == ("localhost", "TLSv1.3", "")


@pytest.mark.parametrize("reply", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b""], ids=["plain HTTP", "closed"])
async def test_server_without_tls_gets_no_request(reply: bytes) -> None:
    async def handler(raw: Raw, reader: Reader, writer: Writer) -> None:
        await reader.read(100)
        writer.write(reply)
        await writer.drain()

    async with serving(handler) as server:
        failure = await failing(f"https://localhost:{server.port}")
    assert failure.kind is Kind.TLS or not reply
    assert failure.kind in (Kind.TLS, Kind.UNREACHABLE)
    assert (failure.sent, failure.safe) == (False, Safe.NOTHING_SENT)


def tunnel_to(port: int) -> Handler:
    """A proxy that takes any CONNECT and leads it to a port of this machine."""

    async def pump(reader: Reader, writer: Writer) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def handler(raw: Raw, reader: Reader, writer: Writer) -> None:
        await request(raw, reader)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        there, back = await asyncio.open_connection("127.0.0.1", port)
        try:
            await asyncio.gather(pump(reader, back), pump(there, writer))
        finally:
            back.close()
            await back.wait_closed()

    return handler


async def test_through_a_proxy(cert: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(cert.file))
    events: list[ProgressEvent] = []
    async with serving(always(answer()), cert.context) as server:
        async with serving(tunnel_to(server.port)) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://ana:{PASSWORD}@127.0.0.1:{proxy.port}")
            got = await send(f"https://{NAME}/x?q=1", events)
        assert f"authorization: {CANARY}" in server.heads[0].lower()
    assert got.status_code == 200
    assert proxy.heads[0].startswith(f"CONNECT {NAME}:443 ")
    assert CANARY not in proxy.heads[0]
    connected, sent = events[:2]
    assert isinstance(connected, Connected)
    assert (connected.host, connected.tls, connected.proxy) == (NAME, "TLSv1.3", f"127.0.0.1:{proxy.port}")
    assert isinstance(sent, Sent)
    assert sent.size == len(server.seen[0])
    assert [type(event) for event in events].count(Connected) == 1
    assert PASSWORD not in repr(events)


@pytest.mark.parametrize(("status", "word"), [("407 Auth", "user name and password"), ("403 No", "blocks this host")])
async def test_a_proxy_that_refuses(status: str, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(always(answer(status, b""))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://ana:{PASSWORD}@127.0.0.1:{proxy.port}")
        failure = await failing(f"https://{NAME}")
    assert (failure.kind, failure.sent) == (Kind.UNREACHABLE, False)
    assert failure.what == f"The proxy 127.0.0.1:{proxy.port} rejected the connection to {NAME} ({status[:3]})."
    assert word in failure.why
    assert (failure.remedy, failure.about) == (Remedy.PROXY_OR_EXEMPT, "HTTPS_PROXY")


async def test_a_proxy_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("ALL_PROXY", f"127.0.0.1:{port}")
    failure = await failing(f"https://{NAME}")
    assert failure.what == f"Can't reach the proxy 127.0.0.1:{port}: nothing is listening there."
    assert failure.why == "ALL_PROXY names this proxy."


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [("https_proxy", f"http://{PASSWORD}:port", Kind.UNREACHABLE), ("SSL_CERT_DIR", "/none/there", Kind.TLS)],
)
async def test_a_variable_that_cannot_be_used_is_named_and_not_quoted(
    name: str, value: str, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    failure = await failing(f"https://{NAME}")
    assert (failure.kind, failure.sent) == (kind, False)
    assert name in failure.what


async def test_loopback_needs_neither_proxy_nor_authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "socks9://nowhere")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("SSL_CERT_FILE", "/none/there/ca.pem")
    async with serving(always(answer())) as server:
        assert (await send(server.url)).status_code == 200


@pytest.mark.parametrize("content", ["missing", "folder", "empty", "der", "text", "truncated", "damaged", "key"])
async def test_a_file_without_a_certificate_is_named(
    cert: Certificate, tmp_path: Path, content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, pem = tmp_path / "bad.pem", cert.file.read_text()
    begins = pem.index("-----BEGIN CERT")
    contents = {
        "empty": b"",
        "der": ssl.PEM_cert_to_DER_cert(pem[begins:]),
        "text": b"no certificate",
        "truncated": b"-----BEGIN CERTIFICATE-----\nAAAA\n",
        "damaged": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "key": pem[:begins].encode(),
    }
    if content == "folder":
        file.mkdir()
    elif content in contents:
        file.write_bytes(contents[content])
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with serving(always(answer()), cert.context) as server:
        failure = await failing(f"https://localhost:{server.port}")
    assert (failure.kind, failure.sent, failure.at_address) == (Kind.TLS, False, False)
    assert "SSL_CERT_FILE" in str(failure)
    assert "store" not in str(failure)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("SSL_CERT_DIR", Remedy.REHASH),  # its names are no hashes
        *((name, Remedy.TRUST) for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")),
    ],
)
async def test_a_variable_that_does_not_help_is_named(
    cert: Certificate, name: str, remedy: Remedy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, str(cert.file.parent if name == "SSL_CERT_DIR" else cert.file))
    async with serving(always(answer()), cert.context) as server:
        failure = await failing(f"https://localhost:{server.port}")
    assert (failure.kind, failure.remedy, failure.at_address) == (Kind.TLS, remedy, False)
    assert name in failure.why
    assert ("SSL_CERT_DIR" if remedy is Remedy.REHASH else "SSL_CERT_FILE") in failure.about


async def test_a_proxy_that_is_reached_by_tls(cert: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(cert.file))
    async with (
        serving(always(answer()), cert.context) as server,
        serving(tunnel_to(server.port), cert.context) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", f"https://localhost:{proxy.port}")
        assert (await send(f"https://{NAME}/x")).status_code == 200
        monkeypatch.setenv("HTTPS_PROXY", f"https://127.0.0.1:{proxy.port}")
        failure = await failing(f"https://{NAME}")
    assert (failure.kind, failure.at_address) == (Kind.TLS, False)
    assert "HTTPS_PROXY" in f"{failure.why} {failure.about}"
