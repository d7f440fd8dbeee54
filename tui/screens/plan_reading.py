"""A step that reads both sides into a plan: when it begins, how often it is shown, and how it ends."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import aclosing

from textual import on, work
from textual.timer import Timer
from textual.widgets import Button
from textual.worker import Worker

from tui.net.events import Exchange, Pausing
from tui.screens.step import StepScreen

_PAINT_SECONDS = 1.0


class PlanReading(StepScreen):
    """At most one reading is under way. It ends with the step: leaving lets go of it."""

    def __init__(self) -> None:
        super().__init__()
        self._worker: Worker[None] | None = None
        self._ticker: Timer | None = None
        self._pause: Pausing | None = None
        self._painted: float | None = None

    @property
    def reading(self) -> bool:
        """Both sides are being read."""
        return self._worker is not None and not self._worker.is_finished

    @abstractmethod
    def show_reading(self, pause: Pausing | None) -> None:
        """Show how far the reading is, and what is here. `pause` is the one that is being kept."""

    @abstractmethod
    def show_plan(self) -> None:
        """Show what the draft holds, now that nothing is being read."""

    def begin_reading(self) -> None:
        """Read both sides anew."""
        self._painted, self._pause, self.session.reading = None, None, None
        self._ticker = self.set_interval(_PAINT_SECONDS, self._paint)
        self._worker = self._read()
        self._paint()

    @work(exclusive=True, group="plan", exit_on_error=True)
    async def _read(self) -> None:
        async with aclosing(self.session.read_plan()) as events:
            async for event in events:
                self._happened(event)
        self._end()

    def _happened(self, event: Exchange) -> None:
        first = self._painted is None
        if isinstance(event, Pausing):
            self._pause = event
        if first or self.session.tools.timer() - (self._painted or 0.0) >= _PAINT_SECONDS:
            self._paint()

    def _paint(self) -> None:
        """At most once a second: it costs, and numbers that change faster cannot be read."""
        if not self.is_attached or not self.reading:
            return
        if self.session.reading is not None:
            self._painted = self.session.tools.timer()
        if self._pause is not None and self._pause.until <= self.session.tools.now():
            self._pause = None
        self.show_reading(self._pause)

    def _end(self) -> None:
        self._stop_ticking()
        self._worker = None
        if self.is_attached:
            self.show_plan()

    def _stop_ticking(self) -> None:
        if self._ticker is not None:
            self._ticker.stop()

    def on_unmount(self) -> None:
        """However the step was left."""
        self._stop_ticking()
        if self._worker is not None:
            self._worker.cancel()

    @on(Button.Pressed, "#stop-reading")
    def _stop(self, event: Button.Pressed) -> None:
        event.stop()
        if self.session.reading is not None and self.reading:
            self.session.reading.stop()
