"""All tests, or those that pytest's own arguments select: `python -m tests.tools.test [PYTEST ARGUMENTS]`.

One worker a processor: more of them are faster, but some tests watch a clock. Python may keep what it compiles: many
tests start the program, which takes three times as long to start when it compiles itself first.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST_WORKERS = 4


def main(arguments: list[str]) -> None:
    """Become pytest."""
    workers = min(MOST_WORKERS, os.cpu_count() or 1)
    os.chdir(ROOT)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.execv(
        sys.executable,
        [sys.executable, "-m", "pytest", "-n", str(workers), "--dist", "worksteal", *arguments],
    )


if __name__ == "__main__":
    main(sys.argv[1:])
