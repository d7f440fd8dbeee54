"""`ld-flag-import rebuild RECIPE --undo`: take back what rebuilds have set, where it still stands as it was left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing, closing
from dataclasses import replace

from tui.commands.case import Case, RecipeOptions
from tui.commands.output import Output, terminal_width
from tui.commands.rebuild_questions import Questions
from tui.commands.style import Style
from tui.net.events import Counted
from tui.plan.words import flags
from tui.rebuild.read_back import Outcome
from tui.rebuild.record import Record, State
from tui.rebuild.segments import removed_unused
from tui.rebuild.session import Session
from tui.rebuild.take_back import Removal, carried_out, listed
from tui.text.clean import clean

_DECLINED = 2
_NOT_DONE = 6


async def taken_back(session: Session, case: Case, options: RecipeOptions, questions: Questions, output: Output) -> int:
    """List what is rebuilt, ask, and take it back. Return the exit code: 6 if something stays."""
    with closing(case.progress()) as progress:
        session.requests = replace(session.requests, sink=progress.happened)
        removals = await listed(session, options.flags)
    possible = sum(removal.possible for removal in removals)
    if options.dry_run or not (possible or _orphans(session.record)):
        outcomes = [Outcome(each.key, each.state, each.reason) for each in removals]
        _print(session.record, outcomes, removals, {}, output, done=False)
        return 0 if options.dry_run or not removals else _NOT_DONE
    if possible and not options.yes:
        for line in _lines(outcomes_of(removals), {}, terminal_width(output.err), output.err_style, done=False):
            output.say(line)
        if not await questions.take_back(possible):
            output.say("Nothing was changed.")
            return _DECLINED
    done: list[Outcome] = []
    with closing(case.progress()) as progress:
        session.requests = replace(session.requests, sink=progress.happened)
        async with aclosing(carried_out(session, removals)) as outcomes_:
            async for outcome in outcomes_:
                done.append(outcome)
                progress.happened(Counted("Taken back", len(done), len(removals)))
        kept = await removed_unused(session)
    _print(session.record, done, removals, kept, output, done=True)
    return _NOT_DONE if any(outcome.state is not State.TAKEN_BACK for outcome in done) else 0


def _orphans(record: Record) -> bool:
    """Whether there are helper segments that no flag uses."""
    return any(entry.stage != "removed" and not record.uses(key) for key, entry in record.segments.items())


def outcomes_of(removals: Sequence[Removal]) -> list[Outcome]:
    return [Outcome(each.key, each.state, each.reason) for each in removals]


def _print(
    record: Record,
    outcomes: Sequence[Outcome],
    removals: Sequence[Removal],
    kept: Mapping[str, str],
    output: Output,
    *,
    done: bool,
) -> None:
    if not output.as_json:
        output.lines(_lines(outcomes, kept, output.width, output.style, done=done))
        return
    patches = {removal.key: removal.instructions for removal in removals}
    output.document({
        "integration": record.integration, "project": record.project, "environment": record.environment,
        "counts": {"flags": len(outcomes), "taken_back": _count(outcomes, State.TAKEN_BACK)},
        "flags": [
            {
                "key": outcome.key, "state": outcome.state.value, "reasons": [outcome.reason] if outcome.reason else [],
                "instructions": [*patches.get(outcome.key, ())],
            }
            for outcome in outcomes
        ],
        "segments": [{"key": key, "reason": reason} for key, reason in kept.items()],
        "notes": [],
    })  # fmt: skip


def _count(outcomes: Sequence[Outcome], state: State) -> int:
    return Counter(outcome.state for outcome in outcomes)[state]


def _lines(
    outcomes: Sequence[Outcome], kept: Mapping[str, str], width: int | None, style: Style, *, done: bool
) -> Iterator[str]:
    """Yield what stays and why, then what is taken back, then the counts."""
    back = [outcome for outcome in outcomes if not outcome.reason]
    for outcome in outcomes:
        if outcome.reason:
            yield from style.marked("warning", f"{clean(outcome.key)} stays: {clean(outcome.reason)}", width)
    for key, reason in kept.items():
        yield from style.marked("warning", f"Helper segment {clean(key)} stays: {clean(reason)}", width)
    for outcome in back:
        text = clean(outcome.key) if done else f"{clean(outcome.key)}  to take back"
        yield from style.marked("ok", text, width)
    verb = "taken back" if done else "to take back"
    yield f"{flags(len(back))} {verb}, {len(outcomes) - len(back):,} kept." if outcomes else "Nothing is rebuilt here."
