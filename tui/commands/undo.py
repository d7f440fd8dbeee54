"""`ld-flag-import undo RECIPE`: archive or delete what this recipe's import created and no one has changed since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing, closing
from dataclasses import replace

from tui.apply.journal import Journal
from tui.apply.undo import Decision, Undo, UndoAction, without_journal
from tui.commands.case import Case, RecipeOptions, must_be_able_to_ask, open_case
from tui.commands.output import Output, terminal_width
from tui.commands.remedies import RECIPE
from tui.commands.style import Style
from tui.commands.surroundings import Surroundings
from tui.net.errors import Failure, Kind, Remedy, Safe
from tui.net.events import Counted
from tui.plan.words import flags
from tui.rebuild.record import Record, adopted, own_changes
from tui.text.cells import wrapped
from tui.text.clean import clean
from tui.wizard.rebuild_run import all_taken_back, records_beside

_DECLINED = 2
_REFUSED = 4
_DONE = {UndoAction.ARCHIVE: "archived", UndoAction.DELETE: "deleted", UndoAction.KEEP: "kept"}
_TO_DO = {UndoAction.ARCHIVE: "archive", UndoAction.DELETE: "delete", UndoAction.KEEP: "keep"}


def run(options: RecipeOptions, surroundings: Surroundings) -> int:
    """List the flags, ask, and undo. Return the exit code: 4 if LaunchDarkly refused a change."""
    output = surroundings.output(options.as_json)
    try:
        with open_case(options, surroundings) as case:
            journal = case.journal
            if journal is None:
                raise without_journal()
            if not options.dry_run:
                must_be_able_to_ask(options, surroundings, "Undo")
            return surroundings.run(
                lambda: _undo(case, journal, options, output),
                lambda: output.say("Stopped. Run it again to undo the remaining flags."),
            )
    except Failure as failure:
        return output.fail(failure, RECIPE.after_refused_token("then run it again"))


async def _undo(case: Case, journal: Journal, options: RecipeOptions, output: Output) -> int:
    _must_be_planned(options.flags, journal)
    await case.token()
    records = records_beside(case.path, journal.identity)
    undo, decisions = await _listed(case, journal, options, records)
    rebuilt = sum(entry.stands for record in records for entry in record.flags.values())
    count = sum(decision.action is not UndoAction.KEEP for decision in decisions)
    if options.dry_run or not count:
        _print(decisions, output, _TO_DO if options.dry_run else _DONE)
        if rebuilt and not output.as_json:
            output.line(f"The targeting that was rebuilt in {flags(rebuilt)} is taken back first.")
        return 0
    if not options.yes:
        for line in _lines(decisions, _TO_DO, terminal_width(output.err), output.err_style):
            output.say(line)
        verb = "Delete" if options.delete else "Archive"
        first = f"Take back what was rebuilt in {flags(rebuilt)}, and {verb.lower()}" if rebuilt else verb
        if not await case.surroundings.confirm(f"{first} {flags(count)} in project {clean(case.request.project)}?"):
            output.say("Nothing was changed.")
            return _DECLINED
    if rebuilt:
        with closing(case.progress()) as progress:
            where = case.path, case.request.instance, case.bag, case.context
            records, stays = await all_taken_back(records, *where, progress.happened)
        for sentence in stays:
            output.warn(sentence)
        approved = {decision.key for decision in decisions if decision.action is not UndoAction.KEEP}
        undo, again = await _listed(case, journal, options, records)
        decisions = tuple(
            decision if decision.key in approved else replace(decision, action=UndoAction.KEEP) for decision in again
        )
    done, undone = list[Decision](), 0
    with closing(case.progress()) as progress:
        async with aclosing(undo.carried_out(decisions)) as outcomes:
            async for decision in outcomes:
                done.append(decision)
                undone += decision.action is not UndoAction.KEEP
                progress.happened(Counted("Undone", undone, count))
    _print(done, output, _DONE)
    return _REFUSED if any(decision.refused for decision in done) else 0


async def _listed(
    case: Case, journal: Journal, options: RecipeOptions, records: Sequence[Record]
) -> tuple[Undo, tuple[Decision, ...]]:
    """Return the undo as it is possible now. What rebuilds have changed counts as untouched."""
    undo = Undo(
        journal, case.request.instance, case.bag, case.context, case.keep, delete=options.delete,
        chosen=frozenset(options.flags), own=own_changes(records), adopted=adopted(records),
    )  # fmt: skip
    with closing(case.progress()) as progress:
        return undo, await undo.listed().finish(progress.happened)


def _must_be_planned(keys: Sequence[str], journal: Journal) -> None:
    """Raise Failure RECIPE for a key that this import never planned."""
    if unknown := [key for key in keys if key not in journal.keys]:
        raise Failure(
            Kind.RECIPE,
            f"This import has no flag with the key {clean(unknown[0])}.",
            "--flag only accepts flags of this import.",
            Remedy.LIST_FLAGS,
            safe=Safe.NOTHING_SENT,
        )


def _print(decisions: Sequence[Decision], output: Output, words: dict[UndoAction, str]) -> None:
    if output.as_json:
        document = [{"key": flag.key, "action": flag.action.value, "reason": flag.reason} for flag in decisions]
        output.document({"flags": document})
    else:
        output.lines(_lines(decisions, words, output.width, output.style))


def _lines(
    decisions: Sequence[Decision], words: Mapping[UndoAction, str], width: int | None, style: Style
) -> Iterator[str]:
    """Yield the flags grouped by what is done with them and why, exceptions first, then the counts."""
    groups: dict[tuple[UndoAction, bool, str], list[str]] = {}
    for flag in decisions:
        groups.setdefault((flag.action, flag.refused, flag.reason), []).append(clean(flag.key))
    for action, refused, reason in sorted(groups, key=lambda group: (group[0] is not UndoAction.KEEP, not group[1])):
        keys = groups[action, refused, reason]
        level = "problem" if refused else "warning" if action is UndoAction.KEEP else "ok"
        title = f"{words[action].capitalize()} ({len(keys):,}): {clean(reason)}"
        yield from style.marked(level, title, width)
        yield from wrapped(", ".join(keys), width, first="    ", rest="    ")
    counts = Counter(flag.action for flag in decisions)
    to = "to " if words is _TO_DO else ""
    parts = (f"{counts[action]:,} {to}{word}" for action, word in words.items() if counts[action])
    yield ", ".join(parts) or "This import has no flags."
    if uncertain := sum(flag.not_certain and flag.action is UndoAction.KEEP for flag in decisions):
        text = f"{flags(uncertain)} may belong to this import, but it isn't certain. To include one, use --flag KEY."
        yield from wrapped(text, width)
