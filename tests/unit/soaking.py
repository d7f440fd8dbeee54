"""Many imports one after the other over one practice server, each with other faults, with a clock of their own."""

from __future__ import annotations

import gc
import os
import random
from collections import Counter
from dataclasses import dataclass, field

import httpx

from tests.unit.apply.test_undo import small
from tests.unit.run_tools import Run, Time, deleted, flags_of, run_of
from tests.unit.sandbox_tools import FI, launchdarkly
from tests.unit.walk_tools import NAME, configurations, strangers
from tui.apply.journal import Stage
from tui.apply.start_watch import Ended, Started
from tui.sandbox.clock import Pace
from tui.sandbox.server import Sandbox

_PACE = Pace(step=0.001, slow=0.01, drip=0.001, pause=0.01)
_WATCHING = ("watch-rate-limited", "server-gone")
AT_CREATE = (
    None, "lost-answer", "lost-request", "reset", "server-error", "html", "slow", "rate-limited", "conflict",
    "unauthorized", "started-by-create",
)  # fmt: skip
AT_START = (
    None, "import-slow", "import-stuck", "import-partial", "import-failed", "source-refused-at-import",
    "import-error-then-success", "stale-complete", "unknown-status", "trigger-conflict", "lost-trigger-answer",
    "lost-trigger-request", "flags-dropped", "default-swapped", "tag-left-out", "patch-conflict",
)  # fmt: skip
AT_WATCH = (None, None, *_WATCHING)


@dataclass
class Soak:
    """What was seen. `growth` compares the end with the state after the first runs: objects and open files."""

    ends: Counter[str] = field(default_factory=Counter)
    objects: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    def measure(self) -> None:
        gc.collect()
        self.objects.append(len(gc.get_objects()))
        self.files.append(len(os.listdir("/proc/self/fd")))


async def soaked(runs: int, seed: int, *, measured_every: int = 10) -> Soak:
    """So many imports with faults drawn from `seed`. Raises AssertionError where one loses or doubles anything."""
    chance, soak = random.Random(seed), Soak()
    with Sandbox.start(company=small(), pace=_PACE) as box, launchdarkly(box) as other:
        before = frozenset(flags_of(box))
        run = await run_of(box, clock=Time(real=0.0))
        planned = run.journal
        for number in range(runs):
            faults = (chance.choice(AT_CREATE), chance.choice(AT_START), chance.choice(AT_WATCH))
            run.journal, run.kept, run.events = planned, [], []
            try:
                soak.ends[await one(run, faults, before)] += 1
            except AssertionError as wrong:
                raise AssertionError(f"run {number} with {faults}: {wrong}") from wrong
            forget(box, other, before)
            if number % measured_every == measured_every - 1:
                run.kept, run.events, run.time.naps = [], [], []
                soak.measure()
    return soak


def forget(box: Sandbox, other: httpx.Client, before: frozenset[str]) -> None:
    """The account as it was."""
    for each in configurations(box, NAME):
        other.delete(f"{FI}/web-shop/unleash/{each['_id']}")
    for key in set(flags_of(box)) - before:
        deleted(box, key)
    box.requests.clear()


async def one(run: Run, faults: tuple[str | None, str | None, str | None], before: frozenset[str]) -> str:
    """One import to its end, as a patient person would do it; how it ended."""
    box = run.box
    at_create, at_start, at_watch = faults
    box.set_fault(at_create)
    outcome = await run.create()
    if outcome.configuration is None:
        assert outcome.may_send_again, outcome
        box.set_fault(None)
        outcome = await run.create()
    assert len(configurations(box, NAME)) == 1, "not one configuration"
    box.set_fault(at_start)
    started: Started = await run.start()
    if not started.known:
        assert at_start == "lost-trigger-request", "the start was lost"
        box.set_fault(None)
        run.engine().assume(False)
        started = await run.start()
        assert started.triggered, "not started"
    box.set_fault(at_watch)
    end = await run.watch()
    box.set_fault(None)
    found = await run.verify()
    there = frozenset(flags_of(box)) - before
    assert there == set(found.arrived), "verified what is not there"
    assert set(found.missing) == run.journal.keys - there, "lost without a word"
    assert not found.unexpected, "more than planned"
    assert set(run.journal.traces) == there
    committed = [code for _, path, code in box.requests if path.endswith("/trigger")].count(201)
    assert committed <= 1, "started twice"
    if isinstance(end, Ended):
        assert end.arrived == there, "counted wrong"
        assert run.journal.stage is Stage.VERIFIED
    assert not strangers(), strangers()
    return end.status if isinstance(end, Ended) else "stuck"
