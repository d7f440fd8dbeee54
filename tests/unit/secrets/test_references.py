"""References of a recipe: read, written and resolved, never echoing what should not stand there."""

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


@pytest.mark.parametrize("text", ["env:LD_ACCESS_TOKEN", "file:/run/secrets/a key", "file:~/key", "keyring"])
def test_reads_back_what_it_writes(text: str) -> None:
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        CANARY,
        f"env:{CANARY}",
        "env:",
        "file:",
        "keyring:x",
        "Keyring",
        "",
        "env",
        f"{CANARY}:env",
        "file:a\0b",
    ],
)
def test_a_value_is_refused_and_not_echoed(text: str) -> None:
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


def test_resolves_a_variable_without_its_blanks() -> None:
    assert value(Reference("env", "KEY"), KEY=f" {CANARY}\n") == CANARY


@pytest.mark.parametrize(("environ", "what"), [({}, "KEY is not set"), ({"KEY": " \n"}, "KEY is empty")])
def test_a_missing_variable_is_named(environ: dict[str, str], what: str) -> None:
    with pytest.raises(Failure) as failed:
        value(Reference("env", "KEY"), **environ)
    assert failed.value.kind is Kind.CREDENTIAL
    assert failed.value.exit_code == 3
    assert failed.value.field == "ldApiKey"
    assert what in str(failed.value)


def test_resolves_a_file_with_a_mark_and_a_line_break(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"\xef\xbb\xbf" + CANARY.encode() + b"\r\n")
    assert value(Reference("file", str(path))) == CANARY


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
@pytest.mark.parametrize(("mode", "count"), [(0o600, 0), (0o640, 1), (0o604, 1)])
def test_a_file_that_others_can_read_is_taken_with_a_warning(tmp_path: Path, mode: int, count: int) -> None:
    path, warnings = tmp_path / "key", list[str]()
    path.write_text(CANARY)
    path.chmod(mode)
    reference = Reference("file", str(path))
    got = resolve(reference, label="import key", field="ldApiKey", environ={}, warn=warnings.append)
    assert got.get_secret_value() == CANARY
    assert len(warnings) == count
    assert all(str(path) in each and CANARY not in each for each in warnings)


@pytest.mark.parametrize("name", ["/proc/self/environ", "/dev/null", "/dev/stdin"])
def test_files_of_the_system_are_refused(name: str, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(name)
    for path in (name, str(link), f"{tmp_path}/../../../../../../..{name}"):
        with pytest.raises(Failure) as failed:
            value(Reference("file", path))
        assert (failed.value.kind, failed.value.field) == (Kind.CREDENTIAL, "ldApiKey")


def test_a_tilde_is_home(own_world: Path) -> None:
    (own_world / "key").write_text(CANARY)
    assert value(Reference("file", "~/key")) == CANARY


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\xff\xfe", "holds no text"),
        (b"x" * (LARGEST + 1), "larger than 64 KiB"),
    ],
)
def test_a_file_without_a_key_is_told(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "key\x1b[2J"
    path.write_bytes(content)
    with pytest.raises(Failure, match=what) as failed:
        value(Reference("file", str(path)))
    assert "\x1b" not in str(failed.value)


def test_a_file_of_64_kib_is_read(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"x" * LARGEST)
    assert len(value(Reference("file", str(path)))) == LARGEST


@pytest.mark.timeout(5)
def test_what_is_no_ordinary_file_is_told(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, what in (
        (pipe, "is not an ordinary file"),
        (tmp_path / "none", "No such file"),
        (Path("~nobody-of-that-name/key"), "no such user"),
    ):
        with pytest.raises(Failure, match=what):
            value(Reference("file", str(path)))
    with pytest.raises(Failure):
        value(Reference("file", str(tmp_path)))


def test_the_keyring_is_not_answered_here() -> None:
    with pytest.raises(KeyError):
        value(Reference("keyring"))


# --- which text may be a key

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
    assert key_in(text, "KEY") == KEY


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
    with pytest.raises(UnusableKeyError) as refused:
        key_in(text, "KEY")
    assert KEY[:9] not in str(refused.value)


@given(PRINTABLE)
def test_a_key_is_taken_unchanged(key: str) -> None:
    assume(key[0] + key[-1] != "{}")
    if not is_placeholder(key):
        assert key_in(key, "KEY") == key
        assert key_in(f"\ufeff {key}\t\r\n", "KEY") == key


@given(st.text(max_size=200))
def test_what_is_taken_has_one_line_and_no_blank(text: str) -> None:
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
def test_a_placeholder_is_no_key(text: str) -> None:
    assert is_placeholder(text)
    with pytest.raises(UnusableKeyError):
        key_in(f"{text}\n", "KEY")


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
