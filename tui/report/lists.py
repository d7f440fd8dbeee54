"""The lists of a report for reading on a screen: each a text of whole lines, cut where nobody would read on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from tui.report.report import Report
from tui.report.sections import cause_of
from tui.text.clean import clean

MOST = 2_000
"""Lines of a list; the written report has all."""


def _errors(report: Report) -> Iterator[str]:
    for each in report.errors:
        yield each.text
        yield f"  {cause_of(each)}"


def _missing(report: Report) -> Iterator[str]:
    for each in report.missing:
        yield each.key
        yield f"  LaunchDarkly: {each.reason}" if each.reason else "  LaunchDarkly names no reason for it."


def _different(report: Report) -> Iterator[str]:
    for key, unlike in report.different:
        yield key
        for each in unlike:
            yield f"  {each.what}"
            yield f"    planned  {each.planned or 'blank'}"
            yield f"    there    {each.there or 'blank'}"


def _on(report: Report) -> Iterator[str]:
    for key, where in report.on:
        yield f"{key}  on in {', '.join(where)}"


def _unexpected(report: Report) -> Iterator[str]:
    yield from report.unexpected


def _rebuild(report: Report) -> Iterator[str]:
    for row in report.rebuild:
        yield row.key
        for lost in row.lost:
            yield f"  {lost.kind}: {lost.text}"


def _cut_over(report: Report) -> Iterator[str]:
    for row in report.cut_over:
        yield f"{row.key}  serves {row.serves} when on"
        if kinds := ", ".join(dict.fromkeys(lost.kind for lost in row.lost)):
            yield f"  rebuild first: {kinds}"
        if row.cut_over_warning:
            yield f"  {row.cut_over_warning}"


def _warnings(report: Report) -> Iterator[str]:
    for row in report.warned:
        yield row.key
        yield from (f"  {warning}" for warning in row.warnings)


def _not_compared(report: Report) -> Iterator[str]:
    yield from report.not_compared


def _notes(report: Report) -> Iterator[str]:
    yield from report.notes


LISTS: Mapping[str, tuple[str, Callable[[Report], Iterable[str]]]] = {
    "errors": ("LaunchDarkly reported", _errors),
    "missing": ("Missing", _missing),
    "different": ("Not as planned, side by side", _different),
    "on": ("On in LaunchDarkly", _on),
    "unexpected": ("Nobody planned these", _unexpected),
    "rebuild": ("To be made again by hand", _rebuild),
    "cut-over": ("On at the source, off in LaunchDarkly", _cut_over),
    "warnings": ("Warnings of the plan", _warnings),
    "notes": ("Notes", _notes),
    "not-compared": ("Not compared", _not_compared),
}
"""From the key of a list to its title and its lines."""


def text_of(report: Report, key: str) -> tuple[str, str]:
    """Title and text of a list. Foreign text in it is cleaned, not redacted. Raises KeyError."""
    title, made = LISTS[key]
    lines = [clean(line) for line in made(report)]
    if len(lines) > MOST:
        lines = [*lines[:MOST], f"... and {len(lines) - MOST:,} more lines: the written report has all of them."]
    return title, "\n".join(lines) or "None."
