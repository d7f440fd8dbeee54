"""The differences that flags would have after a rebuild, to be accepted by name. None is preset."""

from __future__ import annotations

from tui.plain import rebuild_flags
from tui.plain.asking import Back, Option, found, matching
from tui.plain.walk import Walk
from tui.plan.words import flags
from tui.wizard import rebuild_deeds, rebuild_words
from tui.wizard.rebuild_words import Difference
from tui.wizard.rebuilding import Rebuilding

_DONE = "done"


def ask(walk: Walk, rebuilding: Rebuilding) -> None:
    """List the differences with what they mean, and ask which ones to accept until the user is done."""
    if not _differences(rebuilding):
        walk.say("note", rebuild_deeds.NOTHING_TO_ACCEPT)
        return
    walk.say("note", f"{rebuild_words.ACCEPT_TITLE}. {rebuild_words.ACCEPT_TEXT}")
    _show(walk, rebuilding)
    commands = {
        "ok": lambda rest: accept(walk, rebuilding, rest),
        "no": lambda rest: refuse(walk, rebuilding, rest),
        "flags": lambda rest: _show_flags(walk, rebuilding, rest),
    }
    prompt = "Type ok, no, or flags with a name or a number, or ok all"
    while True:
        try:
            reply = walk.ask.ask(prompt, _DONE, lists=lambda text: _show(walk, rebuilding, text))
        except Back:
            return
        if reply.text.casefold() == _DONE:
            return
        if (do := found(commands, reply)) is not None:
            do()
            if reply.text.casefold().startswith("ok") and not _open(rebuilding):
                return
        else:
            walk.say("problem", f"For example ok 1, or {_DONE}.")


def _differences(rebuilding: Rebuilding) -> tuple[Difference, ...]:
    proposal = rebuilding.proposal
    return rebuild_words.to_accept(proposal) if proposal is not None else ()


def _open(rebuilding: Rebuilding) -> bool:
    """Whether a difference is left to accept."""
    return any(each.name not in rebuilding.accepted for each in _differences(rebuilding))


def _show(walk: Walk, rebuilding: Rebuilding, text: str = "") -> None:
    for number, each in enumerate(_differences(rebuilding), 1):
        accepted = "accepted" if each.name in rebuilding.accepted else "not accepted"
        line = f"{number} {each.name}, {flags(each.number)}, {accepted}: {each.text} {each.example}".rstrip()
        if text.casefold() in line.casefold():
            walk.terminal.say(line, indent=2)


def _named(walk: Walk, rebuilding: Rebuilding, text: str) -> str:
    """Return the difference that a number or a name means, "" if none does, which is said."""
    names = [each.name for each in _differences(rebuilding)]
    name = matching([Option(each, each) for each in names], text)
    if name is None:
        walk.say("problem", f"Enter a number from 1 to {len(names)}, or a name." if names else "")
        walk.say("note", rebuild_deeds.NOTHING_TO_ACCEPT if not names else "")
    return name or ""


def accept(walk: Walk, rebuilding: Rebuilding, text: str) -> None:
    """Accept a difference, or all of them."""
    if text.casefold() == "all":
        rebuilding.accept(rebuilding.accepted | {each.name for each in _differences(rebuilding)})
        _say(walk, rebuilding, "Accepted all differences")
    elif name := _named(walk, rebuilding, text):
        rebuilding.accept(rebuilding.accepted | {name})
        _say(walk, rebuilding, f"Accepted {name}")


def refuse(walk: Walk, rebuilding: Rebuilding, text: str) -> None:
    """Accept a difference no longer."""
    if name := _named(walk, rebuilding, text):
        rebuilding.accept(rebuilding.accepted - {name})
        _say(walk, rebuilding, f"Not accepted: {name}")


def _say(walk: Walk, rebuilding: Rebuilding, what: str) -> None:
    ready = len(rebuilding.planned())
    is_ = "is" if ready == 1 else "are"
    walk.say("note", f"{what}. {flags(ready)} {is_} ready. {rebuild_words.NOTHING_CHANGED}")


def _show_flags(walk: Walk, rebuilding: Rebuilding, text: str) -> None:
    if name := _named(walk, rebuilding, text):
        rebuild_flags.show_named(walk, rebuilding, name)
