"""A line for each event of a request that a person may want to hear of."""

from __future__ import annotations

from tui.net.events import Counted, ProgressEvent, Receiving, Sink
from tui.plain.walk import Progress, Walk
from tui.text.clean import clean
from tui.wizard import timeline


def teller(walk: Walk) -> Sink:
    """Return what writes a line for each event.

    Events that only count bytes are left out, and a line that replaces the one before comes once in ten seconds.
    """
    progress, last = Progress(walk), ""

    def show(event: ProgressEvent) -> None:
        nonlocal last
        if isinstance(event, (Receiving, Counted)):
            return
        line = timeline.entry(event)
        again, last = bool(line.slot) and line.slot == last, line.slot
        seconds = f" {line.seconds:.2f} s" if line.seconds is not None else ""
        what = f"{line.what[:1].upper()}{line.what[1:]}"
        detail = clean(f", {line.detail.removesuffix(' ...')}") if line.detail else ""
        level, text = "note" if line.level == "ok" else line.level, f"{what}{detail}.{seconds}"
        if again:
            progress.show(level, text)
        else:
            walk.say(level, text, indent=2)

    return show
