"""What every step of plain mode works with: the session, the prompts, and a loop for what takes time.

Prompts block; only work runs in the loop. So each step reads from top to bottom, and a signal ends either cleanly.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from tui.answers import steps
from tui.plain.asking import Asker
from tui.plain.signals import Signals
from tui.plain.terminal import Terminal
from tui.plain.words import in_lines, stem
from tui.wizard.earlier import Earlier

if TYPE_CHECKING:
    import asyncio
    from pathlib import Path

    from tui.net.events import ProgressEvent
    from tui.wizard.session import Session

T = TypeVar("T")
PROGRESS_SECONDS = 10.0
"""The shortest time between two lines of progress."""


class Stopped(BaseException):
    """The user stopped the work. No error: whoever began the work catches it."""


class Quit(BaseException):
    """The program ends with this code. No error: only the front catches it."""

    def __init__(self, code: int = 0) -> None:
        super().__init__(code)
        self.code = code


class Moved(BaseException):
    """The draft's step has changed, or the walk: what was being asked is over. No error: only the front catches it."""


class StartOver(BaseException):
    """The walk begins again at the first question: with the demo servers, or with a fresh demo account."""

    def __init__(self, *, practice: bool = False, fresh: bool = False) -> None:
        super().__init__(practice, fresh)
        self.practice, self.fresh = practice, fresh


class Loading:
    """A session that a thread loads, while the user reads the first question."""

    def __init__(self, load: Callable[[], Session]) -> None:
        self._load = load
        self._session: Session | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._session = self._load()
        except BaseException as error:
            self._error = error

    def result(self, signals: Signals) -> Session:
        """Wait for the session. Raises what loading raised."""
        with signals.waiting():
            self._thread.join()
        if self._error is not None:
            raise self._error
        if self._session is None:
            raise RuntimeError("the session was not loaded")
        return self._session

    @property
    def loaded(self) -> Session | None:
        """The session if it is there already."""
        return self._session


