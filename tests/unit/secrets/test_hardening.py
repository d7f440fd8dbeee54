"""Core dumps are off, seen from a process of its own since it cannot be taken back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tui.secrets import hardening

SEEN = """
import ctypes, resource, runpy, sys
resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
before = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) if sys.platform == "linux" else 1
runpy.run_path(sys.argv[1])["harden"]()
after = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) if sys.platform == "linux" else 0
print(before, after, *resource.getrlimit(resource.RLIMIT_CORE))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows writes no core dumps")
def test_no_core_dump_and_no_reading_of_memory() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SEEN, str(Path(hardening.__file__))],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["1", "0", "0", "0"]
    assert done.stderr == ""
