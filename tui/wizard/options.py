"""The options of the command line, passed from `cli` to the app."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tui.text.private_files import working_folder


class PracticeServers(Protocol):
    """The demo servers, as the app sees them: only `cli` knows where they come from."""

    def addresses(self) -> Mapping[str, Mapping[str, str]]:
        """What `ld-flag-import sandbox --json` prints."""

    def moved(self) -> Mapping[str, str] | None:
        """Each address of the saved state with the new one; None if they started without one, or with a damaged one."""

    @property
    def fault(self) -> str | None:
        """The name of the error that is simulated now."""

    def set_fault(self, name: str | None) -> None:
        """Simulate an error, or none."""

    def faults(self) -> object:
        """Objects with `name`, `title`, `explains`, `step`, and `teaches`."""

    def stop(self) -> None:
        """Close everything; waits until it is closed."""


async def sleep(seconds: float) -> None:
    """Wait, by asyncio, which is loaded no earlier: plain mode asks its first question without."""
    from asyncio import sleep as wait

    await wait(seconds)


@dataclass(frozen=True, slots=True)
class Options:
    """What the wizard starts with.

    `start_practice` starts the demo servers from their saved state, if there is one, and takes a function that saves a
    later state. It may take a second, and raises OSError.
    """

    start_practice: Callable[[str | None, Callable[[str], None]], PracticeServers]
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
    sleep: Callable[[float], Awaitable[None]] = sleep
