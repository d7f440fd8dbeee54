"""References of a recipe: read, written and resolved, never echoing what should not stand there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.net.errors import Failure, Kind
from tui.secrets.references import LARGEST, NotAReferenceError, Reference, parse, resolve

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
