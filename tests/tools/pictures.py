"""Draws `screenshots/`: every step for both integrations, one flag of the plan, a plan that is not complete and a
refused request, from the demo, always the same.

Beside them, in `tests/pilot/pictures/`, what the README does not show: other palettes, ASCII, small windows.

`python -m tests.tools.pictures` redraws them; `--check` lists those that no longer match and exits with 1.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from tests.pilot.walking import INTEGRATIONS, STEPS, Walk, practice_app
from tui.sandbox.clock import Limits
from tui.sandbox.server import Sandbox
from tui.screens.configuration import ConfigurationScreen
from tui.screens.configurations import ConfigurationsScreen
from tui.screens.flag import FlagScreen
from tui.screens.undo import UndoScreen

_ROOT = Path(__file__).resolve().parents[2]
FOLDER = _ROOT / "screenshots"
VARIANTS = _ROOT / "tests" / "pilot" / "pictures"
NOW = 1_795_442_531.0
"""23 Nov 2026 14:02:11 UTC, in seconds since the epoch."""
FIXED_PORTS = {"launchdarkly": "50001", "split": "50002", "unleash": "50003"}


def _now() -> float:
    return NOW


def _no_time() -> float:
    return 0.0


async def pictures(folder: Path) -> AsyncIterator[tuple[Path, str]]:
    """Each picture's place and SVG. `folder` is where the wizard would write files of the person's."""
    async for name, svg in _steps(folder):
        yield FOLDER / f"{name}.svg", svg
    for name, (step, size, more) in _VARIED.items():
        async with _demo(folder, size=size, **more) as walk:
            await walk.jump(step)
            yield VARIANTS / f"{name}.svg", await _drawn(walk)


_ASCII = {"environ": {"LANG": "C", "TERM": "vt100"}}
_VARIED: dict[str, tuple[str, tuple[int, int], dict[str, Any]]] = {
    "light-keys": ("keys", (80, 24), {"theme": "light"}),
    "contrast-fields": ("fields", (80, 24), {"theme": "contrast"}),
    "ansi-fields": ("fields", (80, 24), {"theme": "ansi"}),
    "ascii-review": ("review", (80, 24), {"theme": "ansi", **_ASCII}),
    "narrow-keys": ("keys", (60, 16), {}),
    "narrow-review": ("review", (60, 16), {}),
    "light-plan": ("plan", (80, 24), {"theme": "light"}),
    "ascii-plan": ("plan", (80, 24), {"theme": "ansi", **_ASCII}),
    "narrow-plan": ("plan", (60, 16), {}),
    "wide-plan": ("plan", (120, 40), {}),
    "wide-fields": ("fields", (120, 40), {}),
}


async def _steps(folder: Path) -> AsyncIterator[tuple[str, str]]:
    for integration in INTEGRATIONS:
        async with _demo(folder) as walk:
            for number, step in enumerate(STEPS, 1):
                if step == "submit":
                    await walk.send()
                elif step != "plan":
                    await walk.answer(integration)
                yield f"{integration}-{number}-{step}", await _drawn(walk)
                if step == "plan":
                    await walk.tick_all()
                if step not in ("review", "run"):
                    await walk.next()
                    await walk.at(STEPS[number])
    async with _demo(folder) as walk:
        await walk.jump("plan", "split")
        await walk.press("/", *"checkout-v2", "enter", "enter")
        await walk.opened(FlagScreen)
        yield "plan-one-flag", await _drawn(walk)
    async with _demo(folder) as walk:
        await walk.jump("fields", "split")
        await walk.answer("split")
        walk.box.set_fault("source-lost-page")
        await walk.next()
        await walk.planned()
        yield "plan-not-complete", await _drawn(walk)
    async with _demo(folder) as walk:
        await walk.jump("review")
        walk.box.set_fault("bad-request")
        await walk.send()
        yield "error-bad-request", await _drawn(walk)
    async for picture in _runs(folder):
        yield picture


async def _runs(folder: Path) -> AsyncIterator[tuple[str, str]]:
    """An import that is being watched, its report and its undo; the account's list of imports, and one of them."""
    async with _sent(folder, "import-stuck", sleep=_for_ever) as walk:
        await walk.next()
        await walk.until(lambda: "next look" in walk.shown, "the first look")
        yield "run-watching", await _drawn(walk, settled=False)
    async with _sent(folder, "import-partial") as walk:
        await walk.next()
        await walk.at("run")
        yield "run-partial", await _drawn(walk)
        await walk.push("#undo")
        await walk.opened(UndoScreen)
        await walk.until(lambda: "Nothing has been changed yet" in walk.shown, "the list")
        yield "run-undo", await _drawn(walk, settled=False)
    async with _sent(folder, "import-partial") as walk:
        walk.app.show_configurations()
        await walk.opened(ConfigurationsScreen)
        await walk.until(lambda: walk.focused == "configs", "the list")
        yield "configurations", await _drawn(walk)
        await walk.press("enter")
        await walk.opened(ConfigurationScreen)
        await walk.until(lambda: "Reading" not in walk.text("#sheet-message"), "the configuration")
        yield "configuration", await _drawn(walk, settled=False)


@asynccontextmanager
async def _sent(folder: Path, fault: str, **more: Any) -> AsyncIterator[Walk]:
    """On Submit, with an import under this fault that has ended or hangs."""
    async with _demo(folder, **more) as walk:
        await walk.jump("review")
        walk.box.set_fault(fault)
        await walk.send()
        await walk.until(lambda: walk.box.moves is None, "the import to end or hang")
        yield walk


async def _for_ever(seconds: float) -> None:
    await asyncio.Event().wait()


def _demo(folder: Path, **more: Any) -> AbstractAsyncContextManager[Walk]:
    return practice_app(folder, box=Sandbox.start(now=_now, limits=Limits()), now=_now, timer=_no_time, **more)


async def _drawn(walk: Walk, *, settled: bool = True) -> str:
    if settled:
        await walk.settled()
    await walk.pilot.pause()
    return fixed(walk.app.export_screenshot(), walk.box)


def fixed(svg: str, box: Sandbox) -> str:
    """A picture without what differs from run to run: ports and class names; and without fonts from the net."""
    for service, address in box.addresses().items():
        url = address.get("url") or address["api"]
        port = url.split(":")[2].split("/")[0]
        svg = svg.replace(f":{port}", f":{FIXED_PORTS[service]}")
    svg = re.sub(r"terminal-\d+-", "terminal-ldfi-", svg)
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


async def drawn(check: bool) -> list[str]:
    """Draw or compare all; returns the names of those that did not match."""
    differ = []
    with tempfile.TemporaryDirectory() as folder:
        async for path, svg in pictures(Path(folder)):
            if not path.is_file() or path.read_text("utf-8") != svg:
                differ.append(path.stem)
                if not check:
                    path.parent.mkdir(exist_ok=True)
                    path.write_text(svg, "utf-8", newline="\n")
    return differ


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="compare only")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as home:
        for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "LD_ACCESS_TOKEN", "LD_BASE_URI", "NO_COLOR"):
            os.environ.pop(name, None)
        os.environ.update(HOME=home, TZ="UTC", TEXTUAL_ANIMATIONS="none")
        time.tzset()
        differ = asyncio.run(drawn(check))
    print(f"{len(differ)} {'differ' if check else 'drawn anew'}: {', '.join(differ)}" if differ else "All match.")
    return 1 if check and differ else 0


if __name__ == "__main__":
    sys.exit(main())
