"""How an import stands, told from one look to the next: a small machine that is fed with looks and knows no network.

LaunchDarkly gives a status without counts, and right after a start it may still show the end of the run before.
So an end counts only if its own time has moved since the start; where no times are told, if it was seen to run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from tui.apply.journal import Mark, mark_of, print_of
from tui.launchdarkly.models import ImportFault, ImportStatus
from tui.launchdarkly.words import fault_in_words

FASTEST = 2.0
"""Seconds from one look to the next at least: the limit is shared by the whole account."""
SLOWEST = 15.0
STUCK_AFTER = 300.0
"""Seconds without any movement after which an import is called stuck."""
RUNS = "importing"
"""The status of an import that is under way."""
WAITS = "pending"
"""The status of an import that is queued, and of a configuration that was never started."""
ENDS = ("complete", "failed", "partial")
"""The statuses in which an import is over."""
_SURE_LOOKS = 3
"""Looks in a row that tell one end whose time has not moved, until it is believed."""
_SETTLED = 30.0
"""Seconds without movement after which all flags being there is the end, though the status never changed."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What one look brought: keys that have arrived since the last one, and errors that are new, in words.

    `at` is the moment of the look. By LaunchDarkly's own time the latest of the new flags was created at `came_at`,
    and the errors happened at `errors_at`; None if it doesn't say. `changed_at` is when the import last changed, as
    far as that is known; 0 if only its state was seen. All in seconds since the epoch.
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
    """`expected` are the keys that can arrive; `mark` is the status before the start, None where nobody noted it:
    then what stands there is how it is. `redact` takes known secrets out of errors.

    Times are in seconds since the epoch.
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
    _told: dict[str, str] = field(default_factory=dict)
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
        there: Iterable[str],
        now: float,
        created: Mapping[str, int | None] = MappingProxyType({}),
    ) -> Moved | None:
        """Take a look in: what has moved since the last one, None where nothing has. `created` is when LaunchDarkly
        created the flags, in ms since the epoch."""
        if self._blind:  # nobody saw whether it moved meanwhile
            self.moved_at += now - self._looked_at
        self._blind, self._looked_at = False, now
        fresh = tuple(key for key in dict.fromkeys(there) if key in self.expected and key not in self.arrived)
        self.arrived |= set(fresh)
        errors = dict(self._new_errors(status.errors))
        mark = mark_of(status)
        moved = bool(fresh or errors) or mark != self._last
        dates = [at for key in fresh if (at := created.get(key)) is not None]
        came_at = max(dates) / 1000 if dates else None
        if moved and (fresh or errors or self._last is not None):
            self.changed_at = min(now, max((at for at in (came_at, *errors.values()) if at is not None), default=now))
        self._take(mark)
        if moved:
            self.moved_at, self.pause = now, FASTEST
        else:
            self.pause = min(self.pause * 1.5, SLOWEST)
        if self._is_over(mark, now):
            self.ended = mark
        if not moved:
            return None
        return Moved(
            mark.status,
            len(self.arrived),
            len(self.expected),
            fresh,
            tuple(errors),
            now,
            came_at,
            tuple(errors.values()),
            self.changed_at,
        )

    def _take(self, mark: Mark) -> None:
        an_end = mark.status in ENDS
        same = self._last is not None and self._last.status == mark.status
        self._same_end = (self._same_end + 1 if same else 1) if an_end else 0
        self._ran = self._ran or not an_end or (self.mark is not None and mark.status != self.mark.status)
        self._last, self.status = mark, mark.status

    def missed(self) -> None:
        """A look has failed. The import is not affected, and whether it moves is not known."""
        self._blind = True
        self.pause = min(self.pause * 1.5, SLOWEST)

    def _new_errors(self, errors: Iterable[ImportFault]) -> Iterable[tuple[str, float | None]]:
        """Those that were not told yet, with when they happened. What stood there before the start is of another run,
        until it goes away."""
        present = {print_of(each): each for each in errors}
        self._old &= present.keys()
        for key, each in present.items():
            before = key in self._old or (each.timestamp is not None and each.timestamp < self._marked())
            if not before and key not in self._told:
                self._told[key] = self.redact(fault_in_words(each))
                yield self._told[key], None if each.timestamp is None else each.timestamp / 1000

    def _marked(self) -> int:
        """The latest moment that the status told of before the start, ms since the epoch."""
        return max(self.mark.last_import or 0, self.mark.last_error or 0) if self.mark else 0

    def _is_over(self, mark: Mark, now: float) -> bool:
        if mark.status not in ENDS:
            return False
        if self.mark is None:
            return True
        if self._is_older(mark):
            return False
        if self._has_new_time(mark, self.mark):
            return True
        timeless = not any((mark.last_import, mark.last_error, self.mark.last_import, self.mark.last_error))
        sure = self._same_end >= _SURE_LOOKS
        if self._ran:
            return timeless or sure
        return mark.status == "complete" and self._all_here() and sure and now - self.moved_at >= _SETTLED

    def _is_older(self, mark: Mark) -> bool:
        """All times that LaunchDarkly gives for this end lie before the start."""
        imported, failed = (mark.last_import,), (mark.last_error,)
        times = {"complete": imported, "failed": failed}.get(mark.status, imported + failed)
        known = [at for at in times if at is not None]
        return self.since is not None and bool(known) and max(known) < self.since

    @staticmethod
    def _has_new_time(mark: Mark, before: Mark) -> bool:
        """The time that belongs to an end has moved; a part may have moved either."""
        imported = (mark.last_import or 0) > (before.last_import or 0)
        failed = (mark.last_error or 0) > (before.last_error or 0)
        return {"complete": imported, "failed": failed}.get(mark.status, imported or failed)

    def _all_here(self) -> bool:
        return bool(self.expected) and self.arrived == self.expected

    def stuck(self, now: float) -> bool:
        """Nothing has moved for too long, it has not ended, and the last look went well."""
        return not self.ended and not self._blind and now - self.moved_at >= self.stuck_after

    @property
    def errors(self) -> tuple[str, ...]:
        """All errors of this run, in words."""
        return tuple(self._told.values())
