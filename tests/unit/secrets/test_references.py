"""References of a recipe and the keys they name: used as they are or refused, and never echoed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tui.net.errors import Failure, Kind
from tui.secrets.references import (
    LARGEST,
    NotAReferenceError,
    Reference,
    UnusableKeyError,
    is_of_the_system,
    is_placeholder,
    key_in,
    parse,
    readable_by_others,
    resolve,
)
from tui.text.redact import SHORTEST

CANARY = "api-canary-7d1f0c"
KEY = "an-opaque-key-of-split-0123456789"


@pytest.mark.parametrize("text", ["env:LD_ACCESS_TOKEN", "file:/run/secrets/a key", "file:~/key", "keyring"])
def test_reference_reads_back_as_written(text: str) -> None:
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    "text", [CANARY, f"env:{CANARY}", "env:", "file:", "keyring:x", "Keyring", "", "env", f"{CANARY}:env", "file:a\0b"]
)
def test_value_in_place_of_a_reference_is_refused_and_not_echoed(text: str) -> None:
    with pytest.raises(NotAReferenceError) as refused:
        parse(text)
    assert CANARY not in str(refused.value)
    assert "env:NAME" in str(refused.value)


@given(st.text())
def test_any_text_is_a_reference_or_refused(text: str) -> None:
    try:
        reference = parse(text)
    except NotAReferenceError:
        return
    assert parse(str(reference)) == reference


def value(reference: Reference, **environ: str) -> str:
    return resolve(reference, label="import key", field="ldApiKey", environ=environ).get_secret_value()


def refusal(reference: Reference, **environ: str) -> str:
    with pytest.raises(Failure) as failed:
        value(reference, **environ)
    failure = failed.value
    assert (failure.kind, failure.exit_code, failure.field) == (Kind.CREDENTIAL, 3, "ldApiKey")
    assert str(failure).isprintable()
    return str(failure)


@pytest.mark.parametrize(("environ", "what"), [({}, "KEY is not set"), ({"KEY": " \n"}, "KEY is empty")])
def test_variable_loses_its_blanks_and_is_named_if_missing(environ: dict[str, str], what: str) -> None:
    assert value(Reference("env", "KEY"), KEY=f" {CANARY}\n") == CANARY
    assert what in refusal(Reference("env", "KEY"), **environ)


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
@pytest.mark.parametrize(("mode", "is_open"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True)])
def test_file_that_others_can_read_is_used_with_a_warning(tmp_path: Path, mode: int, is_open: bool) -> None:
    path, warnings = tmp_path / "key", list[str]()
    path.write_bytes(b"\xef\xbb\xbf" + CANARY.encode() + b"\r\n")
    path.chmod(mode)
    reference = Reference("file", str(path))
    key = resolve(reference, label="import key", field="ldApiKey", environ={}, warn=warnings.append)
    assert key.get_secret_value() == CANARY
    assert readable_by_others(path) is is_open
    assert len(warnings) == is_open
    assert all(str(path) in text and CANARY not in text for text in warnings)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"x" * (LARGEST + 1), "larger than 64 KiB"),
    ],
)
def test_file_without_a_key_is_refused(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "key\x1b[2J"
    path.write_bytes(content)
    assert what in refusal(Reference("file", str(path)))


def test_file_at_home_of_64_kib_is_read(own_world: Path) -> None:
    (own_world / "key").write_bytes(b"x" * LARGEST)
    assert len(value(Reference("file", "~/key"))) == LARGEST


@pytest.mark.timeout(5)
def test_anything_but_an_ordinary_file_is_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, what in (
        (pipe, "is not a regular file"), (tmp_path / "none", "No such file"), (tmp_path, ""),
        (Path("~nobody-of-that-name/key"), "no such user"), ("/proc/self/environ", "is a system file"),
    ):  # fmt: skip
        assert what in refusal(Reference("file", str(path)))
    with pytest.raises(KeyError):
        value(Reference("keyring"))


def test_files_of_the_system_are_recognized_by_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


# --- which text may be a key

PRINTABLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=SHORTEST, max_size=80)


@pytest.mark.parametrize(
    "text",
    [
        KEY, f"{KEY}\n", f"{KEY}\r\n", f"{KEY}\r", f"\ufeff{KEY}\n", f"  {KEY}\t\n", f"{KEY}\n  ", f"\t{KEY} ",
        f"\xa0{KEY}",
    ],
)  # fmt: skip
def test_ends_of_a_key_are_trimmed(text: str) -> None:
    assert key_in(text, "KEY") == KEY


@pytest.mark.parametrize(
    "text",
    [
        *(f"{KEY[:9]}{inside}{KEY[9:]}" for inside in ("\n", "\r", "\u2028", "\v", " ", "\xa0", "\t", "\0", "\u200b")),
        f"{KEY}\n{KEY}\n", f"{KEY}\n\n", f"\n{KEY}", f"Bearer {KEY}", f"{KEY}\x1b", f"\ufeff\ufeff{KEY}",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
        '{"type": "service_account", "private_key_id": "0123456789"}', f'{{"key":"{KEY}"}}', f'{{"key":"{KEY}"}}\n',
        "HOME=/root\0LD_ACCESS_TOKEN=x\0", "x" * (SHORTEST - 1), "", " \n", "\ufeff",
    ],
)  # fmt: skip
def test_text_that_is_no_key_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(UnusableKeyError) as refused:
        key_in(text, "KEY")
    assert str(refused.value).startswith("KEY ")
    assert KEY[:9] not in str(refused.value)


@given(PRINTABLE)
def test_key_is_used_unchanged(key: str) -> None:
    assume(key[0] + key[-1] != "{}" and not is_placeholder(key))
    assert key_in(key, "KEY") == key_in(f"\ufeff {key}\t\r\n", "KEY") == key


@given(st.text(max_size=200))
def test_any_key_has_one_line_and_no_blank(text: str) -> None:
    try:
        key = key_in(text, "KEY")
    except UnusableKeyError:
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
def test_placeholder_is_no_key(text: str) -> None:
    assert is_placeholder(text)
    with pytest.raises(UnusableKeyError):
        key_in(f"{text}\n", "KEY")


NAMES = st.text(st.characters(categories=("Lu", "Ll", "Nd"), include_characters="-_. "), min_size=5, max_size=60)
LOOKALIKES = ["none", "Null-safety flags", "Costs $5", "50% rollout", "(beta)", "[web]", "<3 flags", "a#b"]


@given(NAMES | st.sampled_from(LOOKALIKES))
def test_ordinary_name_is_no_placeholder(name: str) -> None:
    assume(name.strip() != "undefined" and "__" not in name)
    assert not is_placeholder(name)
