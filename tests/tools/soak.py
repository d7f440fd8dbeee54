"""A thousand imports with random faults: `python -m tests.tools.soak [RUNS] [SEED]`."""

from __future__ import annotations

import asyncio
import resource
import sys
import time

from tests.unit.soaking import soaked


def main(runs: int, seed: int) -> None:
    began = time.perf_counter()
    soak = asyncio.run(soaked(runs, seed, measured_every=max(1, runs // 20)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{runs} imports, seed {seed}, {time.perf_counter() - began:.0f} s, {peak} MiB at most")
    print("ended   ", ", ".join(f"{name} {count}" for name, count in soak.ends.most_common()))
    print("objects ", *soak.objects)
    print("files   ", *soak.files)


if __name__ == "__main__":
    main(*(int(text) for text in (*sys.argv[1:], *("1000", "4")[len(sys.argv) - 1 :])))
