"""`ld-flag-import plan RECIPE`: read both sides and print what the import would do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence

from tui.answers import draft as drafts
from tui.answers import request
from tui.commands import saved_plan
from tui.commands.case import RecipeInputs, RecipeOptions, inputs_of
from tui.commands.style import PLAIN, Style
from tui.commands.surroundings import Surroundings
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.plan import documents, reading, words
from tui.plan.plan import WORDS, Plan, PlannedFlag, Verdict
from tui.targeting.losses import Lost
from tui.text.cells import cells, wrapped
from tui.text.clean import clean
from tui.text.times import span

_LEVELS: Mapping[Verdict, str] = {
    Verdict.IMPORT: "ok",
    Verdict.SKIP_EXISTS: "note",
    Verdict.SKIP_ARCHIVED: "note",
}
_WIDEST_KEY = 40


def run(options: RecipeOptions, surroundings: Surroundings) -> int:
    """Print the plan. Return the exit code."""
    output = surroundings.output(options.as_json)
    try:
        inputs = inputs_of(options, surroundings)

        async def main() -> int:
            plan, draft = await _in_time(options.timeout, inputs)
            if options.output is not None:
                saved_plan.save(plan, request.of_settings(inputs.recipe.draft), options.output, output.redactor)
            if options.as_json:
                output.document(documents.as_json(plan))
            else:
                explanations = reading.explanations(plan, output.redactor)
                output.lines(plan_lines(plan, drafts.route(draft), explanations, output.width, output.style))
            if options.output is not None:
                output.say(f"Plan saved: {clean(str(options.output))}")
            return 0

        return surroundings.run(main, lambda: output.say("Stopped before the plan was complete. Nothing was changed."))
    except Failure as failure:
        return output.fail(failure)


async def _in_time(timeout: float, inputs: RecipeInputs) -> tuple[Plan, drafts.Draft]:
    try:
        async with asyncio.timeout(timeout):
            return await inputs.plan()
    except TimeoutError:
        what = f"Couldn't read both sides within {span(timeout)}."
    raise Failure(Kind.TIMEOUT, what, "", Remedy.MORE_TIME, safe=Safe.NOTHING_CHANGED)


# --- the lines


def plan_lines(
    plan: Plan,
    route: tuple[str, str],
    explained: Mapping[str, Sequence[Lost]],
    width: int | None,
    style: Style = PLAIN,
) -> Iterator[str]:
    """Yield the whole plan, its summary first. Lines fit into `width` cells; without a width none is broken."""
    yield from summary_lines(plan, route, width, style)
    yield from _losses(plan, width, style)
    yield from _cut_over(plan, width, style)
    for verdict, flags in documents.grouped(plan):
        meaning = words.MEANINGS[verdict]
        yield ""
        title = f"{WORDS[verdict].capitalize()} ({len(flags):,}): {meaning}"
        yield from map(style.heading, wrapped(title, width))
        yield from _flags(flags, explained, width, style)
    if sentences := documents.notes(plan):
        yield from ("", style.heading("Notes"))
        for note in sentences:
            yield from wrapped(clean(note), width, first="  ", rest="  ")


def summary_lines(plan: Plan, route: tuple[str, str], width: int | None, style: Style = PLAIN) -> Iterator[str]:
    """Yield the route, what was read, and how many flags are imported and how many aren't."""
    yield from map(style.heading, wrapped(clean(f"{route[0]} -> {route[1]}"), width))
    yield from wrapped(clean(words.headline(plan)[1]), width)
    yield from wrapped(words.when_read(plan), width)
    yield ""
    for level, text in (*words.verdicts(plan), *words.warnings(plan)):
        yield from style.marked(level, text, width)


def _losses(plan: Plan, width: int | None, style: Style) -> Iterator[str]:
    if plan.losses:
        yield ""
        yield from map(style.heading, wrapped("Not imported: rebuild manually in LaunchDarkly", width))
        wide = max(map(len, plan.losses))
        for kind, count in plan.losses.items():
            lead = f"  {words.kind_label(kind):<{wide}} {count:>6,}  "
            yield from wrapped(words.KINDS.get(kind, ""), width, first=lead, rest=" " * len(lead))


def _cut_over(plan: Plan, width: int | None, style: Style) -> Iterator[str]:
    if on := plan.cut_over:
        yield ""
        title = f"On in the source, off in LaunchDarkly until you turn them on ({len(on):,})"
        yield from map(style.heading, wrapped(title, width))
        for planned in on:
            yield from wrapped(clean(planned.flag.key), width, first="  ", rest="  ")
            for text in words.cut_over(planned.flag):
                level = "warning" if text == planned.cut_over_warning else "item"
                yield from style.marked(level, clean(text), width, indent=6)


def _flags(
    flags: Sequence[PlannedFlag], explained: Mapping[str, Sequence[Lost]], width: int | None, style: Style
) -> Iterator[str]:
    keys = max(_WIDEST_KEY, width // 2) if width else _WIDEST_KEY
    wide = min(max(cells(clean(planned.flag.key)) for planned in flags), keys)
    for planned in flags:
        key = clean(planned.flag.key)
        pad = " " * (wide - cells(key))
        state = "ON " if planned.flag.on_at_source else "off"
        note = clean(planned.reason) if not planned.arrives else ", ".join(planned.flag.losses)
        text = f"{key}{pad}  {state}  {note}".rstrip()
        yield from style.marked(_LEVELS.get(planned.verdict, "problem"), text, width, indent=2)
        for warning in planned.warnings:
            yield from style.marked("warning", clean(warning), width, indent=6)
        if planned.arrives and planned.flag.losses:
            for lost in explained[planned.flag.key]:
                yield from style.marked("item", f"{lost.kind}: {clean(lost.text)}", width, indent=6)
