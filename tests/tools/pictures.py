"""Draws the pictures of the README in `screenshots/`: the hero and five steps, large, from the demo, always the same.

Beside them, in `tests/pilot/pictures/`, what the README does not show: every step for both integrations at 80x24,
what can go wrong, other palettes, ASCII, small and large windows.

`python -m tests.tools.pictures` redraws them; `--check` lists those that no longer match and exits with 1.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import os
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from tests.pilot.rebuilds import chosen
from tests.pilot.walking import BEFORE_SENDING, INTEGRATIONS, STEPS, Walk, practice_app
from tui.answers import changes
from tui.sandbox.clock import Limits
from tui.sandbox.server import Sandbox
from tui.screens.configuration import ConfigurationScreen
from tui.screens.configurations import ConfigurationsScreen
from tui.screens.flag import FlagScreen
from tui.screens.losses import LossesScreen
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


Drawing = AsyncIterator[tuple[Path, str]]
"""Each picture's place and SVG."""


async def readme(folder: Path) -> Drawing:
    """The README's pictures. `folder` is where the wizard would write the user's files."""
    for name, (step, size) in _LARGE.items():
        async with _demo(folder, size=size) as walk:
            await walk.jump(step)
            if name == "keys":
                await walk.answer("unleash")
                await walk.focus("#field-sourceApiKey")
            yield FOLDER / f"{name}.svg", await _drawn(walk)
    async with _demo(folder, size=(100, 26)) as walk:
        await walk.to("plan")
        await walk.planned()
        await walk.press("l")
        await walk.opened(LossesScreen)
        yield FOLDER / "losses.svg", await _drawn(walk, settled=False)
    async with _sent(folder, "import-partial", size=(100, 28)) as walk:
        await walk.until(lambda: walk.get("#run-report").display, "the report")
        yield FOLDER / "report.svg", await _drawn(walk)
    async with _demo(folder, size=(100, 28)) as walk:
        await walk.jump("review")
        await walk.send()
        await walk.show("rebuild")
        await chosen(walk)
        yield FOLDER / "rebuild.svg", await _drawn(walk)


_LARGE: dict[str, tuple[str, tuple[int, int]]] = {
    "plan": ("plan", (120, 32)),
    "keys": ("keys", (120, 28)),
    "review": ("review", (100, 28)),
}


async def variants(folder: Path) -> Drawing:
    """Other palettes and sizes."""
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


async def steps(folder: Path, integration: str) -> Drawing:
    """Every step, as it is when it has been answered."""
    async with _demo(folder) as walk:
        for number, step in enumerate(STEPS, 1):
            if step == "submit":
                await walk.send()
                await walk.show("submit")
            elif step == "run":
                await walk.show("run")
            elif step == "rebuild":
                await walk.show("rebuild")
                await chosen(walk)
            elif step != "plan":
                await walk.answer(integration)
            yield VARIANTS / f"{integration}-{number}-{step}.svg", await _drawn(walk)
            if step == "plan":
                await walk.tick_all()
            if step in BEFORE_SENDING[:-1]:
                await walk.next()
                await walk.at(STEPS[number])


async def errors(folder: Path) -> Drawing:
    """One flag of a plan, an incomplete plan, and a refused request."""
    async with _demo(folder) as walk:
        await walk.jump("plan", "split")
        await walk.press("/", *"checkout-v2", "enter", "enter")
        await walk.opened(FlagScreen)
        yield VARIANTS / "plan-one-flag.svg", await _drawn(walk)
    async with _demo(folder) as walk:
        await walk.jump("fields", "split")
        await walk.answer("split")
        walk.box.set_fault("source-lost-page")
        await walk.next()
        await walk.planned()
        yield VARIANTS / "plan-not-complete.svg", await _drawn(walk)
    async with _demo(folder) as walk:
        await walk.jump("review")
        walk.box.set_fault("bad-request")
        await walk.send()
        yield VARIANTS / "error-bad-request.svg", await _drawn(walk)


async def runs(folder: Path) -> Drawing:
    """An import that is being watched, its report and its undo; the account's list of imports, and one of them."""
    async with _sent(folder, "import-stuck", watched=False, sleep=_for_ever) as walk:
        await walk.show("submit")  # the first look may have come before the first flag; opened again, Run looks again
        walk.app.session.draft = changes.go(walk.draft, "run")
        walk.app.show_step()
        await walk.until(lambda: walk.on("run") and walk.fields_screen.stands, "Run")
        await walk.until(lambda: walk.text("#run-count").startswith("3 "), "the first flags")
        yield VARIANTS / "run-watching.svg", await _drawn(walk, settled=False)
    async with _sent(folder, "import-partial") as walk:
        yield VARIANTS / "run-partial.svg", await _drawn(walk)
        await walk.push("#undo")
        await walk.opened(UndoScreen)
        await walk.until(lambda: walk.get("#archive").display, "the list")
        yield VARIANTS / "run-undo.svg", await _drawn(walk, settled=False)
    async with _sent(folder, "import-partial") as walk:
        walk.app.show_configurations()
        await walk.opened(ConfigurationsScreen)
        await walk.until(lambda: walk.focused == "configs", "the list")
        yield VARIANTS / "configurations.svg", await _drawn(walk)
        await walk.press("enter")
        await walk.opened(ConfigurationScreen)
        await walk.until(lambda: "Reading" not in walk.text("#sheet-message"), "the configuration")
        yield VARIANTS / "configuration.svg", await _drawn(walk, settled=False)


@asynccontextmanager
async def _sent(folder: Path, fault: str, *, watched: bool = True, **more: Any) -> AsyncIterator[Walk]:
    """On Run, with an import under this fault that has ended or hangs."""
    async with _demo(folder, **more) as walk:
        await walk.jump("review")
        walk.box.set_fault(fault)
        await walk.send(watched=watched)
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


GROUPS: dict[str, Callable[[Path], Drawing]] = {
    "readme": readme,
    **{integration: partial(steps, integration=integration) for integration in INTEGRATIONS},
    "errors": errors,
    "runs": runs,
    "variants": variants,
}


def _change(path: Path, svg: str) -> str:
    """The first line of a picture that the file doesn't have, as text."""
    before = path.read_text("utf-8").splitlines() if path.is_file() else []
    new = next((line for line in svg.splitlines() if line not in before), "lines gone")
    return html.unescape(re.sub(r"<[^>]*>", "", new))[:300]


async def drawn(check: bool, groups: Iterable[str] = tuple(GROUPS)) -> list[str]:
    """Draw or compare all of some groups; returns the names of those that did not match, and their first change."""
    differ = []
    with tempfile.TemporaryDirectory() as folder:
        for group in groups:
            async for path, svg in GROUPS[group](Path(folder)):
                if not path.is_file() or path.read_text("utf-8") != svg:
                    differ.append(f"{path.stem} ({_change(path, svg)})" if check else path.stem)
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
    print(f"{len(differ)} {'differ' if check else 'redrawn'}: {', '.join(differ)}" if differ else "All match.")
    return 1 if check and differ else 0


if __name__ == "__main__":
    sys.exit(main())
