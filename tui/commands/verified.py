"""A comparison as JSON and as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace

from tui.apply.verify import Verification
from tui.report.report import redacted
from tui.text.cells import wrapped
from tui.text.clean import clean
from tui.text.redact import Redactor


def as_json(found: Verification) -> dict[str, object]:
    """The fields of the event `verified` (contract §4), and `notes` if there are any."""
    notes = {"notes": [*found.notes]} if found.notes else {}
    return {
        "missing": [{"key": key} for key in found.missing],
        "unexpected": [{"key": key} for key in found.unexpected],
        "different": [{"key": key, "properties": [asdict(each) for each in unlike]} for key, unlike in found.different],
        "on_in_launchdarkly": [{"key": key, "environments": [*where]} for key, where in found.on],
        **notes,
    }


def lines(found: Verification, width: int | None, redactor: Redactor) -> Iterator[str]:
    """What was found, what is not as planned flag by flag, and what nobody could compare.

    Keys are taken out before a line is broken, as nobody finds them afterwards.
    """
    found = redacted(replace(found, arrived={}), redactor)
    yield from wrapped(_headline(found), width)
    yield from _listed("x missing", _missing(found), width)
    yield from _listed("taken back", tuple(key for key in found.missing if key in found.taken_back), width)
    yield from _listed("! not planned", found.unexpected, width)
    for key, unlike in found.different:
        yield from wrapped(clean(key), width, first="  ! different  ", rest="      ")
        for each in unlike:
            text = f"{each.what}: planned {clean(each.planned) or 'blank'}, there {clean(each.there) or 'blank'}"
            yield from wrapped(text, width, first="      ", rest="        ")
    for key, where in found.on:
        yield from wrapped(f"{clean(key)} in {clean(', '.join(where))}", width, first="  ! on  ", rest="      ")
    for text in found.notes:
        yield from wrapped(clean(text), width, first="! ", rest="  ")
    if found.not_compared:
        yield "Not compared"
        for text in found.not_compared:
            yield from wrapped(clean(text), width, first="  ", rest="  ")


def _headline(found: Verification) -> str:
    arrived = f"{found.as_planned:,} as planned"
    parts = [
        f"{len(each):,} {word}"
        for each, word in (
            (_missing(found), "missing"), (found.taken_back, "taken back by an undo"),
            (found.different, "different"), (found.on, "on in LaunchDarkly"),
            (found.unexpected, "not planned"),
        )
        if each
    ]  # fmt: skip
    skipped = f"; {found.skipped:,} stood there before" if found.skipped else ""
    return f"Verified: {', '.join([arrived, *parts])}{skipped}."


def _missing(found: Verification) -> tuple[str, ...]:
    return tuple(key for key in found.missing if key not in found.taken_back)


def _listed(lead: str, keys: tuple[str, ...], width: int | None) -> Iterator[str]:
    for key in keys:
        yield from wrapped(clean(key), width, first=f"  {lead}  ", rest="      ")
