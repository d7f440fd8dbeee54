"""What a test sees of the app, and waits for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from textual.pilot import Pilot


async def until(pilot: Pilot[Any], condition: Callable[[], object], what: str = "", seconds: float = 20.0) -> None:
    """Wait until `condition` holds; AssertionError, with what the screen shows, after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        if pilot.app._exception is not None:
            raise pilot.app._exception
        assert time.monotonic() < end, f"not within {seconds} s: {what or condition}\n{shown(pilot.app)}"
        await asyncio.sleep(0.005)


def shown(app: Any) -> str:
    """What the terminal shows, row by row."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())
