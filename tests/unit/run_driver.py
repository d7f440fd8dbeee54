"""A process that makes whole imports, each in a child of its own, and kills the child where it is told to.

It reads one line of JSON for each run (`addresses`, `journal`: a path, `dies_at`: the number of a moment, or null) and
writes one: how the child ended, and what it said. Moments are before and after each writing of the journal, and before
each request, when it is out, and after its answer.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from tests.unit.walk_tools import at_review, built_forms, planned
from tui.answers.request import build
from tui.apply import new_journal, store
from tui.apply.engine import Import
from tui.apply.journal import Journal, Stage
from tui.apply.start_watch import Ended
from tui.context import Context
from tui.net.client import Http
from tui.net.events import ProgressEvent, Sent, Sink, ignore
from tui.net.messages import USUAL, Request, RequestLimits, Response
from tui.sandbox.server import Sandbox

_PAUSE = 0.03


@dataclass
class Fate:
    """Counts moments, and ends this process in one of them as a power cut would."""

    dies_at: int | None
    moments: int = 0

    def moment(self) -> None:
        self.moments += 1
        if self.moments == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)


class MortalHttp(Http):
    fate: Fate

    async def send(
        self, request: Request, *, peer: str, sink: Sink = ignore, limits: RequestLimits = USUAL
    ) -> Response:
        def told(event: ProgressEvent) -> None:
            sink(event)
            if isinstance(event, Sent):
                self.fate.moment()

        self.fate.moment()
        answer = await super().send(request, peer=peer, sink=told, limits=limits)
        self.fate.moment()
        return answer


async def _hurried(seconds: float) -> None:
    await asyncio.sleep(min(seconds, _PAUSE))


@dataclass(frozen=True, slots=True)
class MortalContext(Context):
    fate: Fate | None = None

    def http(self) -> Http:
        made = MortalHttp(now=self.now, sleep=self.sleep, deadline=self.deadline)
        made.fate = self.fate or Fate(None)
        return made


@dataclass(frozen=True)
class Addresses:
    """What `at_review` asks a sandbox for."""

    found: Mapping[str, Mapping[str, str]]

    def addresses(self) -> Mapping[str, Mapping[str, str]]:
        return self.found


async def imported(addresses: Mapping[str, Mapping[str, str]], path: Path, fate: Fate) -> dict[str, Any]:
    """From a plan, or from where the journal says, to a verification; as a front would do it."""
    context = MortalContext(sleep=_hurried)
    made = await at_review(cast(Sandbox, Addresses(addresses)), context=context)
    request, bag = build(made.draft), made.bag
    journal = store.load(path)
    if journal is None:
        journal = new_journal.begin(request, {"token": "env:LD_ACCESS_TOKEN"}, await planned(made), {}, "me")
        store.save(journal, path)
    context = MortalContext(sleep=_hurried, fate=fate)

    def keep(state: Journal) -> None:
        fate.moment()
        store.save(state, path)
        fate.moment()

    one = Import(journal, request.instance, bag, context, keep, request)
    if journal.stage in (Stage.PLANNED, Stage.CREATING):
        outcome = await one.create().finish()
        assert outcome.configuration is not None, outcome.failure
    started = await one.start().finish()
    if not started.known:  # the person has looked: nothing runs
        one.assume(False)
        await one.start().finish()
    if one.journal.stage is Stage.STARTED:
        async with aclosing(one.watch()) as events:
            async for event in events:
                if isinstance(event, Ended):
                    break
    found = await one.compare().finish()
    assert found is not None
    return {
        "moments": fate.moments,
        "status": one.journal.ended,
        "agrees": found.agrees,
        "arrived": len(found.arrived),
        "known": started.known,
    }


def _child(order: Mapping[str, Any], out: int) -> None:
    said = asyncio.run(imported(order["addresses"], Path(order["journal"]), Fate(order["dies_at"])))
    os.write(out, json.dumps(said).encode())


def _run(order: Mapping[str, Any]) -> dict[str, Any]:
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            _child(order, theirs)
            code = 0
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.close(theirs)
    with os.fdopen(ours) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return {"code": os.waitstatus_to_exitcode(status), "said": json.loads(said) if said else None}


def main() -> None:
    built_forms()  # once, for all children
    for line in sys.stdin:
        print(json.dumps(_run(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
