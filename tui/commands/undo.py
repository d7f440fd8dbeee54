"""`ld-flag-import undo RECIPE`: take back what this recipe's import made and nobody has touched since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import aclosing

from tui.apply.journal import Journal
from tui.apply.undo import Action, Decision, Undo, without_journal
from tui.commands.case import Asked, Case, agreed, must_be_able_to_ask, opened
from tui.commands.output import Output
from tui.commands.progress import terminal_width
from tui.commands.remedies import RECIPE
from tui.commands.signals import to_the_end
from tui.commands.surroundings import Surroundings
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.events import Counted
from tui.text.cells import wrapped
from tui.text.clean import clean

_DECLINED = 2
_REFUSED = 4
_DONE = {Action.ARCHIVE: "archived", Action.DELETE: "deleted", Action.KEEP: "kept"}
_TO_DO = {Action.ARCHIVE: "archive", Action.DELETE: "delete", Action.KEEP: "keep"}


def run(asked: Asked, around: Surroundings) -> int:
    """List what would be taken back, and take it back. Returns the exit code of contract §2: 4 where LaunchDarkly
    refused a flag; it is listed with its reason as the others are."""
    output = Output(asked.as_json, around.out, around.err, around.context.redactor)
    try:
        with opened(asked, around) as case:
            noted = case.journal
            if noted is None:
                raise without_journal()
            if not asked.dry_run:
                must_be_able_to_ask(asked, around, "Undo")
            ended = "Ended. What was taken back stays so: run it again to go on."
            return to_the_end(
                lambda: _undone(case, noted, asked, output),
                ended=lambda: output.say(ended),
                connections=around.context.connections,
            )
    except Failure as failure:
        return output.fail(failure, RECIPE.knowing("then run it again"))


async def _undone(case: Case, noted: Journal, asked: Asked, output: Output) -> int:
    _must_be_planned(asked.flags, noted)
    await case.token()
    chosen = frozenset(asked.flags)
    instance, delete = case.request.instance, asked.delete
    undo = Undo(noted, instance, case.bag, case.context, case.keep, delete=delete, chosen=chosen)
    decisions = await _listed(undo, case)
    count = sum(each.action is not Action.KEEP for each in decisions)
    if asked.dry_run or not count:
        _print(decisions, output, _TO_DO if asked.dry_run else _DONE)
        return 0
    if not asked.yes:
        for line in _text(decisions, _TO_DO, terminal_width(case.around.err)):
            output.say(line)
        doing, flags = "Delete" if asked.delete else "Archive", "1 flag" if count == 1 else f"{count:,} flags"
        question = f"{doing} {flags} in project {clean(case.request.project)}?"
        if not await agreed(asked, case.around, output, question):
            output.say("Nothing was changed.")
            return _DECLINED
    done = await _carried_out(undo, decisions, count, case)
    _print(done, output, _DONE)
    return _REFUSED if any(each.refused for each in done) else 0


def _must_be_planned(keys: Sequence[str], noted: Journal) -> None:
    """Raises Failure RECIPE for a key that this import never planned."""
    if unknown := [key for key in keys if key not in noted.keys]:
        raise Failure(
            Kind.RECIPE,
            f"This import has no flag {clean(unknown[0])}.",
            "--flag takes the key of a planned flag.",
            Remedy.LIST_FLAGS,
            safe=Safe.NOTHING_SENT,
        )


async def _listed(undo: Undo, case: Case) -> tuple[Decision, ...]:
    progress = case.progress()
    try:
        return await undo.listed().finish(progress.happened)
    finally:
        progress.close()


async def _carried_out(undo: Undo, decisions: tuple[Decision, ...], count: int, case: Case) -> list[Decision]:
    """What was done with each flag. Raises Failure."""
    done: list[Decision] = []
    taken = 0
    progress = case.progress()
    try:
        async with aclosing(undo.carried_out(decisions)) as events:
            async for decided in events:
                done.append(decided)
                taken += decided.action is not Action.KEEP
                progress.happened(Counted("Taken back", taken, count))
    finally:
        progress.close()
    return done


def _print(decisions: Sequence[Decision], output: Output, words: dict[Action, str]) -> None:
    if output.as_json:
        flags = [{"key": each.key, "action": each.action.value, "reason": each.reason} for each in decisions]
        output.document({"flags": flags})
        return
    for line in _text(decisions, words, terminal_width(output.out)):
        output.line(line)


def _text(decisions: Sequence[Decision], words: dict[Action, str], width: int | None) -> Iterator[str]:
    wide = max(map(len, words.values()))
    for each in decisions:
        text = f"{clean(each.key)}: {clean(each.reason)}"
        yield from wrapped(text, width, first=f"  {words[each.action]:<{wide}}  ", rest=" " * (wide + 4))
    counted = Counter(each.action for each in decisions)
    to = "to " if words is _TO_DO else ""
    summed = (f"{counted[action]:,} {to}{word}" for action, word in words.items() if counted[action])
    yield ", ".join(summed) or "This import was to bring no flag."
    if open_ := sum(each.not_certain and each.action is Action.KEEP for each in decisions):
        yield f"{open_:,} of them may be this import's: to include one, name it with --flag KEY."
