"""Whole imports without a front: from a plan to the verification, each state of the journal kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.unit.sandbox_tools import FI, launchdarkly, until
from tests.unit.walk_tools import at_review, configurations, planned
from tui.answers.request import CreateRequest, build
from tui.apply import lock, new_journal
from tui.apply.create import Outcome
from tui.apply.engine import Import
from tui.apply.journal import Journal
from tui.apply.start_watch import Ended, Resting, Started, Stuck
from tui.apply.undo import Decision, Undo, UndoAction
from tui.apply.verify import Verification
from tui.apply.watch import Moved
from tui.context import Context
from tui.net.errors import Failure, Kind
from tui.plan.plan import Plan
from tui.sandbox.server import Sandbox
from tui.secrets.bag import Bag
from tui.text.redact import Redactor

SEMANTIC = {"Content-Type": "application/json; domain-model=launchdarkly.semanticpatch"}


@dataclass
class Time:
    """A clock that goes on when somebody sleeps. Seconds since the epoch.

    Where `box` is known, a sleep lasts until an import there has made its next step: however busy the machine is,
    the clock does not run ahead of the import, which would look as if it were stuck.
    """

    at: float = 1_763_906_531.0
    naps: list[float] = field(default_factory=list)
    real: float = 0.002
    box: Sandbox | None = None

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.at += max(0.0, seconds)
        await asyncio.sleep(self.real)
        if self.box is not None:
            await _next_step(self.box)


async def _next_step(box: Sandbox) -> None:
    """Until an import has moved, or none would by itself."""
    made, end = box.moves, time.monotonic() + 20.0
    while made is not None and box.moves == made:
        assert time.monotonic() < end, "the practice server's import makes no step"
        await asyncio.sleep(0.001)


def context_of(clock: Time, **more: Any) -> Context:
    return Context(redactor=Redactor(), now=clock.now, sleep=clock.sleep, timer=clock.now, **more)


@dataclass
class Run:
    """One import over the practice servers. `kept` are all states of the journal that were written down."""

    box: Sandbox
    request: CreateRequest
    bag: Bag
    context: Context
    time: Time
    plan: Plan
    journal: Journal
    kept: list[Journal] = field(default_factory=list)
    keep: Callable[[Journal], None] = lambda journal: None
    stuck_after: float = 300.0
    events: list[Any] = field(default_factory=list)

    def _keep(self, journal: Journal) -> None:
        self.keep(journal)
        self.kept.append(journal)
        self.journal = journal

    def engine(self) -> Import:
        """The import as another process would find it."""
        return Import(
            self.journal,
            self.request.instance,
            self.bag,
            self.context,
            self._keep,
            self.request,
            stuck_after=self.stuck_after,
        )

    async def create(self) -> Outcome:
        return await self.engine().create().finish()

    async def start(self, *, again: bool = False) -> Started:
        return await self.engine().start(again=again).finish()

    async def watch(self) -> Ended | Stuck:
        """To the end, or until it is stuck."""
        self.events = []
        async with aclosing(self.engine().watch()) as events:
            async for event in events:
                self.events.append(event)
                if isinstance(event, Ended | Stuck):
                    return event
        raise AssertionError("it neither ended nor got stuck")

    async def verify(self) -> Verification:
        found = await self.engine().compare().finish()
        assert found is not None
        return found

    async def to_the_end(self) -> Ended | Stuck:
        assert (await self.create()).configuration is not None
        assert (await self.start()).known
        return await self.watch()

    def undo(self, *, delete: bool = False) -> Undo:
        return Undo(self.journal, self.request.instance, self.bag, self.context, self._keep, delete=delete)

    async def undone(self, *, delete: bool = False) -> dict[str, Decision]:
        """What was done with each planned flag."""
        undo = self.undo(delete=delete)
        decisions = await undo.listed().finish()
        async with aclosing(undo.carried_out(decisions)) as done:
            return {each.key: each async for each in done}

    def troubles(self) -> list[str]:
        return [event.trouble for event in self.events if isinstance(event, Resting) and event.trouble]

    def errors(self) -> list[str]:
        return [text for event in self.events if isinstance(event, Moved) for text in event.errors]


async def run_of(box: Sandbox, integration: str = "unleash", *, clock: Time | None = None, **more: Any) -> Run:
    """Planned over both practice servers; nothing is created yet. `more` goes to the tools."""
    clock = clock or Time()
    clock.box = box
    context = context_of(clock, **more)
    made = await at_review(box, integration, replace(context, deadline=None))
    plan = await planned(made)
    request = build(made.draft)
    journal = new_journal.begin(request, {"token": "env:LD_ACCESS_TOKEN"}, plan, {}, "ana@example.com", account_of(box))
    return Run(box, request, made.bag, replace(context, redactor=made.context.redactor), clock, plan, journal)


def account_of(box: Sandbox) -> str:
    """The id of the account that the practice token belongs to."""
    with launchdarkly(box) as ld:
        return str(ld.get("/api/v2/caller-identity").json()["accountId"])


async def planned_anew(run: Run) -> Plan:
    """Both sides read once more."""
    made = await at_review(run.box, run.request.integration, replace(run.context, deadline=None))
    return await planned(made)


def flags_of(box: Sandbox, *, archived: bool = False) -> dict[str, dict[str, Any]]:
    """What another client sees of the project's flags, whole, by key."""
    found: dict[str, dict[str, Any]] = {}
    environments = ["production", "staging", "test", "development"]
    with launchdarkly(box) as ld:
        while True:
            asked: dict[str, Any] = {"limit": "100", "offset": str(len(found)), "env": environments, "summary": "0"}
            asked |= {"filter": "state:archived"} if archived else {}
            page = ld.get("/api/v2/flags/web-shop", params=asked).json()
            found |= {flag["key"]: flag for flag in page["items"]}
            if len(found) >= page["totalCount"]:
                return found


def instructed(box: Sandbox, key: str, kind: str, **more: Any) -> None:
    """Somebody else, who needs no approval, changes a flag by a semantic patch."""
    where = {name: more.pop(name) for name in ("environmentKey",) if name in more}
    with launchdarkly(box, "bypass") as ld:
        body = {"comment": "by hand", **where, "instructions": [{"kind": kind, **more}]}
        answer = ld.patch(f"/api/v2/flags/web-shop/{key}", json=body, headers=SEMANTIC)
        assert answer.status_code == 200, answer.text


def deleted(box: Sandbox, key: str) -> None:
    with launchdarkly(box) as ld:
        assert ld.delete(f"/api/v2/flags/web-shop/{key}").status_code == 204


def begun(box: Sandbox, id: str) -> None:
    """Wait until an import that was started says that it runs: until then it is `pending`, as one never started."""
    until(lambda: next(each for each in configurations(box) if each["_id"] == id)["_status"]["status"] != "pending")


def triggers(box: Sandbox) -> int:
    return sum(path.endswith("/trigger") for method, path, _ in box.requests if method == "POST")


def creates(box: Sandbox) -> int:
    return sum(
        method == "POST" and path.startswith(FI) and not path.endswith("/trigger") for method, path, _ in box.requests
    )


ARCHIVE, KEEP = UndoAction.ARCHIVE, UndoAction.KEEP


def is_held(path: Path) -> bool:
    """Somebody works on the journal there."""
    try:
        lock.taken(path).release()
    except Failure as failure:
        return failure.kind is Kind.TIMEOUT
    return False
