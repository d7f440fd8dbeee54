"""Progress of a reading and of an import: one live line on a terminal, otherwise a line for each change."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tui.apply.import_errors import foreseen
from tui.apply.journal import Journal
from tui.apply.start_watch import Ended, Resting, Stuck
from tui.apply.watch import Moved
from tui.commands.output import Output, encodable, terminal_width
from tui.net.errors import Failure, Kind, Remedy
from tui.net.events import Counted, Pausing, ProgressEvent
from tui.plan.words import flags
from tui.report.words import ENDS
from tui.text.cells import cells, fitted
from tui.text.clean import clean
from tui.text.times import span, time_of_day

_SECONDS_BETWEEN = 1.0


class Progress:
    """One line of the terminal behind stderr, rewritten in place. Writes nothing with `quiet`, if stderr is no
    terminal or TERM=dumb, or if JSON lines go to the same terminal."""

    def __init__(
        self,
        output: Output,
        *,
        quiet: bool = False,
        timer: Callable[[], float] = time.perf_counter,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._stream, self._style = output.err, output.err_style
        self._redactor = output.redactor
        self._timer, self._now = timer, now
        beside_json = output.as_json and output.width is not None
        self._width = None if quiet or beside_json or not self._style.live else terminal_width(output.err)
        self._counted: dict[str, Counted] = {}
        self._at: float | None = None
        self._written = 0

    @property
    def live(self) -> bool:
        """Whether the line is shown."""
        return self._width is not None

    def bar(self, done: int, total: int) -> tuple[str, int]:
        """Return a bar and its width, to be shown before a text."""
        return self._style.bar(done, total)

    def happened(self, event: ProgressEvent) -> None:
        """Show an event that says how far the reading is, at most once a second. Ignore others."""
        if isinstance(event, Counted):
            self._counted[event.what] = event
            if self._at is None or self._timer() - self._at >= _SECONDS_BETWEEN:
                self.show("   ".join(count.words for count in self._counted.values()))
        elif isinstance(event, Pausing):
            until = time_of_day(event.until, self._now())
            limit = f" (limit of {event.limit})" if event.limit else ""
            self.show(f"{event.peer or 'The server'} asked for a pause{limit}. Continuing at {until}.")

    def show(self, text: str, lead: str = "", lead_cells: int = 0) -> None:
        """Replace the line with `lead`, which may have color and fills `lead_cells`, and `text`."""
        if self._width is None:
            return
        self._at = self._timer()
        line = encodable(clean(self._redactor(text)), self._stream)
        if lead_cells + cells(line) >= self._width:  # a full line would break
            line = fitted(line, max(0, self._width - 1 - lead_cells), "")
        used = lead_cells + cells(line)
        self._stream.write(f"\r{lead}{line}{' ' * max(0, self._written - used)}")
        self._stream.flush()
        self._written = used

    def close(self) -> None:
        """Clear the line for the next message."""
        if self._written:
            self._stream.write(f"\r{' ' * self._written}\r")
            self._stream.flush()
            self._written = 0


@dataclass
class ImportProgress:
    """How an import advances, for `apply` and `configs watch`. With JSON, its lines are events.

    `expected` is None if no plan of the import is known. Each error is shown once, marked if the plan foresaw it.
    """

    output: Output
    line: Progress
    quiet: bool = False
    _last: tuple[str, int] | None = None
    _errors: set[str] = field(default_factory=set)

    def moved(self, event: Moved, journal: Journal | None, *, planned: bool = True) -> None:
        arrived, expected = (event.arrived, event.expected) if planned else (None, None)
        changed = (event.status, event.arrived) != self._last
        self._last = (event.status, event.arrived)
        self.errors(event.errors, journal)
        text = _state(event.status, arrived, expected)
        if changed and not self.quiet and self.output.as_json:
            fields = {"status": event.status, "arrived": arrived, "expected": expected}
            self.output.document({"event": "progress", **fields})
        if changed and not self.quiet and not self.output.as_json and not self.line.live:
            self.output.paragraph(text)
        if expected:
            self.line.show(f"  {text}", *self.line.bar(event.arrived, expected))
        else:
            self.line.show(text)

    def resting(self, event: Resting) -> None:
        """Say why the latest look failed."""
        if event.trouble:
            self.line.close()
            self.output.warn(f"{event.trouble} The import isn't affected. Checking again.")

    def ended(self, event: Ended, journal: Journal | None, expected: int | None) -> None:
        self.line.close()
        arrived = None if expected is None else len(event.arrived)
        self.errors(event.errors, journal)
        if self.output.as_json:
            fields = {"status": event.status, "arrived": arrived, "expected": expected, "errors": [*event.errors]}
            self.output.document({"event": "finished", **fields})
            return
        level = _LEVELS.get(event.status, "warning")
        words = ENDS.get(event.status, f'Import ended with status "{event.status}"')
        counts = "" if arrived is None or expected is None else f": {arrived:,} of {flags(expected)} imported"
        self.output.titled(level, f"{words}{counts}.")

    def errors(self, errors: tuple[str, ...], journal: Journal | None) -> None:
        """Print new errors. With JSON they are in `finished`."""
        plan = foreseen(journal) if journal is not None else None
        for error in errors:
            if error not in self._errors and not self.output.as_json:
                self.line.close()
                expected = plan is not None and plan.explain(error).expected
                level, text = ("note", f"expected: {error}") if expected else ("warning", error)
                self.output.lines(self.output.style.marked(level, clean(text), self.output.width))
            self._errors.add(error)


_LEVELS = {"complete": "ok", "failed": "problem"}
"""The level of each status in which an import ends; a warning for any other."""


def _state(status: str, arrived: int | None, expected: int | None) -> str:
    status = status or "no status"
    return status if arrived is None or expected is None else f"{status}: {arrived:,} of {flags(expected)} imported"


def stuck(event: Stuck, configuration: str = "", *, planned: bool = True) -> Failure:
    """Return the failure of an import that shows no progress."""
    counted = f" {event.arrived:,} of {flags(event.expected)} imported." if planned else ""
    return Failure(
        Kind.STUCK,
        f"No progress for {span(event.seconds)}.{counted} Status: {event.status or 'none'}.",
        "Most likely LaunchDarkly can't reach the source.",
        Remedy.WATCH_LATER,
        about=configuration,
    )
