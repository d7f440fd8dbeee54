"""The lines of a running request: what happened, the details, and how long it took."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from tui.net.events import ProgressEvent
from tui.text.cells import fitted
from tui.widgets.symbols import Symbols, mark
from tui.wizard.timeline import TimelineEntry, entry


class Timeline(Static):
    """One line an event; redrawn only when a line is added or replaced."""

    def __init__(self, symbols: Symbols, *, id: str) -> None:
        super().__init__("", id=id, markup=False)
        self._symbols = symbols
        self._entries: list[TimelineEntry] = []
        self._waiting = ""

    def add(self, event: ProgressEvent) -> None:
        """Show an event."""
        line = entry(event)
        if line.slot and self._entries and self._entries[-1].slot == line.slot:
            self._entries[-1] = line
        else:
            self._entries.append(line)
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
