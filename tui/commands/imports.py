"""`ld-flag-import imports list`: the imports started from this machine, from their journals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tui.apply import heads, store
from tui.apply.heads import Head
from tui.commands.output import Output, table
from tui.launchdarkly.instances import instance
from tui.net.errors import Failure, Kind, Safe
from tui.text.clean import clean
from tui.text.times import iso_minute, moment_json

_HEADINGS = ("NAME", "INTEGRATION", "LAUNCHDARKLY", "PROJECT", "FLAGS", "STATE", "LAST CHANGE")


@dataclass(frozen=True, slots=True)
class ImportsFilter:
    """Which imports are listed; "" for any."""

    host: str = ""
    project: str = ""
    integration: str = ""

    def applied(self, heads: Iterable[Head]) -> list[Head]:
        """Return the imports to list. Raises ValueError for a host that isn't one."""
        url = instance(self.host).url if self.host else ""
        return [
            head
            for head in heads
            if url in ("", head.host)
            and self.project in ("", head.project)
            and self.integration in ("", head.integration)
        ]


def run(wanted: ImportsFilter, as_json: bool, out: TextIO, err: TextIO, folder: Path | None = None) -> int:
    """Print the imports, those that can be resumed first. Return the exit code."""
    output = Output(as_json, out, err)
    try:
        every, damaged = heads.survey(folder or store.folder())
        listed = wanted.applied(every)
    except ValueError as error:
        return output.fail(Failure(Kind.RECIPE, f"--host: {error}", safe=Safe.NOTHING_SENT, field="host"))
    except OSError as error:
        what = f"Can't read the state directory: {error.strerror or 'no reason given'}."
        return output.fail(Failure(Kind.RECIPE, what, safe=Safe.NOTHING_SENT))
    if as_json:
        output.document({"imports": [_as_json(head) for head in listed], "damaged": [str(path) for path in damaged]})
        return 0
    if listed:
        output.lines(table([_HEADINGS, *map(_row, listed)]))
    else:
        output.line("No imports were started from this machine.")
    for path in damaged:
        output.say(f"Can't read the journal {clean(str(path))}.")
    return 0


def _row(head: Head) -> tuple[str, ...]:
    try:
        where = instance(head.host).name
    except ValueError:
        where = head.host
    flags = f"{head.expected:,}"
    return (head.name, head.integration, where, head.project, flags, head.state, iso_minute(head.touched))


def _as_json(head: Head) -> dict[str, object]:
    return {
        "name": head.name,
        "integration": head.integration,
        "host": head.host,
        "project": head.project,
        "configuration": head.configuration or None,
        "stage": head.stage,
        "resumable": head.under_way,
        "undone": head.undone,
        "flags": head.expected,
        **moment_json("changed", head.touched * 1000),
        "journal": str(head.path),
    }
