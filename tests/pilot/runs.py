"""Imports driven through the wizard: a clock that waits for them, and what the steps Run and Report show."""

from __future__ import annotations

import asyncio
import math
import re
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Static

from tests.pilot.walking import SIZE, Walk, practice_app
from tests.unit.run_tools import Time, flags_of
from tui.answers import changes as walks
from tui.apply.engine import Import
from tui.net.events import Note
from tui.sandbox import faults
from tui.sandbox.faults import Fault, refuse
from tui.sandbox.job import Jobs
from tui.sandbox.server import Sandbox
from tui.sandbox.struck_request import StruckRequest
from tui.screens.dialogs import Question, TextScreen
from tui.widgets.buttons import Plain
from tui.widgets.sentences import Sentences


@dataclass
class Clock(Time):
    """Agrees with that of the practice servers at first; a sleep waits for their import and takes no time else.

    At `stops_at` it stands still until that is moved: what is shown then can be looked at.
    """

    at: float = field(default_factory=time.time)
    stops_at: float = math.inf

    async def sleep(self, seconds: float) -> None:
        while self.at + seconds > self.stops_at:  # noqa: ASYNC110 - a test moves it from outside
            await asyncio.sleep(0.005)
        await super().sleep(seconds)

    def options(self) -> dict[str, Any]:
        return {"now": self.now, "sleep": self.sleep, "timer": self.now}


