"""What a plan of ten thousand rows costs to draw first, beside the same step with one line of text in the list's place.

A part of `bench`. Both are the wizard itself in a process of their own, by turns; the plan is made before the clock
starts, and the clock stops when the frame with the list is handed to the terminal's driver.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator

from tests.tools.rows import Row

_SCRIPT = """
import asyncio, json, sys, tempfile, time
from dataclasses import replace
from pathlib import Path

from textual.widgets import Static

from tests.pilot.plans import many
from tests.pilot.walking import practice_app, until
from tui.answers.changes import go
from tui.answers.plan_state import plan_request, with_plan
from tui.screens.plan import PlanScreen
from tui.widgets.flag_browser import FlagBrowser
from tui.widgets.flag_list import FlagList

def one_line(self, plan, reading):
    if not self.query("#one-line"):
        self.query_one(FlagList).display = False
        self.mount(Static("one line in place of the list", id="one-line"))

if sys.argv[1] == "static":
    FlagBrowser.show = one_line

async def main():
    with tempfile.TemporaryDirectory() as folder:
        async with practice_app(Path(folder)) as walked:
            await walked.jump("fields")
            session = walked.app.session
            shown = many(10_000)
            shown.counts, shown.losses
            fresh = replace(shown, request=plan_request(session.draft), read_at=session.context.now())
            fresh.counts, fresh.losses
            session.draft = go(with_plan(session.draft, fresh), "plan")
            needle = "one line in place" if sys.argv[1] == "static" else "flag-00"
            began = time.perf_counter()
            walked.app.show_step()
            await until(walked.pilot, lambda: isinstance(walked.app.screen, PlanScreen) and needle in walked.shown)
            print(json.dumps(time.perf_counter() - began), flush=True)

asyncio.run(main())
"""


def _seconds(what: str) -> float:
    done = subprocess.run([sys.executable, "-c", _SCRIPT, what], check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout.splitlines()[-1]))


def paint(repeat: int) -> Iterator[Row]:
    """The step Plan with ten thousand rows, and with one line."""
    rows, line = [], []
    for _ in range(repeat):
        rows.append(_seconds("rows"))
        line.append(_seconds("static"))
    subject, base = statistics.median(rows), statistics.median(line)
    ratio = subject / base
    against = f"the same step with one line: {subject * 1000:.0f} / {base * 1000:.0f} ms"
    yield Row("first paint of 10,000 rows", f"{ratio:.2f} times", against, "< 1.25", ratio < 1.25)
