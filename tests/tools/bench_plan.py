"""What a plan of ten thousand flags costs, beside a bare fetch of the same pages: a part of `bench`.

Server, subject and baseline are processes of their own on loopback; subject and baseline take turns.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.tools.rows import Row

_SERVER = "from tests.unit.sandbox_tools import serve_big; serve_big({count})"

_SUBJECT = """
import asyncio, json, resource, sys, time
from tests.unit.walk_tools import session, values_from, walked

async def main():
    made = session()
    given = values_from(json.loads(sys.argv[1]))["split"]
    await walked(made, "split", {**given, "config-name": "Big"})
    began = time.perf_counter()
    async for event in made.read_plan():
        pass
    seconds = time.perf_counter() - began
    plan = made.draft.plan
    assert plan.whole, plan.incomplete
    assert plan.counts.source == plan.keys == int(sys.argv[2]), (plan.counts, plan.keys)
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))

asyncio.run(main())
"""

_BASELINE = """
import asyncio, json, resource, sys, time
import httpx

there, count = json.loads(sys.argv[1]), int(sys.argv[2])
ld, split = there["launchdarkly"], there["split"]
FLAGS = f"{ld['url']}/api/v2/flags/{ld['project']}"
SPLITS = f"{split['api']}/splits/ws/{split['workspace']}"
BEARER = {"Authorization": f"Bearer {split['key']}"}
LISTS = (
    (f"{FLAGS}?limit=100&sort=creationDate", 100, {"Authorization": ld["token"]}, "items"),
    (f"{FLAGS}?limit=100&sort=creationDate&filter=state%3Aarchived", 100, {"Authorization": ld["token"]}, "items"),
    (f"{SPLITS}?limit=50", 50, BEARER, "objects"),
    (f"{SPLITS}/environments/{split['environment']}?limit=50", 50, BEARER, "objects"),
)

async def whole(url, size, headers, name):
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        gate = asyncio.Semaphore(4)
        async def page(offset):
            async with gate:
                return json.loads((await client.get(f"{url}&offset={offset}", headers=headers)).content)
        first = await page(0)
        rest = await asyncio.gather(*(page(offset) for offset in range(size, first["totalCount"], size)))
        return [item for each in (first, *rest) for item in each[name]]

async def main():
    began = time.perf_counter()
    found = await asyncio.gather(*(whole(*each) for each in LISTS))
    seconds = time.perf_counter() - began
    assert len(found[2]) == count and len(found[0]) + len(found[1]) == count
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))

asyncio.run(main())
"""


@contextmanager
def _served(count: int) -> Iterator[str]:
    """The addresses of a company of `count` flags, as JSON."""
    command = [sys.executable, "-c", _SERVER.format(count=count)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        yield server.stdout.readline()
        server.stdin.close()


def _run(script: str, addresses: str, count: int) -> tuple[float, float]:
    """Seconds of the reading and MiB of the process at its largest."""
    command = [sys.executable, "-c", script, addresses, str(count)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, memory = json.loads(done.stdout)
    return seconds, memory


def plans(environ: Mapping[str, str], repeat: int) -> Iterator[Row]:
    """Ten thousand flags of Split against ten thousand of LaunchDarkly, and a thousand against a thousand."""
    medians: dict[int, float] = {}
    for count in (1_000, 10_000):
        subject, baseline = [], []
        with _served(count) as addresses:
            for _ in range(repeat):
                subject.append(_run(_SUBJECT, addresses, count))
                baseline.append(_run(_BASELINE, addresses, count))
        medians[count] = statistics.median(seconds for seconds, _ in subject)
        bare = statistics.median(seconds for seconds, _ in baseline)
        ratio = medians[count] / bare
        goal = 1.4 if count == 10_000 else 2.0
        against = f"bare fetch and json.loads: {medians[count]:.2f} / {bare:.2f} s"
        yield Row(f"plan of {count:,} flags", f"{ratio:.2f} times", against, f"< {goal:g}", ratio < goal)
    memory = statistics.median(mib for _, mib in subject)
    bare = statistics.median(mib for _, mib in baseline)
    yield Row("  its memory", f"{memory:.0f} MiB", f"bare fetch {bare:.0f} MiB", "< 250", memory < 250)
    growth = medians[10_000] / medians[1_000]
    yield Row("  from 1,000 to 10,000 flags", f"{growth:.1f} times", "", "< 12", growth < 12)
