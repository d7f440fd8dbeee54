"""The names of the keys that this program put into the keyring; keyrings cannot be asked for them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from tui.text import limited_json
from tui.text.clean import clean
from tui.text.private_files import read_ordinary, state_dir, write_private

VERSION = 1
_LARGEST = 1024 * 1024


class IndexFileError(Exception):
    """The file of names cannot be read or written. `str()` is a sentence."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One key in the keyring: its user name there, the keyring's human name, when it was stored (epoch s)."""

    user: str
    label: str
    created: float


class Index:
    """The file `keys.json` in this program's state folder (0600): names and dates, never a part of a key."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path

    def read(self) -> dict[str, Entry]:
        """All entries by their user name, in the order of names. Raises IndexFileError."""
        path = self._where()
        try:
            raw = read_ordinary(path, _LARGEST)
            if raw is None or len(raw) > _LARGEST:
                raise ValueError
            document = limited_json.parse_file(raw)
            if document["version"] != VERSION:
                raise ValueError
            entries = [_entry(each) for each in document["keys"]]
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise _unusable(path, error.strerror or "no access") from None
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
            raise _unusable(path, "it is damaged") from None
        return {each.user: each for each in sorted(entries, key=lambda e: e.user)}

    def add(self, entry: Entry) -> None:
        """Write an entry, in place of one with the same user name. Raises IndexFileError."""
        self._write({**self.read(), entry.user: entry})

    def remove(self, user: str) -> None:
        """Take an entry off the list, if it is there. Raises IndexFileError."""
        entries = self.read()
        if entries.pop(user, None) is not None:
            self._write(entries)

    def _write(self, entries: dict[str, Entry]) -> None:
        keys = [{"user": e.user, "label": e.label, "created": e.created} for e in entries.values()]
        path = self._where()
        try:
            write_private(path, json.dumps({"version": VERSION, "keys": keys}, indent=1) + "\n")
        except OSError as error:
            raise _unusable(path, error.strerror or "no access") from None

    def _where(self) -> Path:
        if self._path is None:
            try:
                self._path = state_dir() / "keys.json"
            except OSError as error:
                what = f"The folder of this program cannot be made ({error.strerror or 'no access'})."
                raise IndexFileError(what) from None
        return self._path


def _unusable(path: Path, why: str) -> IndexFileError:
    what = f"The list of stored keys, {clean(str(path))}, cannot be used: {why}."
    return IndexFileError(f"{what} Move it away or correct its rights.")


def _entry(each: object) -> Entry:
    if not isinstance(each, dict) or not isinstance(each["user"], str):
        raise TypeError
    return Entry(clean(each["user"]), clean(str(each["label"])), float(each["created"]))
