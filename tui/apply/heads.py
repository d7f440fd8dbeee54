"""The beginnings of the journals: which imports there are and how far each has come.

A journal of 10,000 flags has megabytes, and its models are heavy; the first screen can do without both. So each file
begins with a small object, which this module reads as plain JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tui.text import limited_json
from tui.text.clean import clean
from tui.text.private_files import read_ordinary
from tui.text.times import minute

HEAD = "head"
FOLDER = "journals"
_LONGEST = 16 * 1024
_MOST = 500
"""Files that are read: the newest ones."""
_UNDER_WAY = ("creating", "created", "starting", "started", "ended")
"""The stages in which something was sent and the end isn't verified."""
_WORDS: Mapping[str, str] = {
    "planned": "not created",
    "creating": "create not confirmed",
    "created": "created, not started",
    "starting": "start not confirmed",
    "started": "started, not finished",
    "ended": "ended, not compared",
    "verified": "compared with the plan",
}


@dataclass(frozen=True, slots=True)
class Head:
    """One import. `touched` is when its journal was written, seconds since the epoch; `stage` one of a journal's."""

    path: Path
    host: str
    project: str
    integration: str
    name: str
    stage: str
    configuration: str
    expected: int
    touched: float
    undone: bool = False
    """An undo took back everything that it created."""

    @property
    def under_way(self) -> bool:
        """It can be resumed: something was sent, and the result isn't verified."""
        return self.stage in _UNDER_WAY

    @property
    def state(self) -> str:
        """Return how far it has come, in words."""
        return "undone" if self.undone and not self.under_way else _WORDS.get(self.stage, self.stage)

    def in_words(self, title: str, arrow: str, now: float, *, practice: bool = False) -> tuple[str, ...]:
        """Return "started, 23 Nov 14:02, Unleash -> EU web-shop" in ever shorter forms; `title` is the integration's.

        In practice the instance is left out: it is an address that changes at each start.
        """
        from tui.launchdarkly.instances import instance  # deferred: most first screens have no journal to show

        try:
            where = "" if practice else instance(self.host).name
        except ValueError:
            where = self.host
        target = f"{where} {self.project}".lstrip()
        at = f"{self.state}, {minute(self.touched, now)}"
        return (f"{at}, {title} {arrow} {target}", f"{at}, {title} {arrow} {self.project}", f"{at}, {self.project}", at)


def head_of(
    identity: Mapping[str, str], stage: str, configuration: str, expected: int, *, undone: bool
) -> dict[str, object]:
    """Return the object that a journal's file begins with, under the name `HEAD`."""
    return {**identity, "stage": stage, "configuration": configuration, "expected": expected, "undone": undone}


def heads(folder: Path) -> tuple[Head, ...]:
    """Return all journals of a folder, running ones first, then by time of writing. Never raises."""
    return survey(folder)[0]


def survey(folder: Path) -> tuple[tuple[Head, ...], tuple[Path, ...]]:
    """Return the `heads` of a folder, and the files that should have one and don't. Never raises."""
    newest = sorted(_files(folder), key=lambda file: (-file[0], file[1].name))[:_MOST]
    results = {path: _read(path, touched) for touched, path in newest}
    readable = [head for head in results.values() if head is not None]
    damaged = tuple(path for path, head in results.items() if head is None)
    return tuple(sorted(readable, key=lambda head: not head.under_way)), damaged


def _files(folder: Path) -> Iterator[tuple[float, Path]]:
    """Files with the time of writing, without those that are gone by now, and dangling links."""
    with suppress(OSError):
        for path in folder.glob("*.json"):
            with suppress(OSError):
                yield path.stat().st_mtime, path


def _read(path: Path, touched: float) -> Head | None:
    """Return None for a file that doesn't begin as a journal does."""
    try:
        text = (read_ordinary(path, _LONGEST) or b"").decode("utf-8", "ignore")
        start = text.index("{", text.index(f'"{HEAD}"'))
        head = limited_json.first_object(text, start)
        texts = {key: _text(head[key]) for key in ("host", "project", "integration", "name", "stage", "configuration")}
        undone = head.get("undone") is True
        return Head(path=path, expected=int(head["expected"]), touched=touched, undone=undone, **texts)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError):
        return None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return clean(value)
