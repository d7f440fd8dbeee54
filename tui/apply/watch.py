"""The state of a running import, from one look to the next. It sends no request.

LaunchDarkly gives a status without counts, and right after a start it may still show the end of the run before. So an
end counts only if its own time has moved since the start; if LaunchDarkly gives no times, only if it was seen running.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from tui.apply.journal import Mark, mark_of, print_of
from tui.launchdarkly.models import ImportFault, ImportStatus
from tui.launchdarkly.words import fault_in_words

FASTEST = 2.0
"""The shortest time between two looks, in seconds: the whole account shares the rate limit."""
SLOWEST = 15.0
STUCK_AFTER = 300.0
"""Seconds without progress after which an import counts as stuck."""
RUNS = "importing"
"""The status of a running import."""
WAITS = "pending"
"""The status of an import that is queued, and of a configuration that was never started."""
ENDS = ("complete", "failed", "partial")
"""The statuses in which an import is over."""
_SURE_LOOKS = 3
"""Looks in a row that must show the same end if its time hasn't moved."""
_SETTLED = 30.0
"""Seconds without progress after which a complete import with all flags has ended, though its status never changed."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What one look shows: keys imported since the last one, and new errors, in words.

    `at` is the moment of the look. By LaunchDarkly's own time the latest of the new flags was created at `came_at`,
    and the errors happened at `errors_at`; None if it doesn't say. `changed_at` is when the import last changed, 0 if
    no change was seen. All in seconds since the epoch.
    """

    status: str
    arrived: int
    expected: int
    fresh: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    at: float = 0.0
    came_at: float | None = None
    errors_at: tuple[float | None, ...] = ()
    changed_at: float = 0.0


@dataclass
class Watch:
    """`expected` are the keys that can be imported. `mark` is the status before the start; if it is None, the current
    status counts. `redact` takes known secrets out of errors. Times are in seconds since the epoch.
    """

    expected: frozenset[str]
    mark: Mark | None
    began: float
    stuck_after: float = STUCK_AFTER
    redact: Callable[[str], str] = str
    since: int | None = None
    """When the start was sent by LaunchDarkly's clock, ms since the epoch: an end before it is of another run."""
    arrived: set[str] = field(default_factory=set)
    status: str = ""
    ended: Mark | None = None
    """The status in which it ended, None while it runs."""
    moved_at: float = 0.0
    """Since when it has shown no progress; time without a successful look doesn't count."""
    changed_at: float = 0.0
    """As in `Moved`."""
    pause: float = FASTEST
    _errors: dict[str, str] = field(default_factory=dict)
    _old: set[str] = field(default_factory=set)
    _ran: bool = False
    _last: Mark | None = None
    _looked_at: float = 0.0
    _blind: bool = True
    _same_end: int = 0

    def __post_init__(self) -> None:
        self.moved_at = self._looked_at = self.began
        self._old = set(self.mark.errors) if self.mark is not None else set()

    def look(
        self,
        status: ImportStatus,
        present: Iterable[str],
        now: float,
        created: Mapping[str, int | None] = MappingProxyType({}),
    ) -> Moved | None:
        """Take in a look, and return what has changed since the last one, if anything. `created` is when LaunchDarkly
        created the flags, in ms since the epoch."""
        if self._blind:  # whether it moved meanwhile isn't known
            self.moved_at += now - self._looked_at
        self._blind, self._looked_at = False, now
        fresh = tuple(key for key in dict.fromkeys(present) if key in self.expected and key not in self.arrived)
        self.arrived |= set(fresh)
        errors = dict(self._new_errors(status.errors))
        mark = mark_of(status)
        moved = bool(fresh or errors) or mark != self._last
        dates = [at for key in fresh if (at := created.get(key)) is not None]
        came_at = max(dates) / 1000 if dates else None
        if moved and (fresh or errors or self._last is not None):
            self.changed_at = min(now, max((at for at in (came_at, *errors.values()) if at is not None), default=now))
        is_end, same = mark.status in ENDS, self._last is not None and self._last.status == mark.status
        self._same_end = (self._same_end + 1 if same else 1) if is_end else 0
        self._ran = self._ran or not is_end or (self.mark is not None and mark.status != self.mark.status)
        self._last, self.status = mark, mark.status
        if moved:
            self.moved_at, self.pause = now, FASTEST
        else:
            self.pause = min(self.pause * 1.5, SLOWEST)
        if self._is_over(mark, now):
            self.ended = mark
        if not moved:
            return None
        return Moved(
            mark.status, len(self.arrived), len(self.expected), fresh, tuple(errors), now, came_at,
            tuple(errors.values()), self.changed_at,
        )  # fmt: skip

    def missed(self) -> None:
        """A look has failed. The import is not affected, and whether it moves is not known."""
        self._blind = True
        self.pause = min(self.pause * 1.5, SLOWEST)

    def _new_errors(self, errors: Iterable[ImportFault]) -> Iterable[tuple[str, float | None]]:
        """New errors, with when they happened. Those listed before the start are of another run, until they are gone
        from the list."""
        present = {print_of(error): error for error in errors}
        self._old &= present.keys()
        marked = max(self.mark.last_import or 0, self.mark.last_error or 0) if self.mark else 0
        for key, error in present.items():
            before = key in self._old or (error.timestamp is not None and error.timestamp < marked)
            if not before and key not in self._errors:
                self._errors[key] = self.redact(fault_in_words(error))
                yield self._errors[key], None if error.timestamp is None else error.timestamp / 1000

    def _is_over(self, mark: Mark, now: float) -> bool:
        if mark.status not in ENDS:
            return False
        if self.mark is None:
            return True
        times = mark.end_times
        if self.since is not None and times and max(times.values()) < self.since:
            return False  # the end of another run
        if any(at > (getattr(self.mark, name) or 0) for name, at in times.items()):
            return True
        timeless = not any((mark.last_import, mark.last_error, self.mark.last_import, self.mark.last_error))
        sure = self._same_end >= _SURE_LOOKS
        if self._ran:
            return timeless or sure
        settled = sure and now - self.moved_at >= _SETTLED
        return mark.status == "complete" and bool(self.expected) and self.arrived == self.expected and settled

    def stuck(self, now: float) -> bool:
        """Nothing has moved for too long, it has not ended, and the last look went well."""
        return not self.ended and not self._blind and now - self.moved_at >= self.stuck_after

    @property
    def errors(self) -> tuple[str, ...]:
        """All errors of this run, in words."""
        return tuple(self._errors.values())
