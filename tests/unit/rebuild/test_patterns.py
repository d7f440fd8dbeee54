"""Patterns that we write, and which of others' all SDKs read alike."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network
from random import Random

import pytest

from tui.rebuild import patterns


@pytest.mark.parametrize("network", ["10.0.0.0/8", "192.168.1.64/27", "1.2.3.4", "0.0.0.0/0", "172.16.0.0/12"])
def test_pattern_of_a_network_matches_its_addresses_alone(network: str) -> None:
    addresses, rng = IPv4Network(network), Random(network)
    pattern = re.compile(patterns.network(addresses))
    first = int(addresses.network_address)
    for near in range(first - 300, first + 300):
        for number in (near % 2**32, rng.getrandbits(32)):
            address = IPv4Address(number)
            assert bool(pattern.search(str(address))) == (address in addresses)
    assert not pattern.search(f"0{addresses.network_address}")
    assert not pattern.search(f"{addresses.network_address}0.1")


@pytest.mark.parametrize(
    ("text", "is_version"),
    [("1.2.3", True), ("1.2.3-rc.1+b-7", True), ("0.0.0", True), ("1.2", False), ("01.2.3", False), ("1.2.3-", False),
     ("1.2.3-01", False), ("v1.2.3", False), ("1.2.3\n", False)],
)  # fmt: skip
def test_whole_versions(text: str, is_version: bool) -> None:
    assert patterns.is_version(text) == is_version


COMMON = ("^a+b$", "[a-z]+@acme\\.com$", "a{2,3}", "(?:ab)*", "[^a-z.]", "[a-z-]", "(a|b)c", "é", "a*?", "\\/x", "")
OTHERS = ("\\d", "\\bx", "a{2}+", "(?i)a", "(?=a)", "(?P<x>a)", "[[:alpha:]]", "[\\w]", "a++", "x{", "a]", "[a&&b]",
          "(a)\\1", "\\x41", "(", "[\U0001f600]", "[a-\\d]")  # fmt: skip


@pytest.mark.parametrize("pattern", COMMON)
def test_common_patterns(pattern: str) -> None:
    assert patterns.is_common(pattern)


@pytest.mark.parametrize("pattern", OTHERS)
def test_patterns_with_dialects(pattern: str) -> None:
    assert not patterns.is_common(pattern)


def test_any_case_matches_each_case() -> None:
    pattern = re.compile(f"^{patterns.any_case('Ab.1é')}$")
    assert all(pattern.search(text) for text in ("Ab.1é", "aB.1É"))
    assert not pattern.search("Abx1é")


@pytest.mark.parametrize(
    ("pattern", "letters"),
    [("^x[0-9]+$", "x"), ("ab?c*d+", "ad"), ("(ab)c", "c"), ("a|b", ""), ("a\\.b{2}c", "a.c"), ("\\d", "")],
)
def test_letters_that_a_pattern_requires(pattern: str, letters: str) -> None:
    assert patterns.required(pattern) == letters
