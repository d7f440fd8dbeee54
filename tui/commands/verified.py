"""A comparison as JSON and as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace

from tui.apply.verify import Verification
from tui.report.report import redacted
from tui.text.cells import wrapped
from tui.text.clean import clean
from tui.text.redact import Redactor


def as_json(verification: Verification) -> dict[str, object]:
    """Return the fields of the event `verified` (contract §4), and `notes` if there are any."""
    document: dict[str, object] = {
        "missing": [{"key": key} for key in verification.missing],
        "unexpected": [{"key": key} for key in verification.unexpected],
        "different": [
            {"key": key, "properties": [asdict(each) for each in unlike]} for key, unlike in verification.different
        ],
        "on_in_launchdarkly": [{"key": key, "environments": [*names]} for key, names in verification.on],
    }
    return document | ({"notes": [*verification.notes]} if verification.notes else {})


def lines(verification: Verification, width: int | None, redactor: Redactor) -> Iterator[str]:
    """Yield a summary, what isn't as planned flag by flag, and what nobody could compare.

    Keys are taken out before a line is broken: nothing finds them afterwards.
    """
    verification = redacted(replace(verification, arrived={}), redactor)
    yield from wrapped(_headline(verification), width)
    yield from _listed("x missing", _missing(verification), width)
    yield from _listed(
        "taken back", tuple(key for key in verification.missing if key in verification.taken_back), width
    )
    yield from _listed("! not planned", verification.unexpected, width)
    for key, unlike in verification.different:
        yield from wrapped(clean(key), width, first="  ! different  ", rest="      ")
        for each in unlike:
            text = f"{each.what}: planned {clean(each.planned) or 'blank'}, there {clean(each.there) or 'blank'}"
            yield from wrapped(text, width, first="      ", rest="        ")
    for key, where in verification.on:
        yield from wrapped(f"{clean(key)} in {clean(', '.join(where))}", width, first="  ! on  ", rest="      ")
    for text in verification.notes:
        yield from wrapped(clean(text), width, first="! ", rest="  ")
    if verification.not_compared:
        yield "Not compared"
        for text in verification.not_compared:
            yield from wrapped(clean(text), width, first="  ", rest="  ")


def _headline(verification: Verification) -> str:
    arrived = f"{verification.as_planned:,} as planned"
    parts = [
        f"{len(each):,} {word}"
        for each, word in (
            (_missing(verification), "missing"), (verification.taken_back, "taken back by an undo"),
            (verification.different, "different"), (verification.on, "on in LaunchDarkly"),
            (verification.unexpected, "not planned"),
        )
        if each
    ]  # fmt: skip
    skipped = f"; {verification.skipped:,} stood there before" if verification.skipped else ""
    return f"Verified: {', '.join([arrived, *parts])}{skipped}."


def _missing(verification: Verification) -> tuple[str, ...]:
    return tuple(key for key in verification.missing if key not in verification.taken_back)


def _listed(lead: str, keys: tuple[str, ...], width: int | None) -> Iterator[str]:
    for key in keys:
        yield from wrapped(clean(key), width, first=f"  {lead}  ", rest="      ")
