"""A running request line by line: what happened, the details, and how long it took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tui.net.events import Answered, Connected, Counted, Done, Note, Pausing, ProgressEvent, Receiving, Sent
from tui.text.times import moment


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


def entry(event: ProgressEvent) -> TimelineEntry:
    """Return the line of an event."""
    return _ENTRIES[type(event)](event)
