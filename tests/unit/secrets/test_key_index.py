"""The list of names beside the keyring."""

from __future__ import annotations

import stat
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tui.secrets.key_index import Entry, Index, IndexFileError


def test_adds_replaces_and_removes(tmp_path: Path) -> None:
    index = Index(tmp_path / "keys.json")
    assert index.read() == {}
    index.add(Entry("b/token", "KWallet", 1.0))
    index.add(Entry("a/token", "KWallet", 2.0))
    index.add(Entry("b/token", "GNOME Keyring", 3.0))
    index.remove("none")
    assert list(index.read().values()) == [
        Entry("a/token", "KWallet", 2.0),
        Entry("b/token", "GNOME Keyring", 3.0),
    ]
    index.remove("a/token")
    assert list(Index(tmp_path / "keys.json").read()) == ["b/token"]
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600


def test_lies_in_the_state_folder(own_world: Path) -> None:
    Index().add(Entry("a/token", "KWallet", 2.0))
    assert list(Index().read()) == ["a/token"]
    (path,) = own_world.rglob("keys.json")
    assert path.parent.name == "ld-flag-import"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"version": 2, "keys": []}',
        b'{"version": 1, "keys": [{"user": 1}]}',
        b"\xff",
        b"[" * 100000,
    ],
)
def test_a_damaged_list_is_told_and_not_overwritten(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(content)
    for act in (
        Index(path).read,
        lambda: Index(path).remove("a"),
        lambda: Index(path).add(Entry("a", "b", 0)),
    ):
        with pytest.raises(IndexFileError, match="damaged"):
            act()
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(IndexFileError, match="cannot be used"):
        Index(tmp_path / "file" / "keys.json").add(Entry("a", "b", 0))


def test_names_are_cleaned(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text('{"version": 1, "keys": [{"user": "a\\u001b[2J", "label": "\\u202e", "created": 1}]}')
    (entry,) = Index(path).read().values()
    assert (entry.user + entry.label).isprintable()


@given(st.one_of(st.binary(max_size=100), st.from_regex(rb'\{"version": 1, "keys": \[.*\]\}', fullmatch=True)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_any_content_is_read_or_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(content)
    with suppress(IndexFileError):
        assert isinstance(Index(path).read(), dict)
