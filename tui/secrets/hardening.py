"""Keep this process's memory off the disk. Also run by path, so it imports no room."""

from __future__ import annotations

import sys

_PR_SET_DUMPABLE = 4  # <linux/prctl.h>


def harden() -> None:
    """Switch core dumps off, and on Linux close this process's memory to others of the user. Never raises."""
    try:
        import resource  # not on Windows

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError, ValueError):
        pass
    if sys.platform != "linux":
        return
    try:
        import ctypes

        # A core pattern that pipes to a program ignores the limit above, not this.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        pass