class Walk:
    """One walk at the prompts. `folder` is where files are saved."""

    def __init__(
        self,
        terminal: Terminal,
        signals: Signals,
        folder: Path,
        cards: list[dict[str, str]],
        now: Callable[[], float],
    ) -> None:
        self.terminal, self.signals, self.folder, self.cards, self.now = terminal, signals, folder, cards, now
        self.ask = Asker(terminal)
        self.practicing = False
        self.earlier = Earlier()
        self.loading: Loading | None = None
        self.backwards = False
        """The step is entered from the one after it: its last question comes first."""
        self.parting = ""
        """What to know after a signal has ended the program; "" for nothing."""
        self.shown_step = ""
        """The step whose heading was written last."""
        self._runner: asyncio.Runner | None = None
        self._task: asyncio.Task[Any] | None = None
        self._over: Session | None = None

    @contextmanager
    def over(self, session: Session) -> Iterator[None]:
        """Ask with another session while the block runs: that of a form over the walk."""
        before, self._over = self._over, session
        try:
            yield
        finally:
            self._over = before

    @property
    def session(self) -> Session:
        """The session; waits until it is loaded."""
        if self._over is not None:
            return self._over
        if self.loading is None:
            raise RuntimeError("nothing is loaded")
        return self.loading.result(self.signals)

    def title_of(self, integration: str) -> str:
        """Return an integration's title, its key if no card has it."""
        return next((card["title"] for card in self.cards if card["key"] == integration), integration)

    def say(self, level: str, text: str, *, indent: int = 0) -> None:
        """Write a sentence with the word for its level."""
        self.ask.say(level, text, indent=indent)

    def head(self, step: str, heading: str = "", purpose: str = "") -> None:
        """Write where the walk is, once: "Step 2 of 8: LaunchDarkly. Where should the flags go?"."""
        if step == self.shown_step:
            return
        self.shown_step = step
        known = steps.step(step)
        place = f"Step {steps.index(step) + 1} of {len(steps.STEPS)}: {known.title}"
        heading, purpose = heading or known.heading, purpose or in_lines(known.purpose)
        parts = (place, stem(heading) if heading != known.title else "", purpose)
        self.terminal.say()
        self.terminal.say(" ".join(part if part[-1] in ".?!" else f"{part}." for part in parts if part))

    # --- what takes time

    def do(
        self, work: Coroutine[Any, Any, T], words: Mapping[str, Callable[[], object]] | None = None, *, still: str = ""
    ) -> T:
        """Run some work to its end. In a terminal, typing one of `words` meanwhile calls its function.

        With `still`, a line says every ten seconds what goes on.

        Raises what the work raises, Stopped if a word has cancelled it (see `stop`), and Ended for a signal.
        """
        import asyncio

        if self._runner is None:
            self._runner = asyncio.Runner()
        loop = self._runner.get_loop()

        async def watched() -> T:
            self._task = asyncio.current_task()
            self.signals.check()  # one that came before there was a task to cancel
            if self.signals.descriptor >= 0:
                loop.add_reader(self.signals.descriptor, self.signals.drain)  # wakes the loop for the handler
            handle = self.terminal.watchable if words else None
            if handle is not None and words:
                loop.add_reader(handle, self._typed, handle, dict(words))
            reminder = asyncio.create_task(self._remind(stem(still))) if still else None
            try:
                return await work
            finally:
                if reminder is not None:
                    reminder.cancel()
                if handle is not None:
                    loop.remove_reader(handle)

        def cancel() -> None:
            loop.call_soon_threadsafe(self.stop)

        try:
            with self.signals.working(cancel):
                if words and self.terminal.watchable is not None:
                    with self.terminal.shown():
                        return self._runner.run(watched())
                return self._runner.run(watched())
        except asyncio.CancelledError:
            self.signals.check()
            raise Stopped from None
        finally:
            work.close()

    async def _remind(self, still: str) -> None:
        from asyncio import sleep

        seconds = 0.0
        while True:
            await sleep(PROGRESS_SECONDS)
            seconds += PROGRESS_SECONDS
            self.terminal.say(f"{still}, {seconds:.0f} seconds so far.")

    def stop(self) -> None:
        """Cancel the work that is running."""
        if self._task is not None:
            self._task.cancel()

    def _typed(self, handle: int, words: dict[str, Callable[[], object]]) -> None:
        self.terminal.watch(words)
        if self.terminal.watchable is None and self._runner is not None:  # the terminal is gone
            self._runner.get_loop().remove_reader(handle)

    def close(self) -> None:
        """Close the connections and the loop."""
        session = self.loading.loaded if self.loading is not None else None
        if session is not None:
            session.release()
        if self._runner is not None:
            if session is not None:
                self._runner.run(session.context.connections.release())
            self._runner.close()
            self._runner = None


class Progress:
    """Lines about work that goes on: each change once, and at most one in ten seconds."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._timer = walk.session.context.timer
        self._last_at = self._timer()
        self._last = ""

    def show(self, level: str, text: str, *, now: bool = False) -> None:
        """Write a line if it is a new one, and if it is time for it. With `now` it doesn't wait."""
        due = now or self._timer() - self._last_at >= PROGRESS_SECONDS
        if text and text != self._last and due:
            self._last, self._last_at = text, self._timer()
            self._walk.say(level, text)

    def pauses(self, event: ProgressEvent) -> None:
        """Write that a server asks for a pause: at once if it is a long one."""
        from tui.net.events import Pausing

        if isinstance(event, Pausing):
            self.show("warning", event.words, now=event.seconds >= PROGRESS_SECONDS)

    def tells(self, event: ProgressEvent) -> None:
        """Write how far a long list has been read, and a pause."""
        from tui.net.events import Counted

        if isinstance(event, Counted):
            self.show("note", event.words)
        self.pauses(event)
