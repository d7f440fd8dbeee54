"""A plan as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tui.plan import words
from tui.plan.documents import grouped, notes
from tui.plan.plan import WORDS, Plan, PlannedFlag, Verdict
from tui.sources.flags import Lost
from tui.text.cells import cells, wrapped
from tui.text.clean import clean

_SYMBOLS: Mapping[str, str] = {"ok": "+", "note": ".", "warning": "!", "problem": "x"}
_OF_VERDICT: Mapping[Verdict, str] = {
    Verdict.IMPORT: "+",
    Verdict.SKIP_EXISTS: ".",
    Verdict.SKIP_ARCHIVED: ".",
}
_WIDEST_KEY = 40


def report(
    plan: Plan, route: tuple[str, str], explained: Mapping[str, Sequence[Lost]], width: int | None
) -> Iterator[str]:
    """The whole plan, its sum first; no line is wider than `width` cells, and none is broken without one."""
    yield from summed(plan, route, width)
    yield from _losses(plan, width)
    yield from _cut_over(plan, width)
    for verdict, flags in grouped(plan):
        meaning = words.MEANINGS[verdict]
        yield ""
        yield from wrapped(f"{WORDS[verdict].capitalize()} ({len(flags):,}): {meaning}", width)
        yield from _flags(flags, explained, width)
    if sentences := notes(plan):
        yield from ("", "Notes")
        for note in sentences:
            yield from wrapped(clean(note), width, first="  ", rest="  ")


def summed(plan: Plan, route: tuple[str, str], width: int | None) -> Iterator[str]:
    """From where to where, what was read, and how many flags arrive and how many do not."""
    yield from wrapped(clean(f"{route[0]} -> {route[1]}"), width)
    yield from wrapped(clean(words.headline(plan)[1]), width)
    yield ""
    for level, text in (*words.verdicts(plan), *words.warnings(plan)):
        yield from wrapped(text, width, first=f"{_SYMBOLS[level]} ", rest="  ")


def _losses(plan: Plan, width: int | None) -> Iterator[str]:
    if plan.losses:
        yield ""
        yield from wrapped("What will not come, to be made again by hand in LaunchDarkly", width)
        wide = max(len(kind) for kind in plan.losses)
        for kind, count in plan.losses.items():
            lead = f"  {kind:<{wide}} {count:>6,}  "
            yield from wrapped(words.KINDS.get(kind, ""), width, first=lead, rest=" " * len(lead))


def _cut_over(plan: Plan, width: int | None) -> Iterator[str]:
    if on := plan.cut_over:
        yield ""
        yield from wrapped(f"ON at the source now, OFF in LaunchDarkly until you switch them on ({len(on):,})", width)
        for planned in on:
            yield from wrapped(clean(planned.flag.key), width, first="  ", rest="  ")
            for text in words.cut_over(planned.flag):
                sign = "!" if text == planned.cut_over_warning else "-"
                yield from wrapped(clean(text), width, first=f"      {sign} ", rest="        ")


def _flags(flags: Sequence[PlannedFlag], explained: Mapping[str, Sequence[Lost]], width: int | None) -> Iterator[str]:
    keys = max(_WIDEST_KEY, width // 2) if width else _WIDEST_KEY
    wide = min(max(cells(clean(planned.flag.key)) for planned in flags), keys)
    for planned in flags:
        key = clean(planned.flag.key)
        pad = " " * (wide - cells(key))
        state = "ON " if planned.flag.on_at_source else "off"
        note = clean(planned.reason) if not planned.arrives else ", ".join(planned.flag.losses)
        text = f"{key}{pad}  {state}  {note}".rstrip()
        yield from wrapped(text, width, first=f"  {_OF_VERDICT.get(planned.verdict, 'x')} ", rest="    ")
        for warning in planned.warnings:
            yield from wrapped(clean(warning), width, first="      ! ", rest="        ")
        if planned.arrives and planned.flag.losses:
            for lost in explained[planned.flag.key]:
                yield from wrapped(f"{lost.kind}: {clean(lost.text)}", width, first="      - ", rest="        ")
