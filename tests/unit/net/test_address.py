"""Addresses: what is taken away, what is refused, and that nothing of a refused one is repeated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.net.address import AddressError, is_loopback, normal_base_url


@pytest.mark.parametrize(
    ("text", "url", "removed"),
    [
        ("https://unleash.example.com", "https://unleash.example.com", ""),
        ("https://Unleash.Example.com/api/", "https://unleash.example.com", "A trailing /api was removed."),
        ("https://x.io/team/", "https://x.io/team", "A trailing slash was removed."),
        ("https://x.io/api/client/features", "https://x.io", "A trailing /api path was removed."),
        ("https://x.io/api/api", "https://x.io", "A trailing /api path was removed."),
        ("https://x.io/apis", "https://x.io/apis", ""),
        ("https://api.split.io/internal/api/v2", "https://api.split.io/internal/api/v2", ""),
        ("https://x.io?a=b#c", "https://x.io", "Everything after ? or # was removed."),
        ("https://x.io/team?mail=a@b", "https://x.io/team", "Everything after ? or # was removed."),
        (" https://x.io\n", "https://x.io", "Spaces around it were removed."),
        ("HTTPS://x.io:443", "https://x.io", ""),
        ("https://x.io:8443/u", "https://x.io:8443/u", ""),
        ("https://x.io.", "https://x.io", ""),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC", ""),
        ("http://localhost:4242", "http://localhost:4242", ""),
        ("http://127.9.9.9", "http://127.9.9.9", ""),
        ("http://[::1]:4242", "http://[::1]:4242", ""),
    ],
)
def test_normalised(text: str, url: str, removed: str) -> None:
    base = normal_base_url(text)
    assert (base.url, base.removed) == (url, removed)


REFUSED = {
    "Enter an address": ["", "   "],
    "must start with https://. Add it": ["unleash.example.com", "localhost:4242"],
    "Only this machine": ["ftp://x.io"],
    "unencrypted": ["http://x.io", "http://127.0.0.1.evil.example", "http://2130706433"],
    "before the @": [
        "https://ana:CANARY@x.io", "https://ana:CAN/ARY@x.io", "https://ana#CANARY@x.io",
        "https://good.example\\@evil.example",
    ],
    "port": ["https://x.io:0", "https://x.io:99999", "https://x.io:CANARY"],
    "spaces": ["https://x .io", "https://x.io/a\tb"],
    "invisible": ["https://x\u200b.io"],
    "not a host name": [
        "https://", "https:///x", "https://a..b", "https://-a.io", "https://x%2eio", "https://[::1",
        "https://[fe80::1%eth0]",
    ],
    "backslash": ["https://x.io/a\\b"],
}  # fmt: skip


@pytest.mark.parametrize(("text", "word"), [(text, word) for word, texts in REFUSED.items() for text in texts])
def test_refused_in_a_sentence_that_quotes_nothing(text: str, word: str) -> None:
    with pytest.raises(AddressError) as caught:
        normal_base_url(text)
    said = str(caught.value)
    assert word in said
    assert said.endswith(".")
    assert "CANARY" not in said
    assert "ARY@" not in said


@given(st.text() | st.builds(lambda s, rest: s + rest, st.sampled_from(["https://", "http://localhost"]), st.text()))
def test_no_text_raises_anything_else_and_the_result_stays_as_it_is(text: str) -> None:
    try:
        url = normal_base_url(text).url
    except AddressError:
        return
    assert normal_base_url(url).url == url
    assert not url.endswith("/")
    assert url.isascii()


def test_loopback() -> None:
    assert all(map(is_loopback, ("localhost", "LOCALHOST.", "127.0.0.1", "127.255.0.3", "::1", "[::1]")))
    assert not any(map(is_loopback, ("", "localhost.example", "128.0.0.1", "10.0.0.1", "::2", "127.1.example")))
