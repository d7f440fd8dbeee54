"""Plain mode in this process: answers from a pipe, over real HTTP to the practice servers."""

from __future__ import annotations

import io
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.unit.run_tools import Time
from tui.plain.front import Front
from tui.sandbox.server import Sandbox
from tui.text.redact import Redactor
from tui.wizard.options import Options

KEYS_OR_BUTTONS = re.compile(
    r"\bF\d\b|Ctrl\+|\b[Pp]ress\b|\bbutton|\bEsc\b|list below|field below|leave (?:the|its) \w*\s*field"
)
"""What a screen has and a prompt has not: no walk may mention it."""
ENVIRON: Mapping[str, str] = {"LANG": "C.UTF-8", "TERM": "dumb"}


@dataclass
class Lines:
    """What was written, and the exit code; `front` is at its end."""

    front: Front
    code: int
    text: str

    def after(self, text: str) -> str:
        """What was written after a text, which must be there."""
        _, found, rest = self.text.partition(text)
        assert found, f"{text!r} is missing in:\n{self.text}"
        return rest


@dataclass
class Clock(Time):
    """Begins with that of the practice servers; a sleep waits for their import."""

    at: float = field(default_factory=time.time)


def asked(
    answers: Iterable[str],
    box: Sandbox | None = None,
    *,
    demo: bool = False,
    folder: Path | None = None,
    environ: Mapping[str, str] = ENVIRON,
    meanwhile: Callable[[str], object] | None = None,
    **more: Any,
) -> Lines:
    """Walk with these answers to the end. `meanwhile` is called with each line as it is written."""
    clock = Clock(box=box)

    def start(saved: str | None, save: Callable[[str], None]) -> Sandbox:
        return Sandbox.start(saved=saved, save=save)

    options = Options(
        start_practice=start,
        demo=demo,
        environ=environ,
        folder=folder or Path(os.environ["HOME"]),
        **{"now": clock.now, "sleep": clock.sleep, "timer": clock.now, **more},
    )
    out = _Watched(meanwhile) if meanwhile is not None else io.StringIO()
    reading, writing = os.pipe()
    feed = threading.Thread(target=_feed, args=(writing, "".join(f"{line}\n" for line in answers).encode()))
    feed.start()
    try:
        front = Front(options, Redactor(), None, out=out, handle=reading)
        code = front.run()
    finally:
        os.close(reading)
        feed.join(10)
    text = out.getvalue()
    assert "\x1b" not in text
    assert not (found := KEYS_OR_BUTTONS.search(text)), text[max(0, found.start() - 200) : found.end() + 100]
    return Lines(front, code, text)


def _feed(handle: int, data: bytes) -> None:
    try:
        os.write(handle, data)
    except BrokenPipeError:
        pass
    finally:
        os.close(handle)


class _Watched(io.StringIO):
    def __init__(self, meanwhile: Callable[[str], object]) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    def write(self, text: str) -> int:
        count = super().write(text)
        self._meanwhile(text)
        return count


# --- the answers of a person with an account


def launchdarkly(box: Sandbox) -> list[str]:
    """Step 2: the address, your token, the project."""
    ours = box.addresses()["launchdarkly"]
    return [ours["url"], ours["token"], ours["project"]]


def keys(box: Sandbox, integration: str) -> list[str]:
    """Step 3."""
    there = box.addresses()
    import_key = there["launchdarkly"]["import_key"]
    if integration == "unleash":
        return [there["unleash"]["url"], there["unleash"]["key"], import_key, "no"]
    return [there["split"]["key"], import_key, "yes", there["split"]["api"]]


def fields(box: Sandbox, integration: str) -> list[str]:
    """Step 4: everything that is proposed is accepted."""
    if integration == "unleash":
        return [""] * 7
    there = box.addresses()["split"]
    return ["", "", there["workspace"], there["environment"], "", "", ""]


PLAN = ["ok all", "next"]


def to_plan(box: Sandbox, integration: str) -> list[str]:
    return [integration, *launchdarkly(box), *keys(box, integration), *fields(box, integration)]


def to_review(box: Sandbox, integration: str) -> list[str]:
    return [*to_plan(box, integration), *PLAN]


def to_the_end(box: Sandbox, integration: str) -> list[str]:
    return [*to_review(box, integration), "create", box.addresses()["launchdarkly"]["project"], "quit"]
