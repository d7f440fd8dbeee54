"""The lines of a running request: what happened, the details, and how long it took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual.content import Content
from textual.widgets import Static

from tui.net.events import Answered, Connected, Counted, Done, Note, Pausing, ProgressEvent, Receiving, Sent
from tui.text.cells import fitted
from tui.text.times import moment
from tui.widgets.symbols import Symbols, mark


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line. It replaces the line before if both have the same `slot`."""

    level: str
    what: str
    detail: str
    seconds: float | None = None
    slot: str = ""


def _connected(event: Connected) -> TimelineEntry:
    parts = [event.host, event.tls.replace("TLSv", "TLS "), f"via proxy {event.proxy}" if event.proxy else ""]
    return TimelineEntry("ok", "connected", ", ".join(filter(None, parts)), event.seconds)


def _sent(event: Sent) -> TimelineEntry:
    return TimelineEntry("ok", "sent", f"{event.method}, {event.size:,} bytes", event.seconds)


def _answered(event: Answered) -> TimelineEntry:
    level = "ok" if event.status_code < 300 else "problem"
    whole = f"{event.status_code} {event.reason}".strip()
    if len(whole) <= _ROOM_FOR_WHAT:
        return TimelineEntry(level, whole, "headers", event.seconds)
    return TimelineEntry(level, str(event.status_code), event.reason, event.seconds)


_ROOM_FOR_WHAT = 15


def _receiving(event: Receiving) -> TimelineEntry:
    return TimelineEntry("note", "receiving", f"{event.size:,} bytes so far", None, "body")


def _done(event: Done) -> TimelineEntry:
    return TimelineEntry(
        "ok", "received", f"{event.size:,} bytes" if event.size else "empty body", event.seconds, "body"
    )


def _pausing(event: Pausing) -> TimelineEntry:
    until = moment(event.until)
    whose = f", {event.limit}" if event.limit else ""
    return TimelineEntry("warning", "pause requested", f"until {until} ({event.attempt} of {event.of}{whose})")


def _note(event: Note) -> TimelineEntry:
    return TimelineEntry(event.level, event.text, event.detail, event.seconds, event.text)


def _counted(event: Counted) -> TimelineEntry:
    return TimelineEntry("note", "reading", event.words, None, event.what)


_ENTRIES: dict[type, Callable[..., TimelineEntry]] = {
    Connected: _connected,
    Sent: _sent,
    Answered: _answered,
    Receiving: _receiving,
    Done: _done,
    Pausing: _pausing,
    Note: _note,
    Counted: _counted,
}


class Timeline(Static):
    """One line an event; redrawn only when a line is added or replaced."""

    def __init__(self, symbols: Symbols, *, id: str) -> None:
        super().__init__("", id=id, markup=False)
        self._symbols = symbols
        self._entries: list[TimelineEntry] = []
        self._waiting = ""

    def add(self, event: ProgressEvent) -> None:
        """Show an event."""
        entry = _ENTRIES[type(event)](event)
        if entry.slot and self._entries and self._entries[-1].slot == entry.slot:
            self._entries[-1] = entry
        else:
            self._entries.append(entry)
        self.draw()

    def restart(self) -> None:
        """Begin a new attempt without lines."""
        self._entries.clear()
        self.draw()

    def waiting(self, text: str) -> None:
        """Show how long the request has been waiting in the last line; "" for none."""
        if text != self._waiting:
            self._waiting = text
            self.draw()

    def draw(self) -> None:
        """Write all lines."""
        lines = [self._line(entry) for entry in self._entries]
        if self._waiting:
            lines.append(Content(f"    {self._waiting}"))
        self.update(Content("\n").join(lines))

    def on_resize(self) -> None:
        """Move the seconds to the right edge, as far as there is room."""
        self.draw()

    def _line(self, entry: TimelineEntry) -> Content:
        seconds = f"{entry.seconds:>8.2f} s" if entry.seconds is not None else ""
        symbol = mark(self._symbols, entry.level) if entry.level != "note" else Content(f"{self._symbols.note} ")
        room = min(42, max(12, self.size.width - _FIXED_CELLS))
        label = f"{entry.what[:1].upper()}{entry.what[1:]}"
        what = f"{fitted(label, 19 if self.size.width >= _WIDE else 15)} "
        detail = fitted(entry.detail, room, self._symbols.cut)
        return Content("  ") + symbol + Content(f"{what}{detail}{seconds}".rstrip())


_FIXED_CELLS = 2 + 2 + 20 + 10
_WIDE = 76
