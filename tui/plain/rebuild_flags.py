"""The flags of a rebuild: counts, lists by filter or text, one flag in full, and adopting flags of others."""

from __future__ import annotations

from collections.abc import Sequence

from tui.net.errors import Failure
from tui.plain.walk import Progress, Stopped, Walk
from tui.plain.words import in_lines, stem
from tui.plan.words import GRADES, flags
from tui.rebuild.proposal import Row
from tui.text.clean import clean
from tui.wizard import rebuild_deeds, rebuild_words, remedies
from tui.wizard.help import Section
from tui.wizard.rebuild_words import ATTENTION, FILTERS, Line
from tui.wizard.rebuilding import Rebuilding

_SHOWN = 5
"""Flags to check that are written after a deed."""


def summarize(walk: Walk, rebuilding: Rebuilding, *, after: bool = False) -> None:
    """Write the counts, what is worth knowing about the rebuild, and flags to check. `after` a deed only what is
    new."""
    level, text = rebuild_words.headline(rebuilding)
    walk.say(level, f"{stem(text)}." if text else "")
    for note in rebuilding.notes if after else rebuild_words.notes(rebuilding):
        walk.say("note", clean(note), indent=2)
    bad = [line for line in rebuild_words.lines(rebuilding) if FILTERS[ATTENTION].keep(line)]
    for line in bad[:_SHOWN]:
        walk.say(line.level, _row(line), indent=2)
    if len(bad) > _SHOWN:
        walk.say("note", f"{len(bad) - _SHOWN:,} more. To see all, type {FILTERS[ATTENTION].label}.", indent=2)


def filter_named(text: str) -> str:
    """Return the label of the filter that a text names, "" if none does."""
    return text.casefold() if text.casefold() in {kind.label for kind in FILTERS.values()} else ""


def show(walk: Walk, rebuilding: Rebuilding, text: str) -> None:
    """List flags: all, those of a filter, or those that contain a text."""
    if rebuilding.sides is None:
        walk.say("note", "There is no list yet. Type reload to read both sides.")
        return
    all_ = rebuild_words.lines(rebuilding)
    if text and not (label := filter_named(text)):
        find(walk, rebuilding, text)
    elif text:
        kind = next(kind for kind in FILTERS.values() if kind.label == label)
        _pages(walk, [line for line in all_ if kind.keep(line)])
    else:
        _pages(walk, all_)
        numbers = ((kind.label, sum(map(kind.keep, all_))) for key, kind in FILTERS.items() if key != "all")
        names = ", ".join(f"{name} ({number:,})" for name, number in numbers if number)
        walk.say("note", f"To see a part of them, type one of: {names}." if names else "")


def find(walk: Walk, rebuilding: Rebuilding, text: str) -> None:
    """List the flags whose key contains a text."""
    if not text:
        walk.say("note", "Type find and a part of a key.")
        return
    wanted = text.casefold()
    _pages(walk, [line for line in rebuild_words.lines(rebuilding) if wanted in clean(line.key).casefold()])


def show_named(walk: Walk, rebuilding: Rebuilding, name: str) -> None:
    """List the flags that have a difference."""
    rows = rebuilding.rows
    having = {key for key, row in rows.items() if name in row.rebuilt.approximations}
    _pages(walk, [line for line in rebuild_words.lines(rebuilding) if line.key in having])


def show_left(walk: Walk, rebuilding: Rebuilding) -> None:
    """List what is left by hand, with every reason."""
    proposal = rebuilding.proposal
    if proposal is not None:
        title, text = rebuild_words.left_by_hand(proposal, rebuilding.outcomes)
        walk.say("note", f"{title}.")
        walk.ask.pages([line.replace("  ", "- ", 1) for line in text.split("\n") if line])


def _pages(walk: Walk, lines: Sequence[Line]) -> None:
    walk.say("note", f"{flags(len(lines))}.")
    walk.ask.pages([in_lines(_row(line)) for line in lines])


def _row(line: Line) -> str:
    """ "checkout-v2, to accept: rebucketed" """
    adopted = ", adopted" if line.adopted else ""
    return f"{clean(line.key)}, {line.word}{adopted}{f': {line.text}' if line.text else ''}"


# --- one flag


def show_flag(walk: Walk, rebuilding: Rebuilding, key: str) -> None:
    """Write what a flag serves in the source, what it would serve, how that differs, and why."""
    line = _named(walk, rebuilding, key)
    if line is None:
        return
    try:
        row = walk.do(rebuilding.opened(line.key), still="Translating")
    except Failure as failure:
        walk.say("problem", remedies.sentence(failure))
        return
    line = next(each for each in rebuild_words.lines(rebuilding) if each.key == line.key)  # it is opened now
    about = _about(rebuilding, row) if row is not None else ""
    walk.say("note", f"{clean(line.key)}{about}.")
    outcome = rebuilding.outcomes.get(line.key)
    if outcome is not None and outcome.reason:
        walk.say("warning", clean(outcome.reason), indent=2)
    page = rebuild_words.flag_page(rebuilding, line, row, most=None)
    for part in page.parts:
        if isinstance(part, Section):
            walk.say("note", f"{part.title}:", indent=2)
            walk.ask.pages(part.lines, indent=4)
        elif isinstance(part, str):
            walk.say("note", part, indent=2)


def _about(rebuilding: Rebuilding, row: Row) -> str:
    """ ": approximate, on in Split" """
    state = f", {'on' if row.targeting.on else 'off'} in {rebuilding.source}" if row.targeting is not None else ""
    return f": {GRADES[row.rebuilt.grade]}{state}"


def _named(walk: Walk, rebuilding: Rebuilding, key: str) -> Line | None:
    """Return the flag with a key, or the only one whose key contains it."""
    all_ = rebuild_words.lines(rebuilding) if rebuilding.sides is not None else ()
    exact = [line for line in all_ if line.key == key]
    near = [line for line in all_ if key and key.casefold() in line.key.casefold()]
    if exact or len(near) == 1:
        return (exact or near)[0]
    names = ", ".join(clean(line.key) for line in near[:5])
    walk.say("note", f"Which one? {names}." if near else "No flag has this key. Type the word and a flag's key.")
    return None


def adopt(walk: Walk, rebuilding: Rebuilding, key: str) -> None:
    """Adopt a flag of others that was opened, or no longer."""
    line = _named(walk, rebuilding, key)
    if line is None:
        return
    if line.adopted is None:
        walk.say("note", rebuild_words.NOT_ADOPTABLE)
        return
    wanted, text = rebuild_deeds.adoption(rebuilding, line.key)
    before = rebuilding.adopted
    try:
        if wanted != before:
            walk.do(rebuilding.adopt(wanted, Progress(walk).tells), {"stop": walk.stop})
    except Failure as failure:
        rebuilding.adopted = before
        walk.say("problem", remedies.sentence(failure))
        return
    except Stopped:
        rebuilding.adopted = before
        walk.say("note", rebuild_words.NOTHING_CHANGED)
        return
    walk.say("note", text)
    if line.key in wanted:
        now = next(each for each in rebuild_words.lines(rebuilding) if each.key == line.key)
        walk.say(now.level, _row(now), indent=2)
