"""How an import stands, told from one look to the next: a small machine that is fed with looks and knows no network.

LaunchDarkly gives a status without counts, and right after a start it may still show the end of the run before.
So an end counts only if one of its times has moved since the start, or if the import was seen to run.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tui.flagimport.journal import Mark
from tui.launchdarkly.models import ImportFault, ImportStatus
from tui.launchdarkly.words import fault_in_words

FASTEST = 2.0
"""Seconds from one look to the next at least: the limit is shared by the whole account."""
SLOWEST = 15.0
STUCK_AFTER = 300.0
"""Seconds without any movement after which an import is called stuck."""
_ENDS = ("complete", "failed", "partial")
_RUNS = ("importing",)


@dataclass(frozen=True, slots=True)
class Moved:
    """What one look brought: keys that have arrived since the last one, and errors that are new, in words."""

    status: str
    arrived: int
    expected: int
    fresh: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    at: float = 0.0


@dataclass
class Watch:
    """`expected` are the planned keys; `mark` is the status before the start, None where nobody noted it.

    Times are in seconds since the epoch.
    """

    expected: frozenset[str]
    mark: Mark | None
    began: float
    stuck_after: float = STUCK_AFTER
    arrived: set[str] = field(default_factory=set)
    status: str = ""
    ended: str = ""
    """The status in which it ended, "" while it runs."""
    moved_at: float = 0.0
    pause: float = FASTEST
    _told: dict[str, None] = field(default_factory=dict)
    _ran: bool = False
    _last: Mark | None = None

    def __post_init__(self) -> None:
        self.moved_at = self.began

    def look(self, status: ImportStatus, there: Iterable[str], now: float) -> Moved | None:
        """Take a look in: what has moved since the last one, None where nothing has."""
        fresh = tuple(key for key in there if key in self.expected and key not in self.arrived)
        self.arrived |= set(fresh)
        now_mark = Mark(status.status, status.last_import, status.last_error)
        errors = tuple(self._new_errors(status.errors))
        moved = bool(fresh or errors) or now_mark != self._last
        first = self._last is None
        self._last, self.status = now_mark, status.status
        self._ran = self._ran or status.status in _RUNS
        if status.status in _ENDS and (self._ran or self._is_new(now_mark) or self._all_here()):
            self.ended = status.status
        if not moved:
            self.pause = min(self.pause * 1.5, SLOWEST)
            return None
        self.pause = FASTEST
        if not first or fresh or errors:
            self.moved_at = now
        return Moved(status.status, len(self.arrived), len(self.expected), fresh, errors, now)

    def _new_errors(self, errors: Iterable[ImportFault]) -> Iterable[str]:
        """Errors from before the start are those of another run."""
        for each in errors:
            before = self.mark is not None and each.timestamp is not None and each.timestamp <= self._marked()
            text = fault_in_words(each)
            if not before and text not in self._told:
                self._told[text] = None
                yield text

    def _marked(self) -> int:
        """The latest moment that the status told of before the start, ms since the epoch."""
        return max((self.mark.last_import or 0, self.mark.last_error or 0)) if self.mark else 0

    def _is_new(self, mark: Mark) -> bool:
        if self.mark is None:
            return True  # nobody started it here: what stands there is how it is
        return (mark.last_import, mark.last_error) != (self.mark.last_import, self.mark.last_error)

    def _all_here(self) -> bool:
        return bool(self.expected) and self.arrived == self.expected

    def stuck(self, now: float) -> bool:
        """Nothing has moved for too long, and it has not ended."""
        return not self.ended and now - self.moved_at >= self.stuck_after

    @property
    def errors(self) -> tuple[str, ...]:
        """All errors of this run, in words."""
        return tuple(self._told)
