"""Undo of one import: the flags by reason first, then a word that confirms, then the work."""

from __future__ import annotations

from contextlib import aclosing

from tui.apply.engine import Import
from tui.apply.undo import Decision, Undo, UndoAction
from tui.net.errors import Failure, joined
from tui.plain.asking import Back, Option
from tui.plain.signals import Ended
from tui.plain.walk import Progress, Stopped, Walk
from tui.plan.words import flags
from tui.text.clean import clean
from tui.wizard import leaving, remedies, undo_words
from tui.wizard.rebuild_run import all_taken_back
from tui.wizard.rebuilding import rebuilt_flags


def ask(walk: Walk, run: Import) -> bool:
    """List what would be undone, and ask. Returns whether flags were archived or deleted, so that the report is out of
    date."""
    walk.say("note", f"Undo {clean(run.journal.identity.name)}. {undo_words.PURPOSE}")
    changed = False
    while True:
        again = _ask(walk, run)
        if again is not None:
            return changed or again
        changed = _take_back(walk, run) or changed


def _ask(walk: Walk, run: Import) -> bool | None:
    """List the flags, and ask. Returns whether any was archived or deleted, None to take back rebuilds first."""
    try:
        rebuilt = rebuilt_flags(walk.session)
    except Failure as failure:
        walk.say("problem", remedies.sentence(failure))
        return False
    own, adopted = rebuilt.own, rebuilt.adopted
    undo = Undo(run.journal, run.instance, run.bag, run.context, run.note, own=own, adopted=adopted)
    decisions = _read(walk, undo)
    if decisions is None:
        return False
    _show(walk, run, decisions)
    standing = len(rebuilt.standing & {each.key for each in decisions})
    walk.say("warning", undo_words.rebuilt(standing) if standing else "")
    walk.ask.list_again()
    while True:
        count = sum(each.action is not UndoAction.KEEP for each in decisions)
        if not count:
            walk.say("note", "No flag can be undone.")
        options = [Option("archive", f"Archive {count:,}"), Option("delete", f"Delete {count:,}")] if count else []
        if standing:
            options.insert(0, Option("take back", f"Take back {standing:,}"))
        options.append(Option("list", "List the flags"))
        if any(each.not_certain for each in decisions):
            options.append(Option("include", "Include a flag that is not certain, or leave it out again"))
        options.append(Option("close", "Close"))
        key = walk.ask.choose("Undo. Number", options, str(len(options))).text
        if key == "close":
            return False
        if key == "take back":
            return None
        if key == "list":
            walk.ask.pages([f"{each.action}: {clean(each.key)}" for each in decisions])
        elif key == "include":
            decisions = _included(walk, undo, decisions)
            walk.say("note", f"{undo_words.summary(decisions)}. {undo_words.NOTHING_CHANGED}")
        else:
            title, text = undo_words.question(clean(run.journal.identity.project), count, delete=key == "delete")
            walk.say("note", text)
            if walk.ask.typed(title, key):
                return _carry_out(walk, run, undo, decisions, delete=key == "delete")


def _take_back(walk: Walk, run: Import) -> bool:
    """Ask, and take back the rebuilt targeting in every environment. Returns whether it came to its end."""
    session = walk.session
    standing, path = rebuilt_flags(session).standing, session.run_path
    project = clean(run.journal.identity.project)
    title, text = undo_words.take_back_question(project, len(standing))
    walk.say("note", text)
    if path is None or not walk.ask.typed(title, "take back"):
        return False
    walk.say("note", undo_words.TAKING_BACK)
    where = path, run.instance, run.bag, run.context
    work = all_taken_back(session.rebuild_records(), *where, Progress(walk).pauses)
    try:
        _, stays = walk.do(work, {"stop": walk.stop}, still="Taking back")
    except Failure as failure:
        walk.say("problem", remedies.sentence(failure))
        return False
    except Stopped:
        walk.say("warning", leaving.REBUILD_STAYS)
        return False
    except Ended:
        walk.parting = leaving.REBUILD_STAYS
        raise
    session.rebuilding = None
    walk.say(*undo_words.taken_back(stays))
    return True


def _read(walk: Walk, undo: Undo) -> tuple[Decision, ...] | None:
    walk.say("note", "Reading the flags. This changes nothing.")
    progress = Progress(walk)
    try:
        return walk.do(undo.listed().finish(progress.tells), {"stop": walk.stop}, still="Reading")
    except Failure as failure:
        walk.say("problem", remedies.sentence(failure))
    except Stopped:
        walk.say("note", undo_words.NOTHING_CHANGED)
    return None


def _show(walk: Walk, run: Import, decisions: tuple[Decision, ...], *, done: bool = False, open_: int = 0) -> None:
    """Write the counts, and each reason with its flags."""
    walk.say("note", f"{undo_words.summary(decisions, done=done, open_=open_)}.".replace("..", "."))
    for group in undo_words.groups(decisions, done=done):
        shown = ", ".join(clean(each.key) for each in group.decisions[:5])
        more = f" and {len(group.decisions) - 5:,} more" if len(group.decisions) > 5 else ""
        walk.say(group.level, clean(run.context.redactor(f"{group.heading}: {shown}{more}")), indent=2)


def _included(walk: Walk, undo: Undo, decisions: tuple[Decision, ...]) -> tuple[Decision, ...]:
    """Include one flag that isn't certain, or leave it out again."""
    uncertain = [each for each in decisions if each.not_certain]
    options = [
        Option(each.key, f"{clean(each.key)}, {'left out' if each.action is UndoAction.KEEP else 'included'}")
        for each in uncertain
    ]
    try:
        key = walk.ask.choose(f"Which of {flags(len(uncertain))}? Number or key", options).text
    except Back:
        return decisions
    return tuple(
        undo.choose(each, wanted=each.action is UndoAction.KEEP) if each.key == key and each.not_certain else each
        for each in decisions
    )


def _carry_out(walk: Walk, run: Import, undo: Undo, decisions: tuple[Decision, ...], *, delete: bool) -> bool:
    """Archive or delete one flag after the other. Returns whether anything was done."""
    undo.action = UndoAction.DELETE if delete else UndoAction.ARCHIVE
    done: dict[str, Decision] = {}
    progress = Progress(walk)
    count = sum(each.action is not UndoAction.KEEP for each in decisions)

    async def work() -> None:
        async with aclosing(undo.carried_out(decisions)) as carried_out:
            async for each in carried_out:
                done[each.key] = each
                taken = sum(one.action is not UndoAction.KEEP for one in done.values())
                progress.show("note", undo_words.progress(taken, count, delete=delete))

    if walk.terminal.watchable is not None:
        walk.say("note", f"Type stop to stop. {undo_words.stays(delete=delete)}")
    said = ("ok", "Done.")
    try:
        walk.do(work(), {"stop": walk.stop})
    except Failure as failure:
        said = ("problem", joined(remedies.sentence(failure), undo_words.stays(delete=delete)))
    except Stopped:
        said = ("warning", undo_words.stopped(delete=delete).replace("Open this page again", "Undo again"))
    missed = sum(each.action is not UndoAction.KEEP for each in decisions[len(done) :])
    _show(walk, run, tuple(done.values()), done=True, open_=missed)
    walk.say(*said)
    return any(each.action is not UndoAction.KEEP for each in done.values())