class Brake:
    """Holds the imports of the practice servers after so many of their steps, until it is let off."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, after: int = 4) -> None:
        self._off = threading.Event()
        self.holds = threading.Event()
        step = Jobs._step

        async def held(jobs: Jobs) -> None:
            await step(jobs)
            if jobs._moves >= after and not self._off.is_set():
                jobs._hanging += 1  # a clock does not wait for it
                self.holds.set()
                while not self._off.is_set():  # noqa: ASYNC110 - let off in another thread
                    await asyncio.sleep(0.005)
                jobs._hanging -= 1

        monkeypatch.setattr(Jobs, "_step", held)

    def let_off(self) -> None:
        self._off.set()


def strike(
    monkeypatch: pytest.MonkeyPatch,
    box: Sandbox,
    method: str,
    path: str,
    how: int | Callable[[StruckRequest], Awaitable[None]],
) -> None:
    """All such requests to LaunchDarkly are refused with this status, or meet this; `path` is a pattern."""
    matched = re.compile(path)
    fault = Fault(
        "of-this-test",
        "",
        "",
        lambda service, m, p: service == "launchdarkly" and m == method and matched.fullmatch(p) is not None,
        refuse(how) if isinstance(how, int) else how,
    )
    monkeypatch.setitem(faults.FAULTS, fault.name, fault)
    box.set_fault(fault.name)


def run_of(walk: Walk) -> Import:
    run = walk.app.session.run
    assert run is not None, walk.shown
    return run


async def on_run(walk: Walk) -> None:
    """Wait for the step Run, whatever it does there."""
    await walk.until(lambda: walk.on("run") and walk.app.screen.focused is not None, "Run")


async def to_run(walk: Walk) -> None:
    """From Submit, which has done its work and may have continued to Run by itself."""
    if walk.on("submit"):
        await walk.next()
    await on_run(walk)


async def reported(walk: Walk) -> str:
    """Wait for the report; its text."""
    await walk.until(lambda: walk.on("run") and reporting(walk), "the report")
    await walk.settled()
    return report(walk)


def reporting(walk: Walk) -> bool:
    return any(each.display for each in walk.app.screen.query("#run-report"))


def report(walk: Walk) -> str:
    """All of it in one line with its headline, also what does not fit; "" if none is shown."""
    lines = _said(walk, "#run-report")
    return f"{walk.text('#heading')} {walk.text('#purpose')} {lines}" if lines else ""


def watched(walk: Walk) -> str:
    """Everything above the message line while it runs, in one line; "" while a report is shown."""
    lines = _said(walk, "#run-watch")
    return f"{walk.text('#heading')} {walk.text('#purpose')} {lines}" if lines else ""


def _said(walk: Walk, selector: str) -> str:
    """Nothing where it is not shown."""
    box = walk.get(selector)
    texts = [
        each.text if isinstance(each, Sentences) else str(each.content)
        for each in box.query("*")
        if isinstance(each, Sentences | Static) and each.display
    ]
    return " ".join(" ".join(texts).split()) if box.display else ""


def buttons(walk: Walk) -> set[str]:
    """The ids of the buttons that can be seen."""
    return {each.id or "" for each in walk.app.screen.query(Plain) if each.display and _shown(each)}


def _shown(button: Plain) -> bool:
    return all(each.display for each in button.ancestors)


def notes(walk: Walk) -> str:
    """What Submit said about creating and starting, in one line."""
    attempt = walk.app.session.attempt
    events = attempt.creation.events if attempt is not None else ()
    return " ".join(f"{event.text} {event.detail}" for event in events if isinstance(event, Note))


async def asked(walk: Walk, selector: str) -> str:
    """Press a button that asks; the question, in one line, which has "No" in focus."""
    await walk.push(selector)
    await walk.opened(Question)
    await walk.has_focus("no")
    return question(walk)


def question(walk: Walk) -> str:
    """Title and text of the dialog on top."""
    return " ".join(_dialog(walk, ".dialog-title, .dialog-text"))


def _dialog(walk: Walk, selector: str) -> list[str]:
    return [str(each.content) for each in walk.app.screen.query(selector).results(Static)]


async def listed(walk: Walk, selector: str) -> str:
    """Press a button that shows a list, close the list again; its title and text."""
    await walk.push(selector)
    await walk.opened(TextScreen)
    text = "\n".join(_dialog(walk, ".dialog-title, .dialog-code"))
    await walk.press("escape")
    await walk.closed("run")
    return text


@asynccontextmanager
async def sent(
    folder: Path,
    fault: str | None = None,
    *,
    integration: str = "unleash",
    starts: bool = True,
    clock: Clock | None = None,
    size: tuple[int, int] = SIZE,
    stops: float = math.inf,
    **more: Any,
) -> AsyncIterator[tuple[Walk, Clock]]:
    """In practice: planned, the fault switched on, and Review's button pressed. Submit shows the result, or Run.

    The clock stands still `stops` seconds later. `more` goes to the practice servers.
    """
    clock = clock or Clock()
    with Sandbox.start(**more) as box:
        clock.box = box
        async with practice_app(folder, size=size, box=box, **clock.options()) as walk:
            await walk.jump("review", integration)
            box.set_fault(fault)
            if not starts:
                walk.app.session.draft = walks.start_too(walk.draft, False)
            clock.stops_at = clock.at + stops
            await walk.send(watched=stops == math.inf)
            yield walk, clock


@asynccontextmanager
async def ended(folder: Path, fault: str | None = None, **more: Any) -> AsyncIterator[Walk]:
    """An import watched to its end, with its report on the screen."""
    async with sent(folder, fault, **more) as (walk, _):
        await to_run(walk)
        await reported(walk)
        yield walk


FOREVER = math.inf


def arrived(walk: Walk) -> int:
    """How many of the planned flags the project has, as another client sees it."""
    return len(flags_of(walk.box).keys() & run_of(walk).journal.keys)


def swapped(walk: Walk) -> set[str]:
    """The flags whose default variations are not those of the plan, where that knows them."""
    there = {key: each["defaults"] for key, each in flags_of(walk.box).items() if "defaults" in each}
    return {
        each.key
        for each in run_of(walk).journal.expected
        for planned, side in ((each.on, "onVariation"), (each.off, "offVariation"))
        if planned is not None and each.key in there and there[each.key][side] != planned
    }


def looks(walk: Walk) -> int:
    """How often the configuration was read."""
    configuration = run_of(walk).journal.configuration
    return sum(method == "GET" and path.endswith(f"/{configuration}") for method, path, _ in walk.box.requests)


def told(walk: Walk) -> int:
    """How many arrivals the news speak of: names, and "5 more"."""
    count = 0
    for each in run_of(walk).news:
        if each.level == "ok":
            names, _, more = each.text.partition(" and ")
            count += len(names.split(", ")) + int(more.removesuffix(" more") or 0)
    return count


@asynccontextmanager
async def running(
    folder: Path, brake: Brake, fault: str | None = None, then: str | None = None, seconds: float = 5.0, **more: Any
) -> AsyncIterator[tuple[Walk, Clock]]:
    """An import that is held in the middle, watched for some seconds; then the clock stands still too.

    From when it is held on there is the fault `then`.
    """
    async with sent(folder, fault, stops=0.0, **more) as (walk, clock):
        await walk.until(brake.holds.is_set, "the import to be held")
        walk.box.set_fault(then)
        clock.stops_at = clock.at + seconds
        await to_run(walk)
        await resting(walk, clock)
        yield walk, clock


async def resting(walk: Walk, clock: Clock) -> None:
    """Wait until the next look lies behind the moment at which the clock stands still."""

    def rests() -> bool:
        until = run_of(walk).resting
        return until is not None and until.until > clock.stops_at

    await walk.until(rests, "a rest that lasts")
    await walk.pilot.pause()


async def to_the_end(walk: Walk, clock: Clock, brake: Brake) -> str:
    clock.stops_at = FOREVER
    brake.let_off()
    return await reported(walk)
