"""Which proxy counts for a request, what NO_PROXY exempts from it, and proxies that can't be used."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.net.environment import Proxy, is_exempt, proxy_for
from tui.net.errors import Failure, Kind, Remedy

HOST = "flags.example.com"
PASSWORD = "hunter2-proxy-password"
GOOD = "http://127.0.0.1:7890"
SOCKS = "socks5://127.0.0.1:7891"


def chosen(host: str = HOST, **environ: str) -> Proxy | None:
    return proxy_for("https", host, 443, environ)


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        ({}, None),
        ({"HTTPS_PROXY": GOOD}, "HTTPS_PROXY"),
        ({"https_proxy": GOOD}, "https_proxy"),
        ({"Https_Proxy": GOOD}, "Https_Proxy"),
        ({"ALL_PROXY": GOOD}, "ALL_PROXY"),
        ({"all_proxy": GOOD}, "all_proxy"),
        ({"HTTP_PROXY": GOOD}, None),
        ({"HTTPS_PROXY": GOOD, "HTTP_PROXY": "http://x:y:z", "ALL_PROXY": SOCKS}, "HTTPS_PROXY"),
        ({"https_proxy": GOOD, "HTTPS_PROXY": SOCKS}, "https_proxy"),
        ({"https_proxy": "", "HTTPS_PROXY": SOCKS}, None),
        ({"https_proxy": " ", "HTTPS_PROXY": SOCKS, "ALL_PROXY": GOOD}, "ALL_PROXY"),
        ({"HTTPS_PROXY": " ", "ALL_PROXY": GOOD}, "ALL_PROXY"),
        ({"HTTPS_PROXY": SOCKS, "NO_PROXY": HOST}, None),
        ({"HTTPS_PROXY": GOOD, "no_proxy": "", "NO_PROXY": HOST}, "HTTPS_PROXY"),
        ({"HTTPS_PROXY": GOOD, "NO_PROXY": "[::1,fd00::/8,[fd00::]/8,:x:,http://,%,10.0.0.0/99"}, "HTTPS_PROXY"),
    ],
)
def test_only_the_variable_for_https_counts(environ: dict[str, str], variable: str | None) -> None:
    proxy = chosen(**environ)
    assert (proxy.variable if proxy else None) == variable


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "127.9.9.9"])
def test_loopback_has_no_proxy(host: str) -> None:
    for scheme in ("http", "https"):
        assert proxy_for(scheme, host, 443, {"HTTPS_PROXY": SOCKS, "HTTP_PROXY": SOCKS, "ALL_PROXY": SOCKS}) is None


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("proxy.corp:3128", ("http", "proxy.corp", 3128, None)),
        ("http://proxy.corp", ("http", "proxy.corp", 80, None)),
        ("HTTPS://Proxy.Corp/", ("https", "proxy.corp", 443, None)),
        ("https://proxy.corp:65535/path", ("https", "proxy.corp", 65535, None)),
        ("http://[fd00::1]:3128", ("http", "[fd00::1]", 3128, None)),
        ("http://ana:p%23a%2Fs%40s@proxy.corp:1", ("http", "proxy.corp", 1, ("ana", "p#a/s@s"))),
        ("ana:p@ss:word@proxy.corp:1", ("http", "proxy.corp", 1, ("ana", "p@ss:word"))),
        ("http://ana@proxy.corp:1", ("http", "proxy.corp", 1, ("ana", ""))),
        (" http://proxy.corp:3128\n", ("http", "proxy.corp", 3128, None)),
    ],
)
def test_a_proxy_is_taken_apart(value: str, parts: tuple[object, ...]) -> None:
    proxy = chosen(HTTPS_PROXY=value)
    assert proxy is not None
    assert (proxy.scheme, proxy.host, proxy.port, proxy.login) == parts
    assert "ana" not in repr(proxy)


@pytest.mark.parametrize(
    "value",
    [
        "127.0.0.1:99999", "http://127.0.0.1:0", "http://127.0.0.1:-1", "http://127.0.0.1:1e3", "http://:3128", "http://",
        "://", "proxy:", "a b:1", "http://a b:1", "ftp://proxy:1", "socks9://proxy:1", "socks4://p:1", "socks5h://p:1",
        "http://[::1:3128", "::1:3128", "http://[fe80::1%eth0]:1", "http://proxy:1:2", "http://http://proxy:1",
        "http://\x00:1", "http://proxy\n.corp:1", "http://" + "a" * 300 + ":1", "http://-:٣",
    ],
)  # fmt: skip
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "all_proxy"])
def test_a_proxy_that_cannot_be_used_names_its_variable(value: str, variable: str) -> None:
    with pytest.raises(Failure) as caught:
        chosen(**{variable: value})
    failure = caught.value
    assert (failure.kind, failure.field, failure.sent, failure.exit_code) == (Kind.UNREACHABLE, None, False, 5)
    assert variable in failure.what
    assert not failure.at_address


@pytest.mark.parametrize("raw", ["#", "/", "?", "/#", "://"])
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_a_raw_character_in_a_password_has_a_hint_and_is_not_quoted(raw: str, scheme: str) -> None:
    half, rest = PASSWORD[:7], PASSWORD[7:]
    for login in (f"ana:{half}{raw}{rest}", f"ana:12{raw}{PASSWORD}", f"{raw}:{PASSWORD}"):
        with pytest.raises(Failure) as caught:
            chosen(HTTPS_PROXY=f"{scheme}{login}@proxy.corp:3128")
        assert "HTTPS_PROXY" in caught.value.what
        assert caught.value.remedy is Remedy.PERCENT_ENCODE
        for part in (half, rest, "ana", "proxy.corp", "3128"):
            assert part not in str(caught.value)


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_gives_a_proxy_or_a_failure(value: str, entries: str) -> None:
    proxy = None
    with suppress(Failure):
        proxy = chosen(HTTPS_PROXY=value, NO_PROXY=entries)
    assert proxy is None or 1 <= proxy.port <= 65535


EXEMPT = {
    (HOST, 443): [
        "*", " x, * ", HOST, HOST.upper(), "flags.example.com.", "example.com", ".example.com", "*.example.com",
        "a.b c.d\texample.com", "com", "flags.example.com:443", "https://flags.example.com/",
        "all://example.com:443", "[::1, nonsense::x, %%, /, example.com",
    ],
    ("example.com", 443): [".example.com"],
    (HOST, 8443): [".example.com:8443"],
    ("www.xn--bcher-kva.example", 443): ["bücher.example"],
    ("10.20.30.40", 443): ["10.0.0.0/8", "10.1.2.3/8", "10.0.0.0/255.0.0.0", "10.20.30.40"],
    ("10.20.30.40", 8443): ["10.20.30.40:8443"],
    ("::ffff:10.20.30.40", 443): ["10.0.0.0/8"],
    ("fd12::1", 443): ["fd00::/8", "[fd00::]/8", "[fd12::1]", "fd12:0:0::1"],
    ("[fd12::1]", 443): ["[fd00::/8]"],
    ("fd12::1", 8443): ["[fd12::1]:8443", "[fd00::]/8:8443"],
}  # fmt: skip
NOT_EXEMPT = {
    (HOST, 443): [
        "", "ample.com", "other.example.com", "x.flags.example.com", "flags.example.com:8443", "flags.example.com:",
        "http://flags.example.com", ".", "*.", "10.0.0.0/8",
    ],
    ("11.0.0.1", 443): ["10.0.0.0/8"],
    ("10.0.0.1", 443): ["10.0.0.0/33", "0.0.1", ".0.0.1", "10"],
    ("fe80::1", 443): ["fd00::/8"],
    ("fd12::1", 443): ["[fd12::1]:8443", "[fd12::1"],
    ("::1", 443): ["::1:443"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("entries", "host", "port", "exempt"),
    [
        (entries, *place, cases is EXEMPT)
        for cases in (EXEMPT, NOT_EXEMPT)
        for place, several in cases.items()
        for entries in several
    ],
)
def test_which_hosts_no_proxy_exempts(entries: str, host: str, port: int, exempt: bool) -> None:
    assert is_exempt(host, port, entries) is exempt
