"""The options of the command line, passed from `cli` to the app."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tui.text.private_files import working_folder


class PracticeServers(Protocol):
    """The made-up servers, as the app sees them: only `cli` knows where they come from."""

    def addresses(self) -> Mapping[str, Mapping[str, str]]:
        """What `ld-flag-import sandbox --json` prints."""

    def set_fault(self, name: str | None) -> None:
        """Let the servers show a fault, or none."""

    def faults(self) -> object:
        """Objects with `name`, `title` and `explains`."""

    def stop(self) -> None:
        """Close everything; waits until it is closed."""


@dataclass(frozen=True, slots=True)
class Options:
    """`start_practice` makes and starts the made-up servers, in a thread of the caller's; it may take a second."""

    start_practice: Callable[[], PracticeServers]
    demo: bool = False
    host: str = ""
    project: str = ""
    integration: str = ""
    manifests: tuple[Path, ...] = ()
    log: Path | None = None
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    theme: str = ""
    folder: Path = field(default_factory=working_folder)
    now: Callable[[], float] = time.time
    timer: Callable[[], float] = time.perf_counter
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
