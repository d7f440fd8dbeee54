"""Secrets from files and variables: taken as they are, or refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tui.secrets.intake import SHORTEST, UnusableError, is_of_the_system, key_in, readable_by_others
from tui.secrets.placeholders import is_placeholder

KEY = "an-opaque-key-of-split-0123456789"
PRINTABLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=SHORTEST, max_size=80)


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        f"{KEY}\n",
        f"{KEY}\r\n",
        f"{KEY}\r",
        f"\ufeff{KEY}\n",
        f"  {KEY}\t\n",
        f"{KEY}\n  ",
        f"\t{KEY} ",
        f"\xa0{KEY}",
    ],
)
def test_the_ends_are_trimmed(text: str) -> None:
    assert key_in(text) == KEY


@pytest.mark.parametrize(
    "text",
    [
        f"{KEY}\n{KEY}\n",
        f"{KEY}\n\n",
        f"\n{KEY}",
        f"{KEY[:9]}\n{KEY[9:]}",
        f"{KEY[:9]}\r{KEY[9:]}",
        f"{KEY[:9]}\u2028{KEY[9:]}",
        f"{KEY[:9]}\v{KEY[9:]}",
        f"{KEY[:9]} {KEY[9:]}",
        f"{KEY[:9]}\xa0{KEY[9:]}",
        f"Bearer {KEY}",
        f"{KEY[:9]}\t{KEY[9:]}",
        f"{KEY[:9]}\0{KEY[9:]}",
        f"{KEY}\x1b",
        f"{KEY[:9]}\u200b{KEY[9:]}",
        f"\ufeff\ufeff{KEY}",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
        '{"type": "service_account", "private_key_id": "0123456789"}',
        f'{{"key":"{KEY}"}}',
        f'{{"key":"{KEY}"}}\n',
        "HOME=/root\0LD_ACCESS_TOKEN=x\0",
        "x" * (SHORTEST - 1),
        "",
        " \n",
        "\ufeff",
    ],
)
def test_what_is_no_key_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(UnusableError) as refused:
        key_in(text)
    assert KEY[:9] not in str(refused.value)


@given(PRINTABLE)
def test_a_key_is_taken_unchanged(key: str) -> None:
    assume(key[0] + key[-1] != "{}")
    if not is_placeholder(key):
        assert key_in(key) == key
        assert key_in(f"\ufeff {key}\t\r\n") == key


@given(st.text(max_size=200))
def test_what_is_taken_has_one_line_and_no_blank(text: str) -> None:
    try:
        key = key_in(text)
    except UnusableError:
        return
    assert key in text
    assert len(key) >= SHORTEST
    assert key.split() == [key]


PLACEHOLDERS = [
    "$LD_ACCESS_TOKEN", "${LD_ACCESS_TOKEN}", "$(LD_ACCESS_TOKEN)", "${{ secrets.LD_ACCESS_TOKEN }}",
    "{{ ld_access_token }}", "{{ .Values.token }}", "{{token}}", "#{LD_ACCESS_TOKEN}", "#{LD_ACCESS_TOKEN}#",
    "%LD_ACCESS_TOKEN%", "__LD_ACCESS_TOKEN__", "((ld-access-token))", "<your-access-token>", "<YOUR KEY>",
    "op://vault/launchdarkly/token", "ref+vault://secret/data/launchdarkly", "vault://secret/launchdarkly",
    "@Microsoft.KeyVault(SecretUri=https://x.vault.azure.net/secrets/t)",
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:t", "null", "undefined", "None", "[object Object]",
    "${STAGE}-production", "api-${ID}",
]  # fmt: skip


@pytest.mark.parametrize("text", PLACEHOLDERS)
def test_a_placeholder_is_no_key(text: str) -> None:
    assert is_placeholder(text)
    with pytest.raises(UnusableError):
        key_in(f"{text}\n")


NAMES = st.text(st.characters(categories=("Lu", "Ll", "Nd"), include_characters="-_. "), min_size=5, max_size=60)


@given(NAMES)
def test_an_ordinary_name_is_no_placeholder(name: str) -> None:
    assume(name.strip() != "undefined" and "__" not in name)
    assert not is_placeholder(name)


@pytest.mark.parametrize(
    "name", ["none", "Null-safety flags", "Costs $5", "50% rollout", "(beta)", "[web]", "<3 flags", "a#b"]
)
def test_a_name_may_look_a_little_like_one(name: str) -> None:
    assert not is_placeholder(name)


def test_files_of_the_system_are_known_by_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link, folder, key = tmp_path / "link", tmp_path / "folder", tmp_path / "key"
    link.symlink_to("/proc/self/environ")
    folder.symlink_to("/proc/self")
    key.write_text(KEY)
    up = "../" * len(tmp_path.parts)
    for path in (
        "/proc/self/environ", "//proc/self/environ", "/proc/./self/../self/environ", "/dev/stdin", "/dev/fd/0",
        "/dev/shm/key", "/proc", f"/proc/self/root{key}", str(link), f"{folder}/environ",
        f"{tmp_path}/{up}proc/version",
    ):  # fmt: skip
        assert is_of_the_system(Path(path)), path
    monkeypatch.chdir("/proc")
    assert is_of_the_system(Path("self/environ"))
    monkeypatch.chdir(tmp_path)
    for path in (str(key), "key", f"/proc/..{key}", "/etc/hostname", "/process/key", "/development/key"):
        assert not is_of_the_system(Path(path)), path


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
@pytest.mark.parametrize(
    ("mode", "open_"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True), (0o644, True)]
)
def test_who_may_read_a_file(tmp_path: Path, mode: int, open_: bool) -> None:
    path = tmp_path / "key"
    path.write_text(KEY)
    path.chmod(mode)
    assert readable_by_others(path) is open_
